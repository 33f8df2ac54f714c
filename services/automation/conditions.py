"""When a rule acts: conditions on a ticket, all or any of which must hold, checked and asked (TKT-15)."""

import datetime as dt
from collections.abc import Callable

from sqlalchemy import ColumnElement, and_

from ai.text import normalise
from app.errors import Invalid, Reason
from models.actor import Actor
from models.tickets import TicketPriority
from services import custom_fields
from services.automation.choices import require, source_of
from services.automation.criteria import BARE, CRITERIA, DISTANCES, KINDS, LISTS, Criterion, find
from services.automation.facts import Background, Facts

MOST_CONDITIONS = 20
MOST_VALUES = 50
LONGEST_WORD = 64
#: a year
MOST_HOURS = 8784
MOST_DAYS = 3660
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


def _is_among(value: object, wanted: object) -> bool:
    return any(one in wanted for one in value) if isinstance(value, list) else value in wanted


#: operator → whether what was read and what the rule says go together
OPERATORS: dict[str, Held] = {
    "is": lambda value, wanted: value == wanted,
    "is_not": lambda value, wanted: value != wanted,
    "one_of": _is_among,
    "none_of": lambda value, wanted: not _is_among(value, wanted),
    "at_least": lambda value, wanted: value is not None and _rank(value) >= _rank(wanted),
    "at_most": lambda value, wanted: value is not None and _rank(value) <= _rank(wanted),
    "contains": lambda value, wanted: (_shares if isinstance(value, list) else _has_a_word)(value, wanted),
    "lacks": lambda value, wanted: not (_shares if isinstance(value, list) else _has_a_word)(value, wanted),
    "from": lambda value, wanted: value is not None and value >= dt.date.fromisoformat(wanted),
    "until": lambda value, wanted: value is not None and value <= dt.date.fromisoformat(wanted),
    # days from today
    "within": lambda value, wanted: value is not None and 0 <= value <= wanted,
    "passed": lambda value, wanted: value is not None and value < 0,
    "empty": lambda value, wanted: value in (None, "", []),
    "filled": lambda value, wanted: value not in (None, "", []),
}


def holds(conditions: dict | None, facts: Facts) -> bool:
    """Whether checked conditions are true of a ticket; without any they are."""
    items = (conditions or {}).get("items") or []
    if not items:
        return True
    found = (holds(item, facts) if "items" in item else _is_true(item, facts) for item in items)
    return any(found) if conditions["match"] == "any" else all(found)


def _is_true(item: dict, facts: Facts) -> bool:
    criterion = find(item["field"], facts.background)
    if criterion is None:
        raise Invalid("A field that the rule asks about does not exist any more", fields={item["field"]: "unknown"})
    value, wanted, operator = criterion.read(facts), item.get("value"), item["operator"]
    if criterion.kind == "date" and value is not None:
        if operator in DISTANCES:
            value = (value - facts.background.today).days
        elif operator == "is":
            value = value.isoformat()
    return OPERATORS[operator](value, wanted)


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
        if item.get("field") in CRITERIA and (part := _as_sql(CRITERIA[item["field"]], item, now)) is not None
    ]
    return and_(*parts) if parts else None


def _as_sql(criterion: Criterion, item: dict, now: dt.datetime) -> ColumnElement | None:
    column, wanted = criterion.column, item.get("value")
    if column is None:
        return None
    if criterion.is_ahead:
        return column <= now + dt.timedelta(hours=wanted) if item["operator"] == "at_most" else None
    if criterion.since is not None:
        return column <= now - dt.timedelta(hours=wanted) if item["operator"] == "at_least" else None
    if item["operator"] == "is":
        return column == wanted
    return column.in_(wanted) if item["operator"] == "one_of" else None


# --- checking what somebody wrote -----------------------------------------------------------------------------------


def checked(actor: Actor, conditions: dict | None) -> dict:
    """Conditions as they are stored. Raises Invalid with one reason per place ("conditions.items.0.value")."""
    conditions = conditions or {"match": "all", "items": []}
    cleaned = _group(actor, conditions, "conditions", Background(()), is_top=True)
    if len(leaves(cleaned)) > MOST_CONDITIONS:
        raise Invalid(
            "Too many conditions", fields={"conditions": Reason("at most %(number)s", number=MOST_CONDITIONS)}
        )
    return cleaned


def _group(actor: Actor, group: dict, place: str, background: Background, *, is_top: bool = False) -> dict:
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
            cleaned.append(_group(actor, item, here, background))
        else:
            cleaned.append(_condition(actor, item, here, background))
    return {"match": group.get("match", "all"), "items": cleaned}


def _condition(actor: Actor, item: dict, place: str, background: Background) -> dict:
    criterion = find(str(item.get("field")), background)
    if criterion is None or set(item) - {"field", "operator", "value"}:
        raise Invalid("Choose what is asked", fields={f"{place}.field": "unknown"})
    operator = item.get("operator")
    if operator not in KINDS[criterion.kind]:
        raise Invalid("Choose how it is compared", fields={f"{place}.operator": "unknown"})
    cleaned = {"field": criterion.name, "operator": operator}
    if operator in BARE:
        return cleaned
    return cleaned | {"value": _value(actor, criterion, operator, item.get("value"), f"{place}.value")}


def _value(actor: Actor, criterion: Criterion, operator: str, value: object, place: str) -> object:
    if value is None or value in ("", []):
        raise Invalid("Say with what it is compared", fields={place: "required"})
    if operator == "within":
        return _whole(value, MOST_DAYS, place)
    if operator not in LISTS:
        return _single(actor, criterion, value, place)
    if not isinstance(value, list) or len(value) > MOST_VALUES:
        raise Invalid("Say with what it is compared", fields={place: Reason("at most %(number)s", number=MOST_VALUES)})
    return [_single(actor, criterion, one, place) for one in value]


def _single(actor: Actor, criterion: Criterion, value: object, place: str) -> object:
    if criterion.kind in ("flag", "answer"):
        if not isinstance(value, bool):
            raise Invalid("Say with what it is compared", fields={place: "must be true or false"})
        return value
    if criterion.source:
        require(actor, source_of(criterion.source, criterion.field), value, place)
        return value
    if criterion.kind == "decimal":
        return _number(value, place)
    if criterion.kind == "date":
        return _day(value, place)
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


def _whole(value: object, most: int, place: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= most:
        raise Invalid("Say with what it is compared", fields={place: Reason("0 to %(number)s", number=most)})
    return value


def _number(value: object, place: str) -> int | float:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise Invalid("Say with what it is compared", fields={place: "must be a number"})
    _fits(custom_fields.number_of, str(value), place)
    return value


def _day(value: object, place: str) -> str:
    _fits(custom_fields.date_of, value, place)
    return value


def _fits(read: Callable, value: object, place: str) -> None:
    try:
        read(value)
    except custom_fields.Refused as refusal:
        raise Invalid("Say with what it is compared", fields={place: refusal.reason}) from None
