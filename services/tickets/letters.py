"""What is written to people about tickets, to whom, in their language (TKT-11; E §6).

Whom a letter about a ticket reaches is decided here alone:

- Staff: the address of their account, if it is known to be theirs. How to reach the customer stands in the letter only
  as they may see it anywhere, and notes stand in none.
- The customer: the confirmed address of his account. Without one, the address given with the ticket, or the one he once
  told us. Nobody knows whose that is: anybody can type a stranger's into a form. So nothing is ever written there
  because a form was sent or because the customer said something, only when one of our people answers or moves the
  ticket; nothing that the customer has written himself stands in such a letter, not even the title; and no such address
  gets more than `MOST_TO_UNCONFIRMED` letters.
"""

from dataclasses import dataclass

from sqlalchemy import select

from app.catalog import translated
from app.extensions import db
from app.locale import current_locale
from models.identity import User
from models.letters import LetterKind, TicketLetter
from models.messaging import ChatMessage, MessageType, ReadMark, SenderKind
from models.tickets import Ticket, TicketStatus
from services import settings, threads, visitors
from services.company_address import company_address
from services.customers import mask_email, mask_phone
from services.identity import rights
from services.identity.accounts import NO_ADDRESS
from services.mail import Letter

#: how many letters an address gets of which nobody knows whose it is
MOST_TO_UNCONFIRMED = "20 per day"
#: as much of a description or a message stands in a letter; the rest is read where it was written
MOST_CHARS, MOST_MESSAGES = 2000, 20

_TEXTS = {
    "created": "New ticket %(no)s",
    "message_staff": "Ticket %(no)s: the customer has written",
    "message_customer": "Ticket %(no)s: you have a reply",
    "moved": "Ticket %(no)s: %(status)s",
    "created_intro": "A new ticket has been submitted.",
    "message_staff_intro": "The customer has written in this ticket.",
    "message_customer_intro": "There is a reply to your ticket.",
    "moved_intro": "The state of your ticket has changed.",
    "line": "%(label)s: %(text)s",
    "subject_with_title": "%(subject)s: %(title)s",
    "no": "Ticket number",
    "title": "Title",
    "customer": "Customer",
    "description": "Description",
    "from": "State before",
    "to": "State now",
    "assignee": "Handled by",
    "nobody": "Not assigned yet",
    "resolution": "Solution",
    "said": "%(name)s wrote:",
    "picture": "[picture]",
    "file": "[file] %(name)s",
    "voice": "[voice message]",
    "more": "… and %(number)s more",
    "link": "Open the ticket: %(link)s",
    "automatic": "This e-mail was sent automatically; please do not reply to it.",
    "pending": "Pending",
    "processing": "In progress",
    "waiting": "Waiting for you",
    "resolved": "Resolved",
    "closed": "Ticket closed",
    "cancelled": "Ticket cancelled",
}


class _Base:
    """Where we are reached, as the operator has said."""

    url = ""


def configure(public_url: str) -> None:
    """Called once by the factory. Without an address letters have no link: what a browser called us proves nothing."""
    _Base.url = public_url


@dataclass(frozen=True)
class Reader:
    """Whom a letter goes to."""

    address: str
    locale: str
    is_staff: bool
    #: whether the address is known to be this person's
    is_confirmed: bool = True
    #: who it is in the marks of reading: kind and number
    kind: SenderKind = SenderKind.agent
    number: int = 0
    may_see_reach: bool = False

    def says(self, key: str, **values: object) -> str:
        return translated(_TEXTS[key], self.locale, **values)

    def line(self, label: str, text: str) -> str:
        return self.says("line", label=self.says(label), text=text)


def shown_status(status: TicketStatus) -> TicketStatus:
    """What a customer is told of a state: that his ticket is looked through once more is our own affair."""
    return TicketStatus.processing if status is TicketStatus.review else status


def reader_of(letter: TicketLetter) -> Reader | None:
    """Who is to get it, if there is an address."""
    return colleague(letter.user) if letter.reader else customer_of(letter.ticket)


def customer_of(ticket: Ticket) -> Reader | None:
    """The customer of a ticket, at the address that he has confirmed, else at the one given with the ticket."""
    customer = ticket.customer
    user = customer.user if customer is not None else None
    number = customer.id if customer is not None else 0
    who = {"is_staff": False, "kind": SenderKind.customer, "number": number}
    if user is not None and user.active and (address := _confirmed(user)):
        return Reader(address, user.locale or current_locale(), **who)
    told = ticket.contact_email or (customer.email if customer is not None else None)
    if not told:
        return None
    return Reader(told, (user.locale if user else "") or current_locale(), is_confirmed=False, **who)


