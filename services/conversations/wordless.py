"""A picture, a file or a voice message to the bot, which can neither look nor listen: it says so (AI-1)."""

from sqlalchemy import func, select

from app.extensions import db
from models.actor import Actor
from models.conversations import Conversation
from models.messaging import ChatMessage, MessageType, SenderKind
from services import bot_words
from services.conversations.talking import WORDLESS, answer_as_bot
from services.operation import operation

#: then it has said all there is to say, until the customer says something in words
MOST = 2


@operation("conversation.answer_wordless", title="Answer a picture as the bot", right="conversation.answer")
def answer_wordless(actor: Actor, conversation: Conversation, *, to_message_id: int, locale: str) -> ChatMessage | None:
    """Ask for words, once for however many files came together; at the next ones offer a person; then be quiet.

    Nothing is said either when words have come since: those are answered.
    """
    message = db.session.get(ChatMessage, to_message_id)
    if message is None or message.recalled_time is not None:
        return None
    words = _last_words(conversation)
    if words > message.seq:
        return None
    said = _said_since(conversation, words)
    if len(said) == MOST or (said and said[-1].seq > message.seq):
        return None
    return answer_as_bot(
        actor,
        conversation,
        to_message_id=to_message_id,
        content=bot_words.wordless(message.type, locale, again=bool(said)),
        payload={"kind": WORDLESS, "answered": False, "citations": [], "choices": [], "confidence": None},
    )


def _last_words(conversation: Conversation) -> int:
    """The number of the customer's last message in words; 0 when there is none."""
    last = select(func.coalesce(func.max(ChatMessage.seq), 0)).where(
        ChatMessage.thread_id == conversation.thread_id,
        ChatMessage.sender_kind == SenderKind.customer,
        ChatMessage.type == MessageType.text,
    )
    return db.session.execute(last).scalar_one()


def _said_since(conversation: Conversation, seq: int) -> list[ChatMessage]:
    """How often the bot has asked for words after this message."""
    answers = select(ChatMessage).where(
        ChatMessage.thread_id == conversation.thread_id,
        ChatMessage.type == MessageType.answer,
        ChatMessage.seq > seq,
    )
    return [one for one in db.session.scalars(answers.order_by(ChatMessage.seq)) if one.payload["kind"] == WORDLESS]
