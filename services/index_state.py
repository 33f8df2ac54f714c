"""The counters by which processes notice what has changed for search: one row per company."""

from sqlalchemy import select, update
from sqlalchemy.orm import InstrumentedAttribute

from app.extensions import db
from models.knowledge import IndexState


def raise_counter(column: InstrumentedAttribute, by: int = 1) -> int:
    """Inside an operation: one of the counters of `IndexState`, raised. Holds the row until the commit."""
    changed = db.session.execute(
        update(IndexState)
        .values({column.key: column + by})
        .where(IndexState.tenant_id == db.session().info["tenant_id"]),
        execution_options={"synchronize_session": False},
    ).rowcount
    if not changed:
        db.session.add(IndexState(**{column.key: by}))
        db.session.flush()
        return by
    return db.session.scalar(select(column))
