"""What stands in the fields of rows: values for programs, texts for people, for a page in a few statements (SET-4)."""

from collections import defaultdict
from collections.abc import Collection, Sequence

from flask_babel import gettext
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app.extensions import db
from app.locale import current_locale
from models.actor import Actor
from models.base import Entity
from models.conversations import Conversation
from models.custom_fields import CustomField, CustomValue, FieldKind, FieldSubject
from models.customers import Customer, Organization
from models.organization import Agent
from models.tickets import Ticket
from services.custom_fields import kinds
from services.custom_fields.definitions import fields_of

SUBJECTS: dict[type[Entity], FieldSubject] = {
    Customer: FieldSubject.customer,
    Organization: FieldSubject.organization,
    Ticket: FieldSubject.ticket,
    Conversation: FieldSubject.conversation,
}


def values_of(row: Entity) -> dict[str, object]:
    """{code: value} of everything that stands in a row's fields, for rules and checks, whoever acts."""
    return _values(fields_of(SUBJECTS[type(row)]), [row.id]).get(row.id, {})


def values_of_many(subject: FieldSubject, row_ids: Collection[int]) -> dict[int, dict[str, object]]:
    """The same for several rows of a subject, those without any left out."""
    return _values(fields_of(subject), row_ids)


def shown_of(actor: Actor, row: Entity) -> dict[str, dict]:
    """{"custom": {code: value}, "customText": {code: text}}, as far as this actor may see the fields."""
    return shown_of_many(actor, SUBJECTS[type(row)], [row])[row.id]


def shown_of_many(actor: Actor, subject: FieldSubject, rows: Sequence[Entity]) -> dict[int, dict]:
    """The same for a page of rows: {row id: {"custom": …, "customText": …}}, in a few statements for all."""
    fields = fields_of(subject, actor)
    values = _values(fields, [row.id for row in rows])
    texts = texts_of(fields, values)
    return {row.id: {"custom": values.get(row.id, {}), "customText": texts.get(row.id, {})} for row in rows}


def titles_of(actor: Actor, subject: FieldSubject, *, only_in_list: bool = False) -> dict[str, str]:
    """{code: title} of the fields this actor may see, in the order of forms: for tables and files."""
    return {field.code: title_of(field) for field in fields_of(subject, actor) if field.in_list or not only_in_list}


def title_of(field: CustomField) -> str:
    """What a field is called in the reader's language."""
    return (field.label_en or field.label) if current_locale() == "en" else field.label


def texts_of(fields: list[CustomField], values: dict[int, dict[str, object]]) -> dict[int, dict[str, str]]:
    """{row id: {code: what a person reads}}, in the reader's language."""
    names = {
        kind: _names(kind, {row[f.code] for f in fields if f.kind is kind for row in values.values() if f.code in row})
        for kind in kinds.REFERRED
    }
    by_code = {field.code: field for field in fields}
    return {
        row_id: {code: _text(by_code[code], value, names) for code, value in row.items()}
        for row_id, row in values.items()
    }


def option_title(option: dict) -> str:
    return (option.get("labelEn") or option["label"]) if current_locale() == "en" else option["label"]


def _values(fields: list[CustomField], row_ids: Collection[int]) -> dict[int, dict[str, object]]:
    """{row id: {code: value}}, the codes in the order of the fields."""
    if not fields or not row_ids:
        return {}
    lines = db.session.scalars(
        select(CustomValue).where(
            CustomValue.field_id.in_([field.id for field in fields]), CustomValue.row_id.in_(row_ids)
        )
    )
    found: dict[tuple[int, int], list[CustomValue]] = defaultdict(list)
    for line in lines:
        found[line.row_id, line.field_id].append(line)
    return {
        row_id: {f.code: kinds.read(f, found[row_id, f.id]) for f in fields if (row_id, f.id) in found}
        for row_id in {row_id for row_id, _ in found}
    }


def _text(field: CustomField, value: object, names: dict[FieldKind, dict[int, str]]) -> str:
    if field.kind in kinds.REFERRED:
        return names[field.kind].get(value, f"#{value}")
    if field.kind in (FieldKind.select, FieldKind.multi_select):
        titles = {option["code"]: option_title(option) for option in field.options or []}
        chosen = value if isinstance(value, list) else [value]
        separator = ", " if current_locale() == "en" else "、"
        return separator.join(titles.get(code, code) for code in chosen)
    if field.kind is FieldKind.yes_no:
        return gettext("Yes") if value else gettext("No")
    return str(value)


def _names(kind: FieldKind, ids: set[int]) -> dict[int, str]:
    """Of those that were deleted since, too: what was written down keeps its meaning."""
    if not ids:
        return {}
    model = kinds.REFERRED[kind]
    wanted = select(model).where(model.id.in_(ids))
    if model is Agent:
        wanted = wanted.options(joinedload(Agent.user))
    rows = db.session.scalars(wanted, execution_options={"include_deleted": True})
    return {row.id: row.name for row in rows}
