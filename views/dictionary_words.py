"""What the items of dictionaries are called, in the language of whoever reads (SET-2)."""

from collections.abc import Sequence

from flask import g
from flask_babel import LazyString
from sqlalchemy import Row, select

from app.extensions import db
from app.locale import current_locale
from models.settings import Dictionary, DictionaryItem


def items(dictionary: str) -> Sequence[Row]:
    """(code, label, label_en, active) of each item, in order; read once for a page, however many rows name an item."""
    known, key = g.setdefault("dictionaries", {}), (db.session.info.get("tenant_id"), dictionary)
    if key not in known:
        known[key] = db.session.execute(
            select(DictionaryItem.code, DictionaryItem.label, DictionaryItem.label_en, DictionaryItem.active)
            .join(Dictionary)
            .where(Dictionary.code == dictionary)
            .order_by(DictionaryItem.sort, DictionaryItem.id)
        ).all()
    return known[key]


def word(item: Row) -> str:
    """What one of `items` is called."""
    return (item.label_en or item.label) if current_locale() == "en" else item.label


def word_of(dictionary: str, code: str, default: str = "") -> str:
    """The name of the item with this code; `default`, or else the code, where the dictionary does not have it."""
    return next((word(item) for item in items(dictionary) if item.code == code), default or code)


def called(dictionary: str, code: str, title) -> LazyString:
    """The same for a table of words: `title`, which is the product's own, where the dictionary has none."""
    return LazyString(lambda: word_of(dictionary, code, str(title)))
