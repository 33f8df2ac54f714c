"""One page of rows: below the filters of a list, below the values of another row."""

from dataclasses import dataclass, field

from flask import g, request
from flask_appbuilder.models.filters import Filters

from views.admin import filters
from views.admin.cells import Cells
from views.admin.rows import COUNT_LIMIT

PAGE_SIZES = (20, 50, 100)


@dataclass
class Listing:
    """One page of rows with what its table needs."""

    cells: Cells
    columns: list[str]
    count: int
    page: int
    size: int
    order: tuple[str, str]
    #: keeps several tables of one page apart in its address
    prefix: str = ""
    #: whether these are deleted rows
    deleted: bool = False
    #: the columns that a narrow screen shows below the title
    key_columns: list[str] = field(default_factory=list)

    @property
    def pages(self) -> int:
        return max(1, -(-min(self.count, COUNT_LIMIT) // self.size))

    @property
    def more_than(self) -> int | None:
        """Set when there are more rows than are counted."""
        return COUNT_LIMIT if self.count > COUNT_LIMIT else None


def page_of(view, active: Filters, *, prefix: str = "", columns: list[str] | None = None) -> Listing:
    """The page of the view's rows that the address asks for, of those that fit."""
    columns = list(columns or view.listed_columns())
    page = max(0, (filters.whole_number(request.args.get(f"{prefix}page", "1")) or 1) - 1)
    size = filters.whole_number(request.args.get(f"{prefix}size", "")) or view.page_size
    size = size if size in PAGE_SIZES else view.page_size
    order = _order(view, request.args.get(f"{prefix}sort", ""), view.related_order if prefix else None)
    # beyond the last page the pages end; without a bound the number would overflow the database's
    count, rows = view.datamodel.query(active, *order, page=min(page, COUNT_LIMIT // size), page_size=size)
    return Listing(
        Cells(view, rows, columns),
        columns,
        count,
        page + 1,
        size,
        order,
        prefix,
        deleted=not prefix and filters.wants_deleted(view),
        key_columns=_key_columns(view, columns, below_a_row=bool(prefix)),
    )


def related_to(row, views: list) -> list[tuple[object, Listing]]:
    """The tables below a row, of views the actor may read."""
    found = []
    for view in views:
        if not g.actor.may(f"{view.resource}.read"):
            continue
        active = view.datamodel.get_filters().add_filter("", filters.Related, row)
        # the column that says whose they are would be the same in every line
        columns = [name for name in view.related_columns or view.list_columns if name != view.column_to(type(row))]
        found.append((view, page_of(view, active, prefix=f"{view.resource}_", columns=columns)))
    return found


def _key_columns(view, columns: list[str], below_a_row: bool) -> list[str]:
    """What a narrow screen shows: the view's choice, else the first ones after the title."""
    chosen = () if below_a_row and view.related_columns else view.key_columns
    return [name for name in chosen if name in columns[1:]] or columns[1:4]


def _order(view, wanted: str, otherwise: tuple[str, str] | None) -> tuple[str, str]:
    name = wanted.removeprefix("-")
    if name not in view.order_columns:
        return otherwise or view.base_order
    return name, "desc" if wanted.startswith("-") else "asc"
