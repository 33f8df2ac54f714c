"""Vectors for articles that were imported at the terminal, by an embedder that is made for many."""

from collections.abc import Callable, Sequence

from sqlalchemy import select

from ai.articles import embed_pieces
from ai.model import Embedder
from app.errors import Conflict
from app.extensions import db
from models.actor import Actor
from models.knowledge import Article
from services import index_rows, knowledge_index
from services.operation import run

#: articles embedded at a time: enough for full batches of texts of like length
EMBED_BATCH = 128


def embed_articles(
    actor: Actor, embedder: Embedder, article_ids: Sequence[int], progress: Callable[[int], None]
) -> int:
    """Give vectors to articles (see `knowledge_index.missing_vectors`); `progress` is told how many are done.

    The embedder must give the vectors of the model that answers questions. Returns how many articles were done.
    """
    done = 0
    for start in range(0, len(article_ids), EMBED_BATCH):
        ids = article_ids[start : start + EMBED_BATCH]
        articles = list(db.session.scalars(select(Article).where(Article.id.in_(ids))))
        pieces = [index_rows.pieces(article) for article in articles]
        vectors = iter(embed_pieces(embedder, [piece for of_one in pieces for piece in of_one]))
        parts = [
            (article, of_one, [next(vectors) for _ in of_one]) for article, of_one in zip(articles, pieces, strict=True)
        ]
        try:
            run(actor, "article.index", lambda: _store_vectors(actor, parts, embedder.name))  # noqa: B023 - called at once
        except Conflict:
            continue  # the running service was quicker with one of them; it does the others as well
        done += len(articles)
        progress(done)
    return done


def _store_vectors(actor: Actor, parts: list[tuple], model: str) -> None:
    for article, pieces, vectors in parts:
        knowledge_index.store_vectors(actor, article, pieces=pieces, vectors=vectors, model=model)
