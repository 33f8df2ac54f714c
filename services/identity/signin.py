"""Signing in and out: one lock-out and one limit for every door, sessions that the server can end (ID-1, ID-14)."""

import datetime as dt
import hashlib
import secrets
import unicodedata
from dataclasses import dataclass, field
from typing import NamedTuple

from itsdangerous import BadData, URLSafeTimedSerializer
from sqlalchemy import Select, bindparam, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute

from app.errors import NotSignedIn, TooMany
from app.extensions import db
from models import audit
from models.actor import Actor, system
from models.customers import Customer
from models.identity import LoginSession, SessionKind, User
from models.types import utcnow
from services import visitors
from services.identity import passwords, totp
from services.identity.rights import actor_for_user, actor_for_visitor
from services.operation import announce, operation, run
from services.throttle import throttle

WRONG = "The account or the password is not right"
LOCKED = "Too many wrong passwords, please try again later"


@dataclass(frozen=True)
class SignInRules:
    """Numbers from the configuration, set once by the factory."""

    failures: int = 5
    lock_minutes: int = 15
    rate_per_ip: str = "30 per minute"
    browser_hours: int = 24
    visitor_days: int = 30
    refresh_days: int = 7
    secret: str = field(default="", repr=False)

    @property
    def failure_rate(self) -> str:
        return f"{self.failures} per {self.lock_minutes} minutes"


rules = SignInRules()


def configure(new_rules: SignInRules) -> None:
    global rules
    rules = new_rules


@dataclass(frozen=True)
class Opened:
    """A sign-in that has just begun; `token` is shown to the client once and stored only as a hash."""

    sign_in: LoginSession
    token: str
    actor: Actor


class Resumed(NamedTuple):
    """A living sign-in: its row, its actor as of now, and the account behind it if it has one."""

    sign_in: LoginSession
    actor: Actor
    account: User | None


def check_password(name: str, password: str, ip: str) -> User:
    """The account behind name (or e-mail) and password.

    Raises NotSignedIn with one text for every reason, TooMany when the address or the account tried too often.
    """
    throttle.hit(rules.rate_per_ip, "sign-in", ip)
    user = find_account(name)
    key = failure_key(user, name)
    refuse_locked(user, key)
    right = passwords.verify_password(user.password if user else None, password)
    # asked again: of a hundred guesses sent at once, those that come after the last failure allowed count for nothing
    refuse_locked(user, key)
    if user is None or not right or not user.active:
        count_failure(user, key, ip)
        raise NotSignedIn(WRONG)
    throttle.clear(rules.failure_rate, *key)
    if passwords.is_legacy(user.password):
        new_hash = passwords.hash_password(password)
        run(system(user.tenant_id), "user.rehash", lambda: setattr(user, "password", new_hash), [user])
    return user


def failure_key(user: User | None, name: str) -> tuple[str, str]:
    """What failures are counted under: the account, whichever door and whichever of its names was used.

    A new password begins a new count, in every process: whoever is given one is no longer locked out.
    """
    if user is not None:
        known_as = f"account:{user.id}:{user.token_version}"
    else:
        known_as = unicodedata.normalize("NFKC", name).strip().casefold()
    return "sign-in-failure", hash_token(known_as)


def refuse_locked(user: User | None, key: tuple[str, str]) -> None:
    """Raises TooMany while an account (or an unknown name) had too many failures."""
    locked = user is not None and user.locked_until is not None and user.locked_until > utcnow()
    if locked or not throttle.test(rules.failure_rate, *key):
        raise TooMany(LOCKED, kind="locked")


def count_failure(user: User | None, key: tuple[str, str], ip: str) -> None:
    """One more failure; the last one allowed locks the account."""
    try:
        throttle.hit(rules.failure_rate, *key)
    finally:
        if user is not None:
            _note_failure(user, ip, locked=not throttle.test(rules.failure_rate, *key))


def check_second_factor(user: User, code: str, ip: str) -> None:
    """Raises NotSignedIn unless `code` is a fresh TOTP code or an unused recovery code of `user`."""
    key = ("second-factor", str(user.id))
    # counted before the check, so that a hundred guesses sent at once are no hundred tries
    if not throttle.take(rules.failure_rate, *key):
        raise TooMany("Too many wrong codes, please try again later", kind="locked")
    if not totp.accept(user, code):
        _note_failure(user, ip, locked=False)
        raise NotSignedIn("The code is not right", kind="totp_required")
    throttle.clear(rules.failure_rate, *key)


def throttle_confirmation(user: User) -> None:
    """Typing one's password again counts towards a limit of its own. Raises TooMany."""
    throttle.hit(rules.failure_rate, "confirmation", str(user.id))


