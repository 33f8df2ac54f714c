"""One operation, from every side: right, lock, transaction, audit name, events.

A business action is a function decorated with `@operation`. Whoever calls it (REST, socket, admin screen, job,
command line) gets the same checks and the same consequences:

1. the actor must hold the right of the operation's name;
2. the rows passed in are read again under a lock, so that every refusal speaks about now;
3. the function refuses, changes, announces;
4. row changes, operation log and announced events are committed together, once;
5. after the commit the listener (`app.delivery`) is told; what it misses, the sweep finds in the outbox.

An operation called by another one shares its transaction.
"""

import functools
import inspect
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from flask_appbuilder import Model
from sqlalchemy import insert, select
from sqlalchemy import inspect as sa_inspect
from sqlalchemy.exc import DataError, IntegrityError, InvalidRequestError, OperationalError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from app.errors import Conflict, DomainError, Invalid, NotFound, Unavailable
from app.extensions import db
from app.fail_points import fail_point
from app.locale import speaking
from models.actor import Actor
from models.base import bind, bound_actor
from models.outbox import OutboxEvent
from services import bookkeeping
from services.gate import Gate

logger = logging.getLogger(__name__)

TRIES = 3
#: how long one waits for others who write, in seconds, before being told to come again
PATIENCE = 4.0
#: what failed within this time, as a deadlock does, is tried again; whoever has waited longer has waited enough
AGAIN_WITHIN = 1.0
#: MariaDB: deadlock, lock wait; SQLite: another process writes
_RETRYABLE = ("1213", "1205", "database is locked", "database table is locked")


@dataclass(frozen=True)
class Operation:
    """The description of one business action, for rights, screens and documentation."""

    name: str
    title: str
    function: Callable
    #: None: the right of the same name is needed; "" : everybody who is signed in may call it
    right: str | None = None
    #: the request schema where the signature cannot say it (see `services.crud`)
    fields: "tuple[DataField, ...] | None" = None
    #: the checked function, as everybody calls it
    call: Callable | None = None

    @property
    def resource(self) -> str:
        return self.name.split(".")[0]

    @property
    def action(self) -> str:
        return self.name.split(".")[1]

    @property
    def data_fields(self) -> "tuple[DataField, ...]":
        """The data an operation takes: its keyword-only parameters unless `fields` says more."""
        if self.fields is not None:
            return self.fields
        return tuple(
            DataField(p.name, p.annotation, p.default)
            for p in inspect.signature(self.function).parameters.values()
            if p.kind is p.KEYWORD_ONLY
        )


@dataclass(frozen=True)
class DataField:
    """One datum of a request: name, Python type, default (REQUIRED if it must be given), longest text."""

    name: str
    annotation: object
    default: object = inspect.Parameter.empty
    max_length: int | None = None

    @property
    def required(self) -> bool:
        return self.default is inspect.Parameter.empty


@dataclass(frozen=True)
class Event:
    """Something that became true. `payload` carries ids and what changed, who may hear of it (`rooms`), who did it."""

    id: int
    name: str
    tenant_id: int
    payload: dict
    #: the rows that were announced, as they were committed; a swept event has numbers only
    rows: dict = field(default_factory=dict, compare=False)

    @property
    def rooms(self) -> list[str]:
        return self.payload.get("rooms", [])

    @property
    def by(self) -> int | None:
        """The account that did it; None for visitors and machines."""
        return self.payload.get("by")


OPERATIONS: dict[str, Operation] = {}
_STORED = insert(OutboxEvent.__table__).returning(OutboxEvent.__table__.c.id, sort_by_parameter_order=True)

_listener: Callable[[list[Event]], None] | None = None
# SQLite has one writer. Within a process the writers queue here, where waiting does not block the event loop;
# SQLite's own busy wait would, and the writer it waits for might be a coroutine of this very loop.
_writer_gate = Gate()


def listen(listener: Callable[[list[Event]], None]) -> None:
    """Name the one function that hears what was committed (`app.delivery.deliver`)."""
    global _listener
    _listener = listener


def operation(
    name: str, *, title: str, right: str | None = None, fields: tuple[DataField, ...] | None = None
) -> Callable:
    """Make a function a business action; see the module's docstring.

    The function's positional parameters are the actor and the rows it acts on (loaded through `visible_to`),
    its keyword-only parameters are the data and, by their types, the request schema.
    Raises NotAllowed without the right, NotFound when a row has vanished, Conflict when the database says so.
    """

    def decorate(function: Callable) -> Callable:
        if name in OPERATIONS:
            raise RuntimeError(f"operation {name} is defined twice")

        @functools.wraps(function)
        def call(actor: Actor, *rows, **data):
            if right != "":
                actor.require(right or name)
            return run(actor, name, lambda: function(actor, *rows, **data), rows)

        OPERATIONS[name] = Operation(name, title, function, right, fields, call)
        return call

    return decorate


