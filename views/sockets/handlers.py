"""Client → server. Every event is authorised anew; sender, time, ids and room names come from the server."""

import functools
import logging
import threading
import time
from collections.abc import Callable
from enum import StrEnum, auto

from flask import Flask, current_app, g, request
from flask_babel import gettext
from flask_socketio import ConnectionRefusedError
from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolExhausted

from app.errors import DomainError, Invalid, NotAllowed, NotSignedIn, Reason, TooMany, Unavailable
from app.extensions import db, socketio
from app.fail_points import fail_point
from app.locale import current_locale, speaking
from models.actor import Actor
from models.base import bind
from models.conversations import Conversation
from models.messaging import MessageType
from models.tickets import Ticket
from services import conversations, thread_pages, threads, tickets
from services.identity import tokens
from services.operation import DataField
from services.places import room
from services.throttle import LocalWindow, parse
from views import auth
from views.api.endpoint import load
from views.api.envelope import translated
from views.api.schema import MAX_INT, model_of, reasons
from views.api.threads import SEND_FIELDS, SENDING, dump_changes
from views.sockets.connections import connections

logger = logging.getLogger(__name__)


class Viewing(StrEnum):
    """What somebody does who has a conversation or ticket open."""

    here = auto()
    writing = auto()
    gone = auto()


_OWNER = (DataField("session_id", int | None, None), DataField("ticket_id", int | None, None))
#: the database, or a free connection to it, is not there just now
DATABASE_GONE = (DBAPIError, PoolExhausted)
#: how many sockets are let in at the same time, and how long one waits at the door, in seconds
AT_ONCE, DOOR_SECONDS = 8, 5.0
_door = threading.BoundedSemaphore(AT_ONCE)
#: in the environment of a handshake: the language of who opened the socket
_LOCALE = "smartsupport.locale"
#: how many sockets one sign-in may have in this process: a window each for as many tabs as anybody can use
MOST_SOCKETS = 50
#: how many threads one `resume` may ask for
MOST_THREADS = 50


@socketio.on("connect")
def connect(auth_data: dict | None = None):
    """The cookie or a token in the handshake signs in; without either, `auth` must follow within ten seconds.

    After a restart everybody comes at once. Served all together they would all have to wait, longer than they do, and
    come again: so a few are served at a time, and who has to wait too long is told so and comes back later.
    """
    request.environ[_LOCALE] = current_locale()
    if not _door.acquire(timeout=DOOR_SECONDS):
        raise ConnectionRefusedError("unavailable")
    try:
        _let_in(auth_data)
    finally:
        _door.release()


def _let_in(auth_data: dict | None) -> None:
    try:
        actor = _identify(auth_data.get("token") if isinstance(auth_data, dict) else None)
    except NotSignedIn:
        raise ConnectionRefusedError("not_signed_in") from None
    except (Unavailable, *DATABASE_GONE):
        raise ConnectionRefusedError("unavailable") from None
    sid = request.sid
    if actor is not None and connections.count(actor.sign_in_id) >= MOST_SOCKETS:
        raise ConnectionRefusedError("too_many")
    if actor is None:
        socketio.start_background_task(_close_unless_signed_in, sid)
        return
    connections.open(sid, actor)


@socketio.on("disconnect")
def disconnect(reason=None):
    connections.close(request.sid)


_said = LocalWindow()
_event_rate = parse("1200 per minute")


def configure(event_rate: str) -> None:
    """Called once by the factory."""
    global _event_rate
    _event_rate = parse(event_rate)


def _count(actor: Actor | None) -> None:
    """Nobody keeps a process busy by talking, on however many sockets. Raises TooMany."""
    if not _said.hit(_event_rate, *(map(str, actor.sender) if actor is not None else ("nobody", g.sid))):
        raise TooMany("Too many attempts, please wait a little and try again")


def handler(name: str, fields: tuple[DataField, ...] = (), *, signed_in: bool = True) -> Callable:
    """Register a handler `(actor, **data)` whose answer, or refusal, becomes the acknowledgement."""

    def decorate(function: Callable) -> Callable:
        @functools.wraps(function)
        def receive(data) -> dict:
            try:
                actor = connections.actor(g.sid)
                _count(actor)
                if signed_in:
                    if actor is None:
                        raise NotSignedIn("Please sign in")
                    if actor.must_change_password:
                        raise NotSignedIn("Please change your password first", kind="password_change_required")
                    bind(db.session(), actor)
                answer = {"ok": True, **(function(actor, **_checked(name, fields, data)) or {})}
                fail_point("before_ack")
                return answer
            except DomainError as error:
                return {
                    "ok": False,
                    "error": error.kind,
                    "message": translated(error.message) if error.message else error.kind,
                    **({"fields": error.fields} if error.fields else {}),
                }
            except DATABASE_GONE as error:
                logger.error("socket event %s: database: %s", name, getattr(error, "orig", error))
                return {
                    "ok": False,
                    "error": "unavailable",
                    "message": gettext("The database cannot be reached just now, please try again"),
                }
            except Exception:
                logger.exception("socket event %s failed", name)
                return {"ok": False, "error": "internal", "message": gettext("Something went wrong on our side")}

        _RECEIVERS[name] = receive
        HANDLERS[name] = fields
        return function

    return decorate


