"""One operation, from every side: right, lock, transaction, audit name, events.

A business action is a function decorated with `@operation`. Whoever calls it (REST, socket, admin screen, job,
command line) gets the same checks and the same consequences:

1. the actor must hold the right of the operation's name;
2. the rows passed in are read again under a lock, so that every refusal speaks about now;
3. the function refuses, changes, announces;
4. row changes, operation log and announced events are committed together, once;
5. after the commit the listener (`app.reactions`) is told; what it misses, the sweep finds in the outbox.

An operation called by another one shares its transaction.
"""

import functools
import inspect
import logging
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import inspect as sa_inspect
from sqlalchemy.exc import DataError, IntegrityError, InvalidRequestError, OperationalError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from app.errors import Conflict, Invalid, NotFound, Unavailable
from app.extensions import db
from models.actor import Actor
from models.base import bind
from models.outbox import OutboxEvent

logger = logging.getLogger(__name__)

TRIES = 3
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

    @property
    def rooms(self) -> list[str]:
        return self.payload.get("rooms", [])

    @property
    def by(self) -> int | None:
        """The account that did it; None for visitors and machines."""
        return self.payload.get("by")


OPERATIONS: dict[str, Operation] = {}

_listener: Callable[[list[Event]], None] | None = None
# SQLite has one writer. Within a process the writers queue here, where waiting does not block the event loop;
# SQLite's own busy wait would, and the writer it waits for might be a coroutine of this very loop.
_writer_gate = threading.RLock()


def listen(listener: Callable[[list[Event]], None]) -> None:
    """Name the one function that hears what was committed (`app.reactions.deliver`)."""
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


def run(actor: Actor, name: str, work: Callable, rows=()):
    """Run `work` as one transaction under the operation name `name`, retrying what may be retried."""
    session = db.session()
    if session.info.get("operation"):
        return work()
    for attempt in range(1, TRIES + 1):
        try:
            with _transaction(session, actor, name) as events:
                _lock(session, rows)
                result = work()
                _store(session, actor, events)
            break
        except OperationalError as error:
            if not _is(error, _RETRYABLE):
                raise Unavailable("The database cannot be reached just now, please try again") from error
            if attempt == TRIES:
                raise Unavailable("The system is busy, please try again") from error
            logger.info("operation %s: %s, try %s", name, type(error.orig).__name__, attempt + 1)
        except IntegrityError as error:
            raise Conflict("This already exists or is still in use") from error
        except DataError as error:  # MariaDB: out of a column's range, longer than it holds
            raise Invalid("A value is too large or too long to be stored") from error
        except StaleDataError as error:
            raise Conflict("Somebody else has changed this in the meantime, please reload") from error
    told = [Event(row.id, row.name, row.tenant_id, row.payload) for row in events]
    if told and _listener is not None:
        _fail_point("after_commit")
        _listener(told)
    return result


def announce(name: str, *, rooms: list[str] | None = None, **payload) -> None:
    """Say what became true ("conversation.transferred"). Stored with the change, told after the commit."""
    session = db.session()
    if not session.info.get("operation"):
        raise RuntimeError(f"announce({name!r}) outside an operation")
    session.info["events"].append((name, {**payload, "rooms": rooms or []}))


@contextmanager
def _transaction(session: Session, actor: Actor, name: str) -> Iterator[list[OutboxEvent]]:
    sqlite = session.get_bind().dialect.name == "sqlite"
    stored: list[OutboxEvent] = []
    session.rollback()  # what was read before may be old: read again inside
    if sqlite:
        _writer_gate.acquire()
    try:
        bind(session, actor)
        session.info.update(operation=name, events=[], stored=stored)
        if sqlite:
            session.connection(execution_options={"sqlite_begin": "IMMEDIATE"})
        yield stored
        session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        session.info.pop("operation", None)
        session.info.pop("events", None)
        session.info.pop("audit_pending", None)
        if sqlite:
            _writer_gate.release()


@contextmanager
def write(tenant_id: int) -> Iterator[Session]:
    """A short transaction of bookkeeping that is no business action: no right, no log, no events."""
    session = db.session()
    session.rollback()
    sqlite = session.get_bind().dialect.name == "sqlite"
    known = session.info.get("tenant_id")
    if sqlite:
        _writer_gate.acquire()
    try:
        session.info["tenant_id"] = tenant_id
        if sqlite:
            session.connection(execution_options={"sqlite_begin": "IMMEDIATE"})
        yield session
        session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        session.info["tenant_id"] = known
        if sqlite:
            _writer_gate.release()


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


def _store(session: Session, actor: Actor, stored: list[OutboxEvent]) -> None:
    session.flush()
    stored += [
        OutboxEvent(name=name, payload={**payload, "by": actor.user_id}, tenant_id=actor.tenant_id)
        for name, payload in session.info["events"]
    ]
    session.add_all(stored)
    session.flush()


def _is(error: OperationalError, marks: tuple[str, ...]) -> bool:
    return any(mark in str(error.orig) for mark in marks)


def _fail_point(name: str) -> None:
    """Die here if a fault experiment asks for it (FAIL_POINT=after_commit); never set in service."""
    if os.environ.get("FAIL_POINT") == name:
        os._exit(9)
