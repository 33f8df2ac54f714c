"""What connects tickets with each other and with people: links, merges, watchers, tags (TKT-3, TKT-5)."""

import datetime as dt
from enum import StrEnum, auto

from flask_appbuilder import Model
from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.actor import Actor
from models.base import Entity, Tenanted
from models.identity import User
from models.tickets import Ticket, TicketStatus
from models.types import Code


class LinkKind(StrEnum):
    """What the first ticket is to the second one."""

    related = auto()
    #: the same problem reported again
    duplicate = auto()
    #: the whole of which the second one is a part
    parent = auto()


class TicketLink(Entity, Model):
    """Two tickets that have to do with each other; seen by who sees both."""

    __tablename__ = "ticket_link"
    __table_args__ = (UniqueConstraint("ticket_id", "other_id", "delete_token"),)

    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    other_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), index=True)
    kind: Mapped[LinkKind] = mapped_column(Code(LinkKind), default=LinkKind.related)
    ticket: Mapped[Ticket] = relationship(foreign_keys=[ticket_id])
    other: Mapped[Ticket] = relationship(foreign_keys=[other_id])

    @classmethod
    def visible_to(cls, actor: Actor):
        seen = cls.ticket.has(Ticket.visible_to(actor)) & cls.other.has(Ticket.visible_to(actor))
        return seen & super().visible_to(actor)

    def __repr__(self) -> str:
        return f"#{self.ticket_id} – #{self.other_id}"


class TicketMerge(Entity, Model):
    """One ticket taken up by another: what it was before, so that it can be undone."""

    __tablename__ = "ticket_merge"

    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), index=True)
    into_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), index=True)
    former_status: Mapped[TicketStatus] = mapped_column(Code(TicketStatus))
    reason: Mapped[str | None] = mapped_column(String(500))
    undo_time: Mapped[dt.datetime | None]
    ticket: Mapped[Ticket] = relationship(foreign_keys=[ticket_id])
    into: Mapped[Ticket] = relationship(foreign_keys=[into_id])

    @classmethod
    def visible_to(cls, actor: Actor):
        return cls.ticket.has(Ticket.visible_to(actor)) & super().visible_to(actor)

    def __repr__(self) -> str:
        return f"#{self.ticket_id} → #{self.into_id}"


class TicketWatcher(Entity, Model):
    """A colleague who wants to hear how it goes on with a ticket that he may see."""

    __tablename__ = "ticket_watcher"
    __table_args__ = (UniqueConstraint("ticket_id", "user_id", "delete_token"),)

    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id"), index=True)
    ticket: Mapped[Ticket] = relationship()
    user: Mapped[User] = relationship()

    @classmethod
    def visible_to(cls, actor: Actor):
        return cls.ticket.has(Ticket.visible_to(actor)) & super().visible_to(actor)

    def __repr__(self) -> str:
        return f"#{self.ticket_id}: {self.user}"


class TicketTag(Tenanted, Model):
    """One tag of a ticket once more (`Ticket.tags` is the truth), so that tickets are found by it at once."""

    __tablename__ = "ticket_tag"
    __table_args__ = (Index("idx_ticket_tag_tag", "tenant_id", "tag", "ticket_id"),)

    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), primary_key=True)
    tag: Mapped[str] = mapped_column(String(32), primary_key=True)
