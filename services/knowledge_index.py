"""The knowledge index of this process: what the assistant searches, and how it is kept up to date (KB-5).

Each process keeps one index per company and catches up by version before it searches, so a published change
is found everywhere at the next question. Vectors lie in the database; `kb_index/` only spares the start.
Everything that costs more than a few milliseconds of CPU runs in native threads.
"""

import datetime as dt
import logging
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from sqlalchemy import func, select, update

from ai.answer import Calibration
from ai.articles import Piece, embed_pieces
from ai.asking import Asked, embed_asked, understood
from ai.index import Hit, Keys, KnowledgeIndex
from ai.model import Embedder, load_embedder
from ai.text import normalise
from app.extensions import db
from app.offload import give_way, offload
from models.actor import Actor, system
from models.base import mark_deleted
from models.knowledge import Article, ArticleStatus, ArticleVector, IndexState, Readership
from models.types import utcnow
from services import index_rows, serving_models
from services.index_rows import hash_of, part_of, pieces
from services.kept_index import KeptIndex
from services.knowledge import touch
from services.lexicon import lexicon_of
from services.operation import operation, run, write
from services.recent_vectors import RecentVectors
from services.serving_models import Model

logger = logging.getLogger(__name__)

#: search by meaning from this share of articles that have vectors
ENOUGH_VECTORS = 0.9
#: articles embedded per transaction: small, so that a published one is soon found by meaning
EMBED_BATCH = 8
#: numbers of articles read at a time
IDS_AT_ONCE = 1000


class Engine:
    """The model and the indexes of one process."""

    def __init__(self):
        self.spec, self.folder, self.question_rate = "none", Path("kb_index"), "30 per minute"
        self._aside_from = 0
        self._build_aside: Callable[[int], bool] | None = None
        self._embedder: Embedder | None = None
        self._is_loaded = False
        self._kept: dict[int, KeptIndex] = {}
        #: companies to which the configured model was offered when its vectors were complete
        self._served: set[int] = set()
        #: until when it holds, and the articles
        self._allowed: dict[tuple, tuple[dt.datetime, Keys]] = {}
        self._asked = RecentVectors()
        #: of those who make vectors in this process one at a time looks what is missing, and makes it
        self.embedding = threading.Lock()

    def configure(self, spec: str, folder: Path, question_rate: str, aside_from: int) -> None:
        self.__init__()
        self.spec, self.folder, self.question_rate, self._aside_from = spec, folder, question_rate, aside_from

    def serve_with(self, build_aside: Callable[[int], bool]) -> None:
        """This process serves people: large indexes are built elsewhere (see `app.aside`)."""
        self._build_aside = build_aside

    @property
    def embedder(self) -> Embedder | None:
        """The model; loaded at first use, in a native thread. None: the lexical tier answers alone."""
        if not self._is_loaded:
            self._embedder = offload(load_embedder, self.spec, self.folder / "models")
            self._is_loaded = True
        return self._embedder

    @property
    def calibration(self) -> Calibration:
        """What nearness means in the bound company's index."""
        return self.kept(db.session().info["tenant_id"]).meaning

    @property
    def model_name(self) -> str:
        """Of the configured model: vectors are made by it."""
        return Model(self.embedder).name

    @property
    def dim(self) -> int:
        return Model(self.embedder).dim

    def serving(self, name: str, spec: str) -> Model:
        """The model that answers a company's questions (see `services.serving_models`)."""
        return serving_models.serving(name, spec, Model(self.embedder), self.folder / "models")

    def kept(self, tenant_id: int) -> KeptIndex:
        """The company's index as this process keeps it."""
        if tenant_id not in self._kept:
            self._kept[tenant_id] = KeptIndex(tenant_id, self, discard_vectors)
        return self._kept[tenant_id]

    def index(self, tenant_id: int) -> KnowledgeIndex:
        """The company's index, brought up to the version in the database, or as far as it has come meanwhile."""
        return self.kept(tenant_id).current().index

    def all_kept(self) -> list[KeptIndex]:
        """What this process keeps, for reports."""
        return list(self._kept.values())

    def serve(self, tenant_id: int) -> None:
        """All vectors of the configured model are there: it answers from now on.

        Said once by each process: of two that are configured otherwise the one that started last decides, and they do
        not take turns.
        """
        if tenant_id not in self._served:
            serving_models.switch(tenant_id, self.model_name, self.spec)
            self._served.add(tenant_id)

    def snapshot_folder(self, tenant_id: int) -> Path:
        return self.folder / str(tenant_id)

    def build_aside(self, tenant_id: int, articles: int) -> bool:
        """Have another process leave the company's snapshot, where building an index of so many articles would be felt
        by those whom this one serves; False where it would not, or where that failed.
        """
        return self._build_aside is not None and articles >= self._aside_from and self._build_aside(tenant_id)

    def allowed(self, actor: Actor, version: int) -> Keys:
        """The articles that may answer this actor; kept by what he may read, until the time of one comes or ends."""
        key = (actor.tenant_id, Readership.of(actor), version)
        until, found = self._allowed.get(key, (dt.datetime.min, Keys(())))
        if until <= utcnow():
            if len(self._allowed) > 256:
                self._allowed.clear()
            until = _next_turn()
            found = offload(Keys, _readable_ids(key[1]))
            self._allowed[key] = until, found
        return found

    def vector(self, tenant_id: int, question: str) -> np.ndarray | None:
        """The vector of a question by the configured model, for what is compared with texts that it embedded."""
        asked = Asked(question, (), (normalise(question),))
        return offload(self.asked_vector, tenant_id, asked, Model(self.embedder))

    def asked_vector(self, tenant_id: int, asked: Asked, model: Model) -> np.ndarray | None:
        """In a native thread: the vector of a question; what was asked a moment ago is not embedded again."""
        key = "\n".join((model.name, *asked.embedded))
        known = self._asked.get(tenant_id, key)
        if known is None:
            known = embed_asked(model.embedder, asked)
            self._asked.keep(tenant_id, key, known)
        return known

    def save(self, tenant_id: int) -> bool:
        """Write the snapshot from which the next start goes on; False where it would say the same."""
        return self.kept(tenant_id).save()


