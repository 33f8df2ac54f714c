"""Places where a process dies on purpose, for experiments with faults (`manage.py bench faults`); never in service.

FAIL_POINT=after_commit:0.01 names the place and how often, of a hundred times once. In production the process refuses
to start with it (`config.py`).
"""

import os
import random

PLACES = frozenset({"after_commit", "before_ack"})

_place = ""
_chance = 0.0


def configure(text: str) -> None:
    """Called once by the factory, with "place" or "place:chance" or nothing. Raises ValueError."""
    global _place, _chance
    place, _, chance = text.partition(":")
    if place and place not in PLACES:
        raise ValueError(f"FAIL_POINT names no place of ours: {', '.join(sorted(PLACES))}")
    _place, _chance = place, float(chance or 1)


def fail_point(place: str) -> None:
    """Die here as by kill -9, if this is the place and the hour."""
    if place == _place and random.random() < _chance:
        os._exit(9)
