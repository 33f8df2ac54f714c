"""How well moods are told from words; fits the light model of `ai.mood`.

    python -m bench.moods [--fit]

Learned on the first half of each mood's sentences in the hand-made set, reported on the second one.
"""

import argparse
import time
from collections import Counter
from pathlib import Path

import numpy as np

from ai import mood

CASES = Path(__file__).parent.parent / "tests" / "data" / "moods.tsv"


def halves() -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """(mood, message) to learn from, and to be judged by: alternately, mood by mood."""
    seen: Counter = Counter()
    parts: tuple[list, list] = ([], [])
    for line in CASES.read_text(encoding="utf-8").splitlines():
        kind, _, text = line.partition("\t")
        parts[seen[kind] % 2].append((kind, text))
        seen[kind] += 1
    return parts


def fit(rows: list[tuple[str, str]], decay: float = 0.003, steps: int = 6000) -> np.ndarray:
    """Multinomial logistic regression with weight decay: a row per feature, a column per mood."""
    names = list(mood.Mood)
    seen = np.array([[1.0, *mood.features(text).values()] for _, text in rows])
    wanted = np.array([[float(kind == name) for name in names] for kind, _ in rows])
    weights = np.zeros((seen.shape[1], len(names)))
    for _ in range(steps):
        odds = np.exp(seen @ weights)
        odds /= odds.sum(axis=1, keepdims=True)
        weights -= 0.5 * (seen.T @ (odds - wanted) / len(rows) + decay * weights)
    return weights.round(2)


def report(rows: list[tuple[str, str]]) -> float:
    """Prints who is taken for what; the share that is right."""
    told = Counter((kind, mood.hear(text).mood.value) for kind, text in rows)
    names = [name.value for name in mood.Mood]
    print(f"{'':>10}" + "".join(f"{name:>10}" for name in names))
    for kind in names:
        print(f"{kind:>10}" + "".join(f"{told[kind, name]:>10}" for name in names))
    return sum(told[name, name] for name in names) / len(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fit", action="store_true", help="print the model fitted on the first half")
    learn, judge = halves()
    if parser.parse_args().fit:
        for name, row in zip(("bias", *mood.features("x")), fit(learn).tolist(), strict=True):
            print(f'    "{name}": ({", ".join(f"{weight:.2f}" for weight in row)}),')
        return
    print(f"right: {report(learn):.3f} of those learned from")
    print(f"right: {report(judge):.3f} of the others")
    texts = [text for _, text in judge]
    began = time.perf_counter()
    for text in texts * 20:
        mood.hear(text)
    print(f"{(time.perf_counter() - began) / len(texts) / 20 * 1e6:.0f} µs a message")
    for kind, text in [*learn, *judge]:
        heard = mood.hear(text)
        if heard.mood != kind:
            print("other than meant:", kind, heard.mood.value, f"{heard.probability:.2f}", text)


if __name__ == "__main__":
    main()
