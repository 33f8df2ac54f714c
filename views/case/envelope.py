"""The shape of E's answers: {"success": true, …} and {"success": false, "message": …, "error": …, "fields": …}."""

from flask import Response, jsonify
from pydantic.alias_generators import to_snake

PREFIX = "/case/"
#: what a request is told of is called there as E calls it; the rest only changes its spelling
_NAMES = {"contact_name": "customer_name", "contact_email": "customer_email", "contact_phone": "customer_phone"}


def success(data: dict | None) -> Response:
    response = jsonify(success=True, **(data or {}))
    response.headers["Cache-Control"] = "no-store"
    return response


def in_words_of(path: str, refusal: Response) -> Response:
    """A refusal in the shape of the face that serves this path; status and headers stay."""
    if path.startswith(PREFIX):
        told = refusal.get_json()
        data = {to_snake(name): value for name, value in told["data"].items()}
        if "fields" in data:
            data["fields"] = {_name(name): reason for name, reason in data["fields"].items()}
        refusal.set_data(jsonify(success=False, message=told["message"], **data).get_data())
    return refusal


def _name(field: str) -> str:
    name = to_snake(field)
    return _NAMES.get(name, name)
