"""The knowledge index of this process: what the assistant searches, and how it is kept up to date (KB-5).

Each process keeps one index per company and catches up by version before it searches, so a published change
is found everywhere at the next question. Vectors lie in the database; `kb_index/` only spares the start.
Everything that costs more than a few milliseconds of CPU runs in native threads.
"""

import hashlib
import logging
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from sqlalchemy import select

from ai.answer import Calibration, calibration_for
from ai.articles import Piece, embed_pieces, embed_question, make_entry, pieces_of
from ai.index import Hit, KnowledgeIndex
from ai.model import Embedder, load_embedder
from ai.segment import Entry
from ai.snapshot import SnapshotError
from ai.snapshot import load as load_snapshot
from ai.snapshot import save as save_snapshot
from app.extensions import db
from app.offload import offload
from models.actor import Actor, system
from models.base import mark_deleted
from models.knowledge import Article, ArticleStatus, ArticleVector, IndexState, visibilities_for
from services.knowledge import touch
from services.markdown import to_text
from services.operation import operation

logger = logging.getLogger(__name__)

#: articles read, embedded or indexed at a time
BATCH = 200
#: search by meaning from this share of articles that have vectors
ENOUGH_VECTORS = 0.9
#: articles embedded per transaction: small, so that a published one is soon found by meaning
EMBED_BATCH = 8


class Engine:
    """The model and the indexes of one process."""

    def __init__(self):
        self.spec, self.folder, self.question_rate = "none", Path("kb_index"), "30 per minute"
        self._embedder: Embedder | None = None
        self._is_loaded = False
        self._calibration: Calibration | None = None
        self._indexes: dict[int, KnowledgeIndex] = {}
        self._allowed: dict[tuple, frozenset[int]] = {}

    def configure(self, spec: str, folder: Path, question_rate: str) -> None:
        self.__init__()
        self.spec, self.folder, self.question_rate = spec, folder, question_rate

    @property
    def embedder(self) -> Embedder | None:
        """The model; loaded at first use, in a native thread. None: the lexical tier answers alone."""
        if not self._is_loaded:
            self._embedder = offload(load_embedder, self.spec, self.folder / "models")
            self._calibration = offload(calibration_for, self._embedder)
            self._is_loaded = True
        return self._embedder

    @property
    def calibration(self) -> Calibration:
        """What the model's nearness means."""
        return self._calibration if self.embedder is not None or self._is_loaded else calibration_for(None)

    @property
    def model_name(self) -> str:
        return self.embedder.name if self.embedder is not None else ""

    def index(self, tenant_id: int) -> KnowledgeIndex:
        """The company's index, brought up to the version in the database."""
        index = self._indexes.get(tenant_id)
        if index is None:
            index = self._indexes[tenant_id] = self._from_snapshot(tenant_id)
        current = db.session.scalar(select(IndexState.version)) or 0
        while index.version < current:
            rows = _changed_since(index.version)
            if not rows:
                index.remove([], current)
                break
            entries, gone = _entries(rows, self.model_name), [row.id for row in rows if not _is_searchable(row)]
            offload(index.upsert, entries)
            offload(index.remove, gone, max(row.index_version for row in rows))
        return index

    def allowed(self, actor: Actor, version: int) -> frozenset[int]:
        """The articles that may answer this actor: published, and meant for such readers."""
        key = (actor.tenant_id, tuple(visibilities_for(actor)), version)
        if key not in self._allowed:
            if len(self._allowed) > 64:
                self._allowed.clear()
            self._allowed[key] = frozenset(
                db.session.scalars(
                    select(Article.id).where(Article.status == ArticleStatus.published, Article.visibility.in_(key[1]))
                )
            )
        return self._allowed[key]

    def save(self, tenant_id: int) -> None:
        """Write the snapshot from which the next start goes on."""
        index = self.index(tenant_id)
        offload(save_snapshot, index, self.folder / str(tenant_id), str(tenant_id), self.model_name)

    def _from_snapshot(self, tenant_id: int) -> KnowledgeIndex:
        dim = self.embedder.dim if self.embedder is not None else 0
        try:
            index = offload(load_snapshot, self.folder / str(tenant_id), str(tenant_id), self.model_name)
        except SnapshotError as reason:
            logger.info("index of company %s is built from the database: %s", tenant_id, reason)
            return KnowledgeIndex(dim)
        newest = db.session.scalar(select(IndexState.version)) or 0
        # a snapshot from the future belongs to a database that was restored from a backup
        return index if index.version <= newest else KnowledgeIndex(dim)


engine = Engine()


def search(actor: Actor, query: str, k: int = 8) -> list[Hit]:
    """The k best articles that this actor may read.

    By meaning and by words; by words alone without a model, or while most articles have no vectors yet (after an
    import): found by two measures at once they could not be compared.
    """
    index = engine.index(actor.tenant_id)
    by_meaning = engine.embedder is not None and index.vector_share >= ENOUGH_VECTORS
    vector = offload(embed_question, engine.embedder, query) if by_meaning else None
    return offload(index.search, query, vector, k, engine.allowed(actor, index.version))


