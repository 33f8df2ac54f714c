"""Which of a company's labels a text most probably has: its problem type, its priority, its department.

A linear model over two views of a text: its characters, pairs and triples weighted by rarity, and its sentence
vector. Words tell apart what is often seen, vectors carry a few examples to other words for the same thing. It is
trained in seconds on a processor, from what people of the company corrected and confirmed, and it says how sure it
is: the probabilities are those of a logistic model, tempered on texts that it had not seen.

Measured by bench/retrieval.py on sets of intents, domains, complaints and departments.
"""

import io
import json
import zipfile
import zlib
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize
from scipy.sparse import csr_matrix

from ai.model import Embedder
from ai.text import normalise

FORMAT = 1
#: of long texts the beginning says what they are about
MAX_TEXT = 250
#: features and texts beyond these cost time and memory and bring nothing
MAX_TERMS, MAX_TEXTS = 60_000, 20_000
#: how far the two views count: vectors lie close together, so their differences from the mean are small numbers
MEANING = 3.0
#: how much an example weighs against the wish for small weights
FITTING = 20.0
#: so many texts at least show, held back, how sure the model may be
LEAST_TO_TEMPER = 40
_PAIR_SHIFT, _TRIPLE_SHIFT = 21, 42


class TooFewExamples(ValueError):
    """There is nothing to tell apart: fewer than two labels, or fewer than two texts of any of them."""


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
    counted = words.matrix(texts)
    model = "" if embedder is None else embedder.name
    weights = _fitted(counted, vectors, wanted, len(names), model)
    if len(texts) >= LEAST_TO_TEMPER:
        weights = weights._replace(temperature=_temperature(counted, vectors, wanted, len(names), model))
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
        return scores if vectors is None else scores + MEANING * (vectors - self.mean) @ self.of_vector

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


def _fitted(counted: csr_matrix, vectors: np.ndarray | None, wanted: np.ndarray, labels: int, model: str) -> _Weights:
    """The weights of the logistic model with the least loss on examples."""
    mean = np.zeros(0, np.float32) if vectors is None else vectors.mean(axis=0).astype(np.float32)
    dense = np.zeros((len(wanted), 0), np.float32) if vectors is None else MEANING * (vectors - mean)
    terms, width = counted.shape[1], counted.shape[1] + dense.shape[1]
    transposed = counted.T.tocsr()
    truth = np.zeros((len(wanted), labels), np.float32)
    truth[np.arange(len(wanted)), wanted] = 1

    def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
        weights = flat.reshape(width + 1, labels).astype(np.float32)
        chances = _softmax(counted @ weights[:terms] + dense @ weights[terms:width] + weights[width])
        surprise = -np.log(np.maximum(chances[np.arange(len(wanted)), wanted], 1e-12)).sum()
        wrong = ((chances - truth) * FITTING).astype(np.float32)
        slope = np.concatenate([transposed @ wrong, dense.T @ wrong, wrong.sum(axis=0)[None, :]])
        slope[:width] += weights[:width]
        total = FITTING * float(surprise) + 0.5 * float((weights[:width].astype(np.float64) ** 2).sum())
        return total, slope.astype(np.float64).ravel()

    found = minimize(
        loss,
        np.zeros((width + 1) * labels),
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": 120, "maxcor": 6, "ftol": 1e-6},
    )
    weights = found.x.reshape(width + 1, labels).astype(np.float32)
    return _Weights(weights[:terms], weights[terms:width], weights[width], mean, 1.0, model)


def _temperature(counted: csr_matrix, vectors: np.ndarray | None, wanted: np.ndarray, labels: int, model: str) -> float:
    """By how much the scores are to be divided so that the probabilities come true on texts held back."""
    held = folds_of(wanted.astype(str), 3) == 0
    learnt, asked = (None, None) if vectors is None else (vectors[~held], vectors[held])
    weights = _fitted(counted[~held], learnt, wanted[~held], labels, model)
    scores, truth = weights.scores(counted[held], asked), wanted[held]

    def surprise(temperature: float) -> float:
        chances = _softmax(scores / temperature)[np.arange(len(truth)), truth]
        return float(-np.log(np.maximum(chances, 1e-12)).sum())

    return float(min(np.geomspace(0.25, 8, 61), key=surprise))


def _embedded(embedder: Embedder, texts: Sequence[str]) -> np.ndarray:
    return embedder.encode_queries([normalise(text)[:MAX_TEXT] for text in texts])


def _softmax(scores: np.ndarray) -> np.ndarray:
    raised = np.exp(scores - scores.max(axis=1, keepdims=True))
    return raised / raised.sum(axis=1, keepdims=True)
