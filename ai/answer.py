"""Is there an answer, and which sentences are it.

`decide` passes two gates. The first asks whether the question is about us at all: how near the best
article is to it. The second asks whether we are sure which article it is: a logistic over the nearness
and over how far the best article stands out from the next ones. Then either the article answers, or a few are
offered to choose from, or neither, and a person takes over.

`extract` quotes: what it returns is always a stretch of the article, unchanged.
"""

import math
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import NamedTuple

import numpy as np

from ai.index import Hit
from ai.model import DEFAULT_MODEL_NAME, Embedder
from ai.text import STOP_WORDS, char_terms, normalise, sentence_spans
from ai.vectors import LinearTransform

#: How many hits `decide` wants to see; fewer are fine where there are no more.
DECISION_HITS = 6
#: From this probability of being right an article answers by itself.
ANSWER_FROM = 0.8
#: From this one the nearest articles are offered; they hold the answer far more often than the first alone.
CHOICES_FROM = 0.25
#: Of two articles that are equally near, one is right half of the time.
TIE_CONFIDENCE = 0.5


class DecisionKind(StrEnum):
    """What is said to the customer."""

    answer = "answer"
    choices = "choices"
    none = "none"


class Decision(NamedTuple):
    """What to do with a question, and the probability that the first hit answers it."""

    kind: DecisionKind
    confidence: float


class Signals(NamedTuple):
    """What a decision is made from. All near 0 for nothing and growing with certainty."""

    nearness: float  #: of the best article: 0 is an unrelated one, 1 the same words
    lead: float  #: of the best article before the second
    stand: float  #: of the best article before the mean of the next five
    is_first_by_words: float  #: 1 if it is also first by words alone, else 0


class Calibration(NamedTuple):
    """Constants fitted on real questions; `bench/confidence.py` fits and prints them."""

    background: float  #: the cosine of unrelated texts, which counts as nearness 0
    gate: float  #: least nearness of a question that is about us
    bias: float
    weights: Signals
    lone: Signals  #: stands for the leads where only one article was found
    tie: float = 0.05  #: a lead this short is a tie, and in a tie nobody answers by himself
    ceiling: float = 1.0  #: the most that is ever claimed
    #: how this company's own clicks stretch and move the certainty (see `ai.calibration`)
    slope: float = 1.0
    shift: float = 0.0


# Fitted by bench/confidence.py on the FAQ base of a bank (1,162 articles, 3,005 real questions, 1,000 of
# chit-chat): whole and in random parts of 20 to 300 articles, with and without known phrasings, also with the
# right article taken away. Learnt on one half of the articles; on the other half (range over all sizes):
#                                               semantic      lexical
#   answered by itself, of answerable questions 28 - 85 %     11 - 56 %
#     and then right                            97 - 100 %    96 - 100 %
#   answered or offered                         74 - 99 %     53 - 92 %
#     and then right or among the five          94 - 100 %    91 - 100 %
#   chit-chat answered by itself                0.1 - 1.8 %   0.2 - 2.2 %
#   right article missing, another answered     3 - 10 %      1 - 5 %
# The smaller the base, the better; known phrasings help most.
SEMANTIC = Calibration(
    background=0.78,
    gate=0.438,
    bias=-6.34,
    weights=Signals(nearness=6.84, lead=5.95, stand=8.25, is_first_by_words=0.2),
    lone=Signals(nearness=0.0, lead=0.176, stand=0.255, is_first_by_words=1.0),
)
# With an adapter (see ai.adapter) cosines are spread from about 0 to 1 instead of from 0.8 to 1.
#   answered by itself 32 - 54 %, and then right 96 - 98 %; chit-chat 0 - 1.8 %; right article missing 5 - 11 %
ADAPTED = Calibration(
    background=0.0,
    gate=0.238,
    bias=-4.95,
    weights=Signals(nearness=6.92, lead=3.67, stand=4.08, is_first_by_words=0.33),
    lone=Signals(nearness=0.0, lead=0.208, stand=0.312, is_first_by_words=1.0),
)
# Nearness by words has its say only at the gate: beside the leads it added nothing.
LEXICAL = Calibration(
    background=0.0,
    gate=0.054,
    bias=-2.02,
    weights=Signals(nearness=0.0, lead=15.13, stand=15.3, is_first_by_words=0.0),
    lone=Signals(nearness=0.0, lead=0.067, stand=0.1, is_first_by_words=1.0),
    # Words alone cannot tell "open an account" from "close an account" well enough to be certain.
    ceiling=0.9,
)

