"""Who is asking: one answer for REST, pages, admin screens and sockets."""

import hmac
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, g, request
from sqlalchemy import select

from app.errors import NotAllowed, NotSignedIn
from app.extensions import db
from models.actor import Actor
from models.base import bind
from models.identity import SessionKind, Tenant
from services.identity import file_keys, rights, signin, tokens

COOKIE = "smartsupport"
CSRF_HEADER = "X-CSRF-Token"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
#: where programs are served: what is refused there is told as data, not as a page
API_PATHS = ("/api/", "/case/api/", "/case/uploads/")
#: at least one of these comes with whatever a browser sends to change something
BROWSER_HEADERS = ("Origin", "Referer", "Sec-Fetch-Site")
#: what an account that must change its password may still call
BEFORE_CHANGE = frozenset(
    {
        ("GET", "/api/v1/session"),
        ("DELETE", "/api/v1/session"),
        ("PUT", "/api/v1/session/locale"),
        ("PUT", "/api/v1/user/password"),
        ("GET", "/api/v1/user/info"),
        ("POST", "/api/v1/auth/logout"),
    }
)


def install(app: Flask) -> None:
    app.before_request(identify)


def identify() -> None:
    """Fill `g.actor` (and `g.account`, `g.sign_in`) and bind the session, for every request but static files."""
    g.actor = g.account = g.sign_in = None
    g.by_token = False
    if request.endpoint in ("static", "appbuilder.static"):
        return
    header = request.headers.get("Authorization", "")
    if header.startswith("Bearer "):
        g.by_token = True
        resumed = tokens.resume(header[7:].strip(), ip=client_ip())
        actor, g.account = resumed.actor, resumed.account
        signin.keep_open(resumed.sign_in)
    else:
        actor = _by_cookie()
    adopt(actor)
    if actor.must_change_password and is_api(request.path) and (request.method, request.path) not in BEFORE_CHANGE:
        raise NotAllowed("Please change your password first", kind="password_change_required")


def adopt(actor: Actor) -> None:
    """From here on this context acts for `actor`."""
    g.actor = actor
    bind(db.session(), actor)


def forget_cookie() -> Actor:
    """From here on this request is nobody's, unless a token came along: what other sites frame ignores our cookies."""
    if not g.by_token:
        g.account = g.sign_in = None
        adopt(rights.anonymous(tenant_id_of_host(request.host), client_ip()))
    return g.actor


def reader_of_file(actor: Actor, key: str) -> Actor:
    """Who reads a picture or a file: the address of one in a framed page names a key. Raises NotSignedIn."""
    if not key:
        return actor
    resumed = file_keys.resume(key, ip=client_ip())
    if resumed is None:
        raise NotSignedIn("Please sign in again")
    adopt(resumed.actor)
    return resumed.actor


def is_api(path: str) -> bool:
    """Whether programs are served at this path."""
    return path.startswith(API_PATHS)


def check_csrf_of_browsers() -> None:
    """The same check, for a face that is also used by programs with a cookie jar and no idea of our header (E).

    No page on another site can make a browser leave out all that tells where a write comes from; whoever can is no
    browser, and nobody's cookie comes along that he does not hold himself.
    """
    if any(name in request.headers for name in BROWSER_HEADERS):
        check_csrf()


def check_csrf() -> None:
    """Refuse a write that another site may have caused. Tokens in the Authorization header need no such check."""
    if request.method in SAFE_METHODS or g.by_token:
        return
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        raise NotAllowed("This request came from another site", kind="csrf")
    origin = request.headers.get("Origin")
    if origin is not None and _host_of(origin) != request.host:
        raise NotAllowed("This request came from another site", kind="csrf")
    if g.sign_in is not None and not hmac.compare_digest(
        request.headers.get(CSRF_HEADER, "").encode(), csrf_token().encode()
    ):
        raise NotAllowed("The page has expired, please reload", kind="csrf")


def _host_of(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc
    except ValueError:  # no address at all, e.g. "http://["
        return None


def csrf_token() -> str:
    """Bound to the sign-in by its secret key; empty for somebody who has none."""
    return signin.hash_token(f"csrf:{request.cookies.get(COOKIE, '')}") if g.sign_in is not None else g.get("csrf", "")


def set_cookie(response: Response, opened: signin.Opened) -> None:
    """Give the browser its key; the sign-in it had before has been ended by the caller."""
    days = signin.rules.visitor_days if opened.sign_in.kind is SessionKind.visitor else 1
    response.set_cookie(
        COOKIE,
        opened.token,
        max_age=days * 86400 if opened.sign_in.kind is SessionKind.visitor else None,
        httponly=True,
        samesite="Lax",
        secure=current_app.config["SESSION_COOKIE_SECURE"],
        path="/",
    )
    g.sign_in, g.csrf = None, signin.hash_token(f"csrf:{opened.token}")


def clear_cookie(response: Response) -> None:
    response.delete_cookie(COOKIE, path="/")


def client_ip() -> str:
    return request.remote_addr or ""


def user_agent() -> str:
    return request.headers.get("User-Agent", "")


def tenant_id_of_host(host: str) -> int:
    """The company whose portal answers on this host, else the first one. Raises NotSignedIn if none is active."""
    name = host.rsplit(":", 1)[0].lower()
    found = db.session.scalars(
        select(Tenant.id)
        .where(Tenant.active == 1, (Tenant.host == name) | (Tenant.host.is_(None)))
        .order_by(Tenant.host.is_(None), Tenant.id)
    ).first()
    if found is None:
        raise NotSignedIn("No company is served here")
    return found


def resume_cookie(key: str, ip: str) -> signin.Resumed | None:
    return signin.resume(key, ip=ip) if key else None


def _by_cookie() -> Actor:
    resumed = resume_cookie(request.cookies.get(COOKIE, ""), client_ip())
    if resumed is None or resumed.sign_in.kind is SessionKind.api:
        return rights.anonymous(tenant_id_of_host(request.host), client_ip())
    g.sign_in, g.account = resumed.sign_in, resumed.account
    signin.keep_open(resumed.sign_in)
    return resumed.actor
