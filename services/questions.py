"""Questions people asked, what came of them, and what they thought of the answers (KB-7, AI-9)."""

from sqlalchemy import select, update

from app.errors import Invalid, NotAllowed
from app.extensions import db
from models.actor import Actor
from models.base import mark_deleted
from models.conversations import Conversation, ConversationStatus
from models.knowledge import Outcome, Question, VerdictReason
from models.learning import QuestionGroup
from models.types import utcnow
from services.operation import operation, run, write

#: as long as a question is kept
LONGEST, LONGEST_COMMENT = 500, 500


def keep(
    actor: Actor,
    *,
    text: str,
    asked_as: str,
    channel: str,
    conversation_id: int | None,
    result: dict,
    article_id: int | None,
) -> int:
    """Remember a question and its answer as it was worded; returns its number, by which the asker judges it."""
    row = Question(
        text=text,
        asked_as=asked_as if asked_as != text else None,
        channel=channel,
        conversation_id=conversation_id,
        customer_id=actor.customer_id,
        answered=result["answered"],
        outcome=_outcome(result),
        article_id=article_id if result["answered"] else None,
        confidence=int((result["confidence"] or 0) * 1000),
        tier=result["tier"],
    )

    def store() -> int:
        db.session.add(row)
        db.session.flush()
        return row.id

    return run(actor, "question.log", store)


def settle_choice(actor: Actor, message_id: int, article_id: int) -> int | None:
    """Whoever was offered articles has chosen one: then that was the answer. The question's number, if there is one."""
    question_id = db.session.scalar(select(Question.id).where(Question.message_id == message_id))
    if question_id is not None:
        with write(actor.tenant_id) as session:
            session.execute(
                update(Question)
                .where(Question.id == question_id, Question.answered == 0)
                .values(article_id=article_id, outcome=Outcome.answered)
            )
    return question_id


def answered_in(question_id: int, message_id: int) -> None:
    """Inside an operation: in which message the answer stands."""
    db.session.execute(update(Question).where(Question.id == question_id).values(message_id=message_id))


def forget(conversation_id: int, words: str) -> None:
    """Inside an operation: what somebody has recalled is nobody's material, neither as a question nor as a group's.

    A question that only leaned on these words stays, without them.
    """
    words = " ".join(words.split())[:LONGEST]
    asked = db.session.scalars(select(Question).where(Question.conversation_id == conversation_id)).all()
    for row in asked if words else ():
        if row.text == words:
            mark_deleted(row)
            if row.group_id:
                _leave(row.group_id, row)
        elif row.asked_as is not None and words in row.asked_as:
            row.asked_as = None


def _leave(group_id: int, question: Question) -> None:
    """A group goes on without this question, and goes with its last one."""
    group = db.session.get(QuestionGroup, group_id, with_for_update=True)
    if group is None:
        return
    others = select(Question.text).where(Question.group_id == group_id, Question.id != question.id)
    texts = set(db.session.scalars(others))
    if not texts:
        mark_deleted(group)
        return
    group.asked = max(0, group.asked - 1)
    if group.text not in texts:
        group.text = min(texts, key=len)


@operation("question.judge", title="Judge an answer", right="article.rate")
def judge(
    actor: Actor, question: Question, *, helpful: bool, reason: VerdictReason | None = None, comment: str = ""
) -> Question:
    """What the asker thinks of the answer, and why; he may change his mind."""
    is_own = (actor.customer_id is not None and question.customer_id == actor.customer_id) or (
        actor.user_id is not None and question.create_by == actor.user_id
    )
    if not is_own:
        raise NotAllowed("Only who asked judges the answer")
    if helpful and reason is not None:
        raise Invalid("A reason belongs to an answer that did not help", fields={"reason": "not allowed"})
    question.helpful, question.verdict_reason = helpful, reason
    question.verdict_comment = comment.strip()[:LONGEST_COMMENT] or None
    question.verdict_time = utcnow()
    if question.outcome in (Outcome.answered, Outcome.resolved):
        question.outcome = Outcome.resolved if helpful else Outcome.answered
    return question


def settle(actor: Actor, conversation_id: int) -> int:
    """Job: what came of a conversation's questions. Called to a person, the last one was not enough, nor were those
    without an answer; ended without a person, what was answered has done. Returns how many were settled."""
    conversation = db.session.get(Conversation, conversation_id)
    if conversation is None:
        return 0
    mine = select(Question.id, Question.outcome, Question.helpful).where(Question.conversation_id == conversation_id)
    asked = db.session.execute(mine.order_by(Question.id)).all()
    if not asked or conversation.status is ConversationStatus.bot:
        return 0
    if conversation.queue_time is not None:
        outcome = Outcome.handed_over
        last = asked[-1].id
        due = [one.id for one in asked if one.outcome in (Outcome.offered, Outcome.unanswered)]
        due += [last] if last not in due and asked[-1].outcome is Outcome.answered else []
    else:
        outcome = Outcome.resolved
        due = [one.id for one in asked if one.outcome is Outcome.answered and one.helpful is not False]
    if due:
        with write(actor.tenant_id) as session:
            session.execute(update(Question).where(Question.id.in_(due)).values(outcome=outcome))
    return len(due)


def _outcome(result: dict) -> Outcome:
    if result["answered"]:
        return Outcome.answered
    return Outcome.offered if result["choices"] else Outcome.unanswered
