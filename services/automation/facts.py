"""A ticket as conditions see it: what stands in its row, who said what last, what time it is."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from sqlalchemy import func, select

from app.extensions import db
from models.automation import RuleEvent
from models.custom_fields import CustomField, FieldSubject
from models.messaging import ChatMessage, MessageType, SenderKind
from models.ticket_ratings import TicketRating
from models.tickets import Ticket
from models.types import utcnow
from services import custom_fields
from services.company_days import company_zone, date_at
from services.routing import hours

#: whose words the events of a reply are about; the bot's and the system's are nobody's reply
SPEAKERS = {RuleEvent.customer_replied: SenderKind.customer, RuleEvent.staff_replied: SenderKind.agent}


class Background:
    """What several tickets are looked at with: read once for all of them, and only when somebody asks."""

    def __init__(self, tickets: Sequence[Ticket]):
        self.now = utcnow()
        #: of each subject {code: field in use}, read when it is asked for
        self.fields = _Fields()
        self._tickets = tickets
        self._own: dict[FieldSubject, dict[int, dict[str, object]]] = {}

    @cached_property
    def today(self) -> dt.date:
        """By the company's clock."""
        return date_at(self.now, company_zone())

    def own_values(self, subject: FieldSubject, ticket: Ticket) -> dict[str, object]:
        """{code: value} of the company's own fields of a ticket, of its customer or of the customer's organization."""
        if subject not in self._own:
            wanted = {_row_of(subject, one) for one in self._tickets} - {None}
            self._own[subject] = custom_fields.values_of_many(subject, wanted)
        return self._own[subject].get(_row_of(subject, ticket), {})

    @cached_property
    def scores(self) -> dict[int, int]:
        """Ticket → the stars that its customer gave to the solution it has."""
        wanted = select(TicketRating.ticket_id, TicketRating.score).where(
            TicketRating.ticket_id.in_([ticket.id for ticket in self._tickets]),
            TicketRating.resolve_time == Ticket.resolve_time,
            TicketRating.ticket_id == Ticket.id,
        )
        return dict(db.session.execute(wanted).tuples().all())

    @cached_property
    def timetable(self) -> hours.Timetable:
        return hours.timetable()

    @cached_property
    def last_said(self) -> dict[tuple[int, SenderKind], ChatMessage]:
        """(thread, side) → the last message of customer or staff that the other side could read."""
        last = (
            select(func.max(ChatMessage.seq).label("seq"), ChatMessage.thread_id)
            .where(
                ChatMessage.thread_id.in_([ticket.thread_id for ticket in self._tickets]),
                ChatMessage.sender_kind.in_(SPEAKERS.values()),
                ChatMessage.type.not_in((MessageType.note, MessageType.system)),
                ChatMessage.recalled_time.is_(None),
            )
            .group_by(ChatMessage.thread_id, ChatMessage.sender_kind)
            .subquery()
        )
        rows = db.session.scalars(
            select(ChatMessage).join(
                last, (ChatMessage.thread_id == last.c.thread_id) & (ChatMessage.seq == last.c.seq)
            )
        )
        return {(row.thread_id, row.sender_kind): row for row in rows}


class _Fields(dict):
    def __missing__(self, subject: FieldSubject) -> dict[str, CustomField]:
        self[subject] = {field.code: field for field in custom_fields.fields_of(subject)}
        return self[subject]


def _row_of(subject: FieldSubject, ticket: Ticket) -> int | None:
    if subject is FieldSubject.ticket:
        return ticket.id
    if subject is FieldSubject.customer or ticket.customer is None:
        return ticket.customer_id
    return ticket.customer.organization_id


@dataclass(frozen=True)
class Facts:
    """One ticket at one moment. `said` is the message that the event is about."""

    ticket: Ticket
    event: RuleEvent
    background: Background
    said: ChatMessage | None = None

    @property
    def now(self) -> dt.datetime:
        return self.background.now

    @property
    def message(self) -> ChatMessage | None:
        """What was just said; of a past ticket, and of other events, what was said last."""
        if self.said is not None:
            return self.said
        sides = (SPEAKERS[self.event],) if self.event in SPEAKERS else tuple(SPEAKERS.values())
        found = [one for side in sides if (one := self.last_of(side)) is not None]
        return max(found, key=lambda one: one.seq, default=None)

    @property
    def is_open(self) -> bool:
        """Whether the ticket's team, or the company, works at this moment."""
        return self.background.timetable.of(self.ticket.team_id).is_open(self.now)

    @property
    def score(self) -> int | None:
        return self.background.scores.get(self.ticket.id)

    def last_of(self, side: SenderKind) -> ChatMessage | None:
        return self.background.last_said.get((self.ticket.thread_id, side))

    def last_time_of(self, side: SenderKind) -> dt.datetime | None:
        message = self.last_of(side)
        return message.create_time if message else None


def facts_of(tickets: Sequence[Ticket], event: RuleEvent) -> list[Facts]:
    """Several tickets, seen at the same moment."""
    background = Background(tickets)
    return [Facts(ticket, event, background) for ticket in tickets]
