"""Letters about tickets: when one is due, and how it leaves, once, tried again until it has (TKT-11; E §6).

What is to be told is a row as soon as it has happened, written by the reaction to its event, so the outbox sees to it
that none is left out. It waits for a while, in which what else happens joins it: a letter tells of several messages at
once, or of the way from one state to another. When it leaves, whoever has read meanwhile what it is about gets none.

A letter is sent by one process at a time. One that dies between the mail server's yes and its own note sends it again,
with the same Message-ID, by which the reader's program knows it.
"""

import datetime as dt
import hashlib
import logging

from sqlalchemy import or_, select, update

from app.errors import Reason, Unavailable
from app.extensions import db
from models.actor import Actor
from models.identity import User
from models.letters import LetterKind, LetterState, TicketLetter
from models.messaging import ChatMessage, SenderKind
from models.organization import Agent
from models.tickets import Ticket, TicketStatus
from models.types import utcnow
from services import mail, settings, threads
from services.identity import rights
from services.identity.preferences import wants_mail
from services.notices import LOOKS_AFTER_TICKETS
from services.operation import run, write
from services.throttle import throttle
from services.tickets import letters

logger = logging.getLogger(__name__)

#: how long after a failure it is tried again, in seconds; after the last one it is given up
DELAYS = (5, 30, 120, 600, 1800, 3600, 3 * 3600, 6 * 3600, 12 * 3600)
#: what nobody could send in this time, because mail was switched off or the machine was, is of no interest any more
TOO_OLD = dt.timedelta(days=2)
#: why letters to an address that anybody can have typed are given up
TOO_MANY = Reason("too many e-mails to an address nobody has confirmed")
#: as long as the slowest mail server and what is around it
_LEASE = dt.timedelta(seconds=120)
_AT_ONCE = 100
#: kind of letter → the company's setting that switches it off
SWITCHES = {kind: f"mail_ticket_{kind.value}" for kind in LetterKind}


def tell_created(actor: Actor, ticket: Ticket, *, by: int | None, event_id: int) -> bool:
    """Those who give tickets out and see this one, or the agent who has it already; not who made it (E §6.1).

    Whether a letter is due at once, as for the other two.
    """
    if not _is_wanted(LetterKind.created):
        return False
    holders = [_user_of(ticket.assignee_id)] if ticket.assignee_id else rights.holders_of(LOOKS_AFTER_TICKETS)
    readers = [
        user_id for user_id in holders if user_id not in (None, by) and _cares(user_id, ticket, "ticket.created")
    ]
    return _plan(actor, ticket, LetterKind.created, readers, event_id, gather=0)


def tell_message(actor: Actor, ticket: Ticket, message: ChatMessage, *, event_id: int) -> bool:
    """The other side: the agent in charge of what the customer says, the customer of what staff say to him (E §6.2)."""
    if message.type not in threads.CUSTOMER_TYPES or not _is_wanted(LetterKind.message):
        return False
    if message.sender_kind is SenderKind.customer:
        user_id = _user_of(ticket.assignee_id)
        readers = [user_id] if user_id and _cares(user_id, ticket, "ticket.message") else []
    else:
        readers = [0] if letters.customer_of(ticket) is not None else []
    return _plan(actor, ticket, LetterKind.message, readers, event_id, first_seq=message.seq, last_seq=message.seq)


def tell_moved(
    actor: Actor, ticket: Ticket, *, before: TicketStatus, after: TicketStatus, by_customer: bool, event_id: int
) -> bool:
    """The customer, unless he has moved it himself (E §6.3)."""
    if by_customer or not _is_wanted(LetterKind.moved) or letters.customer_of(ticket) is None:
        return False
    return _plan(actor, ticket, LetterKind.moved, [0], event_id, from_status=before, to_status=after)


def deliver_all(tenant_id: int) -> int:
    """Every letter whose time has come, by the timetable or because one is due at once; returns how many left."""
    if not mail.post.is_open:
        return 0
    due = list(
        db.session.scalars(
            select(TicketLetter.id)
            .where(TicketLetter.state == LetterState.waiting, TicketLetter.due_time <= utcnow(), _is_free())
            .order_by(TicketLetter.id)
            .limit(_AT_ONCE)
        )
    )
    db.session.rollback()
    return sum(_deliver(tenant_id, letter_id) for letter_id in due)


def _is_wanted(kind: LetterKind) -> bool:
    return mail.post.is_open and settings.get_setting(SWITCHES[kind])


def _plan(
    actor: Actor,
    ticket: Ticket,
    kind: LetterKind,
    readers: list[int],
    event_id: int,
    *,
    gather: int | None = None,
    **told,
) -> bool:
    """Write down what is to be told; whether it leaves without waiting for what else may come."""
    if not readers:
        return False
    seconds = settings.get_setting("mail_gather_seconds") if gather is None else gather
    due = utcnow() + dt.timedelta(seconds=seconds)

    def plan() -> None:
        for reader in readers:
            _join_or_begin(ticket, kind, reader, event_id, due, told)

    run(actor, "ticket.letter", plan, [ticket])
    return seconds == 0


