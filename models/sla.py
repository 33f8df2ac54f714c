"""Service levels of tickets: what is promised, who is told when it is late, the running clocks (TKT-6)."""

import datetime as dt
from enum import StrEnum, auto

from flask_appbuilder import Model
from sqlalchemy import ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.actor import Actor
from models.base import Entity, Versioned
from models.hours import WorkCalendar
from models.organization import Agent
from models.tickets import Ticket, TicketPriority
from models.types import Code, Flag


class SlaGoal(StrEnum):
    """What is promised: that somebody answers, and that the problem is solved."""

    first_response = auto()
    resolution = auto()


class SlaAction(StrEnum):
    """What happens when so much of the promised time is over."""

    notify_assignee = auto()
    notify_leaders = auto()
    raise_priority = auto()
    give = auto()


class SlaPolicy(Versioned, Entity, Model):
    """The first active policy, in their order, that fits a ticket holds for it. An empty condition fits all."""

    __tablename__ = "sla_policy"
    __table_args__ = (UniqueConstraint("tenant_id", "name", "delete_token"),)

    name: Mapped[str] = mapped_column(String(64))
    active: Mapped[bool] = mapped_column(Flag, default=True, server_default="1")
    sort: Mapped[int] = mapped_column(Integer, default=100, server_default="100")
    priority: Mapped[TicketPriority | None] = mapped_column(Code(TicketPriority))
    #: code of an item of the dictionary ticket_type
    ticket_type: Mapped[str | None] = mapped_column(String(64))
    #: code of an item of the dictionary product
    product: Mapped[str | None] = mapped_column(String(64))
    #: for customers of this level and above
    min_vip_level: Mapped[int | None] = mapped_column(Integer)
    #: minutes of working time; empty: no such goal
    first_response_minutes: Mapped[int | None] = mapped_column(Integer)
    resolution_minutes: Mapped[int | None] = mapped_column(Integer)
    #: after so much of the time somebody is warned
    warn_percent: Mapped[int] = mapped_column(Integer, default=80, server_default="80")
    #: nights and holidays count too; otherwise the hours of the ticket's team, else those of the company
    around_the_clock: Mapped[bool] = mapped_column(Flag, default=False, server_default="0")
    escalations: Mapped[list["SlaEscalation"]] = relationship(
        back_populates="policy", order_by="SlaEscalation.percent", cascade="save-update, merge, delete"
    )

    def minutes_of(self, goal: SlaGoal) -> int | None:
        """What is promised, in minutes of working time; None where nothing is."""
        return self.first_response_minutes if goal is SlaGoal.first_response else self.resolution_minutes

    def __repr__(self) -> str:
        return self.name


class SlaEscalation(Versioned, Entity, Model):
    """One step: when so much of the time of a goal is over, this happens, once."""

    __tablename__ = "sla_escalation"

    policy_id: Mapped[int] = mapped_column(ForeignKey("sla_policy.id"), index=True)
    goal: Mapped[SlaGoal] = mapped_column(Code(SlaGoal), default=SlaGoal.resolution)
    #: of the promised time; more than 100 is after the breach
    percent: Mapped[int] = mapped_column(Integer, default=100)
    action: Mapped[SlaAction] = mapped_column(Code(SlaAction), default=SlaAction.notify_leaders)
    #: who gets the ticket, where the action is to give it
    agent_id: Mapped[int | None] = mapped_column(ForeignKey("agent.id"))
    policy: Mapped[SlaPolicy] = relationship(back_populates="escalations")
    agent: Mapped[Agent | None] = relationship()

    def __repr__(self) -> str:
        return f"{self.policy} {self.percent}%"


class TicketClock(Entity, Model):
    """How much working time a ticket has used for one of its goals. Changed only under the lock of the ticket."""

    __tablename__ = "ticket_clock"
    __audit__ = None
    __table_args__ = (
        UniqueConstraint("ticket_id", "goal", "delete_token", name="uq_ticket_clock_goal"),
        # what the watch has to look at next
        Index("idx_ticket_clock_next_check_time", "tenant_id", "deleted", "next_check_time"),
    )

    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    goal: Mapped[SlaGoal] = mapped_column(Code(SlaGoal))
    policy_id: Mapped[int | None] = mapped_column(ForeignKey("sla_policy.id"), index=True)
    #: by whose hours it runs; empty: around the clock
    calendar_id: Mapped[int | None] = mapped_column(ForeignKey("work_calendar.id"), index=True)
    #: empty: nothing is promised, but time is counted in case that something will be
    target_seconds: Mapped[int | None] = mapped_column(Integer)
    #: seconds of working time up to the last stop
    spent_seconds: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    #: empty while it stands still
    running_since: Mapped[dt.datetime | None]
    #: when the time will be over; empty while nobody can say
    due_time: Mapped[dt.datetime | None]
    met_time: Mapped[dt.datetime | None]
    breached: Mapped[bool] = mapped_column(Flag, default=False, server_default="0")
    #: everything that happens up to this much of the time has happened
    reached_percent: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    #: when something happens next
    next_check_time: Mapped[dt.datetime | None]
    ticket: Mapped[Ticket] = relationship()
    policy: Mapped[SlaPolicy | None] = relationship()
    calendar: Mapped[WorkCalendar | None] = relationship()

    @classmethod
    def visible_to(cls, actor: Actor):
        return cls.ticket.has(Ticket.visible_to(actor)) & super().visible_to(actor)

    def __repr__(self) -> str:
        return f"#{self.ticket_id}"
