"""How customers sound: recognised some at a time after the messages are stored, told to staff alone (AI-11)."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import insert, select, update

from ai.mood import Mood as HeardMood
from ai.mood import hear
from app.extensions import db
from app.offload import offload
from models.actor import system
from models.conversations import Conversation
from models.messaging import ChatMessage
from models.types import utcnow
from models.understanding import MessageMood, Mood
from services.conversations.state import place
from services.operation import announce, is_repeated, run

#: so many messages later a conversation no longer sounds as it did
FADES_AFTER = 10


@dataclass(frozen=True)
class Said:
    """One message of a customer, as far as its mood is concerned."""

    conversation_id: int
    thread_id: int
    message_id: int
    seq: int
    text: str


@dataclass(frozen=True)
class _Sounding:
    said: Said
    mood: Mood
    confidence: int


def note(tenant_id: int, several: Sequence[Said]) -> int:
    """Job: the moods of these messages, and of the conversations they were said in; how many have one.

    What sounds neutral leaves no trace, and where nothing changes nothing is written.
    """
    loud = offload(_sounding, several)
    latest = {said.conversation_id: said.seq for said in sorted(several, key=lambda said: said.seq)}
    moods = {one.said.conversation_id: one for one in sorted(loud, key=lambda one: one.said.seq)}
    known = db.session.execute(
        select(Conversation.id, Conversation.mood, Conversation.mood_seq).where(Conversation.id.in_(latest))
    ).all()
    changed: dict[int, tuple[Mood | None, int | None]] = {}
    for number, mood, seq in known:
        now = moods.get(number)
        if now is not None and (seq is None or now.said.seq > seq):
            changed[number] = (now.mood, now.said.seq)
        elif now is None and mood is not None and latest[number] - (seq or 0) > FADES_AFTER:
            changed[number] = (None, None)
    if loud or changed:
        run(system(tenant_id), "conversation.feel", lambda: _store(loud, changed))
    return len(loud)


def moods_of(thread_id: int) -> list[MessageMood]:
    """The moods in a thread, in the order of its messages; what was taken back has none."""
    return list(
        db.session.scalars(
            select(MessageMood)
            .join(ChatMessage, ChatMessage.id == MessageMood.message_id)
            .where(MessageMood.thread_id == thread_id, ChatMessage.recalled_time.is_(None))
            .order_by(MessageMood.message_id)
        )
    )


def _sounding(several: Sequence[Said]) -> list[_Sounding]:
    found = []
    for said in several:
        heard = hear(said.text)
        if heard.mood is not HeardMood.neutral:
            found.append(_Sounding(said, Mood(heard.mood.value), round(heard.probability * 1000)))
    return found


def _store(loud: list[_Sounding], changed: dict[int, tuple[Mood | None, int | None]]) -> None:
    """Inside a transaction: rows for messages, columns of conversations; told to the staff of each conversation."""
    ids = [one.said.message_id for one in loud]
    stored = set()
    if is_repeated():
        stored = set(db.session.scalars(select(MessageMood.message_id).where(MessageMood.message_id.in_(ids))))
    rows = [
        {
            "message_id": one.said.message_id,
            "thread_id": one.said.thread_id,
            "mood": one.mood,
            "confidence": one.confidence,
            "tenant_id": db.session().info["tenant_id"],
        }
        for one in loud
        if one.said.message_id not in stored
    ]
    if rows:
        db.session.execute(insert(MessageMood), rows)
    for number, (mood, seq) in changed.items():
        db.session.execute(
            update(Conversation).where(Conversation.id == number).values(mood=mood, mood_seq=seq, update_time=utcnow()),
            execution_options={"synchronize_session": False},
        )
    concerned = {one.said.conversation_id for one in loud} | set(changed)
    for conversation in db.session.scalars(select(Conversation).where(Conversation.id.in_(concerned))):
        announce(
            "conversation.mood_heard",
            rooms=_rooms_of_staff(conversation),
            sessionId=conversation.id,
            mood=_told(changed[conversation.id][0] if conversation.id in changed else conversation.mood),
            messages=[
                {"messageId": one.said.message_id, "mood": one.mood.value, "confidence": one.confidence}
                for one in loud
                if one.said.conversation_id == conversation.id
            ],
        )


def _rooms_of_staff(conversation: Conversation) -> list[str]:
    rooms = [*place(conversation).rooms(conversation.thread_id, internal=True), f"monitor:{conversation.tenant_id}"]
    return [*rooms, f"team:{conversation.team_id}"] if conversation.team_id else rooms


def _told(mood: Mood | None) -> str | None:
    return mood.value if mood is not None else None
