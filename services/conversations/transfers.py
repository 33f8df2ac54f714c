"""Handing a conversation on: offered to a colleague or a team, and theirs once somebody accepts (CHT-6).

Until then whoever offers it goes on serving. Supervisors are answerable for what they do: theirs are done at once.
"""

import datetime as dt

from sqlalchemy import select

from app.errors import Conflict, Invalid, NotFound
from app.extensions import db
from models.actor import Actor
from models.conversations import HELD, Conversation, ConversationAssignment
from models.conversations import ConversationStatus as Status
from models.organization import Agent, Presence, Team, TeamMember
from models.transfers import ConversationTransfer, TransferState
from models.types import utcnow
from services import capacity, settings, threads
from services.conversations.assigning import get_agent, give
from services.conversations.offers import end_offer, note_offer, pending_offer, tell_offer, withdraw_offer
from services.conversations.state import move, place, rooms, tell
from services.operation import operation

#: whoever holds this right need not ask
MAY_DECIDE = "conversation.assign"


@operation("conversation.transfer", title="Transfer a conversation")
def transfer_conversation(
    actor: Actor,
    conversation: Conversation,
    *,
    to_agent_id: int | None = None,
    to_team_id: int | None = None,
    reason: str = "",
) -> Conversation:
    """Hand a live conversation to a colleague or to a team: an agent offers it, a supervisor decides."""
    if conversation.status not in HELD:
        raise Conflict("Only a running conversation can be transferred")
    if (to_agent_id is None) == (to_team_id is None):
        raise Invalid("Choose an agent or a team", fields={"toAgentId": "one of the two", "toTeamId": "one of the two"})
    agent = get_agent(to_agent_id) if to_agent_id is not None else None
    team = _get_team(to_team_id) if to_team_id is not None else None
    if agent is not None and agent.id == conversation.agent_id:
        raise Conflict("This agent already serves the conversation")
    if not actor.may(MAY_DECIDE) and pending_offer(conversation) is not None:
        raise Conflict("This conversation is being offered to somebody already", kind="transfer_pending")
    if team is not None and (actor.may(MAY_DECIDE) or settings.get_setting("team_transfer_at_once")):
        _give_to_team(actor, conversation, team, reason)
    elif agent is not None and actor.may(MAY_DECIDE):
        give(actor, conversation, agent, method="transfer", reason=reason)
    else:
        _offer(actor, conversation, agent, team, reason)
    return conversation


@operation("conversation.accept_transfer", title="Accept a transfer", right="conversation.transfer")
def accept_transfer(actor: Actor, conversation: Conversation, transfer: ConversationTransfer) -> Conversation:
    """The colleague takes it. Of several in a team the first one does."""
    _check_running(conversation, transfer)
    if transfer.expire_time < utcnow():
        raise Conflict("This offer has run out", kind="transfer_over")
    agent = get_agent(actor.agent_id or 0)
    transfer.to_agent = agent
    end_offer(transfer, TransferState.accepted)
    if transfer.to_team_id is not None:
        conversation.team_id = transfer.to_team_id
    give(
        actor,
        conversation,
        agent,
        method="transfer",
        reason=transfer.reason,
        team_ids=[transfer.to_team_id] if transfer.to_team_id is not None else None,
        note=False,  # stands in the thread since it was offered
        by=transfer.create_by,
    )
    tell_offer(transfer, "transfer_accepted")
    return conversation


@operation("conversation.decline_transfer", title="Decline a transfer", right="conversation.transfer")
def decline_transfer(
    actor: Actor, conversation: Conversation, transfer: ConversationTransfer, *, reason: str = ""
) -> None:
    """The colleague does not take it. One of a team speaks for himself only: it stays with the others."""
    _check_running(conversation, transfer)
    if transfer.to_agent_id is None:
        return
    transfer.answer = reason.strip()[:500] or None
    end_offer(transfer, TransferState.declined)
    note_offer(actor, transfer, "transfer_declined", transfer.answer)
    tell_offer(transfer, "transfer_declined")


@operation("conversation.cancel_transfer", title="Take a transfer back", right="conversation.transfer")
def cancel_transfer(actor: Actor, conversation: Conversation) -> Conversation:
    """Whoever offered it keeps it after all."""
    if not withdraw_offer(conversation):
        raise Conflict("Nobody is being asked to take this conversation", kind="transfer_over")
    return conversation


@operation("conversation.expire_transfer", title="Let a transfer run out", right="conversation.requeue")
def expire_transfer(actor: Actor, conversation: Conversation, transfer: ConversationTransfer) -> bool:
    """Nobody has answered in time: it stays where it is."""
    if transfer.state is not TransferState.pending or transfer.expire_time > utcnow():
        return False
    end_offer(transfer, TransferState.timed_out)
    note_offer(actor, transfer, "transfer_timed_out", None)
    tell_offer(transfer, "transfer_timed_out")
    return True


