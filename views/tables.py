"""Tables as files: CSV that flows while the client reads, Excel built first; no cell runs as a formula."""

import csv
import io
import tempfile
from collections.abc import Iterable, Iterator, Sequence

import xlsxwriter
from flask import Response, send_file

from app.errors import Invalid
from models.types import utcnow
from services.spreadsheets import harmless

KINDS = ("csv", "xlsx")
#: characters that a cell of Excel holds
MOST_CHARS = 32_000

Page = Iterable[Sequence[str]]


def answer(name: str, kind: str, titles: Sequence[str], pages: Iterable[Page]) -> Response:
    """The rows of all pages as a file of this kind; `name` without its ending. Raises Invalid for another kind."""
    if kind not in KINDS:
        raise Invalid("The request is not valid", fields={"format": "unknown"})
    name = f"{name}-{utcnow():%Y%m%d-%H%M%S}.{kind}"
    if kind == "xlsx":
        return send_file(_workbook(titles, pages), as_attachment=True, download_name=name)
    return Response(
        _csv(titles, pages),
        mimetype="text/csv; charset=utf-8",
        headers={"Content-Disposition": f"attachment; filename={name}", "Cache-Control": "no-store"},
    )


def _csv(titles: Sequence[str], pages: Iterable[Page]) -> Iterator[str]:
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    buffer.write("\ufeff")  # spreadsheets take the file for UTF-8 only with this mark
    writer.writerow(map(harmless, titles))
    for page in pages:
        writer.writerows([harmless(text) for text in row] for row in page)
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
    yield buffer.getvalue()


def _workbook(titles: Sequence[str], pages: Iterable[Page]) -> tempfile.SpooledTemporaryFile:
    file = tempfile.SpooledTemporaryFile(max_size=4_000_000)  # noqa: SIM115  send_file closes it
    with xlsxwriter.Workbook(file, {"constant_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.freeze_panes(1, 0)
        for column, title in enumerate(titles):
            sheet.write_string(0, column, harmless(title), book.add_format({"bold": True}))
        for number, row in enumerate((row for page in pages for row in page), start=1):
            for column, text in enumerate(row):
                sheet.write_string(number, column, harmless(text)[:MOST_CHARS])
    file.seek(0)
    return file
