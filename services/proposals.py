"""A whole reply for an agent to look over, written by the language model from the articles suggested for it (AI-8)."""

from sqlalchemy import select

from app.errors import Conflict
from app.extensions import db
from models.actor import Actor
from models.conversations import Conversation
from models.generation import Feature
from models.messaging import ChatMessage, MessageType, SenderKind
from services import assistance, generation
from services.assistant import MAX_QUESTION

#: articles a reply is written from
MOST_ARTICLES = 3


def propose_reply(actor: Actor, conversation: Conversation) -> dict:
    """{text, citations, forSeq} for the customer's last words; nothing is sent.

    Raises Conflict when the customer has written nothing, or no article is near; Unavailable when the model cannot be
    asked, or has said something that the articles do not say.
    """
    actor.require("conversation.propose_reply")
    if not generation.is_on(Feature.suggest_replies):
        raise generation.NotNow("The language model is not switched on for this")
    asked = db.session.execute(
        select(ChatMessage.content, ChatMessage.seq)
        .where(
            ChatMessage.thread_id == conversation.thread_id,
            ChatMessage.recalled_time.is_(None),
            ChatMessage.sender_kind == SenderKind.customer,
            ChatMessage.type == MessageType.text,
        )
        .order_by(ChatMessage.seq.desc())
        .limit(1)
    ).first()
    if asked is None:
        raise Conflict("The customer has not written anything yet")
    question, seq = asked.content[:MAX_QUESTION], asked.seq
    citations = [
        {"articleId": reply["id"], "title": reply["title"], "quote": reply["text"]}
        for reply in assistance.suggest(actor, conversation)["replies"]
        if reply["source"] == "article"
    ][:MOST_ARTICLES]
    if not citations:
        raise Conflict("No article answers this, so there is nothing to write a reply from")
    try:
        return generation.propose_reply(actor, conversation, question, citations) | {"forSeq": seq}
    except generation.Unusable as refusal:
        raise generation.NotNow(
            "The language model added something that the articles do not say, so its reply was thrown away"
        ) from refusal
