"""Tickets that move by themselves: rules on events and by the clock, macros by one click (TKT-15; B §2.10.4)."""

from services.automation import macros, rules
from services.automation.actions import STEPS
from services.automation.choices import SOURCES
from services.automation.conditions import CRITERIA, KINDS
from services.automation.macros import apply_macro, foresee, may_change
from services.automation.running import call, forget_old, react, run_due
from services.automation.trying import MOST, Trial, try_rule
from services.automation.wording import NAMES

__all__ = [
    "CRITERIA",
    "KINDS",
    "MOST",
    "NAMES",
    "SOURCES",
    "STEPS",
    "Trial",
    "apply_macro",
    "call",
    "foresee",
    "forget_old",
    "macros",
    "may_change",
    "react",
    "rules",
    "run_due",
    "try_rule",
]
