"""Codes of dictionaries as choices and as words."""

from collections.abc import Callable

from markupsafe import Markup

from views import dictionary_words
from views.admin.cells import tag
from views.dictionary_words import items, word


def items_of(code: str) -> Callable[[], list[tuple[str, str]]]:
    """A function returning the active items of a dictionary as [(code, word in the reader's language)]."""
    return lambda: [(item.code, word(item)) for item in items(code) if item.active]


def word_of(dictionary: str, column: str) -> Callable:
    """A formatter for a column that holds a code of this dictionary; an unknown code stands for itself."""
    return lambda row: dictionary_words.word_of(dictionary, getattr(row, column))


def texts_of(code: str) -> Callable[[], list[tuple[str, str]]]:
    """The same where the text itself is stored, beside texts that are in no dictionary: [(text, word)]."""
    return lambda: [(item.label, word(item)) for item in items(code) if item.active]


def words_of(dictionary: str, column: str) -> Callable:
    """A formatter for a column with a list of texts or codes, some of them of this dictionary."""

    def words(row) -> Markup:
        known = {key: word(item) for item in items(dictionary) for key in (item.label, item.code)}
        return Markup(" ").join(tag(known.get(text, text)) for text in getattr(row, column) or [])

    return words


def words_for(dictionary: str, codes: list[str] | None) -> list[str]:
    """What a list of codes of this dictionary is called, as plain words."""
    known = {item.code: word(item) for item in items(dictionary)}
    return [known.get(code, code) for code in codes or []]
