"""What of a ticket rules may ask, and how each kind of value is compared (TKT-15).

A further question is one more line of `CRITERIA`: how it is called, what kind of value it has, how it reads a ticket.
The fields that a company defines for itself (SET-4) are asked by the names `custom.<code>` of the ticket,
`customer.custom.<code>` of its customer and `organization.custom.<code>` of the customer's organization.
"""

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from flask_babel import gettext
from sqlalchemy import ColumnElement, func
from sqlalchemy.orm import InstrumentedAttribute

from models.custom_fields import CustomField, FieldKind, FieldSubject
from models.messaging import SenderKind
from models.tickets import Ticket
from services import custom_fields
from services.automation import choices
from services.automation.facts import Background, Facts

#: kind of value → the operators that make sense for it
KINDS: dict[str, tuple[str, ...]] = {
    "choice": ("is", "is_not", "one_of", "none_of"),
    "optional": ("is", "is_not", "one_of", "none_of", "empty", "filled"),
    #: several of a list
    "several": ("one_of", "none_of", "empty", "filled"),
    "rank": ("is", "is_not", "one_of", "at_least", "at_most"),
    "number": ("is", "at_least", "at_most"),
    "hours": ("at_least", "at_most"),
    "text": ("contains", "lacks", "empty", "filled"),
    "tags": ("contains", "lacks", "empty", "filled"),
    "flag": ("is",),
    #: of fields that may be empty
    "decimal": ("is", "at_least", "at_most", "empty", "filled"),
    "answer": ("is", "empty", "filled"),
    "date": ("within", "passed", "is", "from", "until", "empty", "filled"),
}
#: these take several values, and these none
LISTS, BARE = frozenset({"one_of", "none_of", "contains", "lacks"}), frozenset({"empty", "filled", "passed"})
#: these ask how far a day is from today
DISTANCES = frozenset({"within", "passed"})


@dataclass(frozen=True)
class Criterion:
    """One thing that may be asked of a ticket."""

    name: str
    title: str
    kind: str
    read: Callable[[Facts], object]
    #: where the values come from (`choices.source_of`)
    source: str = ""
    #: of hours and days: since or until when they count
    since: Callable[[Facts], object] | None = None
    #: the same as SQL, so that a scan need not read every ticket
    column: InstrumentedAttribute | ColumnElement | None = None
    #: whether the hours are counted until the moment
    is_ahead: bool = False
    #: what the company has defined itself
    field: CustomField | None = None

    @property
    def shown_title(self) -> str:
        """In the reader's language."""
        return self.title if self.field else gettext(self.title)


def _hours_since(name: str, title: str, since: Callable[[Facts], dt.datetime | None], column=None) -> Criterion:
    def read(facts: Facts) -> float | None:
        moment = since(facts)
        return None if moment is None else (facts.now - moment).total_seconds() / 3600

    return Criterion(name, title, "hours", read, since=since, column=column)


def _hours_until(name: str, title: str, until: Callable[[Facts], dt.datetime | None], column=None) -> Criterion:
    def read(facts: Facts) -> float | None:
        moment = until(facts)
        return None if moment is None else (moment - facts.now).total_seconds() / 3600

    return Criterion(name, title, "hours", read, since=until, column=column, is_ahead=True)


def _of_customer(name: str, default: object) -> Callable[[Facts], object]:
    return lambda facts: getattr(facts.ticket.customer, name) or default if facts.ticket.customer else default


def _words_of(facts: Facts) -> str:
    return facts.message.content if facts.message else ""


def _side_of(facts: Facts) -> str | None:
    return facts.message.sender_kind.value if facts.message else None


