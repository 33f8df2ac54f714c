"""Which tickets are meant: one table of filters for lists, boards, counts, exports and saved views (TKT-8, TKT-9).

A filter is written as in an address ("status=pending,processing") and kept like that in saved views and exports.
A new one is a new line of FILTERS, a new order a new name in SORT. Fields that the company defined are filters of their
own, `custom.<code>`: what can be asked of them `services.custom_fields` knows.
"""

import datetime as dt
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import ColumnElement, Select, false, func, or_, select, union
from sqlalchemy.orm import InstrumentedAttribute

from app.errors import Invalid, Reason
from models.actor import Actor
from models.customers import Customer
from models.messaging import ChatMessage, MessageType, ReadMark, SenderKind
from models.tickets import SlaState, Ticket, TicketPriority, TicketStatus
from models.types import in_utc, utcnow
from services import custom_fields, words
from services.company_days import company_zone, date_at, midnight
from services.custom_fields import PREFIX
from services.tickets.tags import tagged

#: columns by which tickets can be put in order
SORT = ("id", "create_time", "update_time", "priority", "status", "due_time")
#: values of one filter
MOST_VALUES = 50
#: stands for tickets without agent, type, department …
NONE = "none"
_DAYS_AGO = re.compile(r"-([0-9]{1,3})d")


@dataclass(frozen=True)
class Filter:
    """`read(text)` makes values of a text or raises ValueError(Reason); `condition(actor, values)` asks for them."""

    read: Callable[[str], object]
    condition: Callable[[Actor, object], ColumnElement[bool]]


@dataclass(frozen=True)
class TicketFilters:
    """What somebody asks for, checked; `texts` is how it is written, without what asks for nothing.

    What is asked of the company's own fields stands in `texts` alone: who asks decides which of them there are.
    """

    texts: dict[str, str]
    values: dict[str, object]

    def conditions(self, actor: Actor) -> list[ColumnElement[bool]]:
        """For a SELECT of tickets; visibility is not among them. Raises Invalid for what this actor cannot ask for."""
        return [
            *(FILTERS[name].condition(actor, value) for name, value in self.values.items()),
            *custom_fields.conditions(actor, Ticket, self.own),
        ]

    @property
    def own(self) -> dict[str, str]:
        """What is asked of the company's own fields, as `services.custom_fields` takes it."""
        return own_filters(self.texts)

    def wanted(self, actor: Actor) -> Select:
        """SELECT of the ids of the tickets that fit and that this actor may see now."""
        return select(Ticket.id).where(Ticket.visible_to(actor), *self.conditions(actor))

    def without(self, *names: str) -> "TicketFilters":
        """The same, not asking for these."""
        return TicketFilters(
            {name: text for name, text in self.texts.items() if name not in names},
            {name: value for name, value in self.values.items() if name not in names},
        )


def own_filters(texts: Mapping[str, str]) -> dict[str, str]:
    """Of filters as they are written those of the company's own fields: {"cause": "power", "amount.from": "3"}."""
    return {name.removeprefix(PREFIX): text for name, text in texts.items() if name.startswith(PREFIX)}


def filters_of(given: Mapping[str, object], own: Mapping[str, str] | None = None) -> TicketFilters:
    """Filters as they are written. Raises Invalid with a reason for each that does not exist or cannot be read.

    `own`: filters of the company's own fields that stand apart, as in addresses, under their codes.
    """
    texts, values, wrong = {}, {}, {}
    for name, written in {**given, **{f"{PREFIX}{name}": text for name, text in (own or {}).items()}}.items():
        text = str(written).strip() if isinstance(written, str | int) and not isinstance(written, bool) else None
        is_own = name.startswith(PREFIX)
        if name not in FILTERS and not is_own:
            wrong[str(name)[:64]] = Reason("unknown")
        elif text is None or len(text) > 1000 or "\x00" in text:
            wrong[name] = Reason("must be a text")
        elif is_own:
            texts |= {name: text} if text else {}
        elif text:
            try:
                value = FILTERS[name].read(text)
            except ValueError as error:
                wrong[name] = error.args[0]
            else:
                texts[name] = text
                if value is not None:
                    values[name] = value
    if wrong:
        raise Invalid("The request is not valid", fields=wrong)
    return TicketFilters(texts, values)