def find_account(name: str) -> User | None:
    """By user name, e-mail or nothing; before any tenant is known."""
    name = name.strip()
    if not name or len(name) > 320:
        return None
    return db.session.scalars(
        select(User).where(or_(User.username == name, User.email == name.lower())).limit(1),
        execution_options={"all_tenants": True},
    ).first()


def open_for_user(user: User, kind: SessionKind, *, ip: str, user_agent: str = "") -> Opened:
    """Begin a sign-in of an account whose password (and second factor) has been checked."""
    life = dt.timedelta(days=rules.refresh_days) if kind is SessionKind.api else dt.timedelta(hours=rules.browser_hours)
    opened = _open(
        kind,
        life,
        ip=ip,
        user_agent=user_agent,
        user_id=user.id,
        token_version=user.token_version,
        tenant_id=user.tenant_id,
        who=user,
    )
    return Opened(*opened, actor_for_user(user, opened[0], ip))


def open_for_visitor(tenant_id: int, name: str, *, ip: str, user_agent: str = "", source: str = "portal") -> Opened:
    """A visitor without account becomes a temporary customer of his own; a number until he says his name."""

    def make() -> Customer:
        customer = Customer(name=name, is_temporary=True, source=source)
        db.session.add(customer)
        db.session.flush()
        customer.name = name or visitors.number_for(customer)
        return customer

    return open_for_customer(run(system(tenant_id), "customer.visit", make), ip=ip, user_agent=user_agent)


def open_for_customer(
    customer: Customer,
    *,
    ip: str,
    user_agent: str = "",
    channel_id: int | None = None,
    until: dt.datetime | None = None,
) -> Opened:
    """Begin a sign-in of somebody who is a customer without an account: a visitor, or whom the site of a channel
    vouches for, `until` the secret with which it has signed no longer counts.
    """
    opened = _open(
        SessionKind.visitor,
        dt.timedelta(days=rules.visitor_days),
        ip=ip,
        user_agent=user_agent,
        customer_id=customer.id,
        tenant_id=customer.tenant_id,
        channel_id=channel_id,
        latest_time=until,
    )
    return Opened(*opened, actor_for_visitor(customer, opened[0], ip))


def resume(token: str, *, ip: str = "") -> Resumed | None:
    """The living sign-in that a cookie's key names, with its actor as of now; None when it has ended."""
    return _resumed(_BY_TOKEN, hash_token(token), ip)


def resume_by_id(sign_in_id: int, *, ip: str = "") -> Resumed | None:
    """The same for a token or a socket that carries the sign-in's number."""
    return _resumed(_BY_ID, sign_in_id, ip)


def is_alive(sign_in: LoginSession, user: User | None) -> bool:
    """Whether a sign-in still counts: not ended, not expired, account enabled and unchanged since."""
    if sign_in.revoked_time is not None or sign_in.expire_time <= utcnow():
        return False
    return user is None or bool(user.active and not user.deleted and user.token_version == sign_in.token_version)


def keep_open(sign_in: LoginSession) -> None:
    """A browser in use stays signed in; written at most every five minutes."""
    if sign_in.kind is SessionKind.api or utcnow() - sign_in.last_seen_time < dt.timedelta(minutes=5):
        return
    life = (
        dt.timedelta(days=rules.visitor_days)
        if sign_in.kind is SessionKind.visitor
        else dt.timedelta(hours=rules.browser_hours)
    )

    def touch() -> None:
        sign_in.last_seen_time = utcnow()
        sign_in.expire_time = _no_later(utcnow() + life, sign_in.latest_time)

    run(system(sign_in.tenant_id), "session.touch", touch, [sign_in])


@operation("session.sign_out", title="Sign out", right="")
def sign_out(actor: Actor) -> None:
    """End this sign-in: cookie, tokens and sockets."""
    end_sign_ins(LoginSession.id == actor.sign_in_id, reason="sign_out")
    audit.record(db.session, "session.sign_out")


@operation("login_session.end", title="End a sign-in")
def end_sign_in(actor: Actor, sign_in: LoginSession) -> None:
    """An administrator ends somebody's sign-in: its cookie, tokens and sockets."""
    if end_sign_ins(LoginSession.id == sign_in.id, reason="ended_by_admin"):
        audit.record(db.session, "login_session.end", target=sign_in)


def end_sign_ins(*conditions, reason: str) -> int:
    """Inside an operation: end the sign-ins that match, and tell their sockets. Returns how many."""
    ids = list(db.session.scalars(select(LoginSession.id).where(LoginSession.revoked_time.is_(None), *conditions)))
    if ids:
        db.session.execute(
            update(LoginSession).where(LoginSession.id.in_(ids)).values(revoked_time=utcnow(), revoked_reason=reason)
        )
        announce("session.ended", sign_in_ids=ids, reason=reason)
    return len(ids)


