"""The filtered list as a file: only visible rows and columns, formulas made harmless, written down in the log."""

import time
from collections.abc import Iterator

from flask import Response, flash, g, redirect, stream_with_context
from flask_babel import gettext

from app.extensions import db
from models import audit
from models.base import bind
from services.operation import run
from views import tables
from views.admin.cells import Cells

PAGE = 500
#: a workbook is built before it is sent; a CSV flows and has no limit
WORKBOOK_ROWS = 50_000


def answer(view, active, kind: str) -> Response:
    """The file of this kind for the rows that fit the active filters."""
    if kind == "xlsx" and view.datamodel.query_count(db.session.query(view.model), active) > WORKBOOK_ROWS:
        flash(gettext("Too many rows for Excel: narrow the list or take CSV"), "danger")
        return redirect(f"{view.route_base}/list/")
    wanted = [f"{flt.column_name} {flt.name}: {value}" for flt, value in active.get_filters_values()]
    run(
        g.actor,
        f"{view.resource}.export",
        lambda: audit.record(db.session, f"{view.resource}.export", note="; ".join([kind, *wanted])[:2000]),
    )
    titles = [str(view.label_columns[column]) for column in view.listed_columns()]
    pages = _pages(view, active) if kind == "xlsx" else stream_with_context(_flowing(view, active))
    return tables.answer(view.resource, kind, titles, pages)


def _pages(view, active) -> Iterator[list[list[str]]]:
    """Page by page the texts of the rows, newest first."""
    last_id, columns = None, view.listed_columns()
    while True:
        rows = view.datamodel.page_after(active, last_id, PAGE)
        if not rows:
            return
        cells = Cells(view, rows, columns)
        yield [[cells.text(row, column) for column in columns] for row in rows]
        last_id = rows[-1].id
        db.session.rollback()  # neither snapshot nor rows are kept while the client reads
        time.sleep(0)  # others may run in between: cooperative servers switch only where somebody waits
        if len(rows) < PAGE:
            return


def _flowing(view, active) -> Iterator[list[list[str]]]:
    """The same while the client reads; by then the request's own session is gone, so it takes one for itself."""
    bind(db.session(), g.actor)
    try:
        yield from _pages(view, active)
    finally:
        db.session.remove()
