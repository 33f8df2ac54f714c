"""Conversations: opening, talking, holding, handing on, closing, rating (CHT)."""

from services.conversations.assigning import (
    assign_conversation,
    assignments_of,
    batch_assign,
    get_agent,
    give,
    take_over,
)
from services.conversations.classifying import classify_conversation, fill_fields, note_problem
from services.conversations.flow import (
    back_to_bot,
    close_conversation,
    hand_over,
    hold_conversation,
    prioritize,
    requeue_conversation,
    resume_conversation,
)
from services.conversations.idle import close_idle
from services.conversations.intake import fill_form
from services.conversations.offers import pending_offers
from services.conversations.opening import is_open, openings
from services.conversations.rating import (
    change_rating,
    invite_rating,
    rate_conversation,
    rating_of,
)
from services.conversations.reopening import reopen_until
from services.conversations.state import place, rooms
from services.conversations.talking import (
    answer_as_bot,
    open_conversation,
    read_messages,
    recall_message,
    receive_messages,
    send_message,
)
from services.conversations.transfers import (
    accept_transfer,
    cancel_transfer,
    decline_transfer,
    expire_transfers,
    find_offer,
    transfer_conversation,
    transfers_of,
)
from services.conversations.wordless import answer_wordless

__all__ = [
    "accept_transfer",
    "answer_as_bot",
    "answer_wordless",
    "assign_conversation",
    "assignments_of",
    "back_to_bot",
    "batch_assign",
    "cancel_transfer",
    "change_rating",
    "classify_conversation",
    "close_conversation",
    "close_idle",
    "decline_transfer",
    "expire_transfers",
    "fill_fields",
    "fill_form",
    "find_offer",
    "get_agent",
    "give",
    "hand_over",
    "hold_conversation",
    "invite_rating",
    "is_open",
    "note_problem",
    "open_conversation",
    "openings",
    "pending_offers",
    "place",
    "prioritize",
    "rate_conversation",
    "rating_of",
    "read_messages",
    "recall_message",
    "receive_messages",
    "reopen_until",
    "requeue_conversation",
    "resume_conversation",
    "rooms",
    "send_message",
    "take_over",
    "transfer_conversation",
    "transfers_of",
]
