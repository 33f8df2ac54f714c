"""The second factor: TOTP (RFC 6238) with ten recovery codes (ID-7)."""

import hashlib
import secrets
import time

import pyotp
import segno
from sqlalchemy import select, update

from app.errors import Conflict, Invalid, NotAllowed
from app.extensions import db
from models.actor import Actor, system
from models.base import mark_deleted
from models.identity import RecoveryCode, User
from models.types import utcnow
from services.operation import operation, run

STEP_SECONDS = 30
RECOVERY_CODES = 10


@operation("user.totp_begin", title="Begin two-step verification", right="")
def begin(actor: Actor, user: User) -> dict:
    """A new secret for `user`; it counts only after `confirm`. Returns {secret, uri, qrSvg}, the last as a data URI."""
    if user.id != actor.user_id:
        raise NotAllowed("You can only set up your own second factor")
    if user.totp_enabled:
        raise Conflict("Two-step verification is already switched on")
    user.totp_secret = pyotp.random_base32()
    uri = pyotp.TOTP(user.totp_secret).provisioning_uri(name=user.username, issuer_name="SmartSupport")
    return {"secret": user.totp_secret, "uri": uri, "qrSvg": segno.make(uri, error="m").svg_data_uri(scale=5, border=2)}


@operation("user.totp_confirm", title="Switch on two-step verification", right="")
def confirm(actor: Actor, user: User, *, code: str) -> list[str]:
    """Switch it on with a first right code; returns the recovery codes, shown this once."""
    if user.id != actor.user_id or not user.totp_secret or user.totp_enabled:
        raise Conflict("Begin the set-up again")
    step = _matching_step(user.totp_secret, code, after=0)
    if step is None:
        raise Invalid("The code is not right", fields={"code": "not right"})
    user.totp_enabled, user.totp_last_step = True, step
    codes = [f"{secrets.token_hex(3)}-{secrets.token_hex(3)}" for _ in range(RECOVERY_CODES)]
    db.session.add_all([RecoveryCode(user_id=user.id, code_hash=_hash(user, text)) for text in codes])
    return codes


@operation("user.totp_disable", title="Switch off two-step verification", right="")
def disable(actor: Actor, user: User) -> None:
    """The caller has checked the password again."""
    if user.id != actor.user_id:
        raise NotAllowed("You can only switch off your own second factor")
    clear(user)


def clear(user: User) -> None:
    """Inside an operation: `user` signs in with the password alone again."""
    user.totp_secret, user.totp_enabled, user.totp_last_step = None, False, 0
    for row in db.session.scalars(select(RecoveryCode).where(RecoveryCode.user_id == user.id)):
        mark_deleted(row)


def accept(user: User, code: str) -> bool:
    """Use up a TOTP step or a recovery code; each works once, also when two requests race for it."""
    code = code.strip().lower().replace(" ", "")
    step = _matching_step(user.totp_secret, code, after=user.totp_last_step)

    def use() -> bool:
        if step is not None:
            statement = update(User).where(User.id == user.id, User.totp_last_step < step).values(totp_last_step=step)
        else:
            statement = (
                update(RecoveryCode)
                .values(used_time=utcnow())
                .where(
                    RecoveryCode.user_id == user.id,
                    RecoveryCode.used_time.is_(None),
                    RecoveryCode.code_hash == _hash(user, code),
                )
            )
        return db.session.execute(statement, execution_options={"synchronize_session": False}).rowcount == 1

    return run(system(user.tenant_id), "user.second_factor", use)


def _matching_step(secret: str | None, code: str, *, after: int) -> int | None:
    """The time step whose code this is, one step of clock difference allowed; None when none after `after` fits."""
    if not secret or not code.isascii() or not code.isdigit() or len(code) != 6:
        return None
    now = int(time.time()) // STEP_SECONDS
    generator = pyotp.TOTP(secret)
    for step in (now, now - 1, now + 1):
        if step > after and secrets.compare_digest(generator.at(step * STEP_SECONDS), code):
            return step
    return None


def _hash(user: User, code: str) -> str:
    return hashlib.sha256(f"{user.id}:{code}".encode()).hexdigest()
