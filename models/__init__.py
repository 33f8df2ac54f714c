"""Tables, and what a row knows about itself. Importing this package maps them all."""

from models import (
    audit,
    conversations,
    customers,
    entry_codes,
    exports,
    identity,
    knowledge,
    messaging,
    notifications,
    organization,
    outbox,
    presence,
    retention,
    search,
    settings,
    tickets,
)

__all__ = [
    "audit",
    "conversations",
    "customers",
    "entry_codes",
    "exports",
    "identity",
    "knowledge",
    "messaging",
    "notifications",
    "organization",
    "outbox",
    "presence",
    "retention",
    "search",
    "settings",
    "tickets",
]
