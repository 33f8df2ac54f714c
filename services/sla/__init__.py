"""Service levels of tickets: policies, clocks that count working time, what staff see of them (TKT-6)."""

from services.sla.keeping import drop, follow, follow_all
from services.sla.showing import Standing, levels_of

__all__ = ["Standing", "drop", "follow", "follow_all", "levels_of"]
