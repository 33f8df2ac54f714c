"""Request bodies and query strings checked against the fields an operation declares: strict types, no extras."""

import functools
import inspect
from collections.abc import Callable
from typing import Annotated, Any, get_args, get_origin

from flask import request
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, create_model
from pydantic.alias_generators import to_camel

from app.errors import Invalid, Reason
from services.operation import DataField

MAX_TEXT = 20_000
MAX_INT = 2**53


def _no_nul(text: str) -> str:
    if "\x00" in text:
        raise ValueError("control characters")
    return text


Text = Annotated[str, AfterValidator(_no_nul)]


def camel(name: str) -> str:
    return to_camel(name)


@functools.cache
def model_of(name: str, fields: tuple[DataField, ...], spelled: Callable[[str], str] = to_camel) -> type[BaseModel]:
    """The pydantic model for these fields: snake_case inside, outside as `spelled` has it, by default camelCase."""
    columns: dict[str, Any] = {}
    for field in fields:
        bounds = (
            {"max_length": field.max_length or MAX_TEXT}
            if _has(field.annotation, str) and not _has(field.annotation, list)
            else {}
        )
        if _has(field.annotation, int) and not _has(field.annotation, bool):
            bounds |= {"ge": -MAX_INT, "le": MAX_INT}
        if _has(field.annotation, list):
            bounds["max_length"] = 1000
        default = ... if field.required else (field.default if field.default is not inspect.Parameter.empty else None)
        columns[field.name] = (_safe(field.annotation), Field(default, **bounds))
    return create_model(
        _title(name), __config__=ConfigDict(extra="forbid", alias_generator=spelled, populate_by_name=False), **columns
    )


def read_body(name: str, fields: tuple[DataField, ...], spelled: Callable[[str], str] = to_camel) -> dict:
    """The request's JSON as keyword data: only what was sent. Raises Invalid with one reason per field."""
    raw = request.get_data(cache=True)
    if raw.strip() and request.mimetype not in ("application/json", ""):
        raise Invalid("Send JSON, please", kind="unsupported_type")
    try:
        parsed = model_of(name, fields, spelled).model_validate_json(raw.strip() or b"{}", strict=True)
    except ValidationError as error:
        raise Invalid("The request is not valid", fields=reasons(error)) from None
    except RecursionError:
        raise Invalid("The request is nested too deeply") from None
    return {key: getattr(parsed, key) for key in parsed.model_fields_set}


def read_query(allowed: dict[str, type]) -> dict:
    """The query string as {name: value}; unknown names and wrong types are refused.

    Where `allowed` has a dict, "custom.colour=red" is {"custom": {"colour": "red"}}: what is in there, others check.
    """
    values, wrong = {}, {}
    for name, texts in request.args.lists():
        family, dot, member = name.partition(".")
        if dot and member and allowed.get(family) is dict and len(texts) == 1:
            try:
                values.setdefault(family, {})[member] = _from_text(texts[0], str)
            except ValueError as error:
                wrong[name] = str(error)
        elif allowed.get(name, dict) is dict:
            wrong[name] = Reason("unknown")
        elif len(texts) > 1:
            wrong[name] = Reason("given twice")
        else:
            try:
                values[name] = _from_text(texts[0], allowed[name])
            except ValueError as error:
                wrong[name] = str(error)
    if wrong:
        raise Invalid("The request is not valid", fields=wrong)
    return values


def _from_text(text: str, kind: type):
    if "\x00" in text or len(text) > 1000:
        raise ValueError(Reason("too long or control characters"))
    if kind is int:
        if not (text.isascii() and text.lstrip("-").isdigit() and len(text) <= 16):
            raise ValueError(Reason("must be a whole number"))
        return int(text)
    if kind is bool:
        if text not in ("0", "1", "true", "false"):
            raise ValueError(Reason("must be true or false"))
        return text in ("1", "true")
    return text


def reasons(error: ValidationError) -> dict[str, str]:
    """Why each field was refused, in sentences that can be translated."""
    found = {}
    for item in error.errors(include_url=False, include_input=False):
        name = ".".join(str(part) for part in item["loc"]) or "body"
        found[name] = _reason(item["type"], item.get("ctx", {}))
    return found


def _reason(kind: str, context: dict) -> str:
    if kind == "string_too_long":
        return Reason("at most %(number)s characters", number=context["max_length"])
    if kind in ("greater_than_equal", "less_than_equal"):
        return Reason("the number is out of range")
    return _REASONS.get(kind, Reason("not valid"))


#: pydantic's kinds of error in our words
_REASONS = {
    "missing": Reason("required"),
    "extra_forbidden": Reason("unknown"),
    "json_invalid": Reason("not valid JSON"),
    "value_error": Reason("control characters"),
    "string_type": Reason("must be a text"),
    "int_type": Reason("must be a whole number"),
    "bool_type": Reason("must be true or false"),
    "list_type": Reason("must be a list"),
    "dict_type": Reason("must be an object"),
    "enum": Reason("unknown"),
}


def _has(annotation, kind: type) -> bool:
    if isinstance(annotation, type):
        return annotation is kind or (kind is list and get_origin(annotation) is list)
    if get_origin(annotation) is kind:
        return True
    return get_origin(annotation) is not list and any(_has(part, kind) for part in get_args(annotation))


def _safe(annotation):
    """The same annotation with `str` replaced by text without NUL and ints kept within what columns hold."""
    if annotation is str:
        return Text
    if annotation is inspect.Parameter.empty:
        return Any
    if get_origin(annotation) is list and get_args(annotation):
        inner = get_args(annotation)[0]
        return (
            list[Annotated[int, Field(ge=0, le=MAX_INT)]]
            if inner is int
            else list[Annotated[Text, Field(max_length=2000)] if inner is str else inner]
        )
    parts = get_args(annotation)
    if parts and type(None) in parts:
        rest = [part for part in parts if part is not type(None)]
        return _safe(rest[0]) | None if len(rest) == 1 else annotation
    return annotation


def _title(name: str) -> str:
    return "".join(part.title() for part in name.replace(".", "_").split("_"))
