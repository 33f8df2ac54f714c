"""Rebuilding the index on request: with progress, stopped or taken up again at any moment, without a gap in service.

A run goes through the articles and makes the vectors that are wanted. When it is done the epoch of the company's index
changes, and every process builds its own index anew beside the one in use (`services.kept_index`).
"""

import datetime as dt

from sqlalchemy import func, select, update

from app.errors import Conflict
from app.extensions import db
from models.actor import Actor, system
from models.knowledge import Article, ArticleStatus, IndexState
from models.search_index import UNFINISHED, IndexRun, RunState
from models.types import utcnow
from services.index_state import raise_counter
from services.knowledge import touch
from services.knowledge_index import EMBED_BATCH, embed_articles, engine, published, without_vectors
from services.operation import announce, operation, run, write

#: a run of which nothing was heard for so long belonged to a process that died
LEFT_BEHIND = dt.timedelta(seconds=30)
MOST_SHOWN = 5


@operation("search_index.rebuild", title="Rebuild the search index")
def rebuild(actor: Actor, *, anew: bool = False) -> IndexRun:
    """Ask for a rebuild; `anew`: with new vectors for everything, which takes its time. Where one is under way it is
    that one. Raises Conflict when it makes none anew and this one should.
    """
    # of two who press the button at once one comes second
    db.session.execute(select(IndexState.id).with_for_update())
    known = under_way()
    if known is not None:
        if anew and not known.anew:
            raise Conflict("The index is being rebuilt already")
        return known
    asked = IndexRun(anew=anew, total=_articles())
    db.session.add(asked)
    db.session.flush()
    announce("search_index.rebuild_requested", run_id=asked.id)
    return asked


@operation("search_index.cancel", title="Stop a rebuild")
def cancel(actor: Actor) -> None:
    """What has been made so far stays; the index in use was never touched."""
    asked = under_way()
    if asked is not None:
        asked.state, asked.end_time = RunState.cancelled, utcnow()


@operation("search_index.retry", title="Index an article again")
def retry(actor: Actor, article: Article) -> None:
    """After an error: try once more to make its vectors."""
    article.index_error = None
    touch(article)
    announce("search_index.retried", article_id=article.id)


def under_way() -> IndexRun | None:
    return db.session.scalars(
        select(IndexRun).where(IndexRun.state.in_(UNFINISHED)).order_by(IndexRun.id).limit(1)
    ).first()


def last_runs() -> list[IndexRun]:
    """The newest first."""
    return list(db.session.scalars(select(IndexRun).order_by(IndexRun.id.desc()).limit(MOST_SHOWN)))


def work(tenant_id: int) -> bool:
    """Job: do what was asked for, or go on with what another process has left behind; False where there is nothing."""
    asked = _take(tenant_id)
    if asked is None:
        return False
    number, anew, last = asked
    try:
        while ids := _next_articles(last):
            db.session.rollback()  # nobody waits for his turn with a connection in his hand
            with engine.embedding:
                wanted = ids if anew else without_vectors(ids, also_failed=True)
                articles = list(published(wanted).values()) if engine.embedder is not None else []
                failed = len(articles) - embed_articles(tenant_id, articles)
            last = ids[-1]
            if not _note(tenant_id, number, last, len(ids), failed):
                return True
        _finish(tenant_id, number, anew)
    except Exception as error:
        with write(tenant_id) as session:
            session.execute(
                _of_run(tenant_id, number).values(
                    state=RunState.failed, end_time=utcnow(), error=f"{type(error).__name__}: {error}"[:255]
                ),
                execution_options={"synchronize_session": False},
            )
        raise
    return True


def _take(tenant_id: int) -> tuple[int, bool, int] | None:
    """(number, anew, last article) of the run that is this process's now."""
    with write(tenant_id) as session:
        asked = session.scalars(
            select(IndexRun).where(IndexRun.state.in_(UNFINISHED)).order_by(IndexRun.id).limit(1).with_for_update()
        ).first()
        now = utcnow()
        if asked is None or (asked.state is RunState.running and asked.seen_time > now - LEFT_BEHIND):
            return None
        asked.state, asked.seen_time = RunState.running, now
        asked.start_time = asked.start_time or now
        asked.total = _articles()
        return asked.id, asked.anew, asked.last_article_id


def _next_articles(last: int) -> list[int]:
    return list(
        db.session.scalars(
            select(Article.id)
            .where(Article.status == ArticleStatus.published, Article.id > last)
            .order_by(Article.id)
            .limit(EMBED_BATCH)
        )
    )


def _note(tenant_id: int, number: int, last: int, done: int, failed: int) -> bool:
    """How far it has come; False when it was stopped meanwhile."""
    with write(tenant_id) as session:
        return bool(
            session.execute(
                _of_run(tenant_id, number).values(
                    done=IndexRun.done + done,
                    failed=IndexRun.failed + failed,
                    last_article_id=last,
                    seen_time=utcnow(),
                ),
                execution_options={"synchronize_session": False},
            ).rowcount
        )


def _finish(tenant_id: int, number: int, anew: bool) -> None:
    def finish() -> None:
        asked = db.session.get(IndexRun, number, with_for_update=True, populate_existing=True)
        if asked.state is not RunState.running:
            return
        asked.state, asked.end_time, asked.done = RunState.done, utcnow(), asked.total
        raise_counter(IndexState.epoch)
        db.session.execute(
            update(IndexState).where(IndexState.tenant_id == tenant_id).values(embedded_version=0),
            execution_options={"synchronize_session": False},
        )
        announce("search_index.rebuilt", run_id=number)

    run(system(tenant_id), "search_index.rebuild", finish)


def _of_run(tenant_id: int, number: int):
    return update(IndexRun).where(
        IndexRun.id == number, IndexRun.tenant_id == tenant_id, IndexRun.state == RunState.running
    )


def _articles() -> int:
    return db.session.scalar(select(func.count(Article.id)).where(Article.status == ArticleStatus.published))