engine = Engine()


def search(
    actor: Actor, query: str, k: int = 8, among: Iterable[int] | None = None, *, by_words: bool = False
) -> list[Hit]:
    """The k best articles that this actor may read, among some of them or all.

    By meaning and by words; by words alone without a model, or while most articles have no vectors yet (after an
    import): found by two measures at once they could not be compared. `by_words` leaves the model out.
    """
    kept = engine.kept(actor.tenant_id)
    index, model, _, _ = kept.current()
    lexicon = lexicon_of(actor.tenant_id)
    by_meaning = not by_words and model.embedder is not None and index.vector_share >= ENOUGH_VECTORS
    # by the version of the database: the index may still be on its way there
    allowed = engine.allowed(actor, kept.wanted.version)
    if among is not None:
        allowed &= among

    def find() -> list[Hit]:
        asked = understood(query, index, lexicon)
        vector = engine.asked_vector(actor.tenant_id, asked, model) if by_meaning else None
        return index.search(asked.text, vector, k, allowed, asked.wordings)

    return offload(find)  # at once: on its way to and from a native thread each step would wait for its turn


def readable(actor: Actor, ids: Iterable[int]) -> dict[int, Article]:
    """Those of these articles that may answer this actor now, by number; read afresh, for the index may be a moment
    behind. Whatever is shown of search passes through here."""
    rows = db.session.scalars(
        select(Article).where(Article.id.in_(list(ids)), Article.readable_by(Readership.of(actor)))
    )
    return {row.id: row for row in rows}


def published(ids: Iterable[int]) -> dict[int, Article]:
    """Published articles by number, whoever may read them: for the index, not for people (see `readable`)."""
    rows = db.session.scalars(
        select(Article).where(Article.id.in_(list(ids)), Article.status == ArticleStatus.published)
    )
    return {row.id: row for row in rows}


def embed_pending(tenant_id: int, limit: int = 10_000) -> int:
    """Job: give vectors to published articles whose text has none from the present model; returns how many articles.

    Idempotent: a vector is kept as long as the hash of its text and the model's name are the same. What has been
    looked through once is not looked at again before it changes.
    """
    if engine.embedder is None:
        return 0
    missing, reached = _look_through(limit)
    done = 0
    for ids in _chunks(missing, EMBED_BATCH):
        db.session.rollback()  # others embed meanwhile: nobody waits for his turn with a connection in his hand
        with engine.embedding:  # a rebuild may have been quicker
            done += embed_articles(tenant_id, list(published(without_vectors(ids)).values()))
    _note_reached(tenant_id, reached)
    if len(missing) < limit:
        # everything has its vectors now, or an error that says why not
        engine.serve(tenant_id)
    return done


def embed_articles(tenant_id: int, articles: list[Article]) -> int:
    """Make the vectors of some articles anew; returns of how many. What fails is noted at the article, not raised."""
    if not articles:
        return 0
    try:
        plain = [_Texts(row.id, row.title, row.body, row.phrasings) for row in articles]
        texts = offload(lambda: {one.id: pieces(one) for one in plain})
        flat = [piece for some in texts.values() for piece in some]
        db.session.rollback()
        vectors = offload(embed_pieces, engine.embedder, flat)
    except Exception as error:
        if len(articles) > 1:
            return sum(embed_articles(tenant_id, [row]) for row in articles)
        logger.exception("article %s could not be indexed", articles[0].id)
        note_error(system(tenant_id), articles[0], error=f"{type(error).__name__}: {error}"[:255])
        return 0
    start = 0
    for number, some in texts.items():
        found = vectors[start : start + len(some)]
        start += len(some)
        if (row := db.session.get(Article, number)) is not None:  # it may have gone meanwhile
            store_vectors(system(tenant_id), row, pieces=some, vectors=found, model=engine.model_name)
    return len(articles)