def _join_or_begin(ticket: Ticket, kind: LetterKind, reader: int, event_id: int, due: dt.datetime, told: dict) -> None:
    """Under the ticket's lock: the letter that waits tells this as well, or a new one does."""
    newest = db.session.scalars(
        select(TicketLetter)
        .where(TicketLetter.ticket_id == ticket.id, TicketLetter.kind == kind, TicketLetter.reader == reader)
        .order_by(TicketLetter.id.desc())
        .limit(1)
        .with_for_update()
    ).first()
    if newest is not None and newest.event_id >= event_id:
        return
    if newest is not None and newest.state is LetterState.waiting and (newest.lease_until or utcnow()) <= utcnow():
        newest.event_id = event_id
        newest.last_seq = told.get("last_seq", newest.last_seq)
        newest.to_status = told.get("to_status", newest.to_status)
        return
    db.session.add(
        TicketLetter(
            ticket_id=ticket.id,
            kind=kind,
            user_id=reader or None,
            reader=reader,
            event_id=event_id,
            state=LetterState.waiting,
            due_time=due,
            **told,
        )
    )


def _cares(user_id: int, ticket: Ticket, notice: str) -> bool:
    """Whether this member of staff can be written to, wants such letters and sees the ticket."""
    user = db.session.get(User, user_id)
    if letters.colleague(user) is None or not wants_mail(user_id, notice):
        return False
    seen = select(Ticket.id).where(Ticket.id == ticket.id, Ticket.visible_to(rights.colleague(user)))
    return db.session.scalar(seen) is not None


def _user_of(agent_id: int | None) -> int | None:
    return db.session.scalar(select(Agent.user_id).where(Agent.id == agent_id)) if agent_id else None


def _is_free():
    return or_(TicketLetter.lease_until.is_(None), TicketLetter.lease_until < utcnow())


def _deliver(tenant_id: int, letter_id: int) -> int:
    waits = (TicketLetter.state == LetterState.waiting, _is_free())
    if not _note(tenant_id, letter_id, *waits, lease_until=utcnow() + _LEASE):
        return 0
    row = db.session.get(TicketLetter, letter_id, populate_existing=True)
    if row.create_time < utcnow() - TOO_OLD:
        return _end(tenant_id, letter_id, LetterState.failed, Reason("too old"))
    reader = letters.reader_of(row) if row.ticket is not None else None
    letter = letters.compose(row, reader) if reader is not None else None
    attempts = row.attempts
    db.session.rollback()
    if letter is None:
        return _end(tenant_id, letter_id, LetterState.dropped)
    if not reader.is_confirmed and attempts == 0 and not _is_allowed(reader.address):
        return _end(
            tenant_id, letter_id, LetterState.failed, Reason("too many e-mails to an address nobody has confirmed")
        )
    try:
        mail.post.deliver(letter)
    except (Unavailable, OSError) as error:
        _wait(tenant_id, letter_id, attempts, error)
        return 0
    _end(tenant_id, letter_id, LetterState.sent, attempts=attempts + 1, sent_time=utcnow())
    return 1


def _is_allowed(address: str) -> bool:
    key = hashlib.sha256(address.strip().casefold().encode()).hexdigest()
    return throttle.take(letters.MOST_TO_UNCONFIRMED, "letter-to", key)


def _wait(tenant_id: int, letter_id: int, attempts: int, error: Exception) -> None:
    """The mail server is away or will not: later again, and some day no more."""
    reason = getattr(error, "data", {}).get("reason") or type(error).__name__
    logger.warning("letter %s about a ticket could not be sent: %s", letter_id, reason)
    if attempts >= len(DELAYS) or reason == "address":
        _end(tenant_id, letter_id, LetterState.failed, reason, attempts=attempts + 1)
        return
    due = utcnow() + dt.timedelta(seconds=DELAYS[attempts])
    _note(tenant_id, letter_id, attempts=attempts + 1, last_error=reason[:255], due_time=due, lease_until=None)


def _end(tenant_id: int, letter_id: int, state: LetterState, error: str | None = None, **values) -> int:
    _note(tenant_id, letter_id, state=state, last_error=error and error[:255], lease_until=None, **values)
    return 0


def _note(tenant_id: int, letter_id: int, *conditions, **values) -> int:
    with write(tenant_id) as session:
        return session.execute(
            update(TicketLetter).where(TicketLetter.id == letter_id, *conditions).values(**values),
            execution_options={"synchronize_session": False},
        ).rowcount
