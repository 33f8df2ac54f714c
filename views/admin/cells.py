"""How a value looks in a table, on a page and in an exported file: no "None", no codes, local times."""

import datetime as dt
import json
import re
from collections.abc import Iterable
from enum import StrEnum

import pytz
from flask import g, request
from flask_babel import gettext as _
from markupsafe import Markup, escape
from sqlalchemy import Boolean, inspect

from models.types import Flag, utcnow
from views.admin import labels
from views.admin.references import address_of, load_names

EMPTY = Markup('<span class="ad-none">—</span>')
#: more is not shown in a list; the style sheet cuts it after two lines
LIST_LENGTH = 200
#: texts of this length keep to one line
SHORT = 16
SIZES = ("B", "KB", "MB", "GB")
_LINKS = re.compile(r"</?a\b[^>]*>")


def badge(state: StrEnum) -> Markup:
    """A state as a coloured word."""
    return tag(labels.state_title(state), labels.state_tone(state))


def tag(text, tone: str = "") -> Markup:
    return Markup('<span class="ad-tag{}">{}</span>').format(f" ad-tag--{tone}" if tone else "", text)


def is_flag(model: type, name: str) -> bool:
    """Whether a column holds yes or no."""
    column = inspect(model).columns.get(name)
    return column is not None and isinstance(column.type, Boolean | Flag)


def zone() -> dt.tzinfo:
    """The reader's time zone, which the page's script keeps in a cookie."""
    try:
        return pytz.timezone(request.cookies.get("tz", "UTC"))
    except pytz.UnknownTimeZoneError:
        return pytz.utc


def in_units(size: float) -> str:
    """A number of bytes for people: 512 B, 3.4 MB."""
    unit = 0
    while size >= 1024 and unit < len(SIZES) - 1:
        size, unit = size / 1024, unit + 1
    return f"{size:.1f} {SIZES[unit]}" if unit else f"{size:.0f} {SIZES[0]}"


def local_text(moment: dt.datetime, seconds: bool = False) -> str:
    """A stored UTC time as the reader's clock shows it."""
    return pytz.utc.localize(moment).astimezone(zone()).strftime("%Y-%m-%d %H:%M:%S" if seconds else "%Y-%m-%d %H:%M")


def local_day(moment: dt.datetime | None = None) -> str:
    """The date of a stored time, or of now, on the reader's calendar: 2026-11-21."""
    return local_text(moment or utcnow())[:10]


def day_start() -> dt.datetime:
    """When the reader's day began, as times are stored."""
    midnight = dt.datetime.strptime(local_day(), "%Y-%m-%d")
    return zone().localize(midnight).astimezone(pytz.utc).replace(tzinfo=None)


def time_tag(moment: dt.datetime) -> Markup:
    # the script rewrites it where the server does not know the zone yet
    return Markup('<time datetime="{}Z">{}</time>').format(moment.isoformat(timespec="seconds"), local_text(moment))


