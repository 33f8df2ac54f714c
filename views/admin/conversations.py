"""Conversations with their assignments, messages and ratings; quick replies (CHT, RTE)."""

from flask import g
from flask_babel import lazy_gettext as _
from flask_babel import lazy_pgettext as pgettext
from markupsafe import Markup
from sqlalchemy import or_, select

from app.extensions import db
from models.actor import Actor
from models.conversations import HELD, OPEN, Conversation, ConversationAssignment, QuickReply, Rating
from models.messaging import ChatMessage
from models.tickets import Ticket
from views.admin.base import AdminView
from views.admin.cells import link_to, tag
from views.admin.event_lines import content_of
from views.admin.labels import origin
from views.admin.row_actions import RowAction

METHODS = {
    "auto": _("Automatic"),
    "assign": _("By a supervisor"),
    "transfer": _("Transferred"),
    "takeover": _("Taken over"),
    "queue": _("From the queue"),
    "conversation": _("From the conversation"),
}


def method(row) -> Markup:
    """How something was assigned, in words."""
    return tag(METHODS.get(row.method, row.method))


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


class ConversationAssignmentView(AdminView):
    model, resource, icon = ConversationAssignment, "conversation_assignment", "fa-shuffle"
    singular, plural = _("Conversation assignment"), _("Conversation assignments")
    intro = _("Who got a conversation from whom, and why: the candidates and their scores stand in the details.")
    list_columns = ["id", "conversation_id", "method", "from_agent_id", "to_agent_id", "reason", "create_time"]
    show_columns = [*list_columns[:-1], "detail", "create_by", "create_time"]
    search_columns = ["conversation_id", "to_agent_id", "create_time"]
    formatters = {"method": method}


class RatingView(AdminView):
    model, resource, icon = Rating, "rating", "fa-star"
    singular, plural = _("Rating"), _("Ratings")
    list_columns = ["id", "score", "comment", "conversation_id", "agent_id", "customer_id", "create_time"]
    show_columns = list_columns
    search_text, search_columns = ("comment",), ["score", "agent_id", "create_time"]
    formatters = {
        "score": lambda row: Markup('<span class="ad-stars" title="{}/5">{}<i>{}</i></span>').format(
            row.score, "★" * row.score, "★" * (5 - row.score)
        )
    }


class ConversationView(AdminView):
    model, resource, icon = Conversation, "conversation", "fa-comments"
    singular, plural = _("Conversation"), _("Conversations")
    list_columns = [
        "no",
        "status",
        "customer_id",
        "agent_id",
        "team_id",
        "channel",
        "subject",
        "last_message_time",
        "create_time",
    ]
    show_columns = [
        "no",
        "status",
        "customer_id",
        "agent_id",
        "team_id",
        "channel",
        "subject",
        "queue_time",
        "queue_priority",
        "active_time",
        "first_reply_time",
        "last_message_time",
        "close_time",
        "close_reason",
        "bot_misses",
        "create_time",
    ]
    label_columns = {"close_time": pgettext("end of a conversation", "Closed")}
    formatters = {"channel": origin("channel")}
    desk_path = "/desk/c/{id}"
    search_text = ("no", "subject")
    search_columns = ["status", "agent_id", "team_id", "customer_id", "create_time"]
    row_actions = (
        RowAction(
            "assign",
            _("Assign"),
            "conversation.assign",
            "fa-user-check",
            ask=("agent_id", "reason"),
            when=lambda row: row.status in OPEN,
        ),
        RowAction(
            "transfer",
            _("Transfer"),
            "conversation.transfer",
            "fa-right-left",
            ask=("to_agent_id", "reason"),
            when=lambda row: row.status in HELD,
        ),
        RowAction(
            "takeover",
            _("Take over"),
            "conversation.takeover",
            "fa-hand",
            ask=("reason",),
            when=lambda row: row.status in OPEN and row.agent_id != g.actor.agent_id,
        ),
        RowAction(
            "close",
            pgettext("conversation", "Close"),
            "conversation.close",
            "fa-circle-xmark",
            confirm=_("Really close?"),
            when=lambda row: row.status in OPEN,
        ),
    )
    related_views = [ConversationAssignmentView, RatingView]


class MessageView(AdminView):
    model, resource, icon = ChatMessage, "chat_message", "fa-message"
    singular, plural = _("Message"), _("Messages")
    intro = _("Everything said in conversations and ticket rooms that you may see. Nothing can be changed here.")
    narrow = staticmethod(in_visible_threads(ChatMessage))
    list_columns = ["id", "sender_kind", "sender_name", "type", "content", "file_id", "recalled_time", "create_time"]
    show_columns = [
        "id",
        "place",
        "seq",
        "sender_kind",
        "sender_name",
        "type",
        "content",
        "file_id",
        "edited_time",
        "recalled_time",
        "create_time",
    ]
    search_text, search_columns = ("content", "sender_name"), ["sender_kind", "type", "create_time"]
    formatters = {"place": place}

    def heading(self, row) -> str:
        return f"{self.singular} #{row.id}"

    def value_of(self, row, column: str):
        return content_of(row) if column == "content" else super().value_of(row, column)


class QuickReplyView(AdminView):
    model, resource, icon = QuickReply, "quick_reply", "fa-bolt"
    singular, plural = _("Quick reply"), _("Quick replies")
    intro = _("Texts that agents insert by /code. {customer} and {agent} are replaced by the names.")
    list_columns = ["id", "code", "title", "content", "category", "owner_id", "use_count"]
    show_columns = [*list_columns, "create_time", "update_time"]
    add_columns = edit_columns = ["code", "title", "content", "category"]
    search_text, search_columns = ("code", "title", "content", "category"), []
    row_actions = (
        RowAction(
            "share", _("Give to everybody"), "quick_reply.share", "fa-users", when=lambda row: row.owner_id is not None
        ),
    )
