"""Threads: what is said in them. One core for conversations and ticket rooms; reading is in `thread_pages`.

An acknowledgement is storage: an operation that stores returns after the commit, and the same `client_msg_id` from the
same sender returns the same message. An emitted event is only a hint; `thread_pages.changes_after` is the truth.
"""

import datetime as dt
import hashlib
import json

from sqlalchemy import select

from app.errors import Conflict, Invalid, NotAllowed, Reason
from app.extensions import db
from models.actor import Actor
from models.messaging import ChatMessage, FileObject, MessageType, SenderKind, Thread
from models.types import utcnow
from services import read_marks
from services.operation import announce, later
from services.places import Place
from services.sensitive import watch
from services.throttle import throttle

RECALL_WITHIN = dt.timedelta(minutes=2)
#: what a customer may send; the other types are made by the server or by staff
CUSTOMER_TYPES = frozenset({MessageType.text, MessageType.image, MessageType.file, MessageType.voice})
AGENT_TYPES = CUSTOMER_TYPES | {MessageType.note}
MAX_CHARS = 8000


def new_thread(kind) -> Thread:
    """Inside an operation: an empty thread for a new conversation, ticket or group."""
    thread = Thread(kind=kind, last_seq=0, change_seq=0)
    db.session.add(thread)
    db.session.flush()
    return thread


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
    place: Place,
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
    if actor.kind not in read_marks.MACHINES:
        later(read_marks.move_all, (actor, message))
    announce(
        "message.sent",
        rooms=place.rooms(thread.id, internal=type_ is MessageType.note),
        message=message,
        thread_id=thread.id,
        **place.context,
    )
    return message


def system_message(actor: Actor, thread: Thread, event: str, text: str, *, place: Place, **params) -> ChatMessage:
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


def recall(actor: Actor, thread: Thread, message: ChatMessage, *, place: Place) -> ChatMessage:
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


def _digest(params: dict) -> str:
    return hashlib.sha256(json.dumps(params, sort_keys=True, default=str).encode()).hexdigest()[:8]
