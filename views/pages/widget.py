"""The widget's two addresses: the script that other sites name in their pages, and the frame it opens."""

from pathlib import Path

from flask import Blueprint, Response, current_app, request, send_from_directory
from flask_babel import force_locale, gettext

from app.errors import NotAllowed
from app.locale import ARGUMENT, LANGUAGES, current_locale
from models.channels import Channel
from services import channels, invitations
from services.throttle import throttle
from views import auth, headers
from views.api.widget import window_of
from views.pages.shells import THEMES, shell

blueprint = Blueprint("widget", __name__)

#: its name never changes, so browsers ask now and then whether it is still the same
_SCRIPT_SECONDS = 600
#: nobody looks at more invitations; whoever sends more wants to spoil the figures
_COUNTED_PER_IP = "60 per minute"


@blueprint.get("/widget.js")
def script() -> Response:
    """For any page: it does nothing on a site that the channel does not name."""
    folder = Path(current_app.static_folder) / "dist"
    response = send_from_directory(folder, "widget.js", mimetype="text/javascript", conditional=True)
    response.headers["Cache-Control"] = f"public, max-age={_SCRIPT_SECONDS}"
    response.headers["Access-Control-Allow-Origin"] = "*"  # pages may name it with crossorigin and a checksum
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


@blueprint.post("/widget/<code>/invitations/<int:invitation_id>/<any(shown, accepted):what>")
def count_invitation(code: str, invitation_id: int, what: str):
    """The script tells what became of an invitation. It comes from the other site and carries nobody's key."""
    auth.forget_cookie()
    channel, origin = channels.find_widget(code), request.headers.get("Origin")
    if origin is not None and origin not in (channel.origins or []):
        raise NotAllowed("This site is not among those that may show the chat")
    throttle.hit(_COUNTED_PER_IP, "invitation", auth.client_ip())
    invitations.count(channel, invitation_id, accepted=what == "accepted")
    return "", 204


@blueprint.get("/widget/<code>")
def frame(code: str):
    """The chat inside the frame. The channel's sites may show it; who is signed in on our own pages does not matter."""
    auth.forget_cookie()
    channel = channels.find_widget(code)
    headers.allow_framing(channel.origins or [])
    locale = channel.locale if request.args.get(ARGUMENT) not in LANGUAGES and channel.locale else current_locale()
    return window(channel, locale, channel.origins or [])


def window(channel: Channel, locale: str, origins: list[str]):
    """The page in the frame. Light or dark as the script was told: a cookie of our own pages says nothing here."""
    theme = request.args.get("theme")
    data = {**window_of(channel), "origins": origins}
    with force_locale(locale):
        return shell(
            "widget",
            gettext("Hello, how can we help?"),
            locale=locale,
            theme=theme if theme in THEMES else "",
            data=data,
        )
