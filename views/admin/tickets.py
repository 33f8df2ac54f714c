"""Tickets and their follow-ups (TKT)."""

from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _
from sqlalchemy import func, select

from app.extensions import db
from models.messaging import ChatMessage
from models.tickets import ENDED, Ticket, TicketFollowUp, TicketStatus
from services.customers import mask_email, mask_phone
from views.admin.assignments import TicketAssignmentView, TicketTransferView
from views.admin.base import AdminView
from views.admin.dictionaries import items_of, texts_of, word_of, words_of
from views.admin.labels import TICKET_SOURCES, origin
from views.admin.messages import MessageView
from views.admin.reach import ReachView, reach_of
from views.admin.row_actions import RowAction
from views.admin.sla import TicketClockView
from views.admin.ticket_ratings import TicketRatingView
from views.admin.ticket_steps import StepView, transitions


class TicketFollowUpView(AdminView):
    model, resource, icon = TicketFollowUp, "ticket_follow_up", "fa-list-check"
    singular, plural = _("Follow-up"), _("Follow-ups")
    list_columns = ["content", "ticket_id", "result", "user_id", "create_time", "id"]
    show_columns = list_columns
    when_empty = _("Agents record here what they did about a ticket.")
    search_text, search_columns = ("content", "result"), ["ticket_id", "user_id", "create_time"]


class TicketView(StepView, ReachView):
    model, resource, icon = Ticket, "ticket", "fa-ticket"
    singular, plural = _("Ticket"), _("Tickets")
    list_columns = ["title", "no", "status", "priority", "type", "customer_id", "assignee_id", "create_time"]
    show_columns = [
        "title",
        "no",
        "description",
        "status",
        "priority",
        "type",
        "product",
        "tags",
        "source",
        "customer_id",
        "contact_name",
        "contact_email",
        "contact_phone",
        "department_id",
        "assignee_id",
        "team_id",
        "conversation_id",
        "resolution",
        "sla_state",
        "due_time",
        "first_reply_time",
        "resolve_time",
        "close_time",
        "rating_invited_time",
        "create_by",
        "create_time",
        "update_time",
    ]
    edit_columns = [
        "title",
        "description",
        "type",
        "priority",
        "product",
        "tags",
        "department_id",
        "contact_name",
        "contact_email",
        "contact_phone",
    ]
    add_columns = [*edit_columns, "customer_id"]
    key_columns = ("no", "status", "priority", "assignee_id")
    when_empty = _("A ticket is made by a customer, from a conversation, or here.")
    desk_path = "/desk/tickets/{id}"
    search_hint = _("Search number or title")
    search_text = ("no", "title")
    search_columns = ["status", "priority", "type", "product", "assignee_id", "customer_id", "create_time", "sla_state"]
    reach = {"contact_email": mask_email, "contact_phone": mask_phone}
    choices = {"type": items_of("ticket_type"), "product": items_of("product")}
    tags = {"tags": texts_of("ticket_tag")}
    formatters = {
        "type": word_of("ticket_type", "type"),
        "product": word_of("product", "product"),
        "tags": words_of("ticket_tag", "tags"),
        "source": origin("source", TICKET_SOURCES),
        **{column: reach_of(column, mask) for column, mask in reach.items()},
    }
    row_actions = (
        RowAction(
            "flow",
            _("Change state"),
            "ticket.flow",
            "fa-arrow-right-arrow-left",
            ask=("status", "resolution", "reason"),
            when=lambda row: bool(transitions(row)),
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
    asked_when = {"resolution": ("status", TicketStatus.resolved.value)}
    related_views = [
        MessageView,
        TicketFollowUpView,
        TicketRatingView,
        TicketAssignmentView,
        TicketTransferView,
        TicketClockView,
    ]

    def goes_along(self, row) -> list[str]:
        count = db.session.scalar(
            select(func.count()).select_from(ChatMessage).where(ChatMessage.thread_id == row.thread_id)
        )
        return [
            ngettext(
                "Its room with %(num)d message disappears too.", "Its room with %(num)d messages disappear too.", count
            )
        ]

    def heading(self, row) -> str:
        return f"{row.no} {row.title or gettext('Ticket')}"
