"""Tickets, their assignments and follow-ups (TKT)."""

from flask_babel import gettext
from flask_babel import lazy_gettext as _

from models.tickets import ENDED, Ticket, TicketAssignment, TicketFollowUp
from views.admin.base import AdminView
from views.admin.conversations import method
from views.admin.dictionaries import items_of, word_of
from views.admin.labels import origin
from views.admin.row_actions import RowAction


class TicketAssignmentView(AdminView):
    model, resource, icon = TicketAssignment, "ticket_assignment", "fa-shuffle"
    singular, plural = _("Ticket assignment"), _("Ticket assignments")
    list_columns = ["id", "ticket_id", "method", "from_agent_id", "to_agent_id", "reason", "create_time"]
    show_columns = [*list_columns, "create_by"]
    search_columns = ["ticket_id", "to_agent_id", "create_time"]
    formatters = {"method": method}


class TicketFollowUpView(AdminView):
    model, resource, icon = TicketFollowUp, "ticket_follow_up", "fa-list-check"
    singular, plural = _("Follow-up"), _("Follow-ups")
    list_columns = ["id", "ticket_id", "content", "result", "user_id", "create_time"]
    show_columns = list_columns
    search_text, search_columns = ("content", "result"), ["ticket_id", "user_id", "create_time"]


class TicketView(AdminView):
    model, resource, icon = Ticket, "ticket", "fa-ticket"
    singular, plural = _("Ticket"), _("Tickets")
    list_columns = ["no", "title", "status", "priority", "type", "customer_id", "assignee_id", "create_time"]
    show_columns = [
        "no",
        "title",
        "description",
        "status",
        "priority",
        "type",
        "source",
        "customer_id",
        "assignee_id",
        "team_id",
        "conversation_id",
        "resolution",
        "first_reply_time",
        "resolve_time",
        "close_time",
        "create_by",
        "create_time",
        "update_time",
    ]
    add_columns = ["title", "description", "type", "priority", "customer_id"]
    edit_columns = ["title", "description", "type", "priority"]
    desk_path = "/desk/tickets/{id}"
    search_text = ("no", "title")
    search_columns = ["status", "priority", "type", "assignee_id", "customer_id", "create_time"]
    choices = {"type": items_of("ticket_type")}
    formatters = {"type": word_of("ticket_type", "type"), "source": origin("source")}
    row_actions = (
        RowAction(
            "flow",
            _("Change state"),
            "ticket.flow",
            "fa-arrow-right-arrow-left",
            ask=("status", "resolution", "reason"),
        ),
        RowAction(
            "assign",
            _("Assign"),
            "ticket.assign",
            "fa-user-check",
            ask=("agent_id", "reason"),
            when=lambda row: row.status not in ENDED,
        ),
        RowAction("follow_up", _("Record a follow-up"), "ticket.follow_up", "fa-list-check", ask=("content", "result")),
    )
    related_views = [TicketFollowUpView, TicketAssignmentView]

    def heading(self, row) -> str:
        return f"{row.no} {row.title or gettext('Ticket')}"
