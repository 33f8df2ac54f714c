"""Channels: the ways customers come to us, and the sites that show our widget (CHT-17, SET-5)."""

import datetime as dt
import re
import secrets
from collections.abc import Iterable
from urllib.parse import urlsplit

from pydantic.alias_generators import to_camel
from sqlalchemy import select

from app.errors import Conflict, Invalid, NotFound, Reason
from app.extensions import db
from app.locale import LANGUAGES
from models.actor import Actor
from models.channels import COLOR, OFFSET, PORTAL, Channel, ChannelKind, FormField, FormWhen
from models.identity import LoginSession
from models.organization import Team
from models.types import utcnow
from models.wechat import WechatAccount
from services.crud import crud, referenced
from services.identity import signin
from services.operation import announce, operation

#: conversations keep the code in a column of this length
_CODE = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?")
_COLOR = re.compile(r"#[0-9a-f]{6}")
_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")
_DEFAULT_PORTS = {"http": 80, "https": 443}
MOST_ORIGINS = 20
#: behind these stands somebody else's server, which signs who its users are
SIGNING = (ChannelKind.widget, ChannelKind.app)
LONGEST_PAGE, LONGEST_TITLE = 500, 200
MOST_OFFSET = 200
#: one line each
_WORDS = ("label_zh", "label_en", "greeting_zh", "greeting_en", "subtitle_zh", "subtitle_en")
#: how long a secret that has been replaced still counts, where it is to
BOTH_COUNT = dt.timedelta(hours=24)


def find_widget(code: str) -> Channel:
    """The active widget of the bound company with this code. Raises NotFound."""
    found = _find(code)
    if found is None or found.kind is not ChannelKind.widget:
        raise NotFound("This chat does not exist")
    return found


def find_app(code: str) -> Channel:
    """The active channel of the bound company by which its own app shows our pages. Raises NotFound."""
    found = _find(code)
    if found is None or found.kind is not ChannelKind.app:
        raise NotFound("This chat does not exist")
    return found


def first_widget() -> Channel | None:
    """The oldest active widget of the bound company, if there is one."""
    widgets = select(Channel).where(Channel.kind == ChannelKind.widget, Channel.active == 1)
    return db.session.scalars(widgets.order_by(Channel.id).limit(1)).first()


def channel_of(code: str) -> Channel | None:
    """The channel by which a conversation comes in: the one named, else the portal.

    Nobody is turned away because a link in an old letter names a channel that is gone.
    """
    return _find(code) or _find(PORTAL)


def names_of(codes: Iterable[str]) -> dict[str, str]:
    """What channels are called, also those that are switched off."""
    rows = db.session.execute(select(Channel.code, Channel.name).where(Channel.code.in_(set(codes))))
    return dict(rows.tuples().all())


def ways_in(codes: Iterable[str]) -> dict[str, tuple[str, ChannelKind]]:
    """The same with their kinds."""
    rows = db.session.execute(select(Channel.code, Channel.name, Channel.kind).where(Channel.code.in_(set(codes))))
    return {code: (name, kind) for code, name, kind in rows}


def origin_of(address: str) -> str | None:
    """The origin of an address as browsers write it ("https://www.example.org"); None for what has none."""
    try:
        parts = urlsplit(address.strip().lower())
        host, port = (parts.hostname or "").encode("idna").decode(), parts.port
    except ValueError:  # UnicodeError is one
        return None
    if parts.scheme not in _DEFAULT_PORTS or not _HOST.fullmatch(host):
        return None
    shown = "" if port in (None, _DEFAULT_PORTS[parts.scheme]) else f":{port}"
    return f"{parts.scheme}://{host}{shown}"


def source_of(channel: Channel, page: str, title: str) -> dict | None:
    """Where a conversation began, fit to be kept and shown: {page, title}.

    Of the address only scheme, host and path: what follows may be anything, the keys of a reset link too. A widget
    stands on the sites of its channel and nowhere else.
    """
    found = {"page": _page(channel, page), "title": _line(title)[:LONGEST_TITLE]}
    return {name: text for name, text in found.items() if text} or None


@operation("channel.rotate_secret", title="Make a new signing secret")
def rotate_secret(actor: Actor, channel: Channel, *, keep_old: bool = False) -> str:
    """A new secret for signing identities, returned this once; it ends whom the one before has signed in.

    At once, or with `keep_old` within a day, in which the other site takes the new one into use: until then tokens
    signed with either are taken.
    """
    if channel.kind not in SIGNING:
        raise Conflict("Only widgets and apps have a signing secret")
    keep_old = keep_old and channel.secret is not None
    channel.previous_secret = channel.secret if keep_old else None
    channel.previous_secret_until = utcnow() + BOTH_COUNT if keep_old else None
    channel.secret, channel.secret_time = secrets.token_urlsafe(32), utcnow()
    signed = LoginSession.channel_id == channel.id
    if keep_old:
        signin.let_end(signed, until=channel.previous_secret_until)
    else:
        signin.end_sign_ins(signed, reason="secret_replaced")
    db.session.flush()
    announce("channel.updated", channel_id=channel.id)
    return channel.secret


