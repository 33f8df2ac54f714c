"""PDF files as Markdown: the words, with headings guessed from the size of the letters; what cannot be read is said."""

import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import pypdf
from pypdf.errors import PyPdfError

from app.errors import Invalid, Reason, TooLarge
from services.documents.found import Document

MOST_PAGES = 1_000
#: letters so much larger than those of the text are a heading, if the line is short
_LARGER, _HEADING_CHARS = 1.12, 60
_LEVELS = 3
#: a line that stands at the top or foot of so many pages is of the page, not of the text
_REPEATED, _REPEATED_PAGES = 0.5, 2
#: a line as full as this goes on in the next one
_FULL = 0.82
_ENDS = tuple("。！？；：.!?;:”」）…")
_CHAPTER = re.compile(
    r"(第[一二三四五六七八九十百\d]{1,4}[章节篇部]|\d{1,2}(\.\d{1,2}){1,2}\s+\D|[一二三四五六七八九十]{1,3}、)"
)
_POINT = re.compile(r"[•●▪■◆◦·○–-]\s*(?=\S)")
_NUMBER = re.compile(r"(\d{1,3})[.)、）]\s*(?=\S)")
_PAGE_NUMBER = re.compile(
    r"[-—–\s]*(第?\s*\d{1,4}\s*(页|/\s*\d{1,4})?|page\s*\d{1,4}(\s*of\s*\d{1,4})?)[-—–\s]*", re.IGNORECASE
)
#: signs that fonts without names for their letters leave behind
_UNREADABLE = re.compile(r"[\ufffd\ue000-\uf8ff\x00-\x08\x0b\x0c\x0e-\x1f]")
#: pypdf has no error of its own for most of what may be wrong inside a file
_BROKEN = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
)


@dataclass
class _Line:
    """A line of a page, and how large its letters are."""

    text: str
    size: float

    @property
    def width(self) -> float:
        return sum(2 if character > "\u2e7f" else 1 for character in self.text)


def read_pdf(data: bytes, place: str, name: str) -> Document:
    """A .pdf file. Raises Invalid when nothing in it can be read, TooLarge."""
    try:
        reader = pypdf.PdfReader(io.BytesIO(data))
        if reader.is_encrypted and not reader.decrypt(""):
            raise Invalid("The file is protected by a password")
        count = len(reader.pages)
        if count > MOST_PAGES:
            raise TooLarge("The document has too many pages", limit=MOST_PAGES)
        read = [_lines(page) for page in reader.pages]
        title = str((reader.metadata or {}).get("/Title") or "").strip()
    except (PyPdfError, *_BROKEN) as error:
        raise Invalid("The document cannot be read") from error
    document = Document(place, "", "")
    document.remarks = list(_remarks(read))
    lines = [line for page in _without_frames([lines for lines, _ in read]) for line in page]
    if not lines:
        is_scanned = any(has_pictures for _, has_pictures in read)
        raise Invalid(
            "The pages are pictures: no text can be read" if is_scanned else "No text was found in the document"
        )
    document.body, first = _markdown(lines)
    document.title = first or _usable(title) or name.rsplit(".", 1)[0]
    return document


def _lines(page) -> tuple[list[_Line], bool]:
    """The lines of a page, and whether it has pictures."""
    lines: list[_Line] = []
    pieces: list[str] = []
    largest = 0.0

    def end_line() -> None:
        nonlocal largest
        text = " ".join("".join(pieces).split())
        if text:
            lines.append(_Line(text, round(largest, 1)))
        pieces.clear()
        largest = 0.0

    def visit(text: str, matrix, text_matrix, font, size) -> None:
        nonlocal largest
        scale = abs(text_matrix[3] * matrix[3]) or abs(text_matrix[1] * matrix[2]) or 1.0
        for number, part in enumerate(text.split("\n")):
            if number:
                end_line()
            if part.strip():
                largest = max(largest, size * scale)
            pieces.append(part)

    page.extract_text(visitor_text=visit)
    end_line()
    return lines, _has_pictures(page)


def _has_pictures(page) -> bool:
    resources = page.get("/Resources")
    drawn = resources.get_object().get("/XObject") if resources is not None else None
    if drawn is None:
        return False
    return any(each.get_object().get("/Subtype") == "/Image" for each in drawn.get_object().values())


def _remarks(read: list[tuple[list[_Line], bool]]) -> Iterator[Reason]:
    """What of the document could not be read."""
    scanned = [number for number, (lines, has_pictures) in enumerate(read, start=1) if has_pictures and not lines]
    if scanned:
        yield Reason("These pages are pictures whose words cannot be read: %(pages)s", pages=_listed(scanned))
    strange = [
        number
        for number, (lines, _) in enumerate(read, start=1)
        if sum(len(_UNREADABLE.findall(line.text)) for line in lines) > 0.02 * sum(len(line.text) for line in lines)
    ]
    if strange:
        yield Reason("These pages have signs that cannot be read: %(pages)s", pages=_listed(strange))
    pictured = [number for number, (lines, has_pictures) in enumerate(read, start=1) if has_pictures and lines]
    if pictured:
        yield Reason("The pictures of these pages are left out: %(pages)s", pages=_listed(pictured))


