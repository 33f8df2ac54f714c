"""What commands say to the person at the keyboard: their language, and how far a long job is."""

import gettext as catalogs
import os
import re
import sys
import time
import unicodedata
from collections.abc import Mapping

from app.catalog import TRANSLATIONS, translated

#: what click says of its own accord in help and refusals, so that it is translated with everything else
_TEXTS = {
    "usage": "Usage:",
    "options": "Options",
    "arguments": "Positional arguments",
    "commands": "Commands",
    "help": "Show this message and exit.",
    "default": "default: {default}",
    "required": "required",
    "environment": "env var: {var}",
    "error": "Error: {message}",
    "try": "Try '{command} {option}' for help.",
    "invalid": "Invalid value: {message}",
    "invalid value": "Invalid value for {param_hint}: {message}",
    "no argument": "Missing argument",
    "no option": "Missing option",
    "no command": "Missing command.",
    "unknown option": "No such option {name!r}.",
    "unknown command": "No such command {name!r}.",
    "range": "{value} is not in the range {range}.",
    "number": "{value!r} is not a valid {number_type}.",
    "file": "file",
    "missing file": "{name} {filename!r} does not exist.",
    "folder": "{name} {filename!r} is a directory.",
    "unreadable": "{name} {filename!r} is not readable.",
    "aborted": "Aborted!",
}


def language(environment: Mapping[str, str] | None = None) -> str:
    """ "zh" or "en": the language the terminal is set to."""
    environment = os.environ if environment is None else environment
    chosen = next((environment[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if environment.get(name)), "")
    return "zh" if chosen.lower().startswith("zh") else "en"


def gettext(text: str, **values: object) -> str:
    """The text in the terminal's language; works without an application, so also when its configuration is wrong."""
    return translated(text, language(), **values)


def translate_click() -> None:
    """Have click look its own sentences up in our catalog."""
    catalogs.bindtextdomain("messages", str(TRANSLATIONS))


def width(text: str) -> int:
    """Columns that a text takes on a terminal: Chinese characters take two."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def paragraphs(*texts: str) -> str:
    """A help text for click, folded here: it counts characters, of which Chinese ones are twice as wide."""
    return "\n\n".join(f"\b\n{fold(text)}" for text in texts)


def fold(text: str, columns: int = 76) -> str:
    """The text in lines of at most so many columns; broken at spaces and between Chinese characters."""
    lines = []
    for given in text.split("\n"):
        line = ""
        for piece in re.findall(r"[\u2e80-\uffef][，。；：、）”]*|[^\s\u2e80-\uffef]+[，。；：、）”]*|\s+", given):
            if line.strip() and width(line + piece.rstrip()) > columns:
                lines.append(line.rstrip())
                line = ""
            line += piece
        lines.append(line.rstrip())
    return "\n".join(lines)


class Progress:
    """How far a job is: one moving line on a terminal, a line now and then where the output is a file."""

    WIDTH = 30
    #: seconds between two lines of a log
    PAUSE = 10.0

    def __init__(self, title: str, total: int, unit: str):
        self.title, self.total, self.unit = title, total, unit
        self._started = time.monotonic()
        self._live = sys.stderr.isatty()
        self._told = self._started if not self._live else 0.0

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._started

    def show(self, done: int) -> None:
        """Say that `done` of all are done."""
        now = time.monotonic()
        if now - self._told < (0.1 if self._live else self.PAUSE):
            return
        self._told = now
        if self._live:
            print(f"\r{self._line(done)}", end="", file=sys.stderr, flush=True)
        else:
            print(self._line(done), file=sys.stderr, flush=True)

    def end(self, done: int) -> None:
        """The last word on it."""
        print(f"{chr(13) if self._live else ''}{self._line(done)}", file=sys.stderr, flush=True)

    def _line(self, done: int) -> str:
        share = done / self.total if self.total else 1.0
        rate = done / self.seconds if self.seconds > 0 else 0.0
        bar = f" [{'#' * round(share * self.WIDTH):<{self.WIDTH}}]" if self._live else ""
        return f"  {self.title}{bar} {done}/{self.total}  {rate:.1f} {self.unit}/s  {self.seconds:.1f} s"
