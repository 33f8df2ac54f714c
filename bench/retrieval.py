"""How well and how fast customers' questions find their articles, and what the product makes of other texts.

    python -m bench.retrieval --data DIR [--limit N] [--model default] [--cache DIR] [--threads N] [--speed]

DIR holds sets (see bench.sets), and each is measured by what serves customers: questions come through
`ai.asking`, are searched in a KnowledgeIndex with the adapter that the articles themselves teach (`ai.adapter`), and
`ai.answer` says how sure it is.

    lexical     by words alone
    dense       by vectors alone
    fused       both, without an adapter
    product     what a new company gets: both, with the adapter learnt from its articles, if it helps
    taught      the same after customers confirmed answers: learnt from the questions of one half of the
                documents, asked those of the other, and the other way round

A set whose articles have known phrasings is measured without them (cold) and with them (warm). Nothing is
learnt from a question that is then asked.
"""

import argparse
import os
import resource
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ai.adapter import Learnt, Lesson, learn
from ai.answer import DECISION_HITS, calibration_for, confidence_of, decide, signals
from ai.articles import embed_pieces, make_entry, pieces_of
from ai.asking import Asked, embed_asked, understood, understood_ticket
from ai.calibration import Click, refitted
from ai.classify import train
from ai.index import KnowledgeIndex
from ai.model import Embedder, load_embedder
from ai.segment import Entry
from ai.text import char_terms, normalise
from ai.tickets import make_ticket_entry, ticket_pieces
from ai.vectors import LinearTransform
from bench.figures import DEPTH, Ranking, auroc, calibration_error, macro_f1, ranking, right_at
from bench.remembered import remembering_embedder
from bench.report import conditions, table
from bench.sets import LabelSet, PairSet, RetrievalSet, sets_in

RANKING_HEAD = ("set", "way", "documents", "questions", "R@1", "R@5", "MRR@10", "nDCG@10", "learnt")
SURENESS_HEAD = ("set", "way", "right/wrong AUROC", "P@1", "P@1 at 80 %", "removed AUROC", "off topic AUROC", "ECE")
LABEL_HEAD = ("set", "labels", "learnt", "asked", "accuracy", "macro-F1", "accuracy at 80 %", "ECE", "train s")
PAIR_HEAD = ("set", "pairs", "words AUROC", "vectors AUROC", "product AUROC")
COVERAGE = 0.8


class Question(NamedTuple):
    """A question of a set, ready to be searched."""

    number: int
    asked: Asked
    vector: np.ndarray | None


class Bench:
    """One retrieval set, cold or warm, with its questions."""

    def __init__(self, data: RetrievalSet, embedder: Embedder | None, warm: bool):
        self.data, self.embedder = data, embedder
        self.name = f"{data.name} warm" if warm else data.name
        self.entries = entries_of(data, embedder, warm)
        self.dim = 0 if embedder is None else embedder.dim
        self.plain = self.index(None)
        self.questions = self._questions(data.queries)
        self.off_topic = self._questions([{"text": text} for text in data.off_topic])

    def index(self, transform: LinearTransform | None) -> KnowledgeIndex:
        """The documents, with an adapter or without."""
        index = KnowledgeIndex(self.dim, transform)
        index.upsert(self.entries)
        return index

    def _questions(self, rows: Sequence[dict]) -> list[Question]:
        asked = [
            understood_ticket(row["text"], row["detail"]) if row.get("detail") else understood(row["text"], self.plain)
            for row in rows
        ]
        return [
            Question(number, one, vector)
            for number, (one, vector) in enumerate(zip(asked, vectors_of(self.embedder, asked), strict=True))
        ]

    def lessons(self, half: int) -> list[Lesson]:
        """What is learnt from the confirmed questions of one half."""
        return [
            Lesson(question.asked.text, question.vector, min(self.data.relevant[question.number]))
            for question in self.questions
            if self.data.half(question.number) == half
        ]

    def rankings(self, index: KnowledgeIndex, *, words: bool = True, vectors: bool = True) -> list[list[int]]:
        """The best documents for every question."""
        return [keys_of(index, question, words=words, vectors=vectors) for question in self.questions]

    def figures(self, runs: Sequence[Sequence[int]]) -> Ranking:
        """How good they are."""
        return ranking(runs, self.data.relevant)


