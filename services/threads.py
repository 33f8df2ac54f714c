"""Threads: sending, reading, catching up. One core for conversations, ticket rooms and groups.

An acknowledgement is storage: `send` returns after the commit, and the same `client_msg_id` from the same
sender returns the same message. An emitted event is only a hint; `changes_after` is the truth.
"""

import datetime as dt
import hashlib
import json
from dataclasses import dataclass

from sqlalchemy import Insert, Select, func, select
from sqlalchemy.dialects import mysql, sqlite

from app.errors import Conflict, Invalid, NotAllowed, NotFound, Reason
from app.extensions import db
from models.actor import Actor
from models.messaging import ChatMessage, FileObject, MessageType, ReadMark, SenderKind, Thread
from models.types import utcnow
from services.operation import announce, later
from services.sensitive import watch
from services.throttle import throttle

RECALL_WITHIN = dt.timedelta(minutes=2)
#: what a customer may send; the other types are made by the server or by staff
CUSTOMER_TYPES = frozenset({MessageType.text, MessageType.image, MessageType.file, MessageType.voice})
AGENT_TYPES = CUSTOMER_TYPES | {MessageType.note}
#: those who speak without reading
MACHINES = frozenset({"system", "bot"})
MAX_CHARS = 8000
PREVIEW_CHARS = 80


@dataclass(frozen=True)
class Changes:
    """What a client gets when it catches up: rows ordered by change, and where it then stands."""

    messages: list[ChatMessage]
    change_seq: int
    last_seq: int
    has_more: bool
    reads: list[ReadMark]
    #: for pages out of the middle: whether there is something behind them
    has_newer: bool = False


@dataclass(frozen=True)
class Place:
    """Where a thread belongs: `context` ({"sessionId": 7}) goes with its events, `audience` hears beside the room."""

    context: dict
    #: rooms of people who need not have the thread open, e.g. "agent:3", "customer:7"
    audience: tuple[str, ...] = ()

    def rooms(self, thread_id: int, *, internal: bool) -> list[str]:
        """Internal notes reach the staff's room and agents, never a customer."""
        if internal:
            return [room(thread_id, staff=True), *(name for name in self.audience if name.startswith("agent:"))]
        return [room(thread_id), *self.audience]


def new_thread(kind) -> Thread:
    """Inside an operation: an empty thread for a new conversation, ticket or group."""
    thread = Thread(kind=kind, last_seq=0, change_seq=0)
    db.session.add(thread)
    db.session.flush()
    return thread


def room(thread_id: int, *, staff: bool = False) -> str:
    """Socket room of a thread; internal notes go to the staff's room only."""
    return f"thread:{thread_id}:staff" if staff else f"thread:{thread_id}"


_message_rate = "60 per minute"


def configure(message_rate: str, max_chars: int) -> None:
    """Called once by the factory."""
    global _message_rate, MAX_CHARS
    _message_rate, MAX_CHARS = message_rate, max_chars


def limit_sender(actor: Actor) -> None:
    """Customers cannot flood: one count for every door. Raises TooMany."""
    if actor.sees_as_customer:
        throttle.hit(_message_rate, "message", *map(str, actor.sender))


def check_outgoing(actor: Actor, type_: MessageType, content: str, file_id: int | None) -> None:
    """Refuse what this actor may not send. Raises Invalid or NotAllowed."""
    if type_ not in (CUSTOMER_TYPES if actor.sees_as_customer else AGENT_TYPES):
        raise NotAllowed("You cannot send this type of message")
    if len(content) > MAX_CHARS:
        raise Invalid(
            "The message is too long", fields={"content": Reason("at most %(number)s characters", number=MAX_CHARS)}
        )
    if "\x00" in content:
        raise Invalid("The message contains characters that cannot be stored", fields={"content": "control characters"})
    has_file = type_ in (MessageType.image, MessageType.file, MessageType.voice)
    if has_file != (file_id is not None):
        raise Invalid(
            "This type of message needs a file" if has_file else "Only file messages carry a file",
            fields={"fileId": "required" if has_file else "not allowed"},
        )
    if not has_file and not content.strip():
        raise Invalid("The message is empty", fields={"content": "required"})


def find_sent(thread_id: int, actor: Actor, client_msg_id: str) -> ChatMessage | None:
    """The message this sender has already stored under this id."""
    kind, sender_id = actor.sender
    return db.session.scalars(
        select(ChatMessage).where(
            ChatMessage.thread_id == thread_id,
            ChatMessage.sender_kind == SenderKind(kind),
            ChatMessage.sender_id == sender_id,
            ChatMessage.client_msg_id == client_msg_id,
        )
    ).first()


def store(
    actor: Actor,
    thread: Thread,
    *,
    client_msg_id: str,
    type_: MessageType,
    content: str,
    file: FileObject | None = None,
    **more,
) -> ChatMessage:
    """Inside an operation on the thread's owner: `append`, once per id.

    Raises Conflict when `client_msg_id` was used for another content.
    """
    known = find_sent(thread.id, actor, client_msg_id)
    if known is not None:
        return same_again(known, type_, content, file.id if file else None)
    return append(actor, thread, client_msg_id=client_msg_id, type_=type_, content=content, file=file, **more)