def compose(letter: TicketLetter, reader: Reader) -> Letter | None:
    """The letter as it leaves now; None when it has become needless."""
    ticket = letter.ticket
    made = {LetterKind.created: _created, LetterKind.message: _said, LetterKind.moved: _moved}[letter.kind](
        letter, reader
    )
    if made is None:
        return None
    subject, parts = made
    head = [reader.line("no", ticket.no)]
    if reader.is_confirmed:
        subject = reader.says("subject_with_title", subject=subject, title=ticket.title)
        head.append(reader.line("title", ticket.title))
    intro, *rest = parts
    return Letter(
        to=reader.address,
        subject=subject,
        text="\n\n".join([intro, "\n".join(head), *rest, *_foot(ticket, reader)]) + "\n",
        # the same letter tried twice is the same letter for the reader's program too
        id=f"ticket-letter-{letter.tenant_id}-{letter.id}",
        about=f"ticket-{letter.tenant_id}-{ticket.id}",
    )


def _created(letter: TicketLetter, reader: Reader) -> tuple[str, list[str]]:
    ticket = letter.ticket
    return reader.says("created", no=ticket.no), [
        reader.says("created_intro"),
        reader.line("customer", _customer(ticket, reader)),
        f"{reader.line('description', '')}\n{_short(ticket.description)}",
    ]


def _said(letter: TicketLetter, reader: Reader) -> tuple[str, list[str]] | None:
    """What the other side has said and the reader has not seen yet."""
    messages = _unread(letter, reader)
    if not messages:
        return None
    kind = "message_staff" if reader.is_staff else "message_customer"
    parts = [reader.says(f"{kind}_intro")]
    for message in messages[:MOST_MESSAGES]:
        name = visitors.shown_name(message.sender_name)
        parts.append(f"{reader.says('said', name=name)}\n{_words(message, reader)}")
    if len(messages) > MOST_MESSAGES:
        parts.append(reader.says("more", number=len(messages) - MOST_MESSAGES))
    return reader.says(kind, no=letter.ticket.no), parts


def _moved(letter: TicketLetter, reader: Reader) -> tuple[str, list[str]] | None:
    before, after = shown_status(letter.from_status), shown_status(letter.to_status)
    if before is after:
        return None
    ticket = letter.ticket
    lines = [
        reader.line("from", reader.says(before.value)),
        reader.line("to", reader.says(after.value)),
        reader.line("assignee", ticket.assignee.name if ticket.assignee else reader.says("nobody")),
    ]
    parts = [reader.says("moved_intro"), "\n".join(lines)]
    if after in (TicketStatus.resolved, TicketStatus.closed) and ticket.resolution:
        parts.append(f"{reader.line('resolution', '')}\n{_short(ticket.resolution)}")
    return reader.says("moved", no=ticket.no, status=reader.says(after.value)), parts


def _foot(ticket: Ticket, reader: Reader) -> list[str]:
    parts = []
    if _Base.url:
        parts.append(
            reader.says("link", link=f"{company_address(ticket.tenant_id, _Base.url)}/case/ticket/{ticket.id}")
        )
    return [*parts, reader.says("automatic"), settings.get_setting("company_name")]


def _unread(letter: TicketLetter, reader: Reader) -> list[ChatMessage]:
    """Notes and lines of the system are none: only what people say to each other is."""
    mark = db.session.scalar(
        select(ReadMark.read_seq).where(
            ReadMark.thread_id == letter.ticket.thread_id,
            ReadMark.sender_kind == reader.kind,
            ReadMark.sender_id == reader.number,
        )
    )
    return list(
        db.session.scalars(
            select(ChatMessage)
            .where(
                ChatMessage.thread_id == letter.ticket.thread_id,
                ChatMessage.seq.between(max(letter.first_seq, (mark or 0) + 1), letter.last_seq),
                ChatMessage.type.in_(threads.CUSTOMER_TYPES),
                ChatMessage.sender_kind == (SenderKind.customer if reader.is_staff else SenderKind.agent),
                ChatMessage.recalled_time.is_(None),
            )
            .order_by(ChatMessage.seq)
        )
    )


def _words(message: ChatMessage, reader: Reader) -> str:
    if message.type is MessageType.text:
        return _short(message.content)
    if message.type is MessageType.file:
        return reader.says("file", name=message.file.name if message.file else "")
    return reader.says("voice" if message.type is MessageType.voice else "picture")


def _customer(ticket: Ticket, reader: Reader) -> str:
    name = ticket.contact_name or (visitors.shown_name(ticket.customer.name) if ticket.customer else "")
    email, phone = ticket.contact_email, ticket.contact_phone
    if not reader.may_see_reach:
        email, phone = mask_email(email), mask_phone(phone)
    return ", ".join(part for part in (name, email, phone) if part)


def colleague(user: User | None) -> Reader | None:
    """A member of staff, if there is an address that is known to be his."""
    address = _confirmed(user) if user is not None and user.active else None
    if not address:
        return None
    return Reader(
        address,
        user.locale or current_locale(),
        is_staff=True,
        number=user.id,
        may_see_reach=rights.colleague(user).may("customer.read_pii"),
    )


def _confirmed(user: User) -> str | None:
    return user.email if user.email_verified and user.email and not user.email.endswith(NO_ADDRESS) else None


def _short(text: str) -> str:
    text = text.strip()
    return text if len(text) <= MOST_CHARS else f"{text[:MOST_CHARS]}…"
