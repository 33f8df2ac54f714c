"""The filters of a list: one text for all text columns, choices for states, ranges for times, a row for references."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytz
from flask import request
from flask_appbuilder.models.filters import BaseFilter, BaseFilterConverter
from flask_babel import lazy_gettext as _
from sqlalchemy import DateTime, Integer, String, inspect, or_

from app.extensions import db
from models.types import Code
from views.admin import labels
from views.admin.cells import is_flag, zone
from views.admin.references import RESOURCES, SMALL, named, target_of


class Equals(BaseFilter):
    """A column has this value; what does not fit its type finds nothing."""

    name = _("is")

    def apply(self, query, value):
        column = getattr(self.model, self.column_name)
        if isinstance(column.type, Code):
            known = {member.value for member in column.type.enum}
            return query.filter(column == column.type.enum(value)) if value in known else query.filter(column.is_(None))
        if isinstance(column.type, String):
            return query.filter(column == value)
        number = whole_number(value)
        return query.filter(column.is_(None) if number is None else column == number)


class From(BaseFilter):
    """At or after the beginning of a day of the reader's."""

    name = _("from")

    def apply(self, query, value):
        day = _day(value)
        return query if day is None else query.filter(getattr(self.model, self.column_name) >= day)


class Until(BaseFilter):
    """Before the end of a day of the reader's."""

    name = _("until")

    def apply(self, query, value):
        day = _day(value)
        if day is None:
            return query
        return query.filter(getattr(self.model, self.column_name) < day + dt.timedelta(days=1))


class Contains(BaseFilter):
    """One text looked for in several columns; what the person types is taken literally."""

    name = _("contains")

    def __init__(self, column_name: str, datamodel, is_related_view: bool = False):
        super().__init__(column_name, datamodel, is_related_view)
        self.columns = [getattr(self.model, name) for name in column_name.split(",")]

    def apply(self, query, value):
        return query.filter(or_(*(column.contains(value, autoescape=True) for column in self.columns)))


class Converter(BaseFilterConverter):
    """FAB asks for the filters of each column."""

    def convert(self, col_name: str) -> list[BaseFilter]:
        column = inspect(self.datamodel.obj).columns.get(col_name)
        if column is None:
            return []
        kinds = (From, Until) if isinstance(column.type, DateTime) else (Equals,)
        return [kind(col_name, self.datamodel) for kind in kinds]


@dataclass
class Control:
    """One input of the filter bar."""

    name: str
    label: object
    kind: str  # text | choice | remote | date
    value: str = ""
    choices: list[tuple[str, object]] = field(default_factory=list)
    source: str = ""


def controls(view) -> Iterator[Control]:
    """The filter bar of a view, filled with what the address of the page says."""
    if view.search_text:
        yield Control("q", _("Search"), "text", request.args.get("q", ""))
    for name in view.search_columns:
        column, label = inspect(view.model).columns[name], view.label_columns[name]
        target = target_of(view.model, name)
        if name in view.choices:
            yield Control(name, label, "choice", request.args.get(name, ""), view.choices[name]())
        elif isinstance(column.type, Code):
            yield Control(
                name,
                label,
                "choice",
                request.args.get(name, ""),
                [(member.value, labels.state_title(member)) for member in column.type.enum],
            )
        elif is_flag(view.model, name):
            yield Control(name, label, "choice", request.args.get(name, ""), [("1", _("Yes")), ("0", _("No"))])
        elif target in SMALL:
            yield Control(name, label, "choice", request.args.get(name, ""), options_of(target))
        elif target is not None:
            value = request.args.get(name, "")
            yield Control(name, label, "remote", value, _chosen(target, value), RESOURCES[target])
        elif isinstance(column.type, DateTime):
            yield Control(f"{name}_from", label, "date", request.args.get(f"{name}_from", ""))
            yield Control(f"{name}_until", "", "date", request.args.get(f"{name}_until", ""))
        else:
            yield Control(
                name, label, "number" if isinstance(column.type, Integer) else "text", request.args.get(name, "")
            )


def read(view, filters) -> None:
    """Set `filters` to what the address of the page asks for."""
    text = request.args.get("q", "").strip()
    if text and view.search_text:
        filters.add_filter(",".join(view.search_text), Contains, text[:200])
    for name in view.search_columns:
        for kind, key in ((Equals, name), (From, f"{name}_from"), (Until, f"{name}_until")):
            value = request.args.get(key, "").strip()
            if value:
                filters.add_filter(name, kind, value)


def options_of(target: type, limit: int = 500) -> list[tuple[str, str]]:
    """The rows of a small table as choices."""
    rows = db.session.scalars(named(target).order_by(target.name).limit(limit))
    return [(str(row.id), str(row)) for row in rows]


def whole_number(text: str) -> int | None:
    """A number as ids and counters are, or None for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None


def _chosen(target: type, value: str) -> list[tuple[str, str]]:
    number = whole_number(value)
    row = db.session.scalars(named(target).where(target.id == number)).first() if number is not None else None
    return [(value, str(row))] if row is not None else []


def _day(text: str) -> dt.datetime | None:
    """The first moment of a day in the reader's zone, in UTC as stored."""
    try:
        day = dt.datetime.strptime(text, "%Y-%m-%d")
    except ValueError:
        return None
    return zone().localize(day).astimezone(pytz.utc).replace(tzinfo=None)
