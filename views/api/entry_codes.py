"""专属二维码: entry codes as administrators keep them, as an agent has his own, as a customer follows one (CHT-15)."""

from flask import Response, send_file

from app.errors import Invalid, NotFound
from models.actor import Actor
from models.entry_codes import EntryCode
from models.organization import Agent
from services import entry_codes
from services.identity import avatars
from views import qr
from views.api.endpoint import action, endpoint, load
from views.api.resource import Resource, serve
from views.public_address import public_address

SECTION = "专属二维码接口"


def address_of(actor: Actor, entry: EntryCode) -> str:
    """What the QR code says."""
    return f"{public_address(actor)}/c/{entry.code}"


ENTRY_CODES = serve(
    Resource(
        path="entry-codes",
        key="entry_code",
        model=EntryCode,
        section=SECTION,
        title="专属二维码",
        out=(
            "id",
            "name",
            "kind",
            "code",
            "agent_id",
            "team_id",
            "channel",
            "hint",
            "active",
            "last_day",
            "use_count",
            "last_use_time",
            "create_time",
            "version",
        ),
        filters=("kind", "agent_id", "team_id", "channel", "active"),
        sort=("id", "name", "use_count", "last_use_time", "create_time"),
        search=("name", "code"),
        more={
            "url": address_of,
            "cardUrl": lambda actor, row: f"/cards/{row.id}",
            "isValid": lambda actor, row: row.is_valid,
        },
    )
)


def dump(actor: Actor, entry: EntryCode) -> dict:
    return ENTRY_CODES.dump(actor, entry)


@endpoint("GET", "/agents/me/entry-code", section=SECTION, summary="我的专属二维码", right="agent.set_presence")
def show_own_code(actor: Actor):
    """null until the agent has made one."""
    entry = entry_codes.code_of_agent(actor.agent_id or 0)
    return dump(actor, entry) if entry is not None else None


@endpoint("POST", "/agents/me/entry-code", section=SECTION, summary="生成我的专属二维码", right="agent.set_presence")
def make_own_code(actor: Actor):
    return dump(actor, entry_codes.make_own_code(actor))


@endpoint(
    "POST", "/agents/me/entry-code/renew", section=SECTION, summary="更换我的专属二维码", right="agent.set_presence"
)
def renew_own_code(actor: Actor):
    entry = entry_codes.code_of_agent(actor.agent_id or 0)
    if entry is None:
        raise NotFound("You have no code yet")
    return dump(actor, entry_codes.renew_own_code(actor, entry))


action(
    "POST", "/entry-codes/<id:id>/renew", "entry_code.renew", on=EntryCode, dump=dump, section=SECTION, summary="更换"
)


@endpoint(
    "GET",
    "/entry-codes/<id:id>/qr",
    section=SECTION,
    summary="二维码图片",
    right="",
    query={"format": str, "download": bool, "version": int},
)
def show_picture(actor: Actor, row_id: int, format: str = "svg", download: bool = False, version: int = 0) -> Response:
    """The code as SVG or PNG, for its agent and for those who keep the codes.

    `version` gives the picture of a renewed code another address, so that no page goes on showing the one before.
    """
    entry = load(EntryCode, row_id, actor)
    if format not in qr.FORMATS:
        raise Invalid("The request is not valid", fields={"format": "svg or png"})
    response = Response(qr.picture(address_of(actor, entry), format), mimetype=qr.FORMATS[format][0])
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'; style-src 'unsafe-inline'"
    response.headers["Cache-Control"] = "private, no-store"
    if download:
        response.headers.set("Content-Disposition", "attachment", filename=f"qr-{entry.id}.{format}")
    return response


# --- for whoever holds a code ---------------------------------------------------------------------------------------


@endpoint("GET", "/entry/<code>", section=SECTION, summary="二维码去向", right="")
def show_entry(actor: Actor, code: str):
    """Where a code leads, for somebody who has just scanned it."""
    return dump_entry(_entry(code))


@endpoint("POST", "/entry/<code>/visits", section=SECTION, summary="记录扫码", right="")
def visit(actor: Actor, code: str):
    entry = _entry(code)
    shown = dump_entry(entry)
    entry_codes.count_visit(entry)
    return shown


@endpoint("GET", "/entry/<code>/avatar", section=SECTION, summary="客服头像", right="")
def show_avatar(actor: Actor, code: str) -> Response:
    """The face on the card: whoever holds it may see it before he has said a word."""
    entry = _entry(code)
    if entry.agent is None:
        raise NotFound("This picture does not exist")
    response = send_file(
        avatars.file_of(entry.agent.user), mimetype=avatars.MIME, etag=False, download_name="avatar.webp"
    )
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response.headers["Cache-Control"] = "private, max-age=300"
    return response


def dump_entry(entry: EntryCode) -> dict:
    """Nothing here that is not printed on the card or said by the person himself: no numbers, no accounts."""
    agent, team = entry.agent, entry.team
    return {
        "kind": entry.kind.value,
        "hint": entry.hint,
        "agent": _dump_agent(entry.code, agent) if agent is not None else None,
        "team": {"name": team.name, "description": team.description} if team is not None else None,
    }


def _dump_agent(code: str, agent: Agent) -> dict:
    return {
        "name": agent.name,
        "avatarUrl": f"/api/v1/entry/{code}/avatar" if agent.user.avatar_url else None,
        "presence": agent.presence.value,
        "introduction": agent.introduction,
    }


def _entry(code: str) -> EntryCode:
    entry = entry_codes.find_valid(code)
    if entry is None:
        raise NotFound("This code is no longer valid")
    return entry
