"""What customers thought of it (CHT-13)."""

from sqlalchemy import select

from app.errors import Conflict, Invalid, NotAllowed
from app.extensions import db
from models.actor import Actor
from models.conversations import Conversation, Rating
from models.conversations import ConversationStatus as Status
from services import threads
from services.conversations.state import place, tell
from services.operation import operation


@operation("conversation.rate", title="Rate a conversation")
def rate_conversation(actor: Actor, conversation: Conversation, *, score: int, comment: str = "") -> Rating:
    """The customer's verdict, once, after the end (CHT-13)."""
    if conversation.customer_id != actor.customer_id:
        raise NotAllowed("Only the customer rates a conversation")
    if conversation.status is not Status.closed:
        raise Conflict("The conversation is still running")
    if not 1 <= score <= 5:
        raise Invalid("Give one to five stars", fields={"score": "1 to 5"})
    if db.session.scalar(select(Rating.id).where(Rating.conversation_id == conversation.id)):
        raise Conflict("You have already rated this conversation")
    rating = Rating(
        conversation_id=conversation.id,
        agent_id=conversation.agent_id,
        customer_id=conversation.customer_id,
        score=score,
        comment=comment[:2000] or None,
    )
    db.session.add(rating)
    threads.system_message(
        actor,
        conversation.thread,
        "rated",
        f"客户给出了 {score} 星评价",
        place=place(conversation),
        score=score,
        comment=comment[:2000],
    )
    db.session.flush()
    tell(conversation, "rated")
    return rating
