"""Which found articles are worth offering to somebody who is still typing."""

from ai.answer import Calibration
from ai.index import Hit
from ai.text import highlight_words

#: An article that has the words typed so far; below it lie those that share a character or two.
BY_WORDS = 0.2
#: One that has other words for it. For the few words of a search the nearness of unrelated articles goes up to 0.5.
BY_MEANING = 0.55


def worth_offering(query: str, hits: list[Hit], calibration: Calibration) -> list[Hit]:
    """Those near enough, by words or by meaning; none while nothing has been said but "how do I"."""
    if not highlight_words(query, query):
        return []
    return [hit for hit in hits if hit.lexical >= BY_WORDS or _nearness(hit, calibration) >= BY_MEANING]


def worth_reading(question: str, hits: list[Hit], calibration: Calibration) -> list[Hit]:
    """The same for what somebody says in a sentence: words in common are not enough, it must be about the matter."""
    about = [hit for hit in hits if hit.dense is None or _nearness(hit, calibration) >= calibration.gate]
    return worth_offering(question, about, calibration)


def _nearness(hit: Hit, calibration: Calibration) -> float:
    if hit.dense is None:
        return 0.0
    return (hit.dense - calibration.background) / (1 - calibration.background)
