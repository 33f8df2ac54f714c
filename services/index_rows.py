"""Articles as the index gets them: read a few at a time, made into entries on a native thread."""

import hashlib
import logging
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from sqlalchemy import Row, select

from ai.articles import Piece, PieceKind, make_entry, pieces_of
from ai.segment import Entry
from app.extensions import db
from models.knowledge import Article, ArticleStatus, ArticleVector
from services.markdown import to_text

logger = logging.getLogger(__name__)

#: articles read at a time: a query on SQLite stops everybody else for as long as it takes
READ = 50
#: articles whose numbers alone are read at a time
COMPARED = 1000

_COLUMNS = (
    Article.id,
    Article.index_version,
    Article.status,
    Article.deleted,
    Article.title,
    Article.body,
    Article.phrasings,
    Article.index_error,
)


class Changes(NamedTuple):
    """Some articles as the database has them, in the order in which they were changed."""

    articles: Sequence[Row]
    #: (article's id, part, hash of the text, vector)
    vectors: Sequence[Row]

    @property
    def version(self) -> int:
        return self.articles[-1].index_version


class Taken(NamedTuple):
    """What is to be done to an index."""

    entries: list[Entry]
    gone: list[int]
    #: articles with a vector that cannot be one of this model
    damaged: list[int]


def changed_since(version: int, model: str, limit: int = READ) -> Changes | None:
    """The next articles of the bound company that were changed after a version; None when there are none."""
    return _read(Article.index_version > version, model, limit)


def these(ids: Iterable[int], model: str) -> Changes | None:
    """Certain articles of the bound company."""
    return _read(Article.id.in_(list(ids)), model, None)


def _read(condition, model: str, limit: int | None) -> Changes | None:
    articles = db.session.execute(
        select(*_COLUMNS)
        .where(condition)
        .order_by(Article.index_version)
        .limit(limit)
        .execution_options(include_deleted=True)
    ).all()
    if not articles:
        return None
    living = [row.id for row in articles if _is_searchable(row)]
    vectors = []
    if model and living:
        columns = (ArticleVector.article_id, ArticleVector.part, ArticleVector.text_hash, ArticleVector.vector)
        vectors = db.session.execute(
            select(*columns).where(ArticleVector.article_id.in_(living), ArticleVector.model == model)
        ).all()
    return Changes(articles, vectors)


def entries_of(changes: Changes, dim: int) -> Taken:
    """Takes CPU: call it through `offload`."""
    stored: dict[int, dict[str, Row]] = {}
    for row in changes.vectors:
        stored.setdefault(row.article_id, {})[row.part] = row
    entries, gone, damaged = [], [], []
    for article in changes.articles:
        if not _is_searchable(article):
            gone.append(article.id)
            continue
        known = stored.get(article.id, {})
        if any(len(row.vector) != 4 * dim for row in known.values()):
            damaged.append(article.id)
            known = {}
        entries.append(_entry(article, known))
    return Taken(entries, gone, damaged)


def versions_of_searchable(until: int) -> Iterable[dict[int, int]]:
    """{article: version} of all that is to be found, as of a version, some at a time."""
    last = 0
    while True:
        rows = db.session.execute(
            select(Article.id, Article.index_version)
            .where(Article.status == ArticleStatus.published, Article.index_version <= until, Article.id > last)
            .order_by(Article.id)
            .limit(COMPARED)
        ).all()
        if not rows:
            return
        last = rows[-1].id
        yield {row.id: row.index_version for row in rows}


def without_vectors(changes: Changes, also_failed: bool = False) -> list[int]:
    """Which of some articles should have vectors and lack one; those that could not be given some before are left out
    unless they are asked for. Takes CPU: call it through `offload`.
    """
    known = {(row.article_id, row.part): row.text_hash for row in changes.vectors}
    return [
        article.id
        for article in changes.articles
        if _is_searchable(article)
        and (also_failed or not article.index_error)
        and any(known.get((article.id, part_of(piece))) != hash_of(piece.text) for piece in pieces(article))
    ]


def pieces(article) -> list[Piece]:
    """What of an article, or of anything with its title, body and phrasings, gets a vector."""
    return pieces_of(article.title, to_text(article.body), article.phrasings or [])


def part_of(piece: Piece) -> str:
    """What a vector's row calls its piece."""
    return f"{piece.kind.value}:{piece.position}"


def hash_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _is_searchable(article: Row) -> bool:
    return article.status is ArticleStatus.published and not article.deleted


def _entry(article: Row, stored: dict[str, Row]) -> Entry:
    """With vectors only when its pieces have those of their present text; until then found by words.

    The stretches of its body may come later: an earlier release made fewer of them.
    """
    body, phrasings = to_text(article.body), article.phrasings or []
    every = pieces_of(article.title, body, phrasings)
    whole = [piece for piece in every if piece.kind is not PieceKind.chunk]
    vectors = None
    for wanted in (every, whole):
        rows = [stored.get(part_of(piece)) for piece in wanted]
        if all(row and row.text_hash == hash_of(piece.text) for row, piece in zip(rows, wanted, strict=True)):
            vectors = np.stack([np.frombuffer(row.vector, "<f4") for row in rows])
            break
    return make_entry(article.id, article.index_version, article.title, body, phrasings, vectors)
