"""Lists narrowed by what stands in a field: `custom.<code>=…`, of numbers and dates also `.from` and `.to` (SET-4)."""

from sqlalchemy import ColumnElement, select

from app.errors import Invalid, Reason
from models.actor import Actor
from models.base import Entity
from models.custom_fields import CustomField, CustomValue, FieldKind
from services.custom_fields import kinds
from services.custom_fields.definitions import fields_of
from services.custom_fields.reading import SUBJECTS

RANGES = (FieldKind.number, FieldKind.date)
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
    without = []
    for name, text in wanted.items():
        code, _, bound = name.partition(".")
        field = fields.get(code)
        if field is None or field.kind is FieldKind.long_text or bound not in ("", "from", "to"):
            wrong[f"custom.{name}"] = Reason("unknown")
            continue
        if bound and field.kind not in RANGES:
            wrong[f"custom.{name}"] = Reason("only numbers and dates have ranges")
            continue
        if text == NONE and not bound:
            without.append(model.id.not_in(_rows(field)))
            continue
        try:
            found.setdefault(code, []).append(_condition(field, bound, text))
        except kinds.Refused as refusal:
            wrong[f"custom.{name}"] = refusal.reason
    if wrong:
        raise Invalid("The request is not valid", fields=wrong)
    return [*without, *(model.id.in_(_rows(fields[code], *parts)) for code, parts in found.items())]


def _rows(field: CustomField, *parts: ColumnElement[bool]):
    return select(CustomValue.row_id).where(CustomValue.field_id == field.id, *parts)


def _condition(field: CustomField, bound: str, text: str) -> ColumnElement[bool]:
    column = getattr(CustomValue, kinds.COLUMN[field.kind])
    if bound:
        value = _as_stored(field, text)
        return column >= value if bound == "from" else column <= value
    # a text may have commas of its own
    texts = [text] if field.kind is FieldKind.text else [part for part in text.split(",") if part]
    return column.in_([_as_stored(field, part) for part in texts])


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
