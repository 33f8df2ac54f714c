"""When agents were there (ORG-8): the ground on which time at work is counted."""

import datetime as dt

from flask_appbuilder import Model
from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.actor import Actor, Scope
from models.base import Entity
from models.organization import Agent, Presence, agents_within
from models.types import Code


def answered_for(actor: Actor, agent_id):
    """The condition that this actor may see the figures of an agent: his own, or those of the people he leads."""
    if not actor.may("statistics.read"):
        return agent_id == (actor.agent_id or 0)
    scope = actor.scope("statistics")
    return agent_id.is_not(None) if scope is Scope.all else agent_id.in_(agents_within(actor, scope))


class PresenceInterval(Entity, Model):
    """An agent was on line, or busy, from one moment to another. Between two intervals he was away."""

    __tablename__ = "presence_interval"
    __audit__ = None  # it follows from changes of presence, which are logged
    __table_args__ = (Index("idx_presence_interval_agent_id", "agent_id", "start_time"),)

    agent_id: Mapped[int] = mapped_column(ForeignKey("agent.id"))
    #: online or busy; nobody's being away is stored
    presence: Mapped[Presence] = mapped_column(Code(Presence))
    start_time: Mapped[dt.datetime]
    #: None while it lasts
    end_time: Mapped[dt.datetime | None]
    agent: Mapped[Agent] = relationship()

    @classmethod
    def visible_to(cls, actor: Actor):
        """Time at work is between an agent and those who lead him."""
        return super().visible_to(actor) & answered_for(actor, cls.agent_id)

    def __repr__(self) -> str:
        return f"{self.agent} {self.presence.value}"
