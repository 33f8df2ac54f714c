"""How somebody sounds: negative, neutral, positive or angry, from the words alone and without a model to load (AI-11).

A lexicon finds the words of a mood; a light model weighs what was found with how it was said. Some twenty microseconds
a message, so that every message of every customer can be looked at.
"""

import re
import tomllib
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ai.text import normalise

#: what lies behind this in a message does not change how it sounds
MOST_CHARS = 600
#: a word of mood turns into its opposite when a negation ends at most so many characters before it
NEGATED_WITHIN = 2


class Mood(StrEnum):
    """In the order of the model's columns."""

    neutral = "neutral"
    positive = "positive"
    negative = "negative"
    angry = "angry"


class Heard(NamedTuple):
    """A mood and how probable it is."""

    mood: Mood
    probability: float


# Fitted by bench/moods.py on one half of tests/data/moods.tsv; on the other half it is right in 89 % of the cases,
# takes no neutral one for another, and the rest for neutral. Of plain questions to a bank, to a city and to a province
# it takes 0.1 to 0.6 % for angry. A row per feature, a column per mood; anger is claimed only from ANGRY_FROM on, for
# whoever is wrongly taken for angry soon will be.
ANGRY_FROM = 0.5
MODEL = {
    # neutral, positive, negative, angry
    "bias": (1.65, -0.73, -0.36, -0.57),
    "positive": (-1.72, 3.66, -1.18, -0.76),
    "negative": (-2.35, -0.44, 3.12, -0.34),
    "angry": (-1.72, -0.59, -1.51, 3.83),
    "turned": (-0.06, -0.04, 0.15, -0.05),
    "strong": (-0.87, 0.18, -0.07, 0.76),
    "strong_with_negative": (-0.10, -0.07, 0.33, -0.15),
    "asking": (1.20, -0.54, -0.00, -0.66),
    "asking_with_angry": (0.00, 0.00, 0.00, 0.00),
    "shouted": (-0.21, -0.07, -0.04, 0.33),
    "capitals": (-0.07, -0.02, -0.01, 0.11),
    "sad_face": (-0.67, -0.24, -0.05, 0.96),
    "glad_face": (-0.09, 0.15, -0.02, -0.03),
}

_KINDS = ("positive", "negative", "angry", "negation", "strong", "asking", "plain")
_SHOUTED = re.compile(r"[!！]{2,}|[?？]{3,}|[?？][!！]|[!！][?？]")
_SAD_FACE = re.compile(r"[:;]-?[(\[]|😡|😠|🤬|👎|😤|😞|😢|😭|🙄|💢|😫|😩|\[(?:怒|发怒|抓狂|流泪|大哭|难过)\]")
_GLAD_FACE = re.compile(r"[:;]-?[)\]D]|👍|😀|😄|😊|🙂|😁|❤|🌹|🎉|🙏|👏|😍|\[(?:强|玫瑰|微笑|呲牙|爱心|胜利)\]")
_LATIN_WORD = re.compile(r"[A-Za-z]{3,}")


def hear(message: str) -> Heard:
    """How a message sounds."""
    seen = np.array([1.0, *features(message).values()])
    scores = seen @ _matrix()
    odds = np.exp(scores - scores.max())
    odds /= odds.sum()
    best = int(odds.argmax())
    if list(Mood)[best] is Mood.angry and odds[best] < ANGRY_FROM:
        best = list(Mood).index(Mood.negative)
    return Heard(list(Mood)[best], float(odds[best]))


def features(message: str) -> dict[str, float]:
    """What was found and how it was said, in the order of the model's rows behind the bias."""
    message = message[:MOST_CHARS]
    plain = normalise(message).replace("'", "").replace("’", "")
    counts = dict.fromkeys(_KINDS, 0)
    turned = {"positive": 0, "negative": 0}
    negated_until = -1
    for match in _lexicon().finditer(plain):
        kind = _kinds()[match[0]]
        counts[kind] += 1
        if kind == "negation":
            negated_until = match.end() + NEGATED_WITHIN
        elif kind in turned and match.start() <= negated_until:
            counts[kind] -= 1
            turned[kind] += 1
    capitals = _LATIN_WORD.findall(message)
    return {
        "positive": _few(counts["positive"]),
        "negative": _few(counts["negative"] + turned["positive"]),
        "angry": _few(counts["angry"]),
        "turned": float(bool(turned["negative"])),
        "strong": _few(counts["strong"]),
        "strong_with_negative": float(bool(counts["strong"] and (counts["negative"] or turned["positive"]))),
        "asking": float(bool(counts["asking"])),
        "asking_with_angry": float(bool(counts["asking"] and counts["angry"])),
        "shouted": float(bool(_SHOUTED.search(message))),
        "capitals": float(len(capitals) > 1 and all(word.isupper() for word in capitals)),
        "sad_face": float(bool(_SAD_FACE.search(message))),
        "glad_face": float(bool(_GLAD_FACE.search(message))),
    }


def _few(count: int) -> float:
    """The second and third word say less than the first."""
    return min(count, 3) ** 0.5


@lru_cache(maxsize=1)
def _matrix() -> np.ndarray:
    return np.array(list(MODEL.values()))


@lru_cache(maxsize=1)
def _kinds() -> dict[str, str]:
    """Word → kind."""
    tables = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
    return {normalise(word).replace("'", ""): kind for kind in _KINDS for word in tables[kind]}


@lru_cache(maxsize=1)
def _lexicon() -> re.Pattern:
    """One expression for all words, the longest first; a spaced word is no part of a longer one."""
    words = sorted(_kinds(), key=len, reverse=True)
    spaced = "|".join(re.escape(word) for word in words if word.isascii())
    unspaced = "|".join(re.escape(word) for word in words if not word.isascii())
    return re.compile(rf"{unspaced}|(?<![a-z0-9])(?:{spaced})(?![a-z0-9])")
