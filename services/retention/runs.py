"""A run of retention: conversations one after the other, noted as it goes; the next one goes on where it stopped."""

import datetime as dt
import logging
import time
from collections.abc import Callable

from sqlalchemy import select, update

from app.extensions import db
from app.offload import give_way
from models.actor import Actor
from models.base import bind
from models.conversations import Conversation
from models.retention import RetentionRun, RunState
from models.types import utcnow
from services.operation import run, write
from services.retention.purging import Taken, purge
from services.retention.rules import EVERYTHING, cutoff, due
from services.settings import get_setting

logger = logging.getLogger(__name__)

#: how long the timetable lets it work at once: it shares the machine with people
SECONDS = 120.0
BATCH = 50
#: a run of which nothing was heard for so long has died
SILENCE = dt.timedelta(minutes=10)
#: conversations that may fail before a run gives up
MOST_FAILURES = 20


def run_for(actor: Actor, *, seconds: float | None = SECONDS, progress: Callable[[int], None] | None = None) -> int:
    """Take what is due of the actor's company; returns how many conversations. `progress` hears how many so far."""
    before = cutoff()
    if before is None or not _due_ids(before, []):
        return 0
    archived = get_setting("retention_archive")
    run_id = run(actor, "retention.run", lambda: _begin(before, archived))
    if run_id is None:
        return 0
    deadline = time.monotonic() + seconds if seconds is not None else None
    total, failed = Taken(), []
    while ids := _due_ids(before, failed):
        batch = Taken()
        for conversation_id in ids:
            bind(db.session(), actor)
            try:
                batch.add(purge(actor, conversation_id, before, archived=archived))
            except Exception:
                logger.exception("conversation %s could not be purged", conversation_id)
                db.session.rollback()
                failed.append(conversation_id)
            give_way()
        total.add(batch)
        _note(actor, run_id, batch)
        if progress:
            progress(total.conversations)
        is_late = deadline is not None and time.monotonic() > deadline
        # what was held or opened again meanwhile is not due; anything else that stays would be met for ever
        is_stuck = not batch.conversations and not set(ids) & set(failed)
        if is_late or is_stuck or len(failed) > MOST_FAILURES:
            break
    state = RunState.failed if failed else RunState.paused if _due_ids(before, []) else RunState.done
    _note(
        actor,
        run_id,
        Taken(),
        state=state,
        finish_time=utcnow(),
        error=f"conversations {', '.join(map(str, failed))}"[:255] if failed else None,
    )
    return total.conversations


def _due_ids(before: dt.datetime, failed: list[int]) -> list[int]:
    return list(
        db.session.scalars(
            select(Conversation.id)
            .where(*due(before), Conversation.id.not_in(failed))
            .order_by(Conversation.close_time)
            .limit(BATCH),
            execution_options=EVERYTHING,
        )
    )


def _begin(before: dt.datetime, archived: bool) -> int | None:
    """The row of this run: that of one which was paused or has died, else a new one; None while another one works."""
    last = db.session.scalars(select(RetentionRun).order_by(RetentionRun.id.desc()).limit(1).with_for_update()).first()
    if last is not None and last.state is RunState.running and last.update_time > utcnow() - SILENCE:
        return None
    if last is None or last.state in (RunState.done, RunState.failed) or last.archived != archived:
        last = RetentionRun(cutoff=before, archived=archived)
        db.session.add(last)
    last.state, last.cutoff, last.update_time = RunState.running, before, utcnow()
    last.finish_time = last.error = None
    db.session.flush()
    return last.id


def _note(actor: Actor, run_id: int, taken: Taken, **values) -> None:
    counted = {name: getattr(RetentionRun, name) + number for name, number in vars(taken).items()}
    with write(actor.tenant_id) as session:
        session.execute(
            update(RetentionRun).where(RetentionRun.id == run_id).values(update_time=utcnow(), **counted, **values),
            execution_options={"synchronize_session": False},
        )
