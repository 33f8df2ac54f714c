"""The one dispatcher: drains the queue oldest first whenever an agent could take something (RTE)."""

import datetime as dt
import logging

from sqlalchemy import Select, func, select

from app.errors import Conflict, NotFound
from app.extensions import db
from models.actor import Actor
from models.conversations import HELD, Conversation, ConversationStatus
from models.organization import Agent, Presence, TeamMember
from models.types import utcnow
from services import conversations, settings
from services.operation import operation

logger = logging.getLogger(__name__)

#: assumed handling time until there are figures of our own, in seconds
DEFAULT_HANDLING_SECONDS = 300
#: conversations that ended at once say nothing about how long others take
LEAST_HANDLING_SECONDS = 60


def dispatch(actor: Actor, limit: int = 100) -> int:
    """Give waiting conversations to agents with room, in order; returns how many found an agent.

    Called when a conversation is queued, an agent comes on line or has room again, and by the timer. Running
    it twice at once does no harm: each assignment locks the conversation and takes the place conditionally.
    """
    given = 0
    exhausted: set[int | None] = set()
    for conversation_id in db.session.scalars(_queue().limit(limit)).all():
        conversation = db.session.get(Conversation, conversation_id, populate_existing=True)
        # who waits behind for the same people must not overtake when one of them comes free at this moment
        if conversation is None or exhausted & {None, conversation.team_id}:
            continue
        try:
            found = route_conversation(actor, conversation)
        except (Conflict, NotFound) as refusal:
            logger.info("conversation %s stays in the queue: %s", conversation_id, refusal.kind)
            continue
        if found:
            given += 1
        elif found is False:
            exhausted.add(conversation.team_id)
    return given


@operation("conversation.route", title="Route a conversation automatically")
def route_conversation(actor: Actor, conversation: Conversation) -> bool | None:
    """Find an agent for one waiting conversation; False when nobody has room, None when it no longer waits."""
    if conversation.status is not ConversationStatus.queued:
        return None
    candidates = _candidates(conversation)
    considered = [
        {
            "agentId": agent.id,
            "name": agent.name,
            "count": agent.current_count,
            "max": agent.max_conversations,
            "passedOver": _why_not(agent),
        }
        for agent in candidates
    ]
    free = [agent for agent in candidates if _why_not(agent) is None]
    free.sort(
        key=lambda agent: (
            agent.current_count,
            agent.last_assigned_time is not None,
            agent.last_assigned_time or utcnow(),
        )
    )
    for agent in free:
        try:
            conversations.give(
                actor,
                conversation,
                conversations.get_agent(agent.id),
                method="auto",
                detail={"strategy": "fewest", "candidates": considered},
            )
        except Conflict:
            continue  # filled up in the meantime; `give` refuses before it changes anything
        return True
    return False


def left_alone(minutes: int) -> list[Conversation]:
    """Running conversations whose customer has waited so long for an agent who has been off line as long."""
    since = utcnow() - dt.timedelta(minutes=minutes)
    return list(
        db.session.scalars(
            select(Conversation)
            .join(Agent, Agent.id == Conversation.agent_id)
            .where(
                Conversation.status.in_(HELD),
                Conversation.waiting_since < since,
                Agent.presence == Presence.offline,
                Agent.presence_time < since,
            )
            .order_by(Conversation.waiting_since)
        )
    )


def requeue_left_alone(actor: Actor) -> int:
    """Give those a new chance; returns how many. The setting `requeue_after_minutes` 0 switches it off."""
    minutes = settings.get_setting("requeue_after_minutes")
    rows = left_alone(minutes) if minutes else []
    return sum(conversations.requeue_conversation(actor, row) is not None for row in rows)


def _queue() -> Select:
    """The ids of those who wait, first to be served first."""
    return (
        select(Conversation.id)
        .where(Conversation.status == ConversationStatus.queued)
        .order_by(Conversation.queue_priority.desc(), Conversation.queue_time, Conversation.id)
    )


def queue_position(conversation: Conversation) -> dict | None:
    """{position, expectedWaitSeconds} of a waiting conversation; None when it does not wait.

    `expectedWaitSeconds` is None while no agent is on line.
    """
    return queue_positions([conversation]).get(conversation.id)


def queue_positions(conversations: list[Conversation]) -> dict[int, dict]:
    """The same for many at once, by conversation id; those that do not wait are left out."""
    if not any(row.status is ConversationStatus.queued for row in conversations):
        return {}
    place = {conversation_id: number for number, conversation_id in enumerate(db.session.scalars(_queue()), start=1)}
    # int: MariaDB's SUM is a Decimal, which does not divide a float
    room = select(func.coalesce(func.sum(Agent.max_conversations), 0)).where(Agent.presence == Presence.online)
    places = int(db.session.scalar(room))
    seconds = _handling_seconds() if places else 0.0
    return {
        row.id: {
            "position": place[row.id],
            # while nobody is there, nobody knows
            "expectedWaitSeconds": int(place[row.id] * seconds / places) if places else None,
        }
        for row in conversations
        if row.id in place
    }


def _handling_seconds() -> float:
    """Mean length of the last fifty served conversations, in seconds."""
    recent = db.session.execute(
        select(Conversation.active_time, Conversation.close_time)
        .where(Conversation.status == ConversationStatus.closed, Conversation.active_time.is_not(None))
        .order_by(Conversation.id.desc())
        .limit(50)
    ).all()
    lengths = [(close - active).total_seconds() for active, close in recent if close and close >= active]
    return max(sum(lengths) / len(lengths), LEAST_HANDLING_SECONDS) if lengths else DEFAULT_HANDLING_SECONDS


def _candidates(conversation: Conversation) -> list[Agent]:
    query = select(Agent).where(Agent.presence != Presence.offline).execution_options(populate_existing=True)
    if conversation.team_id is not None:
        query = query.where(Agent.id.in_(select(TeamMember.agent_id).where(TeamMember.team_id == conversation.team_id)))
    return list(db.session.scalars(query.order_by(Agent.id)))


def _why_not(agent: Agent) -> str | None:
    if agent.presence is not Presence.online:
        return agent.presence.value
    if agent.user is None or not agent.user.active:
        return "disabled"
    if agent.current_count >= agent.max_conversations:
        return "full"
    return None
