"""One way in for every REST call: limit, CSRF, schema, call, envelope. What is registered here, OpenAPI shows."""

import functools
from collections.abc import Callable
from dataclasses import dataclass, field

from flask import Blueprint, Flask, Response, current_app, g, request
from sqlalchemy import select
from werkzeug.routing import IntegerConverter

from app.errors import Invalid, NotFound
from app.extensions import db
from app.fail_points import fail_point
from models.actor import Actor
from services.operation import OPERATIONS, DataField
from services.threads import limit_sender
from services.throttle import throttle
from views import auth
from views.api import schema
from views.api.envelope import success

PREFIX = "/api/v1"


class IdConverter(IntegerConverter):
    """Row numbers: digits only, and no more than a BIGINT holds; anything else is simply not found."""

    regex = r"[0-9]{1,18}"


@dataclass(frozen=True)
class Endpoint:
    """One method on one path, with all that documentation and contract tests need."""

    method: str
    path: str
    handler: Callable
    section: str
    summary: str
    fields: tuple[DataField, ...] = ()
    query: dict[str, type] = field(default_factory=dict)
    #: the right it needs; "" for everybody, None when the handler's operation decides
    right: str | None = None
    #: one part `file` instead of JSON; uploads may be larger than other bodies
    takes_file: bool = False
    #: what a customer does by it others get to see, and is counted like his messages
    is_speech: bool = False

    @property
    def openapi_path(self) -> str:
        return PREFIX + self.path.replace("<id:", "{").replace("<", "{").replace(">", "}")

    @property
    def name(self) -> str:
        words = (
            self.path.replace("<id:", "")
            .replace("<", "")
            .replace(">", "")
            .strip("/")
            .replace("/", "_")
            .replace("-", "_")
            .replace(".", "_")
        )
        return f"{self.method.lower()}_{words}"


@dataclass(frozen=True)
class Face:
    """One way of speaking to programs: where its endpoints lie, how it reads bodies and words answers.

    What comes before the handler, from the limit to the schema, is the same for all faces.
    """

    name: str
    prefix: str
    #: (name of the endpoint, its fields) → the request's data
    read_body: Callable[[str, tuple[DataField, ...]], dict]
    #: what a handler returned → the answer
    answer: Callable[[object], Response]
    check_csrf: Callable[[], None] = auth.check_csrf
    endpoints: dict[tuple[str, str], Endpoint] = field(default_factory=dict)

    def endpoint(
        self,
        method: str,
        path: str,
        *,
        section: str,
        summary: str,
        fields: tuple[DataField, ...] = (),
        query: dict[str, type] | None = None,
        right: str | None = None,
        takes_file: bool = False,
        is_speech: bool = False,
    ) -> Callable:
        """Register a handler `(actor, *path ids, **data)`; what it returns becomes the answer."""

        def decorate(handler: Callable) -> Callable:
            if (method, path) in self.endpoints:
                raise RuntimeError(f"{method} {path} is registered twice")
            self.endpoints[method, path] = Endpoint(
                method, path, handler, section, summary, fields, query or {}, right, takes_file, is_speech
            )
            return handler

        return decorate

    def register(self, app: Flask) -> Blueprint:
        """Hang every endpoint on the application."""
        blueprint = Blueprint(self.name, __name__, url_prefix=self.prefix)
        for entry in self.endpoints.values():
            blueprint.add_url_rule(entry.path, endpoint=entry.name, view_func=self._view(entry), methods=[entry.method])
        app.register_blueprint(blueprint)
        return blueprint

    def _view(self, entry: Endpoint) -> Callable:
        @functools.wraps(entry.handler)
        def view(**path):
            throttle.hit(current_app.config["REQUEST_RATE_PER_IP"], "request", auth.client_ip())
            self.check_csrf()
            if not entry.takes_file:
                request.max_content_length = current_app.config["MAX_BODY_BYTES"]
            if entry.right:
                g.actor.require(entry.right)
            if entry.is_speech:
                limit_sender(g.actor)
            data = self.read_body(entry.name, entry.fields) if entry.fields else {}
            if entry.query or entry.method == "GET":
                data = {**data, **schema.read_query(entry.query)}
            result = entry.handler(g.actor, *path.values(), **data)
            fail_point("before_ack")
            return result if isinstance(result, Response) else self.answer(result)

        return view


API = Face("api", PREFIX, schema.read_body, success)
ENDPOINTS, endpoint = API.endpoints, API.endpoint


def sent_file(limit: int) -> tuple[str, bytes]:
    """Name and content of the one file that came along, of the content one byte more than `limit` at most.

    Raises Invalid when there is none.
    """
    part = request.files.get("file")
    if part is None:
        raise Invalid("Send one file", fields={"file": "required"})
    return part.filename or "", part.stream.read(limit + 1)


def action(
    method: str,
    path: str,
    operation: str,
    *,
    on: type | None = None,
    dump: Callable | None = None,
    section: str,
    summary: str = "",
    is_speech: bool = False,
) -> None:
    """An endpoint that is one operation: load the row through `visible_to`, call, dump."""
    entry = OPERATIONS[operation]

    def handler(actor: Actor, *ids: int, **data):
        rows = [load(on, ids[0], actor)] if on is not None else []
        result = entry.call(actor, *rows, **data)
        return dump(actor, result) if dump else None

    endpoint(
        method,
        path,
        section=section,
        summary=summary or entry.title,
        fields=entry.data_fields,
        right=entry.right if entry.right is not None else operation,
        is_speech=is_speech,
    )(handler)


def load(model: type, row_id: int, actor: Actor):
    """The row, if this actor may see it; what one may not see does not exist. Raises NotFound."""
    row = db.session.scalars(select(model).where(model.id == row_id, model.visible_to(actor))).first()
    if row is None:
        raise NotFound("This does not exist")
    return row


def load_all(model: type, ids: list[int], actor: Actor) -> list:
    """These rows, all or none: no hint which one may not be seen. Raises NotFound."""
    rows = list(db.session.scalars(select(model).where(model.id.in_(ids), model.visible_to(actor))))
    if not ids or len(rows) != len(set(ids)):
        raise NotFound("This does not exist")
    return rows


def register(app: Flask) -> None:
    """Hang every endpoint of the API on the application."""
    app.url_map.converters["id"] = IdConverter
    API.register(app)
