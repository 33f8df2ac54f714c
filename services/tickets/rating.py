"""What customers thought of how their tickets were solved (TKT-14; B §3.7)."""

from sqlalchemy import select

from app.errors import Conflict, NotAllowed
from app.extensions import db
from models.actor import Actor
from models.ticket_ratings import TicketRating
from models.tickets import SOLVED, Ticket
from models.types import utcnow
from services import stars, threads
from services.operation import operation
from services.sensitive import remarks
from services.sensitive.watch import Catch
from services.tickets.state import place, tell


@operation("ticket.rate", title="Rate a ticket")
def rate_ticket(
    actor: Actor, ticket: Ticket, *, score: int, tags: list[str] | None = None, comment: str = ""
) -> TicketRating:
    """The customer's verdict on the solution, once for each time that the ticket was solved (TKT-14).

    Who reopens a ticket and sees it solved again may judge anew; that takes the place of what he said before.
    """
    _require_customer(actor, ticket)
    if ticket.status not in SOLVED:
        raise Conflict("This ticket has not been solved yet")
    former = rating_of(ticket)
    if former is not None and is_current(former):
        raise Conflict("You have already rated this ticket")
    caught = remarks.look_at_rating(actor, ticket, comment)
    rating = TicketRating(
        ticket_id=ticket.id,
        agent_id=ticket.assignee_id,
        customer_id=ticket.customer_id,
        resolve_time=ticket.resolve_time,
    )
    stars.fill(rating, score, tags, comment)
    if former is not None:
        db.session.delete(former)
        db.session.flush()  # before the new one: there is one of a ticket
    db.session.add(rating)
    _say(actor, ticket, "rated", f"客户给出了 {score} 星评价", rating, caught)
    return rating


@operation("ticket.change_rating", title="Change the rating of a ticket", right="ticket.rate")
def change_ticket_rating(
    actor: Actor, ticket: Ticket, *, score: int, tags: list[str] | None = None, comment: str = ""
) -> TicketRating:
    """The customer thinks better of it, within some minutes."""
    _require_customer(actor, ticket)
    rating = rating_of(ticket)
    if rating is None or not is_current(rating):
        raise Conflict("This ticket has not been rated yet")
    if utcnow() > stars.changeable_until(rating):
        raise Conflict("This rating can no longer be changed", kind="rating_final")
    caught = remarks.look_at_rating(actor, ticket, comment)
    stars.fill(rating, score, tags, comment)
    _say(actor, ticket, "rating_changed", f"客户将评价改为 {score} 星", rating, caught)
    return rating


def rating_of(ticket: Ticket) -> TicketRating | None:
    """What its customer thought of the last solution that he judged."""
    return db.session.scalars(select(TicketRating).where(TicketRating.ticket_id == ticket.id)).first()


def is_current(rating: TicketRating) -> bool:
    """Whether it is about the solution that the ticket has now, and not about an earlier one."""
    return rating.ticket.status in SOLVED and rating.resolve_time == rating.ticket.resolve_time


def _require_customer(actor: Actor, ticket: Ticket) -> None:
    if actor.customer_id is None or ticket.customer_id != actor.customer_id:
        raise NotAllowed("Only the customer rates a ticket")


def _say(actor: Actor, ticket: Ticket, event: str, text: str, rating: TicketRating, caught: Catch | None) -> None:
    """In the room, with the mark of what is sensitive in its words, and to those who look at the ticket."""
    line = threads.system_message(
        actor,
        ticket.thread,
        event,
        text,
        place=place(ticket),
        score=rating.score,
        comment=rating.comment or "",
    )
    remarks.mark_rating(line, caught)
    db.session.flush()
    tell(ticket, "rated", rating_id=rating.id)
