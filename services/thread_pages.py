"""Pages of a thread, as an actor may see it: the newest, older ones, out of the middle, what has changed since.

Internal notes are left out for customers in every query of this module.
"""

from dataclasses import dataclass

from sqlalchemy import Select, func, select

from app.errors import NotFound
from app.extensions import db
from models.actor import Actor
from models.messaging import ChatMessage, MessageType, ReadMark, SenderKind, Thread
from services.threads import CUSTOMER_TYPES

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


def preview(message: ChatMessage) -> str:
    """One line for lists and notifications."""
    if message.recalled_time is not None:
        return ""
    return " ".join(message.content.split())[:PREVIEW_CHARS]


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
