"""What answers look like, for the OpenAPI document: made from the resources themselves."""

import datetime as dt
from decimal import Decimal

from sqlalchemy import JSON, inspect

from models.types import Code
from views.api.endpoint import Endpoint
from views.api.resource import RESOURCES, Resource, to_camel

_TYPES = {
    int: {"type": "integer"},
    bool: {"type": "boolean"},
    str: {"type": "string"},
    float: {"type": "number"},
    Decimal: {"type": "string"},
    dt.date: {"type": "string", "format": "date"},
    dt.datetime: {"type": "string", "format": "date-time"},
}
#: what stands in the fields that the company defined: values, and texts in the reader's language
_CUSTOM = {
    "custom": {"type": "object", "additionalProperties": {}},
    "customText": {"type": "object", "additionalProperties": {"type": "string"}},
}


def schemas() -> dict[str, dict]:
    """A schema per resource, by its name in the document ("TicketAssignment")."""
    return {name_of(resource): _row(resource) for resource in RESOURCES.values()}


def name_of(resource: Resource) -> str:
    return "".join(word.capitalize() for word in resource.key.split("_"))


def data_of(entry: Endpoint) -> dict:
    """The schema of `data` where an endpoint lists, shows, makes or changes rows of a resource; {} elsewhere."""
    resource = resource_of(entry)
    if resource is None or entry.method == "DELETE":
        return {}
    row = {"$ref": f"#/components/schemas/{name_of(resource)}"}
    return _page(row) if is_list(entry) else row


def is_list(entry: Endpoint) -> bool:
    return entry.method == "GET" and "page" in entry.query


def resource_of(entry: Endpoint) -> Resource | None:
    """Whose table or row the path names."""
    return next(
        (
            resource
            for resource in RESOURCES.values()
            if entry.path in (f"/{resource.path}", f"/{resource.path}/<id:id>")
        ),
        None,
    )


def query_of(entry: Endpoint, name: str) -> dict:
    """The schema of one query parameter."""
    described = _TYPES[entry.query[name]]
    resource = resource_of(entry)
    if resource is None:
        return described
    if name == "sort":
        return described | {"enum": resource.sort_keys}
    columns = {to_camel(column): inspect(resource.model).columns.get(column) for column in resource.filters}
    column = columns.get(name)
    if column is not None and isinstance(column.type, Code):
        return described | {"description": f"One or several, divided by commas: {', '.join(column.type.enum)}"}
    return described


def _page(row: dict) -> dict:
    return {
        "type": "object",
        "required": ["list", "total", "page", "size", "pages", "next"],
        "properties": {
            "list": {"type": "array", "items": row},
            **{name: {"type": "integer"} for name in ("total", "page", "size", "pages")},
            "next": {"type": ["string", "null"], "description": "What `after` takes to go on behind the last row."},
            "atLeast": {"type": "boolean", "description": "There are more than `total`; nobody has counted them."},
        },
    }


def _row(resource: Resource) -> dict:
    columns = inspect(resource.model).columns
    known = {to_camel(name): _column(columns[name]) if name in columns else {} for name in resource.out}
    if resource.custom:
        known |= _CUSTOM
    return {
        "type": "object",
        "required": [*known, *resource.more],
        "properties": known | {key: {} for key in resource.more},
    }


def _column(column) -> dict:
    if isinstance(column.type, JSON):
        return {"type": ["object", "array", "null"] if column.nullable else ["object", "array"]}
    if isinstance(column.type, Code):
        choices = [member.value for member in column.type.enum]
        return {"enum": [*choices, None] if column.nullable else choices}
    described = _TYPES[column.type.python_type]
    return described | {"type": [described["type"], "null"]} if column.nullable else described
