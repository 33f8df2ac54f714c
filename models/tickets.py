"""Tickets (工单), their assignment history and follow-ups (TKT)."""

import datetime as dt
from enum import StrEnum, auto

from flask_appbuilder import Model
from sqlalchemy import ForeignKey, Index, Integer, String, Text, UniqueConstraint, or_
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.actor import Actor, Scope
from models.base import Entity, Versioned
from models.conversations import Conversation
from models.customers import Customer
from models.messaging import Thread
from models.organization import Agent, Department, Team, agents_within
from models.types import Code, Exact, Json


class TicketStatus(StrEnum):
    pending = auto()
    processing = auto()
    review = auto()
    resolved = auto()
    closed = auto()
    cancelled = auto()
    #: for the customer's answer; the clock of its service level stands still
    waiting = auto()


class TicketPriority(StrEnum):
    normal = auto()
    urgent = auto()
    critical = auto()


class SlaState(StrEnum):
    """How a ticket stands with what is promised (TKT-6): of the goals still to be reached the worst, or the end."""

    none = auto()
    running = auto()
    paused = auto()
    warned = auto()
    breached = auto()
    met = auto()
    #: over, and at least one goal was reached too late
    missed = auto()


#: nobody works on it any more; the room is closed
ENDED = (TicketStatus.closed, TicketStatus.cancelled)
#: the problem is dealt with; who comes back from these is taken up again
SOLVED = (TicketStatus.resolved, TicketStatus.closed)
#: somebody has to do something about it: these count as an agent's work
UNDER_WAY = (TicketStatus.pending, TicketStatus.processing, TicketStatus.waiting, TicketStatus.review)

S = TicketStatus
#: (from, to) → the operation whose right is needed; what is not here cannot happen (TKT-2)
TRANSITIONS: dict[tuple[TicketStatus, TicketStatus], str] = {
    (S.pending, S.processing): "ticket.process",
    (S.pending, S.resolved): "ticket.process",
    (S.pending, S.waiting): "ticket.process",
    (S.pending, S.cancelled): "ticket.cancel",
    (S.processing, S.pending): "ticket.process",
    (S.processing, S.waiting): "ticket.process",
    (S.processing, S.review): "ticket.process",
    (S.processing, S.resolved): "ticket.process",
    (S.processing, S.cancelled): "ticket.cancel",
    (S.waiting, S.processing): "ticket.process",
    (S.waiting, S.resolved): "ticket.process",
    (S.waiting, S.cancelled): "ticket.cancel",
    (S.review, S.processing): "ticket.review",
    (S.review, S.resolved): "ticket.review",
    (S.resolved, S.closed): "ticket.close",
    (S.resolved, S.processing): "ticket.reopen",
    (S.closed, S.processing): "ticket.reopen",
    (S.cancelled, S.pending): "ticket.reopen",
}


