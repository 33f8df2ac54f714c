"""Housekeeping by the clock: idle conversations, ended sign-ins, counters that must equal a recount."""

import datetime as dt
import logging

from sqlalchemy import delete

from app.extensions import db
from models.actor import Actor
from models.base import EVERY_TENANT
from models.channels import UsedNonce
from models.identity import LoginSession, VerificationCode
from models.types import utcnow
from models.wechat import WechatIncoming
from services import automation, capacity, files, generation, outbox, serving_models
from services.knowledge_index import engine
from services.operation import run, write

logger = logging.getLogger(__name__)

KEEP_SIGN_INS = dt.timedelta(days=90)
#: longer than the widest limit on sending; the rows hold phone numbers, of strangers too
KEEP_CODES = dt.timedelta(days=1)
#: what came from WeChat and has been taken: by the empty row a late repetition is known
KEEP_TAKEN = dt.timedelta(days=7)


def clean(actor: Actor) -> int:
    """Remove sign-ins and codes that ended long ago, files never sent, outbox rows a week after they were told."""
    removed = run(actor, "maintenance.clean", _clean)
    wrong = run(actor, "maintenance.recount", capacity.recount)
    if wrong:
        logger.warning("%s agents' counters were wrong and have been set right", wrong)
    removed += run(actor, "maintenance.clean", generation.remove_old_words)
    removed += automation.forget_old(actor)
    removed += serving_models.forget_others(actor.tenant_id, engine.model_name)
    return removed + run(actor, "maintenance.clean", files.remove_unsent) + outbox.remove_old()


def refresh_statistics() -> None:
    """SQLite chooses indexes by what it counted last, and counts only when told to; MariaDB does it by itself.

    Without, it takes the index of a company's rows for everything and reads them all. Takes some milliseconds.
    """
    if db.engine.dialect.name == "sqlite":
        with write(EVERY_TENANT) as session:
            session.connection().exec_driver_sql("PRAGMA analysis_limit=1000")
            session.connection().exec_driver_sql("ANALYZE")


def _clean() -> int:
    options = {"purge": True, "synchronize_session": False}
    before = utcnow() - KEEP_SIGN_INS
    signed_in = db.session.execute(
        delete(LoginSession).where(LoginSession.expire_time < before), execution_options=options
    )
    codes = db.session.execute(
        delete(VerificationCode).where(VerificationCode.expire_time < utcnow() - KEEP_CODES), execution_options=options
    )
    nonces = db.session.execute(delete(UsedNonce).where(UsedNonce.expire_time < utcnow()), execution_options=options)
    taken = db.session.execute(
        delete(WechatIncoming).where(WechatIncoming.done_time < utcnow() - KEEP_TAKEN), execution_options=options
    )
    return signed_in.rowcount + codes.rowcount + nonces.rowcount + taken.rowcount
