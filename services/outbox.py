"""The outbox seen from the sender's side: what is still to be told, and what has been."""

import datetime as dt

from sqlalchemy import delete, or_, select, update

from app.extensions import db
from models.base import EVERY_TENANT
from models.outbox import OutboxEvent
from models.types import utcnow
from services.operation import Event, write

#: a fresh event is being told by the process that wrote it; only older ones are the sweep's
GRACE = dt.timedelta(seconds=3)
#: the same for events that are told when a job has done its work
JOB_GRACE = dt.timedelta(seconds=60)
MAX_ATTEMPTS = 20
KEEP = dt.timedelta(days=7)


def unsent(told_by_job: frozenset[str] = frozenset(), limit: int = 500) -> list[Event]:
    """Events that were committed but not told, oldest first, of every company.

    Those named in `told_by_job` get the time a job may take.
    """
    overdue = or_(
        (OutboxEvent.create_time < utcnow() - GRACE) & OutboxEvent.name.not_in(told_by_job),
        OutboxEvent.create_time < utcnow() - JOB_GRACE,
    )
    rows = db.session.scalars(
        select(OutboxEvent)
        .where(OutboxEvent.sent_time.is_(None), overdue, OutboxEvent.attempts < MAX_ATTEMPTS)
        .order_by(OutboxEvent.id)
        .limit(limit),
        execution_options={"all_tenants": True},
    )
    events = [Event(row.id, row.name, row.tenant_id, row.payload) for row in rows]
    db.session.rollback()
    return events


def mark_sent(ids: list[int]) -> None:
    """These have been told."""
    _update(update(OutboxEvent).where(OutboxEvent.id.in_(ids)).values(sent_time=utcnow()))


def mark_failed(event_id: int, error: str) -> None:
    """This one could not be told; the sweep tries again."""
    _update(
        update(OutboxEvent)
        .where(OutboxEvent.id == event_id)
        .values(attempts=OutboxEvent.attempts + 1, last_error=error[:500])
    )


def remove_old() -> int:
    """Told events are kept for a week, for inquiries."""
    return _update(delete(OutboxEvent).where(OutboxEvent.sent_time < utcnow() - KEEP))


def _update(statement) -> int:
    with write(EVERY_TENANT) as session:
        return session.execute(
            statement, execution_options={"synchronize_session": False, "all_tenants": True}
        ).rowcount
