"""Tables, and what a row knows about itself. Importing this package maps them all."""

from models import (
    audit,
    conversations,
    customers,
    entry_codes,
    identity,
    knowledge,
    messaging,
    notifications,
    organization,
    outbox,
    presence,
    search,
    settings,
    tickets,
)

__all__ = [
    "audit",
    "conversations",
    "customers",
    "entry_codes",
    "identity",
    "knowledge",
    "messaging",
    "notifications",
    "organization",
    "outbox",
    "presence",
    "search",
    "settings",
    "tickets",
]
