"""Who somebody in WeChat is among our customers (CUS-3, ID-4)."""

import logging

from sqlalchemy import or_, select

from app.catalog import translated
from app.extensions import db
from models.actor import Actor, system
from models.channels import CustomerIdentity
from models.customers import Customer
from models.identity import ExternalIdentity
from models.types import utcnow
from models.wechat import WechatAccount, WechatKind
from services.identity import rights
from services.identity.oauth import WECHAT
from services.operation import announce, run
from services.safe_http import CallFailed
from services.wechat.client import Client, Refused

logger = logging.getLogger(__name__)


def actor_for(customer: Customer) -> Actor:
    """The customer as he writes to us from WeChat, where he has not signed in."""
    return rights.actor_for_visitor(customer, None)


def identify(account: WechatAccount, openid: str, locale: str) -> CustomerIdentity:
    """Who writes to this account: known by his number there, else by the one common to the company's apps, else as the
    account that he signs in to through WeChat; else somebody new.
    """
    known = _known(account, openid)
    if known is not None and known.described_time is not None:
        return known
    union_id, is_described = _ask(account, openid)
    number = account.channel_id

    def note() -> CustomerIdentity:
        link = _known(account, openid)
        if link is None:
            customer = _elsewhere(openid, union_id) or _new_customer(locale)
            link = CustomerIdentity(channel_id=number, external_id=openid, customer_id=customer.id)
            db.session.add(link)
            announce("customer.updated", customer_id=customer.id)
        link.union_id = union_id or link.union_id
        if is_described:
            link.described_time = utcnow()
        db.session.flush()
        return link

    return run(system(account.tenant_id), "customer.identify", note, [account.channel])


def follow(link: CustomerIdentity, *, followed: bool) -> None:
    """He follows the account from now on, or does so no more."""

    def note() -> None:
        link.followed, link.follow_time = followed, utcnow()

    run(system(link.tenant_id), "customer.follow" if followed else "customer.unfollow", note, [link])


def _known(account: WechatAccount, openid: str) -> CustomerIdentity | None:
    """The link that leads to a living customer."""
    return db.session.scalars(
        select(CustomerIdentity)
        .join(Customer, Customer.id == CustomerIdentity.customer_id)
        .where(CustomerIdentity.channel_id == account.channel_id, CustomerIdentity.external_id == openid)
    ).first()


def _ask(account: WechatAccount, openid: str) -> tuple[str | None, bool]:
    """(unionid, whether WeChat has answered). What it does not tell now is asked again with the next message."""
    if account.kind is WechatKind.mini:
        return None, True  # of a mini program's users nothing can be asked
    try:
        return Client(account).union_id(openid), True
    except Refused as refusal:
        logger.info("WeChat tells nothing of the followers of account %s: %s", account.id, refusal)
        return None, True
    except CallFailed:
        return None, False


def _elsewhere(openid: str, union_id: str | None) -> Customer | None:
    """The customer whom we know by another door of WeChat."""
    if union_id is not None:
        known = db.session.scalars(
            select(Customer)
            .join(CustomerIdentity, CustomerIdentity.customer_id == Customer.id)
            .where(CustomerIdentity.union_id == union_id)
            .order_by(CustomerIdentity.id)
        ).first()
        if known is not None:
            return known
    keys = [ExternalIdentity.subject == openid]
    if union_id is not None:
        keys.append(ExternalIdentity.union_subject == union_id)
    return db.session.scalars(
        select(Customer)
        .join(ExternalIdentity, ExternalIdentity.user_id == Customer.user_id)
        .where(ExternalIdentity.provider == WECHAT, or_(*keys))
    ).first()


def _new_customer(locale: str) -> Customer:
    customer = Customer(name="", source="wechat", is_temporary=True)
    db.session.add(customer)
    db.session.flush()
    customer.name = f"{translated('WeChat user', locale)} {customer.id:04d}"
    return customer
