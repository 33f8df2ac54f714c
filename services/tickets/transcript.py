"""What of a conversation goes along when it becomes a ticket (CHT-14)."""

from sqlalchemy import select

from app.extensions import db
from models.actor import Actor
from models.conversations import Conversation
from models.messaging import ChatMessage, MessageType, SenderKind
from models.tickets import Ticket
from services import threads
from services.tickets.state import place

#: as many files go along with a conversation that becomes a ticket
MOST_FILES = 50


def with_transcript(description: str, conversation: Conversation) -> str:
    """The agent's own words first, then what was said; without words of his own the transcript alone."""
    said = _transcript(conversation)
    if not description.strip():
        return said
    return f"{description.strip()}\n\n—— {conversation.no} ——\n{said}" if said else description


def _transcript(conversation: Conversation, limit: int = 50) -> str:
    """What people have said; the bot's answers have not solved it, and stand in the conversation."""
    rows = _said(conversation, threads.CUSTOMER_TYPES, limit)
    return "\n".join(f"{row.sender_name}: {_line_of(row)}" for row in rows)


def _line_of(message: ChatMessage) -> str:
    if message.type is MessageType.text:
        return message.content
    return f"[{(message.payload or {}).get('name', message.type.value)}]"


def carry_files(conversation: Conversation, ticket: Ticket) -> None:
    """The files that were sent appear in the ticket's room too, under the names of those who sent them.

    They stay where they are: whoever sees the ticket may read them (`services.files`).
    """
    for row in _said(conversation, threads.CUSTOMER_TYPES - {MessageType.text}, MOST_FILES):
        message = threads.append(
            _author_of(row),
            ticket.thread,
            client_msg_id=f"from-{row.id}",
            type_=row.type,
            content=row.content,
            payload=row.payload,
            place=place(ticket),
        )
        message.file_id = row.file_id


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
    """The last messages of these types that were not recalled, oldest first."""
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
