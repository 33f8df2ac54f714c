"""Tickets: creating, moving, assigning, talking, following up (TKT)."""

from services.tickets import rules, workflow
from services.tickets.assigning import assign_ticket, batch_assign, take_over_ticket
from services.tickets.bulk import batch_flow, batch_give, batch_update, each
from services.tickets.changing import add_follow_up, delete_ticket, move_ticket, settle_ticket, update_ticket
from services.tickets.creating import create_from_conversation, create_ticket
from services.tickets.dispatch import dispatch, has_work, is_routed
from services.tickets.figures import figures
from services.tickets.merging import merge_tickets, taken_up_by, taker_of, unmerge_ticket
from services.tickets.pooling import give_to_team
from services.tickets.rating import change_ticket_rating, is_current, rate_ticket, rating_of
from services.tickets.relations import link_tickets, links_of, unlink_tickets
from services.tickets.room import read_messages, recall_message, receive_messages, send_message
from services.tickets.splitting import split_ticket
from services.tickets.state import assignments_of, follow_ups_of, place, rooms, transitions_for
from services.tickets.tags import clean_tags, known_tags, tagged
from services.tickets.transfers import (
    approve_transfer,
    cancel_transfer,
    pending_requests,
    reject_transfer,
    transfer_ticket,
)
from services.tickets.watchers import unwatch_ticket, watch_ticket, watchers_of
from services.tickets.workload import recommend, workload_seen_by

__all__ = [
    "add_follow_up",
    "approve_transfer",
    "assign_ticket",
    "assignments_of",
    "batch_assign",
    "batch_flow",
    "batch_give",
    "batch_update",
    "cancel_transfer",
    "change_ticket_rating",
    "clean_tags",
    "create_from_conversation",
    "create_ticket",
    "delete_ticket",
    "dispatch",
    "each",
    "figures",
    "follow_ups_of",
    "give_to_team",
    "has_work",
    "is_current",
    "is_routed",
    "known_tags",
    "link_tickets",
    "links_of",
    "merge_tickets",
    "move_ticket",
    "pending_requests",
    "place",
    "rate_ticket",
    "rating_of",
    "read_messages",
    "recall_message",
    "receive_messages",
    "recommend",
    "reject_transfer",
    "rooms",
    "rules",
    "send_message",
    "settle_ticket",
    "split_ticket",
    "tagged",
    "take_over_ticket",
    "taken_up_by",
    "taker_of",
    "transfer_ticket",
    "transitions_for",
    "unlink_tickets",
    "unmerge_ticket",
    "unwatch_ticket",
    "update_ticket",
    "watch_ticket",
    "watchers_of",
    "workflow",
    "workload_seen_by",
]
