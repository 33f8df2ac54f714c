"""What is said to a customer in WeChat: sent out in order, message by message, until WeChat has taken it (CHT-17).

A chat remembers up to which change of its thread it has gone, so the thread itself is the queue: nothing has to be put
anywhere when something is said, and nothing can be left out. What a customer may not read is left out by the same
function that leaves it out on our pages.
"""

import datetime as dt
import logging
from dataclasses import dataclass

from sqlalchemy import or_, select, update

from app.extensions import db
from app.offload import offload
from models.actor import Actor
from models.conversations import Conversation
from models.conversations import ConversationStatus as Status
from models.messaging import MessageType, SenderKind, Thread
from models.types import utcnow
from models.wechat import Undelivery, WechatAccount, WechatChat
from services import conversations, files, routing, thread_pages
from services.identity import passes
from services.operation import write
from services.safe_http import Blocked, CallFailed
from services.wechat import accounts, chats, people, wording
from services.wechat.client import Client, Refused
from services.wechat.wording import Media, Part, Reader

logger = logging.getLogger(__name__)

#: WeChat's numbers → what they mean for the message
REASONS = {
    45015: Undelivery.window,
    45047: Undelivery.limit,
    43004: Undelivery.unfollowed,
    40003: Undelivery.unfollowed,
    87014: Undelivery.content,
    **dict.fromkeys(accounts.SETUP_CODES, Undelivery.setup),
}
#: how long after a failure it is tried again, in seconds; the last one again and again
DELAYS = (2, 5, 10, 20, 40, 60, 120, 300)
#: as long as the slowest call and what is around it
_LEASE = dt.timedelta(seconds=90)
#: so long after its end nothing more is expected of a conversation
_SETTLES_AFTER = dt.timedelta(hours=24)
_AT_ONCE = 200
_OURS = (SenderKind.agent, SenderKind.bot, SenderKind.system)


@dataclass(frozen=True)
class Errand:
    """One message that is to go out: worded, so that it needs no database any more."""

    message_id: int
    seq: int
    change_seq: int
    #: lines of the system are told, and nobody misses them
    is_said: bool
    parts: list[Part]


def deliver_all(tenant_id: int) -> int:
    """By the timetable: whatever has not gone out yet, in every conversation; returns how many messages went."""
    _settle(tenant_id)
    return sum(deliver(tenant_id, conversation_id) for conversation_id in _behind())


def deliver(tenant_id: int, conversation_id: int) -> int:
    """Job: what has not gone out yet in this conversation, unless somebody else is at it or it has to wait."""
    sent = 0
    while _is_behind(conversation_id) and _claim(tenant_id, conversation_id):
        try:
            sent += _send_pending(tenant_id, conversation_id)
        except (CallFailed, Blocked) as error:
            _wait(tenant_id, conversation_id, error)
            break
        finally:
            _note(tenant_id, conversation_id, lease_until=None)
        # what was said meanwhile found the chat taken: look again
    return sent


def _behind() -> list[int]:
    """The conversations in which something was said that has not gone out."""
    found = (
        select(WechatChat.conversation_id)
        .join(Conversation, Conversation.id == WechatChat.conversation_id)
        .join(Thread, Thread.id == Conversation.thread_id)
        .where(WechatChat.settled == 0, Thread.change_seq > WechatChat.change_seq, _is_due(), _is_free())
        .order_by(WechatChat.id)
        .limit(_AT_ONCE)
    )
    return _ids(found)


def _is_behind(conversation_id: int) -> bool:
    found = (
        select(WechatChat.conversation_id)
        .join(Conversation, Conversation.id == WechatChat.conversation_id)
        .join(Thread, Thread.id == Conversation.thread_id)
        .where(WechatChat.conversation_id == conversation_id, Thread.change_seq > WechatChat.change_seq, _is_due())
    )
    return bool(_ids(found))


def _ids(statement) -> list[int]:
    found = list(db.session.scalars(statement))
    db.session.rollback()
    return found


def _is_due():
    return or_(WechatChat.next_time.is_(None), WechatChat.next_time <= utcnow())


def _is_free():
    return or_(WechatChat.lease_until.is_(None), WechatChat.lease_until < utcnow())


def _claim(tenant_id: int, conversation_id: int) -> bool:
    return _note(tenant_id, conversation_id, _is_free(), lease_until=utcnow() + _LEASE) == 1


def _send_pending(tenant_id: int, conversation_id: int) -> int:
    """Everything the chat is behind; afterwards the agent sees how far it has arrived."""
    chat = db.session.scalars(
        select(WechatChat).where(WechatChat.conversation_id == conversation_id),
        execution_options={"populate_existing": True},
    ).one()
    if chat.conversation.customer is None:  # deleted meanwhile: there is nobody left to tell
        _note(tenant_id, conversation_id, change_seq=chat.conversation.thread.change_seq)
        return 0
    account = accounts.account_of(chat.identity.channel_id)
    actor = people.actor_for(chat.conversation.customer)
    client, openid = (Client(account), chat.identity.external_id) if account is not None else (None, "")
    errands, change_seq = _errands(chat, account, actor)
    first_part, arrived = chat.sent_parts, 0
    for errand in errands:
        if client is None:
            _give_up(tenant_id, conversation_id, errand, Undelivery.setup, 0)
        elif _send(client, account, openid, conversation_id, errand, first_part):
            arrived = errand.seq
        first_part = 0
        _note(
            tenant_id,
            conversation_id,
            change_seq=errand.change_seq,
            sent_seq=errand.seq,
            sent_parts=0,
            attempts=0,
            next_time=None,
            lease_until=utcnow() + _LEASE,
        )
    _note(tenant_id, conversation_id, change_seq=change_seq, attempts=0, next_time=None)
    if arrived:
        conversations.receive_messages(actor, db.session.get(Conversation, conversation_id), seq=arrived)
    return len(errands)