def expire_transfers(actor: Actor) -> int:
    """By the timetable: all offers that have run out; returns how many."""
    overdue = db.session.scalars(
        select(ConversationTransfer).where(
            ConversationTransfer.state == TransferState.pending, ConversationTransfer.expire_time < utcnow()
        )
    ).all()
    return sum(expire_transfer(actor, transfer.conversation, transfer) for transfer in overdue)


def find_offer(actor: Actor, conversation_id: int) -> ConversationTransfer:
    """The offer of this conversation that the actor may answer. Raises NotFound."""
    transfer = db.session.scalars(
        select(ConversationTransfer).where(
            ConversationTransfer.conversation_id == conversation_id, ConversationTransfer.offered_to(actor)
        )
    ).first()
    if transfer is None:
        raise NotFound("This does not exist")
    return transfer


def transfers_of(conversation: Conversation) -> list[ConversationTransfer]:
    """Whom it was offered to and what came of it, oldest first."""
    return list(
        db.session.scalars(
            select(ConversationTransfer)
            .where(ConversationTransfer.conversation_id == conversation.id)
            .order_by(ConversationTransfer.id)
        )
    )


def _offer(actor: Actor, conversation: Conversation, agent: Agent | None, team: Team | None, reason: str) -> None:
    if conversation.agent_id != actor.agent_id:
        raise Conflict("Only the agent in charge offers a conversation to others")
    if agent is not None:
        if agent.presence is Presence.offline:
            raise Conflict("This agent is off line: nobody would answer", kind="agent_offline", agent_id=agent.id)
        if agent.current_count >= agent.max_conversations:
            raise Conflict(
                "This agent already has as many conversations as allowed", kind="agent_full", agent_id=agent.id
            )
    elif not _free_members(team.id, conversation.agent_id):
        raise Conflict("Nobody of this team is free just now", kind="team_busy", team_id=team.id)
    transfer = ConversationTransfer(
        conversation=conversation,
        from_agent=conversation.agent,
        to_agent=agent,
        to_team=team,
        reason=reason.strip()[:500],
        expire_time=utcnow() + dt.timedelta(seconds=settings.get_setting("transfer_timeout_seconds")),
    )
    db.session.add(transfer)
    db.session.flush()
    note_offer(actor, transfer, "transfer_offered", transfer.reason)
    tell_offer(transfer, "transfer_offered")


def _give_to_team(actor: Actor, conversation: Conversation, team: Team, reason: str) -> None:
    """To whoever of the team has most room; when nobody has, the customer waits for the team, with his place."""
    for agent in _free_members(team.id, conversation.agent_id):
        try:
            give(actor, conversation, get_agent(agent.id), method="transfer", reason=reason, team_ids=[team.id])
        except Conflict:
            continue  # filled up in the meantime; `give` refuses before it changes anything
        conversation.team_id = team.id
        return
    before, previous = rooms(conversation), conversation.agent
    withdraw_offer(conversation)
    capacity.release(conversation)
    move(conversation, Status.queued)
    conversation.team_id, conversation.agent = team.id, None
    conversation.queue_time = conversation.waiting_since = conversation.waiting_since or utcnow()
    db.session.add(
        ConversationAssignment(
            conversation_id=conversation.id,
            method="transfer",
            from_agent_id=previous.id if previous else None,
            reason=reason[:500] or None,
        )
    )
    threads.system_message(
        actor,
        conversation.thread,
        "transferred_to_team",
        f"您的会话已转到{team.name}，请稍候",
        place=place(conversation),
        to=team.name,
    )
    tell(conversation, "queued", more_rooms=before)


def _free_members(team_id: int, except_agent_id: int | None) -> list[Agent]:
    """Who of the team is there and has room, least busy first."""
    members = select(TeamMember.agent_id).where(TeamMember.team_id == team_id)
    agents = db.session.scalars(
        select(Agent)
        .where(
            Agent.id.in_(members),
            Agent.id != (except_agent_id or 0),
            Agent.presence == Presence.online,
            Agent.current_count < Agent.max_conversations,
        )
        .order_by(Agent.current_count, Agent.last_assigned_time, Agent.id)
    )
    return [agent for agent in agents if agent.user is not None and agent.user.active]


def _check_running(conversation: Conversation, transfer: ConversationTransfer) -> None:
    running = conversation.status in HELD and conversation.agent_id == transfer.from_agent_id
    if transfer.state is not TransferState.pending or not running:
        raise Conflict("This offer is over", kind="transfer_over")


def _get_team(team_id: int) -> Team:
    team = db.session.get(Team, team_id)
    if team is None:
        raise NotFound("This team does not exist")
    return team
