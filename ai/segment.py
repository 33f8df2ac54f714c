"""An immutable batch of indexed articles; an index is a short list of them.

New articles come as a new small segment, replaced and removed ones are masked as dead in theirs, and
neighbours of similar size are merged, so that the number of segments stays logarithmic and every article
is copied only now and then. Nothing is ever changed in place: a reader who holds a list of parts
holds one consistent state of the index for as long as it likes.
"""

import weakref
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np

from ai.lexical import Postings
from ai.text import normalise
from ai.vectors import LinearTransform, RowSet, VectorTable


class Entry(NamedTuple):
    """An article as it is indexed. Either it has a title and a body vector, or none at all (the lexical tier)."""

    key: int
    version: int
    title: str
    body: str
    phrasings: tuple[str, ...] = ()
    title_vector: np.ndarray | None = None
    body_vector: np.ndarray | None = None
    phrasing_vectors: tuple[np.ndarray, ...] = ()
    chunk_vectors: tuple[np.ndarray, ...] = ()


@dataclass(frozen=True, eq=False)
class Segment:
    """Documents 0..n-1: their keys and versions, their inverted files, their vectors."""

    keys: np.ndarray  #: int64 [n]
    versions: np.ndarray  #: int64 [n]
    line_starts: np.ndarray  #: int64 [n + 1]: lines of document d in `lines`: its title, then its phrasings
    lines: Postings
    bodies: Postings  #: one line a document: title and body
    questions: VectorTable  #: title, then phrasings
    passages: VectorTable  #: body, then chunks

    @classmethod
    def build(cls, entries: Sequence[Entry], dim: int, transform: LinearTransform | None) -> "Segment":
        """The segment of some entries, each key once."""
        lines, bodies, line_counts = [], [], []
        for entry in entries:
            title = normalise(entry.title)
            lines += [title, *(normalise(phrasing) for phrasing in entry.phrasings)]
            line_counts.append(1 + len(entry.phrasings))
            bodies.append(f"{title} {normalise(entry.body)}")
            _check_vectors(entry, dim)
        questions = [_together(entry.title_vector, entry.phrasing_vectors) for entry in entries]
        passages = [_together(entry.body_vector, entry.chunk_vectors) for entry in entries]
        return cls(
            keys=np.array([entry.key for entry in entries], np.int64),
            versions=np.array([entry.version for entry in entries], np.int64),
            line_starts=_starts(line_counts),
            lines=Postings.build(lines),
            bodies=Postings.build(bodies),
            questions=_table(questions, dim, transform),
            passages=_table(passages, dim, transform),
        )

    def __len__(self) -> int:
        return len(self.keys)

    def check(self) -> None:
        """Raise ValueError unless all parts speak of the same documents (for what was read from disk)."""
        self.lines.check()
        self.bodies.check()
        documents = len(self.keys)
        fits = (
            len(self.versions) == documents == len(self.bodies)
            and _counts_up(self.line_starts, documents, len(self.lines))
            and _counts_up(self.questions.starts, documents, len(self.questions))
            and _counts_up(self.passages.starts, documents, len(self.passages))
            and (self.line_counts > 0).all()
        )
        if not fits:
            raise ValueError("the tables of a segment do not fit together")

    @property
    def is_slow(self) -> bool:
        """Whether `quickened` is worth its time."""
        return self.questions.is_slow or self.passages.is_slow

    def quickened(self) -> "Segment":
        """The same documents with tables that are searched faster. Takes a minute for a million vectors."""
        tables = {
            name: table.quickened() for name in ("questions", "passages") if (table := getattr(self, name)).is_slow
        }
        return replace(self, **tables)

    @property
    def line_counts(self) -> np.ndarray:
        """How many lines each document has: one and its phrasings."""
        return np.diff(self.line_starts)


def _starts(counts: Sequence[int]) -> np.ndarray:
    return np.concatenate([[0], np.cumsum(np.asarray(counts, np.int64))])


def _counts_up(starts: np.ndarray, documents: int, rows: int) -> bool:
    return len(starts) == documents + 1 and starts[0] == 0 and starts[-1] == rows and bool((np.diff(starts) >= 0).all())


def _together(first: np.ndarray | None, others: Sequence[np.ndarray]) -> list[np.ndarray]:
    return [] if first is None else [first, *others]


def _table(rows_of: list[list[np.ndarray]], dim: int, transform: LinearTransform | None) -> VectorTable:
    rows = [row for rows in rows_of for row in rows]
    matrix = np.asarray(rows, np.float32).reshape(len(rows), dim)
    if transform is not None and len(rows):
        matrix = transform(matrix)
    return VectorTable.build(matrix, _starts([len(rows) for rows in rows_of]))


def _check_vectors(entry: Entry, dim: int) -> None:
    if entry.title_vector is None:
        if entry.body_vector is not None or len(entry.phrasing_vectors) or len(entry.chunk_vectors):
            raise ValueError(f"entry {entry.key} has vectors, but none of its title")
        return
    if entry.body_vector is None or len(entry.phrasing_vectors) != len(entry.phrasings):
        raise ValueError(f"entry {entry.key} lacks vectors of its body or phrasings")
    for vector in (entry.title_vector, entry.body_vector, *entry.phrasing_vectors, *entry.chunk_vectors):
        if np.shape(vector) != (dim,):
            raise ValueError(f"entry {entry.key} has a vector of shape {np.shape(vector)}, not ({dim},)")


