"""Accounts: creating, changing, disabling, deleting, passwords, import (ID-6, ID-11, ID-12)."""

import re
import unicodedata
from collections.abc import Iterable

from sqlalchemy import func, or_, select

from app.errors import Conflict, Invalid, NotAllowed
from app.extensions import db
from app.locale import LANGUAGES
from models import audit
from models.actor import Actor
from models.base import mark_deleted
from models.customers import Customer
from models.identity import ExternalIdentity, Role, User
from models.organization import Agent, Department, TeamMember
from services import settings
from services.crud import referenced
from services.identity import passwords, totp
from services.identity.rights import CUSTOMER_ROLE, may_give
from services.identity.signin import end_sign_ins_of
from services.operation import announce, operation
from services.organization import next_work_no

SUPER_ROLE = "super_admin"
#: accounts without a real address carry one of this host, which nobody can own
NO_ADDRESS = "@local.invalid"
TAKEN = "This user name, phone number or e-mail address cannot be used"


def create_user(
    actor: Actor,
    *,
    username: str,
    password: str | None = None,
    full_name: str = "",
    email: str = "",
    phone: str = "",
    department_id: int | None = None,
    role_codes: list[str] | None = None,
    role_ids: list[int] | None = None,
    must_change: bool = True,
    locale: str = "",
) -> tuple[User, str | None]:
    """A new account; without `password` a random one, returned to be handed over once.

    The hash is made before the transaction begins. Raises Invalid, Conflict when name or address is taken.
    """
    actor.require("user.create")
    made = None if password else passwords.random_password()
    if password:
        passwords.check_strength(password, username=username)
    user = add_user(
        actor,
        username=username,
        password_hash=passwords.hash_password(password or made),
        full_name=full_name,
        email=email,
        phone=phone,
        department_id=department_id,
        role_codes=role_codes or [],
        role_ids=role_ids or [],
        must_change=must_change,
        locale=locale,
    )
    return user, made


@operation("user.create", title="Create a user")
def add_user(
    actor: Actor,
    *,
    username: str,
    password_hash: str,
    full_name: str,
    email: str,
    phone: str,
    department_id: int | None,
    role_codes: list[str],
    role_ids: list[int],
    must_change: bool,
    locale: str,
) -> User:
    """The row of a new account, with its agent or customer profile."""
    user = User(
        username=canonical_username(username),
        password=password_hash,
        first_name="",
        last_name="",
        active=True,
        locale=_locale(locale),
        must_change_password=must_change,
        token_version=1,
    )
    user.full_name = canonical_name(full_name) or user.username
    user.email = canonical_email(email) or _placeholder(user)
    user.phone = canonical_phone(phone)
    user.department_id = department_id
    referenced(Department, department_id, actor, "departmentId")
    _refuse_taken(user)
    user.roles = _roles(actor, role_codes, role_ids)
    db.session.add(user)
    db.session.flush()
    ensure_profile(user)
    announce("user.created", user_id=user.id)
    return user


@operation("user.update", title="Change a user")
def update_user(
    actor: Actor,
    user: User,
    *,
    full_name: str | None = None,
    email: str | None = None,
    phone: str | None = None,
    department_id: int | None = None,
    active: bool | None = None,
    role_ids: list[int] | None = None,
    locale: str | None = None,
) -> User:
    """An administrator changes an account; disabling it or changing its roles ends its sign-ins."""
    guard_stronger(actor, user)
    if full_name is not None:
        user.full_name = canonical_name(full_name)
    _set_contact(user, email, phone, verified=1)
    if department_id is not None:
        user.department_id = department_id or None
        referenced(Department, user.department_id, actor, "departmentId")
    if locale is not None:
        user.locale = _locale(locale)
    _refuse_taken(user)
    if role_ids is not None:
        wanted = _roles(actor, [], role_ids, held=user.roles)
        if {role.id for role in wanted} != {role.id for role in user.roles}:
            before = sorted(role.name for role in user.roles)
            user.roles = wanted
            ensure_profile(user)
            audit.record(
                db.session,
                "user.set_roles",
                target=user,
                before={"roles": before},
                after={"roles": sorted(role.name for role in wanted)},
            )
            end_sign_ins_of(user, reason="roles_changed")
    if active is not None and bool(user.active) != active:
        if not active and user.id == actor.user_id:
            raise Conflict("You cannot disable your own account")
        user.active = active
        if not active:
            end_sign_ins_of(user, reason="disabled")
    db.session.flush()
    announce("user.updated", user_id=user.id)
    return user


