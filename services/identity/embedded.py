"""Visitors of the widget: without a name, or with one that the site around it has signed (ID-16).

The site's server signs who its user is with the channel's secret, as a JWT: HS256, `aud` the channel's code, `exp`
within the hour, `nonce`, `externalId`, and as it likes `name`, `phone`, `email`. It counts once. It makes somebody a
customer and never more: accounts are neither found by it nor touched.
"""

import datetime as dt
from dataclasses import dataclass

import jwt
from sqlalchemy import select

from app.errors import NotSignedIn, Reason
from app.extensions import db
from models.actor import Actor, system
from models.channels import Channel, CustomerIdentity, UsedNonce
from models.conversations import OPEN, Conversation
from models.customers import Customer
from models.identity import LoginSession
from models.types import utcnow
from services import conversations
from services.customers import EMAIL, PHONE
from services.identity import signin
from services.operation import announce, run

ALGORITHM = "HS256"
#: the longest a signed identity may be good for
LONGEST = dt.timedelta(hours=1)
LEEWAY = dt.timedelta(seconds=30)
#: claim → shortest and longest
_REQUIRED = {"externalId": (1, 191), "nonce": (8, 128)}
_OPTIONAL = {"name": (0, 64), "phone": (0, 20), "email": (0, 191)}


@dataclass(frozen=True)
class SignedIdentity:
    """What the other site says about its user, verified."""

    external_id: str
    nonce: str
    expire_time: dt.datetime
    name: str
    phone: str
    email: str
    #: until when the secret counts with which it was signed; None: as long as nobody replaces it
    secret_until: dt.datetime | None = None


def enter(channel: Channel, token: str, *, visitor: Actor | None, ip: str, user_agent: str = "") -> signin.Opened:
    """Sign the person in whom the site names; `visitor` is who this browser was until now.

    Somebody new keeps what he has said so far without a name. Whoever is known already goes on as himself, and what
    was open without a name ends. Raises NotSignedIn, with the reason, for a token that proves nothing.
    """
    read(channel, token)  # what proves nothing has no business with the channel's row

    def come_in() -> signin.Opened:
        told = read(channel, token)  # again, with the row held: the secret may have been replaced
        customer = _customer(channel, told, visitor)
        if visitor is not None:
            if visitor.customer_id != customer.id:
                _end_open_conversation(visitor)
            signin.end_sign_ins(LoginSession.id == visitor.sign_in_id, reason="replaced")
        return signin.open_for_customer(
            customer, ip=ip, user_agent=user_agent, channel_id=channel.id, until=told.secret_until
        )

    return run(system(channel.tenant_id), "customer.identify", come_in, [channel])


def read(channel: Channel, token: str) -> SignedIdentity:
    """What a token says, if it was signed for this channel and is fresh. Raises NotSignedIn with the reason."""
    if channel.secret is None:
        raise _refused(Reason("no signing secret has been made for this channel"))
    secret, until = channel.secret, None
    day_ends = channel.previous_secret_until
    if day_ends is not None and day_ends > utcnow() and not _is_signed_with(secret, token):
        # perhaps the site has not taken the new one into use yet
        secret, until = channel.previous_secret, day_ends
    try:
        claims = jwt.decode(
            token,
            secret,
            algorithms=[ALGORITHM],
            audience=channel.code,
            leeway=LEEWAY,
            options={"require": ["exp", "aud", *_REQUIRED]},
        )
    except jwt.ExpiredSignatureError:
        raise _refused(Reason("expired")) from None
    except jwt.MissingRequiredClaimError as error:
        raise _refused(Reason("%(name)s is missing", name=error.claim)) from None
    except jwt.InvalidAudienceError:
        raise _refused(Reason("aud is not the channel's code")) from None
    except (jwt.InvalidTokenError, ValueError):
        raise _refused(Reason("the signature is not right")) from None
    # a token made for longer would be a password
    exp = int(claims["exp"])  # compared as a number: it may be larger than any time
    if exp > (dt.datetime.now(dt.UTC) + LONGEST + LEEWAY).timestamp():
        raise _refused(Reason("exp lies more than an hour ahead"))
    expire_time = dt.datetime.fromtimestamp(exp, dt.UTC).replace(tzinfo=None)
    texts = {name: _text(claims, name, *bounds) for name, bounds in (_REQUIRED | _OPTIONAL).items()}
    if texts["phone"] and not PHONE.fullmatch(texts["phone"]):
        raise _refused(Reason("This is not a phone number"))
    if texts["email"] and not EMAIL.fullmatch(texts["email"]):
        raise _refused(Reason("This is not an e-mail address"))
    return SignedIdentity(
        texts["externalId"], texts["nonce"], expire_time, texts["name"], texts["phone"], texts["email"], until
    )


