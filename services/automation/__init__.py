"""Tickets that move by themselves: rules on events and by the clock, macros by one click (TKT-15; B §2.10.4)."""

from services.automation import criteria, macros, rules, steps
from services.automation.choices import SOURCES, source_of
from services.automation.criteria import KINDS
from services.automation.facts import Background
from services.automation.macros import apply_macro, batch_macro, foresee, may_change
from services.automation.running import call, forget_old, react, run_due
from services.automation.shapes import GROUPS
from services.automation.trying import MOST, Trial, try_rule
from services.automation.wording import NAMES

__all__ = [
    "GROUPS",
    "KINDS",
    "MOST",
    "NAMES",
    "SOURCES",
    "Background",
    "Trial",
    "apply_macro",
    "batch_macro",
    "call",
    "criteria",
    "foresee",
    "forget_old",
    "macros",
    "may_change",
    "react",
    "rules",
    "run_due",
    "source_of",
    "steps",
    "try_rule",
]
