"""Markdown as text: headings, pictures and splitting, never inside code."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from services.documents.found import Document

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_HEADING = re.compile(r" {0,3}(#{1,6})(?:[ \t]|$)")
#: ![alt](address "title") and [text](address "title"); the address may stand in angle brackets. Every repetition ends
#: at what the next one begins with, or is short: hostile lines take no longer than others
_LINK = re.compile(
    r"(!?)\[((?:[^\[\]\\]|\\.)*)\]"
    r"\(\s{0,3}(?:<([^<>\n]*)>|([^\s()<>]*(?:\([^\s()<>]*\)[^\s()<>]*)*))(\s{1,3}\"[^\"]*\")?\s{0,3}\)"
)
_TICKS = re.compile(r"`+")
DEEPEST = 3


@dataclass
class _Part:
    """What stands below one heading."""

    title: str
    level: int
    lines: list[str]
    #: the titles of the headings above
    above: tuple[str, ...]


def lines_of(text: str) -> Iterator[tuple[str, bool]]:
    """(line, whether it is code) for each line."""
    fence = ""
    for line in text.split("\n"):
        mark = _FENCE.match(line)
        if fence:
            yield line, True
            if mark and mark[1].startswith(fence) and not line.strip().strip(fence[0]):
                fence = ""
        elif mark:
            fence = mark[1]
            yield line, True
        else:
            yield line, False


def heading_of(line: str) -> tuple[int, str] | None:
    """(level, words) when the line is a heading."""
    found = _HEADING.match(line)
    if found is None:
        return None
    words = line[found.end() :].strip()
    closed = words.rstrip("#")
    words = plain(closed if closed != words and (not closed or closed[-1] in " \t") else words)
    return (len(found[1]), words) if words else None


def headings_in(text: str) -> list[int]:
    """How many headings the text has of each of the first levels."""
    counts = [0] * DEEPEST
    for line, is_code in lines_of(text):
        heading = None if is_code else heading_of(line)
        if heading and heading[0] <= DEEPEST:
            counts[heading[0] - 1] += 1
    return counts


def plain(text: str) -> str:
    """The words of a heading without marks of Markdown."""
    text = _LINK.sub(lambda found: found[2], text)
    text = re.sub(r"(?<!\\)(\*\*|__|~~|`)", "", text)
    text = re.sub(r"(?<![\\\w])[*_]|(?<!\\)[*_](?!\w)", "", text)
    return " ".join(re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", text).split())


def map_links(text: str, change: Callable[[bool, str, str], tuple[str, bool] | None]) -> str:
    """The text with other addresses: `change(is picture, words, address)` gives (address, is picture), None to keep."""

    def changed(found: re.Match) -> str:
        address = found[3] if found[3] is not None else found[4]
        new = change(bool(found[1]), found[2], address)
        if new is None:
            return found[0]
        return f"{'!' if new[1] else ''}[{found[2]}]({_written(new[0])}{found[5] or ''})"

    return outside_code(text, lambda words: _LINK.sub(changed, words))


def outside_code(text: str, change: Callable[[str], str]) -> str:
    """The text with all changed that stands neither in a block of code nor between backticks."""
    return "\n".join(line if is_code else _outside_spans(line, change) for line, is_code in lines_of(text))


def without_title(body: str, title: str) -> str:
    """The text without a first heading that only says the title again."""
    lines = body.lstrip("\n").split("\n")
    heading = heading_of(lines[0])
    return "\n".join(lines[1:]).strip("\n") if heading and heading[1] == plain(title) else body.strip("\n")


def split(document: Document, level: int) -> list[Document]:
    """A document for each heading down to this level; 0: the document as it is."""
    if not 0 < level <= DEEPEST:
        return [document]
    parts = [part for part in _parts(document, level) if any(line.strip() for line in part.lines)]
    if len(parts) < 2:
        return [document]
    titles = [part.title for part in parts]
    made = []
    for number, part in enumerate(parts, start=1):
        # chapters that all begin with an "overview" are told apart by what stands above
        title = part.title if titles.count(part.title) == 1 else " · ".join((*part.above[-1:], part.title))
        body = "\n".join(part.lines).strip("\n")
        made.append(
            replace(
                document,
                place=f"{document.place}#{number}",
                title=title,
                body=body,
                head={name: value for name, value in document.head.items() if name not in ("key", "phrasings")},
                pictures={address: names for address, names in document.pictures.items() if address in body},
                remarks=document.remarks if number == 1 else [],
            )
        )
    return made


def _parts(document: Document, level: int) -> Iterator[_Part]:
    part, above = _Part(document.title, 0, [], ()), {}
    for line, is_code in lines_of(document.body):
        heading = None if is_code else heading_of(line)
        if heading is None or heading[0] > level:
            part.lines.append(line)
            continue
        yield part
        depth, title = heading
        above = {deep: words for deep, words in above.items() if deep < depth}
        part = _Part(title, depth, [], tuple(above[deep] for deep in sorted(above)) or (document.title,))
        above[depth] = title
    yield part


def _outside_spans(line: str, change: Callable[[str], str]) -> str:
    pieces, start = [], 0
    for begin, end in _spans(line):
        pieces += [change(line[start:begin]), line[begin:end]]
        start = end
    return "".join([*pieces, change(line[start:])])


def _spans(line: str) -> Iterator[tuple[int, int]]:
    """Where code stands in a line: between two rows of equally many backticks."""
    rows = [found.span() for found in _TICKS.finditer(line)]
    #: length of a row → where such rows stand, the last first
    waiting: dict[int, list[int]] = {}
    for number in range(len(rows) - 1, -1, -1):
        waiting.setdefault(rows[number][1] - rows[number][0], []).append(number)
    number = 0
    while number < len(rows):
        alike = waiting[rows[number][1] - rows[number][0]]
        while alike and alike[-1] <= number:
            alike.pop()
        if alike:
            yield rows[number][0], rows[alike[-1]][1]
            number = alike[-1]
        number += 1


def _written(address: str) -> str:
    return f"<{address}>" if re.search(r"[\s()]", address) else address
