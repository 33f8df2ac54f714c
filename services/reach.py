"""Phone numbers and addresses of people: who reads them in full, who is found by them (CUS, M09)."""

import re
from collections.abc import Callable

from sqlalchemy import ColumnElement, func, or_

from models.actor import Actor
from models.customers import Contact, Customer
from services.customers import SHORTEST_SHOWN

#: the columns in which people can be reached
PHONES = {Customer: ("phone",), Contact: ("phone", "landline", "emergency_phone")}
#: how many digits somebody may search who sees numbers masked, which leaves him these last ones
LAST_DIGITS = 4


def shown_to(actor: Actor, text: str | None, mask: Callable[[str | None], str | None]) -> str | None:
    """A number or an address as this actor reads it: in full only with the right customer.read_pii (M09)."""
    return text if actor.may("customer.read_pii") else mask(text)


def reached_by(actor: Actor, model: type[Customer | Contact], text: str) -> list[ColumnElement[bool]]:
    """The conditions under which a customer or contact is who the text means, besides by name.

    The last four digits of a phone for everybody, for they are seen by everybody; a whole number and a whole address
    only for those who may see such in full: who may not could otherwise try them out.
    """
    found = []
    number = _digits(text)
    if number is not None and len(number) == LAST_DIGITS:
        # shorter numbers are masked whole
        found += [column.endswith(number) & (func.length(column) >= SHORTEST_SHOWN) for column in _phones(model)]
    if not actor.may("customer.read_pii"):
        return found
    if number is not None and len(number) > LAST_DIGITS:
        found.append(or_(*(column.in_(_ways_to_write(number)) for column in _phones(model))))
    if "@" in text:
        found.append(func.lower(model.email) == text.strip().lower())
    return found


def _phones(model: type[Customer | Contact]) -> list[ColumnElement[str]]:
    """The numbers without the signs that people put between digits."""
    return [func.replace(func.replace(getattr(model, name), "-", ""), " ", "") for name in PHONES[model]]


def _digits(text: str) -> str | None:
    """The digits of a phone number as somebody types it, without the country; None for anything else."""
    number = re.sub(r"[\s\-()]", "", text)
    if not re.fullmatch(r"\+?[0-9]+", number):
        return None
    return re.sub(r"^(?:\+86|0086|86(?=1[0-9]{10}$))", "", number).removeprefix("+")


def _ways_to_write(number: str) -> list[str]:
    return [number, f"+{number}", f"+86{number}", f"86{number}", f"0086{number}"]
