"""Tickets: creating, moving, assigning, talking, following up (TKT)."""

from services.tickets import rules
from services.tickets.assigning import assign_ticket, batch_assign, take_over_ticket
from services.tickets.changing import add_follow_up, delete_ticket, move_ticket, update_ticket
from services.tickets.creating import create_from_conversation, create_ticket
from services.tickets.dispatch import dispatch, is_routed
from services.tickets.room import read_messages, recall_message, receive_messages, send_message
from services.tickets.state import assignments_of, follow_ups_of, place, rooms, transitions_for
from services.tickets.transfers import (
    approve_transfer,
    cancel_transfer,
    pending_requests,
    reject_transfer,
    transfer_ticket,
)
from services.tickets.workload import recommend, workload

__all__ = [
    "add_follow_up",
    "approve_transfer",
    "assign_ticket",
    "assignments_of",
    "batch_assign",
    "cancel_transfer",
    "create_from_conversation",
    "create_ticket",
    "delete_ticket",
    "dispatch",
    "follow_ups_of",
    "is_routed",
    "move_ticket",
    "pending_requests",
    "place",
    "read_messages",
    "recall_message",
    "receive_messages",
    "recommend",
    "reject_transfer",
    "rooms",
    "rules",
    "send_message",
    "take_over_ticket",
    "transfer_ticket",
    "transitions_for",
    "update_ticket",
    "workload",
]
