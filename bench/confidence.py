"""Fits the constants of `ai.answer.decide` on real questions and prints how well they do.

    python -m bench.confidence --data DIR [--model default] [--cache DIR]

DIR is a retrieval set (see bench.sets) with a file oos_*.jsonl of questions that are about
nothing in it. Whole and in random parts of 20 to 300 articles, with and without known phrasings, four kinds
of questions are asked: `answered` ones, `chat`, `removed` ones (their article may not be found) and
`elsewhere` (their article is in another part). One half of the articles is learnt from, the other reported.
Three times: by vectors, by vectors with the adapter of each part (where it has one), and by words alone.
Needs scikit-learn, which comes with sentence-transformers.
"""

import argparse
import os
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from ai.adapter import learn
from ai.answer import (
    ADAPTED,
    ANSWER_FROM,
    CHOICES_FROM,
    DECISION_HITS,
    LEXICAL,
    SEMANTIC,
    Calibration,
    Signals,
    calibration_for,
    confidence_of,
    signals,
)
from ai.index import KnowledgeIndex
from ai.model import Embedder
from ai.segment import Entry
from ai.text import normalise
from bench.remembered import remembering_embedder
from bench.retrieval import entries_of
from bench.sets import RetrievalSet

#: Articles in a part, and how many such parts are drawn (0: all).
SIZES = ((0, 1), (300, 2), (100, 4), (40, 8), (20, 12))
#: How often each kind is met, beside answered ones.
SHARES = {"answered": 1.0, "chat": 0.35, "removed": 0.3, "elsewhere": 0.3}
#: Removing an article from a small part leaves an elsewhere question.
LEAST_TO_REMOVE_FROM = 300


class Sample(NamedTuple):
    """One asked question."""

    size: int
    warm: bool
    kind: str
    is_learnt: bool
    seen: Signals
    is_right: bool
    is_offered: bool  #: the right article is among the first five


class Asked(NamedTuple):
    """A question with its vector and what answers it."""

    number: int
    text: str
    vector: np.ndarray
    relevant: frozenset[int]


def _questions(texts: Sequence[str], embedder, relevant: Sequence[frozenset[int]]) -> list[Asked]:
    vectors = embedder.encode_queries([normalise(text) for text in texts])
    return [Asked(number, *one) for number, one in enumerate(zip(texts, vectors, relevant, strict=True))]


def _is_learnt(question: Asked) -> bool:
    # By article: no article's questions are both learnt from and reported.
    anchor = min(question.relevant) if question.relevant else question.number
    return zlib.crc32(str(anchor).encode()) % 2 == 0


def _ask(index: KnowledgeIndex, question: Asked, kind: str, size: int, warm: bool, calibration: Calibration) -> Sample:
    is_lexical = calibration is LEXICAL
    allow = (lambda key: key not in question.relevant) if kind == "removed" else None
    hits = index.search(question.text, None if is_lexical else question.vector, DECISION_HITS, allow)
    right = question.relevant if kind == "answered" else frozenset()
    return Sample(
        size,
        warm,
        kind,
        _is_learnt(question),
        signals(hits, calibration) if hits else Signals(0.0, 0.0, 0.0, 0.0),
        bool(hits) and hits[0].key in right,
        any(hit.key in right for hit in hits[:5]),
    )


def samples(data: RetrievalSet, embedder: Embedder, tier: Calibration) -> Iterator[Sample]:
    """Ask everything of everything."""
    relevant = data.relevant
    questions = _questions([query["text"] for query in data.queries], embedder, relevant)
    chat = _questions(data.off_topic, embedder, [frozenset()] * len(data.off_topic))
    draw = np.random.default_rng(7)
    for warm in (False, True):
        entries = entries_of(data, embedder, warm)
        for size, draws in SIZES:
            for _ in range(draws):
                keys = set(draw.choice(len(entries), size, replace=False).tolist() if size else range(len(entries)))
                index = _index([entry for entry in entries if entry.key in keys], embedder.dim, tier)
                if index is None:
                    continue
                calibration = tier if tier is LEXICAL else calibration_for(embedder, index.transform)
                inside = [question for question in questions if question.relevant & keys]
                outside = [question for question in questions if not question.relevant & keys]
                asked = [("answered", inside), ("chat", chat if not size else chat[::3])]
                asked.append(("elsewhere", [outside[i] for i in draw.permutation(len(outside))[:150]]))
                asked.append(("removed", inside[::2] if not size or size >= LEAST_TO_REMOVE_FROM else []))
                for kind, ones in asked:
                    for question in ones:
                        yield _ask(index, question, kind, size, warm, calibration)


