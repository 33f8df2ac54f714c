"""Conversations in which nothing is said any more: warned, then closed, by time that has really passed (CHT-5, F27)."""

import datetime as dt

from sqlalchemy import select

from app.extensions import db
from models.actor import Actor
from models.conversations import HELD, Conversation
from models.conversations import ConversationStatus as Status
from models.types import utcnow
from services import observed_time, settings
from services.conversations.automatic import say
from services.conversations.flow import end
from services.operation import operation

#: who waits for a person is never sent away by a clock: it is our turn
ENDS_BY_SILENCE = (Status.bot, *HELD)
#: as many in one round; the next one comes soon
AT_ONCE = 200


@operation("conversation.warn_idle", title="Warn of the end by silence", right="conversation.requeue")
def warn(actor: Actor, conversation: Conversation, *, silent_since: dt.datetime, minutes: int) -> bool:
    """Tell the customer that his silence will end it."""
    if conversation.status not in HELD or not _is_silent(conversation, silent_since) or _is_warned(conversation):
        return False
    conversation.idle_warned_time = utcnow()
    say(actor, conversation, "idle_warning", minutes=minutes)
    return True


@operation("conversation.close_idle", title="Close after a long silence", right="conversation.requeue")
def close(actor: Actor, conversation: Conversation, *, silent_since: dt.datetime) -> bool:
    """End what nobody has said anything in since then; the rows are locked, so a word at this moment counts."""
    if conversation.status not in ENDS_BY_SILENCE or not _is_silent(conversation, silent_since):
        return False
    end(actor, conversation, "closed_idle", reason="idle")
    return True


def close_idle(actor: Actor) -> int:
    """By the timetable: warn and close; returns how many were closed. The setting 0 switches it off."""
    clock = observed_time.come_by(actor)
    chosen = settings.all_settings()
    span = dt.timedelta(hours=chosen["conversation_idle_hours"])
    notice = dt.timedelta(minutes=chosen["idle_warning_minutes"])
    if not span:
        return 0
    if notice:
        _warn_all(actor, clock.before(max(span - notice, dt.timedelta())), chosen["idle_warning_minutes"])
    silent_since = clock.before(span)
    if silent_since is None:
        return 0
    warned = Conversation.status == Status.bot
    if notice and (told_before := clock.before(notice)) is not None:
        warned |= (Conversation.idle_warned_time >= Conversation.last_message_time) & (
            Conversation.idle_warned_time <= told_before
        )
    rows = _silent(silent_since, warned if notice else Conversation.status.in_(ENDS_BY_SILENCE))
    return sum(close(actor, row, silent_since=silent_since) for row in rows)


def _warn_all(actor: Actor, silent_since: dt.datetime | None, minutes: int) -> None:
    if silent_since is None:
        return
    unwarned = Conversation.idle_warned_time.is_(None) | (
        Conversation.idle_warned_time < Conversation.last_message_time
    )
    for row in _silent(silent_since, Conversation.status.in_(HELD), unwarned):
        warn(actor, row, silent_since=silent_since, minutes=minutes)


def _silent(since: dt.datetime, *conditions) -> list[Conversation]:
    return list(
        db.session.scalars(
            select(Conversation)
            .where(
                Conversation.status.in_(ENDS_BY_SILENCE),
                Conversation.last_message_time < since,
                *conditions,
            )
            .order_by(Conversation.last_message_time)
            .limit(AT_ONCE)
        )
    )


def _is_silent(conversation: Conversation, since: dt.datetime) -> bool:
    return conversation.last_message_time is not None and conversation.last_message_time < since


def _is_warned(conversation: Conversation) -> bool:
    return conversation.idle_warned_time is not None and conversation.idle_warned_time >= conversation.last_message_time
