"""When a rule acts: what of a ticket may be asked, and how it is compared (TKT-15).

A further question is one more line of `CRITERIA`: how it is called, what kind of value it has, how it reads a ticket.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, func
from sqlalchemy.orm import InstrumentedAttribute

from ai.text import normalise
from app.errors import Invalid, Reason
from models.actor import Actor
from models.messaging import SenderKind
from models.tickets import Ticket, TicketPriority
from services.automation.choices import require
from services.automation.facts import Facts

MOST_CONDITIONS = 20
MOST_VALUES = 50
LONGEST_WORD = 64
#: a year
MOST_HOURS = 8784
PRIORITIES = tuple(member.value for member in TicketPriority)

Held = Callable[[object, object], bool]


def _rank(value: object) -> object:
    return PRIORITIES.index(value) if value in PRIORITIES else value


def _has_a_word(text: object, words: object) -> bool:
    """Literal words, wherever they stand; how they are written does not matter."""
    folded = normalise(text or "")
    return any(normalise(word) in folded for word in words)


def _shares(values: object, wanted: object) -> bool:
    return not {normalise(one) for one in values or ()}.isdisjoint(map(normalise, wanted))


#: operator → whether what was read and what the rule says go together
OPERATORS: dict[str, Held] = {
    "is": lambda value, wanted: value == wanted,
    "is_not": lambda value, wanted: value != wanted,
    "one_of": lambda value, wanted: value in wanted,
    "none_of": lambda value, wanted: value not in wanted,
    "at_least": lambda value, wanted: value is not None and _rank(value) >= _rank(wanted),
    "at_most": lambda value, wanted: value is not None and _rank(value) <= _rank(wanted),
    "contains": lambda value, wanted: (_shares if isinstance(value, list) else _has_a_word)(value, wanted),
    "lacks": lambda value, wanted: not (_shares if isinstance(value, list) else _has_a_word)(value, wanted),
    "empty": lambda value, wanted: value in (None, "", []),
    "filled": lambda value, wanted: value not in (None, "", []),
}
#: kind of value → the operators that make sense for it
KINDS: dict[str, tuple[str, ...]] = {
    "choice": ("is", "is_not", "one_of", "none_of"),
    "optional": ("is", "is_not", "one_of", "none_of", "empty", "filled"),
    "rank": ("is", "is_not", "one_of", "at_least", "at_most"),
    "number": ("is", "at_least", "at_most"),
    "hours": ("at_least", "at_most"),
    "text": ("contains", "lacks", "empty", "filled"),
    "tags": ("contains", "lacks", "empty", "filled"),
    "flag": ("is",),
}
#: these take several values, and these none
_LISTS, _BARE = frozenset({"one_of", "none_of", "contains", "lacks"}), frozenset({"empty", "filled"})


@dataclass(frozen=True)
class Criterion:
    """One thing that may be asked of a ticket."""

    name: str
    title: str
    kind: str
    read: Callable[[Facts], object]
    #: where the values come from (`choices.SOURCES`)
    source: str = ""
    #: of hours: since when they count
    since: Callable[[Facts], dt.datetime | None] | None = None
    #: the same as SQL, so that a scan need not read every ticket
    column: InstrumentedAttribute | ColumnElement | None = None


def _hours_since(name: str, title: str, since: Callable[[Facts], dt.datetime | None], column=None) -> Criterion:
    def read(facts: Facts) -> float | None:
        moment = since(facts)
        return None if moment is None else (facts.now - moment).total_seconds() / 3600

    return Criterion(name, title, "hours", read, since=since, column=column)


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
        Criterion("open", "Within working hours", "flag", lambda f: f.is_open),
    )
}


def holds(conditions: dict | None, facts: Facts) -> bool:
    """Whether checked conditions are true of a ticket; without any they are."""
    items = (conditions or {}).get("items") or []
    if not items:
        return True
    found = (
        holds(item, facts)
        if "items" in item
        else OPERATORS[item["operator"]](CRITERIA[item["field"]].read(facts), item.get("value"))
        for item in items
    )
    return any(found) if conditions["match"] == "any" else all(found)


def leaves(conditions: dict | None) -> list[dict]:
    """Every single condition, groups resolved."""
    return [
        leaf for item in (conditions or {}).get("items") or [] for leaf in (leaves(item) if "items" in item else [item])
    ]


def narrowed(conditions: dict | None, now: dt.datetime) -> ColumnElement | None:
    """What SQL can say of conditions that all must hold; never stricter than they are."""
    if (conditions or {}).get("match") != "all":
        return None
    parts = [
        part
        for item in conditions["items"]
        if "items" not in item and (part := _as_sql(CRITERIA[item["field"]], item, now)) is not None
    ]
    return and_(*parts) if parts else None


def _as_sql(criterion: Criterion, item: dict, now: dt.datetime) -> ColumnElement | None:
    column, wanted = criterion.column, item.get("value")
    if column is None:
        return None
    if criterion.since is not None:
        return column <= now - dt.timedelta(hours=wanted) if item["operator"] == "at_least" else None
    if item["operator"] == "is":
        return column == wanted
    return column.in_(wanted) if item["operator"] == "one_of" else None


# --- checking what somebody wrote -----------------------------------------------------------------------------------


def checked(actor: Actor, conditions: dict | None) -> dict:
    """Conditions as they are stored. Raises Invalid with one reason per place ("conditions.items.0.value")."""
    conditions = conditions or {"match": "all", "items": []}
    cleaned = _group(actor, conditions, "conditions", is_top=True)
    if len(leaves(cleaned)) > MOST_CONDITIONS:
        raise Invalid(
            "Too many conditions", fields={"conditions": Reason("at most %(number)s", number=MOST_CONDITIONS)}
        )
    return cleaned


def _group(actor: Actor, group: dict, place: str, *, is_top: bool = False) -> dict:
    items = group.get("items")
    if set(group) - {"match", "items"} or group.get("match", "all") not in ("all", "any"):
        raise Invalid("The conditions are not valid", fields={place: "unknown"})
    if not isinstance(items, list) or len(items) > MOST_CONDITIONS or (not items and not is_top):
        raise Invalid("The conditions are not valid", fields={f"{place}.items": "required"})
    cleaned = []
    for number, item in enumerate(items):
        here = f"{place}.items.{number}"
        if not isinstance(item, dict):
            raise Invalid("The conditions are not valid", fields={here: "unknown"})
        if "items" in item:
            if not is_top:
                raise Invalid("Groups stand in groups only once", fields={here: "not allowed"})
            cleaned.append(_group(actor, item, here))
        else:
            cleaned.append(_condition(actor, item, here))
    return {"match": group.get("match", "all"), "items": cleaned}


def _condition(actor: Actor, item: dict, place: str) -> dict:
    criterion = CRITERIA.get(str(item.get("field")))
    if criterion is None or set(item) - {"field", "operator", "value"}:
        raise Invalid("Choose what is asked", fields={f"{place}.field": "unknown"})
    operator = item.get("operator")
    if operator not in KINDS[criterion.kind]:
        raise Invalid("Choose how it is compared", fields={f"{place}.operator": "unknown"})
    cleaned = {"field": criterion.name, "operator": operator}
    if operator in _BARE:
        return cleaned
    return cleaned | {"value": _value(actor, criterion, operator, item.get("value"), f"{place}.value")}


def _value(actor: Actor, criterion: Criterion, operator: str, value: object, place: str) -> object:
    if value is None or value in ("", []):
        raise Invalid("Say with what it is compared", fields={place: "required"})
    if operator not in _LISTS:
        return _single(actor, criterion, value, place)
    if not isinstance(value, list) or len(value) > MOST_VALUES:
        raise Invalid("Say with what it is compared", fields={place: Reason("at most %(number)s", number=MOST_VALUES)})
    return [_single(actor, criterion, one, place) for one in value]


def _single(actor: Actor, criterion: Criterion, value: object, place: str) -> object:
    if criterion.source:
        require(actor, criterion.source, value, place)
        return value
    if criterion.kind == "flag":
        if not isinstance(value, bool):
            raise Invalid("Say with what it is compared", fields={place: "must be true or false"})
        return value
    if criterion.kind in ("number", "hours"):
        if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= MOST_HOURS:
            raise Invalid("Say with what it is compared", fields={place: Reason("0 to %(number)s", number=MOST_HOURS)})
        return value
    if not isinstance(value, str) or not normalise(value) or len(value) > LONGEST_WORD or "\x00" in value:
        raise Invalid(
            "Say with what it is compared",
            fields={place: Reason("at most %(number)s characters", number=LONGEST_WORD)},
        )
    return value.strip()
