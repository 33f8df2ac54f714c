"""The way of a conversation: from the bot to people, on hold, back to the queue, to its end (CHT-5)."""

from app.errors import Conflict
from app.extensions import db
from models.actor import Actor
from models.conversations import HELD, Conversation, ConversationAssignment
from models.conversations import ConversationStatus as Status
from models.organization import Presence
from models.types import utcnow
from services import capacity, problems, settings, threads
from services.conversations import intake
from services.conversations.automatic import say
from services.conversations.offers import withdraw_offer
from services.conversations.opening import is_open
from services.conversations.state import move, place, rooms, tell
from services.operation import operation

#: above every VIP level
PRIORITY_OF_URGENT = 1000


@operation("conversation.handover", title="Ask for a person")
def hand_over(actor: Actor, conversation: Conversation, *, reason: str = "", form: dict | None = None) -> Conversation:
    """From the bot to the queue of people; the dispatcher takes it from there.

    A customer first fills in the form of his channel, if it has one for this; the bot waits for nobody.
    """
    if conversation.status in (Status.queued, *HELD):
        return conversation
    if conversation.status is Status.closed:
        raise Conflict("The conversation has ended", kind="conversation_closed")
    if actor.sees_as_customer:
        answers = intake.checked(intake.before_person(conversation), form)
        if form is not None:
            intake.keep(actor, conversation, answers)
    move(conversation, Status.queued)
    conversation.queue_time = conversation.waiting_since = utcnow()
    problems.recognise(conversation)
    conversation.queue_priority = problems.priority(conversation)
    say(actor, conversation, "queued" if is_open(conversation.team_id) else "off_hours", reason=reason[:200])
    tell(conversation, "queued")
    return conversation


@operation("conversation.hold", title="Put on hold")
def hold_conversation(actor: Actor, conversation: Conversation) -> Conversation:
    """Park a conversation while something is being looked up."""
    move(conversation, Status.on_hold)
    tell(conversation, "held")
    return conversation


@operation("conversation.resume", title="Resume")
def resume_conversation(actor: Actor, conversation: Conversation) -> Conversation:
    """Go on after a hold."""
    if conversation.status is not Status.on_hold:
        raise Conflict("The conversation is not on hold")
    move(conversation, Status.active)
    tell(conversation, "resumed")
    return conversation


@operation("conversation.requeue", title="Back to the queue")
def requeue_conversation(actor: Actor, conversation: Conversation) -> Conversation | None:
    """The agent has gone and the customer waits: somebody else takes it. None when that is no longer so."""
    agent = conversation.agent
    if conversation.status not in HELD or conversation.waiting_since is None or agent is None:
        return None
    if agent.presence is not Presence.offline:
        return None
    withdraw_offer(conversation)
    old_rooms = rooms(conversation)
    capacity.release(conversation)
    move(conversation, Status.queued)
    # he keeps his place: those who came later wait behind him
    conversation.queue_time, conversation.agent = conversation.waiting_since, None
    db.session.add(ConversationAssignment(conversation_id=conversation.id, method="requeue", from_agent_id=agent.id))
    threads.system_message(
        actor,
        conversation.thread,
        "requeued",
        "客服暂时离开，正在为您安排其他客服",
        place=place(conversation),
        **{"from": agent.name},
    )
    tell(conversation, "queued", more_rooms=old_rooms)
    return conversation


@operation("conversation.to_bot", title="Back to the bot", right="conversation.handover")
def back_to_bot(actor: Actor, conversation: Conversation) -> Conversation:
    """A customer who waits would rather try the bot once more (RTE-5)."""
    if conversation.status is not Status.queued:
        raise Conflict("The conversation is not waiting for a person")
    move(conversation, Status.bot)
    conversation.queue_time = conversation.waiting_since = conversation.left_message_time = None
    conversation.queue_priority = conversation.bot_misses = 0
    threads.system_message(actor, conversation.thread, "left_queue", "您已回到智能助手", place=place(conversation))
    tell(conversation, "left_queue")
    return conversation


@operation("conversation.prioritize", title="Serve first", right="conversation.assign")
def prioritize(actor: Actor, conversation: Conversation, *, reason: str = "") -> Conversation:
    """A supervisor has an urgent customer served before all others, in the order in which he says so (RTE-5)."""
    if conversation.status is not Status.queued:
        raise Conflict("The conversation is not waiting for a person")
    conversation.queue_priority = PRIORITY_OF_URGENT
    db.session.add(
        ConversationAssignment(
            conversation_id=conversation.id, method="prioritize", reason=reason.strip()[:500] or None
        )
    )
    db.session.flush()
    tell(conversation, "prioritized")
    return conversation


@operation("conversation.close", title="Close a conversation")
def close_conversation(actor: Actor, conversation: Conversation, *, reason: str = "") -> Conversation:
    """End it, by either side; the agent's place is free again."""
    if conversation.status is not Status.closed:
        by = conversation.customer.name if actor.sees_as_customer else actor.name
        end(actor, conversation, "closed", reason=reason, by=by)
    return conversation


def end(actor: Actor, conversation: Conversation, event: str, *, reason: str, **params) -> None:
    """Inside an operation: close what is open, and say so in the words of `event`."""
    withdraw_offer(conversation)
    if conversation.status in HELD:
        capacity.release(conversation)
    move(conversation, Status.closed)
    conversation.close_time, conversation.close_reason = utcnow(), reason[:255] or None
    conversation.waiting_since = None
    if conversation.rating_invited_time is None and settings.get_setting("rating_invitation"):
        conversation.rating_invited_time = conversation.close_time
    say(actor, conversation, event, **params)
    tell(conversation, "closed")
