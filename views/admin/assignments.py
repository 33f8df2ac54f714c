"""Who got a conversation or a ticket from whom, how, and who else was considered (RTE-6, TKT-7)."""

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_babel import lazy_pgettext as pgettext
from markupsafe import Markup

from models.conversations import ConversationAssignment
from models.ticket_transfers import TicketTransfer
from models.tickets import TicketAssignment
from models.transfers import ConversationTransfer
from views.admin.base import AdminView
from views.admin.cells import EMPTY, tag
from views.assigning import explanation

METHODS = {
    "auto": _("Automatic"),
    "assign": _("By a supervisor"),
    "transfer": _("Transferred"),
    "takeover": _("Taken over"),
    "queue": _("From the queue"),
    "requeue": _("Back to the queue"),
    "reopen": _("Continued later"),
    "prioritize": _("Served first"),
    "conversation": _("From the conversation"),
    "create": _("When it was made"),
    "escalation": _("By escalation"),
}
#: of tickets, where another word is used for handing on
TICKET_METHODS = METHODS | {"transfer": pgettext("ticket", "Transferred")}
_TABLE = Markup(
    '<p>{}</p><p class="ad-conditions">{}</p>'
    '<div class="ad-small-table"><table><thead><tr><th>{}</th><th>{}</th><th>{}</th></tr></thead>'
    "<tbody>{}</tbody></table></div>"
)
_LINE = Markup("<tr><td>{}</td><td>{}</td><td>{}</td></tr>")


def method(row: ConversationAssignment | TicketAssignment) -> Markup:
    """How something was assigned, in words."""
    return tag(_method(row))


def _method(row: ConversationAssignment | TicketAssignment) -> str:
    known = TICKET_METHODS if isinstance(row, TicketAssignment) else METHODS
    return str(known.get(row.method, row.method))


def considered(row: ConversationAssignment | TicketAssignment) -> Markup:
    """Why an automatic assignment went as it did: in a sentence, and the candidates as a small table.

    Of a transfer that was approved, by whom.
    """
    explained = explanation(row)
    if explained is None:
        return _approval(row.detail)
    lines = (_LINE.format(one["name"], " · ".join(one["facts"]), _outcome(one)) for one in explained["candidates"])
    conditions = Markup(" ").join(map(tag, explained["conditions"]))
    return _TABLE.format(
        explained["summary"], conditions, _("Agent"), _("What spoke for him"), _("Outcome"), Markup("").join(lines)
    )


def _outcome(explained: dict) -> Markup:
    return tag(gettext("Chosen"), "success") if explained["chosen"] else tag(explained["outcome"])


def _approval(detail: dict | None) -> Markup:
    approval = (detail or {}).get("approval")
    if not approval:
        return EMPTY
    text = gettext("Approved by %(name)s", name=approval["by"])
    return Markup("{} {}").format(tag(text, "success"), approval["note"] or "")


class ConversationAssignmentView(AdminView):
    model, resource, icon = ConversationAssignment, "conversation_assignment", "fa-shuffle"
    singular, plural = _("Conversation assignment"), _("Conversation assignments")
    intro = _("Who got a conversation from whom, and why: the candidates and their scores stand in the details.")
    list_columns = ["conversation_id", "method", "from_agent_id", "to_agent_id", "reason", "create_time", "id"]
    show_columns = [*list_columns[:-1], "create_by", "id", "detail"]
    key_columns = ("method", "from_agent_id", "to_agent_id", "create_time")
    related_columns = ("method", "from_agent_id", "to_agent_id", "reason", "create_time")
    label_columns = {"detail": _("Candidates")}
    search_columns = ["conversation_id", "to_agent_id", "create_time"]
    formatters = {"method": method, "detail": considered}
    when_empty = _("A line appears here whenever a conversation is given to somebody.")

    def heading(self, row) -> str:
        return _heading(row, row.conversation.no if row.conversation else "")


class ConversationTransferView(AdminView):
    model, resource, icon = ConversationTransfer, "conversation_transfer", "fa-right-left"
    singular, plural = _("Conversation transfer"), _("Conversation transfers")
    intro = _("Which conversations agents have offered to others, and what came of it.")
    list_columns = [
        "conversation_id",
        "state",
        "from_agent_id",
        "to_agent_id",
        "to_team_id",
        "reason",
        "create_time",
        "id",
    ]
    show_columns = [*list_columns[:-1], "answer", "expire_time", "end_time", "create_by", "id"]
    key_columns = ("state", "from_agent_id", "to_agent_id", "create_time")
    related_columns = ("state", "from_agent_id", "to_agent_id", "to_team_id", "reason", "create_time")
    search_columns = ["state", "conversation_id", "from_agent_id", "to_agent_id", "create_time"]
    label_columns = {"end_time": pgettext("offer", "Answered")}
    when_empty = _("A line appears here whenever an agent offers a conversation to somebody.")

    def heading(self, row) -> str:
        return row.conversation.no if row.conversation else f"#{row.id}"


class TicketAssignmentView(AdminView):
    model, resource, icon = TicketAssignment, "ticket_assignment", "fa-shuffle"
    singular, plural = _("Ticket assignment"), _("Ticket assignments")
    list_columns = ["ticket_id", "method", "from_agent_id", "to_agent_id", "reason", "create_time", "id"]
    show_columns = [*list_columns[:-1], "create_by", "id", "detail"]
    key_columns = ("method", "from_agent_id", "to_agent_id", "create_time")
    related_columns = ("method", "from_agent_id", "to_agent_id", "reason", "create_time")
    label_columns = {"detail": _("Candidates")}
    search_columns = ["ticket_id", "to_agent_id", "create_time"]
    formatters = {"method": method, "detail": considered}
    when_empty = _("A line appears here whenever a ticket is given to somebody.")

    def heading(self, row) -> str:
        return _heading(row, row.ticket.no if row.ticket else "")


class TicketTransferView(AdminView):
    model, resource, icon = TicketTransfer, "ticket_transfer", "fa-right-left"
    singular, plural = _("Ticket transfer"), _("Ticket transfers")
    intro = _("Which tickets agents have asked to pass on, and what was decided. Decisions are made in the workbench.")
    list_columns = ["ticket_id", "state", "from_agent_id", "to_agent_id", "reason", "create_time", "id"]
    show_columns = [*list_columns[:-1], "decided_by", "note", "end_time", "id"]
    key_columns = ("state", "from_agent_id", "to_agent_id", "create_time")
    related_columns = ("state", "from_agent_id", "to_agent_id", "reason", "create_time")
    search_columns = ["state", "ticket_id", "from_agent_id", "to_agent_id", "create_time"]
    label_columns = {"end_time": pgettext("offer", "Answered")}
    when_empty = _("A line appears here whenever an agent asks to pass a ticket on.")

    def heading(self, row) -> str:
        return row.ticket.no if row.ticket else f"#{row.id}"


def _heading(row, number: str) -> str:
    """The number, how it was given and to whom."""
    to = row.to_agent.name if row.to_agent else ""
    return " · ".join(filter(None, (number, _method(row), to)))
