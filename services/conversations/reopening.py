"""A late word to a conversation that has ended takes it up again, by rule (CHT-5)."""

import datetime as dt

from sqlalchemy import select

from app.errors import Conflict
from app.extensions import db
from models.actor import Actor
from models.conversations import OPEN, Conversation
from models.conversations import ConversationStatus as Status
from models.customers import Customer
from models.organization import Presence
from models.types import utcnow
from services import problems, settings, threads
from services.conversations.assigning import get_agent, give
from services.conversations.state import move, place, tell


def reopen_until(conversation: Conversation, hours: int) -> dt.datetime | None:
    """Until when a word of the customer takes it up again; None while it is open, or when it never does."""
    if conversation.status is not Status.closed or conversation.close_time is None or not hours:
        return None
    return conversation.close_time + dt.timedelta(hours=hours)


def may_reopen(actor: Actor, conversation: Conversation) -> bool:
    """Inside an operation: whether a word of this actor takes up what has ended; otherwise a new one has to begin."""
    until = reopen_until(conversation, settings.get_setting("reopen_hours")) if actor.sees_as_customer else None
    if until is None or until < utcnow():
        return False
    # the customer's row is the lock: he has one open conversation, also when he opens one at the same moment
    db.session.get(Customer, conversation.customer_id, with_for_update=True, populate_existing=True)
    another = select(Conversation.id).where(
        Conversation.customer_id == conversation.customer_id, Conversation.status.in_(OPEN)
    )
    return db.session.scalar(another.limit(1)) is None


def reopen(actor: Actor, conversation: Conversation) -> None:
    """Inside an operation, where `may_reopen` says so: take it up again.

    Who talked with the bot only goes on with the bot. Others wait for a person again: for the same agent if he is
    there and has room.
    """
    before, was_with_bot = conversation.agent, conversation.queue_time is None and conversation.agent_id is None
    # what is measured from here on is this round's; the first one's stands in the log and in the assignments
    conversation.close_time = conversation.close_reason = conversation.rating_invited_time = None
    conversation.active_time = conversation.first_reply_time = conversation.left_message_time = None
    conversation.agent, conversation.bot_misses = None, 0
    threads.system_message(actor, conversation.thread, "reopened", "会话已继续", place=place(conversation))
    if was_with_bot:
        move(conversation, Status.bot)
        tell(conversation, "reopened")
        return
    move(conversation, Status.queued)
    conversation.queue_time = conversation.waiting_since = utcnow()
    conversation.queue_priority = problems.priority(conversation)
    db.session.flush()
    if before is not None and before.presence is Presence.online:
        try:
            give(actor, conversation, get_agent(before.id), method="reopen")
        except Conflict:  # `give` refuses before it changes anything: somebody else takes it
            tell(conversation, "queued")
    else:
        tell(conversation, "queued")
