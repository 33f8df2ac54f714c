"""What was said in conversations and ticket rooms, and where a message or file belongs (CHT)."""

from flask import g
from flask_babel import lazy_gettext as _
from markupsafe import Markup, escape
from sqlalchemy import or_, select

from app.extensions import db
from models.actor import Actor
from models.conversations import Conversation
from models.customers import Customer
from models.messaging import ChatMessage, SenderKind
from models.tickets import Ticket
from views.admin.base import AdminView
from views.admin.cells import badge, link_to
from views.admin.event_lines import content_of
from views.admin.filters import Further


def in_visible_threads(model: type):
    """The condition for rows of a thread whose conversation or ticket the actor may see."""

    def condition(actor: Actor):
        conversations = select(Conversation.thread_id).where(Conversation.visible_to(actor))
        tickets = select(Ticket.thread_id).where(Ticket.visible_to(actor))
        return or_(model.thread_id.in_(conversations), model.thread_id.in_(tickets))

    return condition


def place(row) -> Markup | None:
    """The conversation or ticket whose thread a message or file belongs to."""
    for model in (Conversation, Ticket):
        statement = select(model).where(model.thread_id == (row.thread_id or 0), model.visible_to(g.actor))
        found = db.session.scalars(statement).first()
        if found is not None:
            return link_to(found)
    return None


def said_in(model: type, column: str = "id"):
    """The condition for messages of the conversations or tickets whose column has this value."""
    return lambda value: ChatMessage.thread_id.in_(select(model.thread_id).where(getattr(model, column) == value))


def _said_with(customer_id: int):
    return or_(said_in(Conversation, "customer_id")(customer_id), said_in(Ticket, "customer_id")(customer_id))


def _of_thread(row: Conversation | Ticket):
    return ChatMessage.thread_id == row.thread_id


def sender(row: ChatMessage) -> Markup:
    """Who said it: the name and what he is; programs have no name."""
    if row.sender_kind is SenderKind.system or not row.sender_name:
        return badge(row.sender_kind)
    return Markup("{} {}").format(escape(row.sender_name), badge(row.sender_kind))


class MessageView(AdminView):
    model, resource, icon = ChatMessage, "chat_message", "fa-message"
    singular, plural = _("Message"), _("Messages")
    intro = _("Everything said in conversations and ticket rooms that you may see. Nothing can be changed here.")
    when_empty = _("Messages appear here as soon as somebody writes.")
    narrow = staticmethod(in_visible_threads(ChatMessage))
    list_columns = ["content", "sender", "type", "file_id", "recalled_time", "create_time", "id"]
    show_columns = ["sender", "place", "type", "seq", "file_id", "edited_time", "recalled_time", "create_time", "id"]
    show_columns += ["content"]
    key_columns = ("sender", "type", "create_time")
    related_columns = ("sender", "content", "type", "create_time")
    related_order = ("seq", "asc")
    related_by = {Conversation: _of_thread, Ticket: _of_thread}
    label_columns = {"sender": _("Sender")}
    search_text, search_columns = ("content", "sender_name"), ["sender_kind", "type", "create_time"]
    further_filters = {
        "conversation_id": Further(_("Conversation"), Conversation, said_in(Conversation)),
        "ticket_id": Further(_("Ticket"), Ticket, said_in(Ticket)),
        "customer_id": Further(_("Customer"), Customer, _said_with),
    }
    formatters = {"place": place, "sender": sender}

    def heading(self, row) -> str:
        return f"{self.singular} #{row.id}"

    def value_of(self, row, column: str):
        return content_of(row) if column == "content" else super().value_of(row, column)
