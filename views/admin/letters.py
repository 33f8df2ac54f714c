"""E-mail about tickets: what is on its way, what left, what was given up and why (TKT-11)."""

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_babel import lazy_pgettext as pgettext

from models.letters import TicketLetter
from views.admin.base import AdminView
from views.admin.cells import EMPTY


def _reason(row: TicketLetter) -> str:
    """In the reader's language what we say ourselves; what the mail server said as it came."""
    return gettext(row.last_error) if row.last_error else EMPTY


class TicketLetterView(AdminView):
    model, resource, icon = TicketLetter, "ticket_letter", "fa-envelope"
    singular, plural = _("E-mail about a ticket"), _("E-mails about tickets")
    intro = _("What is told by e-mail about tickets, and whether it has left. No user: it goes to the customer.")
    when_empty = _("Nothing has been sent yet. E-mail about tickets leaves only where the operator has set it up.")
    list_columns = ["ticket_id", "kind", "user_id", "state", "attempts", "last_error", "sent_time", "create_time", "id"]
    show_columns = [
        "ticket_id",
        "kind",
        "user_id",
        "state",
        "from_status",
        "to_status",
        "due_time",
        "attempts",
        "last_error",
        "sent_time",
        "create_time",
    ]
    search_columns = ["ticket_id", "kind", "state", "user_id", "create_time"]
    formatters = {"last_error": _reason}
    label_columns = {
        "due_time": _("Leaves at"),
        "attempts": _("Tries"),
        "last_error": pgettext("letter", "Why not"),
        "sent_time": _("Left at"),
        "from_status": _("State before"),
        "to_status": _("State now"),
    }
