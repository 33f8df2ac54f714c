"""Codes sent to a phone or mailbox: signing in, a forgotten password, confirming a number (ID-3, ID-5).

A code has six digits, so everything around it is narrow: stored as a keyed hash, five minutes, five tries, one
purpose, one use, the newest only, and few per target and per address. Whether an account exists shows nowhere: the
answer, the stored row and the work are the same, only the message is not sent.
"""

import datetime as dt
import hmac
import secrets
from enum import StrEnum, auto

from limits import parse
from sqlalchemy import func, select, update

from app.errors import Invalid, NotSignedIn, TooMany
from app.extensions import db
from app.locale import current_locale
from models.actor import Actor, system
from models.identity import User, VerificationCode
from models.types import utcnow
from services import settings
from services.identity import accounts, passwords, signin
from services.identity.senders import Delivery, senders
from services.operation import run
from services.throttle import throttle

LIFE = dt.timedelta(minutes=5)
MOST_TRIES = 5
WRONG = "The code is not right or has expired"


class Purpose(StrEnum):
    """What a code is good for."""

    #: signing in by phone
    login = auto()
    #: a new password instead of a forgotten one
    reset = auto()
    #: proving that the own account's phone or mailbox is one's own
    verify = auto()


class _Rules:
    """Numbers and key from the configuration."""

    key = b""
    per_target: tuple[str, ...] = ("1 per minute", "5 per hour")
    per_ip = "20 per hour"


rules = _Rules()


def configure(secret: str, rate: str, rate_per_ip: str) -> None:
    """Called once by the factory; `rate` holds several limits apart by commas."""
    rules.key = signin.hash_token(f"codes:{secret}").encode()
    rules.per_target = tuple(part.strip() for part in rate.split(","))
    rules.per_ip = rate_per_ip


def request_code(actor: Actor, *, target: str, purpose: Purpose, ip: str) -> Delivery | None:
    """Make a code for a phone number or e-mail address; None when nobody is to get one.

    The caller hands the delivery to the background and answers the same either way. Raises Invalid, TooMany,
    and Unavailable when nobody has set up a way to such a target.
    """
    target = canonical_target(target)
    if purpose is Purpose.login and "@" in target:
        raise Invalid("This is not a phone number", fields={"target": "digits"})
    senders.of(target)  # a closed way is said before anybody is looked up
    account = _own_account(actor, target) if purpose is Purpose.verify else find_account(target)
    throttle.hit(rules.per_ip, "code-from", ip)
    for rate in rules.per_target:
        throttle.hit(rate, "code-to", signin.hash_token(target))
    code = f"{secrets.randbelow(10**6):06d}"
    company = settings.get_setting("company_name")
    delivery = _delivery(account, target, purpose, code, company) if account is not None else None
    run(system(actor.tenant_id), "code.request", lambda: _store(actor.tenant_id, target, purpose, code))
    return delivery


def sign_in(actor: Actor, *, phone: str, code: str, ip: str) -> User:
    """The account that a phone number and its code open. Raises NotSignedIn with one text for every reason, TooMany."""
    throttle.hit(signin.rules.rate_per_ip, "sign-in", ip)
    target = accounts.canonical_phone(phone) or ""
    user = find_account(target)
    key = signin.failure_key(user, target)
    signin.refuse_locked(user, key)
    if not redeem(actor.tenant_id, target, Purpose.login, code) or user is None:
        signin.count_failure(user, key, ip)
        raise NotSignedIn(WRONG)
    throttle.clear(signin.rules.failure_rate, *key)
    return user


def reset_password(actor: Actor, *, target: str, code: str, new_password: str, ip: str) -> User:
    """A new password for whoever holds the phone or mailbox; everything signed in before ends.

    A locked account may be reset: wrong guesses of others must not keep the owner out. Raises Invalid, TooMany.
    """
    throttle.hit(signin.rules.rate_per_ip, "sign-in", ip)
    target = canonical_target(target)
    passwords.check_strength(new_password)
    if not throttle.take(signin.rules.failure_rate, "reset", signin.hash_token(target)):
        raise TooMany("Too many wrong codes, please try again later", kind="locked")
    user = find_account(target)
    if not redeem(actor.tenant_id, target, Purpose.reset, code) or user is None:
        raise Invalid(WRONG, fields={"code": "not right"})
    passwords.check_strength(new_password, username=user.username)
    new_hash = passwords.hash_password(new_password)

    def store() -> None:
        user.password, user.must_change_password, user.locked_until = new_hash, False, None
        signin.end_sign_ins_of(user, reason="password_reset")

    owner = Actor(kind="user", tenant_id=user.tenant_id, user_id=user.id, name=user.full_name or user.username, ip=ip)
    run(owner, "user.reset_forgotten_password", store, [user])
    return user


