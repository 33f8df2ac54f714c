"""What was said in a conversation, as it goes along into a ticket; and what is taken back there goes from here too."""

from sqlalchemy import select

from app.extensions import db
from models.actor import Actor
from models.conversations import Conversation
from models.messaging import ChatMessage, MessageType, SenderKind
from models.tickets import Ticket
from services import threads
from services.operation import announce
from services.places import Place, room

#: as many words and files go along
MOST_LINES, MOST_FILES = 50, 50
#: so that it fits into a description on every database, own words included
MOST_CHARS = 10_000


def with_transcript(description: str, conversation: Conversation) -> str:
    """The agent's own words first, then what was said; without words of his own the transcript alone."""
    return with_lines(description, _said(conversation, threads.CUSTOMER_TYPES, MOST_LINES), conversation.no)


def with_lines(description: str, messages: list[ChatMessage], no: str) -> str:
    """Own words, then these messages under the number of where they were said."""
    said = "\n".join(_fitting([_line_of(row) for row in messages]))
    if not description.strip():
        return said
    return f"{description.strip()}\n\n—— {no} ——\n{said}" if said else description


def carry_files(conversation: Conversation, ticket: Ticket, *, place: Place) -> None:
    """The files that were sent appear in the ticket's room too, under the names of those who sent them."""
    carry(_said(conversation, threads.CUSTOMER_TYPES - {MessageType.text}, MOST_FILES), ticket, place=place)


def carry(messages: list[ChatMessage], ticket: Ticket, *, place: Place) -> None:
    """What of these messages is no text appears in the ticket's room too.

    The files stay where they are: whoever sees the ticket may read them (`services.files`).
    """
    for row in messages:
        if row.type is MessageType.text:
            continue
        message = threads.append(
            _author_of(row),
            ticket.thread,
            client_msg_id=_id_of_copy(row),
            type_=row.type,
            content=row.content,
            payload=row.payload,
            place=place,
        )
        message.file_id = row.file_id


def forget_in_ticket(conversation: Conversation, message: ChatMessage) -> None:
    """Inside an operation that takes this message back: a ticket made of the conversation loses it as well."""
    made = select(Ticket).where(Ticket.conversation_id == conversation.id).with_for_update()
    ticket = db.session.scalars(made).first()
    if ticket is not None:
        forget(ticket, message)


def forget(ticket: Ticket, message: ChatMessage) -> None:
    """Inside an operation that takes this message back: the ticket that took it along loses it as well."""
    before, found, after = f"\n{ticket.description}\n".rpartition(f"\n{_line_of(message)}\n")
    if found:
        ticket.description = f"{before}\n{after}".strip("\n")
        announce(
            "ticket.updated",
            rooms=[room(ticket.thread_id)],
            ticket_id=ticket.id,
            status=ticket.status.value,
            customer_id=ticket.customer_id,
        )
    copy = db.session.scalars(
        select(ChatMessage).where(
            ChatMessage.thread_id == ticket.thread_id, ChatMessage.client_msg_id == _id_of_copy(message)
        )
    ).first()
    if copy is not None:
        threads.recall(_author_of(copy), ticket.thread, copy, place=Place({"ticketId": ticket.id}))


def _line_of(message: ChatMessage) -> str:
    is_text = message.type is MessageType.text
    said = message.content if is_text else f"[{(message.payload or {}).get('name', message.type.value)}]"
    return f"{message.sender_name}: {said}"


def _fitting(lines: list[str]) -> list[str]:
    """The last of these lines, as many as fit."""
    kept, room_left = [], MOST_CHARS
    for line in reversed(lines):
        room_left -= len(line) + 1
        if room_left < 0:
            break
        kept.append(line)
    return kept[::-1]


def _id_of_copy(message: ChatMessage) -> str:
    return f"from-{message.id}"


def _author_of(message: ChatMessage) -> Actor:
    """Somebody to sign a message again as it was signed."""
    is_customer = message.sender_kind is SenderKind.customer
    return Actor(
        kind="visitor" if is_customer else "user",
        tenant_id=message.tenant_id,
        name=message.sender_name,
        is_staff=not is_customer,
        customer_id=message.sender_id if is_customer else None,
        user_id=None if is_customer else message.sender_id,
    )


def _said(conversation: Conversation, types: frozenset[MessageType], limit: int) -> list[ChatMessage]:
    """The last messages of these types that were not recalled, oldest first: the bot's answers have solved nothing."""
    rows = db.session.scalars(
        select(ChatMessage)
        .where(
            ChatMessage.thread_id == conversation.thread_id,
            ChatMessage.recalled_time.is_(None),
            ChatMessage.type.in_(types),
        )
        .order_by(ChatMessage.seq.desc())
        .limit(limit)
    ).all()
    return rows[::-1]
