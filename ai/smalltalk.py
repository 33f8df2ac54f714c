"""Small talk: what people say to a bot that is no question to the articles, and the wish for a person.

"Hello" is near to every article and to none, so it must not be searched for. Only whole messages count: whoever adds
a question to his greeting asks that question. The phrases lie beside this file.
"""

import re
import tomllib
from enum import StrEnum
from functools import lru_cache
from pathlib import Path

from ai.text import UNSPACED, normalise

#: nobody needs more characters to greet; whatever is longer has something to say
LONGEST = 40
_APOSTROPHES = re.compile("['’`]")
_RUN = re.compile(f"[{UNSPACED}]+|[^\\W_{UNSPACED}]+")
_HAN = re.compile(f"[{UNSPACED}]")


class SmallTalk(StrEnum):
    """What is meant, from the least telling to the most telling: "hello, thank you, bye" is a goodbye."""

    acknowledgement = "acknowledgement"
    greeting = "greeting"
    thanks = "thanks"
    identity = "identity"
    goodbye = "goodbye"
    person = "person"


def recognise(message: str) -> SmallTalk | None:
    """What a message is if it says nothing else; None for everything that is worth a search."""
    words = _plain(message)
    if not words or len(words) > LONGEST:
        return None
    phrases = _phrases()
    # how telling the best reading of the message is up to each place that can be read at all
    told: dict[int, int] = {0: -1}
    for start in range(len(words)):
        if start not in told:
            continue
        for end in range(start + 1, len(words) + 1):
            rank = phrases.get(words[start:end])
            if rank is not None and not _cuts(words, start) and not _cuts(words, end):
                told[end] = max(told.get(end, -1), told[start], rank)
    rank = told.get(len(words), -1)
    return list(SmallTalk)[rank] if rank >= 0 else None


def language_of(message: str, otherwise: str) -> str:
    """The language to answer in: Chinese to whoever writes it; a word of Latin letters is used by everybody."""
    return "zh" if _HAN.search(message) else otherwise


def _plain(message: str) -> str:
    """Words only, with single spaces between those that are not written together."""
    return " ".join(_RUN.findall(_APOSTROPHES.sub("", normalise(message))))


def _cuts(words: str, place: int) -> bool:
    """Whether a spaced word goes on here: "hi" is no greeting inside "this"."""
    return 0 < place < len(words) and all(char != " " and not _HAN.match(char) for char in words[place - 1 : place + 1])


@lru_cache(maxsize=1)
def _phrases() -> dict[str, int]:
    """How telling each phrase is: its kind's place; -1 for fillers and for the space between words."""
    tables = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
    found = {" ": -1} | {_plain(phrase): -1 for phrase in tables["filler"]}
    for rank, kind in enumerate(SmallTalk):
        found |= {_plain(phrase): rank for phrase in tables[kind]}
    return found
