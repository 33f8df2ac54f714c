"""One problem reported twice becomes one ticket, and may become two again (issue of duplicates; TKT-5)."""

from sqlalchemy import select

from app.errors import Conflict, Invalid
from app.extensions import db
from models.actor import Actor
from models.ticket_relations import TicketMerge, TicketWatcher
from models.tickets import ENDED, Ticket, TicketStatus
from models.types import utcnow
from services import threads
from services.operation import operation
from services.tickets.relations import check_children
from services.tickets.state import place, step_to, tell
from services.tickets.watchers import add_watcher

#: there is nothing left to do in these
DONE = frozenset({TicketStatus.resolved, *ENDED})


@operation("ticket.merge", title="Merge tickets")
def merge_tickets(actor: Actor, ticket: Ticket, into: Ticket, *, reason: str = "") -> Ticket:
    """`ticket` ends and whoever opens it is led to `into`, where a line says so; nothing that was said moves.

    Only tickets of one customer, for each would read what the other has said. Raises Conflict when one is solved or
    has ended or has open parts, Invalid for a ticket with itself or of somebody else.
    """
    if ticket.id == into.id:
        raise Invalid("A ticket cannot be merged with itself", fields={"intoId": "another ticket"})
    if not {ticket.status, into.status}.isdisjoint(DONE):
        raise Conflict("Only tickets that are still worked on can be merged")
    if ticket.customer_id not in (None, into.customer_id):
        raise Conflict("These tickets are of different customers: link them instead")
    check_children(actor, ticket, "")
    db.session.add(
        TicketMerge(ticket_id=ticket.id, into_id=into.id, former_status=ticket.status, reason=reason.strip() or None)
    )
    ticket.merged_into_id = into.id
    for user_id in db.session.scalars(select(TicketWatcher.user_id).where(TicketWatcher.ticket_id == ticket.id)):
        add_watcher(into, user_id)
    step_to(actor, ticket, TicketStatus.closed, reason=reason)
    _say(actor, ticket, "merged_into", f"已合并到工单 {into.no}", into)
    _say(actor, into, "merged_from", f"工单 {ticket.no} 已合并到这里", ticket)
    tell(into, "updated")
    return ticket


@operation("ticket.unmerge", title="Undo a merge", right="ticket.merge")
def unmerge_ticket(actor: Actor, ticket: Ticket) -> Ticket:
    """The ticket is one of its own again, in the state it had. Raises Conflict when it was not merged."""
    merge = db.session.scalars(
        select(TicketMerge)
        .where(TicketMerge.ticket_id == ticket.id, TicketMerge.undo_time.is_(None))
        .order_by(TicketMerge.id.desc())
    ).first()
    if ticket.merged_into_id is None or merge is None:
        raise Conflict("This ticket was not merged")
    into = db.session.get(Ticket, merge.into_id, execution_options={"include_deleted": True})
    merge.undo_time, ticket.merged_into_id = utcnow(), None
    step_to(actor, ticket, merge.former_status)
    _say(actor, ticket, "unmerged", f"已从工单 {into.no} 拆回", into)
    tell(into, "updated")
    return ticket


def taker_of(actor: Actor, ticket: Ticket) -> Ticket | None:
    """The ticket that took this one up, if this actor may see it."""
    if ticket.merged_into_id is None:
        return None
    return db.session.scalars(
        select(Ticket).where(Ticket.id == ticket.merged_into_id, Ticket.visible_to(actor))
    ).first()


def taken_up_by(actor: Actor, ticket: Ticket) -> list[Ticket]:
    """The tickets that were merged into this one, as far as this actor may see them."""
    return list(
        db.session.scalars(
            select(Ticket).where(Ticket.merged_into_id == ticket.id, Ticket.visible_to(actor)).order_by(Ticket.id)
        )
    )


def _say(actor: Actor, ticket: Ticket, event: str, text: str, other: Ticket) -> None:
    threads.system_message(
        actor, ticket.thread, event, text, place=place(ticket), no=other.no, id=other.id, by=actor.name
    )
