"""The translations without a request: for commands, and for letters to people whose language we know."""

import functools
import gettext as catalogs
from pathlib import Path

TRANSLATIONS = Path(__file__).resolve().parent / "translations"


def translated(sentence: str, locale: str, **values: object) -> str:
    """The sentence in this language ("zh" or "en"), its values filled in."""
    text = _catalog(locale).gettext(sentence)
    return text % values if values else text


@functools.cache
def _catalog(locale: str) -> catalogs.NullTranslations:
    return catalogs.translation("messages", TRANSLATIONS, languages=[locale], fallback=True)
