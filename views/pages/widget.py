"""The widget's two addresses: the script that other sites name in their pages, and the frame it opens."""

from pathlib import Path

from flask import Blueprint, Response, current_app, request, send_from_directory
from flask_babel import force_locale, gettext

from app.locale import ARGUMENT, LANGUAGES, current_locale
from services import channels
from views import auth, headers
from views.api.widget import look_of
from views.pages.shells import shell

blueprint = Blueprint("widget", __name__)

#: its name never changes, so browsers ask now and then whether it is still the same
_SCRIPT_SECONDS = 600


@blueprint.get("/widget.js")
def script() -> Response:
    """For any page: it does nothing on a site that the channel does not name."""
    folder = Path(current_app.static_folder) / "dist"
    response = send_from_directory(folder, "widget.js", mimetype="text/javascript", conditional=True)
    response.headers["Cache-Control"] = f"public, max-age={_SCRIPT_SECONDS}"
    response.headers["Access-Control-Allow-Origin"] = "*"  # pages may name it with crossorigin and a checksum
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


@blueprint.get("/widget/<code>")
def frame(code: str):
    """The chat inside the frame. The channel's sites may show it; who is signed in on our own pages does not matter."""
    auth.forget_cookie()
    channel = channels.find_widget(code)
    headers.allow_framing(channel.origins or [])
    locale = channel.locale if request.args.get(ARGUMENT) not in LANGUAGES and channel.locale else current_locale()
    data = {**look_of(channel), "origins": channel.origins or []}
    with force_locale(locale):
        return shell("widget", gettext("Hello, how can we help?"), locale=locale, data=data)