CRITERIA: dict[str, Criterion] = {
    entry.name: entry
    for entry in (
        Criterion("status", "State", "choice", lambda f: f.ticket.status.value, "status", column=Ticket.status),
        Criterion("priority", "Priority", "rank", lambda f: f.ticket.priority.value, "priority"),
        Criterion("type", "Ticket type", "optional", lambda f: f.ticket.type, "type", column=Ticket.type),
        Criterion("product", "Product", "optional", lambda f: f.ticket.product, "product", column=Ticket.product),
        Criterion("source", "Came from", "choice", lambda f: f.ticket.source, "origin", column=Ticket.source),
        Criterion("title", "Title", "text", lambda f: f.ticket.title),
        Criterion("description", "Description", "text", lambda f: f.ticket.description),
        Criterion("team", "Team", "optional", lambda f: f.ticket.team_id, "team", column=Ticket.team_id),
        Criterion("assignee", "Agent", "optional", lambda f: f.ticket.assignee_id, "agent", column=Ticket.assignee_id),
        Criterion("department", "Department", "optional", lambda f: f.ticket.department_id, "department"),
        Criterion("customer_level", "VIP level of the customer", "number", _of_customer("vip_level", 0)),
        Criterion("customer_tags", "Tags of the customer", "tags", lambda f: list(_of_customer("tags", [])(f)), "tag"),
        Criterion("tags", "Tags of the ticket", "tags", lambda f: list(f.ticket.tags or []), "ticket_tag"),
        Criterion(
            "organization", "Organization", "optional", _of_customer("organization_id", None), source="organization"
        ),
        Criterion("message", "Text of the message", "text", _words_of),
        Criterion("sender", "Who wrote last", "optional", _side_of, "sender"),
        _hours_since("created", "Hours since it was created", lambda f: f.ticket.create_time, Ticket.create_time),
        _hours_since("updated", "Hours since it was changed", lambda f: f.ticket.update_time, Ticket.update_time),
        _hours_since(
            "in_state",
            "Hours in its state",
            lambda f: f.ticket.status_time or f.ticket.create_time,
            func.coalesce(Ticket.status_time, Ticket.create_time),
        ),
        _hours_since("customer_wrote", "Hours since the customer wrote", lambda f: f.last_time_of(SenderKind.customer)),
        _hours_since("staff_wrote", "Hours since staff wrote", lambda f: f.last_time_of(SenderKind.agent)),
        Criterion("sla", "Service level", "choice", lambda f: f.ticket.sla_state.value, "sla", column=Ticket.sla_state),
        _hours_until("due", "Hours until it is due", lambda f: f.ticket.due_time, Ticket.due_time),
        Criterion("rating", "Rating by the customer", "decimal", lambda f: f.score),
        Criterion("reopened", "Times reopened", "number", lambda f: f.ticket.reopen_count),
        Criterion("open", "Within working hours", "flag", lambda f: f.is_open),
    )
}

#: how the fields of a ticket, and of whom it is about, begin
SUBJECTS = {
    custom_fields.PREFIX: FieldSubject.ticket,
    f"customer.{custom_fields.PREFIX}": FieldSubject.customer,
    f"organization.{custom_fields.PREFIX}": FieldSubject.organization,
}
_WHOSE = {FieldSubject.customer: "Customer", FieldSubject.organization: "Organization"}
#: kind of a company's own field → kind of the question
_OWN_KINDS = {
    FieldKind.text: "text",
    FieldKind.long_text: "text",
    FieldKind.number: "decimal",
    FieldKind.date: "date",
    FieldKind.select: "optional",
    FieldKind.multi_select: "several",
    FieldKind.person: "optional",
    FieldKind.organization: "optional",
    FieldKind.yes_no: "answer",
}


def find(name: str, background: Background) -> Criterion | None:
    """What is asked under this name; None for what cannot be asked, or not any more."""
    if name in CRITERIA:
        return CRITERIA[name]
    prefix, _dot, code = name.rpartition(".")
    subject = SUBJECTS.get(f"{prefix}.")
    field = background.fields[subject].get(code) if subject else None
    return _own(f"{prefix}.", subject, field) if field else None


def everything(background: Background) -> Iterator[Criterion]:
    """All that may be asked, the company's own fields last."""
    yield from CRITERIA.values()
    for prefix, subject in SUBJECTS.items():
        for field in background.fields[subject].values():
            yield _own(prefix, subject, field)


def _own(prefix: str, subject: FieldSubject, field: CustomField) -> Criterion:
    def read(facts: Facts) -> object:
        value = facts.background.own_values(subject, facts.ticket).get(field.code)
        return dt.date.fromisoformat(value) if value and field.kind is FieldKind.date else value

    whose = f"{gettext(_WHOSE[subject])} · " if subject in _WHOSE else ""
    return Criterion(
        f"{prefix}{field.code}",
        f"{whose}{custom_fields.title_of(field)}",
        _OWN_KINDS[field.kind],
        read,
        source=choices.own_source_name(prefix, field),
        since=read if field.kind is FieldKind.date else None,
        field=field,
    )
