"""The filtered list as a file: only visible rows and columns, formulas made harmless, written down in the log."""

import csv
import io
import tempfile
import time
from collections.abc import Iterator

import xlsxwriter
from flask import Response, flash, g, redirect, send_file, stream_with_context
from flask_babel import gettext

from app.extensions import db
from models import audit
from models.base import bind
from models.types import utcnow
from services.operation import run
from services.spreadsheets import harmless
from views.admin.cells import Cells

KINDS = ("csv", "xlsx")
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
    name = f"{view.resource}-{utcnow():%Y%m%d-%H%M%S}.{kind}"
    if kind == "xlsx":
        return send_file(_workbook(view, active), as_attachment=True, download_name=name)
    return Response(
        stream_with_context(_flowing(view, active)),
        mimetype="text/csv; charset=utf-8",
        headers={"Content-Disposition": f"attachment; filename={name}", "Cache-Control": "no-store"},
    )


def _pages(view, active) -> Iterator[list[list[str]]]:
    """Page by page the texts of the rows, newest first."""
    last_id = None
    while True:
        rows = view.datamodel.page_after(active, last_id, PAGE)
        if not rows:
            return
        cells = Cells(view, rows, view.list_columns)
        yield [[harmless(cells.text(row, column)) for column in view.list_columns] for row in rows]
        last_id = rows[-1].id
        db.session.rollback()  # neither snapshot nor rows are kept while the client reads
        time.sleep(0)  # others may run in between: cooperative servers switch only where somebody waits
        if len(rows) < PAGE:
            return


def _titles(view) -> list[str]:
    return [str(view.label_columns[column]) for column in view.list_columns]


def _flowing(view, active) -> Iterator[str]:
    """The file while the client reads; by then the request's own session is gone, so it takes one for itself."""
    bind(db.session(), g.actor)
    try:
        yield from _csv(view, active)
    finally:
        db.session.remove()


def _csv(view, active) -> Iterator[str]:
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    buffer.write("\ufeff")  # spreadsheets take the file for UTF-8 only with this mark
    writer.writerow(_titles(view))
    for page in _pages(view, active):
        writer.writerows(page)
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
    yield buffer.getvalue()


def _workbook(view, active) -> tempfile.SpooledTemporaryFile:
    file = tempfile.SpooledTemporaryFile(max_size=4_000_000)  # noqa: SIM115  send_file closes it
    with xlsxwriter.Workbook(file, {"constant_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.freeze_panes(1, 0)
        for column, title in enumerate(_titles(view)):
            sheet.write_string(0, column, title, book.add_format({"bold": True}))
        number = 0
        for page in _pages(view, active):
            for row in page:
                number += 1
                for column, text in enumerate(row):
                    sheet.write_string(number, column, text[:32_000])
    file.seek(0)
    return file