def same_again(known: ChatMessage, type_: MessageType, content: str, file_id: int | None) -> ChatMessage:
    """A repeated message is the one there is. Raises Conflict when it is another one under the same id."""
    if (known.type, known.content, known.file_id) != (type_, content, file_id) and not known.recalled_time:
        raise Conflict("This message id was already used for another message", kind="message_id_reused")
    return known


def append(
    actor: Actor,
    thread: Thread,
    *,
    client_msg_id: str,
    type_: MessageType,
    content: str,
    payload: dict | None = None,
    file: FileObject | None = None,
    place: "Place",
) -> ChatMessage:
    """Inside an operation on the thread's owner: number a message whose id is new, store it, announce it.

    Numbers have no gaps and no second message gets the same id, because the operation holds the lock of the owner's
    row, and with it the thread's.
    """
    if not 1 <= len(client_msg_id) <= 64:
        raise Invalid("The message needs an id of its own", fields={"clientMsgId": "1 to 64 characters"})
    caught = watch.look_at(actor, thread.id, client_msg_id, type_, content, payload, place)
    thread.last_seq += 1
    thread.change_seq += 1
    kind, sender_id = actor.sender
    message = ChatMessage(
        thread_id=thread.id,
        seq=thread.last_seq,
        change_seq=thread.change_seq,
        client_msg_id=client_msg_id,
        sender_kind=SenderKind(kind),
        sender_id=sender_id,
        sender_name=actor.name[:128],
        type=type_,
        content=content,
        payload=payload,
        file_id=file.id if file else None,
        create_by=actor.user_id,
        # said, so that nobody has to read the row to know: it may outlive the session that stored it
        recalled_time=None,
        edited_time=None,
    )
    message.sender_avatar = actor.avatar_url
    if file is not None:
        file.thread_id = thread.id
        file.is_internal = type_ is MessageType.note
    db.session.add(message)
    if caught is not None:
        watch.mark(message, caught)
    if actor.kind not in MACHINES:
        later(_move_marks, (actor, message))
    announce(
        "message.sent",
        rooms=place.rooms(thread.id, internal=type_ is MessageType.note),
        message=message,
        thread_id=thread.id,
        **place.context,
    )
    return message


def system_message(actor: Actor, thread: Thread, event: str, text: str, *, place: "Place", **params) -> ChatMessage:
    """Inside an operation: say in the thread what happened ("transferred" …)."""
    quiet = Actor(kind="system", tenant_id=actor.tenant_id, name="system")
    return store(
        quiet,
        thread,
        client_msg_id=f"{event}-{thread.id}-{thread.change_seq}-{_digest(params)}",
        type_=MessageType.system,
        content=text,
        payload={"event": event, "params": params},
        place=place,
    )


def recall(actor: Actor, thread: Thread, message: ChatMessage, *, place: "Place") -> ChatMessage:
    """Inside an operation: take back an own message within two minutes (CHT-10)."""
    kind, sender_id = actor.sender
    if (message.sender_kind, message.sender_id) != (SenderKind(kind), sender_id):
        raise NotAllowed("Only your own messages can be recalled")
    if message.recalled_time is not None:
        return message
    if utcnow() - message.create_time > RECALL_WITHIN:
        raise Conflict("A message can be recalled within two minutes only")
    internal = message.type is MessageType.note
    thread.change_seq += 1
    message.change_seq = thread.change_seq
    message.recalled_time = utcnow()
    message.content, message.payload = "", None
    if message.file is not None and not db.session.scalar(
        select(ChatMessage.id)
        .where(
            ChatMessage.thread_id == thread.id,
            ChatMessage.file_id == message.file_id,
            ChatMessage.id != message.id,
            ChatMessage.recalled_time.is_(None),
        )
        .limit(1)
    ):
        message.file.thread_id = None  # its owner's alone again
    announce(
        "message.recalled",
        rooms=place.rooms(thread.id, internal=internal),
        message=message,
        thread_id=thread.id,
        **place.context,
    )
    return message


def mark_read(actor: Actor, thread: Thread, seq: int, *, place: "Place") -> ReadMark:
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


def mark_received(actor: Actor, thread: Thread, seq: int, *, place: "Place") -> ReadMark | None:
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


def changes_after(actor: Actor, thread_id: int, after: int, limit: int = 200) -> Changes:
    """Everything new, edited or recalled since `after`, as this actor may see it."""
    thread = _thread(thread_id)
    rows = list(
        db.session.scalars(
            _readable(actor, thread_id)
            .where(ChatMessage.change_seq > after)
            .order_by(ChatMessage.change_seq)
            .limit(limit + 1)
        )
    )
    more = len(rows) > limit
    rows = rows[:limit]
    return Changes(
        rows, rows[-1].change_seq if more else max(after, thread.change_seq), thread.last_seq, more, reads_of(thread_id)
    )