def verify_contact(actor: Actor, user: User, *, target: str, code: str) -> User:
    """The code sent to the own phone or mailbox has come back: it may be used to sign in and to reset from now on."""
    signin.throttle_confirmation(user)
    target = canonical_target(target)
    if not redeem(actor.tenant_id, target, Purpose.verify, code):
        raise Invalid(WRONG, fields={"code": "not right"})
    return accounts.mark_verified(actor, user, target=target)


def redeem(tenant_id: int, target: str, purpose: Purpose, code: str) -> bool:
    """Use up the newest code of this target and purpose; False when it is another one, too old or tried too often."""
    expected = _hash(tenant_id, target, purpose, code.strip())

    def use() -> bool:
        newest = db.session.scalars(
            select(VerificationCode).where(*_meant(target, purpose)).order_by(VerificationCode.id.desc()).limit(1)
        ).first()
        if newest is None or newest.expire_time <= utcnow():
            return False
        # conditions instead of a lock: of any number of simultaneous tries five are counted, and one succeeds
        unused = VerificationCode.id == newest.id, VerificationCode.used_time.is_(None)
        if not _changed(
            update(VerificationCode)
            .where(*unused, VerificationCode.tries < MOST_TRIES)
            .values(tries=VerificationCode.tries + 1)
        ):
            return False
        if not hmac.compare_digest(newest.code_hash, expected):
            return False
        return _changed(update(VerificationCode).where(*unused).values(used_time=utcnow()))

    return run(system(tenant_id), "code.redeem", use)


def find_account(target: str) -> User | None:
    """The one active account of the bound company that has proven this phone number or e-mail address."""
    if target.endswith(accounts.NO_ADDRESS):
        return None
    proven = (
        (User.email == target, User.email_verified == 1)
        if "@" in target
        else (User.phone == target, User.phone_verified == 1)
    )
    found = list(db.session.scalars(select(User).where(*proven, User.active.is_(True)).limit(2)))
    return found[0] if len(found) == 1 else None


def canonical_target(target: str) -> str:
    """One spelling for all variants of a number or address (D09). Raises Invalid."""
    try:
        found = accounts.canonical_email(target) if "@" in target else accounts.canonical_phone(target)
    except Invalid as error:
        raise Invalid(error.message, fields={"target": next(iter(error.fields.values()))}) from None
    if not found:
        raise Invalid("The request is not valid", fields={"target": "required"})
    return found


def _own_account(actor: Actor, target: str) -> User:
    if actor.user_id is None:
        raise NotSignedIn("Please sign in")
    user = db.session.get(User, actor.user_id)
    if target not in (user.phone, user.email) or target.endswith(accounts.NO_ADDRESS):
        raise Invalid("This is not your phone number or e-mail address", fields={"target": "not yours"})
    return user


def _delivery(account: User, target: str, purpose: Purpose, code: str, company: str) -> Delivery:
    return Delivery(
        target=target,
        code=code,
        purpose=purpose.value,
        minutes=int(LIFE.total_seconds()) // 60,
        locale=account.locale or current_locale(),
        username=account.username,
        company=company,
    )


def _store(tenant_id: int, target: str, purpose: Purpose, code: str) -> None:
    """The new code, and the end of those before. The limits are asked once more: they outlive a restart only here."""
    for rate in map(parse, rules.per_target):
        since = utcnow() - dt.timedelta(seconds=rate.get_expiry())
        sent = db.session.scalar(
            select(func.count())
            .select_from(VerificationCode)
            .where(VerificationCode.target == target, VerificationCode.create_time > since),
            execution_options={"all_tenants": True},
        )
        if sent >= rate.amount:
            raise TooMany("Too many attempts, please wait a little and try again")
    earlier = update(VerificationCode).where(*_meant(target, purpose), VerificationCode.used_time.is_(None))
    db.session.execute(earlier.values(used_time=utcnow()), execution_options={"synchronize_session": False})
    db.session.add(
        VerificationCode(
            target=target,
            purpose=purpose.value,
            expire_time=utcnow() + LIFE,
            code_hash=_hash(tenant_id, target, purpose, code),
        )
    )


def _meant(target: str, purpose: Purpose) -> tuple:
    return VerificationCode.target == target, VerificationCode.purpose == purpose.value


def _changed(statement) -> bool:
    return db.session.execute(statement, execution_options={"synchronize_session": False}).rowcount == 1


def _hash(tenant_id: int, target: str, purpose: Purpose, code: str) -> str:
    # keyed: a million possible codes are tried in a second by whoever reads the table
    return hmac.new(rules.key, f"{tenant_id}:{purpose}:{target}:{code}".encode(), "sha256").hexdigest()
