"""What agents did with what was offered: the next offers are ranked by it, and edits are learned from (AI-3)."""

import math
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

from sqlalchemy import or_, select

from ai.text import STOP_WORDS, char_terms, normalise
from app.errors import Invalid, NotFound
from app.extensions import db
from app.offload import offload
from models.actor import Actor
from models.assistance import SuggestionChoice, SuggestionSource
from models.conversations import Conversation
from models.messaging import ChatMessage, MessageType, SenderKind
from services.assistance.persons import without_persons
from services.operation import operation

#: past choices that are looked at, the newest
REMEMBERED = 200
MOST_OFFERED = 10
#: a colleague's choice counts less than one's own
OWN, TEAMS = 1.0, 0.5
#: questions less alike than this have nothing to do with one another
ALIKE = 0.3
#: the most that choices may move a suggestion, in log odds
MOST_SHIFT = 1.5
#: what was sent with less of it was not used, with more of it not changed
USED, UNCHANGED = 300, 970
#: two edits this alike are the same edit
SAME_EDIT = 0.85
_COMPARED = 1500

Key = tuple[SuggestionSource, int]


class Choice(NamedTuple):
    """A past choice as plain values."""

    question: str
    offered: tuple[Key, ...]
    chosen: Key | None
    kept: int
    edited: str | None
    is_own: bool


@operation("conversation.note_choice", title="Note what was made of suggestions", right="conversation.suggest")
def note_choice(
    actor: Actor,
    conversation: Conversation,
    *,
    message_id: int,
    offered: list[dict],
    source: SuggestionSource | None = None,
    source_id: int | None = None,
    text: str = "",
) -> SuggestionChoice | None:
    """What the agent sent after he had been offered something; `text` is the suggestion as it was put in.

    Noted once per message, and about his own messages only. None where it was noted before.
    """
    message = _own_message(actor, conversation, message_id)
    keys = _keys(offered)
    chosen = (source, source_id) if source is not None and source_id is not None else None
    if chosen is not None and chosen not in keys:
        raise Invalid("What was chosen was not offered", fields={"sourceId": "unknown"})
    if db.session.scalar(select(SuggestionChoice.id).where(SuggestionChoice.message_id == message.id)) is not None:
        return None
    question = _asked_before(conversation, message.seq)
    kept = round(offload(alikeness, text, message.content) * 1000) if chosen is not None else None
    is_used = kept is not None and kept >= USED
    row = SuggestionChoice(
        conversation_id=conversation.id,
        message_id=message.id,
        user_id=actor.user_id,
        team_id=conversation.served_team_id or conversation.team_id,
        question=without_persons(question, conversation)[:500],
        offered=[[kind.value, number] for kind, number in keys],
        source=chosen[0] if is_used else None,
        source_id=chosen[1] if is_used else None,
        kept=kept,
        edited=without_persons(message.content, conversation) if is_used and kept < UNCHANGED else None,
    )
    db.session.add(row)
    db.session.flush()
    return row


def recent(actor: Actor) -> list[Choice]:
    """The last choices of this agent and his teams, as plain values."""
    rows = db.session.scalars(
        select(SuggestionChoice)
        .where(
            or_(SuggestionChoice.user_id == actor.user_id, SuggestionChoice.team_id.in_(actor.team_ids or {0})),
        )
        .order_by(SuggestionChoice.id.desc())
        .limit(REMEMBERED)
    )
    return [
        Choice(
            row.question,
            tuple((SuggestionSource(kind), number) for kind, number in row.offered),
            (row.source, row.source_id) if row.source is not None else None,
            row.kept or 0,
            row.edited,
            row.user_id == actor.user_id,
        )
        for row in rows
    ]


def shifts(question: str, keys: Sequence[Key], choices: Sequence[Choice]) -> dict[Key, float]:
    """How much past choices speak for each suggestion, in log odds: those for questions like this one count."""
    spoken, against = dict.fromkeys(keys, 0.0), dict.fromkeys(keys, 0.0)
    terms = _terms(question)
    for choice in choices:
        near = _overlap(terms, _terms(choice.question))
        if near < ALIKE:
            continue
        weight = near * (OWN if choice.is_own else TEAMS)
        for key in keys:
            if key == choice.chosen:
                spoken[key] += weight
            elif key in choice.offered:
                # who writes himself has nothing against any of them in particular
                against[key] += weight if choice.chosen is not None else weight / 2
    return {
        key: max(-MOST_SHIFT, min(MOST_SHIFT, math.log((1 + 2 * spoken[key]) / (1 + against[key])))) for key in keys
    }


def usual_edit(key: Key, choices: Sequence[Choice]) -> str | None:
    """What this agent makes of a suggestion when he has made the same of it the last two times."""
    last = [choice.edited for choice in choices if choice.is_own and choice.chosen == key][:2]
    if len(last) < 2 or None in last or alikeness(last[0], last[1]) < SAME_EDIT:
        return None
    return last[0]


def alikeness(text: str, other: str) -> float:
    """0 nothing in common … 1 the same, spaces aside."""
    one, two = (" ".join(given.split())[:_COMPARED] for given in (text, other))
    return SequenceMatcher(None, one, two, autojunk=False).ratio()


def _own_message(actor: Actor, conversation: Conversation, message_id: int) -> ChatMessage:
    message = db.session.scalars(
        select(ChatMessage).where(
            ChatMessage.id == message_id,
            ChatMessage.thread_id == conversation.thread_id,
            ChatMessage.sender_kind == SenderKind.agent,
            ChatMessage.sender_id == actor.user_id,
            ChatMessage.type == MessageType.text,
        )
    ).first()
    if message is None:
        raise NotFound("This does not exist")
    return message


def _asked_before(conversation: Conversation, seq: int) -> str:
    asked = db.session.scalar(
        select(ChatMessage.content)
        .where(
            ChatMessage.thread_id == conversation.thread_id,
            ChatMessage.seq < seq,
            ChatMessage.sender_kind == SenderKind.customer,
            ChatMessage.type == MessageType.text,
            ChatMessage.recalled_time.is_(None),
        )
        .order_by(ChatMessage.seq.desc())
        .limit(1)
    )
    return asked or ""


def _keys(offered: list[dict]) -> list[Key]:
    """What was offered, as it may be kept. Raises Invalid."""
    found = []
    for one in offered[: MOST_OFFERED + 1]:
        kind, number = one.get("source"), one.get("id")
        if kind not in SuggestionSource.__members__ or not isinstance(number, int) or not 0 < number < 2**53:
            raise Invalid("The request is not valid", fields={"offered": "not valid"})
        found.append((SuggestionSource(kind), number))
    if not found or len(found) > MOST_OFFERED or len(set(found)) < len(found):
        raise Invalid("The request is not valid", fields={"offered": "not valid"})
    return found


def _terms(text: str) -> set[str]:
    """Words and pairs of characters: a lone character says nothing."""
    return {term for term in char_terms(normalise(text)) if len(term) > 1} - STOP_WORDS


def _overlap(one: set[str], other: set[str]) -> float:
    return len(one & other) / math.sqrt(len(one) * len(other)) if one and other else 0.0
