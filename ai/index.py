"""KnowledgeIndex: what a customer's question is searched in.

    asked    the best cosine of the question with the title and the known phrasings
    told     the best cosine of the question with the body and its stretches
    dense    their mean (asked counting 70 % where phrasings are known), or told alone if that is more
    lexical  half BM25 of the best title or phrasing, half BM25 of title and body (see ai.lexical)
    score    dense + lexical / sqrt(the best lexical of this search) / lam

Measured with bench/retrieval.py on a bank's FAQ, official replies and long articles: the mean without its
"or" loses 2 to 6 points of recall@1 where titles say little, and lam is flat between 10 and 14. Words as they are
say too little where questions share few of them with the articles, words as a share of the best say too much where
nothing fits; the root stands between. Candidates are the nearest by vectors and the best by BM25 together; each is
then scored exactly. Without vectors the lexical half alone decides.

Threads: any number may search while one or several change the index. A search works on the state that
was current when it began and takes no lock; writers take turns at a lock and publish each change as
a whole, so a reader sees all of an `upsert` or nothing of it.
"""

import math
from collections.abc import Callable, Collection, Iterable, Sequence
from enum import StrEnum
from typing import NamedTuple

import numpy as np

from ai.lexical import Query, line_scores, query_terms
from ai.native import NativeLock
from ai.segment import Documents, Entry, Keys, Part, Segment, best_rows, compacted
from ai.text import normalise
from ai.vectors import LinearTransform

__all__ = ["Entry", "Hit", "Keys", "KnowledgeIndex", "Matched"]

#: How many candidates each way of searching proposes.
CANDIDATES = 50
#: Titles and phrasings are short and length says little; in bodies it does.
LINE_B, BODY_B = 0.3, 0.75

Allow = Keys | Collection[int] | Callable[[int], bool] | None


class Matched(StrEnum):
    """What of an article a question was nearest to."""

    title = "title"
    phrasing = "phrasing"
    body = "body"


class Hit(NamedTuple):
    """A found article. `score` orders the hits of one search and means nothing between searches."""

    key: int
    score: float
    dense: float | None  #: how near by vectors, a cosine; None without
    lexical: float  #: 0 no common term .. 1
    matched: Matched
    question: float | None = None  #: the best cosine with title or phrasing; None without vectors


class _Weights(NamedTuple):
    """The weights of the parts of a score."""

    title: float  #: of a title against the body
    phrasings: float  #: of a title with known phrasings against the body
    lam: float  #: of vectors against words


_PLAIN = _Weights(title=0.5, phrasings=0.7, lam=12.0)
#: A transform learnt from the phrasings spreads the cosines and brings bodies as near as titles.
_TRANSFORMED = _Weights(title=0.5, phrasings=0.5, lam=3.0)


class _State(NamedTuple):
    parts: tuple[Part, ...]
    version: int


