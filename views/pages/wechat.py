"""Signing a browser in through WeChat: to the QR code and back (ID-4).

`next` is where the person wanted to go; it waits in the signed cookie while he is away. What went wrong is told by the
page he comes back to, as `failed`: wechat (not accepted), unavailable (not reachable), linked (belongs elsewhere).
"""

import secrets
from urllib.parse import urlencode, urlsplit, urlunsplit

from flask import Blueprint, Response, current_app, g, redirect, request
from flask import session as flask_session

from app.errors import Conflict, DomainError, Unavailable
from models.identity import SessionKind, User
from services.identity import oauth, signin
from views import auth
from views.api.identity import WECHAT_STATE
from views.api.session import remember_first_step

blueprint = Blueprint("wechat", __name__, url_prefix="/auth/wechat")
NEXT = "wechat_next"


@blueprint.get("/start")
def start():
    """To WeChat's page, with a note in the signed cookie of whom we expect back."""
    oauth.wechat.require()
    flask_session[WECHAT_STATE] = secrets.token_urlsafe(24)
    flask_session[NEXT] = local_path(request.args.get("next", ""))
    base = current_app.smartsupport.PUBLIC_URL or request.host_url
    return redirect(oauth.wechat.start_url(f"{base.rstrip('/')}/auth/wechat/callback", flask_session[WECHAT_STATE]))


@blueprint.get("/callback")
def callback():
    """Back from WeChat. Only the browser that went there is let in: the state is good once."""
    expected, wanted = flask_session.pop(WECHAT_STATE, None), flask_session.pop(NEXT, "")
    # somebody who is signed in wants to be linked, and reads on his own page how that went
    own_page = None
    if g.actor.user_id is not None:
        own_page = wanted or ("/desk/profile" if g.actor.is_staff else "/")
    if not expected or request.args.get("state") != expected:
        return _back(own_page, wanted, failed="wechat")
    try:
        user = oauth.sign_in(g.actor, request.args.get("code", "")[:512], auth.client_ip())
    except Unavailable:
        return _back(own_page, wanted, failed="unavailable")
    except Conflict:
        return _back(own_page, wanted, failed="linked")
    except DomainError:
        return _back(own_page, wanted, failed="wechat")
    if own_page is not None:
        return redirect(own_page)
    if user.totp_enabled:
        remember_first_step(user)
        return _back(None, wanted, step="totp")
    return _signed_in(user, wanted)


def local_path(wanted: str) -> str:
    """A path of this site as it was asked for; nothing for whatever a browser could take for another host."""
    if not wanted.startswith("/") or wanted.startswith("//") or "\\" in wanted or not wanted.isprintable():
        return ""
    return wanted if len(wanted) <= 500 and urlsplit(wanted).path != "/login" else ""


def _back(own_page: str | None, wanted: str, **said: str) -> Response:
    """To the page that tells what happened: the person's own, or the login page, which keeps in mind where to go."""
    if own_page is None:
        return redirect(f"/login?{urlencode(said | ({'next': wanted} if wanted else {}))}")
    parts = urlsplit(own_page)
    query = "&".join(part for part in (parts.query, urlencode(said)) if part)
    return redirect(urlunsplit(("", "", parts.path, query, parts.fragment)))


def _signed_in(user: User, wanted: str) -> Response:
    if g.sign_in is not None:
        signin.end_by_key(g.sign_in)
    opened = signin.open_for_user(
        user, SessionKind.browser, ip=auth.client_ip(), user_agent=request.headers.get("User-Agent", "")
    )
    response = redirect(wanted or ("/desk" if opened.actor.is_staff else "/"))
    auth.set_cookie(response, opened)
    return response