#: every event a client may send, with its fields; the permission matrix of the tests walks over it
HANDLERS: dict[str, tuple[DataField, ...]] = {}
_RECEIVERS: dict[str, Callable[[object], dict]] = {}
#: what `CheckedPacket` makes of everything else
UNKNOWN = "unknown"


@socketio.on(UNKNOWN)
def refuse(*_) -> dict:
    return {"ok": False, "error": "invalid", "message": gettext("The request is not valid")}


def register_events(app: Flask) -> None:
    """Have the socket server call the handlers.

    Directly, not through Flask-SocketIO, which builds the request of the handshake anew for every event: a tenth of
    what a message costs, for a request that nothing but `auth` looks at.
    """
    for name, receive in _RECEIVERS.items():
        socketio.server.on(name, functools.partial(_receive, app, receive))


def _receive(app: Flask, receive: Callable[[object], dict], sid: str, data=None, *_) -> dict:
    environ = socketio.server.get_environ(sid)
    if environ is None:
        return {}  # it has gone meanwhile
    with app.app_context(), speaking(environ[_LOCALE]):
        g.sid, g.environ = sid, environ
        return receive(data)


@handler("auth", (DataField("token", str, "", 4000),), signed_in=False)
def authenticate(actor: Actor | None, token: str = "") -> dict:
    """Sign a connected socket in, or in anew."""
    with current_app.request_context(g.environ):
        actor = _identify(token or None)
    if actor is None:
        raise NotSignedIn("Please sign in")
    connections.open(g.sid, actor)
    return {
        "actor": {
            "kind": actor.kind,
            "userId": actor.user_id,
            "customerId": actor.customer_id,
            "agentId": actor.agent_id,
            "name": actor.name,
            "roles": list(actor.roles),
        }
    }


@handler("ping", signed_in=False)
def ping(actor: Actor | None) -> dict:
    return {"time": int(time.time() * 1000)}


@handler("join", _OWNER)
def join(actor: Actor, **data) -> dict:
    """Hear a conversation or a ticket room from now on."""
    kind, owner = _owner(actor, data)
    connections.enter(g.sid, kind, owner)
    if kind == "ticket":
        socketio.emit("joined", {"message": f"已加入工单 #{owner.id}"}, to=g.sid)
    return {"threadId": owner.thread_id, "lastSeq": owner.thread.last_seq, "changeSeq": owner.thread.change_seq}


@handler("leave", _OWNER)
def leave(actor: Actor, **data) -> dict:
    _, owner = _owner(actor, data)
    connections.leave(g.sid, owner.thread_id)
    return {"threadId": owner.thread_id}


@handler(
    "send_message",
    (
        *_OWNER,
        *(
            DataField(f.name, f.annotation, "" if f.name == "client_msg_id" else f.default, f.max_length)
            for f in SEND_FIELDS
        ),
    ),
)
def send_message(
    actor: Actor,
    client_msg_id: str = "",
    type: MessageType = MessageType.text,
    content: str = "",
    file_id: int | None = None,
    seconds: int | None = None,
    mentions: list[int] | None = None,
    **data,
) -> dict:
    """The acknowledgement comes after the commit. A client without ids of its own (E §4.2) gets one made here."""
    model, row_id = _named(actor, data)
    threads.limit_sender(actor)
    message = SENDING[model].call(
        actor,
        row_id,
        client_msg_id=client_msg_id or f"{g.sid}-{time.monotonic_ns()}",
        type=type,
        content=content,
        file_id=file_id,
        seconds=seconds,
        mentions=mentions,
    )
    return {"message": message}


@handler("message_ack", (*_OWNER, DataField("seq", int)))
def acknowledge(actor: Actor, seq: int, **data) -> dict:
    """The client has shown everything up to `seq`."""
    kind, owner = _owner(actor, data)
    mark = (conversations.read_messages if kind == "conversation" else tickets.read_messages)(actor, owner, seq=seq)
    return {"readSeq": mark.read_seq if mark else 0}


@handler("received", (*_OWNER, DataField("seq", int)))
def received(actor: Actor, seq: int, **data) -> dict:
    """A page of this person has everything up to `seq`: now and then, for what nobody is looking at."""
    kind, owner = _owner(actor, data)
    tell = conversations.receive_messages if kind == "conversation" else tickets.receive_messages
    tell(actor, owner, seq=seq)
    return {}


