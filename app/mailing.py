"""Reactions that write to people: letters about tickets are planned here, and sent by a job (TKT-11)."""

from app.extensions import db
from app.jobs import jobs
from models.actor import system
from models.messaging import ChatMessage
from models.tickets import Ticket, TicketStatus
from services.operation import Event
from services.tickets import posting


def ticket_changed(event: Event) -> None:
    """A new ticket to those who look after such, a changed state to its customer."""
    ticket = _ticket(event.payload["ticket_id"])
    if ticket is None:
        return
    actor = system(event.tenant_id)
    if event.name == "ticket.created":
        is_due = posting.tell_created(actor, ticket, by=event.by, event_id=event.id)
    else:
        is_due = posting.tell_moved(
            actor,
            ticket,
            before=TicketStatus(event.payload["before"]),
            after=TicketStatus(event.payload["status"]),
            by_customer=event.payload.get("by_customer", False),  # events of earlier releases do not say
            event_id=event.id,
        )
    _send(event, is_due)


def message_said(event: Event) -> None:
    """What is said in a ticket, to the other side."""
    ticket = _ticket(event.payload.get("ticketId"))
    message = db.session.get(ChatMessage, event.payload["message_id"]) if ticket is not None else None
    if message is not None:
        _send(event, posting.tell_message(system(event.tenant_id), ticket, message, event_id=event.id))


def _ticket(ticket_id: int | None) -> Ticket | None:
    ticket = db.session.get(Ticket, ticket_id) if ticket_id is not None else None
    return None if ticket is None or ticket.deleted else ticket


def _send(event: Event, is_due: bool) -> None:
    """What waits for more to come is sent by the timetable."""
    if is_due:
        jobs.send("letters.deliver", tenant_id=event.tenant_id)