#: Sentences that have nothing to do with one another; their cosines show a model's background.
_UNRELATED = (
    "今天下午可能会下雨", "这道菜要先放盐再放糖", "他十年前在非洲修过铁路", "猫为什么喜欢睡在纸箱里",
    "二次函数的图像是抛物线", "博物馆周一闭馆", "新买的鞋子有点挤脚", "唐朝的首都是长安",
    "The train to the coast leaves at nine", "Whales are not fish", "She plays the violin every evening",
    "Concrete needs four weeks to harden",
)  # fmt: skip


def measure_background(embedder: Embedder, transform: LinearTransform | None = None) -> float:
    """The mean cosine of unrelated sentences under a model; models differ a lot (0.1 to 0.8)."""
    if embedder.name not in _unrelated:
        _unrelated[embedder.name] = embedder.encode_queries([normalise(sentence) for sentence in _UNRELATED])
    vectors = _unrelated[embedder.name]
    vectors = vectors if transform is None else transform(vectors)
    return float((vectors @ vectors.T)[np.triu_indices(len(vectors), 1)].mean())


#: the sentences' vectors, by model name: they take a moment. Two threads may compute at once and get the same.
_unrelated: dict[str, np.ndarray] = {}


def calibration_for(embedder: Embedder | None, transform: LinearTransform | None = None) -> Calibration:
    """The constants for an embedder and an adapter: the measured ones, moved to the background of these."""
    if embedder is None:
        return LEXICAL
    if transform is not None:
        return ADAPTED._replace(background=measure_background(embedder, transform))
    if embedder.name == DEFAULT_MODEL_NAME:
        return SEMANTIC
    return SEMANTIC._replace(background=measure_background(embedder))


def signals(hits: Sequence[Hit], calibration: Calibration = SEMANTIC) -> Signals:
    """What the hits of one search say about the first of them."""
    best, is_lexical = hits[0], hits[0].dense is None
    # Beside articles that have vectors, one that has none yet is still judged by words alone.
    first, *others = [hit.lexical if is_lexical else hit.score for hit in hits[:DECISION_HITS]]
    scale = 1 - calibration.background
    nearness = ((best.lexical if is_lexical else best.dense) - calibration.background) / scale
    is_first_by_words = float(best.lexical >= max(hit.lexical for hit in hits[:DECISION_HITS]))
    if not others:
        return calibration.lone._replace(nearness=nearness, is_first_by_words=is_first_by_words)
    return Signals(
        nearness=nearness,
        lead=(first - others[0]) / scale,
        stand=(first - sum(others) / len(others)) / scale,
        is_first_by_words=is_first_by_words,
    )


def probability(seen: Signals, calibration: Calibration) -> float:
    """How probably the first hit answers the question, for a question that is about us."""
    certainty = calibration.bias + sum(
        weight * signal for weight, signal in zip(calibration.weights, seen, strict=True)
    )
    certainty = calibration.slope * certainty + calibration.shift
    return calibration.ceiling / (1 + math.exp(-max(min(certainty, 50.0), -50.0)))


def confidence_of(seen: Signals, calibration: Calibration) -> float:
    """How sure we are of the first hit: both gates and the tie considered."""
    confidence = probability(seen, calibration)
    if seen.nearness < calibration.gate:
        # Not about us: standing out from articles that are no nearer proves nothing.
        return min(confidence, CHOICES_FROM / 2)
    return min(confidence, TIE_CONFIDENCE) if seen.lead < calibration.tie else confidence


