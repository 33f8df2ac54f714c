"""QR codes that lead to agents, teams and channels (CHT-15)."""

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from markupsafe import Markup

from models.entry_codes import EntryCode
from views.admin import labels
from views.admin.base import AdminView
from views.admin.cells import tag
from views.admin.row_actions import RowAction


def _validity(row) -> Markup:
    return tag(_("Valid"), "success") if row.is_valid else tag(_("Switched off or over"), "quiet")


def _picture(row) -> Markup:
    picture = Markup('<img src="/api/v1/entry-codes/{}/qr?version={}" width="148" height="148" alt="{}">').format(
        row.id, row.version, gettext("QR code")
    )
    return Markup('<a href="/cards/{}">{}</a>').format(row.id, picture)


class EntryCodeView(AdminView):
    model, resource, icon = EntryCode, "entry_code", "fa-qrcode"
    singular, plural = _("QR code"), _("QR codes")
    intro = _("Whoever scans a code talks to its agent or team; if they are not there, to a colleague.")
    when_empty = _("Make a code for an agent, a team or a place where customers come from, and print its card.")
    list_columns = ["name", "kind", "agent_id", "team_id", "channel", "validity", "use_count", "last_use_time", "id"]
    key_columns = ("kind", "agent_id", "validity", "use_count")
    show_columns = [
        "id",
        "name",
        "kind",
        "agent_id",
        "team_id",
        "channel",
        "code",
        "picture",
        "validity",
        "active",
        "last_day",
        "hint",
        "use_count",
        "last_use_time",
        "create_time",
    ]
    add_columns = edit_columns = ["name", "kind", "agent_id", "team_id", "channel", "hint", "active", "last_day"]
    search_text, search_columns = ("name", "code"), ["kind", "agent_id", "team_id", "active", "last_use_time"]
    related_columns = ("name", "kind", "channel", "validity", "use_count", "last_use_time")
    label_columns = {"validity": _("State"), "picture": _("QR code"), "use_count": _("Scanned"), "kind": _("Leads to")}
    asked_when = {"agent_id": ("kind", "agent"), "team_id": ("kind", "team")}
    help_texts = {
        "channel": _("Conversations from this code are counted under this name, e.g. poster; empty: the portal"),
        "hint": _("Printed below the code, e.g. when somebody is there"),
        "last_day": _("The last day on which it works; empty: without end"),
    }
    formatters = {"validity": _validity, "picture": _picture, "channel": labels.origin("channel")}
    row_actions = (
        RowAction(
            "renew",
            _("Renew"),
            "entry_code.renew",
            "fa-arrows-rotate",
            multiple=False,
            tone="danger",
            confirm=_("Make a new code? Cards printed before lead nowhere from then on."),
        ),
    )

    def links_of(self, row) -> list[tuple[str, str, object]]:
        return [(f"/cards/{row.id}", "fa-print", _("Card to print"))]