def run(actor: Actor, name: str, work: Callable, rows=(), *, is_repeated: bool = False):
    """Run `work` as one transaction under the operation name `name`, retrying what may be retried.

    What the database refuses as doubled is tried a second time: who looks again (see `is_repeated`) finds the other
    row and says what is the matter.
    """
    session = db.session()
    if session.info.get("operation"):
        return work()
    result = None

    def body() -> None:
        nonlocal result
        _lock(session, rows)
        result = work()

    try:
        told = _commit(session, actor, name, body, is_repeated=is_repeated)
    except IntegrityError as error:
        if is_repeated:
            raise Conflict("This already exists or is still in use") from error
        return run(actor, name, work, rows, is_repeated=True)
    except DomainError as refusal:
        raise remembered(refusal) from refusal.__cause__
    _tell(told)
    return result


def remembered(refusal: DomainError) -> DomainError:
    """The refusal, once what it leaves behind (see `DomainError.aftermath`) has been stored."""
    aftermath, refusal.aftermath = refusal.aftermath, None
    if aftermath is not None:
        aftermath()
    return refusal


@dataclass
class Call:
    """One call of an operation on one row, named by its number; afterwards its result or its refusal."""

    actor: Actor
    row_id: int
    data: dict
    locale: str
    result: object = None
    refusal: DomainError | None = None
    #: it has neither: whether this actor may see the row is to be asked of the database
    is_open: bool = True


def run_together(entry: Operation, model: type, calls: list[Call], *, is_repeated: bool = False) -> None:
    """Calls of one operation by people of one company, in one transaction: one commit instead of many.

    A refusal concerns its own call only, for an operation refuses before it changes anything. Served are those between
    whom the row is (`is_between`), for they surely see it; the other calls stay open. Raises IntegrityError when the
    rows of one call collide with what is stored: then nothing has happened, and all are open.
    """
    session = db.session()
    actor = calls[0].actor

    def body() -> None:
        held = _held(session, model, {call.row_id for call in calls})
        for call in calls:
            row = held.get(call.row_id)
            call.is_open, call.refusal = row is None or not row.is_between(call.actor), None
            if not call.is_open:
                _serve(session, entry, call, row)
        # nobody's name is put to what several people have done
        bind(session, None, actor.tenant_id)

    _tell(_commit(session, actor, entry.name, body, is_repeated=is_repeated))


def _serve(session: Session, entry: Operation, call: Call, row) -> None:
    bind(session, call.actor)
    announced = len(session.info["events"])
    try:
        call.actor.require(entry.right or entry.name)
        with speaking(call.locale):
            call.result = entry.function(call.actor, row, **call.data)
    except DomainError as refusal:
        call.refusal = refusal
        del session.info["events"][announced:]


def is_repeated() -> bool:
    """Inside an operation: whether it runs a second time because the database found something doubled."""
    return db.session().info["is_repeated"]


def later(write: Callable[[list], None], item) -> None:
    """Inside an operation: have `write(items)` called once before the commit, with everything handed over until then.

    For what every call of a batch would otherwise write by a statement of its own.
    """
    db.session().info["later"].setdefault(write, []).append(item)


def announce(name: str, *, rooms: list[str] | None = None, **payload) -> None:
    """Say what became true ("conversation.transferred"). Stored with the change, told after the commit.

    A row in the payload (`message=message`) is stored by its number (`message_id`), which it may not have yet.
    """
    session = db.session()
    if not session.info.get("operation"):
        raise RuntimeError(f"announce({name!r}) outside an operation")
    session.info["events"].append((name, bound_actor(session), {**payload, "rooms": rooms or []}))


def _commit(
    session: Session, actor: Actor, name: str, body: Callable[[], None], *, is_repeated: bool = False
) -> list[Event]:
    """`body` in one transaction, tried again while the database is busy; what it announced."""
    attempt, began = 0, time.monotonic()
    while True:
        attempt += 1
        try:
            with _transaction(session, actor, name) as events:
                session.info["is_repeated"] = is_repeated
                body()
                _store(session, events)
            return events
        except OperationalError as error:
            if not _is(error, _RETRYABLE):
                raise Unavailable("The database cannot be reached just now, please try again") from error
            if attempt == TRIES or time.monotonic() > began + AGAIN_WITHIN:
                raise Unavailable("The system is busy, please try again") from error
            logger.info("operation %s: %s, try %s", name, type(error.orig).__name__, attempt + 1)
        except DataError as error:  # MariaDB: out of a column's range, longer than it holds
            raise Invalid("A value is too large or too long to be stored") from error
        except StaleDataError as error:
            raise Conflict("Somebody else has changed this in the meantime, please reload") from error


