"""What each kind of field takes, and as what it is stored (SET-4).

A value goes in and comes out as JSON has it: texts, numbers, "2026-11-22", the code of an option, a list of codes, the
number of an agent or an organization, true and false. Null, "" and [] take it away.
"""

import datetime as dt
import math
from collections.abc import Callable
from decimal import Decimal, InvalidOperation

from sqlalchemy import select

from app.errors import Reason
from app.extensions import db
from models.actor import Actor
from models.custom_fields import CustomField, CustomValue, FieldKind
from models.customers import Organization
from models.organization import Agent
from models.types import FixedPoint

LONGEST_TEXT, LONGEST_LONG_TEXT = 191, 5000
#: fifteen digits with the four places: exact also for programs that count in floating point
LARGEST = Decimal(10) ** 11
REFERRED: dict[FieldKind, type] = {FieldKind.person: Agent, FieldKind.organization: Organization}
#: in which column the values of a kind stand
COLUMN = {
    FieldKind.text: "text_value",
    FieldKind.long_text: "long_value",
    FieldKind.number: "number_value",
    FieldKind.date: "date_value",
    FieldKind.select: "text_value",
    FieldKind.multi_select: "text_value",
    FieldKind.person: "ref_id",
    FieldKind.organization: "ref_id",
    FieldKind.yes_no: "number_value",
}


class Refused(Exception):
    """Why a value does not fit, as a Reason."""

    def __init__(self, reason: Reason):
        super().__init__(reason)
        self.reason = reason


def is_empty(value: object) -> bool:
    """Whether a value of a request takes away what stands there; 0 and false do not."""
    return value is None or value == [] or (isinstance(value, str) and not value.strip())


def cleaned(actor: Actor, field: CustomField, value: object, kept: object = None) -> object:
    """The value as `values_of` gives it; None for nothing. `kept` stands there now and may stay. Raises Refused."""
    if is_empty(value):
        return None
    if isinstance(value, str):
        value = value.strip()
    return _CLEAN[field.kind](actor, field, value, kept)


def stored(field: CustomField, value: object) -> dict[str, object]:
    """{slot: what goes into the column} of a cleaned value."""
    if value is None:
        return {}
    if field.kind is FieldKind.multi_select:
        return {code: code for code in value}
    if field.kind is FieldKind.number:
        return {"": Decimal(str(value))}
    if field.kind is FieldKind.date:
        return {"": dt.date.fromisoformat(value)}
    return {"": Decimal(int(value)) if field.kind is FieldKind.yes_no else value}


def read(field: CustomField, rows: list[CustomValue]) -> object:
    """The value that these lines of one field and one row are."""
    found = [getattr(row, COLUMN[field.kind]) for row in rows]
    if field.kind is FieldKind.multi_select:
        order = {option["code"]: place for place, option in enumerate(field.options or [])}
        return sorted(found, key=lambda code: order.get(code, len(order)))
    value = found[0]
    if field.kind is FieldKind.yes_no:
        return bool(value)
    if field.kind is FieldKind.number:
        return int(value) if value == value.to_integral_value() else float(value)
    return value.isoformat() if isinstance(value, dt.date) else value


def number_of(text: str) -> Decimal:
    """Raises Refused for what is no number, is too large or has too many places."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise Refused(Reason("must be a number")) from None
    if not number.is_finite() or abs(number) >= LARGEST:
        raise Refused(Reason("the number is out of range"))
    if number != round(number, FixedPoint.PLACES):
        raise Refused(Reason("at most %(number)s decimal places", number=FixedPoint.PLACES))
    return number


def date_of(text: object) -> dt.date:
    """Raises Refused."""
    try:
        if not isinstance(text, str) or len(text) != len("2026-11-22"):
            raise ValueError
        return dt.date.fromisoformat(text)
    except ValueError:
        raise Refused(Reason("a date like 2026-11-22")) from None


def _text(longest: int) -> Callable:
    def clean(actor: Actor, field: CustomField, value: object, kept: object) -> str:
        if not isinstance(value, str):
            raise Refused(Reason("must be a text"))
        if "\x00" in value:
            raise Refused(Reason("control characters"))
        if len(value) > longest:
            raise Refused(Reason("at most %(number)s characters", number=longest))
        return " ".join(value.split()) if longest == LONGEST_TEXT else value

    return clean


def _number(actor: Actor, field: CustomField, value: object, kept: object) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Refused(Reason("must be a number"))
    if not math.isfinite(value) if isinstance(value, float) else abs(value) >= LARGEST:
        raise Refused(Reason("the number is out of range"))
    number = number_of(str(value))
    return int(number) if number == number.to_integral_value() else float(number)


def _date(actor: Actor, field: CustomField, value: object, kept: object) -> str:
    return date_of(value).isoformat()


def _one(actor: Actor, field: CustomField, value: object, kept: object) -> str:
    if not isinstance(value, str):
        raise Refused(Reason("must be a text"))
    return _known(field, [value], [kept])[0]


def _several(actor: Actor, field: CustomField, value: object, kept: object) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(code, str) for code in value):
        raise Refused(Reason("must be a list"))
    chosen = set(_known(field, value, kept or []))
    return [option["code"] for option in field.options if option["code"] in chosen]


def _known(field: CustomField, codes: list[str], kept: list) -> list[str]:
    """Codes that can be chosen now; what was chosen before may stay."""
    offered = {option["code"] for option in field.options or [] if option["active"]} | set(kept)
    if set(codes) - offered:
        raise Refused(Reason("unknown"))
    return codes


def _reference(actor: Actor, field: CustomField, value: object, kept: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 2**53:
        raise Refused(Reason("must be a whole number"))
    model = REFERRED[field.kind]
    with db.session.no_autoflush:
        found = db.session.scalar(select(model.id).where(model.id == value, model.visible_to(actor)))
    if found is None and value != kept:
        raise Refused(Reason("unknown"))
    return value


def _yes_no(actor: Actor, field: CustomField, value: object, kept: object) -> bool:
    if not isinstance(value, bool):
        raise Refused(Reason("must be true or false"))
    return value


_CLEAN = {
    FieldKind.text: _text(LONGEST_TEXT),
    FieldKind.long_text: _text(LONGEST_LONG_TEXT),
    FieldKind.number: _number,
    FieldKind.date: _date,
    FieldKind.select: _one,
    FieldKind.multi_select: _several,
    FieldKind.person: _reference,
    FieldKind.organization: _reference,
    FieldKind.yes_no: _yes_no,
}
