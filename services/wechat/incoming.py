"""What WeChat tells us: stored and acknowledged at once, then worked through as the customer's own acts (CHT-17).

A row of `wechat_incoming` is the acknowledgement. For each person they are taken one after the other, so a word never
overtakes the picture before it; whatever fails for a while is tried again, and is given up only with a word about it.
"""

import datetime as dt
import logging
import time

from sqlalchemy import func, or_, select, update

from app.errors import DomainError, NotAllowed, TooMany, Unavailable
from app.extensions import db
from app.locale import speaking
from models.actor import system
from models.channels import UsedNonce
from models.types import utcnow
from models.wechat import WechatAccount, WechatIncoming
from services.operation import announce, run, write
from services.safe_http import CallFailed
from services.wechat import accounts, acting, protocol
from services.wechat.protocol import Signed

logger = logging.getLogger(__name__)

#: how long after a failure it is tried again, in seconds; as often, then it is given up
DELAYS = (2, 5, 10, 20, 40, 60, 60)
#: who writes too quickly is heard a little later
SLOWLY = 5
#: that WeChat reaches us is written down this often
NOTED_EVERY = dt.timedelta(minutes=10)
_LEASE = dt.timedelta(seconds=90)
_AT_ONCE = 100


def answer_check(account: WechatAccount, call: Signed, echo: str, *, base_url: str) -> str:
    """What WeChat wants to read when an administrator enters our address there. Raises NotAllowed."""
    protocol.check(accounts.keys_of(account), call, time.time())
    _note_heard(account, base_url)
    return echo


def receive(account: WechatAccount, call: Signed, body: bytes, *, base_url: str) -> None:
    """Store what WeChat says; afterwards it may be acknowledged. Raises NotAllowed, Invalid.

    WeChat repeats what it believes unheard: the same message is stored once. The same call with another message in it
    is somebody else's.
    """
    keys = accounts.keys_of(account)
    protocol.check(keys, call, time.time())
    told = protocol.read(keys, call, body)
    key = protocol.key_of(told)

    def store() -> None:
        known = db.session.scalar(
            select(WechatIncoming.id).where(
                WechatIncoming.channel_id == account.channel_id, WechatIncoming.message_key == key
            )
        )
        if known is not None:
            return
        used = UsedNonce.nonce_hash == call.digest
        if db.session.scalar(select(UsedNonce.id).where(UsedNonce.channel_id == account.channel_id, used)) is not None:
            raise NotAllowed("This call was made before")
        until = utcnow() + dt.timedelta(seconds=2 * protocol.WINDOW)
        db.session.add(UsedNonce(channel_id=account.channel_id, nonce_hash=call.digest, expire_time=until))
        row = WechatIncoming(
            channel_id=account.channel_id, message_key=key, openid=told["FromUserName"], told=told, attempts=0
        )
        db.session.add(row)
        db.session.flush()
        announce("wechat.received", incoming_id=row.id)

    run(system(account.tenant_id), "wechat.receive", store)
    _note_heard(account, base_url)


def _note_heard(account: WechatAccount, base_url: str) -> None:
    if account.base_url != base_url or account.heard_time is None or utcnow() - account.heard_time > NOTED_EVERY:
        accounts.note_heard(account, base_url)


def take_all(tenant_id: int) -> int:
    """Job: everything that waits, each person's in order; returns how many."""
    taken, goes_on = 0, True
    while goes_on:
        goes_on = False
        for row_id in _first_ones():
            if _claim(tenant_id, row_id):
                taken, goes_on = taken + _take(tenant_id, row_id), True
    return taken


def _first_ones() -> list[int]:
    """The oldest waiting row of each person, as far as its time has come and nobody has it."""
    oldest = (
        select(func.min(WechatIncoming.id).label("id"))
        .where(WechatIncoming.done_time.is_(None))
        .group_by(WechatIncoming.channel_id, WechatIncoming.openid)
        .subquery()
    )
    due = (
        select(WechatIncoming.id)
        .join(oldest, oldest.c.id == WechatIncoming.id)
        .where(_is_free(), or_(WechatIncoming.next_time.is_(None), WechatIncoming.next_time <= utcnow()))
        .order_by(WechatIncoming.id)
        .limit(_AT_ONCE)
    )
    found = list(db.session.scalars(due))
    db.session.rollback()
    return found


def _is_free():
    return or_(WechatIncoming.lease_until.is_(None), WechatIncoming.lease_until < utcnow())


def _claim(tenant_id: int, row_id: int) -> bool:
    still = (WechatIncoming.done_time.is_(None), _is_free())
    return _note(tenant_id, row_id, *still, lease_until=utcnow() + _LEASE) == 1


def _take(tenant_id: int, row_id: int) -> int:
    row = db.session.get(WechatIncoming, row_id, populate_existing=True)
    attempts, told, key = row.attempts, row.told, row.message_key
    account = accounts.account_of(row.channel_id)
    if account is None or told is None:
        return _done(tenant_id, row_id, "the account is gone")
    locale = account.channel.locale or "zh"
    try:
        with speaking(locale):
            acting.act(account, key, told, locale, is_last_try=attempts >= len(DELAYS))
    except TooMany:
        return _later(tenant_id, row_id, SLOWLY)
    except (CallFailed, Unavailable) as error:
        if attempts < len(DELAYS):
            return _later(tenant_id, row_id, DELAYS[attempts], attempts=attempts + 1)
        return _done(tenant_id, row_id, error.message)
    except DomainError as refusal:
        logger.warning("message %s of WeChat was refused: %s", row_id, refusal.message)
        return _done(tenant_id, row_id, refusal.message)
    except Exception as error:
        db.session.rollback()
        logger.exception("message %s of WeChat could not be taken", row_id)
        if attempts < len(DELAYS):
            return _later(tenant_id, row_id, DELAYS[attempts], attempts=attempts + 1)
        return _done(tenant_id, row_id, type(error).__name__)
    return _done(tenant_id, row_id, None)


def _later(tenant_id: int, row_id: int, seconds: int, **values) -> int:
    _note(tenant_id, row_id, lease_until=None, next_time=utcnow() + dt.timedelta(seconds=seconds), **values)
    return 0


def _done(tenant_id: int, row_id: int, problem: str | None) -> int:
    # the row stays so that a late repetition is known; what was said lies in the conversation
    values = {"done_time": utcnow(), "lease_until": None, "problem": problem[:255] if problem else None}
    _note(tenant_id, row_id, told=None, **values)
    return 1


def _note(tenant_id: int, row_id: int, *conditions, **values) -> int:
    with write(tenant_id) as session:
        return session.execute(
            update(WechatIncoming).where(WechatIncoming.id == row_id, *conditions).values(**values),
            execution_options={"synchronize_session": False},
        ).rowcount