class Cells:
    """The cells of some rows of one view; what their columns point to is loaded at once."""

    def __init__(self, view, rows: Iterable, columns: Iterable[str]):
        self.view, self.rows, self.columns = view, list(rows), list(columns)
        self.model = view.model
        self._names = load_names(self.model, self.rows, [name for name in self.columns if name not in view.formatters])
        self._counted = view.count(self.rows) if set(self.columns) & set(view.counted) else {}

    def html(self, row, column: str, *, whole: bool = False) -> Markup:
        """The cell as a page shows it; `whole` on the page of a single row, shortened in a list."""
        if column in self.view.formatters:
            return _formatted(self.view.formatters[column](row), whole)
        if column in self.view.counted:
            return _formatted(self._counted[row.id][column], whole)
        value = self.view.value_of(row, column)
        if value is None or value == "" or value == []:
            return EMPTY
        if (target := self._names.get((column, value) if isinstance(value, int) else None)) is not None:
            return link_to(target)
        if is_flag(self.model, column):
            return tag(_("Yes"), "success") if value else Markup('<span class="ad-none">{}</span>').format(_("No"))
        return _html(value, whole)

    def title(self, row) -> Markup:
        """What a row is recognised by, without links of its own: the first of its columns that says something."""
        shown = (self.html(row, column) for column in self.columns)
        found = next((cell for cell in shown if Markup(cell).striptags() not in ("", "—")), None)
        return Markup(_LINKS.sub("", found)) if found is not None else escape(f"#{row.id}")

    def text(self, row, column: str) -> str:
        """The cell as an exported file holds it."""
        if column in self.view.formatters:
            value = self.view.formatters[column](row)
            return "" if value is EMPTY or value is None else Markup(escape(value)).striptags()
        if column in self.view.counted:
            value = self._counted[row.id][column]
            return "" if value is None else Markup(escape(value)).striptags()
        value = self.view.value_of(row, column)
        if value is None:
            return ""
        if (target := self._names.get((column, value) if isinstance(value, int) else None)) is not None:
            return str(target)
        if is_flag(self.model, column):
            return _("Yes") if value else _("No")
        return _text(value)


def _formatted(value, whole: bool) -> Markup:
    """What a view's own function returned: markup as it is, a text like any other."""
    if value is None or value == "":
        return EMPTY
    return escape(value) if whole or isinstance(value, Markup) else fit(str(value))


def link_to(target) -> Markup:
    """The name of another row, leading to its screen for those who may read it."""
    name = str(target) or f"#{target.id}"
    address = address_of(target, g.actor)
    shown = Markup('<a href="{}">{}</a>').format(address, fit(name)) if address else fit(name)
    return shown if not target.deleted else Markup('<span class="ad-gone">{}</span>').format(shown)


def person(user, name: Markup | None = None) -> Markup:
    """Somebody's face and name. The letter is drawn by the style sheet, so that an exported file has the name alone."""
    if user.avatar_url:
        face = Markup('<img class="ad-avatar" src="{}" alt="" loading="lazy">').format(user.avatar_url)
    else:
        face = Markup('<span class="ad-avatar" data-letter="{}" aria-hidden="true"></span>').format(str(user)[:1])
    return Markup('<span class="ad-person">{}{}</span>').format(face, name or fit(str(user)))


def _html(value, whole: bool) -> Markup:
    if isinstance(value, StrEnum):
        return badge(value)
    if isinstance(value, dt.datetime):
        return time_tag(value)
    if isinstance(value, list):
        return Markup(" ").join(tag(item) for item in (value if whole else value[:6]))
    if isinstance(value, dict):
        text = json.dumps(value, ensure_ascii=False, indent=2 if whole else None)
        return Markup('<pre class="ad-json">{}</pre>').format(text) if whole else fit(text)
    if isinstance(value, str):
        return _paragraph(value) if whole else fit(value)
    return escape(str(value))


def _paragraph(text: str) -> Markup:
    return Markup('<div class="ad-text">{}</div>').format(text) if "\n" in text or len(text) > 120 else escape(text)


def fit(text: str) -> Markup:
    """A text for a table: a short one on one line, a longer one on two at most, the whole of it at hand."""
    line = " ".join(text[: LIST_LENGTH * 4].split())
    if len(line) <= SHORT:
        return Markup('<span class="ad-one-line">{}</span>').format(line)
    ending = "…" if len(line) > LIST_LENGTH or len(text) > LIST_LENGTH * 4 else ""
    whole = Markup(' title="{}"').format(text[:400]) if len(line) > SHORT * 3 else ""
    return Markup('<span class="ad-clamp"{}>{}{}</span>').format(whole, line[:LIST_LENGTH].rstrip(), ending)


def _text(value) -> str:
    if isinstance(value, StrEnum):
        return str(labels.state_title(value))
    if isinstance(value, dt.datetime):
        return local_text(value, seconds=True)
    if isinstance(value, list):
        return "; ".join(str(item) for item in value)
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    return str(value)
