"""How the index is doing, for those who look after it: what each process holds, what is missing, what went wrong."""

import datetime as dt
import logging
import os
import socket
import time
from pathlib import Path

from flask import Flask
from sqlalchemy import delete, func, select

from ai.snapshot import SnapshotError, read_manifest
from app.extensions import db
from app.offload import offload
from models.actor import Actor, system
from models.base import bind
from models.knowledge import Article, ArticleStatus, IndexState
from models.search_index import IndexProcess
from models.types import utcnow
from services import adapters, index_runs, lexicon
from services.kept_index import KeptIndex, Wanted
from services.knowledge_index import ENOUGH_VECTORS, engine
from services.operation import write

logger = logging.getLogger(__name__)

#: how often each process looks whether something has changed for search, in seconds
PAUSE = 1.0
#: a process says at least this often that it is there
REPORTS = 60.0
#: one of which nothing was heard for so long is gone
GONE = dt.timedelta(seconds=150)

#: this process, by a name that no other one has
PROCESS = f"{socket.gethostname()[:48]} · {os.getpid()} · {int(time.time())}"


def keep(app: Flask) -> None:
    """Runs for as long as the process: indexes follow the database without waiting for a question, and what they hold
    is noted for the page.
    """
    told: dict[int, tuple] = {}
    told_at: dict[int, float] = {}
    is_well = True
    while True:
        try:
            with app.app_context():
                _follow()
                for kept in engine.all_kept():
                    facts, now = _facts(kept), time.monotonic()
                    if told.get(kept.tenant_id) != facts or now - told_at[kept.tenant_id] > REPORTS:
                        _tell(kept.tenant_id, facts)
                        told[kept.tenant_id], told_at[kept.tenant_id] = facts, now
            is_well = True
        except Exception as error:
            if is_well:  # said once, not every second for as long as the database is away
                logger.warning("the state of the index cannot be noted just now: %s", type(error).__name__)
            is_well = False
        time.sleep(PAUSE)


def status(actor: Actor) -> dict:
    """Everything the page of the index shows."""
    kept = engine.kept(actor.tenant_id)
    state = db.session.execute(
        select(IndexState.version, IndexState.epoch, IndexState.lexicon_version, IndexState.serving_model)
    ).first()
    articles, errors = (
        db.session.scalar(select(func.count(Article.id)).where(Article.status == ArticleStatus.published, *more))
        for more in ((), (Article.index_error.is_not(None),))
    )
    index = kept.index
    with_vectors = round(index.vector_share * len(index)) if index is not None else 0
    return {
        "model": engine.model_name or None,
        # while the vectors of another model are made: the one that answers meanwhile
        "servingModel": (state.serving_model if state else None) or engine.model_name or None,
        "dim": engine.dim,
        "tier": "semantic" if articles and with_vectors >= ENOUGH_VECTORS * articles else "lexical",
        "version": state.version if state else 0,
        "epoch": state.epoch if state else 0,
        "lexiconVersion": state.lexicon_version if state else 0,
        "articles": articles,
        "withVectors": with_vectors,
        "errors": errors,
        "pending": max(articles - with_vectors - errors, 0) if engine.embedder is not None else 0,
        "snapshot": _snapshot(actor.tenant_id) | {"refused": kept.refused or None},
        "adapter": adapters.status(engine.model_name),
        "processes": _processes(),
        "runs": index_runs.last_runs(),
    }


def failed_articles(actor: Actor) -> list[Article]:
    """Articles that could not be indexed and that this actor may see, the newest change first."""
    return list(
        db.session.scalars(
            select(Article)
            .where(
                Article.status == ArticleStatus.published,
                Article.index_error.is_not(None),
                Article.visible_to(actor),
            )
            .order_by(Article.update_time.desc())
            .limit(100)
        )
    )


def _follow() -> None:
    """One statement for all companies; only those that somebody has used here are kept up to date."""
    states = db.session.execute(
        select(
            IndexState.tenant_id,
            IndexState.version,
            IndexState.epoch,
            IndexState.serving_model,
            IndexState.serving_spec,
        ),
        execution_options={"all_tenants": True},
    ).all()
    db.session.rollback()
    known = {kept.tenant_id: kept for kept in engine.all_kept()}
    for tenant_id, *wanted in states:
        if tenant_id in known:
            known[tenant_id].follow(Wanted(*wanted))


def _facts(kept: KeptIndex) -> tuple:
    """(model, epoch, version, version of the words, articles, passages, vectors, articles to come)."""
    if kept.index is None:
        return engine.model_name, kept.epoch, 0, 0, 0, 0, 0, kept.behind
    known = lexicon.version_of(kept.tenant_id)
    held = kept.held
    return held.model.name, held.epoch, held.index.version, known, *held.index.counts(), kept.behind


def _tell(tenant_id: int, facts: tuple) -> None:
    names = ("model", "epoch", "index_version", "lexicon_version", "articles", "passages", "vectors", "behind")
    bind(db.session(), system(tenant_id))
    with write(tenant_id) as session:
        row = session.scalars(select(IndexProcess).where(IndexProcess.process == PROCESS)).first()
        if row is None:
            row = IndexProcess(process=PROCESS, seen_time=utcnow())
            session.add(row)
            # whoever comes tidies up after those who went
            session.execute(
                delete(IndexProcess).where(IndexProcess.seen_time < utcnow() - GONE),
                execution_options={"purge": True, "synchronize_session": False},
            )
        for name, value in zip(names, facts, strict=True):
            setattr(row, name, value)
        row.megabytes, row.seen_time = _megabytes(), utcnow()


def _processes() -> list[IndexProcess]:
    return list(
        db.session.scalars(
            select(IndexProcess).where(IndexProcess.seen_time > utcnow() - GONE).order_by(IndexProcess.process)
        )
    )


def _snapshot(tenant_id: int) -> dict:
    """When the snapshot was written and what it holds; why not, where there is none of use."""
    folder = engine.snapshot_folder(tenant_id)
    try:
        manifest = offload(read_manifest, folder)
    except SnapshotError as reason:
        return {"time": None, "version": None, "articles": None, "bytes": None, "problem": reason.reason.value}
    written = dt.datetime.fromtimestamp(manifest["time"], dt.UTC).replace(tzinfo=None)
    size = sum(facts["bytes"] for facts in manifest["files"].values())
    return {
        "time": written,
        "version": manifest["version"],
        "articles": manifest["articles"],
        "bytes": size,
        "problem": None,
    }


def _megabytes() -> int:
    """What this process occupies."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except (OSError, ValueError, IndexError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE") // 1_000_000