def sort_keys(sort: str) -> tuple[list[InstrumentedAttribute], bool]:
    """The columns of "-updateTime", equal ones by their number, and whether downwards. Raises Invalid."""
    name = re.sub(r"([A-Z])", lambda found: f"_{found[1].lower()}", sort.removeprefix("-"))
    if name not in SORT:
        raise Invalid("The request is not valid", fields={"sort": Reason("unknown")})
    return [Ticket.id] if name == "id" else [getattr(Ticket, name), Ticket.id], sort.startswith("-")


def ordering(sort: str) -> list[ColumnElement]:
    """ORDER BY for "-updateTime". Raises Invalid."""
    keys, down = sort_keys(sort)
    return in_order(keys, down)


def in_order(keys: Iterable[ColumnElement], down: bool) -> list[ColumnElement]:
    """ORDER BY of these, all of them downwards or none."""
    return [key.desc() if down else key.asc() for key in keys]


# --- how the kinds of filters are read and asked for -----------------------------------------------------------------


def _several(text: str) -> list[str]:
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if len(parts) > MOST_VALUES:
        raise ValueError(Reason("at most %(number)s values", number=MOST_VALUES))
    return parts


def _states(kind: type[StrEnum], column: InstrumentedAttribute) -> Filter:
    def read(text: str) -> tuple[StrEnum, ...]:
        names, known = _several(text), {member.value for member in kind}
        if unknown := [name for name in names if name not in known]:
            raise ValueError(Reason("unknown: %(names)s", names=", ".join(unknown)[:100]))
        return tuple(map(kind, names))

    return Filter(read, lambda actor, wanted: column.in_(wanted))


def _for_staff(name: str, inner: Filter) -> Filter:
    """What customers cannot ask for, because they do not see it."""

    def condition(actor: Actor, wanted: object) -> ColumnElement[bool]:
        if actor.sees_as_customer:
            raise Invalid("The request is not valid", fields={name: Reason("unknown")})
        return inner.condition(actor, wanted)

    return Filter(inner.read, condition)


def _codes(column: InstrumentedAttribute) -> Filter:
    """A code of a dictionary; tickets that have none are "none"."""
    return Filter(
        lambda text: tuple("" if part == NONE else part for part in _several(text)),
        lambda actor, wanted: column.in_(wanted),
    )


def _numbers(column: InstrumentedAttribute, me: Callable[[Actor], int | None] | None = None) -> Filter:
    """Rows pointed to, by number; "none" for who points nowhere, "me" for one's own number where there is one."""

    def read(text: str) -> tuple[str, ...]:
        parts = tuple(_several(text))
        if not all(part == NONE or (me and part == "me") or _is_number(part) for part in parts):
            raise ValueError(Reason("a number, me or none" if me else "a number, or none"))
        return parts

    def condition(actor: Actor, parts: tuple[str, ...]) -> ColumnElement[bool]:
        wanted = [int(part) for part in parts if part.isdigit()]
        if "me" in parts:
            wanted.append(me(actor) or 0)
        nobody = column.is_(None) if NONE in parts else false()
        return or_(nobody, column.in_(wanted)) if wanted else nobody

    return Filter(read, condition)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19


def _from(column: InstrumentedAttribute) -> Filter:
    return Filter(_read_moment, lambda actor, text: column >= _moment(text))


def _to(column: InstrumentedAttribute) -> Filter:
    """Before a moment: the day that ends there is in, its midnight is not."""
    return Filter(_read_moment, lambda actor, text: column < _moment(text))


def _read_moment(text: str) -> str:
    _moment(text, day=dt.date(2000, 1, 1))
    return text


