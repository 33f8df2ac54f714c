"""How many conversations an agent holds: taken and given back by one conditional UPDATE (RTE-4)."""

from sqlalchemy import func, select, update

from app.extensions import db
from models.conversations import HELD, Conversation
from models.organization import Agent


def take(agent_id: int) -> bool:
    """Inside an operation: one place of the agent, if one is free."""
    statement = (
        update(Agent)
        .where(Agent.id == agent_id, Agent.current_count < Agent.max_conversations)
        .values(current_count=Agent.current_count + 1)
    )
    return _changed(agent_id, statement)


def release(agent_id: int | None) -> None:
    """Inside an operation: give the place back."""
    if agent_id is not None:
        _changed(
            agent_id,
            update(Agent)
            .where(Agent.id == agent_id, Agent.current_count > 0)
            .values(current_count=Agent.current_count - 1),
        )


def recount() -> int:
    """Inside an operation: set every counter to what the rows say; returns how many were wrong."""
    held = (
        select(func.count())
        .select_from(Conversation)
        .where(Conversation.agent_id == Agent.id, Conversation.status.in_(HELD))
        .correlate(Agent)
        .scalar_subquery()
    )
    result = db.session.execute(
        update(Agent).where(Agent.current_count != held).values(current_count=held),
        execution_options={"synchronize_session": False},
    )
    return result.rowcount


def _changed(agent_id: int, statement) -> bool:
    changed = db.session.execute(statement, execution_options={"synchronize_session": False}).rowcount == 1
    agent = db.session.get(Agent, agent_id)
    if agent is not None:
        db.session.refresh(agent, ["current_count"])
    return changed