def _errands(chat: WechatChat, account: WechatAccount | None, actor: Actor) -> tuple[list[Errand], int]:
    """What is to go out, in order, and the change up to which that is all."""
    changes = thread_pages.changes_after(actor, chat.conversation.thread_id, chat.change_seq)
    # what is said of the queue must be as new as the message that speaks of it
    db.session.refresh(chat.conversation)
    reader = _reader(chat, account)
    errands, sent_seq = [], chat.sent_seq
    for message in changes.messages:
        is_known = message.seq <= sent_seq
        if message.sender_kind not in _OURS or (message.recalled_time is not None and not is_known):
            parts = []
        elif message.recalled_time is not None:
            parts = wording.recalled(message, reader)
        else:
            parts = wording.parts_of(message, reader)
        sent_seq = max(sent_seq, message.seq)
        if parts:
            is_said = message.type is not MessageType.system
            errands.append(Errand(message.id, sent_seq, message.change_seq, is_said, parts))
    return errands, changes.change_seq


def _reader(chat: WechatChat, account: WechatAccount | None) -> Reader:
    base, conversation, channel = (account.base_url or "") if account else "", chat.conversation, chat.identity.channel

    def own_address() -> str:
        if not base:
            return ""
        return f"{base}/chat?channel={channel.code}#pass={passes.make(conversation.customer, channel.id)}"

    return Reader(
        kind=account.kind if account else None,
        locale=channel.locale or "zh",
        address=lambda path: f"{base}{path}" if base else "",
        own_address=own_address,
        queue=lambda: routing.queue_position(conversation),
        is_asked=lambda: conversation.rating_invited_time is not None and conversations.rating_of(conversation) is None,
    )


def _send(
    client: Client, account: WechatAccount, openid: str, conversation_id: int, errand: Errand, first_part: int
) -> bool:
    """Whether it has arrived; what WeChat refuses is marked. Raises CallFailed where it is worth waiting."""
    tenant_id = account.tenant_id
    for place, part in enumerate(errand.parts):
        if place < first_part:
            continue
        try:
            if isinstance(part, Media):
                data = offload(files.storage.path(part.key).read_bytes)
                media_id = client.upload(part.kind, part.name, part.mime, data)
                client.send(openid, part.kind, {"media_id": media_id})
            else:
                client.send(openid, "text", {"content": part})
        except Refused as refusal:
            chats.note_setup(account, refusal.code)
            reason = REASONS.get(refusal.code, Undelivery.refused)
            _give_up(tenant_id, conversation_id, errand, reason, refusal.code)
            return False
        _note(tenant_id, conversation_id, sent_parts=place + 1, lease_until=utcnow() + _LEASE)
    return True


def _give_up(tenant_id: int, conversation_id: int, errand: Errand, reason: Undelivery, code: int) -> None:
    if errand.is_said:
        chats.mark_undelivered(tenant_id, conversation_id, errand.message_id, reason, code)


def _wait(tenant_id: int, conversation_id: int, error: Exception) -> None:
    """WeChat is away or busy: the whole conversation waits, for its messages stay in order."""
    db.session.rollback()
    chat = db.session.scalars(select(WechatChat).where(WechatChat.conversation_id == conversation_id)).one()
    attempts = chat.attempts
    delay = DELAYS[min(attempts, len(DELAYS) - 1)]
    logger.warning("conversation %s waits %s s for WeChat: %s", conversation_id, delay, error)
    _note(tenant_id, conversation_id, attempts=attempts + 1, next_time=utcnow() + dt.timedelta(seconds=delay))


def _settle(tenant_id: int) -> None:
    """What ended a day ago and has gone out needs no looking at any more."""
    ended = select(Conversation.id).where(
        Conversation.status == Status.closed, Conversation.close_time < utcnow() - _SETTLES_AFTER
    )
    old = _ids(select(WechatChat.conversation_id).where(WechatChat.settled == 0, WechatChat.conversation_id.in_(ended)))
    for conversation_id in old:
        if not _is_behind(conversation_id):
            _note(tenant_id, conversation_id, settled=True)


def _note(tenant_id: int, conversation_id: int, *conditions, **values) -> int:
    with write(tenant_id) as session:
        return session.execute(
            update(WechatChat).where(WechatChat.conversation_id == conversation_id, *conditions).values(**values),
            execution_options={"synchronize_session": False},
        ).rowcount
