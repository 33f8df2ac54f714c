"""Which language an answer is in: what the person chose, else what the browser asks for, else the default."""

from flask import current_app, has_request_context, request

COOKIE = "locale"
LANGUAGES = {"zh": {"flag": "cn", "name": "中文"}, "en": {"flag": "us", "name": "English"}}


def current_locale() -> str:
    """ "zh" or "en"."""
    default = current_app.config["BABEL_DEFAULT_LOCALE"]
    if not has_request_context():
        return default
    chosen = request.cookies.get(COOKIE)
    if chosen in LANGUAGES:
        return chosen
    return request.accept_languages.best_match(list(LANGUAGES), default)