class KnowledgeIndex:
    """Articles of one tenant, searchable by words and by vectors of one model."""

    def __init__(
        self, dim: int, transform: LinearTransform | None = None, parts: Iterable[Part] = (), version: int = 0
    ):
        """An index for vectors of `dim` numbers (0 in the lexical tier); `transform` maps questions and articles."""
        self.dim = dim
        self.transform = transform
        self._writing = NativeLock()
        self._publish(tuple(parts), version)

    # Reading

    def __len__(self) -> int:
        return sum(part.living for part in self._state.parts)

    @property
    def version(self) -> int:
        """The highest entry version ever taken in: what is newer in the database is still to come."""
        return self._state.version

    @property
    def vector_share(self) -> float:
        """The share of articles that have vectors; 0 for an empty index."""
        living = with_vectors = 0
        for part in self._state.parts:
            living += part.living
            with_vectors += int(((np.diff(part.segment.questions.starts) > 0) & part.alive).sum())
        return with_vectors / living if living else 0.0

    def versions(self) -> dict[int, int]:
        """The version of every article in the index by its key."""
        return {
            int(key): int(version)
            for part in self._state.parts
            for key, version in zip(part.segment.keys[part.alive], part.segment.versions[part.alive], strict=True)
        }

    def state(self) -> tuple[int, tuple[Part, ...]]:
        """The version and the parts as they are now, for snapshots; they never change."""
        return self._state.version, self._state.parts

    def frequency(self, codes: np.ndarray) -> np.ndarray:
        """How often each term (see `ai.lexical.term_codes`) is met; what was replaced a moment ago still counts."""
        counts = np.zeros(len(codes), np.int64)
        for part in self._state.parts:
            for postings in (part.segment.lines, part.segment.bodies):
                counts += postings.frequency(codes)
        return counts

    def search(
        self,
        query: str,
        query_vector: np.ndarray | None,
        k: int,
        allow: Allow = None,
        wordings: Sequence[str] = (),
    ) -> list[Hit]:
        """The k best articles for a question, best first.

        `wordings` are other ways to say it (see `ai.asking`): of each article the best one counts. `allow` names
        the keys that may be found (a collection, which is fast, or a test of one key); what it forbids takes no
        one's place. Scores of words count over the whole index, whoever asks.
        """
        state = self._state
        if not state.parts or k < 1:
            return []
        queries = [query_terms(normalise(text)) for text in (query, *wordings)]
        found = _Search(state.parts, self.transform, queries, query_vector, allow)
        return found.hits(k)

    # Writing

    def upsert(self, entries: Iterable[Entry]) -> None:
        """Add articles or replace them; one that is older than what the index holds is ignored."""
        newest: dict[int, Entry] = {}
        for entry in entries:
            if entry.key not in newest or newest[entry.key].version <= entry.version:
                newest[entry.key] = entry
        if not newest:
            return
        # The work on the texts is done before the lock is taken.
        fresh = Segment.build(list(newest.values()), self.dim, self.transform)
        with self._writing:
            parts, alive = self._state.parts, np.ones(len(fresh), bool)
            for part in parts:
                places = part.places_of(fresh.keys)
                held = dict(
                    zip(part.segment.keys[places].tolist(), part.segment.versions[places].tolist(), strict=True)
                )
                alive &= [
                    held.get(key, -1) <= version
                    for key, version in zip(fresh.keys.tolist(), fresh.versions.tolist(), strict=True)
                ]
            taken = fresh.keys[alive]
            parts = [*(part.without(taken) for part in parts), Part(fresh, alive)]
            self._publish(compacted(parts), max(self._state.version, int(fresh.versions.max())))

    def remove(self, keys: Collection[int], version: int = 0) -> None:
        """Take articles out; `version` is that of the change that removed them."""
        with self._writing:
            gone = np.fromiter(keys, np.int64)
            parts = [part.without(gone) for part in self._state.parts]
            self._publish(compacted(parts), max(self._state.version, version))

    @property
    def is_slow(self) -> bool:
        """Whether it has grown so large that `quicken` is worth its time."""
        return any(part.segment.is_slow for part in self._state.parts)

    def quicken(self) -> None:
        """Make large parts faster to search; searches and changes go on meanwhile. Takes up to minutes."""
        for slow in [part.segment for part in self._state.parts if part.segment.is_slow]:
            quick = slow.quickened()
            with self._writing:
                # what was changed meanwhile: masks of the same segment, or another segment altogether
                parts = [Part(quick, part.alive) if part.segment is slow else part for part in self._state.parts]
                self._publish(tuple(parts), self._state.version)

    def counts(self) -> tuple[int, int, int]:
        """How many living articles it has, how many vectors of passages, and how many vectors in all."""
        articles = passages = questions = 0
        for part in self._state.parts:
            articles += part.living
            passages += int(part.segment.passages.row_counts()[part.alive].sum())
            questions += int(part.segment.questions.row_counts()[part.alive].sum())
        return articles, passages, passages + questions

    def _publish(self, parts: tuple[Part, ...], version: int) -> None:
        # One assignment: readers see the old state or the new one.
        self._state = _State(parts, version)


def _permitted(part: Part, allow: Allow) -> Documents | None:
    """The living documents that may be shown; None when that is all of them."""
    if allow is None:
        return part.living_documents
    if isinstance(allow, Keys):
        return allow.of(part)
    if callable(allow):
        verdicts = np.fromiter((bool(allow(key)) for key in part.segment.keys.tolist()), bool, len(part.segment))
    else:
        verdicts = np.isin(part.segment.keys, np.fromiter(allow, np.int64, len(allow)))
    return Documents(part.segment, verdicts & part.alive)


_KINDS = (Matched.title, Matched.phrasing, Matched.body)


class _Found(NamedTuple):
    """Candidates as columns; NaN where there is no vector."""

    keys: np.ndarray
    dense: np.ndarray
    lexical: np.ndarray
    question: np.ndarray
    matched: np.ndarray  #: places in _KINDS


