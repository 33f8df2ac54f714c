"""Which of a company's labels a text most probably has: its problem type, its priority, its department.

A linear model over two views of a text: its characters, pairs and triples weighted by rarity, and its sentence
vector. Words tell apart what is often seen, vectors carry a few examples to other words for the same thing. It is
trained in seconds on a processor, from what people of the company corrected and confirmed, and it says how sure it
is: its scores become probabilities by a softmax that was tempered on texts that it had not seen.

There are two manners of learning, and which one serves is decided on texts held back. Few examples, or labels that
differ in what is meant, want vectors and a logistic loss; many examples of labels that have words of their own
(departments, kinds of complaints) want words and wide margins, as of a support vector machine for each label.

Measured by bench/retrieval.py on sets of intents, domains, complaints and departments.
"""

import io
import json
import math
import zipfile
import zlib
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize
from scipy.sparse import csr_matrix

from ai.model import Embedder
from ai.text import normalise

FORMAT = 2
#: of long texts the beginning says what they are about
MAX_TEXT = 250
#: features and texts beyond these cost time and memory and bring nothing
MAX_TERMS, MAX_TEXTS = 60_000, 20_000
#: so many texts at least show, held back, how sure the model may be
LEAST_TO_TEMPER = 40
#: from so many examples of a label, on average, words are worth trying; a third of them tells whether it helped
LEAST_FOR_WORDS = 20
_PAIR_SHIFT, _TRIPLE_SHIFT = 21, 42


class TooFewExamples(ValueError):
    """There is nothing to tell apart: fewer than two labels, or fewer than two texts of any of them."""


class _Manner(NamedTuple):
    """A way of learning."""

    #: how far vectors count beside words: they lie close together, their differences from the mean are small numbers
    meaning: float
    #: how much an example weighs against the wish for small weights
    fitting: float
    #: squared hinge of each label against all others, instead of the logistic loss of all together
    has_margin: bool


_BY_MEANING = _Manner(meaning=3.0, fitting=20.0, has_margin=False)
_BY_WORDS = _Manner(meaning=1.5, fitting=1.0, has_margin=True)


class Guess(NamedTuple):
    """A label and how probable it is."""

    label: str
    probability: float


class Classifier:
    """A trained model. It never changes; any thread may ask it."""

    def __init__(self, labels: tuple[str, ...], words: "_Words", weights: "_Weights", embedder: Embedder | None):
        self.labels = labels
        self._words, self._weights, self._embedder = words, weights, embedder

    @property
    def model_name(self) -> str:
        """By which embedding model it was trained; empty for words alone. It can be used with no other."""
        return self._weights.model

    def predict(self, text: str, vector: np.ndarray | None = None) -> list[Guess]:
        """All labels, the most probable first; `vector` spares embedding a text that was embedded as a question."""
        vectors = None if vector is None else np.asarray(vector, np.float32)[None, :]
        chances = self.probabilities([text], vectors)[0]
        return [Guess(self.labels[place], float(chances[place])) for place in np.argsort(-chances, kind="stable")]

    def probabilities(self, texts: Sequence[str], vectors: np.ndarray | None = None) -> np.ndarray:
        """float64 [texts, labels]: what `predict` says of each of many texts, in the order of `labels`."""
        if not len(texts):
            return np.empty((0, len(self.labels)))
        if self._weights.model and vectors is None:
            vectors = _embedded(self._embedder, texts)
        return _softmax(self._weights.scores(self._words.matrix(texts), vectors) / self._weights.temperature)

    def to_bytes(self) -> bytes:
        """Everything of it but the embedding model, for the database: plain arrays, nothing that is executed."""
        weights = self._weights
        arrays = {
            "terms": self._words.terms,
            "rarity": self._words.rarity,
            "of_terms": weights.of_terms.astype(np.float16),
            "of_vector": weights.of_vector.astype(np.float16),
            "bias": weights.bias,
            "mean": weights.mean,
        }
        about = {
            "format": FORMAT,
            "labels": self.labels,
            "model": weights.model,
            "temperature": weights.temperature,
        }
        buffer = io.BytesIO()
        np.savez_compressed(buffer, about=np.frombuffer(json.dumps(about).encode(), np.uint8), **arrays)
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes, embedder: Embedder | None) -> "Classifier":
        """The stored model. Raises ValueError for what is none, or one that another embedding model belongs to."""
        try:
            with np.load(io.BytesIO(data), allow_pickle=False) as archive:
                arrays = dict(archive)
            about = json.loads(arrays["about"].tobytes())
            if about["format"] != FORMAT:
                raise ValueError(f"format {about['format']}, this program reads {FORMAT}")
            weights = _Weights(
                of_terms=arrays["of_terms"].astype(np.float32),
                of_vector=arrays["of_vector"].astype(np.float32),
                bias=arrays["bias"],
                mean=arrays["mean"],
                temperature=float(about["temperature"]),
                model=str(about["model"]),
            )
            words = _Words(arrays["terms"], arrays["rarity"])
            labels = tuple(map(str, about["labels"]))
            weights.check(len(words.terms), len(labels))
        except (KeyError, TypeError, OSError, EOFError, zipfile.BadZipFile, zlib.error) as error:
            raise ValueError(f"not a stored classifier: {type(error).__name__}: {error}") from error
        if weights.model and (embedder is None or embedder.name != weights.model):
            raise ValueError(f"it was trained with the embedding model {weights.model!r}")
        return cls(labels, words, weights, embedder)


