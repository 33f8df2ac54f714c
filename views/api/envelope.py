"""The one shape of every answer (B §7.1): {"code", "message", "data", "timestamp"}."""

import time

from flask import Response, jsonify
from flask_babel import gettext
from werkzeug.exceptions import HTTPException

from app.errors import DomainError, Reason

_KINDS = {
    400: "invalid",
    401: "not_signed_in",
    403: "not_allowed",
    404: "not_found",
    405: "method_not_allowed",
    408: "timeout",
    409: "conflict",
    413: "too_large",
    415: "unsupported_type",
    429: "too_many",
    503: "unavailable",
}


def success(data=None, status: int = 200) -> Response:
    return _answer(status, "success", data)


def page_of(
    rows: list, total: int, page: int, size: int, *, at_least: bool = False, following: str | None = None
) -> dict:
    """`at_least`: there are more than `total`, nobody counted them. `following`: the cursor behind the last row."""
    more = {"atLeast": True} if at_least else {}
    pages = -(-total // size)
    return {"list": rows, "total": total, "page": page, "size": size, "pages": pages, "next": following, **more}


def refusal(error: DomainError) -> Response:
    data = {"error": error.kind, **{_camel(key): value for key, value in error.data.items()}}
    if error.fields:
        data["fields"] = {name: translated(reason) for name, reason in error.fields.items()}
    response = _answer(error.status, translated(error.message) if error.message else error.kind, data)
    if error.status == 429:
        response.headers["Retry-After"] = "30"
    return response


def translated(reason: str) -> str:
    """A refusal, or the reason of a field, in the reader's language."""
    return gettext(reason.text, **reason.values) if isinstance(reason, Reason) else gettext(reason)


def http_refusal(error: HTTPException) -> Response:
    """What routing and parsing refuse, in the one shape."""
    kind = _KINDS.get(error.code, "invalid" if error.code < 500 else "internal")
    response = _answer(error.code, words_for(error.code), {"error": kind})
    for name, value in error.get_headers():
        if name in ("Allow", "Retry-After"):
            response.headers[name] = value
    return response


def failure(reference: str) -> Response:
    """An error of ours; `reference` is its number in the log."""
    return _answer(500, gettext("Something went wrong on our side"), {"error": "internal", "reference": reference})


def words_for(status: int) -> str:
    """What a status means to a reader, in the reader's language."""
    return gettext(_TEXTS.get(status, "The request is not valid"))


def _answer(status: int, message: str, data) -> Response:
    response = jsonify(code=status, message=message, data=data, timestamp=int(time.time() * 1000))
    response.status_code = status
    response.headers["Cache-Control"] = "no-store"
    return response


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.title() for part in rest)


_TEXTS = {
    400: "The request is not valid",
    401: "Please sign in",
    403: "You are not allowed to do this",
    404: "This does not exist",
    405: "This method is not offered here",
    413: "The request is too large",
    415: "Send JSON, please",
    429: "Too many attempts, please wait a little and try again",
}