class _Search:
    """One search of one state."""

    def __init__(
        self,
        parts: Sequence[Part],
        transform: LinearTransform | None,
        queries: Sequence[Query],
        vector: np.ndarray | None,
        allow: Allow,
    ):
        self.parts = parts
        self.weights = _PLAIN if transform is None else _TRANSFORMED
        self.vector = None
        if vector is not None:
            vector = np.ascontiguousarray(vector, np.float32)
            self.vector = vector if transform is None else transform(vector)
        self.permitted = [_permitted(part, allow) for part in self.parts]
        lines = [(part.segment.lines, part.living_lines) for part in self.parts]
        bodies = [(part.segment.bodies, None if part.is_whole else part.alive) for part in self.parts]
        self.lines = _best_of([line_scores(lines, query, b=LINE_B) for query in queries])
        self.bodies = _best_of([line_scores(bodies, query, b=BODY_B) for query in queries])

    def hits(self, k: int) -> list[Hit]:
        found = _Found(
            *map(np.concatenate, zip(*(self._found(number, k) for number in range(len(self.parts))), strict=True))
        )
        if self.vector is None or np.isnan(found.dense).all():
            scores = found.lexical
        else:
            # An article that has no vectors yet counts as the least near of those that have.
            near = np.where(np.isnan(found.dense), np.nanmin(found.dense), found.dense)
            scores = near + found.lexical / (self.weights.lam * math.sqrt(found.lexical.max() or 1.0))
        return [
            Hit(
                key=int(found.keys[place]),
                score=float(scores[place]),
                dense=_number(found.dense[place]),
                lexical=float(found.lexical[place]),
                matched=_KINDS[found.matched[place]],
                question=_number(found.question[place]),
            )
            for place in np.lexsort((found.keys, -scores))[:k]
        ]

    def _found(self, number: int, k: int) -> "_Found":
        """What one part has to offer."""
        part = self.parts[number]
        segment = part.segment
        of_lines = np.maximum.reduceat(self.lines[number], segment.line_starts[:-1])
        of_bodies = self.bodies[number]
        # what has neither title nor phrasings is judged by what it says
        has_lines = np.maximum.reduceat(segment.lines.lengths, segment.line_starts[:-1]) > 0
        lexical = np.where(has_lines, (of_lines + of_bodies) / 2, of_bodies)
        places = self._candidates(segment, lexical, self.permitted[number], max(k, CANDIDATES))
        nothing = np.full(len(places), np.nan, np.float32)
        if self.vector is None:
            is_title = np.array([self._is_title_best(number, place) for place in places], bool)
            # The title is part of what is counted as body, so a body that says no more is a little ahead.
            is_body = of_bodies[places] > 1.25 * of_lines[places]
            dense = question = nothing
        else:
            asked = best_rows(segment.questions, places, self.vector)
            told = best_rows(segment.passages, places, self.vector)
            weight = np.where(segment.line_counts[places] > 1, self.weights.phrasings, self.weights.title)
            dense = np.maximum(weight * asked.scores + (1 - weight) * told.scores, told.scores)
            question, is_title, is_body = asked.scores, asked.within == 0, told.scores > asked.scores
        matched = np.where(
            is_body,
            _KINDS.index(Matched.body),
            np.where(is_title, _KINDS.index(Matched.title), _KINDS.index(Matched.phrasing)),
        )
        return _Found(segment.keys[places], dense, lexical[places], question, matched)

    def _candidates(
        self, segment: Segment, lexical: np.ndarray, permitted: Documents | None, wanted: int
    ) -> np.ndarray:
        worded = lexical > 0 if permitted is None else (lexical > 0) & permitted.mask
        by_words = np.flatnonzero(worded)
        if len(by_words) > wanted:
            by_words = by_words[np.argpartition(-lexical[by_words], wanted)[:wanted]]
        if self.vector is None:
            return by_words
        proposed = [by_words]
        for table, among in (
            (segment.questions, permitted and permitted.questions),
            (segment.passages, permitted and permitted.passages),
        ):
            proposed.append(table.nearest(self.vector, wanted, among))
        return np.unique(np.concatenate(proposed))

    def _is_title_best(self, number: int, document: int) -> bool:
        starts, scores = self.parts[number].segment.line_starts, self.lines[number]
        return int(np.argmax(scores[starts[document] : starts[document + 1]])) == 0


def _best_of(wordings: list[list[np.ndarray]]) -> list[np.ndarray]:
    """Of the scores of several wordings the best of every line, part by part."""
    return (
        wordings[0] if len(wordings) == 1 else [np.maximum.reduce(of_part) for of_part in zip(*wordings, strict=True)]
    )


def _number(value: np.floating) -> float | None:
    return None if np.isnan(value) else float(value)