class _Texts(NamedTuple):
    """What of an article gets vectors, apart from its row: rows are not for native threads."""

    id: int
    title: str
    body: str
    phrasings: list | None


@operation("article.index", title="Store an article's vectors")
def store_vectors(actor: Actor, article: Article, *, pieces: list[Piece], vectors: np.ndarray, model: str) -> None:
    """Replace the article's vectors, and let search look at it again."""
    if [piece.text for piece in pieces] != [piece.text for piece in index_rows.pieces(article)]:
        return  # changed while it was being embedded: the next run takes it
    of_this_model = select(ArticleVector).where(ArticleVector.article_id == article.id, ArticleVector.model == model)
    known = {row.part: row for row in db.session.scalars(of_this_model)}
    for piece, vector in zip(pieces, vectors, strict=True):
        part, data = part_of(piece), np.asarray(vector, "<f4").tobytes()
        if part in known:
            row = known.pop(part)
            row.text_hash, row.vector = hash_of(piece.text), data
        else:
            db.session.add(
                ArticleVector(article_id=article.id, part=part, text_hash=hash_of(piece.text), model=model, vector=data)
            )
    for row in known.values():
        mark_deleted(row)
    article.index_error = None
    touch(article)


def note_error(actor: Actor, article: Article, *, error: str) -> None:
    """Why an article has no vectors: shown to editors, and it is not tried again before it changes."""

    def note() -> None:
        article.index_error = error

    run(actor, "article.index", note, [article])


def discard_vectors(tenant_id: int, ids: list[int]) -> None:
    """Stored vectors turned out to be damaged: they are made anew, until then the articles are found by words."""
    logger.warning("company %s: damaged vectors of articles %s are made anew", tenant_id, ids)

    def discard() -> None:
        for row in db.session.scalars(select(ArticleVector).where(ArticleVector.article_id.in_(ids))):
            mark_deleted(row)
        for article in db.session.scalars(select(Article).where(Article.id.in_(ids))):
            touch(article)

    run(system(tenant_id), "article.index", discard)


def missing_vectors(limit: int) -> list[int]:
    """The ids of published articles that lack a vector of their present text from the present model."""
    return _look_through(limit)[0]


def without_vectors(ids: list[int], also_failed: bool = False) -> list[int]:
    """Of these articles those that lack vectors; those that could not be given some before only where asked for."""
    found = index_rows.these(ids, engine.model_name)
    return offload(index_rows.without_vectors, found, also_failed) if found else []


def _look_through(limit: int) -> tuple[list[int], int]:
    """Published articles without vectors among those that were changed since somebody looked last, and the version up
    to which all were looked at.
    """
    state = db.session.execute(select(IndexState.embedded_version, IndexState.embedded_model)).first()
    reached = state.embedded_version if state and state.embedded_model == engine.model_name else 0
    missing: list[int] = []
    while len(missing) < limit and (changes := index_rows.changed_since(reached, engine.model_name)):
        missing += offload(index_rows.without_vectors, changes)
        reached = changes.version
        give_way()
    return missing, reached


def _note_reached(tenant_id: int, version: int) -> None:
    known = select(IndexState.id).where(
        IndexState.embedded_version == version, IndexState.embedded_model == engine.model_name
    )
    if version and db.session.scalar(known) is None:
        with write(tenant_id) as session:
            session.execute(
                update(IndexState)
                .where(IndexState.tenant_id == tenant_id)
                .values(embedded_version=version, embedded_model=engine.model_name),
                execution_options={"synchronize_session": False},
            )


def state_of(article: Article) -> str:
    """How search knows an article: "none" of what is not published, "error", "waiting" for its vectors, "indexed"."""
    if article.status is not ArticleStatus.published:
        return "none"
    if article.index_error:
        return "error"
    if engine.embedder is None:
        return "indexed"
    now = index_rows.these([article.id], engine.model_name)
    return "waiting" if now is not None and offload(index_rows.without_vectors, now) else "indexed"


def _readable_ids(reader: Readership) -> list[int]:
    """Some at a time: a query on SQLite lets nobody else do anything."""
    found: list[int] = []
    while True:
        last = found[-1] if found else 0
        more = select(Article.id).where(Article.readable_by(reader), Article.id > last).order_by(Article.id)
        ids = db.session.scalars(more.limit(IDS_AT_ONCE)).all()
        found += ids
        if len(ids) < IDS_AT_ONCE:
            return found
        give_way()


def _next_turn() -> dt.datetime:
    """When the time of the next article of this company comes or ends."""
    now = utcnow()
    soonest = [
        db.session.scalar(select(func.min(column)).where(Article.status == ArticleStatus.published, column > now))
        for column in (Article.valid_from, Article.valid_until)
    ]
    return min((moment for moment in soonest if moment is not None), default=dt.datetime.max)


def _chunks(ids: list[int], size: int) -> Iterable[list[int]]:
    return (ids[start : start + size] for start in range(0, len(ids), size))