class Ticket(Versioned, Entity, Model):
    """A problem that needs following up until it is solved."""

    __tablename__ = "ticket"
    __bookkeeping__ = frozenset(
        {"first_reply_time", "status_time", "reopen_count", "due_time", "sla_state", "unrouted_time"}
    )
    __table_args__ = (
        UniqueConstraint("tenant_id", "no", name="uq_ticket_no"),
        # behind the columns that select and sort stand those that are tested or counted: no row is read for them
        Index(
            "idx_ticket_status",
            *("tenant_id", "deleted", "status", "id", "assignee_id", "team_id", "create_by", "create_time"),
        ),
        Index("idx_ticket_priority", "tenant_id", "deleted", "priority", "id", "status", "type"),
        Index("idx_ticket_type", "tenant_id", "deleted", "type", "id", "status", "priority"),
        Index("idx_ticket_listing", "tenant_id", "deleted", "id"),
        # what has changed since search last looked; lists by it
        Index("idx_ticket_update_time", "tenant_id", "update_time", "id", "deleted", "status", "priority", "type"),
        # lists by it, and the statistics of what was created, solved, closed within a time
        Index(
            "idx_ticket_create_time",
            *("tenant_id", "deleted", "create_time", "id", "status", "priority", "type", "assignee_id", "team_id"),
            *("create_by", "first_reply_time", "resolve_time", "reopen_count"),
        ),
        Index(
            "idx_ticket_resolve_time",
            *("tenant_id", "deleted", "resolve_time", "assignee_id", "team_id", "create_by", "create_time"),
        ),
        Index(
            "idx_ticket_close_time",
            *("tenant_id", "deleted", "close_time", "status", "assignee_id", "team_id", "create_by"),
        ),
        Index(
            "idx_ticket_assignee_id",
            *("assignee_id", "tenant_id", "deleted", "status", "id", "customer_id", "priority", "type"),
        ),
        Index("idx_ticket_customer_id", "customer_id", "tenant_id", "deleted", "id"),
        # what is due next, and what is late
        Index("idx_ticket_due_time", "tenant_id", "deleted", "due_time", "id"),
        Index("idx_ticket_sla_state", "tenant_id", "deleted", "sla_state", "id"),
        Index("idx_ticket_team_id", "team_id", "tenant_id", "deleted", "id", "status"),
        Index("idx_ticket_department_id", "department_id", "tenant_id", "deleted", "id", "status"),
        Index("idx_ticket_create_by", "create_by", "tenant_id", "deleted", "id", "status", "priority", "type"),
    )

    no: Mapped[str] = mapped_column(Exact)
    title: Mapped[str] = mapped_column(String(255))
    description: Mapped[str] = mapped_column(Text, default="")
    status: Mapped[TicketStatus] = mapped_column(Code(TicketStatus), default=TicketStatus.pending)
    priority: Mapped[TicketPriority] = mapped_column(Code(TicketPriority), default=TicketPriority.normal)
    #: code of an item of the dictionary ticket_type
    type: Mapped[str] = mapped_column(String(64), default="")
    #: code of an item of the dictionary product: which product or system it is about
    product: Mapped[str] = mapped_column(String(64), default="", server_default="")
    #: words by which staff group tickets; those of the dictionary ticket_tag are offered
    tags: Mapped[list | None] = mapped_column(Json)
    #: agent, customer, conversation, api
    source: Mapped[str] = mapped_column(String(32), default="agent")
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("customer.id"))
    #: how to reach whoever reported it, as given with this ticket (E §2.1)
    contact_name: Mapped[str | None] = mapped_column(String(100))
    contact_email: Mapped[str | None] = mapped_column(String(255))
    contact_phone: Mapped[str | None] = mapped_column(String(32))
    #: which of our departments is in charge of the matter
    department_id: Mapped[int | None] = mapped_column(ForeignKey("department.id"))
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("agent.id"))
    team_id: Mapped[int | None] = mapped_column(ForeignKey("team.id"))
    conversation_id: Mapped[int | None] = mapped_column(ForeignKey("conversation.id"), index=True)
    thread_id: Mapped[int] = mapped_column(ForeignKey("thread.id"), unique=True)
    #: the ticket that took this one up
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("ticket.id"), index=True)
    resolution: Mapped[str | None] = mapped_column(Text)
    first_reply_time: Mapped[dt.datetime | None]
    resolve_time: Mapped[dt.datetime | None]
    #: since when it is in its state; None: since it was created
    status_time: Mapped[dt.datetime | None]
    close_time: Mapped[dt.datetime | None]
    #: how often it was taken up again after it had been solved
    reopen_count: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    #: when the nearest goal of its service level is due; empty while its clocks stand still
    due_time: Mapped[dt.datetime | None]
    sla_state: Mapped[SlaState] = mapped_column(Code(SlaState), default=SlaState.none, server_default="1")
    #: when its customer was asked what he thinks of the solution; None: not about the present one
    rating_invited_time: Mapped[dt.datetime | None]
    #: since when automatic assignment has found nobody for it
    unrouted_time: Mapped[dt.datetime | None]
    customer: Mapped[Customer | None] = relationship()
    assignee: Mapped[Agent | None] = relationship()
    team: Mapped[Team | None] = relationship()
    department: Mapped[Department | None] = relationship()
    conversation: Mapped[Conversation | None] = relationship()
    #: read and locked with its owner, like a conversation's
    thread: Mapped[Thread] = relationship(lazy="joined", innerjoin=True)

    @classmethod
    def visible_to(cls, actor: Actor):
        if actor.sees_as_customer:
            return cls.customer_id == (actor.customer_id or 0)
        scope = actor.scope("ticket")
        if scope is Scope.all:
            return cls.id.is_not(None)
        if scope is Scope.own:  # two values rather than sets: each has its index
            return or_(cls.assignee_id == (actor.agent_id or 0), cls.create_by == actor.user_id)
        conditions = [cls.assignee_id.in_(agents_within(actor, scope)), cls.create_by == actor.user_id]
        conditions += [cls.team_id.in_(actor.team_ids or {0}), cls.assignee_id.is_(None) & cls.team_id.is_(None)]
        return or_(*conditions)

    def is_between(self, actor: Actor) -> bool:
        """Whether this actor is the customer or the agent in charge, who see it whatever else they may see."""
        if actor.sees_as_customer:
            return actor.customer_id is not None and self.customer_id == actor.customer_id
        return self.assignee_id is not None and self.assignee_id == actor.agent_id

    def __repr__(self) -> str:
        return f"{self.no} {self.title}"


class TicketAssignment(Entity, Model):
    """工单分配记录: who got a ticket from whom, how and why (TKT-7)."""

    __tablename__ = "ticket_assignment"

    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), index=True)
    #: auto, assign, transfer, takeover, create, conversation
    method: Mapped[str] = mapped_column(String(32))
    from_agent_id: Mapped[int | None] = mapped_column(ForeignKey("agent.id"))
    to_agent_id: Mapped[int | None] = mapped_column(ForeignKey("agent.id"))
    reason: Mapped[str | None] = mapped_column(String(500))
    #: of an automatic one the rule, the candidates and why each was passed over; of an approved transfer who approved
    detail: Mapped[dict | None] = mapped_column(Json)
    ticket: Mapped[Ticket] = relationship()
    from_agent: Mapped[Agent | None] = relationship(foreign_keys=[from_agent_id])
    to_agent: Mapped[Agent | None] = relationship(foreign_keys=[to_agent_id])

    @classmethod
    def visible_to(cls, actor: Actor):
        return cls.ticket.has(Ticket.visible_to(actor)) & super().visible_to(actor)

    def __repr__(self) -> str:
        return f"#{self.ticket_id}"


class TicketFollowUp(Entity, Model):
    """跟进记录: what was done and with what result (TKT-5)."""

    __tablename__ = "ticket_follow_up"

    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), index=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"))
    content: Mapped[str] = mapped_column(Text)
    result: Mapped[str | None] = mapped_column(String(255))
    ticket: Mapped[Ticket] = relationship()

    @classmethod
    def visible_to(cls, actor: Actor):
        return cls.ticket.has(Ticket.visible_to(actor)) & super().visible_to(actor)

    def __repr__(self) -> str:
        return self.content[:40]


class NumberSeries(Entity, Model):
    """The last number given per prefix and day: numbers have no gaps and no doubles."""

    __tablename__ = "number_series"
    __audit__ = None
    __table_args__ = (UniqueConstraint("tenant_id", "series", name="uq_number_series_series"),)

    series: Mapped[str] = mapped_column(Exact)
    last_number: Mapped[int] = mapped_column(Integer, default=0)