def _is_signed_with(secret: str, token: str) -> bool:
    try:
        jwt.decode(token, secret, algorithms=[ALGORITHM], options={"verify_aud": False, "verify_exp": False})
    except (jwt.InvalidTokenError, ValueError):
        return False
    return True


def _customer(channel: Channel, told: SignedIdentity, visitor: Actor | None) -> Customer:
    """Inside an operation that holds the channel: the customer behind the site's number, with what was told of him."""
    digest = signin.hash_token(told.nonce)
    if db.session.scalar(
        select(UsedNonce.id).where(UsedNonce.channel_id == channel.id, UsedNonce.nonce_hash == digest)
    ):
        raise _refused(Reason("used before"))
    db.session.add(UsedNonce(channel_id=channel.id, nonce_hash=digest, expire_time=told.expire_time + LEEWAY))
    link = db.session.scalars(
        select(CustomerIdentity).where(
            CustomerIdentity.channel_id == channel.id, CustomerIdentity.external_id == told.external_id
        )
    ).first()
    customer = db.session.get(Customer, link.customer_id) if link is not None else _nameless(visitor)
    if customer is None:
        customer = Customer(name=told.external_id[:64], source=channel.kind.value)
        db.session.add(customer)
    # what the site does not say stays as the visitor or our people wrote it
    customer.name, customer.phone, customer.email = (
        told.name or customer.name,
        told.phone or customer.phone,
        told.email or customer.email,
    )
    customer.is_temporary = False
    db.session.flush()
    if link is None:
        db.session.add(CustomerIdentity(channel_id=channel.id, external_id=told.external_id, customer_id=customer.id))
    else:
        link.customer_id = customer.id  # the one before was deleted
    db.session.flush()
    announce("customer.updated", customer_id=customer.id)
    return customer


def _nameless(visitor: Actor | None) -> Customer | None:
    """The temporary customer this browser was, if nobody has claimed him yet."""
    if visitor is None:
        return None
    customer = db.session.get(Customer, visitor.customer_id, with_for_update=True, populate_existing=True)
    if customer is None or not customer.is_temporary or customer.user_id is not None:
        return None
    return customer


def _end_open_conversation(visitor: Actor) -> None:
    """Nobody would answer there any more: the browser goes on as somebody else."""
    found = db.session.scalars(
        select(Conversation)
        .where(Conversation.customer_id == visitor.customer_id, Conversation.status.in_(OPEN))
        .with_for_update()
    ).first()
    if found is not None:
        conversations.close_conversation(system(visitor.tenant_id), found, reason="signed in on the site")


def _text(claims: dict, name: str, least: int, most: int) -> str:
    value = claims.get(name)
    if value is None and least == 0:
        return ""
    if not isinstance(value, str):
        raise _refused(Reason("%(name)s is not a text", name=name))
    text = " ".join("".join(sign if sign.isprintable() else " " for sign in value).split())
    if not least <= len(text) <= most:
        raise _refused(Reason("%(name)s is too short or too long", name=name))
    return text


def _refused(reason: Reason) -> NotSignedIn:
    return NotSignedIn("The signed identity is not valid", kind="identity_refused", fields={"identity": reason})
