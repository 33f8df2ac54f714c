"""How sure is sure: the stated confidence of answers, put right by what people clicked.

The constants in `ai.answer` are learnt from one base of questions. Another company's articles are closer to each other
or farther apart, and its customers ask otherwise; what its agents and customers accept and reject shows by how much the
stated certainty is to be stretched and moved. Two numbers only, and held to "no change": some hundreds of clicks are
not many.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize

from ai.answer import Calibration, Signals, probability

#: fewer clicks say nothing reliable
LEAST_CLICKS = 200
#: how strongly slope and shift are held to 1 and 0
_PRIOR = 4.0


class Click(NamedTuple):
    """What the search said of a question, and whether its first article was the right one."""

    seen: Signals
    is_right: bool


def refitted(clicks: Sequence[Click], start: Calibration) -> Calibration:
    """The constants with the slope and shift under which the clicks are most probable; `start` where they are few."""
    right = np.array([click.is_right for click in clicks], float)
    if len(clicks) < LEAST_CLICKS or not 0 < right.sum() < len(right):
        return start
    plain = start._replace(slope=1.0, shift=0.0, ceiling=1.0)
    said = np.clip([probability(click.seen, plain) for click in clicks], 1e-9, 1 - 1e-9)
    certainty = np.log(said / (1 - said))

    def loss(values: np.ndarray) -> float:
        slope, shift = values
        moved = slope * certainty + shift
        surprise = np.logaddexp(0, np.where(right > 0, -moved, moved)).sum()
        return float(surprise + _PRIOR * ((slope - 1) ** 2 + shift**2))

    found = minimize(loss, np.array([1.0, 0.0]), method="L-BFGS-B", bounds=((0.1, 5.0), (-6.0, 6.0)))
    return start._replace(slope=round(float(found.x[0]), 4), shift=round(float(found.x[1]), 4))
