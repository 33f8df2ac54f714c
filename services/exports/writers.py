"""Talks into files: CSV and Excel. All run in native threads, a few conversations at a time."""

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Protocol

import xlsxwriter

from models.exports import ExportContent, ExportFormat
from services.exports.pdf import PdfTable, PdfTranscript
from services.exports.talks import Head, Talk
from services.spreadsheets import harmless

#: of a message's own columns stand before it: number, customer, agent
WHOSE = 3
#: what a cell of Excel holds, and a sheet of it
CELL_CHARS, SHEET_ROWS = 32_000, 1_000_000
WIDEST = 60


class Writer(Protocol):
    """Made with the file's path and its head; `add` any number of times, then `close`."""

    def add(self, talks: Iterable[Talk]) -> None: ...

    def close(self) -> None: ...


def writer_for(path: Path, format_: ExportFormat, content: ExportContent, head: Head) -> Writer:
    if format_ is ExportFormat.pdf:
        return (PdfTranscript if content is ExportContent.messages else PdfTable)(path, head)
    rows = _TalkRows(head, content)
    return (CsvWriter if format_ is ExportFormat.csv else XlsxWriter)(path, rows)


class _TalkRows:
    """Talks as rows of a table: a line for each, or for each of its messages."""

    def __init__(self, head: Head, content: ExportContent):
        self._with_messages = content is ExportContent.messages
        titles = (*head.facts[:WHOSE], *head.said) if self._with_messages else head.facts
        # fields of their own people name as they like
        self.titles = tuple(map(harmless, titles))

    def of(self, talks: Iterable[Talk]) -> Iterator[tuple[str, ...]]:
        for talk in talks:
            if not self._with_messages:
                yield tuple(map(harmless, talk.facts))
            for said in talk.said:
                yield tuple(map(harmless, (*talk.facts[:WHOSE], said.time, said.who, said.role, said.kind, said.text)))


class CsvWriter:
    """UTF-8 with the mark by which spreadsheets know it."""

    def __init__(self, path: Path, rows: _TalkRows):
        self._rows = rows
        self._file = path.open("w", encoding="utf-8-sig", newline="")
        self._csv = csv.writer(self._file)
        self._csv.writerow(rows.titles)

    def add(self, talks: Iterable[Talk]) -> None:
        self._csv.writerows(self._rows.of(talks))

    def close(self) -> None:
        self._file.close()


class XlsxWriter:
    """A workbook that is written row by row; another sheet begins where one is full."""

    def __init__(self, path: Path, rows: _TalkRows):
        self._rows = rows
        self._book = xlsxwriter.Workbook(str(path), {"constant_memory": True})
        self._bold = self._book.add_format({"bold": True, "bg_color": "#F1EFEA", "bottom": 1})
        self._begin_sheet()

    def add(self, talks: Iterable[Talk]) -> None:
        for row in self._rows.of(talks):
            if self._line == SHEET_ROWS:
                self._begin_sheet()
            for column, text in enumerate(row):
                self._sheet.write_string(self._line, column, text[:CELL_CHARS])
            self._line += 1

    def close(self) -> None:
        self._book.close()

    def _begin_sheet(self) -> None:
        self._sheet = self._book.add_worksheet()
        self._sheet.freeze_panes(1, 0)
        last = len(self._rows.titles) - 1
        for column, title in enumerate(self._rows.titles):
            self._sheet.set_column(column, column, WIDEST if column == last else 20)
            self._sheet.write_string(0, column, title, self._bold)
        self._line = 1
