"""Which language an answer is in: what the person chose, else what the browser asks for, else the default."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from flask import current_app, has_request_context, request

COOKIE = "locale"
#: in the address of a framed page and of its socket, which may have no cookie
ARGUMENT = "lang"
LANGUAGES = {"zh": {"flag": "cn", "name": "中文"}, "en": {"flag": "us", "name": "English"}}


_speaking: ContextVar[str | None] = ContextVar("locale", default=None)


@contextmanager
def speaking(locale: str) -> Iterator[None]:
    """Inside, work is done for somebody of this language, whoever's request it is."""
    token = _speaking.set(locale)
    try:
        yield
    finally:
        _speaking.reset(token)


def chosen_locale() -> str | None:
    """The language that this reader has chosen, by the address or earlier."""
    chosen = (request.args.get(ARGUMENT), request.cookies.get(COOKIE))
    return next((locale for locale in chosen if locale in LANGUAGES), None)


def current_locale(otherwise: str = "") -> str:
    """ "zh" or "en"; `otherwise`, if given, for a reader who has said nothing, like the visitor of a search engine."""
    if locale := _speaking.get():
        return locale
    default = otherwise or current_app.config["BABEL_DEFAULT_LOCALE"]
    if not has_request_context():
        return default
    return chosen_locale() or request.accept_languages.best_match(list(LANGUAGES), default)
