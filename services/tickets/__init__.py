"""Tickets: creating, moving, assigning, talking, following up (TKT)."""

from services.tickets.assigning import assign_ticket, batch_assign, take_over_ticket, transfer_ticket
from services.tickets.changing import add_follow_up, delete_ticket, move_ticket, update_ticket
from services.tickets.creating import create_from_conversation, create_ticket
from services.tickets.pooling import give_to_team
from services.tickets.room import read_messages, recall_message, receive_messages, send_message
from services.tickets.state import assignments_of, follow_ups_of, place, rooms, transitions_for

__all__ = [
    "add_follow_up",
    "assign_ticket",
    "assignments_of",
    "batch_assign",
    "create_from_conversation",
    "create_ticket",
    "delete_ticket",
    "follow_ups_of",
    "give_to_team",
    "move_ticket",
    "place",
    "read_messages",
    "recall_message",
    "receive_messages",
    "rooms",
    "send_message",
    "take_over_ticket",
    "transfer_ticket",
    "transitions_for",
    "update_ticket",
]
