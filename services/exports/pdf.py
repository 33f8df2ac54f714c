"""Talks as PDF: a table of conversations on wide pages, or what was said in them to be read."""

from collections.abc import Iterable
from pathlib import Path

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4, landscape
from reportlab.pdfgen.canvas import Canvas

from services.exports.lettering import clipped, draw, lines_of, width_of
from services.exports.talks import Head, Said, Talk

MARGIN, FOOT = 42, 30
TITLE, HEADING, TEXT, SMALL = 16, 11.5, 9.5, 7.5
LEADING = 1.45
INK, QUIET, LINE, SHADE = HexColor("#24221f"), HexColor("#68635a"), HexColor("#d3cec4"), HexColor("#f1efea")
TONES = {
    "customer": HexColor("#2b659f"),
    "agent": HexColor("#0c6b70"),
    "note": HexColor("#9a5b00"),
    "system": QUIET,
}


class _Pages:
    """A canvas with a place on it where the next line goes, and a new page when there is none."""

    def __init__(self, path: Path, head: Head, size: tuple[float, float]):
        self.head, (self.width, self.height) = head, size
        self.canvas = Canvas(str(path), pagesize=size, pageCompression=1)
        self.canvas.setTitle(head.title)
        self.canvas.setAuthor(head.lines[0] if head.lines else "")
        self.inner = self.width - 2 * MARGIN
        self.y = self.height - MARGIN
        self._begun = True
        self._line(head.title, TITLE, INK)
        for line in head.lines:
            self._paragraph(line, SMALL, QUIET)
        self.y -= 8

    def close(self) -> None:
        self._end_page()
        self.canvas.save()

    def room_for(self, height: float) -> bool:
        return self.y - height >= MARGIN + FOOT - 12

    def new_page(self) -> None:
        self._end_page()
        self.y = self.height - MARGIN

    def _end_page(self) -> None:
        number = self.head.page.format(number=self.canvas.getPageNumber())
        self.canvas.setFillColor(QUIET)
        draw(self.canvas, self.width - MARGIN - width_of(number, SMALL), MARGIN - 14, number, SMALL)
        draw(self.canvas, MARGIN, MARGIN - 14, clipped(self.head.title, SMALL, self.inner / 2), SMALL)
        self.canvas.showPage()

    def _line(self, text: str, size: float, colour, x: float = MARGIN) -> None:
        if not self.room_for(size * LEADING):
            self.new_page()
        self.y -= size * LEADING
        self.canvas.setFillColor(colour)
        draw(self.canvas, x, self.y, text, size)

    def _paragraph(self, text: str, size: float, colour, indent: float = 0) -> None:
        for line in lines_of(text, size, self.inner - indent):
            self._line(line, size, colour, MARGIN + indent)


class PdfTable(_Pages):
    """A row for each conversation; long values take several lines."""

    def __init__(self, path: Path, head: Head):
        super().__init__(path, head, landscape(A4))
        self._columns = [self.inner * share / sum(head.widths) for share in head.widths]
        self._titles()

    def add(self, talks: Iterable[Talk]) -> None:
        for talk in talks:
            self._row(talk.facts)

    def new_page(self) -> None:
        super().new_page()
        self._titles()

    def _titles(self) -> None:
        cells = self._cells(self.head.facts)
        height = max(map(len, cells)) * SMALL * LEADING + 6
        self.canvas.setFillColor(SHADE)
        self.canvas.rect(MARGIN, self.y - height, self.inner, height, stroke=0, fill=1)
        self._draw_cells(cells, height)

    def _row(self, facts: tuple[str, ...]) -> None:
        cells = self._cells(facts)
        height = max(map(len, cells)) * SMALL * LEADING + 6
        if not self.room_for(height):
            self.new_page()
        self._draw_cells(cells, height)

    def _cells(self, texts: tuple[str, ...]) -> list[list[str]]:
        """Each cell in lines; no row becomes higher than a third of the page."""
        most = int(self.height / 3 / (SMALL * LEADING))
        return [lines_of(text, SMALL, width - 8)[:most] for text, width in zip(texts, self._columns, strict=True)]

    def _draw_cells(self, cells: list[list[str]], height: float) -> None:
        self.canvas.setFillColor(INK)
        x = MARGIN
        for lines, width in zip(cells, self._columns, strict=True):
            for number, line in enumerate(lines, start=1):
                draw(self.canvas, x + 4, self.y - number * SMALL * LEADING, line, SMALL)
            x += width
        self.y -= height
        self.canvas.setStrokeColor(LINE)
        self.canvas.setLineWidth(0.5)
        self.canvas.line(MARGIN, self.y, MARGIN + self.inner, self.y)


class PdfTranscript(_Pages):
    """Each conversation under a heading with what is known of it, then every message with its time and sender."""

    def __init__(self, path: Path, head: Head):
        super().__init__(path, head, A4)

    def add(self, talks: Iterable[Talk]) -> None:
        for talk in talks:
            self._talk(talk)

    def _talk(self, talk: Talk) -> None:
        if not self.room_for(90):  # no heading at the foot of a page
            self.new_page()
        self.y -= 6
        self.canvas.setStrokeColor(LINE)
        self.canvas.line(MARGIN, self.y, MARGIN + self.inner, self.y)
        self._line(" · ".join(fact for fact in talk.facts[:2] if fact), HEADING, INK)
        known = (f"{title}: {fact}" for title, fact in zip(self.head.facts[2:], talk.facts[2:], strict=True) if fact)
        self._paragraph("   ".join(known), SMALL, QUIET)
        self.y -= 4
        for said in talk.said:
            self._said(said)
        self.y -= 10

    def _said(self, said: Said) -> None:
        if not self.room_for((SMALL + TEXT) * LEADING + 4):
            self.new_page()
        self.y -= 4
        who = "  ".join(part for part in (said.who, said.role if said.role != said.who else "", said.kind) if part)
        self._line(f"{who}   {said.time}", SMALL, TONES[said.tone])
        self._paragraph(said.text, TEXT, QUIET if said.tone == "system" else INK, indent=10)
