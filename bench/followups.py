"""How well messages that lean on what was said are told from others; fits the weights of `ai.followup`.

    python -m bench.followups [--fit]

Learned on the odd lines of the hand-made set, reported on the even ones.
"""

import argparse
from pathlib import Path

import numpy as np

from ai import followup

CASES = Path(__file__).parent.parent / "tests" / "data" / "followups.tsv"


def cases() -> list[tuple[str, str]]:
    """(f or n, message) in the file's order."""
    lines = CASES.read_text(encoding="utf-8").splitlines()
    return [(kind, text) for kind, _, text in (line.partition("\t") for line in lines)]


def fit(rows: list[tuple[str, str]], decay: float = 0.02, steps: int = 4000) -> tuple[float, dict[str, float]]:
    """Logistic regression with weight decay: (bias, weights)."""
    names = list(followup.features("x"))
    seen = np.array([[1.0, *followup.features(text).values()] for _, text in rows])
    wanted = np.array([float(kind == "f") for kind, _ in rows])
    weights = np.zeros(len(names) + 1)
    for _ in range(steps):
        gap = 1 / (1 + np.exp(-seen @ weights)) - wanted
        weights -= 0.5 * (seen.T @ gap / len(rows) + decay * np.r_[0, weights[1:]])
    return float(weights[0]), dict(zip(names, weights[1:].round(2).tolist(), strict=True))


def report(rows: list[tuple[str, str]]) -> None:
    for kind, name in (("f", "leaning"), ("n", "by themselves")):
        mine = [followup.leaning(text) for told, text in rows if told == kind]
        print(f"{name:>14}: " + ", ".join(f"{lean} {mine.count(lean)}" for lean in followup.Leaning))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fit", action="store_true", help="print weights fitted on the odd lines")
    rows = cases()
    if parser.parse_args().fit:
        print(*fit(rows[::2]))
    report(rows[1::2])
    for kind, text in rows:
        lean = followup.leaning(text)
        if (kind == "f") != (lean is not followup.Leaning.none):
            print("other than meant:", kind, lean, text, followup.features(text))


if __name__ == "__main__":
    main()
