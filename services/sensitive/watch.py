"""The watch over what people write: each message is looked at before it is stored for good (CHT-12).

A word that marks leaves the message as it is and makes an alert beside it. Nothing of the mark is written into the
message, so nothing of it can reach a customer. A word that blocks undoes the whole action; the alert is all that stays.
"""

import functools
from collections.abc import Iterable
from dataclasses import dataclass, replace

from sqlalchemy import select

from ai.sensitive import Found
from app.errors import Invalid, Reason
from app.extensions import db
from models.actor import Actor
from models.conversations import Conversation
from models.messaging import ChatMessage, MessageType, SenderKind, Thread, ThreadKind
from models.sensitive import UNSETTLED, AlertState, SensitiveAlert, SensitiveHit, WordAction, WordLevel, WordSpeaker
from models.tickets import Ticket
from services.operation import announce, run
from services.sensitive.lists import Word, words_of

#: what goes from one party to the other; notes stay among staff
WATCHED = frozenset({MessageType.text, MessageType.image, MessageType.file, MessageType.voice})
#: how much of a long message an alert keeps, and how much of it before the first word
EXCERPT_CHARS, BEFORE_CHARS = 400, 120
_LEVELS = list(WordLevel)


@dataclass(frozen=True)
class Catch:
    """What was found in one message, and where it was said: plain values that outlive a rollback."""

    words: tuple[Word, ...]
    spans: tuple[tuple[int, int], ...]
    text: str
    #: the columns of the alert that say who wrote it and where
    facts: dict
    #: rooms of those who see marks: staff who have the thread open
    rooms: tuple[str, ...] = ()

    def at(self, rooms: Iterable[str] = (), **facts) -> "Catch":
        """The same, with more known of where it was said and to whom."""
        return replace(self, facts={**self.facts, **facts}, rooms=tuple(rooms))

    @property
    def blocking(self) -> list[Word]:
        return [word for word in self.words if word.action is WordAction.block]


def look_at(
    actor: Actor, thread_id: int, client_msg_id: str, type_: MessageType, content: str, payload: dict | None, place
) -> Catch | None:
    """Before a message is numbered and stored: what there is to mark in it (`place`: a `services.places.Place`).

    Raises Invalid when it has a word that may not be sent.
    """
    if type_ not in WATCHED:
        return None
    # what a file is called is read by the other side too
    catch = catch_in(actor, content or (payload or {}).get("name", ""), client_msg_id)
    if catch is None:
        return None
    catch = catch.at(place.rooms(thread_id, internal=True), thread_id=thread_id, **_parties(place.context))
    if catch.blocking and not _is_stored(catch):
        raise refusal_of(actor, catch)
    return catch


def catch_in(actor: Actor, text: str, client_msg_id: str) -> Catch | None:
    """What there is to mark or to refuse in a text, by the words that are for this speaker."""
    if actor.kind in ("system", "bot"):
        return None
    known = words_of(actor.tenant_id)
    own = WordSpeaker.customer if actor.sees_as_customer else WordSpeaker.agent
    found = [one for one in known.scanner.find(text) if known.words[one.key].speaker in (WordSpeaker.everybody, own)]
    if not found:
        return None
    kind, sender_id = actor.sender
    return Catch(
        tuple(
            sorted(
                (known.words[key] for key in dict.fromkeys(one.key for one in found)),
                key=lambda word: -_LEVELS.index(word.level),
            )
        ),
        tuple(_merged(found)),
        text,
        {
            "client_msg_id": client_msg_id,
            "sender_kind": SenderKind(kind),
            "sender_id": sender_id,
            "sender_name": actor.name[:128],
        },
    )


def mark(message: ChatMessage, catch: Catch) -> None:
    """Inside the operation that stores `message`: the alert beside it."""
    store(catch, WordAction.mark, message.seq, message)


def _is_stored(catch: Catch) -> bool:
    """A repeated message is the one there is, though its words may not be sent any more."""
    facts = catch.facts
    return (
        db.session.scalar(
            select(ChatMessage.id).where(
                ChatMessage.thread_id == facts["thread_id"],
                ChatMessage.sender_kind == facts["sender_kind"],
                ChatMessage.sender_id == facts["sender_id"],
                ChatMessage.client_msg_id == facts["client_msg_id"],
            )
        )
        is not None
    )


