"""What somebody meant to type, by the words of one knowledge base: pinyin, slips, characters that sound alike.

    denglu shibai   登录失败    Chinese typed in Latin letters, with or without spaces
    pasword         password    one letter missing, too many, wrong, or two in the wrong order
    帐号            账号        a character that sounds like the right one

Nothing is changed that the knowledge base itself knows: a word it has, a character beside one it stands beside
somewhere. What is proposed is always made of pairs of characters, or words, that the knowledge base has. So an ordinary
question stays as it is, and pays a few look-ups.
"""

import itertools
import re
import string
import unicodedata
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from ai.lexical import word_code
from ai.native import NativeLock, without_phrases
from ai.text import UNSPACED_RUN, normalise

#: for some terms (see `ai.lexical.term_codes`) how often each is met
Frequency = Callable[[np.ndarray], np.ndarray]

#: a question longer than this has enough right words
LONGEST = 80
#: Latin letters one after the other, apart from a space or an apostrophe (xi'an)
_LATIN_RUN = re.compile(r"[a-z]+(?:[ '’][a-z]+)*")
_LATIN_WORD = re.compile(r"[a-z]+")
#: shorter words have too many neighbours
SHORTEST_SLIP = 4
_PAIR_SHIFT = 21
#: an unknown pair of characters costs so much when pinyin is read
_UNKNOWN_PAIR = -3.0
#: so many of the pairs of what was read must be known here
KNOWN_SHARE = 0.5


class Spelled(NamedTuple):
    """A question as it is to be searched."""

    text: str  #: with pinyin and slips in Latin words put right: what was typed has no meaning at all
    sounding: str | None  #: with characters that sound alike put right, beside the text; None where there are none


def spelled(question: str, frequency: Frequency) -> Spelled:
    """A question as this knowledge base would write it, in normalised form."""
    text = normalise(question)
    if len(text) > LONGEST:
        return Spelled(text, None)
    text = _LATIN_RUN.sub(lambda match: _latin(match[0], frequency), text)
    sounding = UNSPACED_RUN.sub(lambda match: _same_sound(match[0], frequency), text)
    return Spelled(text, sounding if sounding != text else None)


# Latin letters


def _latin(run: str, frequency: Frequency) -> str:
    """A run of Latin words with those put right that nobody here uses, neighbours together."""
    words = _LATIN_WORD.findall(run)
    known = frequency(np.array([word_code(word) for word in words], np.int64)) > 0
    if known.all():
        return run
    said: list[str] = []
    for is_known, group in itertools.groupby(zip(words, known.tolist(), strict=True), key=lambda pair: pair[1]):
        group = [word for word, _ in group]
        said += group if is_known else [_read(group, frequency)]
    return " ".join(said)


def _read(words: list[str], frequency: Frequency) -> str:
    """Unknown words as Chinese if they are pinyin, else each with its slip put right where that can be done."""
    chinese = _from_pinyin(words, frequency)
    return chinese or " ".join(_without_slip(word, frequency) for word in words)


def _without_slip(word: str, frequency: Frequency) -> str:
    if len(word) < SHORTEST_SLIP:
        return word
    near = sorted(_neighbours(word))
    counts = frequency(np.array([word_code(other) for other in near], np.int64))
    best = int(counts.argmax())
    return near[best] if counts[best] else word


def _neighbours(word: str) -> set[str]:
    """All that is one slip away."""
    cuts = [(word[:place], word[place:]) for place in range(len(word) + 1)]
    letters = string.ascii_lowercase
    return {
        *(left + right[1:] for left, right in cuts if right),
        *(left + right[1] + right[0] + right[2:] for left, right in cuts if len(right) > 1),
        *(left + letter + right[1:] for left, right in cuts if right for letter in letters),
        *(left + letter + right for left, right in cuts for letter in letters),
    } - {word}


# Pinyin


class _Sounds(NamedTuple):
    """How characters are read, without tones."""

    of_character: dict[str, tuple[str, ...]]
    characters: dict[str, str]  #: of each syllable


_loading = NativeLock()


@lru_cache(maxsize=1)
def _load_sounds() -> _Sounds:
    without_phrases()  # pairs are judged by the knowledge base
    from pypinyin.constants import PINYIN_DICT

    of_character, characters = {}, {}
    for point, readings in PINYIN_DICT.items():
        if 0x4E00 <= point < 0xA000:
            plain = tuple(dict.fromkeys(_without_tone(reading) for reading in readings.split(",")))
            of_character[chr(point)] = plain
            for syllable in plain:
                characters.setdefault(syllable, []).append(chr(point))
    return _Sounds(of_character, {syllable: "".join(ones) for syllable, ones in characters.items()})


