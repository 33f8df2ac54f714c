"""Answers with which customers were content, kept without the persons for questions like theirs (AI-3).

A job looks at rated conversations after their end. What was recalled, what stands in notes and what machines said is
none; an answer that was taken back by a worse rating goes again, and so does one whose conversation was purged.
"""

import re
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from ai.masking import BLANK, mask
from ai.smalltalk import recognise
from app.extensions import db
from app.offload import offload
from models.actor import Actor, system
from models.assistance import PastAnswer
from models.base import mark_deleted
from models.conversations import Conversation, ConversationStatus, Rating
from models.messaging import ChatMessage, MessageType, SenderKind
from models.organization import Agent
from models.tickets import Ticket
from models.types import utcnow
from services import settings
from services.assistance.persons import persons_of
from services.operation import operation, run

#: stars from which on an answer is worth repeating
GOOD = 4
BATCH = 100
#: of a conversation of any length the last messages
MESSAGES = 1000
MAX_QUESTION = 500
#: the customer's messages before an answer that make the question
QUESTION_MESSAGES = 3
SHORTEST_QUESTION, SHORTEST_ANSWER, LONGEST_ANSWER = 4, 12, 1500
#: an answer with more blanks was about one case only
MOST_BLANKS = 2
_ASKS_BACK = re.compile(r"[?？]\s*$|(?:请问|麻烦)[^。.!！]*(?:吗|呢|么)\s*$|有什么(?:可以|能)帮")
#: "您好，我是客服王敏": one sentence that says who speaks
_INTRODUCES = re.compile(
    r"^[^。！？!?\n]{0,16}(?:我是|这里是|我叫|工号)[^。！？!?\n]{0,16}[。！!～~]?$"
    r"|^(?:hi|hello|good \w+)\b[^.!?\n]{0,16}\b(?:i am|i'm|this is|my name is)\b[^.!?\n]{0,30}[.!]?$",
    re.IGNORECASE,
)


class Line(NamedTuple):
    """One message as plain values."""

    seq: int
    is_customers: bool
    sender_id: int
    text: str


class Pair(NamedTuple):
    """A question and what was answered, without persons."""

    seq: int
    sender_id: int
    question: str
    answer: str


@operation("past_answer.delete", title="Delete: Past answer")
def delete_answer(actor: Actor, answer: PastAnswer) -> None:
    """Nobody is offered it any more."""
    mark_deleted(answer)


def learn(tenant_id: int) -> int:
    """Job: look at the rated conversations that nobody has looked at since; returns how many answers were kept."""
    if not settings.get_setting("suggest_past_answers"):
        return 0
    waiting = (
        select(Rating.id)
        .join(Rating.conversation)
        .where(Rating.learned_time.is_(None), Conversation.status == ConversationStatus.closed)
    )
    return sum(
        _learn_from(tenant_id, number) for number in db.session.scalars(waiting.order_by(Rating.id).limit(BATCH)).all()
    )


def _learn_from(tenant_id: int, rating_id: int) -> int:
    rating = db.session.get(Rating, rating_id, options=[joinedload(Rating.conversation)])
    if rating is None:
        return 0
    conversation, pairs = rating.conversation, []
    if rating.score >= GOOD and conversation.purge_time is None:
        pairs = offload(pairs_of, *lines_of(conversation))
    run(system(tenant_id), "past_answer.learn", lambda: _keep(rating_id, pairs))
    return len(pairs)


def lines_of(place: Conversation | Ticket) -> tuple[list[Line], dict[str, str]]:
    """What customer and staff wrote to each other, in order, and the names in it: plain values for native threads."""
    newest = db.session.scalars(
        select(ChatMessage)
        .where(
            ChatMessage.thread_id == place.thread_id,
            ChatMessage.recalled_time.is_(None),
            ChatMessage.type == MessageType.text,
            ChatMessage.sender_kind.in_((SenderKind.customer, SenderKind.agent)),
        )
        .order_by(ChatMessage.seq.desc())
        .limit(MESSAGES)
    ).all()
    speakers = {row.sender_name for row in newest if row.sender_kind is SenderKind.agent and row.sender_name}
    lines = [Line(row.seq, row.sender_kind is SenderKind.customer, row.sender_id, row.content) for row in newest[::-1]]
    return lines, persons_of(place, speakers)


def pairs_of(lines: list[Line], persons: dict[str, str]) -> list[Pair]:
    """The questions of a conversation with their answers; what a greeting or a question back follows goes on."""
    pairs, asked, said = [], [], []

    def end_of_turn() -> None:
        pair = _pair(asked, said, persons)
        if pair is not None:
            pairs.append(pair)
            asked.clear()
        said.clear()

    for line in lines:
        if line.is_customers:
            if said:
                end_of_turn()
            if recognise(line.text) is None:
                asked.append(line)
        elif asked:
            said.append(line)
    if said:
        end_of_turn()
    return pairs


def _pair(asked: list[Line], said: list[Line], persons: dict[str, str]) -> Pair | None:
    telling = [line for line in said if _tells(line.text.strip())]
    question = " ".join(mask(line.text, persons) for line in asked[-QUESTION_MESSAGES:])
    answer = "\n".join(mask(line.text, persons).strip() for line in telling)
    if len(question.strip()) < SHORTEST_QUESTION or not SHORTEST_ANSWER <= len(answer) <= LONGEST_ANSWER:
        return None
    if answer.count(BLANK) > MOST_BLANKS:
        return None
    return Pair(telling[0].seq, telling[0].sender_id, " ".join(question.split())[:MAX_QUESTION], answer)


def _tells(text: str) -> bool:
    """Whether an agent's message answers something: no greeting, no introduction, no question back."""
    return recognise(text) is None and not _ASKS_BACK.search(text) and not _INTRODUCES.match(text)


def _keep(rating_id: int, pairs: list[Pair]) -> None:
    """Inside a transaction: what is kept of this conversation is these pairs."""
    rating = db.session.get(Rating, rating_id, populate_existing=True)
    rating.learned_time = utcnow()
    conversation = rating.conversation
    known = {
        row.seq: row
        for row in db.session.scalars(select(PastAnswer).where(PastAnswer.conversation_id == conversation.id))
    }
    agents = dict(
        db.session.execute(select(Agent.user_id, Agent.id).where(Agent.user_id.in_({pair.sender_id for pair in pairs})))
        .tuples()
        .all()
    )
    for pair in pairs:
        row = known.pop(pair.seq, None)
        if row is None:
            row = PastAnswer(conversation_id=conversation.id, seq=pair.seq)
            db.session.add(row)
        row.agent_id, row.team_id = agents.get(pair.sender_id), conversation.served_team_id or conversation.team_id
        row.score, row.question, row.answer = rating.score, pair.question, pair.answer
    for row in known.values():
        mark_deleted(row)
