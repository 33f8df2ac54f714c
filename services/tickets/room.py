"""The room of a ticket: customer and staff talk there, as in a conversation (TKT-4)."""

from app.errors import Conflict
from models.actor import Actor
from models.messaging import ChatMessage, MessageType, ReadMark
from models.tickets import ENDED, Ticket, TicketStatus
from models.types import utcnow
from services import read_marks, saying, threads, transcripts
from services.operation import is_repeated, operation
from services.tickets.splitting import parts_of
from services.tickets.state import place, step_to


@operation("ticket.message", title="Write in a ticket room")
def send_message(
    actor: Actor,
    ticket: Ticket,
    *,
    client_msg_id: str,
    type: MessageType = MessageType.text,
    content: str = "",
    file_id: int | None = None,
    seconds: int | None = None,
    mentions: list[int] | None = None,
) -> ChatMessage:
    """Say something in the ticket room. The same `client_msg_id` again returns the same message."""
    threads.check_outgoing(actor, type, content, file_id)
    has_ended = ticket.status in ENDED
    known = threads.find_sent(ticket.thread_id, actor, client_msg_id) if has_ended or is_repeated() else None
    if known is not None:
        return threads.same_again(known, type, content, file_id)
    if has_ended:
        raise Conflict("The ticket has ended; reopen it to go on", kind="ticket_ended")
    file, payload = saying.with_extras(actor, ticket, type, file_id=file_id, seconds=seconds, mentions=mentions)
    message = saying.append(
        actor,
        ticket,
        place=place(ticket),
        mentions=mentions,
        client_msg_id=client_msg_id,
        type_=type,
        content=content,
        payload=payload,
        file=file,
    )
    if actor.is_staff and type is not MessageType.note and ticket.first_reply_time is None:
        ticket.first_reply_time = utcnow()
    if actor.sees_as_customer and ticket.status is TicketStatus.waiting:
        step_to(actor, ticket, TicketStatus.processing)  # what was waited for is here
    return message


@operation("ticket.message_recall", title="Recall a message in a ticket room", right="message.recall")
def recall_message(actor: Actor, ticket: Ticket, message: ChatMessage) -> ChatMessage:
    """Take back an own message within two minutes; a ticket that was split off with it loses it too."""
    if message.recalled_time is None:
        for part in parts_of(ticket):
            transcripts.forget(part, message)
    return threads.recall(actor, ticket.thread, message, place=place(ticket))


@operation("ticket.message_read", title="Mark a ticket room as read", right="message.read")
def read_messages(actor: Actor, ticket: Ticket, *, seq: int) -> ReadMark | None:
    return read_marks.mark_read(actor, ticket.thread, seq, place=place(ticket))


@operation("ticket.message_received", title="Say what has arrived in a ticket room", right="message.read")
def receive_messages(actor: Actor, ticket: Ticket, *, seq: int) -> ReadMark | None:
    return read_marks.mark_received(actor, ticket.thread, seq, place=place(ticket))
