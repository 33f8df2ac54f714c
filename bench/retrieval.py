"""How well and how fast customers' questions find their articles.

    python -m bench.retrieval --data DIR [--model default] [--model-dir kb_index] [--limit N] [--speed]

DIR holds one retrieval set, or folders that do. A set is three files of JSON lines: corpus.jsonl {id, title,
text, similar?}, queries.jsonl {id, text}, qrels.jsonl {query_id, doc_id}. A set whose articles have known
phrasings (`similar`) is measured without them (cold) and with them (warm). Everything goes through the
KnowledgeIndex that serves customers: lexical is a search without a vector, dense one without words.
"""

import argparse
import getpass
import hashlib
import json
import resource
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ai.articles import Piece, embed_pieces, embed_question, make_entry, pieces_of
from ai.index import Entry, KnowledgeIndex
from ai.model import Embedder, load_embedder
from ai.rebuild import bulk_embedder, is_rebuilt
from ai.text import normalise

DEPTH = 10
#: What stands for the title of a document that has none.
TITLE_CHARS = 60


class RetrievalSet(NamedTuple):
    """Articles, questions, and which articles answer which question."""

    name: str
    corpus: list[dict]
    queries: list[dict]
    relevant: dict[str, set[str]]

    @classmethod
    def read(cls, folder: Path, limit: int | None = None) -> "RetrievalSet":
        """The set in a folder, with the first `limit` questions."""
        relevant: dict[str, set[str]] = {}
        for row in rows_of(folder / "qrels.jsonl"):
            relevant.setdefault(row["query_id"], set()).add(row["doc_id"])
        return cls(folder.name, rows_of(folder / "corpus.jsonl"), rows_of(folder / "queries.jsonl")[:limit], relevant)

    @property
    def has_phrasings(self) -> bool:
        """Whether any article has known phrasings."""
        return any(document.get("similar") for document in self.corpus)


class Metrics(NamedTuple):
    """The usual figures of a ranking, averaged over questions."""

    recall_1: float
    recall_5: float
    mrr_10: float
    ndcg_10: float

    def __str__(self) -> str:
        return " / ".join(f"{value:.3f}" for value in self)


def measured(runs: Sequence[Sequence[str]], relevant: Sequence[set[str]]) -> Metrics:
    """The figures of some rankings against what is relevant for each question."""
    rows = []
    for run, wanted in zip(runs, relevant, strict=True):
        ranks = [rank for rank, key in enumerate(run[:DEPTH]) if key in wanted]
        ideal = sum(1 / np.log2(rank + 2) for rank in range(min(len(wanted), DEPTH)))
        gain = sum(1 / np.log2(rank + 2) for rank in ranks)
        first = ranks[0] if ranks else None
        rows.append(
            (first == 0, first is not None and first < 5, 0 if first is None else 1 / (first + 1), gain / ideal)
        )
    return Metrics(*np.mean(np.array(rows, float), axis=0))


class CachedEmbedder:
    """Remembers vectors in a temporary folder, by model and content of the whole request."""

    def __init__(self, embedder: Embedder):
        self.name, self.dim, self._embedder = embedder.name, embedder.dim, embedder
        self._folder = Path(tempfile.gettempdir()) / f"retrieval-bench-{getpass.getuser()}"
        self._folder.mkdir(mode=0o700, exist_ok=True)

    def encode_queries(self, texts: Sequence[str]) -> np.ndarray:
        return self._remembered("query", texts, self._embedder.encode_queries)

    def encode_passages(self, texts: Sequence[str]) -> np.ndarray:
        return self._remembered("passage", texts, self._embedder.encode_passages)

    def _remembered(self, kind: str, texts: Sequence[str], encode) -> np.ndarray:
        content = json.dumps([self.name, kind, list(texts)]).encode()
        path = self._folder / f"{hashlib.sha256(content).hexdigest()[:32]}.npy"
        if path.exists():
            return np.load(path, allow_pickle=False)
        started = time.perf_counter()
        vectors = encode(texts)
        np.save(path, vectors)
        print(f"  embedded {len(texts)} {kind} texts in {time.perf_counter() - started:.0f} s", file=sys.stderr)
        return vectors


def cached_embedder(model: str, model_dir: Path) -> CachedEmbedder | None:
    """The fastest embedder there is without rebuilding anything, with a memory."""
    is_bulk = model == "default" and is_rebuilt(model_dir)
    found = (bulk_embedder if is_bulk else load_embedder)(model, model_dir)
    return None if found is None else CachedEmbedder(found)


