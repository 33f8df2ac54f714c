"""The fields that a company defined, on the screens of their rows: in lists, pages, forms and files (SET-4)."""

from functools import partial

from flask import g, has_request_context
from flask_appbuilder.forms import DynamicForm
from flask_babel import gettext
from wtforms import DateField, DecimalField, Field, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from models.custom_fields import CustomField, FieldKind
from models.customers import Organization
from models.organization import Agent
from services import custom_fields
from services.custom_fields import PREFIX, definitions, kinds, reading
from views.admin import fields
from views.admin.base import AdminView


class CustomValuesView(AdminView):
    """A screen whose rows have fields of the company's own. They are read once per request."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.label_columns = _Labels(self.label_columns, self.title_of)

    @property
    def counted(self) -> tuple[str, ...]:
        return tuple(f"{PREFIX}{field.code}" for field in self._fields())

    def count(self, rows: list) -> dict[int, dict[str, object]]:
        shown = custom_fields.shown_of_many(g.actor, custom_fields.SUBJECTS[self.model], rows)
        return {
            row.id: {f"{PREFIX}{field.code}": shown[row.id]["customText"].get(field.code) for field in self._fields()}
            for row in rows
        }

    def listed_columns(self) -> list[str]:
        own = [f"{PREFIX}{field.code}" for field in self._fields() if field.in_list]
        return [*self.list_columns[:-1], *own, self.list_columns[-1]]

    def shown_columns(self) -> list[str]:
        return [*self.show_columns, *self.counted]

    def title_of(self, name: str) -> str:
        if not name.startswith(PREFIX):
            return super().title_of(name)
        code = name.removeprefix(PREFIX)
        return next((reading.title_of(field) for field in self._fields() if field.code == code), "")

    def _form(self, verb: str, columns):
        plain = super()._form(verb, columns)
        return partial(self._whole_form, plain, verb) if plain is not None else None

    def _whole_form(self, plain: type[DynamicForm], verb: str, **given) -> DynamicForm:
        """The form with the fields as they are defined now."""
        made = {f"{PREFIX}{field.code}": form_field(field, verb) for field in self._fields()}
        row = given.get("obj")
        if row is not None and made:
            values = custom_fields.values_of(row)
            stored = {f"{PREFIX}{f.code}": _for_form(f, values[f.code]) for f in self._fields() if f.code in values}
            given["data"] = {**stored, **(given.get("data") or {})}
        return type("OperationForm", (plain,), made)(**given)

    def data_of(self, form, verb: str, row=None) -> dict:
        data = super().data_of(form, verb, row)
        given = {f.code: from_form(f, form[f"{PREFIX}{f.code}"].data) for f in self._fields()}
        before = custom_fields.values_of(row) if row is not None else {}
        changed = {code: value for code, value in given.items() if value != before.get(code)}
        return data | {"custom": changed} if changed else data

    def _fields(self) -> list[CustomField]:
        if not has_request_context():
            return []
        known = g.setdefault("custom_fields", {})
        if self.model not in known:
            known[self.model] = definitions.fields_of(custom_fields.SUBJECTS[self.model], g.actor)
        return known[self.model]


class _Labels(dict):
    """Labels of columns, and of those that are made while the page is."""

    def __init__(self, known: dict, find):
        super().__init__(known)
        self._find = find

    def __missing__(self, column: str) -> str:
        if not column.startswith(PREFIX):
            raise KeyError(column)
        return self._find(column)


def form_field(field: CustomField, verb: str) -> Field:
    # of what only some types have, and of older rows, the operation knows better what is missing
    must = field.required and verb == "create" and not field.ticket_types
    common = {
        "label": reading.title_of(field),
        "description": field.help_text or "",
        "validators": [InputRequired() if must else Optional()],
    }
    match field.kind:
        case FieldKind.long_text:
            common["validators"].append(Length(max=kinds.LONGEST_LONG_TEXT))
            return TextAreaField(**common)
        case FieldKind.number:
            return DecimalField(places=None, **common)
        case FieldKind.date:
            return DateField(**common)
        case FieldKind.select:
            return fields.ChoiceField(choices=_choices(field), empty=True, **common)
        case FieldKind.multi_select:
            return fields.ChecksField(choices=_choices(field), **common)
        case FieldKind.person:
            return fields.ReferenceField(target=Agent, **common)
        case FieldKind.organization:
            return fields.ReferenceField(target=Organization, **common)
        case FieldKind.yes_no:
            return fields.ChoiceField(choices=[("yes", gettext("Yes")), ("no", gettext("No"))], empty=True, **common)
    common["validators"].append(Length(max=kinds.LONGEST_TEXT))
    return StringField(**common)


def _choices(field: CustomField) -> list[tuple[str, str]]:
    """All options: what is no longer offered may stand in the row, and the operation refuses it anew."""
    return [(option["code"], reading.option_title(option)) for option in field.options or []]


def _for_form(field: CustomField, value: object) -> object:
    if field.kind is FieldKind.yes_no:
        return "yes" if value else "no"
    return next(iter(kinds.stored(field, value).values())) if field.kind in _TYPED else value


def from_form(field: CustomField, data: object) -> object:
    if kinds.is_empty(data):
        return None
    if field.kind is FieldKind.yes_no:
        return data == "yes"
    if field.kind is FieldKind.number:
        return int(data) if data == data.to_integral_value() else float(data)
    return data.isoformat() if field.kind is FieldKind.date else data


#: kinds whose form fields hold Python's own values
_TYPED = (FieldKind.number, FieldKind.date)
