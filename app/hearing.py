"""Moods of what customers say, gathered for a moment and looked at together: never in a message's way (AI-11).

What a process has gathered when it dies is not looked at again: a mood that nobody was told of harms nobody.
"""

import logging
import threading
import time
from collections import defaultdict
from queue import Empty, SimpleQueue

from app.extensions import db
from app.jobs import jobs
from app.offload import background
from models.actor import system
from models.base import bind
from models.messaging import ChatMessage, MessageType, SenderKind
from services.operation import Event
from services.understanding import moods
from services.understanding.moods import Said

logger = logging.getLogger(__name__)

#: how long it is gathered, in seconds
PAUSE = 0.7
MOST_AT_ONCE = 200


class _Gatherer:
    """One round at a time in this process; whoever comes meanwhile is in the next one."""

    def __init__(self):
        self._waiting: SimpleQueue[tuple[int, Said]] = SimpleQueue()
        self._lock = threading.Lock()
        self._is_running = False

    def put(self, tenant_id: int, said: Said) -> None:
        if jobs.is_at_once:
            self._note({tenant_id: [said]})
            return
        self._waiting.put((tenant_id, said))
        with self._lock:
            if self._is_running or jobs.app is None:
                return
            self._is_running = True
        background(self._run)

    def _run(self) -> None:
        try:
            while True:
                time.sleep(PAUSE)
                taken = self._taken()
                with self._lock:
                    if not taken:
                        self._is_running = False
                        return
                self._note(taken)
        except BaseException:
            with self._lock:
                self._is_running = False
            raise

    def _taken(self) -> dict[int, list[Said]]:
        found: dict[int, list[Said]] = defaultdict(list)
        for _ in range(MOST_AT_ONCE):
            try:
                tenant_id, said = self._waiting.get_nowait()
            except Empty:
                break
            found[tenant_id].append(said)
        return found

    def _note(self, taken: dict[int, list[Said]]) -> None:
        for tenant_id, several in taken.items():
            with jobs.app.app_context():
                bind(db.session(), system(tenant_id))
                try:
                    moods.note(tenant_id, several)
                except Exception:
                    logger.exception("the moods of %s messages were not noted", len(several))


_gatherer = _Gatherer()


def gather(event: Event) -> None:
    """Have the mood of a customer's message recognised soon. Without a statement: a swept event has no row and none
    is read for it."""
    message = event.rows.get("message")
    if not isinstance(message, ChatMessage) or "sessionId" not in event.payload:
        return
    if message.sender_kind is SenderKind.customer and message.type is MessageType.text:
        said = Said(event.payload["sessionId"], message.thread_id, message.id, message.seq, message.content)
        _gatherer.put(event.tenant_id, said)
