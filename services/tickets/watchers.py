"""Colleagues who want to hear how it goes on with a ticket (TKT-5). Who may not see it cannot watch it."""

from sqlalchemy import select

from app.errors import Conflict, Invalid, NotFound
from app.extensions import db
from models.actor import Actor
from models.ticket_relations import TicketWatcher
from models.tickets import Ticket
from services import mentioning
from services.operation import operation
from services.tickets.state import tell

MOST_WATCHERS = 50


@operation("ticket.watch", title="Watch a ticket")
def watch_ticket(actor: Actor, ticket: Ticket, *, user_id: int | None = None) -> Ticket:
    """Watch it oneself, or have a colleague watch it who may see it. Raises Invalid for anybody else."""
    wanted = actor.user_id if user_id is None else user_id
    if wanted != actor.user_id and wanted not in {one.id for one in mentioning.colleagues_of(ticket)}:
        raise Invalid("This colleague cannot see the ticket", fields={"userId": "unknown"})
    if len(watchers_of(ticket)) >= MOST_WATCHERS:
        raise Conflict("Enough colleagues watch this ticket")
    add_watcher(ticket, wanted)
    tell(ticket, "watched")
    return ticket


@operation("ticket.unwatch", title="Stop watching a ticket", right="ticket.watch")
def unwatch_ticket(actor: Actor, ticket: Ticket, *, user_id: int | None = None) -> Ticket:
    """Oneself or a colleague does not watch it any more. Raises NotFound for a colleague who did not."""
    wanted = actor.user_id if user_id is None else user_id
    mine = [row for row in watchers_of(ticket) if row.user_id == wanted]
    if not mine and user_id is not None:
        raise NotFound("This does not exist")
    for row in mine:
        db.session.delete(row)
    tell(ticket, "watched")
    return ticket


def add_watcher(ticket: Ticket, user_id: int) -> None:
    """Inside an operation: once is enough."""
    if user_id not in {row.user_id for row in watchers_of(ticket)}:
        db.session.add(TicketWatcher(ticket_id=ticket.id, user_id=user_id))
        db.session.flush()


def watchers_of(ticket: Ticket) -> list[TicketWatcher]:
    """Who watches it, the first one first; whose account was deleted does not any more."""
    watching = select(TicketWatcher).where(TicketWatcher.ticket_id == ticket.id, TicketWatcher.user.has())
    return list(db.session.scalars(watching.order_by(TicketWatcher.id)))
