"""Sets of real questions in a folder, told apart by the files they have.

retrieval       corpus.jsonl {id, title, text, similar?}, queries.jsonl {id, text, detail?},
                qrels.jsonl {query_id, doc_id}; perhaps oos_*.jsonl {id, text}: questions about nothing in it
classification  train.jsonl and test.jsonl {id, text, label}
pairs           pairs.jsonl {id, text1, text2, label}: whether both ask the same
"""

import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import NamedTuple

#: documents that are no longer than this, and have no title, are questions themselves
QUESTION_CHARS = 80


class RetrievalSet(NamedTuple):
    """Documents by their place, questions, and which documents answer which question."""

    name: str
    corpus: list[dict]
    queries: list[dict]
    relevant: list[frozenset[int]]
    off_topic: list[str]

    @classmethod
    def read(cls, folder: Path, limit: int | None = None) -> "RetrievalSet":
        """The set in a folder, with the first `limit` questions."""
        corpus = rows_of(folder / "corpus.jsonl")
        place = {document["id"]: number for number, document in enumerate(corpus)}
        wanted: dict[str, set[int]] = {}
        for row in rows_of(folder / "qrels.jsonl"):
            wanted.setdefault(row["query_id"], set()).add(place[row["doc_id"]])
        queries = [query for query in rows_of(folder / "queries.jsonl") if query["id"] in wanted][:limit]
        off_topic = [row["text"] for path in sorted(folder.glob("oos_*.jsonl")) for row in rows_of(path)]
        return cls(
            folder.name, corpus, queries, [frozenset(wanted[query["id"]]) for query in queries], off_topic[:limit]
        )

    @property
    def has_phrasings(self) -> bool:
        """Whether any document has known phrasings."""
        return any(document.get("similar") for document in self.corpus)

    @property
    def is_of_questions(self) -> bool:
        """Whether the documents are questions themselves: earlier tickets, not answers."""
        return not any(document.get("title") for document in self.corpus) and (
            median(len(document["text"]) for document in self.corpus) <= QUESTION_CHARS
        )

    def half(self, number: int) -> int:
        """Which half a question belongs to, by its document: no document is in both."""
        return zlib.crc32(str(min(self.relevant[number])).encode()) % 2


class LabelSet(NamedTuple):
    """Texts with their labels, to learn from and to be asked for."""

    name: str
    train: list[dict]
    test: list[dict]

    @classmethod
    def read(cls, folder: Path, limit: int | None = None) -> "LabelSet":
        """The set in a folder; `limit` texts to be asked for."""
        return cls(folder.name, rows_of(folder / "train.jsonl"), rows_of(folder / "test.jsonl")[:limit])


class PairSet(NamedTuple):
    """Pairs of questions, and whether they ask the same."""

    name: str
    pairs: list[dict]

    @classmethod
    def read(cls, folder: Path, limit: int | None = None) -> "PairSet":
        """The set in a folder, its first `limit` pairs."""
        return cls(folder.name, rows_of(folder / "pairs.jsonl")[:limit])


_KINDS = (("qrels.jsonl", RetrievalSet), ("train.jsonl", LabelSet), ("pairs.jsonl", PairSet))


def sets_in(folder: Path, limit: int | None = None) -> Iterator[RetrievalSet | LabelSet | PairSet]:
    """Every set in a folder or below it, one kind after the other."""
    for name, kind in _KINDS:
        for path in sorted(folder.rglob(name)):
            yield kind.read(path.parent, limit)


def rows_of(path: Path) -> list[dict]:
    """The rows of a file of JSON lines."""
    with path.open(encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]
