"""The operation log: who did what, found by person, action and object (ID-13). Nothing here can be edited."""

import datetime as dt
import json

from flask import g
from flask_appbuilder import Model
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from markupsafe import Markup
from sqlalchemy import ColumnElement, DateTime, inspect

from app.security import rights_without_operation
from models.audit import AuditLog
from models.types import Code
from services.logged_values import shown_values
from services.operation import OPERATIONS
from views import titles
from views.admin import labels
from views.admin.base import AdminView
from views.admin.cells import EMPTY, badge, is_flag, local_text, tag
from views.admin.references import address_of_number, names_of


def recorded() -> list[str]:
    """The operations that can stand in the log: the business actions, and acts without a row of their own."""
    exports = {name for name in rights_without_operation() if name.endswith(".export")}
    acts = titles.ACTIONS.keys() - rights_without_operation()
    return sorted({*OPERATIONS, *acts, *exports})


def operations() -> list[tuple[object, list[tuple[str, object]]]]:
    """To choose from: [(title of the resource, [(operation, its title)])]."""
    groups: dict[str, list[tuple[str, object]]] = {}
    for name in recorded():
        groups.setdefault(str(titles.resource_title(name.partition(".")[0])), []).append(
            (name, titles.action_title(name))
        )
    return sorted(groups.items())


def tables() -> list[tuple[str, object]]:
    """The kinds of objects whose changes are logged: [(table, title)]."""
    found = {
        mapper.local_table.name
        for mapper in Model.registry.mappers
        if getattr(mapper.class_, "__audit__", None) is not None
    }
    return sorted(((name, titles.resource_title(name)) for name in found), key=lambda pair: str(pair[1]))


class OperationLogView(AdminView):
    model, resource, icon = AuditLog, "operation_log", "fa-clock-rotate-left"
    singular, plural = _("Operation"), _("Operation log")
    intro = _("Who did what, when and from where, with the values before and after. Nothing here can be changed.")
    list_columns = ["operation", "target_name", "target_type", "user_name", "ip", "create_time", "id"]
    show_columns = [
        "operation",
        "create_time",
        "user_id",
        "user_name",
        "ip",
        "target_type",
        "target_name",
        "target_id",
        "note",
        "id",
    ]
    key_columns = ("target_name", "user_name", "create_time")
    search_hint = _("Search action, object or person")
    search_text = ("target_name", "user_name")
    search_columns = ["user_id", "operation", "target_type", "target_id", "create_time"]
    label_columns = {"create_time": _("Time"), "user_id": _("Account")}
    choices = {"operation": operations, "target_type": tables}
    formatters = {
        "operation": lambda row: titles.title_of(row.operation),
        "target_type": lambda row: titles.resource_title(row.target_type) if row.target_type else EMPTY,
        "target_name": lambda row: _target(row),
        "user_name": lambda row: _("System") if row.user_id is None and row.user_name == "system" else row.user_name,
    }
    show_template = "admin/log_entry.html"

    def heading(self, row) -> str:
        return " · ".join(filter(None, (str(titles.title_of(row.operation)), row.target_name)))

    def search(self, text: str) -> list[ColumnElement[bool]]:
        """Also operations by what they are called in the reader's language."""
        called_so = [name for name in recorded() if text.lower() in str(titles.title_of(name)).lower()]
        return [*super().search(text), AuditLog.operation.in_([*called_so, text])]

    def changes(self, row) -> list[tuple[object, object, object]]:
        """(column, before, after) for every value that the operation touched."""
        before, after = (shown_values(g.actor, row.target_type, logged) or {} for logged in (row.before, row.after))
        model = _model_of(row.target_type)
        names = names_of(model, [before, after]) if model else {}
        shown = (
            (labels.label_of(name), *(_plain(model, name, values.get(name), names) for values in (before, after)))
            for name in {**before, **after}
        )
        return [line for line in shown if line[1] or line[2]]  # a row made with empty fields says nothing by them


def _model_of(table: str) -> type | None:
    return next((mapper.class_ for mapper in Model.registry.mappers if mapper.local_table.name == table), None)


def _target(row: AuditLog) -> object:
    """What it was done to, leading there for those who may see it; what was deleted has no page."""
    model = None if row.operation.endswith(".delete") else _model_of(row.target_type)
    address = address_of_number(model, row.target_id) if model and row.target_id else None
    name = row.target_name or (f"#{row.target_id}" if row.target_id else "")
    return Markup('<a href="{}">{}</a>').format(address, name) if address and name else name


def _plain(model: type | None, name: str, value, names: dict[tuple[str, int], object]):
    """A logged value in words: states, flags, times and names as on their own screen; "" for nothing."""
    if value is None or value == "" or value == []:
        return ""
    column = inspect(model).columns.get(name) if model else None
    if column is not None and isinstance(column.type, Code) and value in {member.value for member in column.type.enum}:
        return badge(column.type.enum(value))
    if column is not None and isinstance(column.type, DateTime) and isinstance(value, str):
        return local_text(dt.datetime.fromisoformat(value), seconds=True)
    if isinstance(value, bool) or (model and is_flag(model, name)):
        return gettext("Yes") if value else gettext("No")
    if isinstance(value, int) and (name, value) in names:
        return str(names[name, value])
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return Markup(" ").join(tag(titles.title_of(item)) for item in value)
    return json.dumps(value, ensure_ascii=False, indent=2) if isinstance(value, dict | list) else str(value)
