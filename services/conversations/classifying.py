"""What a conversation is about, corrected by those who know better than the keywords (RTE-3)."""

from app.errors import Conflict
from models.actor import Actor
from models.conversations import Conversation
from models.conversations import ConversationStatus as Status
from models.understanding import ProblemSource, Subject
from services import custom_fields, problems
from services.conversations.state import tell
from services.operation import operation
from services.settings import dictionary_codes
from services.understanding import labels

#: a person's word on these is worth learning from, whether he corrects or confirms
GUESSED = (ProblemSource.keywords, ProblemSource.learned)


@operation("conversation.classify", title="Set the problem type")
def classify_conversation(actor: Actor, conversation: Conversation, *, problem_type: str | None = None) -> Conversation:
    """Say what it is about; None: not known. Who still waits is looked after by the rules of that type from now on."""
    if conversation.status is Status.closed:
        raise Conflict("The conversation has ended", kind="conversation_closed")
    problems.check_type(problem_type)
    guess = conversation.problem_type if conversation.problem_source in GUESSED else None
    if problem_type is not None:
        labels.remember(
            actor, Subject.problem_type, conversation.id, problem_type, (guess, conversation.problem_confidence)
        )
    is_confirmed = conversation.problem_type == problem_type
    if is_confirmed and conversation.problem_source not in GUESSED:
        return conversation
    _name(conversation, problem_type, ProblemSource.staff)
    tell(conversation, "classified")
    return conversation


@operation("conversation.recognise", title="Recognise the problem type", right="conversation.classify")
def note_problem(
    actor: Actor,
    conversation: Conversation,
    *,
    problem_type: str | None,
    source: ProblemSource,
    confidence: int | None = None,
) -> Conversation:
    """What the machine makes of it, or what the customer chose from the bot's menu. Without a type, `confidence` says
    how sure it was that it was not sure enough. A person's word stays."""
    if conversation.problem_source is ProblemSource.staff or conversation.status is Status.closed:
        return conversation
    conversation.problem_confidence = confidence
    if problem_type in dictionary_codes(problems.DICTIONARY):
        _name(conversation, problem_type, source)
        tell(conversation, "classified")
    return conversation


@operation("conversation.fill_fields", title="Fill in the fields of a conversation")
def fill_fields(actor: Actor, conversation: Conversation, *, custom: dict) -> Conversation:
    """Write {code: value} into the fields that the company defined, also after its end, when it is wrapped up (SET-4).

    Raises Conflict when retention has taken what was said.
    """
    if conversation.purge_time is not None:
        raise Conflict("The conversation has ended", kind="conversation_closed")
    custom_fields.set_values(actor, conversation, custom)
    tell(conversation, "fields_filled")
    return conversation


def _name(conversation: Conversation, problem_type: str | None, source: ProblemSource) -> None:
    conversation.problem_type, conversation.problem_source = problem_type, source if problem_type else None
    # a place that a supervisor gave is not taken away by a word
    conversation.queue_priority = max(conversation.queue_priority, problems.priority(conversation))
