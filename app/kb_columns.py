"""The columns of a file as the help of `kb import` lists them."""

from app.terminal import gettext
from services.documents.columns import NAMES

NOTES = {
    "phrasings": gettext("other ways to ask"),
    "category": gettext("from the top down"),
    "visibility": gettext("公开 public, 客户 customer, 员工 staff, teams, levels"),
    "locale": gettext("zh or en; without it the text decides"),
    "key": gettext("the same key again is the same article"),
    "teams": gettext("for visibility teams: their names"),
    "levels": gettext("for visibility levels: the customers' levels"),
    "valid_from": gettext("a date; the article is shown from then on"),
    "valid_until": gettext("a date; until then"),
    "status": gettext("draft: stays one"),
    "translation_of": gettext("key of the original"),
}


def table() -> str:
    """One line for each column: all its names, and what stands in it."""
    lines = (", ".join(names) + (f": {NOTES[field]}" if field in NOTES else "") for field, names in NAMES.items())
    return "\n".join(f"  {line}" for line in lines)
