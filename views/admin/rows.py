"""The rows of a screen: only what the actor may see, changed only through operations."""

from flask import g
from flask_appbuilder.models.filters import Filters
from flask_appbuilder.models.sqla.interface import SQLAInterface
from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from services.operation import OPERATIONS
from views.admin import filters

#: lists count no further: a log of millions must not make the page wait
COUNT_LIMIT = 10_000


class Rows(SQLAInterface):
    """FAB's access to one table, narrowed to `visible_to(g.actor)` in one place for list, show, search and actions.

    The view says the rest: `narrow(actor)`, a further condition for tables whose model knows no owner of its own;
    `eager`, relations that cells show, loaded with a page instead of row by row.
    """

    filter_converter_class = filters.Converter

    def __init__(self, view):
        super().__init__(view.model)
        self.view = view
        self._narrow = type(view).narrow
        self._options = [selectinload(getattr(view.model, name)) for name in view.eager]

    def has(self, verb: str) -> bool:
        """Whether there is an operation of this name: what has none gets no button."""
        return f"{self.view.resource}.{verb}" in OPERATIONS

    def call(self, verb: str, *rows, **data):
        """Create, update or delete by the operation, whose right, transaction and log are the same as REST's."""
        return OPERATIONS[f"{self.view.resource}.{verb}"].call(g.actor, *rows, **data)

    def apply_filters(self, query, filters: Filters | None):
        query = super().apply_filters(query, filters).filter(self.obj.visible_to(g.actor)).options(*self._options)
        return query.filter(self._narrow(g.actor)) if self._narrow else query

    def query_count(self, query, filters: Filters | None = None, select_columns: list[str] | None = None) -> int:
        few = self.apply_filters(query, filters).with_entities(self.obj.id).limit(COUNT_LIMIT + 1)
        counted = select(func.count()).select_from(few.subquery())
        return self.session.scalar(counted, execution_options=few.get_execution_options())

    def page_after(self, active: Filters, last_id: int | None, size: int) -> list:
        """The next rows of an export, newest first; by key, so that late pages cost no more than early ones."""
        query = self.apply_filters(self.session.query(self.obj), active)
        if last_id is not None:
            query = query.filter(self.obj.id < last_id)
        return query.order_by(self.obj.id.desc()).limit(size).all()

    def add(self, item, commit: bool = True):
        raise TypeError("rows are made by operations")

    def edit(self, item, commit: bool = True):
        raise TypeError("rows are changed by operations")

    def delete(self, item, commit: bool = True):
        raise TypeError("rows are deleted by operations")

    def delete_all(self, items: list):
        raise TypeError("rows are deleted by operations")