def keys_of(index: KnowledgeIndex, question: Question, *, words: bool = True, vectors: bool = True) -> list[int]:
    """The best documents for a question, by words, by vectors or both."""
    asked = question.asked
    hits = index.search(
        asked.text if words else "",
        question.vector if vectors else None,
        DEPTH,
        wordings=asked.wordings if words else (),
    )
    return [hit.key for hit in hits]


def vectors_of(embedder: Embedder | None, asked: Sequence[Asked]) -> list[np.ndarray | None]:
    """The vectors of many questions, as `embed_asked` makes them one by one."""
    if embedder is None:
        return [None] * len(asked)
    embedder.encode_queries([text for one in asked for text in one.embedded])  # all at once, to be remembered
    return [embed_asked(embedder, one) for one in asked]


def entries_of(data: RetrievalSet, embedder: Embedder | None, warm: bool = False) -> list[Entry]:
    """The index entries of a set; key i is document i. Documents that are questions are tickets, others articles."""
    as_tickets = data.is_of_questions
    texts = [
        (document["text"], "", "")
        if as_tickets
        else (document.get("title") or "", document["text"], tuple(document.get("similar", ())) if warm else ())
        for document in data.corpus
    ]
    pieces_for, entry_for = (ticket_pieces, make_ticket_entry) if as_tickets else (pieces_of, make_entry)
    pieces = [pieces_for(*of_one) for of_one in texts]
    vectors: list[np.ndarray | None] = [None] * len(texts)
    if embedder is not None:
        together = embed_pieces(embedder, [piece for of_one in pieces for piece in of_one])
        vectors = np.split(together, np.cumsum([len(of_one) for of_one in pieces])[:-1])
    return [
        entry_for(number, 1, *of_one, of_vectors)
        for number, (of_one, of_vectors) in enumerate(zip(texts, vectors, strict=True))
    ]


def measure_retrieval(bench: Bench) -> tuple[list[tuple], list[tuple]]:
    """The rows of a set in both tables."""
    rows, sureness = [], []

    def add(way: str, runs: Sequence[Sequence[int]], note: str = "") -> None:
        figures = [f"{value:.3f}" for value in bench.figures(runs)]
        rows.append((bench.name, way, len(bench.entries), len(bench.questions), *figures, note))

    add("lexical", bench.rankings(bench.plain, vectors=False))
    if bench.embedder is None:
        return rows, [sureness_of(bench, "lexical", {0: bench.plain, 1: bench.plain}, vectors=False)]
    add("dense", bench.rankings(bench.plain, words=False))
    add("fused", bench.rankings(bench.plain))
    own = learn(bench.entries)
    product = bench.index(own.transform) if own.is_kept else bench.plain
    add("product", bench.rankings(product), told(own))
    sureness.append(sureness_of(bench, "product", {0: product, 1: product}))
    taught = {half: learn(bench.entries, bench.lessons(1 - half)) for half in (0, 1)}
    indexes = {half: bench.index(one.transform) for half, one in taught.items()}
    runs = [keys_of(indexes[bench.data.half(question.number)], question) for question in bench.questions]
    add("taught", runs, " · ".join(told(one) for one in taught.values()))
    sureness.append(sureness_of(bench, "taught", indexes))
    return rows, sureness


def told(learnt: Learnt) -> str:
    """What came of learning, in short."""
    outcome = f"MRR {learnt.before:.3f} → {learnt.after:.3f}" if learnt.asked else "too few"
    return f"{learnt.questions}: {outcome}{'' if learnt.is_kept else ', not kept'}"


class Judged(NamedTuple):
    """Questions of one kind: how sure the product was of its first article, and whether that was right."""

    clicks: list[Click]
    halves: np.ndarray
    right: np.ndarray
    confidence: np.ndarray


