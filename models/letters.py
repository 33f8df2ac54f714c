"""E-mail about tickets on its way, and what became of it (TKT-11)."""

import datetime as dt
from enum import StrEnum, auto

from flask_appbuilder import Model
from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.actor import Actor
from models.base import Entity
from models.identity import User
from models.tickets import Ticket, TicketStatus
from models.types import Code


class LetterKind(StrEnum):
    """What is told."""

    created = auto()
    message = auto()
    moved = auto()


class LetterState(StrEnum):
    waiting = auto()
    sent = auto()
    #: needless by the time it would have left: read meanwhile, taken back, nobody to write to
    dropped = auto()
    failed = auto()


class TicketLetter(Entity, Model):
    """One letter to one person about one ticket. Its words are made when it leaves; no address is kept here."""

    __tablename__ = "ticket_letter"
    __audit__ = None
    __table_args__ = (
        UniqueConstraint("ticket_id", "kind", "reader", "event_id", name="uq_ticket_letter_event"),
        Index("idx_ticket_letter_due", "tenant_id", "state", "due_time"),
    )

    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    kind: Mapped[LetterKind] = mapped_column(Code(LetterKind))
    #: a member of staff; None: the customer
    user_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"), index=True)
    #: the same for the unique key: the account's number, 0 for the customer
    reader: Mapped[int]
    #: the newest event that is told in it: an event that is told twice makes no second letter
    event_id: Mapped[int]
    #: of messages: the first and the last one, by their numbers in the room
    first_seq: Mapped[int | None]
    last_seq: Mapped[int | None]
    #: of a change: the state before the first one that is told, and the one after the last
    from_status: Mapped[TicketStatus | None] = mapped_column(Code(TicketStatus))
    to_status: Mapped[TicketStatus | None] = mapped_column(Code(TicketStatus))
    state: Mapped[LetterState] = mapped_column(Code(LetterState), default=LetterState.waiting)
    #: when it leaves, or is tried again
    due_time: Mapped[dt.datetime]
    #: until then some process is at it
    lease_until: Mapped[dt.datetime | None]
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    last_error: Mapped[str | None] = mapped_column(String(255))
    sent_time: Mapped[dt.datetime | None]
    ticket: Mapped[Ticket] = relationship()
    user: Mapped[User | None] = relationship()

    @classmethod
    def visible_to(cls, actor: Actor):
        return cls.ticket.has(Ticket.visible_to(actor)) & super().visible_to(actor)

    def __repr__(self) -> str:
        return f"#{self.id}"