def _without_tone(reading: str) -> str:
    letters = unicodedata.normalize("NFD", reading).replace("u\u0308", "v")  # people type v for ü
    return "".join(letter for letter in letters if letter.isascii())


def _sounds() -> _Sounds:
    with _loading:
        return _load_sounds()


class _Way(NamedTuple):
    """The best way to read pinyin up to some place that ends with a certain character."""

    score: float
    text: str
    known: int  #: pairs of characters that are known here


def _from_pinyin(words: list[str], frequency: Frequency) -> str | None:
    """Words as the characters that this knowledge base most probably has for them; None if they are not pinyin."""
    letters, ends = "".join(words), set(itertools.accumulate(map(len, words)))
    ways: dict[int, dict[str, _Way]] = {0: {"": _Way(0.0, "", 0)}}
    characters, longest = _sounds().characters, 6
    for start in range(len(letters)):
        if not ways.get(start):
            continue
        for end in range(start + 1, min(start + longest, len(letters)) + 1):
            # no syllable goes over the end of a word
            if any(start < stop < end for stop in ends) or letters[start:end] not in characters:
                continue
            found = _gone_on(ways[start], characters[letters[start:end]], frequency)
            held = ways.setdefault(end, {})
            for character, way in found.items():
                if character not in held or held[character].score < way.score:
                    held[character] = way
    read = max(ways.get(len(letters), {}).values(), default=None)
    if read is None or len(read.text) < 2 or read.known < max(1, KNOWN_SHARE * (len(read.text) - 1)):
        return None
    return read.text


def _gone_on(ways: dict[str, _Way], characters: str, frequency: Frequency) -> dict[str, _Way]:
    """Each of the characters with the best way that leads to it."""
    points = np.array([ord(character) for character in characters], np.int64)
    met = frequency(points)
    characters = [character for character, count in zip(characters, met, strict=True) if count]
    points, met = points[met > 0], met[met > 0]
    if not len(points):
        return {}
    if "" in ways:
        return {one: _Way(float(0.2 * np.log1p(count)), one, 0) for one, count in zip(characters, met, strict=True)}
    before = np.array([ord(last) for last in ways], np.int64)
    pairs = frequency(((before[:, None] << _PAIR_SHIFT) | points[None, :]).ravel()).reshape(len(before), len(points))
    scores = np.array([way.score for way in ways.values()])[:, None] + np.where(
        pairs > 0, np.log1p(pairs), _UNKNOWN_PAIR
    )
    best, lasts = scores.argmax(axis=0), list(ways.values())
    return {
        one: _Way(
            float(scores[place, number] + 0.2 * np.log1p(met[number])),
            lasts[place].text + one,
            lasts[place].known + int(pairs[place, number] > 0),
        )
        for number, (one, place) in enumerate(zip(characters, best.tolist(), strict=True))
    }


# Characters that sound alike


def _same_sound(run: str, frequency: Frequency) -> str:
    """A run of Chinese with every character put right that stands beside none of its neighbours anywhere here."""
    if len(run) < 2:
        return run
    points = np.array([ord(character) for character in run], np.int64)
    pairs = frequency((points[:-1] << _PAIR_SHIFT) | points[1:])
    said = list(run)
    for place in range(len(run)):
        left, right = pairs[place - 1] if place else 0, pairs[place] if place < len(pairs) else 0
        if not left and not right:
            said[place] = _better(said, place, frequency)
    return "".join(said)


def _better(run: list[str], place: int, frequency: Frequency) -> str:
    """The character of the same sound that goes best with its neighbours; the one that is there if none does."""
    sounds = _sounds()
    others = [
        other
        for syllable in sounds.of_character.get(run[place], ())
        for other in sounds.characters[syllable]
        if other != run[place]
    ]
    if not others:
        return run[place]
    points = np.array([ord(other) for other in others], np.int64)
    worth = np.zeros(len(points), np.int64)
    if place:
        worth += frequency((ord(run[place - 1]) << _PAIR_SHIFT) | points)
    if place + 1 < len(run):
        worth += frequency((points << _PAIR_SHIFT) | ord(run[place + 1]))
    best = int(worth.argmax())
    return others[best] if worth[best] else run[place]
