"""What may be chosen in conditions and actions: states, words of dictionaries, colleagues, teams; checked and named."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app.errors import Invalid
from app.extensions import db
from app.locale import current_locale
from models.actor import Actor
from models.custom_fields import CustomField, FieldKind
from models.customers import Organization
from models.messaging import SenderKind
from models.organization import Agent, Department, Team
from models.settings import Dictionary, DictionaryItem
from models.tickets import SlaState, TicketPriority, TicketStatus
from services import custom_fields

#: of a table with very many rows so many are offered
MOST = 500

Value = str | int
Option = tuple[Value, str]


@dataclass(frozen=True)
class Source:
    """Where the values of a choice come from. The titles of `is_fixed` ones stand in the pages' own words."""

    options: Callable[[Actor], list[Option]]
    knows: Callable[[Actor, Value], bool]
    name_of: Callable[[Value], str]
    is_fixed: bool = False
    #: whether other words may be typed beside those that are offered
    is_free: bool = False


def _of_words(words: tuple[str, ...]) -> Source:
    return Source(lambda actor: [(word, word) for word in words], lambda actor, value: value in words, str, True)


def _of_states(states: type[StrEnum]) -> Source:
    return _of_words(tuple(member.value for member in states))


def _of_dictionary(code: str, *, is_free: bool = False) -> Source:
    """Items of a dictionary by code; `is_free`: by the word itself, beside which others may be typed."""

    def items() -> list[DictionaryItem]:
        wanted = select(DictionaryItem).join(Dictionary).where(Dictionary.code == code, DictionaryItem.active == 1)
        return list(db.session.scalars(wanted.order_by(DictionaryItem.sort, DictionaryItem.id)))

    def label(item: DictionaryItem) -> str:
        return (item.label_en if current_locale() == "en" else None) or item.label

    def options(actor: Actor) -> list[Option]:
        return [(item.label if is_free else item.code, item.label if is_free else label(item)) for item in items()]

    def knows(actor: Actor, value: Value) -> bool:
        if is_free:
            return isinstance(value, str) and 1 <= len(value.strip()) <= 64
        return value in {item.code for item in items()}

    def name_of(value: Value) -> str:
        return next((label(item) for item in items() if not is_free and item.code == value), str(value))

    return Source(options, knows, name_of, is_free=is_free)


def _of_table(model: type, order: Callable, *eager) -> Source:
    def options(actor: Actor) -> list[Option]:
        rows = select(model).where(model.visible_to(actor)).options(*eager).limit(MOST)
        return sorted(((row.id, str(row)) for row in db.session.scalars(rows)), key=order)

    def knows(actor: Actor, value: Value) -> bool:
        if not isinstance(value, int) or isinstance(value, bool):
            return False
        return db.session.scalar(select(model.id).where(model.id == value, model.visible_to(actor))) is not None

    def name_of(value: Value) -> str:
        row = db.session.get(model, value) if value else None
        return str(row) if row is not None else (f"#{value}" if value else "")

    return Source(options, knows, name_of)


def _by_name(option: Option) -> str:
    return option[1]


#: name → where the values come from
SOURCES: dict[str, Source] = {
    "status": _of_states(TicketStatus),
    "priority": _of_states(TicketPriority),
    "type": _of_dictionary("ticket_type"),
    "product": _of_dictionary("product"),
    "origin": _of_words(("agent", "customer", "conversation", "api")),
    "sender": _of_words((SenderKind.customer.value, SenderKind.agent.value)),
    "team": _of_table(Team, _by_name),
    "department": _of_table(Department, _by_name),
    "agent": _of_table(Agent, _by_name, joinedload(Agent.user)),
    "organization": _of_table(Organization, _by_name),
    "tag": _of_dictionary("tag", is_free=True),
    "ticket_tag": _of_dictionary("ticket_tag", is_free=True),
    "sla": _of_states(SlaState),
    "yes_no": _of_words(("yes", "no")),
}


def own_source_name(prefix: str, field: CustomField) -> str:
    """Where the values of a company's own field come from; "" where they are written."""
    if field.kind in _OWN_SOURCES:
        return _OWN_SOURCES[field.kind]
    return f"{prefix}{field.code}" if field.options else ""


_OWN_SOURCES = {FieldKind.person: "agent", FieldKind.organization: "organization", FieldKind.yes_no: "yes_no"}


def of_field(field: CustomField) -> Source:
    """The options of a company's own field; those that are no longer offered are still known."""
    titles = {option["code"]: option for option in field.options or ()}

    def name_of(value: Value) -> str:
        return custom_fields.option_title(titles[value]) if value in titles else str(value)

    return Source(
        lambda actor: [(code, name_of(code)) for code, option in titles.items() if option["active"]],
        lambda actor, value: value in titles,
        name_of,
    )


def source_of(name: str, field: CustomField | None) -> Source:
    """Where the values of this name come from; those of an own field may be its own."""
    return SOURCES[name] if name in SOURCES else of_field(field)


def require(actor: Actor, source: Source, value: object, field: str) -> None:
    """Raises Invalid unless this actor may choose `value` there."""
    if not isinstance(value, str | int) or isinstance(value, bool) or not source.knows(actor, value):
        raise Invalid("This does not exist", fields={field: "unknown"})