def page_before(actor: Actor, thread_id: int, before_seq: int | None, limit: int = 50) -> Changes:
    """The newest messages, or those older than `before_seq`, oldest first."""
    thread = _thread(thread_id)
    query = _readable(actor, thread_id)
    if before_seq is not None:
        query = query.where(ChatMessage.seq < before_seq)
    rows = list(db.session.scalars(query.order_by(ChatMessage.seq.desc()).limit(limit + 1)))
    more = len(rows) > limit
    return Changes(rows[:limit][::-1], thread.change_seq, thread.last_seq, more, reads_of(thread_id))


def page_around(actor: Actor, thread_id: int, seq: int, limit: int = 50) -> Changes:
    """A page out of the middle, oldest first: message `seq` with what stands before and behind it."""
    thread, query, half = _thread(thread_id), _readable(actor, thread_id), limit // 2
    before = list(
        db.session.scalars(query.where(ChatMessage.seq < seq).order_by(ChatMessage.seq.desc()).limit(half + 1))
    )
    newer = page_after(actor, thread_id, seq - 1, limit - half)
    return Changes(
        [*before[:half][::-1], *newer.messages],
        thread.change_seq,
        thread.last_seq,
        len(before) > half,
        newer.reads,
        newer.has_newer,
    )


def page_after(actor: Actor, thread_id: int, seq: int, limit: int = 50) -> Changes:
    """The messages behind `seq`, oldest first."""
    thread = _thread(thread_id)
    query = _readable(actor, thread_id).where(ChatMessage.seq > seq).order_by(ChatMessage.seq).limit(limit + 1)
    rows = list(db.session.scalars(query))
    return Changes(
        rows[:limit], thread.change_seq, thread.last_seq, seq > 0, reads_of(thread_id), has_newer=len(rows) > limit
    )


def reads_of(thread_id: int) -> list[ReadMark]:
    return list(db.session.scalars(select(ReadMark).where(ReadMark.thread_id == thread_id)))


def get_message(actor: Actor, thread_id: int, message_id: int) -> ChatMessage:
    """One message of a thread that the caller has already loaded for this actor. Raises NotFound."""
    message = db.session.scalars(_readable(actor, thread_id).where(ChatMessage.id == message_id)).first()
    if message is None:
        raise NotFound("This message does not exist")
    return message


def unread_counts(actor: Actor, thread_ids: list[int]) -> dict[int, int]:
    """Messages of others that `actor` has not read, per thread; equal to a recount at any time."""
    if not thread_ids:
        return {}
    kind, sender_id = actor.sender
    mark = (
        select(ReadMark.read_seq)
        .where(
            ReadMark.thread_id == ChatMessage.thread_id,
            ReadMark.sender_kind == SenderKind(kind),
            ReadMark.sender_id == sender_id,
        )
        .scalar_subquery()
    )
    query = (
        select(ChatMessage.thread_id, func.count())
        .where(
            ChatMessage.thread_id.in_(thread_ids),
            ChatMessage.seq > func.coalesce(mark, 0),
            ChatMessage.type != MessageType.system,
            ~((ChatMessage.sender_kind == SenderKind(kind)) & (ChatMessage.sender_id == sender_id)),
        )
        .group_by(ChatMessage.thread_id)
    )
    if actor.sees_as_customer:
        query = query.where(ChatMessage.type != MessageType.note)
    else:
        query = query.where(ChatMessage.sender_kind != SenderKind.bot)  # its answers want nothing of an agent
    return dict(db.session.execute(query).tuples().all())


def last_messages(actor: Actor, thread_ids: list[int]) -> dict[int, ChatMessage]:
    """The newest message per thread that this actor may see, for lists."""
    newest = select(func.max(ChatMessage.id))
    return _newest(newest.where(ChatMessage.type != MessageType.note) if actor.sees_as_customer else newest, thread_ids)


def last_said(thread_ids: list[int]) -> dict[int, ChatMessage]:
    """The newest message per thread by which people talk to each other: what a list shows of a conversation."""
    return _newest(select(func.max(ChatMessage.id)).where(ChatMessage.type.in_(CUSTOMER_TYPES)), thread_ids)


def _newest(newest: Select, thread_ids: list[int]) -> dict[int, ChatMessage]:
    if not thread_ids:
        return {}
    ids = newest.where(ChatMessage.thread_id.in_(thread_ids)).group_by(ChatMessage.thread_id)
    rows = db.session.scalars(select(ChatMessage).where(ChatMessage.id.in_(ids)))
    return {row.thread_id: row for row in rows}


def _readable(actor: Actor, thread_id: int):
    query = select(ChatMessage).where(ChatMessage.thread_id == thread_id)
    return query.where(ChatMessage.type != MessageType.note) if actor.sees_as_customer else query


def _thread(thread_id: int) -> Thread:
    return db.session.get(Thread, thread_id, populate_existing=True)


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


def _move_marks(said: list[tuple[Actor, ChatMessage]]) -> None:
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


def preview(message: ChatMessage) -> str:
    """One line for lists and notifications."""
    if message.recalled_time is not None:
        return ""
    return " ".join(message.content.split())[:PREVIEW_CHARS]


def _digest(params: dict) -> str:
    return hashlib.sha256(json.dumps(params, sort_keys=True, default=str).encode()).hexdigest()[:8]
