"""When what was committed is told: `deliver` right after the commit, `sweep` again what a dying process left."""

import logging
import threading
import time
from queue import Empty, SimpleQueue

from app.extensions import db
from app.jobs import jobs
from app.offload import background
from app.reactions import REACTIONS
from models.actor import system
from models.base import bind
from services import outbox
from services.operation import Event

logger = logging.getLogger(__name__)

#: these count as told only when their job has done its work and says so: a queue may be lost, an answer not
TOLD_BY_JOB = frozenset({"conversation.asked", "automation.called"})


def deliver(events: list[Event]) -> None:
    """Tell what was just committed. Nothing here may undo it: errors are logged and left to the sweep."""
    _marker.put(_told(events))


def sweep() -> int:
    """Tell again what was not marked as told; returns how many could be."""
    done = _told(outbox.unsent(TOLD_BY_JOB))
    if done:
        outbox.mark_sent(done)
    return len(done)


def _told(events: list[Event]) -> list[int]:
    return [event.id for event in events if _react(event) and event.name not in TOLD_BY_JOB]


def _react(event: Event) -> bool:
    session = db.session()
    actor, tenant_id = session.info.get("actor"), session.info.get("tenant_id")
    bind(session, system(event.tenant_id))
    try:
        for reaction in REACTIONS[event.name]:
            reaction(event)
        return True
    except Exception as error:
        logger.exception("event %s (%s) could not be told", event.name, event.id)
        session.rollback()
        outbox.mark_failed(event.id, f"{type(error).__name__}: {error}")
        return False
    finally:
        bind(session, actor, tenant_id)


class _Marker:
    """Marks events as told, many at a time: one more commit per message would halve what one process can do."""

    PAUSE = 0.2

    def __init__(self):
        self._ids: SimpleQueue = SimpleQueue()
        self._lock = threading.Lock()
        self._is_running = False

    def put(self, ids: list[int]) -> None:
        for event_id in ids:
            self._ids.put(event_id)
        with self._lock:
            if ids and not self._is_running and jobs.app is not None:
                self._is_running = True
                background(self._run)

    def _run(self) -> None:
        time.sleep(self.PAUSE)
        with self._lock:
            self._is_running = False
        with jobs.app.app_context():
            self.flush()

    def flush(self) -> None:
        """Write down what has been told so far."""
        ids = []
        try:
            while True:
                ids.append(self._ids.get_nowait())
        except Empty:
            pass
        if ids:
            outbox.mark_sent(ids)


_marker = _Marker()
flush_marks = _marker.flush
