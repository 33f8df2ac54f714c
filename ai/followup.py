"""Does a message need what was said before it, and what does it ask once that is put in.

"那怎么取消呢" says what is wanted but not of what; "第二个" chooses from what was offered; "还有别的办法吗" wants
another answer to the same question. What was said before comes in as plain values; this module remembers nothing, so
two conversations cannot meet here.
"""

import math
import re
import tomllib
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from ai.text import UNSPACED, UNSPACED_RUN, normalise, words_between

#: of what was said before, as much is looked for along with a message
TOPIC_CHARS = 60
#: whoever writes more than this says himself what it is about
LONGEST = 40


class Leaning(StrEnum):
    """How much a message leans on what was said before."""

    none = "none"
    #: both readings are possible: the articles decide
    maybe = "maybe"
    firm = "firm"


class Words(NamedTuple):
    """The tables beside this file, as expressions."""

    opening: re.Pattern  #: how one goes on with a subject
    pointing: re.Pattern  #: words that point to what was said
    asking: re.Pattern  #: what a question consists of beside its subject
    another: re.Pattern  #: whole messages that want another answer to the same question
    aspects: re.Pattern  #: what is asked of anything: how long, how much, where


# Fitted by bench/followups.py on one half of tests/data/followups.tsv; the other half is the test's.
_BIAS = -0.97
_WEIGHTS = {"opens": 0.73, "points": 1.14, "trails": 0.3, "bare": 2.5, "thin": 0.26, "full": -1.38}
FIRM_FROM, NONE_BELOW = 0.75, 0.3

_ORDINALS = {
    "一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9, "十": 10,
    "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5,
    "1st": 1, "2nd": 2, "3rd": 3, "4th": 4, "5th": 5,
}  # fmt: skip
_PICK = re.compile(
    r"(?:我?(?:选择?|要|想问|想看|看看?|问的?是|是)|就|(?:i )?(?:mean|choose|pick|take|want)|the|number|no|option)*"
    r"(?:第?(?P<zh>\d{1,2}|[一二两三四五六七八九十])(?:个|条|种|项|号|篇|款)?(?:问题|选项|方法|办法)?"
    r"|(?P<en>first|second|third|fourth|fifth|one|two|three|four|five|1st|2nd|3rd|4th|5th|\d{1,2})(?: ?(?:one|option))?"
    r"|(?P<former>前者|前一个|前面那?个|上面那?个|the former|former)"
    r"|(?P<last>后者|后一个|后面那?个|下面那?个|最后一?[个条种项]|(?:the )?(?:latter|last)(?: one)?))"
    r"(?:吧|的|呢|啊|呀|please|谢谢)*"
)
_SPACES_OR_SIGNS = re.compile(r"[\s\W_]+")


def pick(message: str, count: int) -> int | None:
    """Which of `count` things that were offered a message chooses, from 0; None when it does something else."""
    plain = " ".join(_SPACES_OR_SIGNS.sub(" ", normalise(message)).split())
    found = _PICK.fullmatch(plain.replace(" ", "")) or _PICK.fullmatch(plain) if len(plain) <= LONGEST else None
    if found is None or not count:
        return None
    if found["former"]:
        return 0
    if found["last"]:
        return count - 1
    said = found["zh"] or found["en"]
    number = int(said) if said.isdigit() else _ORDINALS[said]
    return number - 1 if 1 <= number <= count else None


def wants_another(message: str) -> bool:
    """Whether the answer that was given is said not to have helped, and nothing else."""
    return len(message) <= LONGEST and bool(_words().another.fullmatch(_plain(message)))


def leaning(message: str) -> Leaning:
    """How much a message leans on what was said before it."""
    probability = _probability(message)
    if probability >= FIRM_FROM:
        return Leaning.firm
    return Leaning.none if probability < NONE_BELOW else Leaning.maybe


def with_topic(message: str, topic: str) -> str:
    """What to search for when a message leans on a topic: its own words first, for they are what is new."""
    words = _words()
    own = words.pointing.sub(" ", words.opening.sub(" ", normalise(message), count=1))
    about = " ".join(words.asking.sub(" ", normalise(topic)).split())[:TOPIC_CHARS]
    return " ".join(f"{own} {about}".split())


def features(message: str) -> dict[str, float]:
    """What a message says of itself; the names are those of the weights."""
    words, plain = _words(), _plain(message)
    opens = words.opening.match(plain)
    rest = plain[opens.end() :] if opens else plain
    points = bool(words.pointing.search(rest))
    subject = words.asking.sub(" ", words.aspects.sub(" ", words.pointing.sub(" ", rest)))
    size = _size(subject)
    return {
        "opens": float(bool(opens)),
        "points": float(points),
        "trails": float(plain.endswith("呢") and size <= 4),
        "bare": float(size == 0),
        "thin": float(0 < size <= 2),
        "full": float(size > 5),
    }


def _probability(message: str) -> float:
    if not _plain(message) or len(message) > LONGEST:
        return 0.0
    seen = features(message)
    return 1 / (1 + math.exp(-_BIAS - sum(_WEIGHTS[name] * value for name, value in seen.items())))


def _size(text: str) -> int:
    """How much is said: a character of an unspaced script, or a word, which counts as two."""
    return sum(map(len, UNSPACED_RUN.findall(text))) + 2 * sum(len(word) > 1 for word in words_between(text))


def _plain(message: str) -> str:
    return " ".join(re.sub(rf"[^\w{UNSPACED}]+|_", " ", normalise(message).replace("'", "")).split())


def _either(phrases: list[str]) -> str:
    """An expression for any of these, the longest first; a spaced word is no part of a longer one."""
    parts = (
        rf"(?<![a-z0-9]){re.escape(phrase)}(?![a-z0-9])" if phrase.isascii() else re.escape(phrase)
        for phrase in sorted(map(normalise, phrases), key=len, reverse=True)
    )
    return "(?:" + "|".join(parts) + ")"


@lru_cache(maxsize=1)
def _words() -> Words:
    tables = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
    filler = rf"(?:{_either(tables['filler'])}|\s)*"
    return Words(
        opening=re.compile(rf"(?:{_either(tables['opening'])}\s*)+"),
        pointing=re.compile(_either(tables["pointing"])),
        asking=re.compile(_either(tables["asking"])),
        another=re.compile(rf"{filler}(?:{_either(tables['another'])}{filler})+"),
        aspects=re.compile(_either(tables["aspects"])),
    )
