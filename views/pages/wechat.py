"""Signing a browser in through WeChat: to the QR code and back (ID-4)."""

import secrets

from flask import Blueprint, Response, current_app, g, redirect, request
from flask import session as flask_session

from app.errors import DomainError, Unavailable
from models.identity import SessionKind, User
from services.identity import oauth, signin
from views import auth
from views.api.identity import WECHAT_STATE
from views.api.session import remember_first_step

blueprint = Blueprint("wechat", __name__, url_prefix="/auth/wechat")


@blueprint.get("/start")
def start():
    """To WeChat's page, with a note in the signed cookie of whom we expect back."""
    oauth.wechat.require()
    flask_session[WECHAT_STATE] = secrets.token_urlsafe(24)
    base = current_app.smartsupport.PUBLIC_URL or request.host_url
    return redirect(oauth.wechat.start_url(f"{base.rstrip('/')}/auth/wechat/callback", flask_session[WECHAT_STATE]))


@blueprint.get("/callback")
def callback():
    """Back from WeChat. Only the browser that went there is let in: the state is good once."""
    expected = flask_session.pop(WECHAT_STATE, None)
    if not expected or request.args.get("state") != expected:
        return redirect("/login?failed=wechat")
    was_signed_in = g.actor.user_id is not None
    try:
        user = oauth.sign_in(g.actor, request.args.get("code", "")[:512], auth.client_ip())
    except Unavailable:
        return redirect("/login?failed=unavailable")
    except DomainError:
        return redirect("/login?failed=wechat")
    if was_signed_in:
        return redirect("/desk/profile" if g.actor.is_staff else "/")
    if user.totp_enabled:
        remember_first_step(user)
        return redirect("/login?step=totp")
    return _signed_in(user)


def _signed_in(user: User) -> Response:
    if g.sign_in is not None:
        signin.end_by_key(g.sign_in)
    opened = signin.open_for_user(
        user, SessionKind.browser, ip=auth.client_ip(), user_agent=request.headers.get("User-Agent", "")
    )
    response = redirect("/desk" if opened.actor.is_staff else "/")
    auth.set_cookie(response, opened)
    return response
