"""Group commit: calls of one operation that arrive at about the same time share a transaction.

A commit waits for the disk, and every statement costs some Python: what many people say at the same moment is cheaper
to store together. Whoever comes first waits a millisecond for others, then does the work of all; the others get their
results from him. Databases know the pattern as group commit, with a leader and followers.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.errors import DomainError, NotFound, Unavailable
from app.extensions import db
from app.locale import current_locale, speaking
from models.actor import Actor
from models.base import bind
from services.operation import OPERATIONS, Call, Operation, remembered, run, run_together

#: how long the first one waits for others, in seconds; about what one message takes
GATHER = 0.001
#: more would make the first ones of a batch wait for the last
MOST = 32


@dataclass
class _Waiting(Call):
    """A call in the queue. `turn` is set when it has been served, or when it is the next one to lead."""

    turn: threading.Event = field(default_factory=threading.Event)


class Together:
    """The queues of one operation on rows of one table, one for each company. For threads and green threads alike."""

    def __init__(self, operation: str, model: type, present: Callable[[object, int], dict]):
        """`present(result, row id)` makes of a result what the caller gets: rows end with the leader's session."""
        self._operation, self._model, self._present = operation, model, present
        self._lock = threading.Lock()
        #: a company has a queue while somebody leads
        self._queues: dict[int, list[_Waiting]] = {}

    def call(self, actor: Actor, row_id: int, **data):
        """The operation's result for this actor and this row, presented. Raises what the operation raises, NotFound
        for a row that he may not see."""
        mine = _Waiting(actor, row_id, data, current_locale())
        with self._lock:
            leads = actor.tenant_id not in self._queues
            self._queues.setdefault(actor.tenant_id, []).append(mine)
        if not leads:
            db.session.rollback()  # whoever leads needs a connection: those who wait must not hold them all
            mine.turn.wait()
        if mine.is_open:
            self._lead(actor)
        if mine.refusal is not None:
            raise remembered(mine.refusal)
        return mine.result

    def _lead(self, actor: Actor) -> None:
        """Serve those who wait, oneself among them, and let the next one lead."""
        time.sleep(GATHER)
        with self._lock:
            batch = self._queues[actor.tenant_id][:MOST]
        try:
            self._serve(batch)
        finally:
            bind(db.session(), actor)
            for call in batch:
                if call.is_open:
                    call.refusal, call.is_open = Unavailable("The system is busy, please try again"), False
                call.turn.set()
            self._pass_on(actor.tenant_id, len(batch))

    def _pass_on(self, tenant_id: int, served: int) -> None:
        with self._lock:
            queue = self._queues[tenant_id] = self._queues[tenant_id][served:]
            if queue:
                queue[0].turn.set()
            else:
                del self._queues[tenant_id]

    def _serve(self, batch: list[_Waiting]) -> None:
        entry = OPERATIONS[self._operation]
        try:
            self._serve_at_once(entry, batch)
        except DomainError as refusal:
            if isinstance(refusal, Unavailable):  # who came meanwhile has waited, too, and is spared the same again
                with self._lock:
                    batch[:] = self._queues[batch[0].actor.tenant_id]
            for call in batch:
                call.refusal, call.is_open = refusal, False
        except IntegrityError:
            for call in batch:
                call.is_open = True
        for call in batch:
            if call.is_open:
                self._serve_alone(entry, call)

    def _serve_at_once(self, entry: Operation, batch: list[_Waiting]) -> None:
        """Raises IntegrityError when something is doubled even for those who look twice."""
        try:
            run_together(entry, self._model, batch)
        except IntegrityError:  # after a break in the line many repeat what has arrived: all look first
            run_together(entry, self._model, batch, is_repeated=True)
        for call in batch:
            if not call.is_open and call.refusal is None:
                call.result = self._present(call.result, call.row_id)

    def _serve_alone(self, entry: Operation, call: _Waiting) -> None:
        """For colleagues who look on; and for all where something is doubled, with a second look at what there is."""
        session, model = db.session(), self._model
        bind(session, call.actor)
        try:
            call.actor.require(entry.right or entry.name)
            row = session.scalars(select(model).where(model.id == call.row_id, model.visible_to(call.actor))).first()
            if row is None:
                raise NotFound("This does not exist")
            with speaking(call.locale):
                done = run(
                    call.actor,
                    entry.name,
                    lambda: entry.function(call.actor, row, **call.data),
                    [row],
                    is_repeated=True,
                )
            call.result = self._present(done, call.row_id)
        except DomainError as refusal:
            call.refusal = refusal
        call.is_open = False