def color_of(text: str) -> str | None:
    """A colour as it is kept; None for what is none."""
    found = text.strip().lower()
    return found if _COLOR.fullmatch(found) else None


def _find(code: str) -> Channel | None:
    return db.session.scalars(select(Channel).where(Channel.code == code, Channel.active == 1)).first()


def _page(channel: Channel, address: str) -> str:
    origin = origin_of(address)
    if origin is None or (channel.kind is ChannelKind.widget and origin not in (channel.origins or [])):
        return ""
    path = "".join(sign for sign in urlsplit(address.strip()).path if sign.isprintable() and not sign.isspace())
    return f"{origin}{path or '/'}"[:LONGEST_PAGE]


def _line(text: str) -> str:
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


def _check(actor: Actor, row: Channel, data: dict) -> None:
    row.code = (row.code or "").strip().lower() or f"site-{secrets.token_hex(3)}"
    if not _CODE.fullmatch(row.code):
        raise Invalid("The code may have small letters, digits and hyphens", fields={"code": "a-z, 0-9, -"})
    if row.id is not None:
        _keep_what_pages_rely_on(row, data)
    elif row.kind is ChannelKind.portal:
        raise Invalid("Every company has one portal", fields={"kind": "one portal"})
    row.name = (row.name or "").strip()
    if not row.name:
        raise Invalid("A channel needs a name", fields={"name": "required"})
    row.color = color_of(row.color or COLOR)
    if row.color is None:
        raise Invalid("A colour is written like #0f766e", fields={"color": "#rrggbb"})
    if row.locale and row.locale not in LANGUAGES:
        raise Invalid("This language is not known", fields={"locale": "zh or en"})
    row.origins = _origins(row.origins or [])
    _check_words(row)
    _check_form(row)
    referenced(Team, row.team_id, actor, "teamId")


def _check_words(row: Channel) -> None:
    for column in ("offset_x", "offset_y"):
        given = getattr(row, column)
        setattr(row, column, OFFSET if given is None else given)
        if not 0 <= getattr(row, column) <= MOST_OFFSET:
            reason = Reason("from %(low)s to %(high)s", low=0, high=MOST_OFFSET)
            raise Invalid("The button would be out of sight", fields={to_camel(column): reason})
    for column in _WORDS:
        setattr(row, column, _line(getattr(row, column) or "") or None)


def _check_form(row: Channel) -> None:
    """Fields in the order in which they are asked, each once; asked are those that are required, too."""
    for column in ("form_fields", "form_required"):
        given = set(getattr(row, column) or ())
        if given - set(FormField):
            raise Invalid("This field does not exist", fields={to_camel(column): "unknown"})
        setattr(row, column, [field.value for field in FormField if field in given])
    row.form_fields = [field.value for field in FormField if field in {*row.form_fields, *row.form_required}]
    if row.form_when not in (None, FormWhen.never) and not row.form_fields:
        raise Invalid("Choose what the form asks for", fields={"formFields": "required"})


def _keep_what_pages_rely_on(row: Channel, data: dict) -> None:
    with db.session.no_autoflush:
        code, kind = db.session.execute(select(Channel.code, Channel.kind).where(Channel.id == row.id)).one()
    if row.code != code:
        raise Invalid("The code stands in other sites' pages and cannot be changed", fields={"code": "fixed"})
    if row.kind is not kind and ChannelKind.portal in (row.kind, kind):
        raise Invalid("Every company has one portal", fields={"kind": "one portal"})
    if kind is ChannelKind.portal and not row.active:
        raise Invalid("The portal cannot be switched off", fields={"active": "always"})


def _origins(given: list[str]) -> list[str]:
    """Exact origins, each once. Raises Invalid for patterns, paths and whatever else a browser would not send."""
    if len(given) > MOST_ORIGINS:
        raise Invalid("Too many sites", fields={"origins": "too many"})
    found = []
    for text in given:
        origin = origin_of(text)
        if origin is None or urlsplit(text.strip()).path not in ("", "/") or any(sign in text for sign in "?#@*"):
            raise Invalid(
                "A site is written as https://www.example.org, without anything behind it",
                fields={"origins": "https://www.example.org"},
            )
        found.append(origin)
    return list(dict.fromkeys(found))


def _keep_needed(actor: Actor, row: Channel) -> None:
    if row.kind is ChannelKind.portal:
        raise Conflict("The portal cannot be deleted")
    if db.session.scalar(select(WechatAccount.id).where(WechatAccount.channel_id == row.id)) is not None:
        raise Conflict("A WeChat account speaks through this channel: delete that first")


crud(
    "channel",
    Channel,
    title="Channel",
    writable=(
        "code",
        "name",
        "kind",
        "active",
        "origins",
        "color",
        "side",
        "offset_x",
        "offset_y",
        "label_zh",
        "label_en",
        "greeting_zh",
        "greeting_en",
        "subtitle_zh",
        "subtitle_en",
        "locale",
        "team_id",
        "form_when",
        "form_fields",
        "form_required",
    ),
    check=_check,
    before_delete=_keep_needed,
)
