"""Accounts and who they are in other systems: finding, linking, making (ID-4)."""

import secrets

from sqlalchemy import or_, select

from app.errors import Conflict, NotAllowed, NotFound
from app.extensions import db
from models.actor import Actor, system
from models.identity import ExternalIdentity, User
from services.identity import accounts, passwords
from services.identity.rights import CUSTOMER_ROLE
from services.operation import announce, operation, run


def find_linked(provider: str, subject: str, union_subject: str | None = None) -> User | None:
    """The account of the bound company that this person has, by the provider's key or the one common to its apps."""
    keys = [ExternalIdentity.subject == subject]
    if union_subject:
        keys.append(ExternalIdentity.union_subject == union_subject)
    return db.session.scalars(
        select(User)
        .join(ExternalIdentity, ExternalIdentity.user_id == User.id)
        .where(ExternalIdentity.provider == provider, or_(*keys))
        .limit(1)
    ).first()


def is_linked(user: User, provider: str) -> bool:
    """Whether this account can be entered through the provider."""
    links = select(ExternalIdentity.id).where(
        ExternalIdentity.provider == provider, ExternalIdentity.user_id == user.id
    )
    return db.session.scalar(links) is not None


def link(user: User, provider: str, subject: str, union_subject: str | None = None) -> None:
    """Inside an operation: from now on this person is `user`. Raises Conflict when either has a link already."""
    if is_linked(user, provider):
        raise Conflict("Your account is linked already")
    db.session.add(ExternalIdentity(user_id=user.id, provider=provider, subject=subject, union_subject=union_subject))
    db.session.flush()


@operation("user.unlink_wechat", title="Undo the link with WeChat", right="")
def unlink_own(actor: Actor, user: User, *, provider: str, has_other_way: bool) -> None:
    """From now on the account cannot be entered through the provider. Raises Conflict for the only way in.

    `has_other_way` says whether codes reach the person; a password is a way of its own.
    """
    if user.id != actor.user_id:
        raise NotAllowed("You can only change your own account")
    links = select(ExternalIdentity).where(ExternalIdentity.provider == provider, ExternalIdentity.user_id == user.id)
    known = db.session.scalars(links).first()
    if known is None:
        raise NotFound("Your account is not linked")
    if user.password == passwords.NO_PASSWORD and not has_other_way:
        raise Conflict("This is your only way to sign in: set a password or confirm a phone first", kind="only_way_in")
    db.session.delete(known)
    announce("user.updated", user_id=user.id)


def register_customer(
    tenant_id: int, provider: str, subject: str, union_subject: str | None, *, prefix: str, name: str
) -> User:
    """A customer account without password for somebody who came through a provider.

    Raises Conflict when the same person was registered at the same moment.
    """
    actor = system(tenant_id)

    def register() -> User:
        user = accounts.add_user(
            actor,
            username=f"{prefix}_{secrets.token_hex(6)}",
            full_name=name,
            email="",
            phone="",
            department_id=None,
            role_codes=[CUSTOMER_ROLE],
            role_ids=[],
            password_hash=passwords.NO_PASSWORD,
            must_change=False,
            locale="",
        )
        link(user, provider, subject, union_subject)
        return user

    return run(actor, "user.register_external", register)
