"""The figures by which rankings, labels and probabilities are judged; plain numpy, nothing to be installed."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.stats import rankdata

DEPTH = 10
#: into how many equal steps probabilities are sorted to see whether they come true
STEPS = 10


class Ranking(NamedTuple):
    """The usual figures of a ranking, averaged over questions."""

    recall_1: float
    recall_5: float
    mrr_10: float
    ndcg_10: float

    def __str__(self) -> str:
        return " / ".join(f"{value:.3f}" for value in self)


def ranking(runs: Sequence[Sequence[int]], relevant: Sequence[frozenset[int]]) -> Ranking:
    """The figures of some rankings against what is relevant for each question."""
    rows = []
    for run, wanted in zip(runs, relevant, strict=True):
        ranks = [rank for rank, key in enumerate(run[:DEPTH]) if key in wanted]
        ideal = sum(1 / np.log2(rank + 2) for rank in range(min(len(wanted), DEPTH)))
        gain = sum(1 / np.log2(rank + 2) for rank in ranks)
        first = ranks[0] if ranks else DEPTH
        rows.append((first == 0, first < 5, 1 / (first + 1) if first < DEPTH else 0.0, gain / ideal))
    return Ranking(*np.mean(np.array(rows, float), axis=0))


def auroc(higher: np.ndarray, lower: np.ndarray) -> float:
    """How often one of the first is above one of the second; 0.5 is chance."""
    if not len(higher) or not len(lower):
        return float("nan")
    ranks = rankdata(np.concatenate([higher, lower]))[: len(higher)]
    return float((ranks.sum() - len(higher) * (len(higher) + 1) / 2) / (len(higher) * len(lower)))


def right_at(confidence: np.ndarray, right: np.ndarray, coverage: float) -> float:
    """The share of right ones among the surest `coverage` of all."""
    best = np.argsort(-confidence, kind="stable")[: max(round(coverage * len(confidence)), 1)]
    return float(right[best].mean())


def calibration_error(confidence: np.ndarray, right: np.ndarray) -> float:
    """How far stated probabilities are from what came true, on average (ECE)."""
    steps = np.minimum((confidence * STEPS).astype(int), STEPS - 1)
    return float(
        sum(
            abs(confidence[steps == step].mean() - right[steps == step].mean()) * (steps == step).mean()
            for step in np.unique(steps)
        )
    )


def macro_f1(truth: Sequence[str], said: Sequence[str]) -> float:
    """The mean of the labels' F1: rare labels count as much as frequent ones."""
    truth, said = np.array(truth), np.array(said)
    scores = []
    for label in np.union1d(truth, said):
        both = np.count_nonzero((truth == label) & (said == label))
        scores.append(2 * both / (np.count_nonzero(truth == label) + np.count_nonzero(said == label)))
    return float(np.mean(scores))
