"""Tables from strangers: CSV (UTF-8 or GBK) and XLSX read into rows of text, with limits on all that could burst."""

import csv
import io
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from app.errors import Invalid, Reason, TooLarge

MOST_BYTES = 5 * 1024 * 1024
MOST_ROWS = 5_000
MOST_COLUMNS = 50
MOST_CELL = 1_000
#: an XLSX is an archive: what it may hold once unpacked, and how much a part may have been squeezed
MOST_UNPACKED = 64 * 1024 * 1024
MOST_PARTS = 500
MOST_RATIO = 200


#: openpyxl has no error of its own for most of what may be wrong inside a file
_BROKEN = (
    InvalidFileException,
    zipfile.BadZipFile,
    zlib.error,
    KeyError,
    ValueError,
    IndexError,
    TypeError,
    AttributeError,
    SyntaxError,
    OSError,
    EOFError,
    NotImplementedError,
)


@dataclass(frozen=True)
class Row:
    """One line below the heading; `number` as a spreadsheet counts."""

    number: int
    cells: tuple[str, ...]


def read_table(name: str, data: bytes) -> tuple[tuple[str, ...], list[Row]]:
    """(heading, rows) of a CSV or XLSX file. Empty lines are left out. Raises Invalid, TooLarge.

    Takes CPU: call it through `offload`.
    """
    if len(data) > MOST_BYTES:
        raise TooLarge("The file is too large", limit=MOST_BYTES)
    lines = _read_xlsx(data) if name.lower().endswith(".xlsx") or data.startswith(b"PK\x03\x04") else _read_csv(data)
    filled = [Row(number, cells) for number, cells in lines if any(cells)]
    if not filled:
        raise Invalid("The file is empty", fields={"file": "empty"})
    heading, *rows = filled
    if len(rows) > MOST_ROWS:
        raise TooLarge("The table has too many rows", limit=MOST_ROWS)
    return heading.cells, rows


def _read_csv(data: bytes) -> list[tuple[int, tuple[str, ...]]]:
    if b"\x00" in data:
        raise Invalid("The content is not what the file's ending says", fields={"file": "content"})
    text = decoded(data)
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    lines = []
    try:
        for cells in reader:
            lines.append((reader.line_num, _cells(cells)))
            if len(lines) > 2 * MOST_ROWS:
                raise TooLarge("The table has too many rows", limit=MOST_ROWS)
    except csv.Error:
        where = Reason("line %(number)s", number=reader.line_num)
        raise Invalid("The table cannot be read", fields={"file": where}) from None
    return lines


def decoded(data: bytes) -> str:
    """Text of a file as it comes from Chinese and other systems. Raises Invalid."""
    # GB18030 contains GBK, which Excel writes on Chinese systems
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Invalid("The text is neither UTF-8 nor GBK", fields={"file": "encoding"})


def _read_xlsx(data: bytes) -> list[tuple[int, tuple[str, ...]]]:
    first = next(read_sheets(data, most_rows=2 * MOST_ROWS), None)
    if first is None:
        raise Invalid("The table cannot be read", fields={"file": "not an XLSX file"})
    _, lines = first
    return [(number, _cells(cells)) for number, cells in enumerate(lines, start=1)]


def read_sheets(data: bytes, *, most_rows: int) -> Iterator[tuple[str, list[tuple]]]:
    """(name, rows of plain values) of each sheet of a workbook. Raises Invalid, TooLarge."""
    _refuse_bomb(data)
    try:
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
        for sheet in book.worksheets:
            # the sheet says itself how large it is, and may lie
            sheet.reset_dimensions()
            lines = list(sheet.iter_rows(max_row=most_rows + 1, max_col=MOST_COLUMNS, values_only=True))
            if len(lines) > most_rows:
                raise TooLarge("The table has too many rows", limit=most_rows)
            yield sheet.title, lines
        book.close()
    except _BROKEN:
        raise Invalid("The table cannot be read", fields={"file": "not an XLSX file"}) from None


def _refuse_bomb(data: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError):
        raise Invalid("The table cannot be read", fields={"file": "not an XLSX file"}) from None
    unpacked = sum(part.file_size for part in parts)
    squeezed = any(part.file_size > MOST_RATIO * max(part.compress_size, 1) for part in parts)
    if unpacked > MOST_UNPACKED or len(parts) > MOST_PARTS or squeezed:
        raise TooLarge("The file is too large once unpacked", limit=MOST_UNPACKED)


def _cells(values) -> tuple[str, ...]:
    cells = [text_of(value) for value in values]
    while cells and not cells[-1]:
        cells.pop()
    if len(cells) > MOST_COLUMNS:
        raise Invalid(
            "The table has too many columns", fields={"file": Reason("at most %(number)s columns", number=MOST_COLUMNS)}
        )
    return tuple(cells)


def text_of(value: object, most: int = MOST_CELL) -> str:
    """What stands in a cell. Raises Invalid when it is too long."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # spreadsheets keep phone numbers as numbers
    text = str(value).strip()
    if len(text) > most:
        raise Invalid(
            "A cell holds too much text", fields={"file": Reason("at most %(number)s characters", number=most)}
        )
    return text
