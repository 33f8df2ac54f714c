"""Vectors of numbered rows, several to a document, and the nearest of them over FAISS."""

from collections.abc import Sequence
from dataclasses import dataclass

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

    def __call__(self, vectors: np.ndarray) -> np.ndarray:
        """The transformed vectors, each of length one again."""
        moved = (vectors - self.mean) @ self.matrix
        return (moved / np.maximum(np.linalg.norm(moved, axis=-1, keepdims=True), 1e-12)).astype(np.float32)


class VectorTable:
    """Immutable: the vectors of documents 0..n-1, `starts[d]:starts[d + 1]` being the rows of document d.

    The one place that chooses how neighbours are found: an exact scan (FAISS IndexFlatIP), right up to
    some 50,000 rows a segment; an approximate index for larger ones can be chosen here later.
    """

    def __init__(self, index, starts: np.ndarray, dim: int):
        self._index = index  # None when there is no row: the lexical tier never loads FAISS
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

    @classmethod
    def from_bytes(cls, data: bytes, starts: np.ndarray, dim: int) -> "VectorTable":
        """A table as `to_bytes` wrote it."""
        if not data:
            return cls(None, starts, dim)
        index = _faiss().deserialize_index(np.frombuffer(data, np.uint8))
        if index.d != dim:
            raise ValueError(f"vectors of {index.d} numbers, not {dim}")
        return cls(index, starts, dim)

    def to_bytes(self) -> bytes:
        """The FAISS index in FAISS's own format; nothing when there is no row."""
        return b"" if self._index is None else _faiss().serialize_index(self._index).tobytes()

    def __len__(self) -> int:
        return 0 if self._index is None else self._index.ntotal

    def row_counts(self) -> np.ndarray:
        """How many rows each document has."""
        return np.diff(self.starts)

    def rows(self) -> np.ndarray:
        """All vectors, as a view on FAISS's own memory: they are kept only once."""
        if self._index is None:
            return np.empty((0, self.dim), np.float32)
        return _faiss().rev_swig_ptr(self._index.get_xb(), len(self) * self.dim).reshape(len(self), self.dim)

    def nearest(self, query: np.ndarray, k: int, documents: np.ndarray | None) -> np.ndarray:
        """The documents of the k rows nearest to a query, among the allowed documents (a mask, or None for all)."""
        k = min(k, len(self))
        if not k:
            return np.empty(0, np.int64)
        parameters = None
        if documents is not None:
            bits = np.packbits(np.repeat(documents, self.row_counts()), bitorder="little")
            faiss = _faiss()
            selector = faiss.IDSelectorBitmap(len(bits), faiss.swig_ptr(bits))
            parameters = faiss.SearchParameters(sel=selector)
        _, rows = self._index.search(query[None, :], k, params=parameters)
        rows = rows[0][rows[0] >= 0]
        return np.unique(np.searchsorted(self.starts, rows, side="right") - 1)

    def document_rows(self, documents: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The row numbers of some documents, and for each row which of these documents (by position) it is of."""
        counts = self.row_counts()[documents]
        owner = np.repeat(np.arange(len(documents)), counts)
        within = np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts)
        return self.starts[documents][owner] + within, owner
