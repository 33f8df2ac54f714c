"""How many conversations agents and teams hold: taken and given back by one conditional UPDATE each (RTE-4)."""

from collections.abc import Sequence

from sqlalchemy import func, or_, select, update

from app.errors import Conflict
from app.extensions import db
from models.conversations import HELD, Conversation
from models.organization import Agent, Team, TeamMember

#: which column of a conversation names the one whose place it takes
_HOLDERS = {Agent: Conversation.agent_id, Team: Conversation.served_team_id}


def take(conversation: Conversation, agent_id: int, team_ids: Sequence[int] | None = None) -> None:
    """Inside an operation: a place of this agent, and of the first of `team_ids` that has one; those it had are free.

    `team_ids` are by default the agent's own, first of all the one the conversation is meant for. Raises Conflict, and
    has changed nothing, when the agent (kind agent_full) or all these teams (kind team_full) hold all they may.
    """
    held = conversation.status in HELD
    team_ids = teams_of(agent_id, conversation.team_id) if team_ids is None else team_ids
    if not _take(Agent, agent_id):
        raise Conflict("This agent already has as many conversations as allowed", kind="agent_full", agent_id=agent_id)
    if held and conversation.served_team_id in team_ids:
        team_id = conversation.served_team_id  # within the team: its place goes on being taken
    else:
        team_id = next((number for number in team_ids if _take(Team, number)), None)
        if team_ids and team_id is None:
            _give_back(Agent, agent_id)
            raise Conflict("This team already has as many conversations as allowed", kind="team_full")
        if held:
            _give_back(Team, conversation.served_team_id)
    if held:
        _give_back(Agent, conversation.agent_id)
    conversation.served_team_id = team_id


def release(conversation: Conversation) -> None:
    """Inside an operation: give back the places of a conversation that nobody holds any more."""
    _give_back(Agent, conversation.agent_id)
    _give_back(Team, conversation.served_team_id)


def teams_of(agent_id: int, first: int | None = None) -> list[int]:
    """The numbers of an agent's teams in a fixed order, `first` first if he belongs to it."""
    mine = select(TeamMember.team_id).join(Team).where(TeamMember.agent_id == agent_id)
    return sorted(db.session.scalars(mine), key=lambda number: (number != first, number))


def recount() -> int:
    """Inside an operation: set every counter to what the rows say; returns how many were wrong."""
    return sum(_recount(model, column) for model, column in _HOLDERS.items())


def _recount(model: type[Agent | Team], column) -> int:
    held = (
        select(func.count())
        .select_from(Conversation)
        .where(column == model.id, Conversation.status.in_(HELD))
        .correlate(model)
        .scalar_subquery()
    )
    return _change(update(model).where(model.current_count != held).values(current_count=held))


def _take(model: type[Agent | Team], row_id: int) -> bool:
    free = model.current_count < model.max_conversations
    if model is Team:
        free = or_(model.max_conversations == 0, free)
    return _count(model, row_id, update(model).where(model.id == row_id, free), 1)


def _give_back(model: type[Agent | Team], row_id: int | None) -> None:
    if row_id is not None:
        _count(model, row_id, update(model).where(model.id == row_id, model.current_count > 0), -1)


def _count(model: type[Agent | Team], row_id: int, statement, step: int) -> bool:
    changed = _change(statement.values(current_count=model.current_count + step)) == 1
    row = db.session.get(model, row_id)
    if row is not None:
        db.session.refresh(row, ["current_count"])
    return changed


def _change(statement) -> int:
    return db.session.execute(statement, execution_options={"synchronize_session": False}).rowcount