@operation("user.verify_contact", title="Confirm own phone or e-mail", right="")
def mark_verified(actor: Actor, user: User, *, target: str) -> User:
    """A code sent to `target` has come back (the caller checked it): from now on it opens doors."""
    if user.id != actor.user_id:
        raise NotAllowed("You can only change your own profile")
    if target == user.phone:
        user.phone_verified = 1
        _refuse_taken(user)
    elif target == user.email:
        user.email_verified = 1
    else:
        raise Conflict("Somebody else has changed this in the meantime, please reload")
    db.session.flush()
    return user


@operation("user.delete", title="Delete a user")
def delete_user(actor: Actor, user: User) -> None:
    """The account ends; what the person did stays."""
    guard_stronger(actor, user)
    if user.id == actor.user_id:
        raise Conflict("You cannot delete your own account")
    agent = db.session.scalars(select(Agent).where(Agent.user_id == user.id)).first()
    if agent is not None:
        if agent.current_count:
            raise Conflict("The agent still has conversations: hand them over first")
        for member in db.session.scalars(select(TeamMember).where(TeamMember.agent_id == agent.id)):
            mark_deleted(member)
        mark_deleted(agent)
    for identity in db.session.scalars(select(ExternalIdentity).where(ExternalIdentity.user_id == user.id)):
        mark_deleted(identity)
    end_sign_ins_of(user, reason="deleted")
    mark_deleted(user)
    announce("user.deleted", user_id=user.id, former=user.avatar_url)


def reset_password(actor: Actor, user: User) -> str:
    """An administrator gives a new random password, to be changed at the next sign-in; returned once."""
    actor.require("user.reset_password")
    made = passwords.random_password()
    set_password(actor, user, password_hash=passwords.hash_password(made), must_change=True)
    return made


def restore_access(actor: Actor, user: User, *, clear_second_factor: bool = False) -> str:
    """For who runs the server and finds an account locked out: a new password, and no second factor if so wanted."""
    made = reset_password(actor, user)
    if clear_second_factor and user.totp_enabled:
        reset_second_factor(actor, user)
    return made


def change_own_password(actor: Actor, user: User, *, old_password: str, new_password: str) -> None:
    """The person changes it; every other sign-in of the account ends."""
    if not passwords.verify_password(user.password, old_password):
        raise Invalid("The old password is not right", fields={"oldPassword": "not right"})
    passwords.check_strength(new_password, username=user.username)
    if old_password == new_password:
        raise Invalid("The new password must differ from the old one", fields={"newPassword": "same"})
    store_own_password(actor, user, password_hash=passwords.hash_password(new_password))


@operation("user.change_password", title="Change own password", right="")
def store_own_password(actor: Actor, user: User, *, password_hash: str) -> None:
    if user.id != actor.user_id:
        raise NotAllowed("You can only change your own password")
    user.password, user.must_change_password = password_hash, False
    end_sign_ins_of(user, reason="password_changed", but=actor.sign_in_id)
    announce("user.updated", user_id=user.id)


@operation("user.reset_password", title="Reset a user's password")
def set_password(actor: Actor, user: User, *, password_hash: str, must_change: bool) -> None:
    guard_stronger(actor, user)
    user.password, user.must_change_password, user.locked_until = password_hash, must_change, None
    end_sign_ins_of(user, reason="password_reset")


@operation("user.reset_second_factor", title="Switch off a user's second factor", right="user.reset_password")
def reset_second_factor(actor: Actor, user: User) -> None:
    """For somebody who lost phone and recovery codes."""
    guard_stronger(actor, user)
    totp.clear(user)
    end_sign_ins_of(user, reason="second_factor_reset")


@operation("user.update_own", title="Change own profile", right="")
def update_own_profile(
    actor: Actor,
    user: User,
    *,
    full_name: str | None = None,
    email: str | None = None,
    phone: str | None = None,
    locale: str | None = None,
) -> User:
    """What a person may change about himself (ID-11); nothing else is accepted."""
    if user.id != actor.user_id:
        raise NotAllowed("You can only change your own profile")
    if full_name is not None:
        user.full_name = canonical_name(full_name) or user.full_name
    # anybody can type somebody else's number: it opens no door until a code sent there has come back
    _set_contact(user, email, phone, verified=0)
    if locale is not None:
        user.locale = _locale(locale)
    _refuse_taken(user)
    db.session.flush()
    return user


def ensure_profile(user: User) -> None:
    """Inside an operation: staff who serve have an agent profile, customers a customer profile."""
    codes = {role.code for role in user.roles}
    serves = bool(codes & {"agent", "supervisor", "admin", SUPER_ROLE})
    if serves and db.session.scalar(select(Agent.id).where(Agent.user_id == user.id)) is None:
        db.session.add(
            Agent(
                user_id=user.id,
                work_no=next_work_no(),
                max_conversations=settings.get_setting("default_max_conversations"),
            )
        )
    if CUSTOMER_ROLE in codes and db.session.scalar(select(Customer.id).where(Customer.user_id == user.id)) is None:
        db.session.add(
            Customer(
                user_id=user.id, name=user.full_name, phone=user.phone, email=real_email(user.email), source="account"
            )
        )
    db.session.flush()


