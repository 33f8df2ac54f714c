"""Which articles a question is about in equal measure: of these it is asked which one is meant (AI-1)."""

from collections.abc import Sequence

from ai.answer import LEXICAL, Calibration, signals
from ai.index import Hit

#: more than these are a list to look through, no question
MOST = 3
#: the next one stays so many times as far behind as those that tie are from each other, at most
BEHIND = 2.0


def tied(hits: Sequence[Hit], calibration: Calibration) -> int:
    """How many of the first hits are equally near to a question, and nearer than all others: 2, 3, or 0 for no tie."""
    is_lexical = bool(hits) and hits[0].dense is None
    calibration = LEXICAL if is_lexical else calibration
    if len(hits) < 2 or signals(hits, calibration).nearness < calibration.gate:
        return 0
    scores = [hit.lexical if is_lexical else hit.score for hit in hits[: MOST + 2]]
    leads = [(scores[0] - score) / (1 - calibration.background) for score in scores]
    count = sum(lead < calibration.tie for lead in leads)
    if not 2 <= count <= MOST:
        return 0
    return count if count == len(leads) or leads[count] >= BEHIND * calibration.tie else 0
