"""What waiting conversations are about, recognised by the learned model before they are assigned (RTE-3)."""

from sqlalchemy import or_, select

from app.extensions import db
from models.actor import Actor
from models.conversations import Conversation, ConversationStatus
from models.understanding import ProblemSource, Subject
from services import problems
from services.conversations import note_problem
from services.settings import get_setting
from services.understanding import learning

MOST_AT_ONCE = 50


def recognise_waiting(actor: Actor, ids: list[int]) -> int:
    """Give those of these conversations a problem type that the model is sure about, unless a person or the customer
    has said one; how many got one. Outside of any transaction, for the model takes its time."""
    if learning.models.get(actor.tenant_id, Subject.problem_type) is None:
        return 0
    rows = db.session.scalars(
        select(Conversation)
        .where(
            Conversation.id.in_(ids[:MOST_AT_ONCE]),
            Conversation.status == ConversationStatus.queued,
            Conversation.problem_confidence.is_(None),
            or_(Conversation.problem_type.is_(None), Conversation.problem_source == ProblemSource.keywords),
        )
        .order_by(Conversation.id)
    ).all()
    sure, done = get_setting("classify_from_percent") / 100, 0
    for conversation in rows:
        best = learning.guesses(actor, Subject.problem_type, learning.text_of(Subject.problem_type, conversation), 1)
        if not best:
            continue
        is_sure = best[0].probability >= sure
        note_problem(
            actor,
            conversation,
            problem_type=best[0].label if is_sure else None,
            source=ProblemSource.learned,
            confidence=round(best[0].probability * 1000),
        )
        done += is_sure
    return done


def guesses_for(actor: Actor, conversation: Conversation) -> list[dict]:
    """What a conversation may be about, for whoever corrects it: [{code, probability}]. Keywords where nothing has
    been learned."""
    found = learning.guesses(actor, Subject.problem_type, learning.text_of(Subject.problem_type, conversation))
    if found:
        return [{"code": guess.label, "probability": round(guess.probability, 3)} for guess in found]
    named = problems.by_keywords(conversation)
    return [{"code": named, "probability": None}] if named else []
