"""The widget on other sites: how it looks, who talks in it, and what an administrator copies into a page (CHT-17)."""

from flask import Response, current_app, g, request, send_file

from app.errors import NotAllowed, NotFound
from models.actor import Actor
from models.channels import Channel
from models.invitations import Invitation
from services import channels, invitations, logos
from services.contrast import READABLE, WHITE, contrast, letters_on
from services.identity import avatars, embedded, signin
from services.operation import DataField
from services.throttle import throttle
from views import auth
from views.api.endpoint import action, endpoint, load, sent_file
from views.api.envelope import success
from views.api.resource import RESOURCES, Resource, serve
from views.api.session import state_of

SECTION = "系统集成接口"
VISITORS = "浏览器会话"

CHANNELS = serve(
    Resource(
        "channels",
        "channel",
        Channel,
        SECTION,
        "渠道",
        out=(
            "id",
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
            "logo_url",
            "locale",
            "team_id",
            "form_when",
            "form_fields",
            "form_required",
            "secret_time",
            "create_time",
            "version",
        ),
        filters=("kind", "active"),
        sort=("id", "code", "name", "create_time"),
        search=("code", "name"),
    )
)
serve(
    Resource(
        "invitations",
        "invitation",
        Invitation,
        SECTION,
        "主动邀请",
        out=(
            "id",
            "channel_id",
            "name",
            "active",
            "page",
            "after_seconds",
            "every_hours",
            "only_when_open",
            "text_zh",
            "text_en",
            "sort",
            "shown_count",
            "accepted_count",
            "create_time",
            "version",
        ),
        filters=("channel_id", "active"),
        sort=("id", "sort", "name", "shown_count", "accepted_count"),
        search=("name",),
    )
)
action(
    "POST",
    "/channels/<id:id>/secret",
    "channel.rotate_secret",
    on=Channel,
    dump=lambda actor, secret: {"secret": secret},
    section=SECTION,
    summary="渠道: new signing secret, shown this once",
)


@endpoint(
    "GET", "/integration/embed", section=SECTION, summary="获取嵌入配置", right="channel.read", query={"channel": str}
)
def show_embedding(actor: Actor, channel: str = ""):
    """The line for the other site's pages, and the settings of its channel; the oldest widget unless one is named."""
    found = channels.find_widget(channel) if channel else channels.first_widget()
    if found is None:
        raise NotFound("No widget has been set up yet")
    return {
        "channel": RESOURCES["channel"].dump(actor, found),
        "scriptUrl": script_url(),
        "frameUrl": f"{base_url()}/widget/{found.code}",
        "snippet": snippet_for(found),
    }


def base_url() -> str:
    """The address by which browsers reach us."""
    return (current_app.smartsupport.PUBLIC_URL or request.host_url).rstrip("/")


def script_url() -> str:
    return f"{base_url()}/widget.js"


def snippet_for(channel: Channel) -> str:
    """The one line that a site puts into its pages; the code has nothing in it that needs escaping."""
    return f'<script src="{script_url()}" data-channel="{channel.code}" async></script>'


@endpoint("GET", "/widget/<code>", section=VISITORS, summary="Look of a widget", right="")
def show_widget(actor: Actor, code: str) -> Response:
    """For the script on the other site's page: how the button looks. Sites that are not named are refused."""
    auth.forget_cookie()
    channel, origin = channels.find_widget(code), request.headers.get("Origin")
    if origin is not None and origin not in (channel.origins or []):
        raise NotAllowed("This site is not among those that may show the chat")
    offered = [_invitation_of(one) for one in invitations.offered_by(channel)]
    response = success({**look_of(channel), "invitations": offered})
    response.headers["Vary"] = "Origin"
    if origin is not None:
        response.headers["Access-Control-Allow-Origin"] = origin
    return response


def look_of(channel: Channel) -> dict:
    """What the script and the frame show of a channel: nothing in it is a secret."""
    return {
        "code": channel.code,
        "name": channel.name,
        "color": channel.color,
        "onColor": letters_on(channel.color),
        "side": channel.side.value,
        "offset": [channel.offset_x, channel.offset_y],
        "locale": channel.locale,
        "label": {"zh": channel.label_zh or "", "en": channel.label_en or ""},
    }


def window_of(channel: Channel) -> dict:
    """What the frame shows besides."""
    return {
        **look_of(channel),
        "greeting": {"zh": channel.greeting_zh or "", "en": channel.greeting_en or ""},
        "subtitle": {"zh": channel.subtitle_zh or "", "en": channel.subtitle_en or ""},
        "logoUrl": channel.logo_url,
        # where its letters on white, and white ones on it, can be read, it is the colour of buttons and links too
        "isReadable": contrast(channel.color, WHITE) >= READABLE,
    }


def _invitation_of(invitation: Invitation) -> dict:
    return {
        "id": invitation.id,
        "page": invitation.page,
        "after": invitation.after_seconds,
        "every": invitation.every_hours,
        "text": invitations.words_of(invitation),
    }


@endpoint(
    "POST", "/channels/<id:id>/logo", section=SECTION, summary="渠道: picture", right="channel.update", takes_file=True
)
def set_logo(actor: Actor, row_id: int):
    channel = load(Channel, row_id, actor)
    _name, data = sent_file(avatars.MAX_BYTES)
    return CHANNELS.dump(actor, logos.set_logo(actor, channel, data=data))


@endpoint("DELETE", "/channels/<id:id>/logo", section=SECTION, summary="渠道: no picture", right="channel.update")
def remove_logo(actor: Actor, row_id: int):
    return CHANNELS.dump(actor, logos.remove_logo(actor, load(Channel, row_id, actor)))


@endpoint("GET", "/widget/<code>/logo/<key>", section=VISITORS, summary="Picture of a widget", right="")
def show_logo(actor: Actor, code: str, key: str) -> Response:
    """Its address is as hard to guess as it is public: it stands in the window."""
    path = logos.get_file(channels.find_widget(code), key)
    response = send_file(path, mimetype=avatars.MIME)
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


@endpoint(
    "POST",
    "/widget/<code>/session",
    section=VISITORS,
    summary="Begin as a visitor of a widget, or as whom the site has signed",
    right="",
    fields=(DataField("name", str, "", 64), DataField("identity", str, "", 4000)),
)
def enter_widget(actor: Actor, code: str, name: str = "", identity: str = ""):
    """The answer carries the visitor's key, which the frame keeps and sends as `Authorization: Bearer`.

    Cookies play no part: a browser may not send them from within other sites' pages, and should it send those of
    somebody who works here, they count for nothing.
    """
    actor = auth.forget_cookie()
    channel = channels.find_widget(code)
    visitor = actor if actor.kind == "visitor" else None
    if visitor is not None and not identity:
        return state_of(visitor)
    throttle.hit(current_app.config["VISITOR_RATE_PER_IP"], "visitor", auth.client_ip())
    came = {"ip": auth.client_ip(), "user_agent": auth.user_agent()}
    if identity:
        opened = embedded.enter(channel, identity, visitor=visitor, **came)
    else:
        opened = signin.open_for_visitor(channel.tenant_id, " ".join(name.split()), source="widget", **came)
    auth.adopt(opened.actor)
    g.account, g.by_token = None, True
    return {**state_of(opened.actor), "visitorKey": opened.token}