def _listed(numbers: list[int]) -> str:
    """1, 2, 3, 7 → "1–3, 7"."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    shown = ", ".join(f"{first}–{last}" if first < last else str(first) for first, last in runs[:20])
    return f"{shown} …" if len(runs) > 20 else shown


def _without_frames(pages: list[list[_Line]]) -> list[list[_Line]]:
    """The pages without their numbers and without what stands at the top or foot of most of them."""
    usual = _usual(line for lines in pages for line in lines)
    pages = [[line for number, line in enumerate(lines) if not _is_number(lines, number)] for lines in pages]
    edges = Counter(
        text for lines in pages for text in {_edge(lines[number], usual) for number in _edges(lines, usual)}
    )
    most = max(_REPEATED_PAGES, _REPEATED * len(pages))
    return [
        [
            line
            for number, line in enumerate(lines)
            if number not in _edges(lines, usual) or edges[_edge(line, usual)] < most
        ]
        for lines in pages
    ]


def _is_number(lines: list[_Line], number: int) -> bool:
    return (number < 2 or number >= len(lines) - 2) and bool(_PAGE_NUMBER.fullmatch(lines[number].text))


def _edges(lines: list[_Line], usual: float) -> set[int]:
    """Which lines may be of the page: the first and the last; the next to them when their letters are small."""
    last = len(lines) - 1
    near = {number for number in (1, last - 1) if 0 < number < last and lines[number].size < usual}
    return near | ({0, last} if lines else set())


def _edge(line: _Line, usual: float) -> str:
    # a header may count the pages; chapters that count themselves are larger
    return re.sub(r"\d+", "0", line.text) if line.size <= usual else line.text


def _usual(lines: Iterable[_Line]) -> float:
    """How large most letters are."""
    sizes = Counter()
    for line in lines:
        sizes[line.size] += len(line.text)
    return (sizes.most_common(1) or [(1.0, 0)])[0][0] or 1.0


def _markdown(lines: list[_Line]) -> tuple[str, str]:
    """(text, title): paragraphs put together again, headings by size; a heading that stands first is the title."""
    usual = _usual(lines)
    large = sorted({line.size for line in lines if _is_heading(line, usual)}, reverse=True)
    levels = {size: min(number, _LEVELS) for number, size in enumerate(large, start=1)}
    widest = max(line.width for line in lines)
    blocks: list[str] = []
    goes_on = False
    for line in lines:
        text = _UNREADABLE.sub("", line.text).strip()
        if not text:
            continue
        level = levels.get(line.size, 0) if _is_heading(line, usual) else 0
        if not level and _CHAPTER.match(text) and line.width <= _HEADING_CHARS / 2 and not text.endswith(_ENDS):
            level = len(set(levels.values())) + 1 if len(set(levels.values())) < _LEVELS else _LEVELS
        point, number = _POINT.match(text), _NUMBER.match(text)
        if level:
            blocks.append(f"{'#' * level} {_escaped(text)}")
        elif point or number:
            mark, words = ("-", text[point.end() :]) if point else (f"{number[1]}.", text[number.end() :])
            blocks.append(f"{mark} {_escaped(words)}")
        elif goes_on:
            blocks[-1] = _joined(blocks[-1], _escaped(text))
        else:
            blocks.append(_escaped(text))
        goes_on = (
            not level and line.width >= _FULL * widest and not (text.endswith(_ENDS) and line.width < 0.97 * widest)
        )
    first = blocks[0].lstrip("# ") if blocks and blocks[0].startswith("#") else ""
    return _put_together(blocks[1:] if first else blocks), first.replace("\\", "")


def _is_heading(line: _Line, usual: float) -> bool:
    return line.size >= _LARGER * usual and line.width <= _HEADING_CHARS and not line.text.endswith(tuple("。；，,;"))


def _joined(before: str, after: str) -> str:
    """Chinese goes on without a space; a word that was broken at the end of the line is one word again."""
    if before.endswith("-") and after[:1].islower():
        return before[:-1] + after
    is_chinese = before[-1:] > "\u2e7f" or after[:1] > "\u2e7f"
    return before + after if is_chinese else f"{before} {after}"


def _put_together(blocks: list[str]) -> str:
    text = ""
    for before, block in zip(["", *blocks], blocks, strict=False):
        in_list = all(re.match(r"(-|\d+\.) ", each) for each in (before, block))
        text += ("\n" if in_list else "\n\n" if text else "") + block
    return text


def _escaped(text: str) -> str:
    """What Markdown would take for more than characters."""
    text = re.sub(r"([\\`*\[\]<])|(?<!\w)(_)|(_)(?!\w)", r"\\\g<0>", text)
    return re.sub(r"^(#{1,6}(?=\s|$)|[-+>=~|])", r"\\\1", text)


def _usable(title: str) -> str:
    """What programs write as a title when they know none is none."""
    return (
        ""
        if re.search(r"(?i)\.(docx?|pdf|wps|indd)$|^(microsoft word|untitled|无标题|anonymous)", title)
        else title[:255]
    )
