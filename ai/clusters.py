"""Questions that mean the same, put together one after the other: each joins the group it is nearest to, or begins one.

A group is known by the sum of its questions' vectors, so it can go on tomorrow with what is asked then, and nobody has
to look at all questions again. Without a model questions are near by the characters they share.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple
from zlib import crc32

import numpy as np

from ai.answer import Calibration, calibration_for
from ai.model import Embedder
from ai.text import STOP_WORDS, char_terms, normalise

#: the name of vectors of characters, where there is no model
BY_CHARACTERS = "characters"
#: numbers of a vector of characters
DIM = 512
#: how near a question is to the middle of a group it belongs to (0 unrelated … 1 the same words)
NEAR_BY_MEANING, NEAR_BY_CHARACTERS = 0.62, 0.45


@dataclass
class Cluster:
    """A group: its number (None for a new one), the sum of its vectors, how many they are."""

    key: int | None
    total: np.ndarray
    count: int

    @property
    def middle(self) -> np.ndarray:
        return self.total / (np.linalg.norm(self.total) or 1.0)


class Space(NamedTuple):
    """Where questions lie, and how near is near there."""

    name: str
    near: float
    embedder: Embedder | None

    def vectors(self, questions: Sequence[str]) -> np.ndarray:
        """One vector of length 1 for each question."""
        if self.embedder is None:
            return np.stack([_characters(text) for text in questions])
        return np.asarray(self.embedder.encode_queries([normalise(text) for text in questions]), np.float32)


def space_of(embedder: Embedder | None) -> Space:
    """By meaning with a model; without one by characters."""
    if embedder is None:
        return Space(BY_CHARACTERS, NEAR_BY_CHARACTERS, None)
    calibration: Calibration = calibration_for(embedder)
    near = calibration.background + (1 - calibration.background) * NEAR_BY_MEANING
    return Space(embedder.name, near, embedder)


def place(vectors: np.ndarray, clusters: list[Cluster], near: float) -> list[int]:
    """For each vector the place of its group in `clusters`, which grows by new groups and counts what joins."""
    places = []
    middles = np.stack([cluster.middle for cluster in clusters]) if clusters else np.zeros((0, vectors.shape[1]))
    for vector in vectors:
        cosines = middles @ vector
        best = int(np.argmax(cosines)) if len(cosines) else -1
        if best < 0 or cosines[best] < near:
            best = len(clusters)
            clusters.append(Cluster(None, np.array(vector, np.float32), 1))
            middles = np.vstack([middles, vector[None]])
        else:
            clusters[best].total = clusters[best].total + vector
            clusters[best].count += 1
            middles[best] = clusters[best].middle
        places.append(best)
    return places


def nearest_to(middle: np.ndarray, vectors: np.ndarray) -> int:
    """Which of some vectors says best what a group is about."""
    return int(np.argmax(vectors @ middle))


def _characters(text: str) -> np.ndarray:
    vector = np.zeros(DIM, np.float32)
    for term in char_terms(normalise(text)):
        if term not in STOP_WORDS:
            vector[crc32(term.encode()) % DIM] += 1.0 if len(term) > 1 else 0.5
    return vector / (np.linalg.norm(vector) or 1.0)
