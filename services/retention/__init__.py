"""How long conversations are kept: which are due, what is left of them, and what is kept whatever its age (CHT-16)."""

from services.retention.archive import configure
from services.retention.holds import preserve_conversation, preserve_customer, release_conversation, release_customer
from services.retention.rules import Month, cutoff, plan
from services.retention.runs import run_for

__all__ = [
    "Month",
    "configure",
    "cutoff",
    "plan",
    "preserve_conversation",
    "preserve_customer",
    "release_conversation",
    "release_customer",
    "run_for",
]
