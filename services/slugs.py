"""Words as a part of an address: readable in the bar of a browser, Chinese too."""

import re
from urllib.parse import quote

LONGEST = 60


def slug(text: str) -> str:
    """ "How do I reset my password?" → "how-do-i-reset-my-password"; "" where nothing is left."""
    return "-".join(re.findall(r"[^\W_]+", text.lower()))[:LONGEST].strip("-")


def address(folder: str, number: int, name: str) -> str:
    """ "/articles/12-how-to-sign-in": found by its number, the words are for people and search engines."""
    words = slug(name)
    return f"/{folder}/{number}" + (f"-{quote(words)}" if words else "")
