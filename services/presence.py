"""Whether agents are there: chosen by hand, lost and found with their connection, kept as intervals (ORG-8)."""

import datetime as dt

from sqlalchemy import select, update

from app.errors import Conflict
from app.extensions import db
from models.actor import Actor
from models.base import EVERY_TENANT
from models.organization import Agent, Presence
from models.presence import PresenceInterval
from models.types import utcnow
from services.operation import announce, operation, write

#: an agent of whom nothing was heard for so long gets no more conversations
SILENCE = dt.timedelta(seconds=90)
#: who comes back later than this after a lost connection says himself that he works
RETURN_WITHIN = dt.timedelta(hours=1)


@operation("agent.set_presence", title="Set own presence")
def set_own_presence(actor: Actor, agent: Agent, *, presence: Presence) -> Agent:
    """The agent says whether new conversations may come."""
    if agent.id != actor.agent_id:
        actor.require("agent.set_presence_of_others")
        return set_presence_of(actor, agent, presence=presence)
    if presence is not Presence.offline:
        agent.seen_time = utcnow()
    return _choose(agent, presence)


@operation("agent.set_presence_of_others", title="Set another agent's presence")
def set_presence_of(actor: Actor, agent: Agent, *, presence: Presence) -> Agent:
    """A supervisor sets it for somebody (C: 管理客服状态). Raises Conflict where nobody would be there to answer."""
    if presence is not Presence.offline and was_silent(agent):
        raise Conflict("This agent has no workbench open", kind="agent_absent")
    return _choose(agent, presence)


@operation("agent.connection_lost", title="Offline after a lost connection")
def connection_lost(actor: Actor, agent: Agent) -> Agent:
    """Nobody reaches this agent any more: no further conversation may be given. He was there until he was last seen."""
    set_presence(agent, Presence.offline, until=agent.seen_time)
    return agent


@operation("agent.connection_back", title="Back after a lost connection")
def connection_back(actor: Actor, agent: Agent) -> Agent:
    """A reload, a tunnel, a sleeping laptop: whoever did not leave by himself goes on as before."""
    if may_come_back(agent):
        agent.seen_time = utcnow()
        set_presence(agent, agent.chosen_presence)
    elif agent.presence is not Presence.offline and was_silent(agent):
        # the process that heard him died and nobody noticed yet: in between he was not there
        _end_interval(agent, agent.seen_time)
        agent.seen_time = utcnow()
        _begin_interval(agent, agent.seen_time)
    return agent


def is_returning(agent: Agent) -> bool:
    """Whether a connection that begins now changes anything about this agent's presence."""
    return may_come_back(agent) or (agent.presence is not Presence.offline and was_silent(agent))


def may_come_back(agent: Agent) -> bool:
    """Whether it was the connection that set this agent off line, and not long ago."""
    return (
        agent.presence is Presence.offline
        and agent.chosen_presence is not Presence.offline
        and agent.presence_time is not None
        and agent.presence_time > utcnow() - RETURN_WITHIN
    )


def was_silent(agent: Agent) -> bool:
    """Whether nothing was heard of the agent's pages for so long that nobody can count on him."""
    return agent.seen_time is None or agent.seen_time < utcnow() - SILENCE


def set_presence(agent: Agent, presence: Presence, *, until: dt.datetime | None = None) -> None:
    """Inside an operation: what holds from now on. The interval before ended now, or when he was last seen."""
    if agent.presence is presence:
        return
    now = utcnow()
    _end_interval(agent, min(until or now, now))
    agent.presence, agent.presence_time = presence, now
    if presence is not Presence.offline:
        _begin_interval(agent, now)
    announce("agent.presence", rooms=[f"staff:{agent.tenant_id}"], agent_id=agent.id, presence=presence.value)


def seen(agent_ids: list[int]) -> None:
    """These agents' sockets are alive. Bookkeeping, not a change: no version, no log."""
    with write(EVERY_TENANT) as session:
        session.execute(
            update(Agent).where(Agent.id.in_(agent_ids)).values(seen_time=utcnow(), update_time=Agent.update_time),
            execution_options={"synchronize_session": False, "all_tenants": True},
        )


def lost(silence: dt.timedelta = SILENCE) -> list[Agent]:
    """Agents who count as present but have not been heard of for `silence`."""
    return list(
        db.session.scalars(
            select(Agent).where(
                Agent.presence != Presence.offline, (Agent.seen_time.is_(None)) | (Agent.seen_time < utcnow() - silence)
            )
        )
    )


def _choose(agent: Agent, presence: Presence) -> Agent:
    """What people choose stands until they choose again, also over a lost connection."""
    agent.chosen_presence = presence
    set_presence(agent, presence)
    return agent


def _begin_interval(agent: Agent, moment: dt.datetime) -> None:
    db.session.add(PresenceInterval(agent_id=agent.id, presence=agent.presence, start_time=moment))


def _end_interval(agent: Agent, moment: dt.datetime | None) -> None:
    """What still lasts ended then; never before it began."""
    for interval in db.session.scalars(
        select(PresenceInterval).where(PresenceInterval.agent_id == agent.id, PresenceInterval.end_time.is_(None))
    ):
        interval.end_time = max(interval.start_time, moment or interval.start_time)
