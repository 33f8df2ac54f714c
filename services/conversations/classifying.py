"""What a conversation is about, corrected by those who know better than the keywords (RTE-3)."""

from app.errors import Conflict
from models.actor import Actor
from models.conversations import Conversation
from models.conversations import ConversationStatus as Status
from services import problems
from services.conversations.state import tell
from services.operation import operation


@operation("conversation.classify", title="Set the problem type")
def classify_conversation(actor: Actor, conversation: Conversation, *, problem_type: str | None = None) -> Conversation:
    """Say what it is about; None: not known. Who still waits is looked after by the rules of that type from now on."""
    if conversation.status is Status.closed:
        raise Conflict("The conversation has ended", kind="conversation_closed")
    problems.check_type(problem_type)
    if conversation.problem_type == problem_type:
        return conversation
    conversation.problem_type = problem_type
    # a place that a supervisor gave is not taken away by a word
    conversation.queue_priority = max(conversation.queue_priority, problems.priority(conversation))
    tell(conversation, "classified")
    return conversation
