"""A second problem in the room of a ticket becomes a ticket of its own (TKT-1)."""

from sqlalchemy import select

from app.errors import Conflict, Invalid, NotFound
from app.extensions import db
from models.actor import Actor
from models.messaging import ChatMessage
from models.ticket_relations import LinkKind, TicketLink
from models.tickets import Ticket, TicketPriority
from services import custom_fields, threads, transcripts
from services.operation import operation
from services.sensitive import remarks
from services.tickets.creating import new_ticket
from services.tickets.state import place

MOST_MESSAGES = 50


@operation("ticket.split", title="Split a ticket")
def split_ticket(
    actor: Actor,
    ticket: Ticket,
    *,
    title: str,
    message_ids: list[int],
    description: str = "",
    type: str = "",
    priority: TicketPriority | None = None,
) -> Ticket:
    """A new ticket of the same customer out of some of the messages, which stay where they are too.

    Their files appear in the new room; both tickets are linked. Raises Invalid without messages and for internal
    notes, which the description would show to the customer; NotFound for messages of another room.
    """
    said = _chosen(ticket, message_ids)
    caught = remarks.look_at_ticket(actor, title, description, customer_id=ticket.customer_id)
    part = new_ticket(
        actor,
        title=title,
        description=transcripts.with_lines(description, said, ticket.no),
        type_=type or ticket.type,
        priority=priority or ticket.priority,
        customer_id=ticket.customer_id,
        source="ticket",
        team=ticket.team,
        custom=custom_fields.values_of(ticket) if type in ("", ticket.type) else None,
        product=ticket.product,
        department_id=ticket.department_id,
        contact_name=ticket.contact_name or "",
        contact_email=ticket.contact_email or "",
        contact_phone=ticket.contact_phone or "",
    )
    transcripts.carry(said, part, place=place(part))
    db.session.add(TicketLink(ticket_id=ticket.id, other_id=part.id, kind=LinkKind.related))
    remarks.mark_ticket(part, caught)
    for one, event, text, other in (
        (ticket, "split_to", f"已拆分出工单 {part.no}", part),
        (part, "split_from", f"从工单 {ticket.no} 拆分", ticket),
    ):
        threads.system_message(
            actor, one.thread, event, text, place=place(one), no=other.no, id=other.id, by=actor.name
        )
    return part


def parts_of(ticket: Ticket) -> list[Ticket]:
    """Inside an operation: the tickets that were split off this one, locked."""
    numbers = select(TicketLink.other_id).where(TicketLink.ticket_id == ticket.id)
    parts = select(Ticket).where(Ticket.id.in_(numbers), Ticket.source == "ticket").order_by(Ticket.id)
    return list(db.session.scalars(parts.with_for_update()))


def _chosen(ticket: Ticket, message_ids: list[int]) -> list[ChatMessage]:
    wanted = list(dict.fromkeys(message_ids))
    if not 1 <= len(wanted) <= MOST_MESSAGES:
        raise Invalid("Choose what belongs to the new ticket", fields={"messageIds": "1 to 50 messages"})
    rows = list(
        db.session.scalars(
            select(ChatMessage)
            .where(ChatMessage.thread_id == ticket.thread_id, ChatMessage.id.in_(wanted))
            .order_by(ChatMessage.seq)
        )
    )
    if len(rows) != len(wanted):
        raise NotFound("This does not exist")
    if any(row.type not in threads.CUSTOMER_TYPES for row in rows):
        raise Invalid("Internal notes and lines of the system cannot be split off", fields={"messageIds": "not these"})
    if any(row.recalled_time is not None for row in rows):
        raise Conflict("A message has been recalled meanwhile")
    return rows
