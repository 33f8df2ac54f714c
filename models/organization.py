"""Departments, teams, agents (ORG)."""

import datetime as dt
from enum import StrEnum, auto

from flask_appbuilder import Model
from sqlalchemy import Date, ForeignKey, Integer, String, Text, UniqueConstraint, or_, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.actor import Actor, Scope
from models.base import Entity, Versioned
from models.hours import WorkCalendar
from models.identity import User
from models.types import Code, Json


class Department(Versioned, Entity, Model):
    """One node of the organisation tree (ORG-1)."""

    __tablename__ = "department"
    __table_args__ = (UniqueConstraint("tenant_id", "code", "delete_token"),)

    name: Mapped[str] = mapped_column(String(64))
    code: Mapped[str] = mapped_column(String(32))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("department.id"), index=True)
    #: ids from the root to this one, "/1/4/9/": a subtree is one LIKE
    path: Mapped[str] = mapped_column(String(255), default="/", server_default="/")
    sort: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    description: Mapped[str | None] = mapped_column(String(255))
    parent: Mapped["Department | None"] = relationship(remote_side="Department.id")

    def __repr__(self) -> str:
        return self.name


class Team(Versioned, Entity, Model):
    """A group of agents who serve together (ORG-2, ORG-3, ORG-5)."""

    __tablename__ = "team"
    __bookkeeping__ = frozenset({"current_count"})
    __table_args__ = (UniqueConstraint("tenant_id", "name", "delete_token"),)

    name: Mapped[str] = mapped_column(String(64))
    description: Mapped[str | None] = mapped_column(String(255))
    department_id: Mapped[int | None] = mapped_column(ForeignKey("department.id"), index=True)
    leader_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"))
    #: problem types this team serves; empty: any
    problem_types: Mapped[list | None] = mapped_column(Json)
    skills: Mapped[list | None] = mapped_column(Json)
    #: most conversations the team may hold at once; 0: as many as its members together
    max_conversations: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    #: conversations its members hold for it now; taken like an agent's places (RTE-4)
    current_count: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    #: its working hours; empty: the company's
    calendar_id: Mapped[int | None] = mapped_column(ForeignKey("work_calendar.id"))
    calendar: Mapped[WorkCalendar | None] = relationship()
    department: Mapped[Department | None] = relationship()
    leader: Mapped[User | None] = relationship(foreign_keys=[leader_id])
    members: Mapped[list["TeamMember"]] = relationship(back_populates="team", cascade="save-update, merge")

    def __repr__(self) -> str:
        return self.name


class Presence(StrEnum):
    """online takes new conversations, busy keeps the ones it has, offline is away (C)."""

    online = auto()
    busy = auto()
    offline = auto()


class Agent(Versioned, Entity, Model):
    """The working side of a staff account (ORG-6): presence, capacity, skills."""

    __tablename__ = "agent"
    __bookkeeping__ = frozenset(
        {"seen_time", "current_count", "last_assigned_time", "last_ticket_time", "presence_time"}
    )
    __table_args__ = (
        UniqueConstraint("tenant_id", "user_id", "delete_token"),
        UniqueConstraint("tenant_id", "work_no", "delete_token"),
    )

    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id"), index=True)
    #: 工号
    work_no: Mapped[str] = mapped_column(String(32))
    presence: Mapped[Presence] = mapped_column(Code(Presence), default=Presence.offline)
    #: what was chosen by hand: a lost connection changes only `presence`, and coming back restores it
    chosen_presence: Mapped[Presence] = mapped_column(Code(Presence), default=Presence.offline, server_default="3")
    #: when presence last changed
    presence_time: Mapped[dt.datetime | None]
    #: when one of the agent's sockets was last known to be alive
    seen_time: Mapped[dt.datetime | None]
    max_conversations: Mapped[int] = mapped_column(Integer, default=5, server_default="5")
    #: conversations held now; taken by one conditional UPDATE so that capacity is never exceeded (RTE-4)
    current_count: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    #: when a conversation was last given, for taking turns
    last_assigned_time: Mapped[dt.datetime | None]
    #: open tickets up to which he is given more automatically; 0: none; empty: the setting `default_max_tickets`
    max_tickets: Mapped[int | None] = mapped_column(Integer)
    #: when a ticket was last given, for taking turns
    last_ticket_time: Mapped[dt.datetime | None]
    #: [{"name": "安装", "level": 1 to 5}]
    skills: Mapped[list | None] = mapped_column(Json)
    region: Mapped[str | None] = mapped_column(String(64))
    seniority: Mapped[int] = mapped_column(Integer, default=1, server_default="1")
    hire_date: Mapped[dt.date | None] = mapped_column(Date)
    introduction: Mapped[str | None] = mapped_column(Text)
    user: Mapped[User] = relationship()
    memberships: Mapped[list["TeamMember"]] = relationship(back_populates="agent", cascade="save-update, merge")

    @property
    def name(self) -> str:
        return self.user.full_name if self.user else ""

    @property
    def teams(self) -> list[Team]:
        return [membership.team for membership in self.memberships if membership.team and not membership.deleted]

    @classmethod
    def visible_to(cls, actor: Actor):
        """Colleagues are known to each other: an agent must be able to choose whom to transfer to."""
        return super().visible_to(actor)

    def __repr__(self) -> str:
        return self.name


class TeamMember(Entity, Model):
    """An agent in a team; one agent may be in several (ORG-4)."""

    __tablename__ = "team_member"
    __table_args__ = (UniqueConstraint("team_id", "agent_id", "delete_token"),)

    team_id: Mapped[int] = mapped_column(ForeignKey("team.id"))
    agent_id: Mapped[int] = mapped_column(ForeignKey("agent.id"), index=True)
    team: Mapped[Team] = relationship(back_populates="members")
    agent: Mapped[Agent] = relationship(back_populates="memberships")

    def __repr__(self) -> str:
        return f"{self.team} – {self.agent}"


def agents_within(actor: Actor, scope: Scope):
    """SELECT of the agent ids an actor with this scope answers for."""
    if scope is Scope.own:
        return select(Agent.id).where(Agent.id == (actor.agent_id or 0))
    in_teams = select(TeamMember.agent_id).where(TeamMember.team_id.in_(actor.team_ids or {0}))
    conditions = [Agent.id == (actor.agent_id or 0), Agent.id.in_(in_teams)]
    if scope is Scope.department:
        members = select(User.id).where(User.department_id.in_(actor.department_ids or {0}))
        conditions.append(Agent.user_id.in_(members))
    return select(Agent.id).where(or_(*conditions))
