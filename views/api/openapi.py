"""The OpenAPI document, made from what is served, and a page to try it."""

import functools

from flask import jsonify

from models.actor import Actor
from views.api import answers
from views.api.endpoint import ENDPOINTS, Endpoint, endpoint
from views.api.schema import model_of

#: what answers with a file instead of the envelope
_FILES = ("/content", "/report", "/qr", "/entry/<code>/avatar", "/avatars/<id:id>/<key>", "/logo/<key>")
_ERRORS = {
    "400": "Invalid request",
    "401": "Not signed in",
    "403": "Not allowed",
    "404": "Not found",
    "409": "Conflict",
    "413": "Too large",
    "429": "Too many requests",
    "503": "Something this needs cannot be reached",
}


@endpoint("GET", "/openapi.json", section="文档", summary="OpenAPI document", right="")
def document(actor: Actor):
    return jsonify(build())


@functools.cache
def build() -> dict:
    """OpenAPI 3.1 of every endpoint."""
    paths: dict[str, dict] = {}
    for entry in ENDPOINTS.values():
        paths.setdefault(entry.openapi_path, {})[entry.method.lower()] = _operation(entry)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "SmartSupport API",
            "version": "1.0.0",
            "description": "Sign in with POST /api/v1/auth/login and send `Authorization: Bearer <accessToken>`.",
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
            "schemas": {
                **answers.schemas(),
                "Envelope": _envelope({}),
                "Error": _envelope(
                    {
                        "type": ["object", "null"],
                        "properties": {
                            "error": {"type": "string"},
                            "fields": {"type": "object", "additionalProperties": {"type": "string"}},
                        },
                    }
                ),
            },
        },
    }


def _envelope(data: dict) -> dict:
    return {
        "type": "object",
        "required": ["code", "message", "data", "timestamp"],
        "properties": {
            "code": {"type": "integer"},
            "message": {"type": "string"},
            "data": data,
            "timestamp": {"type": "integer"},
        },
    }


def _operation(entry: Endpoint) -> dict:
    described = {
        "tags": [entry.section],
        "summary": entry.summary,
        "operationId": entry.name,
        "parameters": _parameters(entry),
        "responses": {
            "200": {
                "description": "Success",
                "content": {"application/json": {"schema": _success(answers.data_of(entry))}},
            },
            **{
                code: {
                    "description": text,
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
                }
                for code, text in _ERRORS.items()
            },
        },
        "security": [] if entry.right == "" else [{"bearer": []}],
    }
    if entry.right:
        described["description"] = f"Needs the right `{entry.right}`."
    if entry.fields:
        schema = model_of(entry.name, entry.fields).model_json_schema(ref_template="#/components/schemas/{model}")
        described["requestBody"] = {
            "required": any(field.required for field in entry.fields),
            "content": {"application/json": {"schema": _inlined(schema)}},
        }
    elif entry.takes_file:
        described["requestBody"] = {
            "required": True,
            "content": {
                "multipart/form-data": {
                    "schema": {
                        "type": "object",
                        "required": ["file"],
                        "properties": {"file": {"type": "string", "format": "binary"}},
                    }
                }
            },
        }
    if entry.path.endswith(".csv"):
        described["responses"]["200"] = {
            "description": "The table",
            "content": {"text/csv": {"schema": {"type": "string"}}},
        }
    if entry.path.endswith(_FILES):
        described["responses"]["200"] = {
            "description": "The file",
            "content": {"*/*": {"schema": {"type": "string", "format": "binary"}}},
        }
    if entry.path == "/openapi.json":
        described["responses"]["200"] = {
            "description": "This document",
            "content": {"application/json": {"schema": {"type": "object"}}},
        }
    return described


def _success(data: dict) -> dict:
    return _envelope(data) if data else {"$ref": "#/components/schemas/Envelope"}


def _parameters(entry: Endpoint) -> list[dict]:
    found = []
    for part in entry.path.split("/"):
        if part.startswith("<"):
            kind, _, name = part.strip("<>").rpartition(":")
            schema = {"type": "integer", "minimum": 0, "maximum": 10**18 - 1} if kind == "id" else {"type": "string"}
            found.append({"name": name, "in": "path", "required": True, "schema": schema})
    found += [
        {"name": name, "in": "query", "required": False, "schema": answers.query_of(entry, name)}
        for name, kind in entry.query.items()
        if kind is not dict
    ]
    found += [_custom_filters(name) for name, kind in entry.query.items() if kind is dict]
    return found


def _custom_filters(name: str) -> dict:
    """Each company has its own: a family of parameters, "custom.colour=red"."""
    return {
        "name": name,
        "in": "query",
        "required": False,
        "style": "form",
        "explode": True,
        "description": (
            f"Fields that the company defined (GET /custom-fields): `{name}.<code>=value`, several divided by commas, "
            f"`none` for empty ones; of numbers and dates also `{name}.<code>.from` and `{name}.<code>.to`, of texts "
            f"`{name}.<code>.has` for a part of them."
        ),
        "schema": {"type": "object", "additionalProperties": {"type": "string"}},
    }


def _inlined(schema: dict) -> dict:
    """Enums and nested models in place, so that one schema stands alone."""
    definitions = schema.pop("$defs", {})

    def resolve(node):
        if isinstance(node, dict):
            if "$ref" in node:
                return resolve(definitions[node["$ref"].rsplit("/", 1)[1]])
            return {key: resolve(value) for key, value in node.items()}
        return [resolve(item) for item in node] if isinstance(node, list) else node

    return resolve(schema)