def real_email(email: str | None) -> str | None:
    """What people may see of a stored address: None where there is only the placeholder of an account without one."""
    return None if not email or email.endswith(NO_ADDRESS) else email


def canonical_username(name: str) -> str:
    """NFKC, no spaces around, 3 to 64 letters, digits and . _ - @; a Chinese name may have two."""
    name = unicodedata.normalize("NFKC", name).strip()
    shortest = 2 if re.search(r"[\u4e00-\u9fff]", name) else 3
    if not re.fullmatch(rf"[\w.@-]{{{shortest},64}}", name):
        raise Invalid(
            "A user name has 3 to 64 letters, digits or . _ -", fields={"username": "3 to 64 letters or digits"}
        )
    return name


def canonical_email(email: str) -> str | None:
    email = unicodedata.normalize("NFKC", email or "").strip().lower()
    if not email:
        return None
    if len(email) > 254 or not re.fullmatch(r"[^@\s<>\",;]{1,64}@[a-z0-9.-]+\.[a-z]{2,}", email):
        raise Invalid("This is not an e-mail address", fields={"email": "name@host"})
    return email


def canonical_phone(phone: str | None) -> str | None:
    """E.164; a bare Chinese mobile number gets +86. Variants of one number become one number (D09)."""
    digits = re.sub(r"[\s\-()]", "", unicodedata.normalize("NFKC", phone or ""))
    if not digits:
        return None
    digits = re.sub(r"^00", "+", digits)
    if re.fullmatch(r"1[0-9]{10}", digits):
        digits = f"+86{digits}"
    if not re.fullmatch(r"\+[0-9]{7,15}", digits):
        raise Invalid("This is not a phone number", fields={"phone": "digits"})
    return digits


def _refuse_taken(user: User) -> None:
    """Raises Conflict, naming the field, when name, address or proven number lead to another account already."""
    others = User.id != (user.id or 0)
    everywhere = {"all_tenants": True}  # a sign-in names no company
    wanted = {"username": (func.lower(User.username) == user.username.lower(), everywhere)}
    if real_email(user.email):
        wanted["email"] = User.email == user.email, everywhere
    if user.phone and user.phone_verified != 0:
        wanted["phone"] = (User.phone == user.phone) & (User.phone_verified == 1), {}
    with db.session.no_autoflush:
        taken = [
            name
            for name, (same, options) in wanted.items()
            if db.session.scalar(select(User.id).where(same, others).limit(1), execution_options=options)
        ]
    if taken:
        raise Conflict(TAKEN, fields=dict.fromkeys(taken, "taken"))


def _roles(actor: Actor, codes: list[str], ids: list[int], held: Iterable[Role] = ()) -> list[Role]:
    """The roles meant. Those not `held` already must be the actor's to give."""
    roles = list(db.session.scalars(select(Role).where(or_(Role.code.in_(codes), Role.id.in_(ids)))))
    if len(roles) != len(set(codes)) + len(set(ids)):
        raise Invalid("This role does not exist", fields={"roleIds": "unknown"})
    for role in roles:
        if role not in held:
            refuse_role(actor, role)
    return roles


def refuse_role(actor: Actor, role: Role) -> None:
    """Raises NotAllowed when `role` is not this actor's to give."""
    if not may_give(actor, role):
        raise NotAllowed("You cannot give a role that may do more than you")


def guard_stronger(actor: Actor, user: User) -> None:
    """Nobody changes the account of somebody who may do more: it would be a way to become that person."""
    if not all(may_give(actor, role) for role in user.roles):
        raise NotAllowed("You cannot change the account of somebody who may do more than you")


def _placeholder(user: User) -> str:
    return f"{user.username}{NO_ADDRESS}"


def _set_contact(user: User, email: str | None, phone: str | None, *, verified: int) -> None:
    """None leaves as it is, an empty text takes away; what does not change keeps its standing."""
    new_email = user.email if email is None else canonical_email(email) or _placeholder(user)
    new_phone = user.phone if phone is None else canonical_phone(phone)
    if new_email != user.email:
        user.email, user.email_verified = new_email, verified
    if new_phone != user.phone:
        user.phone, user.phone_verified = new_phone, verified


def canonical_name(name: str) -> str:
    """A person's name on one line, at most 64 characters."""
    name = " ".join(name.split())
    if len(name) > 64:
        raise Invalid("The name is too long", fields={"fullName": "at most 64 characters"})
    return name


def _locale(locale: str) -> str:
    """The language somebody chose; empty while nobody has, then that of the page holds."""
    if locale not in ("", *LANGUAGES):
        raise Invalid("This language is not known", fields={"locale": "zh or en"})
    return locale