def rows_of(path: Path) -> list[dict]:
    """The rows of a file of JSON lines."""
    with path.open(encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def title_of(document: dict) -> str:
    """The title of a document, or how it begins."""
    return document.get("title") or document["text"][:TITLE_CHARS]


def entries_of(corpus: Sequence[dict], embedder: Embedder | None, warm: bool) -> list[Entry]:
    """The index entries of a corpus; key i is document i."""
    phrasings = [tuple(document.get("similar", ())) if warm else () for document in corpus]
    pieces: list[list[Piece]] = [
        pieces_of(title_of(document), document["text"], known)
        for document, known in zip(corpus, phrasings, strict=True)
    ]
    vectors: list[np.ndarray | None] = [None] * len(corpus)
    if embedder is not None:
        together = embed_pieces(embedder, [piece for of_one in pieces for piece in of_one])
        vectors = np.split(together, np.cumsum([len(of_one) for of_one in pieces])[:-1])
    return [
        make_entry(number, 1, title_of(document), document["text"], known, of_one)
        for number, (document, known, of_one) in enumerate(zip(corpus, phrasings, vectors, strict=True))
    ]


def index_of(entries: Iterable[Entry], embedder: Embedder | None) -> KnowledgeIndex:
    """An index of some entries."""
    index = KnowledgeIndex(0 if embedder is None else embedder.dim)
    index.upsert(entries)
    return index


def evaluate(data: RetrievalSet, index: KnowledgeIndex, embedder: Embedder | None) -> dict[str, Metrics]:
    """The figures of each way of searching."""
    texts = [query["text"] for query in data.queries]
    relevant = [data.relevant[query["id"]] for query in data.queries]
    ways: dict[str, list[tuple[str, np.ndarray | None]]] = {"lexical": [(text, None) for text in texts]}
    if embedder is not None:
        vectors = embedder.encode_queries([normalise(text) for text in texts])
        ways["dense"] = [("", vector) for vector in vectors]
        ways["product"] = list(zip(texts, vectors, strict=True))
    return {
        way: measured(
            [[data.corpus[hit.key]["id"] for hit in index.search(text, vector, DEPTH)] for text, vector in questions],
            relevant,
        )
        for way, questions in ways.items()
    }


def measure_speed(index: KnowledgeIndex, embedder: Embedder | None, questions: Sequence[str]) -> str:
    """How long single questions take, one after the other, and how large the process is."""
    embed, search = [], []
    for question in questions:
        started = time.perf_counter()
        vector = embed_question(embedder, question)
        embedded = time.perf_counter()
        index.search(question, vector, DEPTH)
        embed.append(embedded - started)
        search.append(time.perf_counter() - embedded)
    total = np.add(embed, search)
    figures = ", ".join(
        f"{name} p50 {np.percentile(times, 50) * 1e3:.1f} p95 {np.percentile(times, 95) * 1e3:.1f} ms"
        for name, times in (("embed", embed), ("search", search), ("together", total))
    )
    return f"{figures}; peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB"


def main(argv: Sequence[str] | None = None) -> int:
    """Measure what the arguments name and print it."""
    parser = argparse.ArgumentParser(description="Retrieval figures of the product on sets of real questions.")
    parser.add_argument("--data", type=Path, required=True, help="a retrieval set, or a folder of them")
    parser.add_argument("--model", default="default", help="as EMBEDDING_MODEL; none for words only")
    parser.add_argument("--model-dir", type=Path, default=Path("kb_index"), help="where the rebuilt model may be")
    parser.add_argument("--limit", type=int, help="only this many questions of each set")
    parser.add_argument("--speed", action="store_true", help="also time single questions")
    options = parser.parse_args(argv)
    folders = [path.parent for path in sorted(options.data.rglob("qrels.jsonl"))]
    if not folders:
        parser.error(f"no retrieval set in {options.data}")
    embedder = cached_embedder(options.model, options.model_dir)
    print("set            way      articles questions  R@1 / R@5 / MRR@10 / nDCG@10")
    for folder in folders:
        data = RetrievalSet.read(folder, options.limit)
        for warm in (False, True) if data.has_phrasings else (False,):
            index = index_of(entries_of(data.corpus, embedder, warm), embedder)
            name = f"{data.name}{' warm' if warm else ''}"
            for way, metrics in evaluate(data, index, embedder).items():
                print(f"{name:14} {way:8} {len(index):8} {len(data.queries):9}  {metrics}", flush=True)
            if options.speed:
                single = load_embedder(options.model, options.model_dir)
                print(f"{name:14} {measure_speed(index, single, [query['text'] for query in data.queries[:300]])}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