def sureness_of(bench: Bench, way: str, indexes: dict[int, KnowledgeIndex], *, vectors: bool = True) -> tuple:
    """How far the stated confidence can be trusted. Constants are refitted on one half, reported on the other."""
    embedder = bench.embedder if vectors else None
    calibrations = {half: calibration_for(embedder, index.transform) for half, index in indexes.items()}

    def judge(questions: Sequence[Question], relevant: Sequence[frozenset[int]], hidden: bool = False) -> Judged:
        clicks, halves, confidences = [], [], []
        for question, wanted in zip(questions, relevant, strict=True):
            half = bench.data.half(question.number) if wanted else question.number % 2
            allow = (lambda key, wanted=wanted: key not in wanted) if hidden else None
            hits = indexes[half].search(
                question.asked.text,
                question.vector if vectors else None,
                DECISION_HITS,
                allow,
                question.asked.wordings,
            )
            decision = decide(question.asked.text, hits, calibrations[half])
            is_right = bool(hits) and not hidden and hits[0].key in wanted
            if hits:
                clicks.append(Click(signals(hits, calibrations[half]), is_right))
                halves.append(half)
                confidences.append(decision.confidence)
        return Judged(clicks, np.array(halves), np.array([c.is_right for c in clicks]), np.array(confidences))

    answerable = judge(bench.questions, bench.data.relevant)
    removed = judge(bench.questions, bench.data.relevant, hidden=True)
    off_topic = judge(bench.off_topic, [frozenset()] * len(bench.off_topic))
    sure, right = answerable.confidence, answerable.right
    refit = np.empty(len(sure))
    for half in (0, 1):
        learnt = [click for click, of in zip(answerable.clicks, answerable.halves, strict=True) if of != half]
        constants = refitted(learnt, calibrations[half])
        for place in np.flatnonzero(answerable.halves == half):
            refit[place] = confidence_of(answerable.clicks[place].seen, constants)
    return (
        bench.name,
        way,
        f"{auroc(sure[right], sure[~right]):.3f}",
        f"{right.mean():.3f}",
        f"{right_at(sure, right, COVERAGE):.3f}",
        f"{auroc(sure, removed.confidence):.3f}",
        f"{auroc(sure, off_topic.confidence):.3f}" if len(off_topic.clicks) else "–",
        f"{calibration_error(sure, right):.3f}, refitted {calibration_error(refit, right):.3f}",
    )


def measure_labels(data: LabelSet, embedder: Embedder | None) -> tuple:
    """How well labels are learnt from the one part and told in the other."""
    texts, labels = ([row[name] for row in data.train] for name in ("text", "label"))
    if embedder is not None:
        embedder.encode_queries([normalise(text)[:250] for text in texts])
    started = time.perf_counter()
    classifier = train(texts, labels, embedder)
    seconds = time.perf_counter() - started
    chances = classifier.probabilities([row["text"] for row in data.test])
    said = [classifier.labels[place] for place in chances.argmax(axis=1)]
    truth = [row["label"] for row in data.test]
    right, sure = np.array(said) == np.array(truth), chances.max(axis=1)
    return (
        data.name,
        len(classifier.labels),
        len(texts),
        len(truth),
        f"{right.mean():.3f}",
        f"{macro_f1(truth, said):.3f}",
        f"{right_at(sure, right, COVERAGE):.3f}",
        f"{calibration_error(sure, right):.3f}",
        f"{seconds:.1f}",
    )


