"""Forms made from operations: what a form asks is what the operation takes, as it is for REST."""

import datetime as dt
import inspect as python_inspect
from enum import StrEnum
from typing import get_args, get_origin

from flask_appbuilder.forms import DynamicForm
from flask_babel import gettext, pgettext
from flask_babel import lazy_gettext as _
from pydantic.alias_generators import to_snake
from sqlalchemy import String, Text, inspect
from wtforms import BooleanField, ColorField, DateField, Field, HiddenField, IntegerField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from app.errors import DomainError
from services.operation import OPERATIONS, DataField
from views.admin import fields, labels
from views.admin.references import SMALL, target_of

#: parameters that are no columns and take more than a line
LONG_TEXTS = frozenset({"content", "resolution", "reason"})
MAX_INT = 2**53


def form_of(view, operation: str, names: tuple[str, ...]) -> type[DynamicForm]:
    """The form class for these data of an operation; with the row's version where the operation checks it."""
    declared = {field.name: field for field in OPERATIONS[operation].data_fields}
    # the data of create and update are columns, which know best whether they may be empty
    by_column = operation in (f"{view.resource}.create", f"{view.resource}.update")
    made = {name: _field(view, declared[name], by_column) for name in names}
    if "version" in declared:
        made["version"] = HiddenField()
    return type("OperationForm", (DynamicForm,), made)


def data_of(form: DynamicForm, operation: str, row=None) -> dict:
    """What the operation is to be called with: all of a new row; of an existing one what was changed."""
    data = {}
    for declared in OPERATIONS[operation].data_fields:
        if declared.name not in form or declared.name == "version":
            continue
        value = form[declared.name].data
        if value == "" and _allows_none(declared.annotation):
            value = None
        if value is None and not _allows_none(declared.annotation):
            if declared.required:
                continue
            value = declared.default  # an emptied number
        if isinstance(kind := _kind(declared.annotation), type) and issubclass(kind, StrEnum) and value is not None:
            value = kind(value)
        if row is None or value != _present(row, declared.name):
            data[declared.name] = value
    if "version" in form and form["version"].data:
        data["version"] = int(form["version"].data)
    return data


def show_refusal(view, form: DynamicForm, error: DomainError) -> str:
    """Put the reasons of a refusal to their fields; returns the sentence for the top of the page.

    What the form does not ask for is named in that sentence.
    """
    elsewhere = []
    for name, reason in error.fields.items():
        field = form._fields.get(name) or form._fields.get(to_snake(name))
        if field is not None:
            field.errors = [*field.errors, gettext(reason)]
        elif title := view.title_of(name):
            elsewhere.append(title)
    sentence = gettext(error.message)
    if not elsewhere:
        return sentence
    return gettext("%(sentence)s: %(names)s", sentence=sentence, names=pgettext("names", ", ").join(elsewhere))


def _present(row, name: str):
    value = getattr(row, name, None)
    return bool(value) if isinstance(value, int) and name.startswith(("is_", "active")) else value


def _field(view, declared: DataField, by_column: bool) -> Field:
    name, kind = declared.name, _kind(declared.annotation)
    column = inspect(view.model).columns.get(name) if by_column else None
    required = declared.required if column is None else _must_be_filled(column) and name not in view.may_stay_empty
    label = view.label_columns.get(name, labels.label_of(name))
    common = {"description": view.help_texts.get(name, ""), "validators": [InputRequired() if required else Optional()]}
    default = declared.default
    if (
        default in (python_inspect.Parameter.empty, None)
        and column is not None
        and column.default is not None
        and column.default.is_scalar
    ):
        default = column.default.arg
    if default not in (python_inspect.Parameter.empty, None):
        common["default"] = default
    if name in view.own_fields:
        return view.own_fields[name](label, **common)
    if name in view.tags:
        return fields.TagsField(label, choices=view.tags[name], **common)
    if name in view.choices:
        if get_origin(kind) is list:
            return fields.ChecksField(label, choices=view.choices[name], **common)
        return fields.ChoiceField(
            label, choices=view.choices[name], empty=not required and not common.get("default"), **common
        )
    target = target_of(view.model, name)
    if target is not None:
        if get_origin(kind) is list:
            return (fields.ReferencesField if target in SMALL else fields.PeopleField)(label, target=target, **common)
        return fields.ReferenceField(label, target=target, **common)
    return _plain_field(declared, kind, label, common, required, inspect(view.model).columns.get(name))


def _plain_field(declared: DataField, kind, label, common: dict, required: bool, column) -> Field:
    if get_origin(kind) is list:
        return fields.LinesField(label, **{**common, "description": common["description"] or _("One per line")})
    if issubclass(kind, StrEnum):
        choices = [(member.value, labels.state_title(member)) for member in kind]
        return fields.ChoiceField(label, choices=choices, empty=not required and not common.get("default"), **common)
    if kind is bool:
        return BooleanField(label, description=common["description"], default=common.get("default", False))
    if kind is int:
        common["validators"].append(NumberRange(-MAX_INT, MAX_INT))
        return IntegerField(label, **common)
    if kind is dt.datetime:
        return fields.MomentField(label, **common)
    if kind is dt.date:
        return DateField(label, **common)
    if declared.name == "color":
        return ColorField(label, **common)
    length = declared.max_length or getattr(column, "type", String()).length or 20_000
    common["validators"].append(Length(max=length))
    is_long = declared.name in LONG_TEXTS if column is None else isinstance(column.type, Text)
    return (TextAreaField if is_long else StringField)(label, **common)


def _must_be_filled(column) -> bool:
    return not column.nullable and column.default is None and column.server_default is None


def _allows_none(annotation) -> bool:
    return type(None) in get_args(annotation)


def _kind(annotation):
    """The type of a datum, None left aside: `str | None` is str."""
    if _allows_none(annotation):
        return next(part for part in get_args(annotation) if part is not type(None))
    return annotation
