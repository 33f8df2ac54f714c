"""Roles and the editor of their rights and data scopes (ID-8, ID-9)."""

from flask import abort, flash, g, redirect, request
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access, permission_name
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from markupsafe import Markup
from sqlalchemy import func, select

from app.errors import DomainError
from app.extensions import db
from models.actor import Scope
from models.identity import Role, User
from services.identity import roles
from services.identity.accounts import SUPER_ROLE
from views import titles
from views.admin import labels, way
from views.admin.base import AdminView
from views.admin.cells import EMPTY, tag
from views.admin.role_rights import SCOPED, machine_rights_held, scopes_of, sections_of
from views.admin.row_actions import RowAction
from views.admin.users import UserView


class RoleView(AdminView):
    model, resource, icon = Role, "role", "fa-user-shield"
    singular, plural = _("Role"), _("Roles")
    intro = _("What a role may do and how far it sees. Users obey a change at their next click.")
    list_columns = ["name", "code", "description", "holders", "create_time", "id"]
    show_columns = ["name", "code", "description", "scopes", "create_time", "update_time", "id"]
    key_columns = ("code", "holders", "description")
    label_columns = {"code": _("Preset"), "scopes": _("Data scopes"), "holders": _("Users")}
    add_columns = edit_columns = ["name", "description"]
    search_text = ("name", "description")
    base_order = ("id", "asc")
    formatters = {
        "code": lambda row: tag(_("Preset"), "primary") if row.code else EMPTY,
        "scopes": lambda row: _scopes_in_words(row),
        "holders": lambda row: _holders(row),
    }
    help_texts = {"user_ids": _("Type a part of a name; you can choose several people one after the other.")}
    row_actions = (
        RowAction("give", _("Give to users"), "role.assign_users", "fa-user-plus", ask=("user_ids",)),
        RowAction("copy", _("Copy"), "role.copy", "fa-copy", ask=("name",)),
    )
    related_views = [UserView]

    @expose("/rights/<pk>", methods=["GET", "POST"])
    @has_access
    @permission_name("read")
    def rights(self, pk: str):
        """Every right as a check box, in the order of the menu; the scope beside it where rows have owners."""
        role = self.row(pk)
        editable = role.code != SUPER_ROLE and g.actor.may("role.grant")
        if request.method == "POST":
            if not editable:
                abort(403)
            if self._grant(role):
                return redirect(way.to_row(self, role))
        return self.render_template(
            "admin/rights.html",
            title=gettext("Rights"),
            role=role,
            sections=sections_of(role),
            scopes=scopes_of(role),
            scope_choices=list(Scope),
            editable=editable,
            super_role=role.code == SUPER_ROLE,
            state_title=labels.state_title,
        )

    def links_of(self, row) -> list[tuple[str, str, object]]:
        return [(way.to_row(self, row, "rights"), "fa-key", _("Rights"))]

    def may_delete(self, row) -> bool:
        return not row.code and super().may_delete(row)

    def post_add_redirect(self):
        """A role without a right is of no use: choosing them is the next step."""
        return redirect(way.to_row(self, g.made, "rights"))

    def narrow_form(self, form, action: RowAction, row) -> None:
        if action.name == "copy" and request.method == "GET":
            form["name"].data = gettext("%(name)s (copy)", name=row.name)[:64]

    def perform(self, action: RowAction, row, data: dict):
        if action.name != "copy":
            return super().perform(action, row, data)
        return redirect(way.to_row(self, roles.copy_role(g.actor, row, **data), "rights"))

    def _grant(self, role: Role) -> bool:
        chosen = [int(number) for number in request.form.getlist("right") if number.isascii() and number.isdigit()]
        scopes = {
            resource: Scope(value)
            for resource in ("*", *SCOPED)
            if (value := request.form.get(f"scope-{resource}", "")) in {scope.value for scope in Scope}
        }
        wanted = list({*chosen, *machine_rights_held(role)})
        try:
            roles.grant_rights(g.actor, role, permission_ids=wanted, scopes={"*": Scope.own} | scopes)
        except DomainError as refusal:
            names = ", ".join(str(titles.title_of(name)) for name in refusal.data.get("rights", ())[:10])
            flash(f"{gettext(refusal.message)}{f': {names}' if names else ''}", "danger")
            return False
        flash(gettext("Saved"), "success")
        return True


def _holders(role: Role) -> Markup:
    """How many accounts have the role, leading to them."""
    count = db.session.scalar(select(func.count()).select_from(User).where(User.roles.any(Role.id == role.id)))
    if not count or not g.actor.may("user.read"):
        return Markup(count)
    return Markup('<a href="/admin/user/list/?role_id={}">{}</a>').format(role.id, count)


def _scopes_in_words(role: Role) -> str:
    scopes = scopes_of(role).items()
    return ", ".join(f"{_scope_title(resource)}: {labels.state_title(scope)}" for resource, scope in scopes)


def _scope_title(resource: str):
    return _("By default") if resource == "*" else titles.resource_title(resource)