def let_end(*conditions, until: dt.datetime) -> None:
    """Inside an operation: the sign-ins that match last until then, however much they are used."""
    going = (LoginSession.revoked_time.is_(None), LoginSession.expire_time > until, *conditions)
    db.session.execute(update(LoginSession).where(*going).values(expire_time=until, latest_time=until))


def end_sign_ins_of(user: User, *, reason: str, but: int | None = None) -> None:
    """Inside an operation: password, role or state of `user` changed, so everything signed in before ends."""
    user.token_version += 1
    end_sign_ins(LoginSession.user_id == user.id, LoginSession.id != (but or 0), reason=reason)
    if but:
        db.session.execute(update(LoginSession).where(LoginSession.id == but).values(token_version=user.token_version))


def hash_token(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _resumed(statement: Select, value: str | int, ip: str) -> Resumed | None:
    found = db.session.execute(
        statement, {"value": value}, execution_options={"all_tenants": True, "populate_existing": True}
    ).first()
    if found is None:
        return None
    sign_in, user, customer = found
    if (user is None and customer is None) or not is_alive(sign_in, user):
        return None
    if customer is not None:
        return Resumed(sign_in, actor_for_visitor(customer, sign_in, ip), None)
    return Resumed(sign_in, actor_for_user(user, sign_in, ip), user)


def _with_owner(column: InstrumentedAttribute) -> Select:
    return (
        select(LoginSession, User, Customer)
        .outerjoin(User, User.id == LoginSession.user_id)
        .outerjoin(Customer, Customer.id == LoginSession.customer_id)
        .where(column == bindparam("value", type_=column.type))
    )


#: made once: every request asks one of them
_BY_TOKEN, _BY_ID = _with_owner(LoginSession.token_hash), _with_owner(LoginSession.id)


def _open(
    kind: SessionKind,
    life: dt.timedelta,
    *,
    ip: str,
    user_agent: str,
    tenant_id: int,
    who: User | None = None,
    **columns,
) -> tuple[LoginSession, str]:
    token = secrets.token_urlsafe(32)

    def begin() -> LoginSession:
        sign_in = LoginSession(
            kind=kind,
            token_hash=hash_token(token),
            ip=ip[:64],
            user_agent=user_agent[:255],
            expire_time=_no_later(utcnow() + life, columns.get("latest_time")),
            **columns,
        )
        db.session.add(sign_in)
        if who is not None:
            who.last_login, who.locked_until, who.fail_login_count = utcnow(), None, 0
            who.login_count = (who.login_count or 0) + 1
            actor = Actor(kind="user", tenant_id=tenant_id, user_id=who.id, name=who.full_name or who.username, ip=ip)
            audit.record(db.session, "session.sign_in", target=who, actor=actor)
        db.session.flush()
        return sign_in

    return run(system(tenant_id), "session.sign_in", begin, [who] if who else ()), token


def _no_later(moment: dt.datetime, latest: dt.datetime | None) -> dt.datetime:
    return moment if latest is None else min(moment, latest)


def _note_failure(user: User, ip: str, *, locked: bool) -> None:
    def note() -> None:
        user.fail_login_count = (user.fail_login_count or 0) + 1
        if locked:
            user.locked_until = utcnow() + dt.timedelta(minutes=rules.lock_minutes)
        actor = Actor(kind="anonymous", tenant_id=user.tenant_id, name=user.username, ip=ip)
        audit.record(db.session, "session.locked" if locked else "session.refused", target=user, actor=actor)

    run(system(user.tenant_id), "session.refused", note, [user])


def sign_step(user: User) -> str:
    """A note that the password was right, good for five minutes and for this account state only."""
    return _steps().dumps([user.id, user.token_version])


def read_step(note: str) -> User:
    """The account of such a note. Raises NotSignedIn when it is missing, old or forged."""
    try:
        user_id, version = _steps().loads(note or "", max_age=300)
    except BadData:
        raise NotSignedIn("Please sign in again") from None
    user = db.session.get(User, user_id, execution_options={"all_tenants": True})
    if user is None or not user.active or user.token_version != version:
        raise NotSignedIn("Please sign in again")
    return user


def end_by_key(sign_in: LoginSession) -> None:
    """A browser that signs in anew gives its earlier sign-in back."""
    run(
        system(sign_in.tenant_id),
        "session.replaced",
        lambda: end_sign_ins(LoginSession.id == sign_in.id, reason="replaced"),
    )


def _steps() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(rules.secret, salt="second-factor")
