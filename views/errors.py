"""What becomes of an error: the envelope for programs, a page in the product's look for people."""

import logging
import uuid

from flask import Flask, render_template, request
from flask_babel import gettext
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolExhausted
from werkzeug.exceptions import HTTPException

from app.errors import DomainError, Unavailable
from app.locale import current_locale
from views.api import envelope
from views.auth import is_api
from views.case.envelope import in_words_of
from views.pages.shells import assets, chosen_theme

logger = logging.getLogger(__name__)


def install(app: Flask) -> None:
    """Handlers for whatever no view has dealt with; the screens under /admin dress refusals themselves (`door`)."""

    @app.errorhandler(DomainError)
    def refused(error: DomainError):
        if is_api(request.path):
            return in_words_of(request.path, envelope.refusal(error))
        return page(error.status, gettext(error.message))

    @app.errorhandler(HTTPException)
    def unserved(error: HTTPException):
        if error.code is None or error.code < 400 or error.response is not None:  # a redirect, or an answer already
            return error
        if is_api(request.path):
            return in_words_of(request.path, envelope.http_refusal(error))
        return page(error.code, envelope.words_for(error.code))

    @app.errorhandler(PoolExhausted)
    @app.errorhandler(DBAPIError)
    def database_gone(error: DBAPIError | PoolExhausted):
        logger.error("database: %s", getattr(error, "orig", error))
        return refused(Unavailable("The database cannot be reached just now, please try again"))

    @app.errorhandler(Exception)
    def unexpected(error: Exception):
        reference = uuid.uuid4().hex[:12]
        logger.exception("unexpected error %s on %s %s", reference, request.method, request.path)
        if is_api(request.path):
            return in_words_of(request.path, envelope.failure(reference))
        return page(500, gettext("Something went wrong on our side"), reference)


def page(status: int, message: str, reference: str = "") -> tuple[str, int]:
    """A page that needs neither database nor session, for either may be what failed."""
    return (
        render_template(
            "error.html",
            status=status,
            message=message,
            reference=reference,
            # whoever may not enter there is not led back there
            home=next((at for at in ("/admin/", "/desk") if status != 403 and request.path.startswith(at)), "/"),
            again=request.full_path.rstrip("?") if request.method == "GET" and status >= 500 else "",
            styles=assets("tokens")["css"],
            locale=current_locale(),
            theme=chosen_theme(),
        ),
        status,
    )
