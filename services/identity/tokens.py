"""API tokens: access JWT (2 h), opaque rotating refresh token (7 d); reuse of an old one ends the family (ID-14)."""

import datetime as dt
import secrets

import jwt
from sqlalchemy import or_, select

from app.errors import NotSignedIn
from app.extensions import db
from models.actor import system
from models.identity import LoginSession, SessionKind, User
from models.types import utcnow
from services.identity import signin
from services.identity.signin import Resumed, end_sign_ins, hash_token
from services.operation import run

ALGORITHM = "HS256"
AUDIENCE = "smartsupport-api"
_key = ""
_access_minutes = 120


def configure(secret: str, access_minutes: int) -> None:
    """Called once by the factory. Tokens are signed with a key of their own, derived from the secret."""
    global _key, _access_minutes
    _key, _access_minutes = hash_token(f"jwt:{secret}"), access_minutes


def issue(user: User, *, ip: str, user_agent: str = "") -> dict:
    """Sign an API client in: {accessToken, refreshToken, expiresIn} with `expiresIn` in seconds."""
    opened = signin.open_for_user(user, SessionKind.api, ip=ip, user_agent=user_agent)
    return _pair(opened.sign_in, opened.token)


def refresh(refresh_token: str) -> dict:
    """A new pair for a refresh token, which is thereby used up.

    Raises NotSignedIn when it is unknown, expired or used before; in the last case the whole family ends,
    since either the client or a thief holds the newer one.
    """
    digest = hash_token(refresh_token)
    sign_in = db.session.scalars(
        select(LoginSession).where(
            LoginSession.kind == SessionKind.api,
            or_(LoginSession.token_hash == digest, LoginSession.previous_hash == digest),
        ),
        execution_options={"all_tenants": True},
    ).first()
    if sign_in is None:
        raise NotSignedIn("Please sign in again")
    new_token = secrets.token_urlsafe(32)

    def rotate() -> bool:
        user = db.session.get(User, sign_in.user_id)
        if user is None or not signin.is_alive(sign_in, user):
            return False
        if sign_in.token_hash != digest:
            end_sign_ins(LoginSession.id == sign_in.id, reason="refresh_reused")
            return False
        sign_in.previous_hash, sign_in.token_hash = digest, hash_token(new_token)
        sign_in.last_seen_time = utcnow()
        return True

    if not run(system(sign_in.tenant_id), "session.refresh", rotate, [sign_in]):
        raise NotSignedIn("Please sign in again")
    return _pair(sign_in, new_token)


def resume(token: str, *, ip: str = "") -> Resumed:
    """Whom a token speaks for: an access token, or the key of a visitor of the widget. Raises NotSignedIn."""
    return _by_access_token(token, ip) if "." in token else _by_visitor_key(token, ip)


def _by_visitor_key(key: str, ip: str) -> Resumed:
    """A page framed by another site has no cookies of ours to rely on; it keeps its key and sends it along.

    Keys of staff and of accounts live in cookies only and are none.
    """
    resumed = signin.resume(key, ip=ip) if key else None
    if resumed is None or resumed.sign_in.kind is not SessionKind.visitor:
        raise NotSignedIn("Please sign in again")
    return resumed


def _by_access_token(access_token: str, ip: str) -> Resumed:
    try:
        claims = jwt.decode(
            access_token,
            _key,
            algorithms=[ALGORITHM],
            audience=AUDIENCE,
            leeway=10,
            options={"require": ["exp", "iat", "sub", "aud", "jti"]},
        )
        sign_in_id = int(claims["jti"].split("-")[0])
    except (jwt.InvalidTokenError, ValueError):
        raise NotSignedIn("Please sign in again") from None
    resumed = signin.resume_by_id(sign_in_id, ip=ip)
    if resumed is None or str(resumed.actor.user_id) != claims["sub"]:
        raise NotSignedIn("Please sign in again")
    return resumed


def _pair(sign_in: LoginSession, refresh_token: str) -> dict:
    now = dt.datetime.now(dt.UTC)
    claims = {
        "sub": str(sign_in.user_id),
        "aud": AUDIENCE,
        "iat": now,
        "exp": now + dt.timedelta(minutes=_access_minutes),
        "jti": f"{sign_in.id}-{secrets.token_hex(8)}",
    }
    return {
        "accessToken": jwt.encode(claims, _key, algorithm=ALGORITHM),
        "refreshToken": refresh_token,
        "expiresIn": _access_minutes * 60,
    }
