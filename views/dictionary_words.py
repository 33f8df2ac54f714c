"""What the items of dictionaries are called, in the language of whoever reads (SET-2)."""

from flask import g

from app.extensions import db
from app.locale import current_locale
from services import settings


def word_of(dictionary: str, code: str, default: str = "") -> str:
    """The item's name; `default`, or else its code, where the dictionary does not have it.

    Each dictionary is read once for a page, however many rows name an item.
    """
    known, key = g.setdefault("dictionary_words", {}), (db.session.info.get("tenant_id"), dictionary)
    if key not in known:
        known[key] = settings.titles_of(dictionary)
    if code not in known[key]:
        return default or code
    return known[key][code][1 if current_locale() == "en" else 0]
