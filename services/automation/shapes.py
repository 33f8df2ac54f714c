"""Actions as people write them: what each takes as its value, checked before it is stored (TKT-15)."""

from collections.abc import Callable

from app.errors import Invalid, Reason
from models.actor import Actor
from services import custom_fields, tickets
from services.automation import wording
from services.automation.choices import SOURCES, require, source_of
from services.automation.steps import Step, find

MOST_ACTIONS = 10
MOST_TOLD = 20
MOST_CHOSEN = 50
#: how far ahead a date is set
MOST_DAYS = 3660
#: whom an action may notify beside single colleagues: only people who may see the ticket, never an address
GROUPS = ("assignee", "leader", "supervisors")
_EMPTY = (None, "", [])


def checked(actor: Actor, actions: list | None) -> list[dict]:
    """Actions as they are stored. Raises Invalid with one reason per place ("actions.0.value")."""
    if not actions:
        raise Invalid("Say what is to be done", fields={"actions": "required"})
    if len(actions) > MOST_ACTIONS:
        raise Invalid("Too many actions", fields={"actions": Reason("at most %(number)s", number=MOST_ACTIONS)})
    return [_action(actor, item, f"actions.{number}") for number, item in enumerate(actions)]


def _action(actor: Actor, item: object, place: str) -> dict:
    step = find(str(item.get("action"))) if isinstance(item, dict) else None
    if step is None or set(item) - {"action", "value"}:
        raise Invalid("Choose what is to be done", fields={f"{place}.action": "unknown"})
    return {"action": step.name, "value": _SHAPES[step.kind](actor, step, item.get("value"), f"{place}.value")}


def _choice(actor: Actor, step: Step, value: object, place: str) -> object:
    if value is None or value == "":
        raise Invalid("Choose what is to be done", fields={place: "required"})
    require(actor, source_of(step.source, step.field), value, place)
    return value


def _optional(actor: Actor, step: Step, value: object, place: str) -> object:
    return "" if value in (None, "") else _choice(actor, step, value, place)


def _text(actor: Actor, step: Step, value: object, place: str) -> str:
    return wording.checked(value, place)


def _moving(actor: Actor, step: Step, value: object, place: str) -> dict:
    if not isinstance(value, dict) or set(value) - {"status", "text"}:
        raise Invalid("Choose what is to be done", fields={place: "unknown"})
    status = _choice(actor, step, value.get("status"), f"{place}.status")
    text = value.get("text")
    return {"status": status} | ({"text": wording.checked(text, f"{place}.text")} if text else {})


def _telling(actor: Actor, step: Step, value: object, place: str) -> dict:
    if not isinstance(value, dict) or set(value) - {"to", "text"}:
        raise Invalid("Choose what is to be done", fields={place: "unknown"})
    named = value.get("to")
    if not isinstance(named, list) or not 1 <= len(named) <= MOST_TOLD:
        raise Invalid("Say who is notified", fields={f"{place}.to": "required"})
    for one in named:
        if one not in GROUPS:
            require(actor, SOURCES["agent"], one, f"{place}.to")
    return {"to": list(dict.fromkeys(named)), "text": wording.checked(value.get("text"), f"{place}.text")}


def _tags(actor: Actor, step: Step, value: object, place: str) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(tag, str) and "\x00" not in tag for tag in value):
        raise Invalid("Say which tags", fields={place: "must be a list"})
    try:
        found = tickets.clean_tags(value)
    except Invalid as refusal:
        raise Invalid("Say which tags", fields={place: refusal.fields["tags"]}) from None
    if not found:
        raise Invalid("Say which tags", fields={place: "required"})
    return found


def _several(actor: Actor, step: Step, value: object, place: str) -> list:
    if value in _EMPTY:
        return []
    if not isinstance(value, list) or len(value) > MOST_CHOSEN:
        raise Invalid("Choose what is to be done", fields={place: Reason("at most %(number)s", number=MOST_CHOSEN)})
    return [_choice(actor, step, one, place) for one in dict.fromkeys(map(_hashable, value))]


def _hashable(value: object) -> object:
    return value if isinstance(value, str | int) else str(value)


def _line(actor: Actor, step: Step, value: object, place: str) -> str:
    return "" if value in _EMPTY else wording.checked(value, place)


def _decimal(actor: Actor, step: Step, value: object, place: str) -> int | float | str:
    if value in _EMPTY:
        return ""
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise Invalid("Choose what is to be done", fields={place: "must be a number"})
    try:
        custom_fields.number_of(str(value))
    except custom_fields.Refused as refusal:
        raise Invalid("Choose what is to be done", fields={place: refusal.reason}) from None
    return value


def _days(actor: Actor, step: Step, value: object, place: str) -> int | str:
    if value in _EMPTY:
        return ""
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MOST_DAYS:
        raise Invalid("Choose what is to be done", fields={place: Reason("0 to %(number)s", number=MOST_DAYS)})
    return value


def _answer(actor: Actor, step: Step, value: object, place: str) -> bool | str:
    if value in _EMPTY:
        return ""
    if not isinstance(value, bool):
        raise Invalid("Choose what is to be done", fields={place: "must be true or false"})
    return value


_SHAPES: dict[str, Callable] = {
    "choice": _choice,
    "optional": _optional,
    "text": _text,
    "move": _moving,
    "notice": _telling,
    "tags": _tags,
    "several": _several,
    "line": _line,
    "decimal": _decimal,
    "days": _days,
    "answer": _answer,
}
