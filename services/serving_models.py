"""By which model a company's questions are answered: the configured one, or while its vectors are made the one before.

`EMBEDDING_MODEL` names the model that is wanted. Its vectors are made beside those in use; when every article has
them the company's row in `index_state` names it, the epoch changes, and every process builds its index anew beside
the old one.
"""

import datetime as dt
import logging
from typing import NamedTuple

from sqlalchemy import delete, select, update

from ai.answer import Calibration, calibration_for
from ai.index import KnowledgeIndex
from ai.model import Embedder, ModelError, load_embedder
from app.extensions import db
from app.offload import give_way, offload
from models.knowledge import ArticleVector, IndexState
from models.types import utcnow
from services import adapters
from services.index_state import raise_counter
from services.operation import write

logger = logging.getLogger(__name__)

#: vectors of a model that serves no more are kept so long: whoever goes back to it finds them
KEPT = dt.timedelta(days=1)
#: so many go at a time
REMOVED_AT_ONCE = 500


class Model(NamedTuple):
    """An embedding model as search uses it; without an embedder words alone decide."""

    embedder: Embedder | None

    @property
    def name(self) -> str:
        return self.embedder.name if self.embedder is not None else ""

    @property
    def dim(self) -> int:
        return self.embedder.dim if self.embedder is not None else 0


class Fresh(NamedTuple):
    """What an index begins as: empty, with the adapter that serves, and what nearness means in it."""

    index: KnowledgeIndex
    calibration: Calibration


def serving(name: str, spec: str, configured: Model, folder) -> Model:
    """The model named in the company's row; the configured one where none is, or the one before cannot be loaded."""
    if configured.embedder is None or name in ("", configured.name):
        return configured
    try:
        before = Model(offload(load_embedder, spec, folder))
    except ModelError as reason:
        logger.warning("the model that has served so far is gone, words decide until the new one is ready: %s", reason)
        return configured
    return before if before.name == name else configured


def fresh(model: Model) -> Fresh:
    """An empty index of the bound company."""
    learnt = adapters.serving(model.name)
    meant = offload(calibration_for, model.embedder, learnt.transform)
    return Fresh(KnowledgeIndex(model.dim, learnt.transform), learnt.calibrated(meant))


def calibration_of(model: Model, index: KnowledgeIndex) -> Calibration:
    """What nearness means in an index that was read from disk."""
    return adapters.serving(model.name).calibrated(offload(calibration_for, model.embedder, index.transform))


def switch(tenant_id: int, name: str, spec: str) -> bool:
    """All articles have vectors of this model: it serves from now on. False where it did already."""
    served = db.session.scalar(select(IndexState.serving_model))
    if served is None or served == name:
        return False
    with write(tenant_id) as session:
        session.execute(
            update(IndexState).where(IndexState.tenant_id == tenant_id).values(serving_model=name, serving_spec=spec),
            execution_options={"synchronize_session": False},
        )
        if served:
            raise_counter(IndexState.epoch)
    logger.info(
        "company %s: questions are answered with the vectors of %s, before %s", tenant_id, name, served or "none"
    )
    return True


def forget_others(tenant_id: int, name: str) -> int:
    """Once an hour: remove vectors of models that serve no more, if it is the configured one that serves."""
    if not name or db.session.scalar(select(IndexState.serving_model)) != name:
        return 0
    removed = 0
    before = utcnow() - KEPT
    while old := db.session.scalars(
        select(ArticleVector.id)
        .where(ArticleVector.model != name, ArticleVector.update_time < before)
        .limit(REMOVED_AT_ONCE)
    ).all():
        with write(tenant_id) as session:
            session.execute(
                delete(ArticleVector).where(ArticleVector.id.in_(old)),
                execution_options={"purge": True, "synchronize_session": False},
            )
        removed += len(old)
        give_way()
    return removed
