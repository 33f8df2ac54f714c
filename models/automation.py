"""Rules that act on tickets by themselves, macros that act by one click, templates of tickets (TKT-1, TKT-15)."""

import datetime as dt
from enum import StrEnum, auto

from flask_appbuilder import Model
from sqlalchemy import ForeignKey, Index, Integer, String, Text, UniqueConstraint, or_
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.actor import Actor
from models.base import Entity, Versioned
from models.identity import User
from models.organization import Team
from models.tickets import Ticket, TicketPriority
from models.types import Code, Exact, Flag, Json


class RuleEvent(StrEnum):
    """What makes a rule look at a ticket; `time` is every few minutes."""

    created = auto()
    updated = auto()
    moved = auto()
    assigned = auto()
    customer_replied = auto()
    staff_replied = auto()
    time = auto()
    rated = auto()
    sla_warned = auto()
    sla_breached = auto()


class RunOutcome(StrEnum):
    """How a run ended: all actions taken, refused as a whole, or the rule itself cannot work."""

    done = auto()
    refused = auto()
    broken = auto()


class AutomationRule(Versioned, Entity, Model):
    """自动化规则: on an event, if the conditions hold, these actions are taken (TKT-15; B §2.10.4)."""

    __tablename__ = "automation_rule"
    __bookkeeping__ = frozenset({"run_count", "last_run_time", "failures"})
    __table_args__ = (
        UniqueConstraint("tenant_id", "name", "delete_token"),
        Index("idx_automation_rule_event", "tenant_id", "deleted", "active", "event"),
    )

    name: Mapped[str] = mapped_column(String(64))
    active: Mapped[bool] = mapped_column(Flag, default=False, server_default="0")
    #: of several rules for one event the lower one is asked first
    sort: Mapped[int] = mapped_column(Integer, default=100, server_default="100")
    event: Mapped[RuleEvent] = mapped_column(Code(RuleEvent), default=RuleEvent.created)
    #: {"match": "all" | "any", "items": [{"field", "operator", "value"} or such a group again]}
    conditions: Mapped[dict | None] = mapped_column(Json)
    #: [{"action", "value"}], in order
    actions: Mapped[list | None] = mapped_column(Json)
    #: after this rule has acted, no further one is asked about the same event
    stop_after: Mapped[bool] = mapped_column(Flag, default=False, server_default="0")
    run_count: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    last_run_time: Mapped[dt.datetime | None]
    #: how often in a row it could not work; many switch it off
    failures: Mapped[int] = mapped_column(Integer, default=0, server_default="0")

    def __repr__(self) -> str:
        return self.name


class AutomationRun(Entity, Model):
    """What a rule did to a ticket, or why it could not; kept for a while (TKT-15)."""

    __tablename__ = "automation_run"
    __audit__ = None
    __table_args__ = (
        # a reaction that runs twice acts once
        UniqueConstraint("rule_id", "occasion", name="uq_automation_run_occasion"),
        Index("idx_automation_run_ticket", "ticket_id", "rule_id", "create_time"),
        Index("idx_automation_run_create_time", "tenant_id", "deleted", "create_time"),
    )

    rule_id: Mapped[int] = mapped_column(ForeignKey("automation_rule.id"))
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    #: "event-17", or of a rule by time the ticket and the moments it looked at
    occasion: Mapped[str] = mapped_column(Exact)
    outcome: Mapped[RunOutcome] = mapped_column(Code(RunOutcome), default=RunOutcome.done)
    #: [{"action", "before", "after"}]; of a refused run the one that was refused, with "reason"
    steps: Mapped[list | None] = mapped_column(Json)
    reason: Mapped[str | None] = mapped_column(String(500))
    rule: Mapped[AutomationRule] = relationship()
    ticket: Mapped[Ticket] = relationship()

    @classmethod
    def visible_to(cls, actor: Actor):
        return super().visible_to(actor) & cls.ticket.has(Ticket.visible_to(actor))

    def __repr__(self) -> str:
        return f"#{self.rule_id} → #{self.ticket_id}"


class Macro(Versioned, Entity, Model):
    """宏: several actions by one click. An owner's, a team's, or everybody's (TKT-15)."""

    __tablename__ = "macro"

    name: Mapped[str] = mapped_column(String(64))
    description: Mapped[str | None] = mapped_column(String(255))
    #: as of a rule
    actions: Mapped[list | None] = mapped_column(Json)
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"), index=True)
    team_id: Mapped[int | None] = mapped_column(ForeignKey("team.id"), index=True)
    sort: Mapped[int] = mapped_column(Integer, default=100, server_default="100")
    active: Mapped[bool] = mapped_column(Flag, default=True, server_default="1")
    owner: Mapped[User | None] = relationship(foreign_keys=[owner_id])
    team: Mapped[Team | None] = relationship(foreign_keys=[team_id])

    @classmethod
    def visible_to(cls, actor: Actor):
        """Everybody's, one's own, one's teams'; who shares macros sees every team's."""
        theirs = cls.team_id.is_not(None) if actor.may("macro.share") else cls.team_id.in_(actor.team_ids or {0})
        everybodys = cls.owner_id.is_(None) & cls.team_id.is_(None)
        return super().visible_to(actor) & or_(everybodys, theirs, cls.owner_id == actor.user_id)

    @property
    def scope(self) -> str:
        """Whose it is: global, team or personal."""
        if self.owner_id is not None:
            return "personal"
        return "global" if self.team_id is None else "team"

    def __repr__(self) -> str:
        return self.name


class TicketTemplate(Versioned, Entity, Model):
    """工单模板: what the form of a new ticket begins with (TKT-1; B §2.5.1)."""

    __tablename__ = "ticket_template"
    __table_args__ = (UniqueConstraint("tenant_id", "name", "delete_token"),)

    name: Mapped[str] = mapped_column(String(64))
    title: Mapped[str] = mapped_column(String(255), default="", server_default="")
    description: Mapped[str | None] = mapped_column(Text)
    #: code of an item of the dictionary ticket_type
    type: Mapped[str] = mapped_column(String(64), default="", server_default="")
    priority: Mapped[TicketPriority] = mapped_column(Code(TicketPriority), default=TicketPriority.normal)
    #: code of an item of the dictionary product
    product: Mapped[str] = mapped_column(String(64), default="", server_default="")
    #: whose pool a ticket made from it comes into
    team_id: Mapped[int | None] = mapped_column(ForeignKey("team.id"))
    #: customers are offered it too
    is_public: Mapped[bool] = mapped_column(Flag, default=False, server_default="0")
    active: Mapped[bool] = mapped_column(Flag, default=True, server_default="1")
    sort: Mapped[int] = mapped_column(Integer, default=100, server_default="100")
    team: Mapped[Team | None] = relationship()

    @classmethod
    def visible_to(cls, actor: Actor):
        """Staff see all of them, customers those that are offered to them."""
        if actor.sees_as_customer:
            return (cls.is_public == 1) & (cls.active == 1)
        return super().visible_to(actor)

    def __repr__(self) -> str:
        return self.name
