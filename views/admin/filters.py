"""The filters of a list: one text for all text columns, choices for states, ranges for times, a row for references."""

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytz
from flask import request
from flask_appbuilder.models.filters import BaseFilter, BaseFilterConverter
from flask_babel import lazy_gettext as _
from sqlalchemy import DateTime, Integer, String, false, inspect, or_

from app.extensions import db
from models.types import Code
from views.admin import labels
from views.admin.cells import is_flag, zone
from views.admin.references import RESOURCES, SMALL, named, target_of

#: the value of a filter for rows that point to nothing, e.g. tickets without assignee
NOTHING = "none"


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
        if value == NOTHING:
            return query.filter(column.is_(None))
        number = whole_number(value)
        return query.filter(false() if number is None else column == number)


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
    """The text of the search box; the view knows where it may stand."""

    name = _("contains")

    def apply(self, query, value):
        return query.filter(or_(*self.datamodel.view.search(value)))


class Belongs(BaseFilter):
    """Rows that belong to one of another table by a longer way than a column (see `Further`)."""

    name = _("is")

    def apply(self, query, value):
        number = whole_number(value)
        further = self.datamodel.view.further_filters[self.column_name]
        return query.filter(false() if number is None else further.condition(number))


class Related(BaseFilter):
    """Rows that belong to the row on whose page they are listed; the value is that row."""

    name = _("is")

    def apply(self, query, value):
        return query.filter(self.datamodel.view.belonging_to(value))


class Deleted(BaseFilter):
    """The rows that were deleted, instead of the others."""

    name = _("deleted")

    def apply(self, query, value):
        return query.execution_options(include_deleted=True).filter(self.model.deleted == 1)


@dataclass(frozen=True)
class Further:
    """A filter by a row of another table that no column points to, e.g. messages by conversation."""

    label: object
    target: type
    condition: Callable


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
    kind: str  # search | text | number | choice | remote | date
    value: str = ""
    #: (value, title), or (title of a group, [(value, title), …])
    choices: list[tuple] = field(default_factory=list)
    #: where a searching select asks
    source: str = ""

    @property
    def groups(self) -> list[tuple[object, list[tuple]]]:
        """The choices in groups; those without are one group without title."""
        grouped = bool(self.choices) and isinstance(self.choices[0][1], list)
        return self.choices if grouped else [("", self.choices)]

    @property
    def many(self) -> bool:
        """Whether one had better search among them."""
        return sum(len(choices) for _title, choices in self.groups) > 15


def controls(view) -> Iterator[Control]:
    """The filter bar of a view, filled with what the address of the page says."""
    if view.search_text:
        yield Control("q", view.search_hint or _("Search"), "search", request.args.get("q", ""))
    for name in view.search_columns:
        yield from _of_column(view, name)
    for name, further in view.further_filters.items():
        yield _reference(name, further.label, further.target)
    if view.may_restore():
        deleted = [("1", _("Deleted only"))]
        yield Control("deleted", _("Deleted"), "choice", request.args.get("deleted", ""), deleted)


def _of_column(view, name: str) -> Iterator[Control]:
    column, label = inspect(view.model).columns[name], view.label_columns[name]
    target, value = target_of(view.model, name), request.args.get(name, "")
    if name in view.choices:
        yield Control(name, label, "choice", value, view.choices[name]())
    elif isinstance(column.type, Code):
        states = [(member.value, labels.state_title(member)) for member in column.type.enum]
        yield Control(name, label, "choice", value, states)
    elif is_flag(view.model, name):
        yield Control(name, label, "choice", value, [("1", _("Yes")), ("0", _("No"))])
    elif target is not None:
        yield _reference(name, label, target, may_be_empty=column.nullable)
    elif isinstance(column.type, DateTime):
        yield Control(f"{name}_from", label, "date", request.args.get(f"{name}_from", ""))
        yield Control(f"{name}_until", "", "date", request.args.get(f"{name}_until", ""))
    else:
        yield Control(name, label, "number" if isinstance(column.type, Integer) else "text", value)


def _reference(name: str, label: object, target: type, may_be_empty: bool = False) -> Control:
    value = request.args.get(name, "")
    if target in SMALL:
        nothing = [(NOTHING, _("(not set)"))] if may_be_empty else []
        return Control(name, label, "choice", value, [*nothing, *options_of(target)])
    source = f"{RESOURCES[target]}?nothing=1" if may_be_empty else RESOURCES[target]
    return Control(name, label, "remote", value, _chosen(target, value), source)


def read(view, filters) -> None:
    """Set `filters` to what the address of the page asks for."""
    text = request.args.get("q", "").strip()
    if text and view.search_text:
        filters.add_filter("q", Contains, text[:200])
    for name in view.search_columns:
        for kind, key in ((Equals, name), (From, f"{name}_from"), (Until, f"{name}_until")):
            if value := request.args.get(key, "").strip():
                filters.add_filter(name, kind, value)
    for name in view.further_filters:
        if value := request.args.get(name, "").strip():
            filters.add_filter(name, Belongs, value)
    if wants_deleted(view):
        filters.add_filter("deleted", Deleted, "1")


def wants_deleted(view) -> bool:
    """Whether this page is about deleted rows, and the actor may see and restore such."""
    return request.args.get("deleted") == "1" and view.may_restore()


def options_of(target: type, limit: int = 500) -> list[tuple[str, str]]:
    """The rows of a small table as choices."""
    rows = db.session.scalars(named(target).order_by(target.id).limit(limit))
    return sorted(((str(row.id), str(row)) for row in rows), key=lambda choice: choice[1])


def whole_number(text: str) -> int | None:
    """A number as ids and counters are, or None for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None


def _chosen(target: type, value: str) -> list[tuple[str, object]]:
    if value == NOTHING:
        return [(NOTHING, _("(not set)"))]
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
