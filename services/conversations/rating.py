"""What customers thought of it (CHT-13)."""

from sqlalchemy import select

from app.errors import Conflict, NotAllowed
from app.extensions import db
from models.actor import Actor
from models.conversations import HELD, Conversation, Rating
from models.conversations import ConversationStatus as Status
from models.types import utcnow
from services import stars, threads
from services.conversations.state import place, tell
from services.operation import operation
from services.sensitive import remarks
from services.sensitive.watch import Catch


@operation("conversation.rate", title="Rate a conversation")
def rate_conversation(
    actor: Actor, conversation: Conversation, *, score: int, tags: list[str] | None = None, comment: str = ""
) -> Rating:
    """The customer's verdict, once, after the end or when he was asked for it (CHT-13)."""
    if conversation.customer_id != actor.customer_id:
        raise NotAllowed("Only the customer rates a conversation")
    if conversation.status is not Status.closed and conversation.rating_invited_time is None:
        raise Conflict("The conversation is still running")
    if rating_of(conversation) is not None:
        raise Conflict("You have already rated this conversation")
    caught = remarks.look_at_rating(actor, conversation, comment)
    rating = Rating(
        conversation_id=conversation.id, agent_id=conversation.agent_id, customer_id=conversation.customer_id
    )
    stars.fill(rating, score, tags, comment)
    db.session.add(rating)
    _say(actor, conversation, "rated", f"客户给出了 {score} 星评价", rating, caught)
    return rating


@operation("conversation.change_rating", title="Change a rating", right="conversation.rate")
def change_rating(
    actor: Actor, conversation: Conversation, *, score: int, tags: list[str] | None = None, comment: str = ""
) -> Rating:
    """The customer thinks better of it, within some minutes."""
    if conversation.customer_id != actor.customer_id:
        raise NotAllowed("Only the customer rates a conversation")
    rating = rating_of(conversation)
    if rating is None:
        raise Conflict("This conversation has not been rated yet")
    if utcnow() > stars.changeable_until(rating):
        raise Conflict("This rating can no longer be changed", kind="rating_final")
    caught = remarks.look_at_rating(actor, conversation, comment)
    stars.fill(rating, score, tags, comment)
    rating.learned_time = None
    _say(actor, conversation, "rating_changed", f"客户将评价改为 {score} 星", rating, caught)
    return rating


@operation("conversation.invite_rating", title="Ask for a rating", right="conversation.close")
def invite_rating(actor: Actor, conversation: Conversation) -> Conversation:
    """The agent asks for the verdict, also before the end; asking twice changes nothing."""
    if not actor.is_staff:
        raise NotAllowed("Only staff ask for a rating")
    if conversation.status not in (*HELD, Status.closed) or conversation.agent_id is None:
        raise Conflict("Only who has been served by a person is asked for a rating")
    if rating_of(conversation) is not None:
        raise Conflict("The customer has already rated this conversation")
    if conversation.rating_invited_time is None:
        conversation.rating_invited_time = utcnow()
        threads.system_message(
            actor, conversation.thread, "rating_invited", "请您评价本次服务", place=place(conversation)
        )
        tell(conversation, "rating_invited")
    return conversation


def rating_of(conversation: Conversation) -> Rating | None:
    """What its customer thought of it; there is at most one."""
    return db.session.scalars(select(Rating).where(Rating.conversation_id == conversation.id)).first()


def _say(actor: Actor, conversation: Conversation, event: str, text: str, rating: Rating, caught: Catch | None) -> None:
    """In the thread, with the mark of what is sensitive in its words, and to those who look at the conversation."""
    line = threads.system_message(
        actor,
        conversation.thread,
        event,
        text,
        place=place(conversation),
        score=rating.score,
        comment=rating.comment or "",
    )
    remarks.mark_rating(line, caught)
    db.session.flush()
    tell(conversation, "rated")
