"""What customers thought of how their tickets were solved (TKT-14; B §3.7)."""

import datetime as dt

from flask_appbuilder import Model
from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.actor import Actor
from models.base import Entity
from models.customers import Customer
from models.organization import Agent
from models.stars import Stars
from models.tickets import Ticket


class TicketRating(Stars, Entity, Model):
    """At most one of a ticket: that of a later solution takes the place of the one before."""

    __tablename__ = "ticket_rating"
    __table_args__ = (
        UniqueConstraint("ticket_id", "delete_token"),
        Index("idx_ticket_rating_create_time", "tenant_id", "deleted", "create_time"),
    )

    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    #: who was in charge of the ticket then
    agent_id: Mapped[int | None] = mapped_column(ForeignKey("agent.id"), index=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"), index=True)
    #: of the solution it is about: the ticket's at that time
    resolve_time: Mapped[dt.datetime | None]
    ticket: Mapped[Ticket] = relationship()
    agent: Mapped[Agent | None] = relationship()
    customer: Mapped[Customer] = relationship()

    @classmethod
    def visible_to(cls, actor: Actor):
        return cls.ticket.has(Ticket.visible_to(actor))