class Documents:
    """Some documents of a segment, and their rows in its tables, worked out when first asked for."""

    def __init__(self, segment: Segment, mask: np.ndarray):
        self.mask = mask
        self._segment = segment

    @cached_property
    def questions(self) -> RowSet:
        return self._segment.questions.row_set(self.mask)

    @cached_property
    def passages(self) -> RowSet:
        return self._segment.passages.row_set(self.mask)


@dataclass(frozen=True, eq=False)
class Part:
    """A segment with the mask of its living documents."""

    segment: Segment
    alive: np.ndarray = field(repr=False)

    @classmethod
    def whole(cls, segment: Segment) -> "Part":
        """A segment in which every document lives."""
        return cls(segment, np.ones(len(segment), bool))

    @cached_property
    def living(self) -> int:
        """The number of living documents."""
        return int(np.count_nonzero(self.alive))

    @cached_property
    def living_lines(self) -> np.ndarray | None:
        """The mask of living title and phrasing lines; None when all live."""
        return None if self.is_whole else np.repeat(self.alive, self.segment.line_counts)

    @property
    def is_whole(self) -> bool:
        """Whether nothing in it is dead."""
        return self.living == len(self.segment)

    @cached_property
    def living_documents(self) -> "Documents | None":
        """The living documents; None when that is all of them."""
        return None if self.is_whole else Documents(self.segment, self.alive)

    def without(self, keys: np.ndarray) -> "Part":
        """This part with some keys dead."""
        hit = np.isin(self.segment.keys, keys) & self.alive
        return Part(self.segment, self.alive & ~hit) if hit.any() else self

    def places_of(self, keys: np.ndarray) -> np.ndarray:
        """Which living documents have one of these keys."""
        return np.flatnonzero(np.isin(self.segment.keys, keys) & self.alive)


class Keys:
    """Which articles somebody may be shown. Made once and used for many searches: what it means for a part of an
    index is worked out at the first.
    """

    def __init__(self, keys: Iterable[int]):
        self._keys = np.unique(np.fromiter(keys, np.int64))
        self._of_parts: weakref.WeakKeyDictionary[Part, Documents | None] = weakref.WeakKeyDictionary()

    def __contains__(self, key: int) -> bool:
        place = int(np.searchsorted(self._keys, key))
        return place < len(self._keys) and int(self._keys[place]) == key

    def __len__(self) -> int:
        return len(self._keys)

    def __iter__(self) -> Iterator[int]:
        return iter(self._keys.tolist())

    def __and__(self, other: Iterable[int]) -> "Keys":
        return Keys(np.intersect1d(self._keys, np.fromiter(other, np.int64)))

    def of(self, part: Part) -> Documents | None:
        """The living documents of a part that belong to these; None when that is all of its documents."""
        try:
            return self._of_parts[part]
        except KeyError:
            mask = np.isin(part.segment.keys, self._keys, assume_unique=True) & part.alive
            found = self._of_parts[part] = None if mask.all() else Documents(part.segment, mask)
            return found


def merge(parts: Sequence[Part]) -> Segment:
    """One segment of all living documents of some parts."""
    segments = [part.segment for part in parts]
    return Segment(
        keys=np.concatenate([part.segment.keys[part.alive] for part in parts]),
        versions=np.concatenate([part.segment.versions[part.alive] for part in parts]),
        line_starts=_starts(np.concatenate([part.segment.line_counts[part.alive] for part in parts])),
        lines=Postings.merge([(part.segment.lines, np.repeat(part.alive, part.segment.line_counts)) for part in parts]),
        bodies=Postings.merge([(segment.bodies, part.alive) for segment, part in zip(segments, parts, strict=True)]),
        questions=VectorTable.merge([(part.segment.questions, part.alive) for part in parts]),
        passages=VectorTable.merge([(part.segment.passages, part.alive) for part in parts]),
    )


#: A part is rewritten when more than this share of it is dead.
MAX_DEAD = 1 / 3
#: Two neighbours are merged unless the older is more than this many times as large.
GROWTH = 3


def compacted(parts: Sequence[Part]) -> tuple[Part, ...]:
    """The same living documents in few parts, each several times larger than the next."""
    result: list[Part] = []
    for part in parts:
        if not part.living:
            continue
        if part.living < len(part.segment) * (1 - MAX_DEAD):
            part = Part.whole(merge([part]))
        result.append(part)
        while len(result) > 1 and result[-2].living <= GROWTH * result[-1].living:
            last, before = result.pop(), result.pop()
            result.append(Part.whole(merge([before, last])))
    return tuple(result)


class Row(NamedTuple):
    """The best row of a document in one of its tables."""

    scores: np.ndarray  #: float32, one for each document asked for; NaN without vectors
    within: np.ndarray  #: which of the document's rows it is: 0 is the title or the body itself


def best_rows(table: VectorTable, documents: np.ndarray, query: np.ndarray) -> Row:
    """For some documents of a table, the cosine of their nearest row to a query and which row that is."""
    scores = np.full(len(documents), np.nan, np.float32)
    within = np.zeros(len(documents), np.int64)
    rows, owner = table.document_rows(documents)
    if len(rows):
        cosines = table.rows()[rows].astype(np.float32, copy=False) @ query
        # Sorted by owner, then best first: the first of each owner is its best.
        order = np.lexsort((-cosines, owner))
        owners, firsts = np.unique(owner[order], return_index=True)
        best = order[firsts]
        scores[owners] = cosines[best]
        within[owners] = rows[best] - table.starts[documents[owners]]
    return Row(scores, within)