@handler("viewing", (*_OWNER, DataField("state", Viewing, Viewing.here), DataField("ask", bool, False)))
def viewing(actor: Actor, state: Viewing = Viewing.here, ask: bool = False, **data) -> dict:
    """Colleagues who have the same thing open learn of each other. Nothing is stored, no customer hears it."""
    kind, owner = _owner(actor, data)
    if actor.sees_as_customer:
        raise NotAllowed("You are not allowed to do this")
    payload = {
        ("sessionId" if kind == "conversation" else "ticketId"): owner.id,
        "user": {"id": actor.user_id, "name": actor.name},
        "state": state.value,
        "ask": ask,
    }
    socketio.emit("viewing", payload, to=room(owner.thread_id, staff=True), skip_sid=g.sid)
    return {}


@handler("typing", (*_OWNER, DataField("typing", bool, True), DataField("preview", str, "", 500)))
def typing(actor: Actor, typing: bool = True, preview: str = "", **data) -> dict:
    """Nothing is stored. What a customer is writing is shown to staff only, and he never learns who looks on."""
    kind, owner = _owner(actor, data)
    actor.require("message.send" if kind == "conversation" else "ticket.message")
    sender_kind, sender_id = actor.sender
    payload = {
        ("sessionId" if kind == "conversation" else "ticketId"): owner.id,
        "typing": typing,
        "sender": {"kind": sender_kind, "id": sender_id, "name": actor.name},
    }
    staff_room = room(owner.thread_id, staff=True)
    if actor.sees_as_customer:
        socketio.emit("typing", {**payload, "preview": preview}, to=staff_room, skip_sid=g.sid)
    elif kind == "conversation" and not owner.is_between(actor):  # whoever looks on can only be writing a note
        socketio.emit("typing", payload, to=staff_room, skip_sid=g.sid)
    else:
        socketio.emit("typing", payload, to=room(owner.thread_id), skip_sid=g.sid)
    return {}


@handler("resume", (DataField("threads", list[dict]),))
def resume(actor: Actor, **data) -> dict:
    """Catch up after a gap: for each thread everything that changed since, and hear it again."""
    wanted = data["threads"]
    if len(wanted) > MOST_THREADS:
        raise Invalid("Too many threads at once", fields={"threads": Reason("at most %(number)s", number=MOST_THREADS)})
    found, seen = [], set()
    for item in wanted:
        after = item.pop("afterChange", 0) if isinstance(item, dict) else None
        if not isinstance(after, int) or isinstance(after, bool) or not 0 <= after <= MAX_INT:
            raise Invalid("The request is not valid", fields={"afterChange": "must be a whole number"})
        given = _checked("resume_thread", _OWNER, item)
        kind, owner = _owner(actor, given)
        if owner.thread_id in seen:
            raise Invalid("The request is not valid", fields={"threads": "each once"})
        seen.add(owner.thread_id)
        connections.enter(g.sid, kind, owner)  # hear first, fetch then: nothing falls between
        context = {"sessionId": owner.id} if kind == "conversation" else {"ticketId": owner.id}
        found.append({**context, **dump_changes(thread_pages.changes_after(actor, owner.thread_id, after), context)})
    return {"threads": found}


def _owner(actor: Actor, data: dict) -> tuple[str, Conversation | Ticket]:
    """The conversation or ticket that is meant, if this actor may see it. Raises NotFound."""
    model, row_id = _named(actor, data)
    return ("conversation" if model is Conversation else "ticket"), load(model, row_id, actor)


def _named(actor: Actor, data: dict) -> tuple[type, int]:
    """Which conversation or ticket is meant. Raises NotAllowed to whoever reads none of its kind."""
    session_id, ticket_id = data.get("session_id"), data.get("ticket_id")
    if (session_id is None) == (ticket_id is None):
        raise Invalid("Name one conversation or one ticket", fields={"sessionId": "or ticketId"})
    if session_id is not None:
        actor.require("conversation.read")
        return Conversation, session_id
    actor.require("ticket.read")
    return Ticket, ticket_id


def _checked(name: str, fields: tuple[DataField, ...], data) -> dict:
    """Event data against its fields; E's snake_case names are taken too."""
    if data is None:
        data = {}
    if not isinstance(data, dict) or len(data) > 50:
        raise Invalid("The request is not valid")
    data = {
        "ticketId" if key == "ticket_id" else "sessionId" if key == "session_id" else key: value
        for key, value in data.items()
    }
    try:
        parsed = model_of(f"socket_{name}", fields).model_validate(data)
    except (ValidationError, RecursionError) as error:
        raise Invalid(
            "The request is not valid", fields=reasons(error) if isinstance(error, ValidationError) else {}
        ) from None
    return {key: getattr(parsed, key) for key in parsed.model_fields_set}


def _identify(token: str | None) -> Actor | None:
    """Who speaks by this token or, without one, by the cookie. Raises NotSignedIn for a token that is none."""
    if token:
        if not isinstance(token, str):
            raise NotSignedIn("Please sign in")
        return tokens.resume(token, ip=auth.client_ip()).actor
    resumed = auth.resume_cookie(request.cookies.get(auth.COOKIE, ""), auth.client_ip())
    return resumed[1] if resumed else None


def _close_unless_signed_in(sid: str) -> None:
    socketio.sleep(10)
    if not connections.knows(sid):
        socketio.server.disconnect(sid)