def _parties(context: dict) -> dict:
    """Whose thread it is, as columns of the alert. The operation has the row already: no statement."""
    if "sessionId" in context:
        conversation = db.session.get(Conversation, context["sessionId"])
        return {
            "conversation_id": conversation.id,
            "customer_id": conversation.customer_id,
            "agent_id": conversation.agent_id,
        }
    if "ticketId" in context:
        ticket = db.session.get(Ticket, context["ticketId"])
        return {"ticket_id": ticket.id, "customer_id": ticket.customer_id, "agent_id": ticket.assignee_id}
    return {}


def refusal_of(actor: Actor, catch: Catch, field: str = "content") -> Invalid:
    """The sender is told which words, at this field; the alert is stored once everything else is undone."""
    words = "、".join(word.word for word in catch.blocking)[:200]
    refusal = Invalid(
        Reason("This message was not sent: it contains words that may not be used here (%(words)s)", words=words)
        if field == "content"
        else Reason("Please put it differently: it contains words that may not be used here (%(words)s)", words=words),
        kind="blocked_words",
        fields={field: Reason("not allowed: %(words)s", words=words)},
    )
    refusal.aftermath = functools.partial(run, actor, "sensitive_alert.block", lambda: _store_refused(catch))
    return refusal


def _store_refused(catch: Catch) -> None:
    """The alert of what was refused, once, however often the sender tries it."""
    if "thread_id" not in catch.facts:
        if not is_known(catch, WordAction.block):
            store(catch.at(thread_id=unowned_thread().id), WordAction.block, 0, None)
        return
    # one after the other: two tries at once are one alert
    thread = db.session.get(Thread, catch.facts["thread_id"], with_for_update=True, populate_existing=True)
    if not is_known(catch, WordAction.block):
        store(catch, WordAction.block, thread.last_seq, None)


def unowned_thread() -> Thread:
    """Inside an operation: where an alert stands whose words belong to no conversation and no ticket (yet)."""
    thread = Thread(kind=ThreadKind.conversation, last_seq=0, change_seq=0)
    db.session.add(thread)
    db.session.flush()
    return thread


def is_known(catch: Catch, action: WordAction) -> bool:
    """Whether the same words of the same person have their alert: in the thread, or without one while it is open."""
    facts = catch.facts
    statement = select(SensitiveAlert.id).where(
        SensitiveAlert.sender_kind == facts["sender_kind"],
        SensitiveAlert.sender_id == facts["sender_id"],
        SensitiveAlert.client_msg_id == facts["client_msg_id"],
        SensitiveAlert.action == action,
    )
    if "thread_id" in facts:
        statement = statement.where(SensitiveAlert.thread_id == facts["thread_id"])
    else:
        statement = statement.where(
            SensitiveAlert.state.in_(UNSETTLED),
            SensitiveAlert.conversation_id.is_(None),
            SensitiveAlert.ticket_id.is_(None),
        )
    return db.session.scalar(statement.limit(1)) is not None


def store(catch: Catch, action: WordAction, seq: int, message: ChatMessage | None) -> None:
    """Inside an operation: the alert with its words; `seq` is the number of the message, or of the one before."""
    start = max(0, catch.spans[0][0] - BEFORE_CHARS)
    end = start + EXCERPT_CHARS
    alert = SensitiveAlert(
        **catch.facts,
        seq=seq,
        message=message,
        action=action,
        state=AlertState.open,
        level=catch.words[0].level,
        words="、".join(word.word for word in catch.words)[:500],
        excerpt=catch.text[start:end],
        spans=[[left - start, min(right, end) - start] for left, right in catch.spans if left < end],
    )
    db.session.add(alert)
    db.session.add_all(
        SensitiveHit(alert=alert, word_id=word.id, word=word.word, group_name=word.group_name, level=word.level)
        for word in catch.words
    )
    announce("sensitive_alert.created", rooms=list(catch.rooms), alert=alert)


def _merged(found: list[Found]) -> list[tuple[int, int]]:
    """The places found, those that overlap as one."""
    merged: list[tuple[int, int]] = []
    for one in found:
        if merged and one.start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], one.end))
        else:
            merged.append((one.start, one.end))
    return merged