def _tell(events: list[Event]) -> None:
    if events and _listener is not None:
        fail_point("after_commit")
        _listener(events)


@contextmanager
def _transaction(session: Session, actor: Actor, name: str) -> Iterator[list[Event]]:
    stored: list[Event] = []
    session.rollback()  # what was read before may be old: read again inside
    with _gate(session) as until:
        try:
            bind(session, actor)
            session.info.update(operation=name, events=[], later={})
            _begin(session, until)
            yield stored
            session.commit()
        except BaseException:
            session.rollback()
            raise
        finally:
            for key in ("operation", "events", "later", "is_repeated", "audit_pending"):
                session.info.pop(key, None)


@contextmanager
def write(tenant_id: int) -> Iterator[Session]:
    """A short transaction of bookkeeping that is no business action: no right, no log, no events."""
    session = db.session()
    session.rollback()
    known = session.info.get("tenant_id")
    with _gate(session) as until:
        try:
            session.info["tenant_id"] = tenant_id
            _begin(session, until)
            yield session
            session.commit()
        except BaseException:
            session.rollback()
            raise
        finally:
            session.info["tenant_id"] = known


@contextmanager
def _gate(session: Session) -> Iterator[float]:
    """On SQLite one writer after the other; who is not let in in time is told to come again. Until when one waits."""
    until = time.monotonic() + PATIENCE
    if session.get_bind().dialect.name != "sqlite":
        yield until
        return
    if not _writer_gate.acquire(PATIENCE):
        raise Unavailable("The system is busy, please try again")
    try:
        yield until
    finally:
        _writer_gate.release()


def _begin(session: Session, until: float) -> None:
    """On SQLite take the file's lock. It may be another process's; nobody of ours stands still meanwhile."""
    if session.get_bind().dialect.name != "sqlite":
        return
    while True:
        try:
            session.connection(execution_options={"sqlite_begin": "IMMEDIATE"})
            return
        except OperationalError as error:
            session.rollback()
            if not _is(error, _RETRYABLE) or time.monotonic() > until:
                raise
            time.sleep(0.01)


def _lock(session: Session, rows) -> None:
    flat = [row for given in rows for row in (given if isinstance(given, list | tuple) else [given])]
    flat = [row for row in flat if hasattr(row, "__tablename__") and row in session]
    # a fixed order over all operations, so that two of them cannot wait for each other
    for row in sorted(flat, key=lambda row: (row.__tablename__, sa_inspect(row).identity)):
        try:
            session.refresh(row, with_for_update=True)
        except InvalidRequestError:
            raise NotFound("This does not exist") from None
        if getattr(row, "deleted", 0):
            raise NotFound("This does not exist")


def _held(session: Session, model: type, ids: set[int]) -> dict[int, object]:
    """The living rows of these numbers, locked in the order of the numbers."""
    statement = select(model).where(model.id.in_(sorted(ids))).order_by(model.id).with_for_update()
    return {row.id: row for row in session.scalars(statement, execution_options={"populate_existing": True})}


def _store(session: Session, stored: list[Event]) -> None:
    for write, items in session.info["later"].items():
        write(items)
    bookkeeping.write(session)
    session.flush()
    announced = [
        (name, actor, payload, {key: value for key, value in payload.items() if isinstance(value, Model)})
        for name, actor, payload in session.info["events"]
    ]
    rows = [
        {
            "name": name,
            "payload": {
                **{key: value for key, value in payload.items() if key not in about},
                **{f"{key}_id": row.id for key, row in about.items()},
                "by": actor.user_id,
                **({"rules": list(actor.rules), "depth": actor.depth} if actor.rules else {}),
            },
            "tenant_id": actor.tenant_id,
        }
        for name, actor, payload, about in announced
    ]
    if rows:  # they are written once and never changed by hand: nothing for the session to keep an eye on
        numbers = session.connection().scalars(_STORED, rows)
        stored += [
            Event(number, **row, rows=about) for number, row, (*_, about) in zip(numbers, rows, announced, strict=True)
        ]


def _is(error: OperationalError, marks: tuple[str, ...]) -> bool:
    return any(mark in str(error.orig) for mark in marks)