def train(texts: Sequence[str], labels: Sequence[str], embedder: Embedder | None) -> Classifier:
    """Learn from examples; texts and labels in pairs, the newest last. Without an embedder from words alone.

    Takes seconds of processor time: run it in a worker or a native thread. Raises TooFewExamples.
    """
    texts, labels = list(texts)[-MAX_TEXTS:], list(labels)[-MAX_TEXTS:]
    vectors = None if embedder is None else _embedded(embedder, texts)
    return train_on_vectors(texts, labels, vectors, embedder)


def train_on_vectors(
    texts: Sequence[str], labels: Sequence[str], vectors: np.ndarray | None, embedder: Embedder | None
) -> Classifier:
    """The same where the texts have been embedded already, as questions."""
    names, wanted = np.unique(np.array(labels, dtype=str), return_inverse=True)
    if len(names) < 2 or np.bincount(wanted).max(initial=0) < 2:
        raise TooFewExamples(f"{len(texts)} texts of {len(names)} labels")
    words = _Words.of(texts)
    model = "" if embedder is None else embedder.name
    examples = _Examples(words.matrix(texts), vectors, wanted, len(names), model)
    manner, temperature = _BY_MEANING, 1.0
    if len(texts) >= LEAST_TO_TEMPER:
        manner, temperature = _chosen(examples)
    weights = _fitted(examples, manner)._replace(temperature=temperature)
    return Classifier(tuple(names.tolist()), words, weights, embedder)


def folds_of(labels: Sequence[str], count: int, seed: int = 5) -> np.ndarray:
    """Which of `count` equal parts each example belongs to, each label spread evenly: for honest comparisons."""
    parts = np.empty(len(labels), np.int64)
    wanted = np.unique(np.array(labels, dtype=str), return_inverse=True)[1]
    draw, start = np.random.default_rng(seed), 0
    for label in range(wanted.max(initial=-1) + 1):
        places = draw.permutation(np.flatnonzero(wanted == label))
        parts[places] = (np.arange(len(places)) + start) % count
        start += len(places)
    return parts


class _Words(NamedTuple):
    """The characters, pairs and triples that count, and how rare they are."""

    terms: np.ndarray  #: int64 [v], ascending
    rarity: np.ndarray  #: float32 [v]

    @classmethod
    def of(cls, texts: Sequence[str]) -> "_Words":
        found = [np.unique(_terms(text)) for text in texts]
        terms, counts = np.unique(np.concatenate(found), return_counts=True)
        # What one text alone has says nothing about others; of a few texts every word is welcome.
        seen = counts >= (2 if len(texts) >= 200 else 1)
        if seen.sum() > MAX_TERMS:
            seen &= counts >= np.partition(counts, -MAX_TERMS)[-MAX_TERMS]
        rarity = np.log((1 + len(texts)) / (1 + counts[seen])) + 1
        return cls(terms[seen], rarity.astype(np.float32))

    def matrix(self, texts: Sequence[str]) -> csr_matrix:
        """Each text as a row of length one over the terms."""
        rows, columns, values = [], [], []
        for row, text in enumerate(texts):
            codes, counts = np.unique(_terms(text), return_counts=True)
            places = np.minimum(np.searchsorted(self.terms, codes), max(len(self.terms) - 1, 0))
            known = self.terms[places] == codes if len(self.terms) else np.zeros(len(codes), bool)
            places, counts = places[known], counts[known]
            weighted = (1 + np.log(counts)) * self.rarity[places]
            length = np.linalg.norm(weighted)
            rows.append(np.full(len(places), row))
            columns.append(places)
            values.append(weighted / length if length else weighted)
        return csr_matrix(
            (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))),
            shape=(len(texts), len(self.terms)),
            dtype=np.float32,
        )


def _terms(text: str) -> np.ndarray:
    """Characters, pairs and triples of a text as numbers, repetitions kept."""
    points = np.frombuffer(normalise(text)[:MAX_TEXT].encode("utf-32-le"), "<u4").astype(np.int64)
    pairs = (points[:-1] << _PAIR_SHIFT) | points[1:]
    return np.concatenate([points, pairs, (points[:-2] << _TRIPLE_SHIFT) | pairs[1:]])


