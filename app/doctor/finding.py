"""One sentence of the doctor's report."""

from dataclasses import dataclass
from enum import StrEnum, auto


class Level(StrEnum):
    """How much a finding matters."""

    ok = auto()
    #: neither good nor bad, but good to know; or what only production asks for
    note = auto()
    #: works, but not as it should in production
    warning = auto()
    #: something needed does not work
    failure = auto()

    @property
    def mark(self) -> str:
        return {"ok": "✓", "note": "·", "warning": "!", "failure": "✗"}[self]


@dataclass(frozen=True)
class Finding:
    """What one check found, in the language of the terminal."""

    level: Level
    text: str


def ok(text: str) -> Finding:
    return Finding(Level.ok, text)


def note(text: str) -> Finding:
    return Finding(Level.note, text)


def warning(text: str) -> Finding:
    return Finding(Level.warning, text)


def failure(text: str) -> Finding:
    return Finding(Level.failure, text)
