"""How many tickets there are in which state, and how long people wait for the first word (TKT-13; E §8)."""

from dataclasses import dataclass, field

from sqlalchemy import func, select

from app.errors import NotAllowed
from app.extensions import db
from models.actor import Actor
from models.tickets import Ticket, TicketStatus
from services.durations import seconds_between


@dataclass(frozen=True)
class Figures:
    """Of the tickets that somebody sees."""

    by_status: dict[TicketStatus, int] = field(default_factory=dict)
    #: from the ticket to the first word of staff, of those that have had one; None where none has
    first_reply_seconds: float | None = None

    @property
    def total(self) -> int:
        return sum(self.by_status.values())


def figures(actor: Actor) -> Figures:
    """By one statement. Raises NotAllowed for customers."""
    if actor.sees_as_customer:
        raise NotAllowed("You are not allowed to do this")
    wait = seconds_between(Ticket.create_time, Ticket.first_reply_time)
    rows = db.session.execute(
        select(Ticket.status, func.count(), func.count(Ticket.first_reply_time), func.sum(wait))
        .where(Ticket.visible_to(actor))
        .group_by(Ticket.status)
    ).all()
    answered = sum(row[2] for row in rows)
    waited = sum(float(row[3] or 0) for row in rows)
    return Figures({row[0]: row[1] for row in rows}, max(0.0, waited / answered) if answered else None)
