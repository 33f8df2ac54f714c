"""BM25 over characters, character pairs and words: an inverted file in plain arrays.

A `Postings` is an immutable inverted file over numbered lines; a line belongs to a document (an article's
title and each known phrasing are lines of one document, its body is one line). An index is a list of
them: new documents come as a new small Postings, old lines are masked as dead, and now and then neighbours
are merged (see ai.segment). Document frequencies and lengths are counted over the living lines of all parts
at query time, so the scores are exactly those of an index built afresh from the living documents, however
it came about.

Scores are comparable between questions: a score is divided by the most that a line could reach with this
question, (k1 + 1) times the summed idf of all its terms, terms that occur nowhere included. 0 is no term in
common; about 0.45 is a line of average length that has each of the question's terms once; a question about
unknown things stays low whatever it hits.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple

import numpy as np

from ai.text import UNSPACED, words_between

K1 = 1.2
#: Long questions (a pasted mail) are cut: the first words say what it is about, and cost is linear.
MAX_QUERY_CHARS = 600

_RANGES = [(ord(part[0]), ord(part[-1])) for part in re.findall(r".-.", UNSPACED)]
_WORD_BIT = 1 << 62
_PAIR_SHIFT = 21


@lru_cache(maxsize=100_000)
def word_code(word: str) -> int:
    """A word as a number that no character and no pair of characters has."""
    return int.from_bytes(blake2b(word.encode("utf-8"), digest_size=8).digest(), "big") >> 2 | _WORD_BIT


def term_codes(text: str) -> np.ndarray:
    """The terms of a normalised text (those of `text.char_terms`) as numbers, repetitions kept.

    A character is its code point, a pair is two of them side by side, a word is its hash with a high bit
    set: nothing needs a vocabulary, and parts of an index can be merged by sorting numbers.
    """
    points = np.frombuffer(text.encode("utf-32-le"), "<u4").astype(np.int64)
    unspaced = np.zeros(len(points), bool)
    for low, high in _RANGES:
        unspaced |= (points >= low) & (points <= high)
    pairs = unspaced[:-1] & unspaced[1:]
    words = [word_code(word) for word in words_between(text)]
    return np.concatenate(
        [
            points[unspaced],
            (points[:-1][pairs] << _PAIR_SHIFT) | points[1:][pairs],
            np.array(words, np.int64),
        ]
    )


class Query(NamedTuple):
    """The terms of a question and how often each is said in it."""

    codes: np.ndarray
    counts: np.ndarray


def query_terms(text: str) -> Query:
    """What of a normalised question is looked up."""
    return Query(*np.unique(term_codes(text[:MAX_QUERY_CHARS]), return_counts=True))


@dataclass(frozen=True, eq=False)
class Postings:
    """An immutable inverted file: for each term, the lines it is in and how often."""

    terms: np.ndarray  #: int64 [v], ascending
    starts: np.ndarray  #: int64 [v + 1]: the postings of terms[i] are starts[i]:starts[i + 1]
    lines: np.ndarray  #: int32 [p], ascending within a term
    counts: np.ndarray  #: uint16 [p]
    lengths: np.ndarray  #: int32 [n]: terms in each line, repetitions counted

    @classmethod
    def build(cls, texts: Sequence[str]) -> "Postings":
        """The inverted file of normalised texts; text i is line i."""
        found = [np.unique(term_codes(text), return_counts=True) for text in texts]
        lengths = np.array([int(counts.sum()) for _, counts in found], np.int32)
        sizes = [len(codes) for codes, _ in found]
        codes = np.concatenate([codes for codes, _ in found]) if found else np.empty(0, np.int64)
        counts = np.concatenate([counts for _, counts in found]) if found else np.empty(0, np.int64)
        lines = np.repeat(np.arange(len(texts), dtype=np.int32), sizes)
        return cls._sorted(codes, lines, np.minimum(counts, 0xFFFF).astype(np.uint16), lengths)

    @classmethod
    def merge(cls, parts: Sequence[tuple["Postings", np.ndarray]]) -> "Postings":
        """One inverted file of the kept lines (a mask for each part), numbered on in their order."""
        codes, lines, counts, lengths, first = [], [], [], [], 0
        for postings, kept in parts:
            of_kept = kept[postings.lines]
            renumbered = (np.cumsum(kept) - 1 + first).astype(np.int32)
            codes.append(np.repeat(postings.terms, np.diff(postings.starts))[of_kept])
            lines.append(renumbered[postings.lines[of_kept]])
            counts.append(postings.counts[of_kept])
            lengths.append(postings.lengths[kept])
            first += int(kept.sum())
        return cls._sorted(*map(np.concatenate, (codes, lines, counts, lengths)))

    @classmethod
    def _sorted(cls, codes, lines, counts, lengths) -> "Postings":
        # Stable: lines come in ascending order and stay so within each term.
        order = np.argsort(codes, kind="stable")
        terms, firsts = np.unique(codes[order], return_index=True)
        starts = np.append(firsts, len(codes)).astype(np.int64)
        return cls(terms, starts, lines[order], counts[order], lengths)

    def __len__(self) -> int:
        """The number of lines, dead ones included: their numbers do not change."""
        return len(self.lengths)

    def check(self) -> None:
        """Raise ValueError unless the arrays fit together (for what was read from disk)."""
        fits = (
            len(self.starts) == len(self.terms) + 1
            and self.starts[0] == 0
            and self.starts[-1] == len(self.lines) == len(self.counts)
            and bool((np.diff(self.starts) > 0).all())
            and bool((np.diff(self.terms) > 0).all())
            and (not len(self.lines) or (self.lines.min() >= 0 and self.lines.max() < len(self.lengths)))
        )
        if not fits:
            raise ValueError("the arrays of an inverted file do not fit together")

    def frequency(self, codes: np.ndarray) -> np.ndarray:
        """In how many lines each term is, dead ones included."""
        places, known = self._places(codes)
        counts = np.zeros(len(codes), np.int64)
        counts[known] = self.starts[places[known] + 1] - self.starts[places[known]]
        return counts

    def _places(self, codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        places = np.searchsorted(self.terms, codes)
        known = places < len(self.terms)
        known[known] = self.terms[places[known]] == codes[known]
        return places, known

    def lookup(self, codes: np.ndarray) -> list[slice]:
        """Where the postings of each term lie; an empty slice for an unknown one."""
        places, known = self._places(codes)
        return [
            slice(int(self.starts[place]), int(self.starts[place + 1])) if is_known else slice(0, 0)
            for place, is_known in zip(places, known, strict=True)
        ]


#: Postings that are looked through for a question. Where there are more, as in a hundred thousand articles, the rare
#: terms choose the lines, and the frequent ones, which are in most of them, count for the best of these.
MOST_POSTINGS = 300_000
#: lines that the rare terms choose, in each part
CHOSEN = 2_000
#: of longer lists it is reckoned, not counted, how many of their lines live
COUNTED = 50_000


def line_scores(
    parts: Sequence[tuple[Postings, np.ndarray | None]], query: Query, *, b: float, k1: float = K1
) -> list[np.ndarray]:
    """The BM25 score of every line of every part (with its mask of living lines, None when all live).

    Frequencies and lengths are counted over the living lines; scores of dead lines mean nothing. In very large parts
    lines that have only the frequent terms of a question score too low.
    """
    living = sum(len(postings) if alive is None else int(alive.sum()) for postings, alive in parts)
    if not living or not len(query.codes):
        return [np.zeros(len(postings), np.float32) for postings, _ in parts]
    total = sum(
        int((postings.lengths if alive is None else postings.lengths[alive]).sum()) for postings, alive in parts
    )
    average = max(total / living, 1e-9)
    slices = [postings.lookup(query.codes) for postings, _ in parts]
    frequency = np.zeros(len(query.codes))
    for (postings, alive), places in zip(parts, slices, strict=True):
        frequency += [_living_in(postings, alive, place) for place in places]
    idf = np.log1p((living - frequency + 0.5) / (frequency + 0.5))
    weights = (idf * query.counts).astype(np.float32)
    best_possible = float(weights.sum()) * (k1 + 1)
    weights *= (k1 + 1) / best_possible
    everything = sum(place.stop - place.start for places in slices for place in places)
    share = MOST_POSTINGS / max(everything, 1)
    return [
        _scores(
            postings,
            places,
            weights,
            # how repetitions count for less, and the more so the longer a line is
            (k1 * (1 - b) + postings.lengths * np.float32(k1 * b / average)).astype(np.float32),
            share,
        )
        for (postings, _), places in zip(parts, slices, strict=True)
    ]


def _living_in(postings: Postings, alive: np.ndarray | None, place: slice) -> float:
    size = place.stop - place.start
    if alive is None:
        return size
    if size > COUNTED:
        return size * np.count_nonzero(alive) / len(alive)
    return np.count_nonzero(alive[postings.lines[place]])


def _gains(weights: np.ndarray, counts: np.ndarray, damping: np.ndarray) -> np.ndarray:
    counts = counts.astype(np.float32)
    return weights * counts / (counts + damping)


def _scores(
    postings: Postings, places: list[slice], weights: np.ndarray, damping: np.ndarray, share: float
) -> np.ndarray:
    """The sum of what each term gives to each line; of the postings about such a share is looked through."""
    sizes = np.array([place.stop - place.start for place in places])
    by_size = np.argsort(sizes, kind="stable")
    rare = by_size[np.cumsum(sizes[by_size]) <= share * sizes.sum()]
    if not len(rare):
        rare = by_size[:1]
    lines = np.concatenate([postings.lines[places[term]] for term in rare])
    counts = np.concatenate([postings.counts[places[term]] for term in rare])
    gains = _gains(np.repeat(weights[rare], sizes[rare]), counts, damping[lines])
    scores = np.bincount(lines, gains, minlength=len(postings)).astype(np.float32)
    if len(rare) < len(by_size):
        chosen = np.flatnonzero(scores)
        if len(chosen) > CHOSEN:
            chosen = np.sort(chosen[np.argpartition(-scores[chosen], CHOSEN)[:CHOSEN]])
        for term in by_size[len(rare) :]:
            place = places[term]
            found = place.start + np.searchsorted(postings.lines[place], chosen)
            found = np.minimum(found, place.stop - 1)
            has_it = postings.lines[found] == chosen
            held, found = chosen[has_it], found[has_it]
            scores[held] += _gains(weights[term], postings.counts[found], damping[held])
    return scores
