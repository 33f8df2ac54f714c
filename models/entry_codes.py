"""Entry codes (CHT-15): what stands behind the QR code of an agent, a team or a channel."""

import datetime as dt
from enum import StrEnum, auto

from flask_appbuilder import Model
from sqlalchemy import Date, ForeignKey, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.actor import Actor
from models.base import Entity, Versioned
from models.organization import Agent, Team
from models.types import Code, Exact, Flag, utcnow


class EntryKind(StrEnum):
    """To whom a code leads: one agent, a team, or simply the portal under the name of a channel."""

    agent = auto()
    team = auto()
    channel = auto()


class EntryCode(Versioned, Entity, Model):
    """A way in that can be printed: /c/<code>. Whoever holds it may use it, so it can be renewed and switched off."""

    __tablename__ = "entry_code"
    __bookkeeping__ = frozenset({"use_count", "last_use_time"})
    __table_args__ = (UniqueConstraint("code", name="uq_entry_code_code"),)

    name: Mapped[str] = mapped_column(String(64))
    kind: Mapped[EntryKind] = mapped_column(Code(EntryKind))
    #: random; a new one makes everything printed before worthless
    code: Mapped[str] = mapped_column(Exact)
    agent_id: Mapped[int | None] = mapped_column(ForeignKey("agent.id"), index=True)
    team_id: Mapped[int | None] = mapped_column(ForeignKey("team.id"), index=True)
    #: under which channel conversations from here are counted; empty: the portal
    channel: Mapped[str | None] = mapped_column(String(32))
    #: a sentence on the printed card, e.g. when somebody is there
    hint: Mapped[str | None] = mapped_column(String(120))
    active: Mapped[bool] = mapped_column(Flag, default=True, server_default="1")
    #: the last day on which it works
    last_day: Mapped[dt.date | None] = mapped_column(Date)
    #: how often it was opened
    use_count: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    last_use_time: Mapped[dt.datetime | None]
    agent: Mapped[Agent | None] = relationship()
    team: Mapped[Team | None] = relationship()

    @property
    def is_valid(self) -> bool:
        """Whether it still leads anywhere."""
        return self.active and (self.last_day is None or utcnow().date() <= self.last_day)

    @classmethod
    def visible_to(cls, actor: Actor):
        """An agent's own one, and all of them for those who keep them."""
        if actor.may("entry_code.read"):
            return super().visible_to(actor)
        return super().visible_to(actor) & (cls.agent_id == (actor.agent_id or 0))

    def __repr__(self) -> str:
        return self.name