def measure_pairs(data: PairSet, embedder: Embedder | None) -> tuple:
    """How well questions that ask the same are told from those that do not."""
    same = np.array([int(pair["label"]) == 1 for pair in data.pairs])
    terms = [[set(char_terms(normalise(pair[side]))) for side in ("text1", "text2")] for pair in data.pairs]
    shared = np.array([len(one & other) / max(len(one | other), 1) for one, other in terms])
    by_words = f"{auroc(shared[same], shared[~same]):.3f}"
    if embedder is None:
        return data.name, len(same), by_words, "–", "–"
    entries = [
        make_ticket_entry(number, 1, pair["text2"], "", "", vector[None, :])
        for number, (pair, vector) in enumerate(
            zip(data.pairs, embedder.encode_queries([normalise(pair["text2"]) for pair in data.pairs]), strict=True)
        )
    ]
    index = KnowledgeIndex(embedder.dim)
    index.upsert(entries)
    vectors = embedder.encode_queries([normalise(pair["text1"]) for pair in data.pairs])
    hits = [
        index.search(pair["text1"], vector, 1, {number})[0]
        for number, (pair, vector) in enumerate(zip(data.pairs, vectors, strict=True))
    ]
    near, score = np.array([hit.dense for hit in hits]), np.array([hit.score for hit in hits])
    return (
        data.name,
        len(same),
        by_words,
        f"{auroc(near[same], near[~same]):.3f}",
        f"{auroc(score[same], score[~same]):.3f}",
    )


def measure_speed(bench: Bench, embedder: Embedder | None) -> str:
    """How long single questions take, one after the other, and how large the process is."""
    understand, embed, search = [], [], []
    for query in bench.data.queries[:300]:
        times = [time.perf_counter()]
        asked = understood(query["text"], bench.plain)
        times.append(time.perf_counter())
        vector = embed_asked(embedder, asked)
        times.append(time.perf_counter())
        bench.plain.search(asked.text, vector, DEPTH, wordings=asked.wordings)
        times.append(time.perf_counter())
        for kept, start, end in zip((understand, embed, search), times, times[1:], strict=False):
            kept.append(end - start)
    total = np.sum([understand, embed, search], axis=0)
    figures = ", ".join(
        f"{name} p50 {np.percentile(taken, 50) * 1e3:.1f} p95 {np.percentile(taken, 95) * 1e3:.1f} ms"
        for name, taken in (("understand", understand), ("embed", embed), ("search", search), ("together", total))
    )
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return f"{bench.name}: {figures}; peak memory {memory:.0f} MB"


def main(argv: Sequence[str] | None = None) -> int:
    """Measure what the arguments name and print it."""
    parser = argparse.ArgumentParser(description="Figures of search, confidence and labels on sets of real questions.")
    parser.add_argument("--data", type=Path, required=True, help="a set, or a folder of them")
    parser.add_argument("--limit", type=int, help="only this many questions of each set")
    parser.add_argument("--model", default="default", help="as EMBEDDING_MODEL; none for words only")
    parser.add_argument("--cache", type=Path, help="where vectors are remembered between runs")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1, help="native threads that embed")
    parser.add_argument("--speed", action="store_true", help="also time single questions")
    options = parser.parse_args(argv)
    embedder = remembering_embedder(options.model, options.cache, options.threads)
    tables: dict[tuple, list[tuple]] = {head: [] for head in (RANKING_HEAD, SURENESS_HEAD, LABEL_HEAD, PAIR_HEAD)}
    speeds = []
    for data in sets_in(options.data, options.limit):
        started = time.perf_counter()
        if isinstance(data, LabelSet):
            tables[LABEL_HEAD].append(measure_labels(data, embedder))
        elif isinstance(data, PairSet):
            tables[PAIR_HEAD].append(measure_pairs(data, embedder))
        else:
            for warm in (False, True) if data.has_phrasings else (False,):
                bench = Bench(data, embedder, warm)
                for head, rows in zip((RANKING_HEAD, SURENESS_HEAD), measure_retrieval(bench), strict=True):
                    tables[head] += rows
                if options.speed:
                    speeds.append(measure_speed(bench, load_embedder(options.model, options.cache or Path())))
        print(f"{data.name}: {time.perf_counter() - started:.0f} s", flush=True)
    if not any(tables.values()):
        parser.error(f"no set of questions in {options.data}")
    print(conditions(model=embedder.name if embedder else "none"), end="\n\n")
    for head, rows in tables.items():
        if rows:
            print(table(head, rows), end="\n\n")
    print("\n".join(speeds))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
