"""Adapters of the embedding model, one for each company: which serves, and what is known about it (AI-7)."""

from typing import NamedTuple

import numpy as np
from sqlalchemy import select, update

from ai.answer import Calibration
from ai.vectors import LinearTransform
from app.extensions import db
from models.actor import Actor
from models.adapters import Adapter
from models.knowledge import IndexState
from services.index_state import raise_counter
from services.operation import operation


class Serving(NamedTuple):
    """What search uses of the newest learning."""

    number: int  #: its row; 0 where nothing was learnt yet
    transform: LinearTransform | None
    slope: float
    shift: float

    def calibrated(self, calibration: Calibration) -> Calibration:
        """The constants of confidence as this company's clicks have put them right."""
        return calibration._replace(slope=self.slope, shift=self.shift)


NOTHING_LEARNT = Serving(0, None, 1.0, 0.0)


def serving(model: str) -> Serving:
    """What the bound company's search uses with a model's vectors."""
    row = newest(model) if model else None
    if row is None:
        return NOTHING_LEARNT
    return Serving(row.id, _transform(row.data) if row.kept and row.data else None, row.slope, row.shift)


def newest(model: str) -> Adapter | None:
    """The last learning from a model's vectors."""
    return db.session.scalars(
        select(Adapter).where(Adapter.model == model).order_by(Adapter.id.desc()).limit(1)
    ).first()


def status(model: str) -> dict | None:
    """For the index page: when it was learnt, from what, what it gained, whether it serves; None before the first."""
    row = newest(model)
    if row is None:
        return None
    return {
        "kept": row.kept,
        "createTime": row.create_time,
        "articles": row.articles,
        "questions": row.questions,
        "confirmed": row.confirmed,
        "asked": row.asked,
        "rankBefore": round(row.rank_before, 4),
        "rankAfter": round(row.rank_after, 4),
        "gain": round(row.rank_after - row.rank_before, 4),
        "clicks": row.clicks,
        "milliseconds": row.milliseconds,
    }


@operation("adapter.store", title="Store what was learnt for search", right="article.index")
def store_adapter(actor: Actor, *, row: Adapter, transform: LinearTransform | None) -> Adapter:
    """Keep a learning; every process builds its index anew with it, beside the one in use."""
    before = newest(row.model)
    row.kept = transform is not None
    row.data = None if transform is None else _data(transform)
    db.session.add(row)
    db.session.flush()
    changes_search = row.kept or (before is not None and before.kept)
    if changes_search or (before is not None and (before.slope, before.shift) != (row.slope, row.shift)):
        raise_counter(IndexState.epoch)
    # what served before is told of, and not needed any more
    db.session.execute(
        update(Adapter)
        .where(Adapter.model == row.model, Adapter.id < row.id, Adapter.data.is_not(None))
        .values(data=None)
    )
    return row


def _data(transform: LinearTransform) -> bytes:
    return np.concatenate([transform.mean[None, :], transform.matrix]).astype("<f4").tobytes()


def _transform(data: bytes) -> LinearTransform:
    numbers = np.frombuffer(data, "<f4")
    # dim rows of dim numbers, and the mean before them: dim² + dim in all
    dim = int((len(numbers) + 0.25) ** 0.5)
    rows = numbers.reshape(dim + 1, dim).astype(np.float32)
    return LinearTransform(rows[0], rows[1:])
