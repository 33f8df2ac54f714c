"""The few kinds of refusal, raised anywhere below and turned into one shape in `views/api/envelope.py`.

A message is an English sentence that doubles as the translation key (see `app/translations`); named data
(ids, fields) goes along for the client.
"""

from collections.abc import Callable


class Reason(str):
    """Why a field was refused, where the sentence has values in it: Reason("at most %(number)s characters", number=64).

    Reads as the English sentence; `text` and `values` are what is translated and filled in.
    """

    def __new__(cls, text: str, **values: object) -> "Reason":
        made = super().__new__(cls, text % values)
        made.text, made.values = text, values
        return made


class DomainError(Exception):
    """A refusal in the user's words. `kind` is the machine's word for it, `status` its HTTP status."""

    kind = "internal"
    status = 500
    #: what is done once everything else has been rolled back: a refusal may have to be remembered
    aftermath: Callable[[], None] | None = None

    def __init__(self, message: str = "", *, kind: str | None = None, fields: dict | None = None, **data):
        super().__init__(message)
        self.message = message
        self.kind = kind or type(self).kind
        self.fields = fields or {}
        self.data = data


class Invalid(DomainError):
    kind, status = "invalid", 400


class NotSignedIn(DomainError):
    kind, status = "not_signed_in", 401


class NotAllowed(DomainError):
    kind, status = "not_allowed", 403


class NotFound(DomainError):
    kind, status = "not_found", 404


class Conflict(DomainError):
    kind, status = "conflict", 409


class TooLarge(DomainError):
    kind, status = "too_large", 413


class TooMany(DomainError):
    kind, status = "too_many", 429


class Unavailable(DomainError):
    kind, status = "unavailable", 503
