"""What a model writes for staff: a reply to look over, a summary for who takes over, the first version of an article.

Nothing of it is sent or published; a person does that. Numbers and addresses of people are masked before they leave.
"""

from dataclasses import dataclass

from sqlalchemy import select

from ai.masking import mask
from ai.smalltalk import language_of
from app.extensions import db
from models.actor import Actor
from models.conversations import Conversation
from models.generation import Feature
from models.messaging import ChatMessage, MessageType, SenderKind
from services import threads
from services.conversations.state import place
from services.generation import calls, prompts
from services.generation.answering import grounded, passages_of
from services.generation.calls import NotNow, Unusable
from services.generation.endpoints import Endpoint, endpoint_for
from services.operation import operation

#: of a conversation the model sees no more than this
MOST_MESSAGES, MOST_CHARS = 40, 6000
_SPEAKERS = {
    SenderKind.customer: ("客户", "Customer"),
    SenderKind.agent: ("客服", "Agent"),
    SenderKind.bot: ("机器人", "Bot"),
}
SPEECH = (MessageType.text, MessageType.answer)


@dataclass(frozen=True)
class Draft:
    """The first version of an article."""

    title: str
    body: str


def propose_reply(actor: Actor, conversation: Conversation, question: str, citations: list[dict]) -> dict:
    """A reply in one piece from the quoted articles, {text, citations}. Raises NotNow, Unusable."""
    conversation_id = conversation.id
    endpoint = _endpoint(Feature.suggest_replies)
    passages = passages_of(actor, question, citations)
    if not passages:
        raise NotNow("No article answers this, so there is nothing to write a reply from")
    said = mask(question)
    texts = [text for _place, text in passages]
    messages = prompts.messages_for(
        "reply",
        locale=language_of(question, "en"),
        wishes=endpoint.instructions,
        texts=[(f"passage {number}", text) for number, text in enumerate(texts, start=1)],
        question=said,
    )
    verdict = calls.ask(
        actor,
        Feature.suggest_replies,
        messages,
        lambda text: grounded(text, texts, said),
        conversation_id=conversation_id,
        endpoint=endpoint,
    )
    cited = sorted({passages[number][0] for sentence in verdict.sentences for number in sentence.sources})
    return {"text": verdict.text, "citations": [citations[number] for number in cited]}


def summarise_for_agent(actor: Actor, conversation: Conversation, *, key: str) -> bool:
    """Job: an internal note for who takes over, once per `key`. False when there is nothing to tell, or no model."""
    endpoint = endpoint_for(Feature.summarise_handover)
    if endpoint is None or threads.find_sent(conversation.thread_id, actor, key) is not None:
        return False
    conversation_id, said = conversation.id, transcript(conversation)
    if said.count("\n") < 2:
        return False  # one reads two lines quicker than their summary
    locale = language_of(said, "en")
    messages = prompts.messages_for(
        "summary", locale=locale, wishes=endpoint.instructions, texts=[("conversation", said)]
    )
    try:
        verdict = calls.ask(
            actor,
            Feature.summarise_handover,
            messages,
            lambda text: grounded(text, [said]),
            conversation_id=conversation_id,
            endpoint=endpoint,
        )
    except (NotNow, Unusable):
        return False  # written down with the call; the agent reads the conversation as ever
    row = db.session.get(Conversation, conversation_id)
    if row is None or row.deleted:
        return False
    note_summary(actor, row, text=verdict.text, key=key)
    return True


@operation("conversation.summarise", title="Note a summary")
def note_summary(actor: Actor, conversation: Conversation, *, text: str, key: str) -> ChatMessage:
    """Among the internal notes, marked as a model's words."""
    known = threads.find_sent(conversation.thread_id, actor, key)
    return known or threads.store(
        actor,
        conversation.thread,
        client_msg_id=key,
        type_=MessageType.note,
        content=text,
        payload={"summary": True, "rewritten": True},
        place=place(conversation),
    )


def draft_article(actor: Actor, questions: list[str], answers: list[str], *, locale: str) -> Draft:
    """An article from what customers asked and what staff answered. Raises NotNow, Unusable."""
    endpoint = _endpoint(Feature.draft_articles)
    asked = mask("\n".join(questions))[:MOST_CHARS]
    told = [mask(text)[:MOST_CHARS] for text in answers]
    if not told:
        raise NotNow("Nobody has answered these questions yet, so there is nothing to write from")
    messages = prompts.messages_for(
        "draft",
        locale=locale,
        wishes=endpoint.instructions,
        texts=[("questions", asked), *(("answer of our staff", text) for text in told)],
    )

    def use(text: str) -> Draft:
        title, _, body = text.strip().partition("\n")
        title = title.strip("# *").strip()[:255]
        verdict = grounded(body, told, asked)
        if not title:
            raise Unusable("no title")
        grounded(title, [asked, *told], asked)
        return Draft(title, verdict.text)

    return calls.ask(actor, Feature.draft_articles, messages, use, endpoint=endpoint)


def transcript(conversation: Conversation) -> str:
    """What was said between the customer and us, newest last, without internal notes, masked."""
    rows = db.session.scalars(
        select(ChatMessage)
        .where(
            ChatMessage.thread_id == conversation.thread_id,
            ChatMessage.type.in_(SPEECH),
            ChatMessage.recalled_time.is_(None),
            ChatMessage.sender_kind.in_(list(_SPEAKERS)),
        )
        .order_by(ChatMessage.seq.desc())
        .limit(MOST_MESSAGES)
    ).all()[::-1]
    place_of = 0 if language_of("".join(row.content for row in rows), "en") == "zh" else 1
    lines = [f"{_SPEAKERS[row.sender_kind][place_of]}: {mask(row.content)}" for row in rows]
    return "\n".join(lines)[-MOST_CHARS:]


def _endpoint(feature: Feature) -> Endpoint:
    endpoint = endpoint_for(feature)
    if endpoint is None:
        raise NotNow("The language model is not switched on for this")
    return endpoint
