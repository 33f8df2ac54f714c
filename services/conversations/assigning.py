"""Who serves a conversation: given, assigned, taken over (CHT-7, RTE-6)."""

from collections.abc import Sequence

from sqlalchemy import select

from app.errors import Conflict, NotFound
from app.extensions import db
from models.actor import Actor, system
from models.conversations import HELD, Conversation, ConversationAssignment
from models.conversations import ConversationStatus as Status
from models.messaging import MessageType
from models.organization import Agent
from models.types import utcnow
from services import capacity, threads
from services.conversations.offers import withdraw_offer
from services.conversations.state import move, place, rooms, tell
from services.operation import operation


@operation("conversation.assign", title="Assign a conversation")
def assign_conversation(actor: Actor, conversation: Conversation, *, agent_id: int, reason: str = "") -> Conversation:
    """A supervisor gives a waiting or running conversation to an agent."""
    give(actor, conversation, get_agent(agent_id), method="assign", reason=reason)
    return conversation


@operation("conversation.batch_assign", title="Assign several conversations", right="conversation.assign")
def batch_assign(actor: Actor, conversations: list, *, agent_id: int, reason: str = "") -> list[Conversation]:
    """All or none: when one cannot be given, nothing changes."""
    agent = get_agent(agent_id)
    for conversation in conversations:
        give(actor, conversation, agent, method="assign", reason=reason)
    return conversations


@operation("conversation.takeover", title="Take a conversation over")
def take_over(actor: Actor, conversation: Conversation, *, reason: str = "") -> Conversation:
    """A supervisor steps in and serves the customer in person (CHT-7)."""
    if actor.agent_id is None:
        raise Conflict("Only agents can serve conversations: your account has no agent profile")
    give(actor, conversation, get_agent(actor.agent_id), method="takeover", reason=reason)
    return conversation


def give(
    actor: Actor,
    conversation: Conversation,
    agent: Agent,
    *,
    method: str,
    reason: str = "",
    detail: dict | None = None,
    team_ids: Sequence[int] | None = None,
    note: bool = True,
    by: int | None = None,
) -> None:
    """Inside an operation: `agent` serves `conversation` from now on; capacity, history, message, event.

    It takes a place of one of `team_ids`, by default of the agent's teams. `note` False keeps the reason out of the
    thread; `by` is the account that wanted it, if not the actor's.
    """
    if conversation.status is Status.closed:
        raise Conflict("The conversation has ended", kind="conversation_closed")
    previous = conversation.agent
    if conversation.agent_id == agent.id and conversation.status in HELD:
        raise Conflict("This agent already serves the conversation")
    old_rooms = rooms(conversation)
    capacity.take(conversation, agent.id, team_ids)
    withdraw_offer(conversation)
    if conversation.status is not Status.active:
        move(conversation, Status.active)
    conversation.agent = agent
    conversation.active_time = conversation.active_time or utcnow()
    agent.last_assigned_time = utcnow()
    db.session.add(
        ConversationAssignment(
            conversation_id=conversation.id,
            method=method,
            from_agent_id=previous.id if previous else None,
            to_agent_id=agent.id,
            reason=reason[:500] or None,
            detail=detail,
            create_by=by,
        )
    )
    if previous is None:
        text, params = f"客服 {agent.name} 为您服务", {"to": agent.name}
    else:
        text, params = f"会话已由 {previous.name} 转给 {agent.name}", {"from": previous.name, "to": agent.name}
    event = "transferred" if previous else "assigned"
    threads.system_message(actor, conversation.thread, event, text, place=place(conversation), **params)
    if reason and note:
        threads.store(
            system(actor.tenant_id),
            conversation.thread,
            client_msg_id=f"why-{conversation.thread.change_seq}",
            type_=MessageType.note,
            content=reason[:500],
            payload={"event": event, "by": actor.name},
            place=place(conversation),
        )
    db.session.flush()
    tell(conversation, event, more_rooms=old_rooms, agent_id=agent.id, from_agent_id=previous.id if previous else None)


def get_agent(agent_id: int) -> Agent:
    """A colleague by number, held for this transaction. Raises NotFound."""
    agent = db.session.get(Agent, agent_id, with_for_update=True, populate_existing=True)
    if agent is None:
        raise NotFound("This agent does not exist")
    return agent


def assignments_of(conversation: Conversation) -> list[ConversationAssignment]:
    """Who had it and why, oldest first."""
    return list(
        db.session.scalars(
            select(ConversationAssignment)
            .where(ConversationAssignment.conversation_id == conversation.id)
            .order_by(ConversationAssignment.id)
        )
    )