class _Weights(NamedTuple):
    """What was learnt."""

    of_terms: np.ndarray  #: float32 [v, labels]
    of_vector: np.ndarray  #: float32 [dim, labels]; no row without an embedding model
    bias: np.ndarray  #: float32 [labels]
    mean: np.ndarray  #: float32 [dim]
    temperature: float
    model: str

    def scores(self, counted: csr_matrix, vectors: np.ndarray | None) -> np.ndarray:
        scores = counted @ self.of_terms + self.bias
        return scores if vectors is None else scores + (vectors - self.mean) @ self.of_vector

    def check(self, terms: int, labels: int) -> None:
        """Raise ValueError unless the arrays fit together."""
        fits = (
            self.of_terms.shape == (terms, labels)
            and self.of_vector.shape == (len(self.mean), labels)
            and self.bias.shape == (labels,)
            and self.temperature > 0
            and bool(self.model) == bool(len(self.mean))
        )
        if not fits:
            raise ValueError("the arrays of a stored classifier do not fit together")


class _Examples(NamedTuple):
    """What is learnt from."""

    counted: csr_matrix
    vectors: np.ndarray | None
    wanted: np.ndarray  #: the label of each, as a number
    labels: int
    model: str

    def where(self, chosen: np.ndarray) -> "_Examples":
        vectors = None if self.vectors is None else self.vectors[chosen]
        return self._replace(counted=self.counted[chosen], vectors=vectors, wanted=self.wanted[chosen])


def _chosen(examples: _Examples) -> tuple[_Manner, float]:
    """The manner that does better on examples held back, and by how much its scores are to be divided so that the
    probabilities come true there."""
    held = folds_of(examples.wanted.astype(str), 3) == 0
    learnt, asked = examples.where(~held), examples.where(held)

    def tried(manner: _Manner) -> np.ndarray:
        return _fitted(learnt, manner).scores(asked.counted, asked.vectors)

    scores = tried(_BY_MEANING)
    if len(examples.wanted) >= LEAST_FOR_WORDS * examples.labels:
        by_words = tried(_BY_WORDS)
        right, right_by_words = ((one.argmax(axis=1) == asked.wanted) for one in (scores, by_words))
        # by more than chance would have it: the logistic loss knows better how sure it is
        if right_by_words.sum() - right.sum() > math.sqrt((right != right_by_words).sum()):
            return _BY_WORDS, _temperature(by_words, asked.wanted)
    return _BY_MEANING, _temperature(scores, asked.wanted)


def _temperature(scores: np.ndarray, truth: np.ndarray) -> float:
    """What to divide these scores by so that their probabilities come true."""

    def surprise(temperature: float) -> float:
        chances = _softmax(scores / temperature)[np.arange(len(truth)), truth]
        return float(-np.log(np.maximum(chances, 1e-12)).sum())

    return float(min(np.geomspace(1 / 32, 8, 97), key=surprise))


def _fitted(examples: _Examples, manner: _Manner) -> _Weights:
    """The weights with the least loss on examples."""
    counted, vectors, wanted, labels, model = examples
    mean = np.zeros(0, np.float32) if vectors is None else vectors.mean(axis=0).astype(np.float32)
    dense = np.zeros((len(wanted), 0), np.float32) if vectors is None else manner.meaning * (vectors - mean)
    terms, width = counted.shape[1], counted.shape[1] + dense.shape[1]
    transposed = counted.T.tocsr()
    loss_of = _margins if manner.has_margin else _surprise

    def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
        weights = flat.reshape(width + 1, labels).astype(np.float32)
        lost, wrong = loss_of(counted @ weights[:terms] + dense @ weights[terms:width] + weights[width], wanted)
        wrong = (wrong * manner.fitting).astype(np.float32)
        slope = np.concatenate([transposed @ wrong, dense.T @ wrong, wrong.sum(axis=0)[None, :]])
        slope[:width] += weights[:width]
        total = manner.fitting * lost + 0.5 * float((weights[:width].astype(np.float64) ** 2).sum())
        return total, slope.astype(np.float64).ravel()

    found = minimize(
        loss,
        np.zeros((width + 1) * labels),
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": 120, "maxcor": 6, "ftol": 1e-6},
    )
    weights = found.x.reshape(width + 1, labels).astype(np.float32)
    return _Weights(weights[:terms], manner.meaning * weights[terms:width], weights[width], mean, 1.0, model)


def _surprise(scores: np.ndarray, wanted: np.ndarray) -> tuple[float, np.ndarray]:
    """The logistic loss, and how it changes with each score."""
    chances, rows = _softmax(scores), np.arange(len(wanted))
    lost = -np.log(np.maximum(chances[rows, wanted], 1e-12)).sum()
    chances[rows, wanted] -= 1
    return float(lost), chances


def _margins(scores: np.ndarray, wanted: np.ndarray) -> tuple[float, np.ndarray]:
    """The squared hinge loss of each label against all others, and how it changes with each score."""
    sign = np.full(scores.shape, -1, np.float32)
    sign[np.arange(len(wanted)), wanted] = 1
    missing = np.maximum(0, 1 - sign * scores)
    return float((missing.astype(np.float64) ** 2).sum()), -2 * sign * missing


def _embedded(embedder: Embedder, texts: Sequence[str]) -> np.ndarray:
    return embedder.encode_queries([normalise(text)[:MAX_TEXT] for text in texts])


def _softmax(scores: np.ndarray) -> np.ndarray:
    raised = np.exp(scores - scores.max(axis=1, keepdims=True))
    return raised / raised.sum(axis=1, keepdims=True)
