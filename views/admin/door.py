"""Who may come in under /admin, and how refusals look there."""

from collections.abc import Callable
from urllib.parse import quote

from flask import Flask, current_app, g, redirect, render_template, request
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from werkzeug.exceptions import HTTPException

from app.errors import DomainError

_TEXTS = {
    400: _("The page has expired, please reload"),
    403: _("You are not allowed to do this"),
    404: _("This does not exist"),
    405: _("The request is not valid"),
    413: _("The request is too large"),
}


def install(app: Flask) -> None:
    """One door before all screens: each of them asks for its own right besides."""
    app.before_request(check)
    elsewhere = app.error_handler_spec[None][None]
    for code in _TEXTS:
        app.register_error_handler(code, _page_for(_TEXTS[code], elsewhere[HTTPException]))
    app.register_error_handler(DomainError, _page_for("", elsewhere[DomainError]))


def check():
    """Strangers sign in first; who has no business here is told so."""
    if not is_admin(request.path):
        return None
    # who talks on the portal without an account may have one for here
    if g.actor.kind in ("anonymous", "visitor") or g.actor.must_change_password:
        target = request.full_path.rstrip("?") if request.method == "GET" else "/admin/"
        return redirect(f"/login?next={quote(target, safe='/')}")
    if not g.actor.may("admin.enter"):
        return refused(403, gettext("The administration is not for your account"))
    return None


def is_admin(path: str) -> bool:
    return path == "/admin" or path.startswith("/admin/")


def refused(code: int, message):
    """A page that says what is wrong and leads back."""
    return render_template(
        "admin/refused.html",
        code=code,
        message=message,
        base_template="admin/base.html",
        appbuilder=current_app.appbuilder,
    ), code


def _page_for(text, elsewhere: Callable) -> Callable:
    def handle(error: HTTPException | DomainError):
        if not is_admin(request.path) or g.get("actor") is None:
            return elsewhere(error)
        if isinstance(error, DomainError):
            return refused(error.status, gettext(error.message))
        return refused(error.code, text)

    return handle
