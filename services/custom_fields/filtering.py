"""Lists narrowed by what stands in a field: `custom.<code>=…` (SET-4).

Of numbers and dates also `custom.<code>.from` and `.to`, of texts `custom.<code>.has` for a part of them.
"""

from flask_babel import gettext
from sqlalchemy import ColumnElement, Select, or_, select

from app.errors import Invalid, Reason
from models.actor import Actor
from models.base import Entity
from models.custom_fields import CustomField, CustomValue, FieldKind, FieldSubject
from services.custom_fields import kinds
from services.custom_fields.definitions import PREFIX, fields_of
from services.custom_fields.reading import SUBJECTS, texts_of, title_of

RANGES = (FieldKind.number, FieldKind.date)
#: how a filter ends → the kinds of which it can be asked, and what is said of others
_ENDINGS: dict[str, tuple[tuple[FieldKind, ...], Reason]] = {
    "from": (RANGES, Reason("only numbers and dates have ranges")),
    "to": (RANGES, Reason("only numbers and dates have ranges")),
    "has": ((FieldKind.text,), Reason("only texts are searched for a part")),
}
#: how they are written before what was asked for
_SIGNS = {"from": "≥ ", "to": "≤ "}
#: stands for rows in whose field nothing stands
NONE = "none"


def conditions(actor: Actor, model: type[Entity], wanted: dict[str, str]) -> list[ColumnElement[bool]]:
    """For a SELECT of `model`, from {"colour": "red,blue", "amount.from": "3"} as an address has it.

    Raises Invalid for a field that this actor does not know, a value that does not fit, and what cannot be asked of
    the field's kind.
    """
    if not wanted:
        return []
    fields, wrong = {field.code: field for field in fields_of(SUBJECTS[model], actor)}, {}
    found: dict[str, list[ColumnElement[bool]]] = {}
    with_empty = []
    for name, text in wanted.items():
        try:
            field, ending = _named(fields, name)
            if not ending and NONE in (parts := _parts(field, text)):
                with_empty.append(_empty_or(model, field, [part for part in parts if part != NONE]))
            else:
                found.setdefault(field.code, []).append(_condition(field, ending, text))
        except kinds.Refused as refusal:
            wrong[f"{PREFIX}{name}"] = refusal.reason
    if wrong:
        raise Invalid("The request is not valid", fields=wrong)
    return [*with_empty, *(model.id.in_(_rows(fields[code], *parts)) for code, parts in found.items())]


def asked_in_words(subject: FieldSubject, wanted: dict[str, str]) -> list[tuple[str, str]]:
    """[(title, what is asked for)] of the same filters, as a person reads them; a field that is gone by its code."""
    fields = {field.code: field for field in fields_of(subject)} if wanted else {}
    found = []
    for name, text in wanted.items():
        code, dot, ending = name.partition(".")
        field = fields.get(code)
        words = text if field is None or dot else "、".join(_words_of(field, part) for part in _parts(field, text))
        found.append((code if field is None else title_of(field), f"{_SIGNS.get(ending, '')}{words}"))
    return found


def _named(fields: dict[str, CustomField], name: str) -> tuple[CustomField, str]:
    """The field and the ending of a filter. Raises kinds.Refused for what cannot be asked."""
    code, dot, ending = name.partition(".")
    field = fields.get(code)
    if field is None or field.kind is FieldKind.long_text or (dot and ending not in _ENDINGS):
        raise kinds.Refused(Reason("unknown"))
    if dot and field.kind not in _ENDINGS[ending][0]:
        raise kinds.Refused(_ENDINGS[ending][1])
    return field, ending


def _rows(field: CustomField, *parts: ColumnElement[bool]) -> Select:
    return select(CustomValue.row_id).where(CustomValue.field_id == field.id, *parts)


def _empty_or(model: type[Entity], field: CustomField, parts: list[str]) -> ColumnElement[bool]:
    """Rows in whose field nothing stands, and those with one of these values."""
    empty = model.id.not_in(_rows(field))
    return or_(empty, model.id.in_(_rows(field, _among(field, parts)))) if parts else empty


def _parts(field: CustomField, text: str) -> list[str]:
    """The values of a filter; a text may have commas of its own."""
    return [text] if field.kind is FieldKind.text else [part for part in text.split(",") if part]


def _condition(field: CustomField, ending: str, text: str) -> ColumnElement[bool]:
    """What is asked of the field's values. Raises kinds.Refused."""
    if not ending:
        return _among(field, _parts(field, text))
    column, value = getattr(CustomValue, kinds.COLUMN[field.kind]), _as_stored(field, text)
    if ending == "has":
        return column.icontains(value, autoescape=True)
    return column >= value if ending == "from" else column <= value


def _among(field: CustomField, parts: list[str]) -> ColumnElement[bool]:
    return getattr(CustomValue, kinds.COLUMN[field.kind]).in_([_as_stored(field, part) for part in parts])


def _as_stored(field: CustomField, text: str) -> object:
    """One value of an address as the column has it. Raises kinds.Refused."""
    if field.kind is FieldKind.number:
        return kinds.number_of(text)
    if field.kind is FieldKind.date:
        return kinds.date_of(text)
    if field.kind is FieldKind.yes_no:
        if text not in ("true", "false", "1", "0"):
            raise kinds.Refused(Reason("must be true or false"))
        return int(text in ("true", "1"))
    if field.kind in kinds.REFERRED:
        if not (text.isascii() and text.isdigit() and len(text) <= 16):
            raise kinds.Refused(Reason("must be a whole number"))
        return int(text)
    return " ".join(text.split())


def _words_of(field: CustomField, part: str) -> str:
    if part == NONE:
        return gettext("None")
    try:
        value = _as_stored(field, part)
    except kinds.Refused:  # kept from before the field became another one
        return part
    return part if field.kind in RANGES else texts_of([field], {0: {field.code: value}})[0][field.code]