def published(ids: Iterable[int]) -> dict[int, Article]:
    """Published articles by number, read afresh: the index may be a moment behind."""
    rows = db.session.scalars(
        select(Article).where(Article.id.in_(list(ids)), Article.status == ArticleStatus.published)
    )
    return {row.id: row for row in rows}


def embed_pending(tenant_id: int, limit: int = 10_000) -> int:
    """Job: give vectors to published articles whose text has none from the present model; returns how many articles.

    Idempotent: a vector is kept as long as the hash of its text and the model's name are the same.
    """
    if engine.embedder is None:
        return 0
    done = 0
    for ids in _chunks(missing_vectors(limit), EMBED_BATCH):
        articles = list(published(ids).values())
        pieces = {row.id: pieces_of(row.title, to_text(row.body), row.phrasings or []) for row in articles}
        flat = [piece for row in articles for piece in pieces[row.id]]
        vectors = offload(embed_pieces, engine.embedder, flat)
        start = 0
        for row in articles:
            count = len(pieces[row.id])
            store_vectors(
                system(tenant_id),
                row,
                pieces=pieces[row.id],
                vectors=vectors[start : start + count],
                model=engine.model_name,
            )
            start += count
            done += 1
    return done


@operation("article.index", title="Store an article's vectors")
def store_vectors(actor: Actor, article: Article, *, pieces: list[Piece], vectors: np.ndarray, model: str) -> None:
    """Replace the article's vectors, and let search look at it again."""
    if [piece.text for piece in pieces] != [
        p.text for p in pieces_of(article.title, to_text(article.body), article.phrasings or [])
    ]:
        return  # changed while it was being embedded: the next run takes it
    known = {
        row.part: row for row in db.session.scalars(select(ArticleVector).where(ArticleVector.article_id == article.id))
    }
    for piece, vector in zip(pieces, vectors, strict=True):
        part, data = _part(piece), np.asarray(vector, "<f4").tobytes()
        if part in known:
            row = known.pop(part)
            row.text_hash, row.model, row.vector = _hash(piece.text), model, data
        else:
            db.session.add(
                ArticleVector(article_id=article.id, part=part, text_hash=_hash(piece.text), model=model, vector=data)
            )
    for row in known.values():
        mark_deleted(row)
    touch(article)


def missing_vectors(limit: int) -> list[int]:
    """The ids of published articles that lack a vector of their present text from the present model."""
    missing, last = [], 0
    while len(missing) < limit:
        rows = list(
            db.session.scalars(
                select(Article)
                .where(Article.status == ArticleStatus.published, Article.id > last)
                .order_by(Article.id)
                .limit(BATCH)
            )
        )
        if not rows:
            break
        last = rows[-1].id
        known = {
            (article_id, part): text_hash
            for article_id, part, text_hash in db.session.execute(
                select(ArticleVector.article_id, ArticleVector.part, ArticleVector.text_hash).where(
                    ArticleVector.article_id.in_([row.id for row in rows]), ArticleVector.model == engine.model_name
                )
            )
        }
        missing += [
            row.id
            for row in rows
            if any(
                known.get((row.id, _part(piece))) != _hash(piece.text)
                for piece in pieces_of(row.title, to_text(row.body), row.phrasings or [])
            )
        ]
    return missing[:limit]


def _changed_since(version: int) -> list[Article]:
    return list(
        db.session.scalars(
            select(Article)
            .where(Article.index_version > version)
            .order_by(Article.index_version)
            .limit(BATCH)
            .execution_options(include_deleted=True, populate_existing=True)
        )
    )


def _is_searchable(article: Article) -> bool:
    return article.status is ArticleStatus.published and not article.deleted


def _entries(rows: list[Article], model: str) -> list[Entry]:
    living = [row for row in rows if _is_searchable(row)]
    stored: dict[int, dict[str, ArticleVector]] = {}
    if model:
        for vector in db.session.scalars(
            select(ArticleVector).where(
                ArticleVector.article_id.in_([row.id for row in living]), ArticleVector.model == model
            )
        ):
            stored.setdefault(vector.article_id, {})[vector.part] = vector
    return [_entry(row, stored.get(row.id, {})) for row in living]


def _entry(article: Article, stored: dict[str, ArticleVector]) -> Entry:
    """With vectors only when every piece has one of its present text; until then found by words."""
    body, phrasings = to_text(article.body), article.phrasings or []
    pieces = pieces_of(article.title, body, phrasings)
    rows = [stored.get(_part(piece)) for piece in pieces]
    vectors = None
    if all(row is not None and row.text_hash == _hash(piece.text) for row, piece in zip(rows, pieces, strict=True)):
        vectors = np.stack([np.frombuffer(row.vector, "<f4") for row in rows])
    return make_entry(article.id, article.index_version, article.title, body, phrasings, vectors)


def _chunks(ids: list[int], size: int) -> Iterable[list[int]]:
    return (ids[start : start + size] for start in range(0, len(ids), size))


def _part(piece: Piece) -> str:
    return f"{piece.kind.value}:{piece.position}"


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
