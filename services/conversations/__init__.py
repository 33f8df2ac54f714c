"""Conversations: opening, talking, holding, handing on, closing, rating (CHT)."""

from services.conversations.assigning import (
    assign_conversation,
    assignments_of,
    batch_assign,
    get_agent,
    give,
    take_over,
    transfer_conversation,
)
from services.conversations.classifying import classify_conversation
from services.conversations.flow import (
    close_conversation,
    hand_over,
    hold_conversation,
    requeue_conversation,
    resume_conversation,
)
from services.conversations.rating import rate_conversation
from services.conversations.state import place, rooms
from services.conversations.talking import answer_as_bot, open_conversation, read_messages, recall_message, send_message

__all__ = [
    "answer_as_bot",
    "assign_conversation",
    "assignments_of",
    "batch_assign",
    "classify_conversation",
    "close_conversation",
    "get_agent",
    "give",
    "hand_over",
    "hold_conversation",
    "open_conversation",
    "place",
    "rate_conversation",
    "read_messages",
    "recall_message",
    "requeue_conversation",
    "resume_conversation",
    "rooms",
    "send_message",
    "take_over",
    "transfer_conversation",
]
