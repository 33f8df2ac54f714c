"""What stands in an exported file, as plain values that a native thread may write; and who words it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from models.actor import Actor
from models.conversations import Conversation, Rating
from models.exports import ExportJob
from models.messaging import ChatMessage
from models.tickets import Ticket


@dataclass(frozen=True)
class Said:
    """One message in the reader's words. `tone` is customer, agent, note or system."""

    time: str
    who: str
    role: str
    kind: str
    text: str
    tone: str


@dataclass(frozen=True)
class Talk:
    """One conversation or ticket: the values of the columns, and what was said if that is wanted."""

    facts: tuple[str, ...]
    said: tuple[Said, ...] = ()


@dataclass(frozen=True)
class Head:
    """What a file says about itself."""

    title: str
    #: company, who asked for it and when, what for
    lines: tuple[str, ...]
    #: titles of `Talk.facts`
    facts: tuple[str, ...]
    #: how wide they are on paper, one compared with the other
    widths: tuple[float, ...]
    #: titles of a message's values: time, who, role, kind, text
    said: tuple[str, ...]
    #: "Page {number}"
    page: str


class Wording(Protocol):
    """Who turns rows into the reader's words (`views.exports`).

    `own` are the fields that the company defined: their titles, or what stands in them as a person reads it.
    """

    def head(self, job: ExportJob, owner: str, own: Sequence[str]) -> Head: ...

    def talk(
        self,
        job: ExportJob,
        row: Conversation,
        rating: Rating | None,
        messages: Sequence[ChatMessage],
        count: int,
        channel: str,
        own: Sequence[str],
    ) -> Talk: ...

    def ticket_head(self, job: ExportJob, owner: str, own: Mapping[str, str]) -> Head: ...

    def ticket_line(self, actor: Actor, job: ExportJob, row: Ticket, own: Mapping[str, str]) -> tuple[str, ...]: ...
