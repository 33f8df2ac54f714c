"""How far somebody has read a thread, and how far it has arrived at his devices (CHT-3)."""

from sqlalchemy import Insert, select
from sqlalchemy.dialects import mysql, sqlite

from app.extensions import db
from models.actor import Actor
from models.messaging import ChatMessage, ReadMark, SenderKind, Thread
from services.operation import announce
from services.places import Place, room

#: those who speak without reading
MACHINES = frozenset({"system", "bot"})


def mark_read(actor: Actor, thread: Thread, seq: int, *, place: Place) -> ReadMark:
    """Inside an operation: `actor` has read up to `seq`; never backwards, never beyond the newest."""
    seq = max(0, min(seq, thread.last_seq))
    mark = _mark_read(actor, thread.id, seq, thread.change_seq)
    if mark is not None:
        db.session.flush()
        announce(
            "thread.read",
            rooms=[room(thread.id)],
            thread_id=thread.id,
            sender_kind=mark.sender_kind.value,
            sender_id=mark.sender_id,
            read_seq=mark.read_seq,
            **place.context,
        )
    return mark or _read_mark(actor, thread.id)


def mark_received(actor: Actor, thread: Thread, seq: int, *, place: Place) -> ReadMark | None:
    """Inside an operation: a device of `actor` has everything up to `seq`, looked at or not. None when known."""
    seq = max(0, min(seq, thread.last_seq))
    mark = _mark_of(actor, thread.id)
    if mark is None or seq <= max(mark.received_seq, mark.read_seq):
        return None
    mark.received_seq = seq
    db.session.flush()
    announce(
        "thread.received",
        rooms=[room(thread.id)],
        thread_id=thread.id,
        sender_kind=mark.sender_kind.value,
        sender_id=mark.sender_id,
        read_seq=mark.read_seq,
        received_seq=seq,
        **place.context,
    )
    return mark


def move_all(said: list[tuple[Actor, ChatMessage]]) -> None:
    """Whoever speaks has read what stands before: one statement for all that is said in a transaction."""
    newest: dict[tuple, dict] = {}
    for actor, message in said:
        newest[message.thread_id, *actor.sender] = {
            "thread_id": message.thread_id,
            "sender_kind": message.sender_kind,
            "sender_id": message.sender_id,
            "read_seq": message.seq,
            "change_seq": message.change_seq,
            "tenant_id": actor.tenant_id,
            "create_by": actor.user_id,
        }
    connection = db.session.connection()
    connection.execute(_MARKS["sqlite" if connection.dialect.name == "sqlite" else "mysql"], list(newest.values()))


def _read_mark(actor: Actor, thread_id: int) -> ReadMark | None:
    kind, sender_id = actor.sender
    return db.session.scalars(
        select(ReadMark).where(
            ReadMark.thread_id == thread_id, ReadMark.sender_kind == SenderKind(kind), ReadMark.sender_id == sender_id
        )
    ).first()


def _mark_read(actor: Actor, thread_id: int, seq: int, change_seq: int) -> ReadMark | None:
    """Move the mark forward; None when it already stands there."""
    mark = _mark_of(actor, thread_id)
    if mark is None or seq <= mark.read_seq:
        return None
    mark.read_seq, mark.change_seq = seq, change_seq
    return mark


def _mark_of(actor: Actor, thread_id: int) -> ReadMark | None:
    """The actor's mark, a new one for who had none; machines have none."""
    if actor.kind in MACHINES:
        return None
    mark = _read_mark(actor, thread_id)
    if mark is None:
        kind, sender_id = actor.sender
        mark = ReadMark(
            thread_id=thread_id, sender_kind=SenderKind(kind), sender_id=sender_id, read_seq=0, received_seq=0
        )
        db.session.add(mark)
    return mark


def _marks(dialect) -> Insert:
    """New marks, or those there are moved on."""
    statement = dialect.insert(ReadMark.__table__)
    if dialect is mysql:
        return statement.on_duplicate_key_update({name: statement.inserted[name] for name in _MOVED})
    return statement.on_conflict_do_update(
        index_elements=["thread_id", "sender_kind", "sender_id"],
        set_={name: statement.excluded[name] for name in _MOVED},
    )


_MOVED = ("read_seq", "change_seq", "update_time")
_MARKS = {"sqlite": _marks(sqlite), "mysql": _marks(mysql)}
