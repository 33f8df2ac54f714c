"""What all operations on conversations share: their place, who hears of them, how they change state."""

from app.errors import Conflict
from models.conversations import TRANSITIONS, Conversation, ConversationStatus
from services.operation import announce
from services.places import Place, room


def place(conversation: Conversation) -> Place:
    """The conversation as the place of its thread."""
    audience = [f"customer:{conversation.customer_id}"]
    if conversation.agent_id:
        audience.append(f"agent:{conversation.agent_id}")
    return Place({"sessionId": conversation.id}, tuple(audience))


def rooms(conversation: Conversation) -> list[str]:
    """Who hears of changes: the thread, the customer, the agent, the supervisors of the team and of the company."""
    audience = [
        room(conversation.thread_id),
        f"monitor:{conversation.tenant_id}",
        *place(conversation).audience,
    ]
    if conversation.team_id:
        audience.append(f"team:{conversation.team_id}")
    return audience


def move(conversation: Conversation, to: ConversationStatus) -> None:
    """Into another state, if the table of transitions knows the way. Raises Conflict."""
    if to not in TRANSITIONS[conversation.status]:
        raise Conflict(
            "This is not possible in the conversation's present state",
            status=conversation.status.value,
            wanted=to.value,
        )
    conversation.status = to


def tell(conversation: Conversation, event: str, *, more_rooms: list[str] | None = None, **payload) -> None:
    """Announce what became of a conversation, to all whom it concerns."""
    announce(
        f"conversation.{event}",
        rooms=sorted({*rooms(conversation), *(more_rooms or [])}),
        conversation_id=conversation.id,
        customer_id=conversation.customer_id,
        status=conversation.status.value,
        **payload,
    )