def _index(entries: list[Entry], dim: int, tier: Calibration) -> KnowledgeIndex | None:
    """A part of the articles; None where they teach no adapter and one is wanted."""
    transform = learn(entries).transform if tier is ADAPTED else None
    if tier is ADAPTED and transform is None:
        return None
    index = KnowledgeIndex(dim, transform)
    index.upsert(entries)
    return index


def fit(found: Sequence[Sample], start: Calibration, used: Sequence[str]) -> Calibration:
    """The constants learnt from the learnt half, every size, warmth and kind counting alike."""
    learnt = [sample for sample in found if sample.is_learnt]
    columns = [Signals._fields.index(name) for name in used]
    seen = np.array([sample.seen for sample in learnt])[:, columns]
    right = np.array([sample.is_right for sample in learnt])
    groups = [(sample.size, sample.warm, sample.kind) for sample in learnt]
    sizes = {group: groups.count(group) for group in set(groups)}
    weight = np.array([1000 * SHARES[group[2]] / sizes[group] for group in groups])
    spread = seen.std(axis=0)
    model = LogisticRegression(C=10, max_iter=5000).fit(seen / spread, right, sample_weight=weight)
    weights = np.zeros(len(Signals._fields))
    weights[columns] = model.coef_[0] / spread
    answered = np.array([sample.seen for sample in learnt if sample.is_right])
    gate = float(np.quantile(answered[:, 0], 0.01))
    middle = np.median(answered, axis=0)
    return start._replace(
        gate=round(gate, 3),
        bias=round(float(model.intercept_[0]), 2),
        weights=Signals(*np.round(weights, 2).tolist()),
        lone=Signals(0.0, *np.round(middle[1:3], 3).tolist(), 1.0),
    )


def report(found: Sequence[Sample], fitted: Calibration) -> None:
    """Print the reported half, one line for each size and warmth."""
    print(fitted)
    print(
        f"answered: P@1, right/wrong AUROC, P@1 at 80 %; at {ANSWER_FROM}: share, right; "
        f"at {CHOICES_FROM}: share, in five | others at {ANSWER_FROM}/{CHOICES_FROM}"
    )
    for warm in (False, True):
        for size, _ in SIZES:
            if not any((s.size, s.warm) == (size, warm) for s in found):
                continue
            group = [s for s in found if not s.is_learnt and (s.size, s.warm) == (size, warm)]
            confidence = np.array([confidence_of(sample.seen, fitted) for sample in group])
            kinds = np.array([sample.kind for sample in group])
            of = {kind: confidence[kinds == kind] for kind in SHARES}
            right = np.array([s.is_right for s in group])[kinds == "answered"]
            offered = np.array([s.is_offered for s in group])[kinds == "answered"]
            sure = of["answered"]
            top = sure >= np.quantile(sure, 0.2)
            answers, choices = sure >= ANSWER_FROM, sure >= CHOICES_FROM
            others = " ".join(
                f"{kind} {(of[kind] >= ANSWER_FROM).mean():.3f}/{(of[kind] >= CHOICES_FROM).mean():.3f}"
                for kind in ("chat", "removed", "elsewhere")
                if len(of[kind])
            )
            chat = roc_auc_score(np.r_[np.ones(len(sure)), np.zeros(len(of["chat"]))], np.r_[sure, of["chat"]])
            print(
                f"{'warm' if warm else 'cold'} {size or 'all':>4}  {right.mean():.3f} {roc_auc_score(right, sure):.3f} "
                f"{right[top].mean():.3f}; {answers.mean():.2f} {right[answers].mean():.3f}; {choices.mean():.2f} "
                f"{offered[choices].mean():.3f} | chat AUROC {chat:.3f} {others}"
            )


def main(argv: Sequence[str] | None = None) -> int:
    """Fit both tiers and report."""
    parser = argparse.ArgumentParser(description="Fit and check when the bot answers by itself.")
    parser.add_argument("--data", type=Path, required=True, help="a retrieval set with oos_chitchat.jsonl")
    parser.add_argument("--model", default="default", help="as EMBEDDING_MODEL")
    parser.add_argument("--cache", type=Path, help="where vectors are remembered between runs")
    options = parser.parse_args(argv)
    data = RetrievalSet.read(options.data)
    embedder = remembering_embedder(options.model, options.cache, os.cpu_count() or 1)
    for tier, used in ((SEMANTIC, Signals._fields), (ADAPTED, Signals._fields), (LEXICAL, ("lead", "stand"))):
        found = list(samples(data, embedder, tier))
        report(found, fit(found, tier, used))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
