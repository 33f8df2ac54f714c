"""Chinese and Latin text measured, broken into lines and drawn: the fonts travel with the file, wherever it is read.

Two fonts share the work: Droid Sans Fallback (28,000 Chinese and Japanese characters, no Latin letters) and Bitstream
Vera, which comes with ReportLab. Only the characters used are embedded.
"""

import re
import unicodedata
from functools import cache, lru_cache
from itertools import groupby
from pathlib import Path

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

CHINESE, LATIN = "DroidSansFallback", "Vera"
_FOLDER = Path(__file__).parent / "fonts"
#: a line is broken at spaces and between Chinese characters, not before marks that close something
_PIECES = re.compile(r"\n|[^\S\n]+|[!-~\u00a1-\u2010\u2012-\u2e7f]+|.[，。！？；：、）》〉」』】〕”’％]*")


@cache
def _fonts() -> dict[str, TTFont]:
    """Both fonts, registered once."""
    fonts = {
        CHINESE: TTFont(CHINESE, str(_FOLDER / "DroidSansFallbackFull.ttf")),
        LATIN: TTFont(LATIN, "Vera.ttf"),
    }
    for font in fonts.values():
        pdfmetrics.registerFont(font)
    return fonts


def drawable(text: str) -> str:
    """The text with what no font of ours has in words: "[grinning face]"; invisible characters are left out."""
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", "    "))
    return text if text.isascii() and text.isprintable() else "".join(map(_shown, text))


def can_draw(text: str) -> bool:
    """Whether our fonts have every character of it."""
    return all(map(_font_of, text))


def width_of(text: str, size: float) -> float:
    return sum(_advance(character) for character in text) * size


def lines_of(text: str, size: float, width: float) -> list[str]:
    """The text in lines that fit into the width; at least one."""
    lines, line, room = [], "", width
    for piece in _PIECES.findall(drawable(text)):
        if piece == "\n":
            lines.append(line)
            line, room = "", width
            continue
        needed = width_of(piece, size)
        if needed > room and line:
            lines.append(line.rstrip())
            line, room = "", width
            if piece.isspace():
                continue
        while needed > width:  # a word longer than a line
            end = _fitting(piece, size, width)
            lines.append(piece[:end])
            needed -= width_of(piece[:end], size)
            piece = piece[end:]
        line, room = line + piece, room - needed
    return [*lines, line.rstrip()] if line or not lines else lines


def _fitting(text: str, size: float, width: float) -> int:
    """How many of its first characters fit; one at least."""
    taken = 0.0
    for number, character in enumerate(text):
        taken += _advance(character) * size
        if taken > width and number:
            return number
    return len(text)


def clipped(text: str, size: float, width: float) -> str:
    """The beginning of a text that fits on one line."""
    first, *more = lines_of(" ".join(text.split()), size, width)
    return f"{first[:-1]}…" if more else first


def draw(canvas: Canvas, x: float, y: float, text: str, size: float) -> None:
    """One line, each character from the font that has it."""
    words = canvas.beginText(x, y)
    for font, run in groupby(text, _font_of):
        words.setFont(font, size)
        words.textOut("".join(run))
    canvas.drawText(words)


@lru_cache(maxsize=65_536)
def _font_of(character: str) -> str:
    return next(
        (name for name in (LATIN, CHINESE) if ord(character) in _fonts()[name].face.charToGlyph),
        "",
    )


@lru_cache(maxsize=65_536)
def _advance(character: str) -> float:
    return pdfmetrics.stringWidth(character, _font_of(character), 1)


@lru_cache(maxsize=65_536)
def _shown(character: str) -> str:
    if character == "\n" or _font_of(character):
        return character
    kind = unicodedata.category(character)
    if kind[0] in "CM":  # control characters, joiners, marks without a base
        return ""
    if kind[0] == "Z":
        return " "
    name = unicodedata.name(character, "") if kind[0] == "S" else ""
    return f"[{name.lower() or f'U+{ord(character):04X}'}]"
