"""The common screen: Flask-AppBuilder's list, show, add, edit and delete on top of visible rows and operations."""

import copy

from flask import abort, flash, g, has_request_context, redirect, request
from flask_appbuilder import ModelView, expose
from flask_appbuilder.models.filters import Filters
from flask_appbuilder.security.decorators import has_access
from flask_babel import gettext
from markupsafe import Markup
from pydantic.alias_generators import to_snake
from sqlalchemy import ColumnElement, inspect

from app.errors import DomainError
from views import tables
from views.admin import export, filters, forms, labels, listing, way
from views.admin.cells import Cells
from views.admin.deletion import Deletion
from views.admin.row_actions import RowActions
from views.admin.rows import Rows

#: columns that take the whole width of a row's page, below the others
WIDE = frozenset(
    {"body", "content", "description", "detail", "introduction", "note", "params", "phrasings", "picture", "resolution"}
)
#: FAB's methods → the verb of the right, the same as REST asks: ticket.read, ticket.create …
METHODS = {"list": "read", "show": "read", "add": "create", "edit": "update", "delete": "delete", "export": "export"}
_VERB_METHODS = {"create": "add", "update": "edit", "delete": "delete"}


class AdminView(Deletion, RowActions, ModelView):
    """One table on screen. A subclass says which columns; rights, forms and changes come from the operations."""

    model: type
    resource = ""
    #: what one row and many rows are called
    singular = plural = ""
    intro = ""
    #: what to do while there is not a single row
    when_empty = ""
    icon = "fa-table"
    #: text columns that the search box looks into, and what it says it looks for
    search_text: tuple[str, ...] = ()
    search_hint = ""
    #: filters that are no columns: name → Further
    further_filters: dict[str, filters.Further] = {}
    #: column → function(row) for cells that are not simply the column
    formatters: dict = {}
    #: columns that are counted for a whole page of rows at once, by `count`
    counted: tuple[str, ...] = ()
    #: column or parameter → function returning [(value, title)]
    choices: dict = {}
    #: column of texts → function returning those to offer, beside which others may be typed
    tags: dict = {}
    #: column → function(label, description, validators …) returning a field of its own kind
    own_fields: dict = {}
    #: column → a sentence below the field
    help_texts: dict = {}
    #: field → (other field, value of it): asked only when the other field has this value
    asked_when: dict[str, tuple[str, str]] = {}
    #: column → what the form of a new row begins with
    beginning: dict[str, object] = {}
    #: columns that the operation fills where the form leaves them empty
    may_stay_empty: tuple[str, ...] = ()
    #: further condition on rows: function(actor)
    narrow = None
    #: where the workbench shows the same row, with {id}
    desk_path = ""
    #: relations that `formatters` use in lists
    eager: tuple[str, ...] = ()
    #: the three or four columns that say most, for narrow screens; by default those after the first
    key_columns: tuple[str, ...] = ()
    #: below another table's row: other columns and another order than in the list, and the condition for rows
    #: that belong to it by a longer way than a column, {class of that row: function(row)}
    related_columns: tuple[str, ...] = ()
    related_order: tuple[str, str] | None = None
    related_by: dict = {}
    page_size = 20
    base_order = ("id", "desc")
    list_template, show_template = "admin/list.html", "admin/show.html"
    add_template = edit_template = "admin/edit.html"

    def __init__(self, **kwargs):
        self.datamodel = Rows(self)
        self.class_permission_name = self.resource
        self.method_permission_name = METHODS
        self.route_base = f"/admin/{self.resource}"
        missing = {method for verb, method in _VERB_METHODS.items() if not self.datamodel.has(verb)}
        self.exclude_route_methods = {"download", *missing, *self.exclude_route_methods}
        self.label_columns = {**labels.COLUMNS, **(self.label_columns or {})}
        self.list_title = self.plural
        self.order_columns = list(self.order_columns or self._sortable())
        wanted = list(self.search_columns or ())
        super().__init__(**kwargs)
        self.search_columns = wanted  # FAB takes all columns where none are named
        self.extra_args = {"view": self}

    # --- FAB's hooks ----------------------------------------------------------------------------------------------

    @property
    def _filters(self) -> Filters:
        """FAB keeps the filters of the last request on the view, where concurrent requests would meet: one set each."""
        if not has_request_context():
            return self._shared_filters
        own = g.setdefault("admin_filters", {})
        if self not in own:
            own[self] = copy.copy(self._shared_filters)
            own[self].clear_filters()
        return own[self]

    @_filters.setter
    def _filters(self, made: Filters) -> None:
        self._shared_filters = made

    def _init_forms(self) -> None:
        """From the operations instead of the columns; who has no operation has no form."""
        self.add_form = self._form("create", self.add_columns)
        self.edit_form = self._form("update", self.edit_columns)

    def _form(self, verb: str, columns):
        if _VERB_METHODS[verb] in self.exclude_route_methods:
            return None
        return forms.form_of(self, f"{self.resource}.{verb}", tuple(columns))

    def update_redirect(self) -> None:
        """FAB keeps every address of the way in the cookie; here a form knows by itself where it leads."""

    def get_redirect(self) -> str:
        return way.to_list(self)

    # --- the pages ------------------------------------------------------------------------------------------------

    def _list(self) -> dict:
        filters.read(self, self._filters)
        return {"list": listing.page_of(self, self._filters), "controls": list(filters.controls(self))}

    def _show(self, pk: str) -> dict:
        row = self.row(pk)
        columns = sorted(self.shown_columns(), key=lambda name: (name in WIDE, name == "id"))
        return {
            "row": row,
            "cells": Cells(self, [row], columns),
            "wide": WIDE,
            "related": listing.related_to(row, self._related_views),
        }

    def _add(self) -> dict | None:
        form = self.add_form(data=None if request.method == "POST" else self._given())
        if request.method == "POST" and form.validate():
            try:
                g.made = self.create(self.data_of(form, "create"))
            except DomainError as refusal:
                flash(forms.show_refusal(self, form, refusal), "danger")
            else:
                flash(gettext("Saved"), "success")
                return None
        return {"form": form, "row": None}

    def _edit(self, pk: str) -> dict | None:
        row = self.row(pk)
        form = self.edit_form_of(row)
        if request.method == "POST" and form.validate():
            try:
                self.datamodel.call("update", row, **self.data_of(form, "update", row))
            except DomainError as refusal:
                flash(forms.show_refusal(self, form, refusal), "danger")
            else:
                g.changed = row
                saved = Markup('{}: <a href="{}">{}</a>')
                flash(saved.format(gettext("Saved"), way.to_row(self, row), self.heading(row)), "success")
                return None
        return {"form": form, "row": row}

    def post_add_redirect(self):
        return redirect(way.to_row(self, g.made))

    def post_edit_redirect(self):
        return redirect(way.after_edit(self, g.changed))

    @expose("/export/<string:kind>", methods=["GET"])
    @has_access
    def export(self, kind: str):
        """The filtered list as a file."""
        if kind not in tables.KINDS:
            abort(404)
        filters.read(self, self._filters)
        return export.answer(self, self._filters, kind)

    # --- what a subclass may change ---------------------------------------------------------------------------------

    def title_of(self, name: str) -> str:
        """What a datum is called that a refusal names as REST does; "" where no screen has a word for it."""
        column = to_snake(name)
        return str(self.label_columns.get(column) or labels.COLUMNS.get(column, ""))

    def create(self, data: dict):
        return self.datamodel.call("create", **data)

    def data_of(self, form, verb: str, row=None) -> dict:
        return forms.data_of(form, f"{self.resource}.{verb}", row)

    def edit_form_of(self, row):
        return self.edit_form(obj=row)

    def listed_columns(self) -> list[str]:
        """The columns of the list and of files made of it."""
        return list(self.list_columns)

    def shown_columns(self) -> list[str]:
        """What the page of a row shows."""
        return list(self.show_columns)

    def heading(self, row) -> str:
        """What the page of a row is called."""
        return str(row)

    def value_of(self, row, column: str):
        """What a cell shows; a view may word what is stored for programs."""
        return getattr(row, column)

    def count(self, rows: list) -> dict[int, dict[str, object]]:
        """{row id: {column of `counted`: what its cell shows}} for these rows, by few statements."""
        return {}

    def search(self, text: str) -> list[ColumnElement[bool]]:
        """The conditions of which one is enough for a row to be found; what the person types is taken literally."""
        return [getattr(self.model, name).contains(text, autoescape=True) for name in self.search_text]

    def links_of(self, row) -> list[tuple[str, str, object]]:
        """Further pages of a row, as (address, icon, title), offered in its line of the list too."""
        return []

    # --- for the templates ------------------------------------------------------------------------------------------

    def can(self, method: str) -> bool:
        """Whether this method exists here and the actor may use it."""
        return method not in self.exclude_route_methods and g.actor.may(f"{self.resource}.{METHODS[method]}")

    def row(self, pk: str):
        """The row of this number, or 404 for what the actor may not see."""
        number = filters.whole_number(str(pk))
        row = self.datamodel.get(number) if number is not None else None
        if row is None:
            abort(404)
        return row

    def column_to(self, model: type) -> str | None:
        """The column by which rows here belong to a row of `model`, if there is one."""
        return next(
            (
                column.key
                for column in inspect(self.model).columns
                if any(key.column.table is inspect(model).local_table for key in column.foreign_keys)
            ),
            None,
        )

    def belonging_to(self, row) -> ColumnElement[bool]:
        """The condition for the rows here that belong to a row of another table."""
        longer_way = self.related_by.get(type(row))
        return longer_way(row) if longer_way else getattr(self.model, self.column_to(type(row))) == row.id

    def _given(self) -> dict:
        """What an empty form begins with: the usual, and what its address says, e.g. the dictionary of a new item."""
        return self.beginning | {
            name: number
            for name in self.add_columns
            if (number := filters.whole_number(request.args.get(name, ""))) is not None
        }

    def _sortable(self) -> list[str]:
        columns = inspect(self.model).columns
        return [
            name
            for name in self.list_columns
            if name in columns
            and name not in self.formatters
            and not columns[name].foreign_keys
            and type(columns[name].type).__name__ != "JSON"
        ]
