"""What the bot said last in a conversation, as far as the customer's next message may lean on it (AI-2).

It is read from the conversation's own thread each time; nothing is kept between messages, so that no conversation can
hear of another one.
"""

from dataclasses import dataclass, field

from sqlalchemy import select

from ai.followup import pick
from ai.text import normalise
from app.extensions import db
from models.conversations import Conversation
from models.messaging import ChatMessage, MessageType

READING = "reading"
#: so many answers and lines of the system are looked at for one that a message may lean on
LOOKED_BACK = 10


@dataclass(frozen=True)
class Turn:
    """One answer of the bot. Plain values."""

    message_id: int
    kind: str
    #: the article that answered, else what had been asked about; a row of follow-ups without an answer keeps it
    topic: str
    #: what had been asked
    question: str
    #: the words that were quoted
    quote: str
    #: articles that were quoted or offered: {articleId, title}
    cited: tuple[dict, ...] = field(default=())
    choices: tuple[dict, ...] = field(default=())
    #: entries of the menu that were shown: {id, label, …}
    menu: tuple[dict, ...] = field(default=())

    def chosen(self, message: str) -> dict | None:
        """Which of the articles or entries that were shown a message means, by its number or its very words."""
        shown, name = (self.menu, "label") if self.menu else (self.choices, "title")
        place = pick(message, len(shown))
        if place is not None:
            return shown[place]
        words = normalise(message)
        return next((one for one in shown if normalise(one[name]) == words), None)


def _is_reading(message: ChatMessage) -> bool:
    """Whether it tells of the article from which the customer came to ask: he goes on from that."""
    return (message.payload or {}).get("event") == READING


def before(conversation: Conversation, message_id: int) -> Turn | None:
    """The bot's last answer before a message of the customer, or the article that he was reading if that came later;
    None when there is neither."""
    seq = db.session.scalar(select(ChatMessage.seq).where(ChatMessage.id == message_id))
    if seq is None:
        return None
    said = db.session.scalars(
        select(ChatMessage)
        .where(
            ChatMessage.thread_id == conversation.thread_id,
            ChatMessage.type.in_([MessageType.answer, MessageType.system]),
            ChatMessage.seq < seq,
        )
        .order_by(ChatMessage.seq.desc())
        .limit(LOOKED_BACK)
    )
    last = next((one for one in said if one.type is MessageType.answer or _is_reading(one)), None)
    if last is None:
        return None
    if last.type is MessageType.system:
        article = last.payload["params"]
        return Turn(last.id, READING, article["title"], question="", quote="", cited=(article,))
    told = last.payload or {}
    cited, question = told.get("citations") or [], told.get("question") or ""
    return Turn(
        message_id=last.id,
        kind=told.get("kind", ""),
        topic=cited[0]["title"] if cited else told.get("topic") or question,
        question=question,
        # what was quoted, whatever words a language model has put it into
        quote=(cited[0].get("quote") or last.content) if cited else "",
        cited=tuple(cited),
        choices=tuple(told.get("choices") or ()),
        menu=tuple(told.get("menu") or ()),
    )