def decide(question: str, hits: Sequence[Hit], calibration: Calibration | None = None) -> Decision:
    """Whether the first hit answers a question, some of the hits may, or none does.

    `hits` are those of one search, best first, DECISION_HITS of them if there are. Without `calibration`
    the bundled model's is used, and the lexical one for hits that have no vectors.
    """
    if not hits or not normalise(question):
        return Decision(DecisionKind.none, 0.0)
    if hits[0].dense is None:
        calibration = LEXICAL
    elif calibration is None:
        calibration = SEMANTIC
    confidence = confidence_of(signals(hits, calibration), calibration)
    if confidence >= ANSWER_FROM:
        return Decision(DecisionKind.answer, confidence)
    return Decision(DecisionKind.choices if confidence >= CHOICES_FROM else DecisionKind.none, confidence)


# Quoting

#: A body this short is quoted whole: cutting it would only lose something.
SHORT_BODY = 160

#: A first paragraph of this length stands by itself.
OPENING_CHARS = 24

Similarity = Callable[[Sequence[str]], Sequence[float]]


class Quote(NamedTuple):
    """A stretch of a body: text == body[start:end]."""

    text: str
    start: int
    end: int


def extract(
    question: str, title: str, body: str, max_sentences: int = 3, similarity: Similarity | None = None
) -> Quote:
    """The sentences of a body that answer a question, in one piece, exactly as written.

    A short body is quoted whole. Otherwise it is the stretch that has most of the question's words, rare ones
    counting more and those of the title less, starting where it first speaks of them; of equal ones the
    earlier. `similarity` may add the nearness of each sentence by vectors (0..1).
    """
    spans = sentence_spans(body)
    if not spans:
        return Quote("", 0, 0)
    whole = (spans[0][0], spans[-1][1])
    if len(spans) <= max_sentences or whole[1] - whole[0] <= SHORT_BODY:
        return _quote(body, *whole)
    sentences = [body[start:end] for start, end in spans]
    said = [set(char_terms(normalise(sentence))) for sentence in sentences]
    weights = _term_weights(question, title, said)
    nearness = [0.0] * len(spans) if similarity is None else list(similarity(sentences))

    own = [sum(weight for term, weight in weights.items() if term in terms) for terms in said]
    own = [words + near for words, near in zip(own, nearness, strict=True)]

    def worth(first: int) -> float:
        together = set().union(*said[first : first + max_sentences])
        covered = sum(weight for term, weight in weights.items() if term in together)
        return sum(own[first : first + max_sentences]) + covered + 0.1 / (1 + first)

    starts = [place for place in range(len(spans)) if own[place] > 0] or [0]
    first = max(starts, key=worth)
    last = min(first + max_sentences, len(spans)) - 1
    return _quote(body, spans[first][0], spans[last][1])


def opening(body: str, max_sentences: int = 3) -> Quote:
    """The first sentences of a body, to the end of a paragraph if they fill one.

    When a question is the article's own in other words (it was nearest to the title or to a known phrasing), the
    article begins with the answer; the question's words say nothing about which of its sentences that is.
    """
    spans = sentence_spans(body)[:max_sentences]
    if not spans:
        return Quote("", 0, 0)
    end = spans[0][1]
    for start, stop in spans[1:]:
        if "\n" in body[end:start] and end - spans[0][0] >= OPENING_CHARS:
            break
        end = stop
    return _quote(body, spans[0][0], end)


def _quote(body: str, start: int, end: int) -> Quote:
    return Quote(body[start:end], start, end)


def _term_weights(question: str, title: str, said: Sequence[set[str]]) -> dict[str, float]:
    """How much each of the question's terms counts, together 1."""
    known = set(char_terms(normalise(title)))
    weights = {}
    for term in set(char_terms(normalise(question))) - STOP_WORDS:
        sentences = sum(term in terms for terms in said)
        if sentences:
            rarity = math.log1p(len(said) / sentences)
            # A lone character means little, and the title's words are all over its body.
            weights[term] = rarity * (0.3 if len(term) == 1 else 1.0) * (0.5 if term in known else 1.0)
    total = sum(weights.values()) or 1.0
    return {term: weight / total for term, weight in weights.items()}
