"""Codes of dictionaries as choices and as words."""

from collections.abc import Callable

from flask import g
from markupsafe import Markup
from sqlalchemy import select

from app.extensions import db
from app.locale import current_locale
from models.settings import Dictionary, DictionaryItem
from views.admin.cells import tag


def items_of(code: str) -> Callable[[], list[tuple[str, str]]]:
    """A function returning the active items of a dictionary as [(code, word in the reader's language)]."""
    return lambda: [(item.code, _word(item)) for item in _items(code) if item.active]


def word_of(dictionary: str, column: str) -> Callable:
    """A formatter for a column that holds a code of this dictionary; an unknown code stands for itself."""

    def word(row) -> str | None:
        code = getattr(row, column)
        return next((_word(item) for item in _items(dictionary) if item.code == code), code)

    return word


def texts_of(code: str) -> Callable[[], list[tuple[str, str]]]:
    """The same where the text itself is stored, beside texts that are in no dictionary: [(text, word)]."""
    return lambda: [(item.label, _word(item)) for item in _items(code) if item.active]


def words_of(dictionary: str, column: str) -> Callable:
    """A formatter for a column with a list of texts or codes, some of them of this dictionary."""

    def words(row) -> Markup:
        known = {key: _word(item) for item in _items(dictionary) for key in (item.label, item.code)}
        return Markup(" ").join(tag(known.get(text, text)) for text in getattr(row, column) or [])

    return words


def words_for(dictionary: str, codes: list[str] | None) -> list[str]:
    """What a list of codes of this dictionary is called, as plain words."""
    known = {item.code: _word(item) for item in _items(dictionary)}
    return [known.get(code, code) for code in codes or []]


def _items(code: str) -> list[DictionaryItem]:
    """Read once per request: a list asks for every row."""
    known = g.setdefault("dictionaries", {})
    if code not in known:
        known[code] = list(
            db.session.scalars(
                select(DictionaryItem)
                .join(Dictionary)
                .where(Dictionary.code == code)
                .order_by(DictionaryItem.sort, DictionaryItem.id)
            )
        )
    return known[code]


def _word(item: DictionaryItem) -> str:
    return (item.label_en or item.label) if current_locale() == "en" else item.label
