"""Who is in a team, and what becomes of its work when it ends or joins another (ORG-3, ORG-4)."""

from sqlalchemy import func, select, update

from app.errors import Conflict, Invalid
from app.extensions import db
from models.actor import Actor
from models.conversations import HELD, OPEN, Conversation
from models.entry_codes import EntryCode
from models.organization import Agent, Team, TeamMember
from models.tickets import Ticket, TicketStatus
from services import capacity
from services.crud import crud, referenced
from services.operation import announce, operation
from services.routing import relations

#: states in which nothing more happens to a ticket
_DONE = (TicketStatus.closed, TicketStatus.cancelled)


def members_of(team: Team) -> list[TeamMember]:
    """The memberships of a team, in the order in which people joined."""
    return list(
        db.session.scalars(
            select(TeamMember)
            .join(TeamMember.agent)
            .where(TeamMember.team_id == team.id, Agent.deleted == 0)
            .order_by(TeamMember.id)
        )
    )


def open_work_of(team: Team) -> tuple[int, int]:
    """How many open conversations and tickets a team has."""
    return tuple(
        db.session.scalar(select(func.count()).select_from(model).where(*condition)) for model, condition in _open(team)
    )


@operation("team.merge", title="Merge into another team")
def merge_team(actor: Actor, team: Team, *, into_id: int) -> Team:
    """Members, open conversations and tickets, and printed codes move along; the emptied team is gone."""
    target = referenced(Team, into_id, actor, "intoId")
    if target is None or target.id == team.id:
        raise Invalid("Choose another team", fields={"intoId": "another team"})
    db.session.refresh(target, with_for_update=True)
    if target.deleted:
        raise Conflict("This team has just been removed")
    already = set(db.session.scalars(select(TeamMember.agent_id).where(TeamMember.team_id == target.id)))
    for member in db.session.scalars(select(TeamMember).where(TeamMember.team_id == team.id)):
        if member.agent_id in already:
            db.session.delete(member)
        else:
            member.team = target
    hand_work_on(team, target)
    db.session.flush()
    db.session.delete(team)
    announce("team.updated", team_id=target.id)
    announce("team.deleted", team_id=team.id)
    return target


def dissolve(actor: Actor, team: Team) -> None:
    """Inside an operation: the team ends. Its members leave it, its open work is anybody's again."""
    for member in db.session.scalars(select(TeamMember).where(TeamMember.team_id == team.id)):
        db.session.delete(member)
    hand_work_on(team, None)


def hand_work_on(team: Team, target: Team | None) -> None:
    """Inside an operation: what is open belongs to another team from now on, or to none; what is over stays history.

    So do the customers whom it looked after.
    """
    number = target.id if target else None
    for model, condition in _open(team):
        _change(update(model).where(*condition).values(team_id=number))
    # whose agents hold a conversation in its name go on holding it in the other's
    _change(
        update(Conversation)
        .where(Conversation.served_team_id == team.id, Conversation.status.in_(HELD))
        .values(served_team_id=number)
    )
    capacity.recount()
    relations.hand_on(team.id, number)
    codes = update(EntryCode).where(EntryCode.team_id == team.id)
    # a printed code keeps working: it leads to the other team, else to anybody
    _change(codes.values(team_id=number))


def _open(team: Team):
    """The models of a team's work, each with what is open of it."""
    return (
        (Conversation, (Conversation.team_id == team.id, Conversation.status.in_(OPEN))),
        (Ticket, (Ticket.team_id == team.id, Ticket.status.not_in(_DONE))),
    )


def _change(statement) -> None:
    db.session.execute(statement, execution_options={"synchronize_session": False})


def _check_member(actor: Actor, row: TeamMember, data: dict) -> None:
    # as objects: the log names both while the row is being stored
    row.team = referenced(Team, row.team_id, actor, "teamId")
    row.agent = referenced(Agent, row.agent_id, actor, "agentId")


crud("team_member", TeamMember, title="Team member", writable=("team_id", "agent_id"), check=_check_member)
