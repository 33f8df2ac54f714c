"""Writing values, inside the operation that changes their row (SET-4, TKT-3)."""

from dataclasses import dataclass

from sqlalchemy import select

from app.errors import Invalid, Reason
from app.extensions import db
from models import audit
from models.actor import Actor
from models.base import Entity, Versioned, is_edited
from models.custom_fields import CustomField, CustomValue, FieldSubject
from models.types import utcnow
from services.crud import Beside
from services.custom_fields import kinds, reading
from services.custom_fields.definitions import fields_of

#: how much of a long text the log repeats
_LONGEST_LOGGED = 2000


def set_values(actor: Actor, row: Entity, given: dict | None, *, is_complete: bool = False) -> None:
    """Inside an operation that has the row's lock: write {code: value} into the row's fields; others stay.

    Null, "" and [] take a value away. `is_complete`: afterwards no required field may be empty, as when a row is made.
    Raises Invalid with a reason per field, `custom.<code>`.
    """
    if not given and not is_complete:
        return
    subject = reading.SUBJECTS[type(row)]
    fields = {field.code: field for field in fields_of(subject)}
    if given:
        _hold(fields[code] for code in given if code in fields)
    before = reading.values_of(row)
    wanted, wrong = {}, {}
    for code, value in (given or {}).items():
        field = fields.get(code)
        if field is None or not _may_set(actor, field):
            wrong[code] = Reason("unknown")
            continue
        try:
            wanted[code] = kinds.cleaned(actor, field, value, before.get(code))
        except kinds.Refused as refusal:
            wrong[code] = refusal.reason
        else:
            if wanted[code] is not None and wanted[code] != before.get(code) and not _applies(field, row):
                wrong[code] = Reason("not for this ticket type")
    after = before | wanted
    for code, field in fields.items():
        is_asked = field.required and (is_complete or code in wanted)
        if is_asked and code not in wrong and after.get(code) is None and _must_fill(actor, field, row):
            wrong[code] = Reason("required")
    if wrong:
        raise Invalid("Please check what was filled in", fields={f"custom.{code}": why for code, why in wrong.items()})
    changed = {code: value for code, value in wanted.items() if value != before.get(code)}
    if changed:
        _write(row, fields, before, changed)


def _store_beside(actor: Actor, row: Entity, given: dict | None, is_new: bool) -> None:
    set_values(actor, row, given, is_complete=is_new)


#: for `crud`: the values come with the data of the row
CUSTOM = {"custom": Beside(dict | None, _store_beside)}


@dataclass(frozen=True)
class _Change:
    """What becomes of the lines of one field."""

    field: CustomField
    wanted: dict[str, object]


def _write(row: Entity, fields: dict[str, CustomField], before: dict, changed: dict) -> None:
    changes = {
        fields[code].id: _Change(fields[code], kinds.stored(fields[code], value)) for code, value in changed.items()
    }
    lines = db.session.scalars(
        select(CustomValue).where(CustomValue.field_id.in_(changes), CustomValue.row_id == row.id)
    )
    known = {(line.field_id, line.slot): line for line in lines}
    for (field_id, slot), line in known.items():
        if slot not in changes[field_id].wanted:
            db.session.delete(line)
    for field_id, change in changes.items():
        for slot, value in change.wanted.items():
            line = known.get((field_id, slot))
            if line is None:
                line = CustomValue(field_id=field_id, row_id=row.id, slot=slot)
                db.session.add(line)
            setattr(line, kinds.COLUMN[change.field.kind], value)
    if isinstance(row, Versioned) and not is_edited(row):
        row.version += 1  # who edits an older copy is told
    row.update_time = utcnow()
    was, now = ({f"custom.{code}": _logged(values.get(code)) for code in changed} for values in (before, changed))
    audit.changed_beside(db.session(), row, was, now)
    db.session.flush()


def _hold(fields) -> None:
    """Their definitions stay as they are until these values are stored."""
    ids = [field.id for field in fields]
    wanted = select(CustomField).where(CustomField.id.in_(ids)).order_by(CustomField.id).with_for_update(read=True)
    if ids:
        db.session.scalars(wanted, execution_options={"populate_existing": True}).all()


def _may_set(actor: Actor, field: CustomField) -> bool:
    return field.fillable_by_customers or not actor.sees_as_customer


def _must_fill(actor: Actor, field: CustomField, row: Entity) -> bool:
    """Machines cannot know what people are asked for."""
    return actor.kind in ("user", "visitor") and _may_set(actor, field) and _applies(field, row)


def _applies(field: CustomField, row: Entity) -> bool:
    return field.subject is not FieldSubject.ticket or field.applies_to(row.type)


def _logged(value: object) -> object:
    return value[:_LONGEST_LOGGED] + "…" if isinstance(value, str) and len(value) > _LONGEST_LOGGED else value
