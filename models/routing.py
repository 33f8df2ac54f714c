"""How conversations find their agents: rules, problem types, duty, which team looks after which customer (RTE)."""

import datetime as dt
from enum import StrEnum, auto

from flask_appbuilder import Model
from sqlalchemy import Date, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.actor import Actor
from models.base import Entity, Versioned
from models.customers import Customer
from models.organization import Agent, Department, Team
from models.types import Code, Flag, Json


class RuleScope(StrEnum):
    """Which conversations a rule is for: all, or those of a department, a team, a problem type."""

    everybody = auto()
    department = auto()
    team = auto()
    problem_type = auto()


class OffHours(StrEnum):
    """Who is asked outside working hours: those on duty, whoever is on line, nobody."""

    duty = auto()
    anyone = auto()
    nobody = auto()


class RoutingRule(Versioned, Entity, Model):
    """Among the active rules the first one, in their order, that fits a conversation decides how it is assigned."""

    __tablename__ = "routing_rule"
    __table_args__ = (UniqueConstraint("tenant_id", "name", "delete_token"),)

    name: Mapped[str] = mapped_column(String(64))
    active: Mapped[bool] = mapped_column(Flag, default=True, server_default="1")
    sort: Mapped[int] = mapped_column(Integer, default=100, server_default="100")
    applies_to: Mapped[RuleScope] = mapped_column(Code(RuleScope), default=RuleScope.everybody)
    department_id: Mapped[int | None] = mapped_column(ForeignKey("department.id"))
    team_id: Mapped[int | None] = mapped_column(ForeignKey("team.id"))
    problem_type: Mapped[str | None] = mapped_column(String(64))
    #: only for urgent conversations
    is_emergency: Mapped[bool] = mapped_column(Flag, default=False, server_default="0")
    #: names of strategies: the first that tells candidates apart decides, the next one among equals
    strategies: Mapped[list | None] = mapped_column(Json)
    #: numbers of the teams that may get it; empty: any
    target_teams: Mapped[list | None] = mapped_column(Json)
    #: instead of these for somebody who has never been served before, and for one without a team of his own
    first_visit_team_id: Mapped[int | None] = mapped_column(ForeignKey("team.id"))
    first_visit_strategies: Mapped[list | None] = mapped_column(Json)
    no_relation_team_id: Mapped[int | None] = mapped_column(ForeignKey("team.id"))
    no_relation_strategies: Mapped[list | None] = mapped_column(Json)
    off_hours: Mapped[OffHours] = mapped_column(Code(OffHours), default=OffHours.duty, server_default="1")
    department: Mapped[Department | None] = relationship()
    team: Mapped[Team | None] = relationship(foreign_keys=[team_id])
    first_visit_team: Mapped[Team | None] = relationship(foreign_keys=[first_visit_team_id])
    no_relation_team: Mapped[Team | None] = relationship(foreign_keys=[no_relation_team_id])

    def __repr__(self) -> str:
        return self.name


class ProblemProfile(Versioned, Entity, Model):
    """By which words a problem type is recognised, and what it asks of whoever solves it (RTE-3)."""

    __tablename__ = "problem_profile"
    __table_args__ = (UniqueConstraint("tenant_id", "problem_type", "delete_token"),)

    #: code in the dictionary problem_type
    problem_type: Mapped[str] = mapped_column(String(64))
    keywords: Mapped[list | None] = mapped_column(Json)
    #: the skill it needs; empty: the one that is called like the problem type
    skill: Mapped[str | None] = mapped_column(String(64))
    #: such conversations go to the front and by the emergency rules
    is_urgent: Mapped[bool] = mapped_column(Flag, default=False, server_default="0")

    def __repr__(self) -> str:
        return self.problem_type


class DutyShift(Versioned, Entity, Model):
    """值班: an agent, or everybody of a team, answers from one moment to another outside working hours."""

    __tablename__ = "duty_shift"
    __table_args__ = (Index("idx_duty_shift_end_time", "tenant_id", "deleted", "end_time"),)

    agent_id: Mapped[int | None] = mapped_column(ForeignKey("agent.id"), index=True)
    team_id: Mapped[int | None] = mapped_column(ForeignKey("team.id"), index=True)
    start_time: Mapped[dt.datetime]
    end_time: Mapped[dt.datetime]
    note: Mapped[str | None] = mapped_column(String(255))
    agent: Mapped[Agent | None] = relationship()
    team: Mapped[Team | None] = relationship()

    def __repr__(self) -> str:
        return str(self.agent or self.team or "")


class RelationKind(StrEnum):
    """The team that looks after a customer first, and those that help out."""

    primary = auto()
    secondary = auto()


class CustomerTeamRelation(Versioned, Entity, Model):
    """客户团队关系: which team serves a customer, for which problems, from when to when (CUS-10)."""

    __tablename__ = "customer_team_relation"
    __table_args__ = (UniqueConstraint("customer_id", "team_id", "delete_token"),)

    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    team_id: Mapped[int] = mapped_column(ForeignKey("team.id"), index=True)
    kind: Mapped[RelationKind] = mapped_column(Code(RelationKind), default=RelationKind.primary)
    #: codes of problem types; empty: all
    problem_types: Mapped[list | None] = mapped_column(Json)
    #: the first and the last day on which it holds; empty: no limit
    effective_date: Mapped[dt.date | None] = mapped_column(Date)
    expiry_date: Mapped[dt.date | None] = mapped_column(Date, index=True)
    note: Mapped[str | None] = mapped_column(String(255))
    customer: Mapped[Customer] = relationship()
    team: Mapped[Team] = relationship()

    @classmethod
    def visible_to(cls, actor: Actor):
        """Staff see the relations of the customers whom they see."""
        return super().visible_to(actor) & cls.customer.has(Customer.visible_to(actor))

    def __repr__(self) -> str:
        return f"{self.customer} – {self.team}"
