"""Tickets that an agent wants to pass on, until a supervisor has decided (TKT-7; B §3.5.3)."""

import datetime as dt
from enum import StrEnum, auto

from flask_appbuilder import Model
from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.actor import Actor
from models.base import Entity
from models.identity import User
from models.organization import Agent
from models.tickets import Ticket
from models.types import Code


class TicketTransferState(StrEnum):
    pending = auto()
    approved = auto()
    rejected = auto()
    cancelled = auto()


class TicketTransfer(Entity, Model):
    """One request. While it is pending the agent who made it goes on working."""

    __tablename__ = "ticket_transfer"
    __table_args__ = (
        # a ticket has one pending request
        UniqueConstraint("ticket_id", "end_token"),
        Index("idx_ticket_transfer_state", "tenant_id", "deleted", "state", "id"),
    )

    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    from_agent_id: Mapped[int] = mapped_column(ForeignKey("agent.id"))
    to_agent_id: Mapped[int] = mapped_column(ForeignKey("agent.id"))
    state: Mapped[TicketTransferState] = mapped_column(Code(TicketTransferState), default=TicketTransferState.pending)
    reason: Mapped[str] = mapped_column(String(500))
    #: who approved or rejected it, and what he said to it
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"))
    note: Mapped[str | None] = mapped_column(String(500))
    end_time: Mapped[dt.datetime | None]
    #: 0 while it is pending, the id afterwards
    end_token: Mapped[int] = mapped_column(default=0, server_default="0")
    ticket: Mapped[Ticket] = relationship()
    from_agent: Mapped[Agent] = relationship(foreign_keys=[from_agent_id])
    to_agent: Mapped[Agent] = relationship(foreign_keys=[to_agent_id])
    decider: Mapped[User | None] = relationship(foreign_keys=[decided_by])

    @classmethod
    def visible_to(cls, actor: Actor):
        return cls.ticket.has(Ticket.visible_to(actor)) & super().visible_to(actor)

    def __repr__(self) -> str:
        return f"#{self.ticket_id}"