def _moment(text: str, day: dt.date | None = None) -> dt.datetime:
    """A time in ISO 8601; "today", or "-6d" six days before, mean the beginning of that day by the company's clock."""
    back = _DAYS_AGO.fullmatch("-0d" if text == "today" else text)
    if back:
        zone = company_zone() if day is None else dt.UTC
        return midnight((day or date_at(utcnow(), zone)) - dt.timedelta(days=int(back[1])), zone)
    try:
        return in_utc(dt.datetime.fromisoformat(text))
    except (ValueError, OverflowError):
        raise ValueError(Reason("a time in ISO 8601")) from None


def _yes(text: str) -> bool | None:
    if text not in ("0", "1", "true", "false"):
        raise ValueError(Reason("must be true or false"))
    return True if text in ("1", "true") else None


def _is_unread(actor: Actor, _: object) -> ColumnElement[bool]:
    """Whether others have said something since this actor last looked: the same as `unread` beside each ticket."""
    kind, number = actor.sender
    read = (
        select(ReadMark.read_seq)
        .where(
            ReadMark.thread_id == Ticket.thread_id,
            ReadMark.sender_kind == SenderKind(kind),
            ReadMark.sender_id == number,
        )
        .correlate(Ticket)
        .scalar_subquery()
    )
    said = select(ChatMessage.id).where(
        ChatMessage.thread_id == Ticket.thread_id,
        ChatMessage.seq > func.coalesce(read, 0),
        ChatMessage.type != MessageType.system,
        ~((ChatMessage.sender_kind == SenderKind(kind)) & (ChatMessage.sender_id == number)),
    )
    hidden = (
        ChatMessage.type != MessageType.note if actor.sees_as_customer else ChatMessage.sender_kind != SenderKind.bot
    )
    return said.where(hidden).correlate(Ticket).exists()


def _has_words(actor: Actor, text: str) -> ColumnElement[bool]:
    """With all the words in the ticket itself, or in its customer's name; a union of sets that indexes give."""
    literal = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    about, called = words.matching(Ticket, text), words.matching(Customer, text)
    if about is None or called is None:  # a single character: not kept as a term
        columns = (Ticket.no, Ticket.title)
        about = select(Ticket.id).where(or_(*(column.like(f"%{literal}%", escape="\\") for column in columns)))
        called = select(Customer.id).where(Customer.name.like(f"%{literal}%", escape="\\"))
    # MariaDB asks a bare union inside IN again for every row, but not one in a subquery of its own
    every = union(about, select(Ticket.id).where(Ticket.customer_id.in_(called))).subquery()
    return Ticket.id.in_(select(every.c[0]))


#: name in addresses and saved views → how it is read and asked for
FILTERS: dict[str, Filter] = {
    "q": Filter(lambda text: text, _has_words),
    "status": _states(TicketStatus, Ticket.status),
    "priority": _states(TicketPriority, Ticket.priority),
    "type": _codes(Ticket.type),
    "product": _codes(Ticket.product),
    "source": _codes(Ticket.source),
    "assigneeId": _numbers(Ticket.assignee_id, me=lambda actor: actor.agent_id),
    "creatorId": _numbers(Ticket.create_by, me=lambda actor: actor.user_id),
    "customerId": _numbers(Ticket.customer_id),
    "teamId": _numbers(Ticket.team_id),
    "departmentId": _numbers(Ticket.department_id),
    "createdFrom": _from(Ticket.create_time),
    "createdTo": _to(Ticket.create_time),
    "updatedFrom": _from(Ticket.update_time),
    "updatedTo": _to(Ticket.update_time),
    "unread": Filter(_yes, _is_unread),
    "tag": _for_staff("tag", Filter(lambda text: tuple(_several(text)), lambda _, wanted: or_(*map(tagged, wanted)))),
    "slaState": _for_staff("slaState", _states(SlaState, Ticket.sla_state)),
}
