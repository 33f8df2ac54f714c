"""Tables of questions and answers: CSV, Excel and JSON lines, row by row, so that one bad row spoils no other."""

import csv
import io
import json
from collections.abc import Iterator

from app.errors import Invalid, Reason, TooLarge
from services.documents.columns import FIELD_OF
from services.documents.found import Found, Heading, Line, Problem
from services.identity.tables import decoded, read_sheets, text_of

#: a text in a cell may be as long as an article may be
LONGEST_CELL = 200_000
MOST_COLUMNS = 50


def read_rows(data: bytes, name: str, most_rows: int) -> Iterator[Found]:
    """A heading, then a line or a problem for each row. Raises Invalid, TooLarge for the file as a whole."""
    ending = name.rsplit(".", 1)[-1].lower()
    if ending == "xlsx":
        read = _from_sheets(data, name, most_rows)
    elif ending in ("jsonl", "ndjson", "json"):
        read = _from_json(decoded(data), name)
    else:
        read = _from_csv(decoded(data), name)
    count = 0
    for found in read:
        count += isinstance(found, Line | Problem)
        if count > most_rows:
            raise TooLarge("The table has too many rows", limit=most_rows)
        yield found


def _from_csv(text: str, name: str) -> Iterator[Found]:
    csv.field_size_limit(LONGEST_CELL)
    first = text.split("\n", 1)[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=first.count))
    try:
        columns = _columns(next(reader, []))
    except csv.Error as error:
        raise Invalid(Reason("Not CSV: %(reason)s", reason=str(error))) from None
    yield Heading(columns)
    while True:
        place = f"{name}:{reader.line_num + 1}"
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Problem(place, Reason("Not CSV: %(reason)s", reason=str(error)))
            continue
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(columns):
            yield Problem(place, Reason("%(found)s cells instead of %(wanted)s", found=len(cells), wanted=len(columns)))
        else:
            yield Line(place, [cell.replace("\x00", "") for cell in cells])


def _from_sheets(data: bytes, name: str, most_rows: int) -> Iterator[Found]:
    columns: list[str] = []
    for sheet, lines in read_sheets(data, most_rows=most_rows + 1):
        filled = [
            (number, cells) for number, cells in enumerate(lines, start=1) if any(_is_filled(cell) for cell in cells)
        ]
        if not filled:
            continue
        heading = _columns([text_of(cell, LONGEST_CELL) for cell in _trimmed(filled[0][1])])
        if not columns:
            columns = heading
            yield Heading(columns)
        elif heading != columns:
            yield Problem(f"{name} {sheet}", Reason("This sheet has other columns than the first and is left out"))
            continue
        for number, cells in filled[1:]:
            yield _sheet_line(f"{name} {sheet}:{number}", cells, len(columns))
    if not columns:
        raise Invalid("The file is empty", fields={"file": "empty"})


def _sheet_line(place: str, cells: tuple, wanted: int) -> Found:
    try:
        texts = [text_of(cell, LONGEST_CELL).replace("_x000D_", "") for cell in _trimmed(cells)]
    except Invalid as error:
        return Problem(place, Reason(error.message))
    if len(texts) > wanted:
        return Problem(place, Reason("%(found)s cells instead of %(wanted)s", found=len(texts), wanted=wanted))
    return Line(place, [*texts, *[""] * (wanted - len(texts))])


def _from_json(text: str, name: str) -> Iterator[Found]:
    rows: list[tuple[str, dict | Reason]] = []
    columns: dict[str, None] = {}
    called: dict[str, str] = {}
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            row = _json_row(line, called)
            rows.append((f"{name}:{number}", row))
            columns |= dict.fromkeys(row if isinstance(row, dict) else ())
    yield Heading(_columns(list(columns)))
    for place, row in rows:
        yield Problem(place, row) if isinstance(row, Reason) else Line(place, [row.get(column) for column in columns])


def _json_row(line: str, called: dict[str, str]) -> dict | Reason:
    """One line. `called` is what each known field is called first: other rows may use another of its names."""
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        return Reason("Not JSON: %(reason)s", reason=str(error)[:200])
    if not isinstance(row, dict):
        return Reason("Not a JSON object")
    values: dict[str, object] = {}
    for name, value in row.items():
        field = FIELD_OF.get(name.strip().lower())
        values.setdefault(called.setdefault(field, name) if field else name[:200], value)
    return values


def _columns(names: list[str]) -> list[str]:
    columns = [" ".join(name.split())[:200] for name in names]
    if not any(columns):
        raise Invalid("The file is empty", fields={"file": "empty"})
    if len(columns) > MOST_COLUMNS:
        raise Invalid(
            "The table has too many columns", fields={"file": Reason("at most %(number)s columns", number=MOST_COLUMNS)}
        )
    return columns


def _trimmed(cells: tuple) -> tuple:
    end = len(cells)
    while end and not _is_filled(cells[end - 1]):
        end -= 1
    return cells[:end]


def _is_filled(cell: object) -> bool:
    return cell is not None and str(cell).strip() != ""
