"""Passes: links that we send to a customer elsewhere, by which his browser is him here (CHT-17).

A pass counts once and for a few hours. It stands behind the # of an address, where no server, log or preview of a link
gets to see it. As a signed identity it makes somebody a customer and never more.
"""

import datetime as dt
import secrets

from itsdangerous import BadData, URLSafeTimedSerializer
from sqlalchemy import select

from app.errors import NotSignedIn
from app.extensions import db
from models.actor import Actor, system
from models.channels import UsedNonce
from models.customers import Customer
from models.types import utcnow
from services.identity import signin
from services.operation import run

LIFE = dt.timedelta(hours=2)


def make(customer: Customer, channel_id: int) -> str:
    """A new pass for this customer, in a link that goes out through this channel."""
    return _signer().dumps([customer.tenant_id, customer.id, channel_id, secrets.token_urlsafe(9)])


def enter(token: str, *, actor: Actor, ip: str, user_agent: str = "") -> signin.Opened | None:
    """Sign this browser in as the customer; None where it is him already, which uses nothing up.

    Raises NotSignedIn for a pass that is old, used, forged or of another company.
    """
    try:
        tenant_id, customer_id, channel_id, nonce = _signer().loads(token, max_age=int(LIFE.total_seconds()))
    except (BadData, ValueError, TypeError):
        raise _refused() from None
    if tenant_id != actor.tenant_id:
        raise _refused()
    if actor.customer_id == customer_id:
        return None

    def use() -> Customer:
        digest = signin.hash_token(f"pass:{nonce}")
        used = select(UsedNonce.id).where(UsedNonce.channel_id == channel_id, UsedNonce.nonce_hash == digest)
        customer = db.session.get(Customer, customer_id, with_for_update=True, populate_existing=True)
        if customer is None or db.session.scalar(used) is not None:
            raise _refused()
        db.session.add(UsedNonce(channel_id=channel_id, nonce_hash=digest, expire_time=utcnow() + LIFE))
        db.session.flush()
        return customer

    return signin.open_for_customer(run(system(tenant_id), "customer.enter", use), ip=ip, user_agent=user_agent)


def _refused() -> NotSignedIn:
    return NotSignedIn("This link is no longer valid; write to us again to get a new one", kind="pass_refused")


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(signin.rules.secret, salt="customer-pass")
