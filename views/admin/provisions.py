"""What updates have brought this company: rights of its preset roles, words, articles (OPS-3)."""

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from markupsafe import Markup, escape
from sqlalchemy import select

from app.extensions import db
from app.security import ROLES
from models.identity import Role
from models.provisions import Provision, ProvisionKind
from services.identity import roles
from views import titles
from views.admin.base import AdminView
from views.admin.cells import EMPTY, tag

#: the beginning of a content's name → what kind of thing it is
CONTENTS = {
    "dictionary": _("Dictionary"),
    "sensitive_words": _("Sensitive words"),
    "problem_profiles": _("Problem recognition"),
    "work_calendar": _("Working hours"),
    "routing_rule": _("Assignment rules"),
    "sla_policies": _("Service levels"),
    "ticket_rule": _("Assignment rules for tickets"),
    "channel": _("Channels"),
    "teams": _("Teams"),
    "quick_replies": _("Quick replies"),
    "article_templates": _("Article templates"),
    "organization": _("Organizations"),
}


def _roles() -> list[tuple[str, str]]:
    """The preset roles as this company calls them."""
    names = db.session.execute(select(Role.code, Role.name).where(Role.code.in_([preset.code for preset in ROLES])))
    return [(code, name) for code, name in names.tuples()]


class ProvisionView(AdminView):
    model, resource, icon = Provision, "provision", "fa-gift"
    singular, plural = _("New since updates"), _("New since updates")
    intro = _(
        "What updates of the product gave this company: rights of the preset roles, words, articles. Each is given "
        "once: what you take away or delete stays away. Articles for customers arrive as drafts."
    )
    when_empty = _("No update has brought anything new yet.")
    list_columns = ["name", "kind", "role", "in_force", "create_time", "id"]
    show_columns = list_columns
    key_columns = ("kind", "role", "create_time")
    counted = ("role", "in_force")
    search_text, search_columns = ("name", "label"), ["kind", "role_code", "create_time"]
    label_columns = {"name": _("What is new"), "role": _("Role"), "role_code": _("Role"), "in_force": _("In force")}
    choices = {"role_code": _roles}
    formatters = {"name": lambda row: _in_words(row)}

    def heading(self, row) -> str:
        return str(_in_words(row))

    def count(self, rows: list) -> dict[int, dict[str, object]]:
        """The role, leading to its rights, and whether it still has what it was given."""
        codes = {row.role_code for row in rows if row.role_code}
        known = {role.code: role for role in db.session.scalars(select(Role).where(Role.code.in_(codes)))}
        held = {code: roles.rights_of(role) for code, role in known.items()}
        scopes = {code: {line.resource for line in role.scopes if not line.deleted} for code, role in known.items()}
        return {
            row.id: {
                "role": _link(known[row.role_code]) if row.role_code in known else EMPTY,
                "in_force": _in_force(row, held if row.kind is ProvisionKind.right else scopes),
            }
            for row in rows
        }


def _in_words(row: Provision) -> object:
    match row.kind:
        case ProvisionKind.right:
            return titles.title_of(row.name)
        case ProvisionKind.scope:
            return gettext("Data scope: %(resource)s", resource=titles.resource_title(row.name))
        case ProvisionKind.content:
            subject = CONTENTS.get(row.name.partition(".")[0], row.name)
            return f"{subject}: {row.label}" if row.label else subject
    return row.label or row.name


def _in_force(row: Provision, held: dict[str, set[str]]) -> Markup:
    if row.role_code not in held:
        return EMPTY
    return tag(_("Yes"), "success") if row.name in held[row.role_code] else tag(_("Taken away since"), "quiet")


def _link(role: Role) -> Markup:
    return Markup('<a href="/admin/role/rights/{}">{}</a>').format(role.id, escape(role.name))
