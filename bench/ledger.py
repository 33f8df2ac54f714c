"""What clients know of the messages they sent: the one side of the account that a fault must not unbalance.

Each message is invoked once, tried as often as it takes, and ends acknowledged, refused, or unknown (no answer came).
Every step is appended to a file of JSON lines as well, so that a run can be looked into afterwards.
"""

import json
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from bench.report import percentile


@dataclass
class Try:
    """One attempt to deliver a message: from when to when (None: no answer came), and the answer in one word."""

    began: float
    transport: str
    ended: float | None = None
    answer: str = "unknown"

    @property
    def seconds(self) -> float | None:
        return None if self.ended is None else self.ended - self.began


@dataclass
class Said:
    """One message on its way."""

    name: str
    sender: int
    conversation: int
    content: str
    type: str
    began: float
    tries: list[Try] = field(default_factory=list)
    #: number and place of the message, once acknowledged; every acknowledgement must name the same
    answers: set[tuple[int, int]] = field(default_factory=set)
    ended: float | None = None
    refused: str = ""
    recalled: bool = False

    @property
    def is_acknowledged(self) -> bool:
        return bool(self.answers)

    @property
    def is_open(self) -> bool:
        """Whether somebody still tries to deliver it."""
        return not self.answers and not self.refused


class Ledger:
    """All messages of one run. `mark` begins every client's message id of the run."""

    def __init__(self, path: Path, mark: str):
        self.mark = mark
        self.said: dict[str, Said] = {}
        self._file = path.open("a", buffering=1 << 16)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *problem: object) -> None:
        self._file.close()

    def invoke(self, sender: int, conversation: int, content: str, type_: str = "text") -> Said:
        """Somebody wants to say this."""
        name = f"{self.mark}-{len(self.said)}"
        said = self.said[name] = Said(name, sender, conversation, content, type_, time.monotonic())
        self._write("invoke", name, conversation=conversation, type=type_)
        return said

    def try_(self, said: Said, transport: str) -> Try:
        attempt = Try(time.monotonic(), transport)
        said.tries.append(attempt)
        self._write("try", said.name, transport=transport)
        return attempt

    def ok(self, said: Said, attempt: Try, message: dict) -> None:
        """The server says that it has it."""
        attempt.ended, attempt.answer = time.monotonic(), "ok"
        said.ended = said.ended or attempt.ended
        said.answers.add((message["messageId"], message["seq"]))
        self._write("ok", said.name, id=message["messageId"], seq=message["seq"])

    def fail(self, said: Said, attempt: Try, error: str, *, final: bool) -> None:
        """The server refuses: for now, or for good."""
        attempt.ended, attempt.answer = time.monotonic(), error
        if final:
            said.refused = error
        self._write("fail", said.name, error=error, final=final)

    def info(self, said: Said) -> None:
        """No answer: nobody knows."""
        self._write("info", said.name)

    def note(self, what: str, **more: object) -> None:
        """Something that is no message: a fault, its end."""
        self._write(what, "", **more)

    # --- what is asked of it ------------------------------------------------------------------------------------

    @property
    def acknowledged(self) -> list[Said]:
        return [said for said in self.said.values() if said.answers]

    @property
    def open(self) -> list[Said]:
        return [said for said in self.said.values() if said.is_open]

    def tries(self, since: float = 0.0, until: float = float("inf")) -> Iterator[Try]:
        """Attempts that began within this time."""
        for said in self.said.values():
            yield from (attempt for attempt in said.tries if since <= attempt.began < until)

    def answer_times(self, since: float = 0.0, until: float = float("inf")) -> list[float]:
        """How long answers took, yes or no, to attempts that began within this time."""
        return [attempt.seconds for attempt in self.tries(since, until) if attempt.seconds is not None]

    def ack_times(self) -> list[float]:
        """How long acknowledgements took, each from the attempt that was answered."""
        return [attempt.seconds for attempt in self.tries() if attempt.answer == "ok"]

    def first_ok_after(self, moment: float) -> float | None:
        """Seconds from then to the first acknowledgement of an attempt begun since."""
        ends = [attempt.ended for attempt in self.tries(moment) if attempt.answer == "ok"]
        return min(ends) - moment if ends else None

    def answers(self, since: float = 0.0, until: float = float("inf")) -> Counter:
        """How often each answer came."""
        return Counter(attempt.answer for attempt in self.tries(since, until))

    def _write(self, what: str, name: str, **more: object) -> None:
        self._file.write(json.dumps({"time": round(time.monotonic(), 6), "what": what, "name": name, **more}) + "\n")


def milliseconds(values: list[float], share: float) -> str:
    """A percentile for a table; a dash when there is nothing to rank."""
    return f"{percentile(values, share) * 1000:.0f}" if values else "–"
