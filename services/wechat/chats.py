"""Conversations whose customer reads them in WeChat: which they are, and what did not arrive there."""

import threading
import time

from sqlalchemy import select

from app.extensions import db
from models.actor import system
from models.channels import Channel, CustomerIdentity
from models.conversations import Conversation
from models.messaging import ChatMessage, SenderKind
from models.wechat import UndeliveredMessage, Undelivery, WechatAccount, WechatChat
from services import places
from services.operation import announce, run
from services.wechat import accounts

#: how long it may take until a new account is known in every process, in seconds; the timetable finds all the same
_KNOWN_SECONDS = 5.0
_known: dict[int, tuple[float, bool]] = {}
_lock = threading.Lock()


def speaks_wechat(tenant_id: int) -> bool:
    """Whether the bound company has an account of WeChat at all: asked with every message, so remembered a while."""
    until, answer = _known.get(tenant_id, (0.0, False))
    if until > time.monotonic():
        return answer
    with _lock:
        found = db.session.scalar(
            select(WechatAccount.id).join(Channel, Channel.id == WechatAccount.channel_id).limit(1)
        )
        _known[tenant_id] = time.monotonic() + _KNOWN_SECONDS, found is not None
    return found is not None


def forget(tenant_id: int) -> None:
    """An account was made or removed."""
    _known.pop(tenant_id, None)


def answer_in(conversation: Conversation, link: CustomerIdentity) -> None:
    """From now on this conversation is answered where `link` leads.

    One that began elsewhere goes out from this moment on: what was said before he has read there.
    """
    chat = _chat_of(conversation)
    if chat is not None and chat.identity_id == link.id and not chat.settled:
        return

    def note() -> None:
        chat = _chat_of(conversation)
        if chat is None:
            thread = conversation.thread
            begins = conversation.channel == link.channel.code and not _somebody_spoke(conversation)
            chat = WechatChat(
                conversation_id=conversation.id,
                change_seq=0 if begins else thread.change_seq,
                sent_seq=0 if begins else thread.last_seq,
                sent_parts=0,
                attempts=0,
            )
            db.session.add(chat)
        chat.identity_id, chat.settled = link.id, False
        db.session.flush()

    run(system(conversation.tenant_id), "wechat.chat", note, [conversation])


def _chat_of(conversation: Conversation) -> WechatChat | None:
    return db.session.scalars(select(WechatChat).where(WechatChat.conversation_id == conversation.id)).first()


def _somebody_spoke(conversation: Conversation) -> bool:
    said = select(ChatMessage.id).where(
        ChatMessage.thread_id == conversation.thread_id, ChatMessage.sender_kind != SenderKind.system
    )
    return db.session.scalar(said.limit(1)) is not None


def note_setup(account: WechatAccount, code: int) -> None:
    """WeChat has refused something for which the set-up is to blame."""
    if code in accounts.SETUP_CODES:
        accounts.note_problem(account, code)


def mark_undelivered(tenant_id: int, conversation_id: int, message_id: int, reason: Undelivery, code: int) -> None:
    """The customer will not see this message; whoever has the conversation open learns it at once."""

    def note() -> None:
        known = select(UndeliveredMessage.id).where(UndeliveredMessage.message_id == message_id)
        message = db.session.get(ChatMessage, message_id)
        if message is None or db.session.scalar(known) is not None:
            return
        row = UndeliveredMessage(message_id=message_id, conversation_id=conversation_id, reason=reason, code=code)
        db.session.add(row)
        db.session.flush()
        announce(
            "message.undelivered",
            rooms=[places.room(message.thread_id, staff=True)],
            conversation_id=conversation_id,
            message_id=message_id,
            reason=reason.value,
            code=code,
        )

    run(system(tenant_id), "message.undelivered", note)


def undelivered_of(conversation: Conversation) -> list[UndeliveredMessage]:
    """What the customer did not get, for staff who have it open."""
    return list(
        db.session.scalars(
            select(UndeliveredMessage)
            .where(UndeliveredMessage.conversation_id == conversation.id)
            .order_by(UndeliveredMessage.id)
        )
    )
