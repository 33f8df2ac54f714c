"""Vectors of numbered rows, several to a document, and the nearest of them over FAISS."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ai.native import limit_threads


def _faiss():
    """FAISS, loaded when there are vectors (40 MB)."""
    limit_threads()
    import faiss

    return faiss


@dataclass(frozen=True, eq=False)
class LinearTransform:
    """A linear map of all vectors, learnt from one knowledge base: normalise((x - mean) · matrix)."""

    mean: np.ndarray  #: float32 [dim]
    matrix: np.ndarray  #: float32 [dim, dim]

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, LinearTransform)
            and np.array_equal(self.mean, other.mean)
            and np.array_equal(self.matrix, other.matrix)
        )

    def __call__(self, vectors: np.ndarray) -> np.ndarray:
        """The transformed vectors, each of length one again."""
        moved = (vectors - self.mean) @ self.matrix
        return (moved / np.maximum(np.linalg.norm(moved, axis=-1, keepdims=True), 1e-12)).astype(np.float32)


#: Up to so many rows every one is looked at: that is exact, and takes some five milliseconds.
EXACT_ROWS = 50_000
#: Above, rows are sorted into √n times so many lists, and only the lists nearest to a question are looked through.
LISTS_PER_ROOT = 4
#: How many lists, where all rows may be found; more where few may, up to MOST_PROBES. On 200,000 rows, one thread, the
#: share of the exact fifty nearest that was found, and milliseconds (p50): with all rows 0.977 in 1.05, with a tenth of
#: them 0.934 in 0.61. A graph (HNSW of 16, 8 bits, ef 256): 0.973 in 0.54 and 0.819 in 0.57, made in 63 s, not in 21;
#: looking at every row 16.
PROBES = 128
MOST_PROBES = 512
#: Rows that the middle points of one list are learnt from.
TRAINED_PER_LIST = 40


class RowSet:
    """Some rows of a table, as FAISS wants to be told: a bit for each."""

    def __init__(self, mask: np.ndarray):
        """`mask` says of every row whether it belongs to the set."""
        self.count = int(np.count_nonzero(mask))
        self._bits = np.packbits(mask, bitorder="little")

    def selector(self):
        """A selector that lives as long as this set."""
        faiss = _faiss()
        return faiss.IDSelectorBitmap(len(self._bits), faiss.swig_ptr(self._bits))


class VectorTable:
    """Immutable: the vectors of documents 0..n-1, `starts[d]:starts[d + 1]` being the rows of document d.

    The one place that chooses how neighbours are found: by looking at every row (FAISS IndexFlatIP), and from
    EXACT_ROWS on, once somebody has found the time for `quickened`, by lists of neighbouring rows (IVF over 8 bits a
    number). The lists only propose; whoever asks scores what they proposed by the rows themselves, which a quickened
    table keeps in 16 bits. Lists rather than a graph: where somebody may see only a part of the rows a graph leads him
    astray.
    """

    def __init__(self, index, starts: np.ndarray, dim: int, lists=None):
        self._index = index  # None when there is no row: the lexical tier never loads FAISS
        self._lists = lists
        self.starts = starts.astype(np.int64)
        self.dim = dim

    @classmethod
    def build(cls, rows: np.ndarray, starts: np.ndarray) -> "VectorTable":
        """A table of the given rows (float32 [r, dim], of length one)."""
        if not len(rows):
            return cls(None, starts, rows.shape[1])
        index = _faiss().IndexFlatIP(rows.shape[1])
        index.add(np.ascontiguousarray(rows, np.float32))
        return cls(index, starts, rows.shape[1])

    @classmethod
    def merge(cls, parts: "Sequence[tuple[VectorTable, np.ndarray]]") -> "VectorTable":
        """One table of the kept documents (a mask for each part), in their order."""
        rows = np.concatenate([table.rows()[np.repeat(kept, table.row_counts())] for table, kept in parts])
        counts = np.concatenate([table.row_counts()[kept] for table, kept in parts])
        return cls.build(rows, np.concatenate([[0], np.cumsum(counts)]))

    @property
    def is_slow(self) -> bool:
        """Whether it has grown so large that `quickened` is worth its time."""
        return len(self) > EXACT_ROWS and self._lists is None

    def quickened(self) -> "VectorTable":
        """The same rows with lists of neighbours. Takes a minute for a million rows."""
        faiss, rows = _faiss(), self.rows()
        count = round(LISTS_PER_ROOT * len(self) ** 0.5)
        lists = faiss.IndexIVFScalarQuantizer(
            faiss.IndexFlatIP(self.dim), self.dim, count, faiss.ScalarQuantizer.QT_8bit, faiss.METRIC_INNER_PRODUCT
        )
        sample = np.random.default_rng(0).choice(len(self), min(len(self), TRAINED_PER_LIST * count), replace=False)
        lists.train(np.ascontiguousarray(rows[np.sort(sample)], np.float32))
        halves = faiss.IndexScalarQuantizer(self.dim, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
        for start in range(0, len(self), EXACT_ROWS):
            piece = np.ascontiguousarray(rows[start : start + EXACT_ROWS], np.float32)
            lists.add(piece)
            halves.add(piece)
        lists.nprobe = PROBES
        return VectorTable(halves, self.starts, self.dim, lists)

    @classmethod
    def read(cls, path: Path, lists_path: Path | None, starts: np.ndarray, dim: int) -> "VectorTable":
        """A table as `write` wrote it. Raises ValueError or RuntimeError for another."""
        faiss = _faiss()
        index = faiss.read_index(str(path)) if path.stat().st_size else None
        lists = faiss.read_index(str(lists_path)) if lists_path else None
        for one in (index, lists):
            if one is not None and (one.d != dim or one.ntotal != index.ntotal):
                raise ValueError(f"{one.ntotal} vectors of {one.d} numbers, not {index.ntotal} of {dim}")
        if lists is not None:
            lists.nprobe = PROBES
        return cls(index, starts, dim, lists)

    def write(self, path: Path, lists_path: Path) -> bool:
        """Write the rows, and the lists if there are some, in FAISS's own format; whether there were lists."""
        if self._index is None:
            path.touch()
        else:
            _faiss().write_index(self._index, str(path))
        if self._lists is not None:
            _faiss().write_index(self._lists, str(lists_path))
        return self._lists is not None

    def __len__(self) -> int:
        return 0 if self._index is None else self._index.ntotal

    def row_counts(self) -> np.ndarray:
        """How many rows each document has."""
        return np.diff(self.starts)

    def rows(self) -> np.ndarray:
        """All vectors, as a view on FAISS's own memory (they are kept only once): float32, or float16 if quickened."""
        if self._index is None:
            return np.empty((0, self.dim), np.float32)
        faiss = _faiss()
        if self._lists is None:
            return faiss.rev_swig_ptr(self._index.get_xb(), len(self) * self.dim).reshape(len(self), self.dim)
        codes = faiss.rev_swig_ptr(self._index.codes.data(), len(self) * self.dim * 2)
        return codes.view(np.float16).reshape(len(self), self.dim)

    def row_set(self, documents: np.ndarray) -> RowSet:
        """The rows of some documents (a mask)."""
        return RowSet(np.repeat(documents, self.row_counts()))

    def nearest(self, query: np.ndarray, documents: int, among: RowSet | None) -> np.ndarray:
        """So many documents, or fewer, whose rows are nearest to a query, among some rows or all."""
        # A document with many rows may fill many places: as many more are asked for.
        k = min(-(-documents * len(self) // max(len(self.starts) - 1, 1)), len(self))
        if not k or (among is not None and not among.count):
            return np.empty(0, np.int64)
        faiss = _faiss()
        selector = None if among is None else among.selector()
        if self._lists is None or (among is not None and among.count <= EXACT_ROWS):
            found = self._index.search(query[None, :], k, params=selector and faiss.SearchParameters(sel=selector))
        else:
            probes = PROBES if among is None else min(round(PROBES * len(self) / among.count), MOST_PROBES)
            parameters = faiss.SearchParametersIVF(nprobe=probes, sel=selector)
            found = self._lists.search(query[None, :], k, params=parameters)
        rows = found[1][0]  # the nearest first
        owners, firsts = np.unique(np.searchsorted(self.starts, rows[rows >= 0], side="right") - 1, return_index=True)
        return owners[np.argsort(firsts)[:documents]]

    def document_rows(self, documents: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The row numbers of some documents, and for each row which of these documents (by position) it is of."""
        counts = self.row_counts()[documents]
        owner = np.repeat(np.arange(len(documents)), counts)
        within = np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts)
        return self.starts[documents][owner] + within, owner
