"""Conversations and their ratings; quick replies (CHT)."""

from flask import g
from flask_babel import lazy_gettext as _
from flask_babel import lazy_pgettext as pgettext
from markupsafe import Markup, escape

from models.conversations import HELD, OPEN, Conversation, ConversationStatus, QuickReply, Rating, ReplyReview
from views.admin.assigning import problem_word
from views.admin.assignments import ConversationAssignmentView, ConversationTransferView
from views.admin.base import AdminView
from views.admin.cells import EMPTY
from views.admin.custom_values import CustomValuesView
from views.admin.dictionaries import items_of
from views.admin.labels import origin
from views.admin.messages import MessageView
from views.admin.row_actions import RowAction
from views.admin.stars import StarsView
from views.admin.understanding import percent


class RatingView(StarsView):
    model, resource, icon = Rating, "rating", "fa-star"
    singular, plural = _("Rating"), _("Ratings")
    list_columns = ["score", "tags", "comment", "conversation_id", "agent_id", "customer_id", "create_time", "id"]
    show_columns = list_columns
    when_empty = _("Customers are asked for a rating when a conversation ends.")


def _source(row) -> Markup:
    """The page on which the customer began, as a link; its address was cleaned before it was kept."""
    source = row.source or {}
    page, title = source.get("page"), source.get("title")
    if not page:
        return escape(title) if title else EMPTY
    return Markup('<a href="{}" target="_blank" rel="noopener noreferrer">{}</a>').format(page, title or page)


class ConversationView(CustomValuesView):
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
        "served_team_id",
        "channel",
        "source",
        "subject",
        "problem_type",
        "problem_source",
        "problem_confidence",
        "mood",
        "queue_time",
        "queue_priority",
        "active_time",
        "first_reply_time",
        "last_message_time",
        "close_time",
        "close_reason",
        "left_message_time",
        "idle_warned_time",
        "rating_invited_time",
        "previous_id",
        "bot_misses",
        "entry_code_id",
        "wanted_agent_id",
        "create_time",
        "legal_hold_time",
        "legal_hold_reason",
        "archive_time",
        "purge_time",
    ]
    label_columns = {"close_time": pgettext("end of a conversation", "Closed")}
    formatters = {
        "channel": origin("channel"),
        "source": _source,
        "problem_type": problem_word,
        "problem_confidence": lambda row: percent(row.problem_confidence),
    }
    choices = {"problem_type": items_of("problem_type")}
    key_columns = ("status", "customer_id", "agent_id", "last_message_time")
    when_empty = _("Conversations begin when a customer asks something on the portal.")
    eager = ("customer",)
    desk_path = "/desk/c/{id}"
    search_hint = _("Search number or subject")
    search_text = ("no", "subject")
    search_columns = ["status", "agent_id", "team_id", "problem_type", "mood", "customer_id", "create_time"]
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
            ask=("to_agent_id", "to_team_id", "reason"),
            when=lambda row: row.status in HELD,
        ),
        RowAction(
            "prioritize",
            _("Serve first"),
            "conversation.prioritize",
            "fa-angles-up",
            ask=("reason",),
            when=lambda row: row.status is ConversationStatus.queued,
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
            "classify",
            _("Set the problem type"),
            "conversation.classify",
            "fa-tags",
            ask=("problem_type",),
            when=lambda row: row.status in OPEN,
        ),
        RowAction(
            "close",
            pgettext("conversation", "Close"),
            "conversation.close",
            "fa-circle-xmark",
            confirm=_("Really close?"),
            when=lambda row: row.status in OPEN,
        ),
        RowAction(
            "preserve",
            _("Legal hold"),
            "conversation.preserve",
            "fa-lock",
            ask=("reason",),
            when=lambda row: row.legal_hold_time is None and row.purge_time is None,
        ),
        RowAction(
            "release",
            _("Lift legal hold"),
            "conversation.release",
            "fa-lock-open",
            confirm=_("Really lift it? What is old enough is purged soon afterwards."),
            when=lambda row: row.legal_hold_time is not None,
            multiple=False,
        ),
    )
    related_views = [MessageView, ConversationAssignmentView, ConversationTransferView, RatingView]

    def heading(self, row) -> str:
        return f"{row.no} · {row.customer.name}" if row.customer else row.no


class QuickReplyView(AdminView):
    model, resource, icon = QuickReply, "quick_reply", "fa-bolt"
    singular, plural = _("Quick reply"), _("Quick replies")
    intro = _("Texts that agents insert by /code. {customer} and {agent} are replaced by the names.")
    list_columns = ["title", "code", "content", "category", "owner_id", "team_id", "review", "use_count", "id"]
    key_columns = ("code", "content")
    when_empty = _("Write down the sentences that your agents type every day.")
    show_columns = [
        *list_columns,
        "proposed_team_id",
        "replaces_id",
        "reviewer_id",
        "review_time",
        "review_note",
        "create_time",
        "update_time",
    ]
    add_columns = edit_columns = ["code", "title", "content", "category", "team_id"]
    help_texts = {"category": _("Up to three levels, with / between them: After-sales/Refunds")}
    search_text, search_columns = ("code", "title", "content", "category"), ["review", "team_id"]
    row_actions = (
        RowAction(
            "review",
            _("Approve or reject"),
            "quick_reply.review",
            "fa-clipboard-check",
            ask=("approved", "note"),
            when=lambda row: row.review is ReplyReview.pending,
            multiple=False,
        ),
        RowAction(
            "share", _("Give to everybody"), "quick_reply.share", "fa-users", when=lambda row: row.scope != "global"
        ),
    )
