"""Roles and the editor of their rights and data scopes (ID-8, ID-9)."""

from flask import abort, flash, g, redirect, request
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access, permission_name
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from sqlalchemy import select

from app.errors import DomainError
from app.extensions import db
from models.actor import Scope
from models.identity import Role, RoleScope
from services.identity import roles
from services.identity.accounts import SUPER_ROLE
from services.identity.rights import right_name
from views import titles
from views.admin import labels
from views.admin.base import AdminView
from views.admin.cells import EMPTY, tag
from views.admin.row_actions import RowAction

#: resources whose rows a data scope limits; all others are seen whole or not at all
SCOPED = ("conversation", "ticket", "customer", "user", "operation_log")
#: usual verbs first, the special ones after them
_ORDER = ("menu_access", "read", "create", "update", "delete", "export")


class RoleView(AdminView):
    model, resource, icon = Role, "role", "fa-user-shield"
    singular, plural = _("Role"), _("Roles")
    intro = _("What a role may do and how far it sees. Users obey a change at their next click.")
    list_columns = ["id", "name", "code", "description", "create_time"]
    show_columns = [*list_columns, "scopes", "update_time"]
    label_columns = {"code": _("Preset"), "scopes": _("Data scopes")}
    add_columns = edit_columns = ["name", "description"]
    search_text = ("name", "description")
    base_order = ("id", "asc")
    formatters = {
        "code": lambda row: tag(_("Preset"), "primary") if row.code else EMPTY,
        "scopes": lambda row: _scopes_in_words(row),
    }
    row_actions = (RowAction("give", _("Give to users"), "role.assign_users", "fa-user-plus", ask=("user_ids",)),)
    show_template = "admin/role.html"

    @expose("/rights/<pk>", methods=["GET", "POST"])
    @has_access
    @permission_name("read")
    def rights(self, pk: str):
        """Every right as a check box, grouped by resource; the scope beside it where rows have owners."""
        role = self.row(pk)
        editable = role.code != SUPER_ROLE and g.actor.may("role.grant")
        if request.method == "POST":
            if not editable:
                abort(403)
            if self._grant(role):
                return redirect(f"{self.route_base}/show/{role.id}")
        return self.render_template(
            "admin/rights.html",
            title=gettext("Rights"),
            role=role,
            groups=_groups(role),
            scopes=_scopes_of(role),
            scope_choices=list(Scope),
            editable=editable,
            super_role=role.code == SUPER_ROLE,
            state_title=labels.state_title,
        )

    def _grant(self, role: Role) -> bool:
        chosen = [int(number) for number in request.form.getlist("right") if number.isascii() and number.isdigit()]
        scopes = {
            resource: Scope(value)
            for resource in ("*", *SCOPED)
            if (value := request.form.get(f"scope-{resource}", "")) in {scope.value for scope in Scope}
        }
        try:
            roles.grant_rights(g.actor, role, permission_ids=chosen, scopes={"*": Scope.own} | scopes)
        except DomainError as refusal:
            names = ", ".join(str(titles.title_of(name)) for name in refusal.data.get("rights", ())[:10])
            flash(f"{gettext(refusal.message)}{f': {names}' if names else ''}", "danger")
            return False
        flash(gettext("Saved"), "success")
        return True


def _scopes_of(role: Role) -> dict[str, Scope]:
    statement = select(RoleScope.resource, RoleScope.scope).where(RoleScope.role_id == role.id)
    return dict(db.session.execute(statement).tuples().all())


def _scopes_in_words(role: Role) -> str:
    scopes = _scopes_of(role).items()
    return ", ".join(f"{_scope_title(resource)}: {labels.state_title(scope)}" for resource, scope in scopes)


def _scope_title(resource: str):
    return _("By default") if resource == "*" else titles.resource_title(resource)


def _groups(role: Role) -> list[dict]:
    """[{resource, title, scoped, rights: [{id, title, name, held, mine}]}], in the order people look for them."""
    held = (
        set(request.form.getlist("right", type=int))
        if request.method == "POST"
        else {row.id for row in role.permissions}
    )
    found: dict[str, list[dict]] = {}
    for row in roles.all_rights():
        name = right_name(row.view_menu.name, row.permission.name)
        found.setdefault(row.view_menu.name, []).append(
            {
                "id": row.id,
                "name": name,
                "title": titles.action_title(name),
                "held": row.id in held,
                # nobody grants what he does not hold; what the role has already may stay
                "mine": g.actor.may(name) or row.id in held,
            }
        )
    groups = [
        {
            "resource": resource,
            "title": titles.resource_title(resource),
            "scoped": resource in SCOPED,
            "rights": sorted(items, key=_place),
        }
        for resource, items in found.items()
    ]
    return sorted(groups, key=lambda group: str(group["title"]))


def _place(item: dict) -> tuple[int, str]:
    verb = item["name"].partition(".")[2]
    return (_ORDER.index(verb), "") if verb in _ORDER else (len(_ORDER), verb)
