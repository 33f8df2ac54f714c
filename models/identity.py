"""Accounts, roles, sign-ins, codes. Accounts and roles are FAB's tables with our columns added to FAB's classes.

One class per table (instead of a subclass beside FAB's own) so that `user.roles` and `role.user` are always
the class that carries tenant and soft delete.
"""

import datetime as dt
from enum import StrEnum, auto

from flask_appbuilder import Model
from flask_appbuilder.security.sqla.models import Permission, PermissionView, Role, User, ViewMenu
from sqlalchemy import ForeignKey, Index, Integer, Sequence, String, UniqueConstraint, false, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.actor import Actor, Scope
from models.base import Entity, adopt
from models.types import BigId, Code, Encrypted, Exact, Flag, Json, Moment, TinyInt, utcnow

__all__ = [
    "ExternalIdentity",
    "LoginSession",
    "Permission",
    "PermissionView",
    "RecoveryCode",
    "Role",
    "RoleScope",
    "SessionKind",
    "Tenant",
    "User",
    "VerificationCode",
    "ViewMenu",
]


def _tame_fab_tables() -> None:
    """BIGINT ids and no Sequence: MariaDB would honour a Sequence that no migration creates."""
    for table in Model.metadata.tables.values():
        for column in table.columns:
            if isinstance(column.default, Sequence):
                column.default = None
            if isinstance(column.type, Integer) and (column.primary_key or column.foreign_keys):
                column.type = BigId
    Model.metadata._sequences.clear()


_tame_fab_tables()


def _add_common_columns(model: type) -> None:
    model.create_time = mapped_column(Moment, default=utcnow, nullable=True)
    model.update_time = mapped_column(Moment, default=utcnow, onupdate=utcnow, nullable=True)
    model.create_by = mapped_column(BigId, nullable=True)
    model.update_by = mapped_column(BigId, nullable=True)
    model.deleted = mapped_column(TinyInt, default=0, server_default="0", nullable=False)
    model.delete_token = mapped_column(BigId, default=0, server_default="0", nullable=False)
    model.tenant_id = mapped_column(BigId, nullable=False, server_default="1", index=True)
    model.__audit__ = ""
    model.__secret__ = frozenset()
    adopt(model)


class Tenant(Model):
    """One company in the installation (OPS-7). Not tenanted itself: only the system reads it."""

    __tablename__ = "tenant"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    code: Mapped[str] = mapped_column(Exact, unique=True)
    name: Mapped[str] = mapped_column(String(128))
    #: host name by which browsers reach this company; empty for the first one
    host: Mapped[str | None] = mapped_column(Exact, unique=True)
    active: Mapped[bool] = mapped_column(Flag, default=True, server_default="1")
    create_time: Mapped[dt.datetime] = mapped_column(default=utcnow)

    def __repr__(self) -> str:
        return self.name


# --- accounts: FAB's ab_user -------------------------------------------------------------------------------
_add_common_columns(User)
User.full_name = mapped_column(String(64), nullable=False, server_default="")
User.phone = mapped_column(String(20), nullable=True, index=True)
#: whether phone and e-mail are known to be this person's: set by staff, or confirmed by a code. Only such ones sign in
User.phone_verified = mapped_column(Flag, nullable=False, default=True, server_default="1")
User.email_verified = mapped_column(Flag, nullable=False, default=True, server_default="1")
User.avatar_url = mapped_column(String(255), nullable=True)
#: what the person chose of services.identity.preferences; what is not in it stands as it comes
User.preferences = mapped_column(Json, nullable=True)
User.department_id = mapped_column(BigId, ForeignKey("department.id"), nullable=True, index=True)
#: the language the person chose; empty until then, and the page's holds
User.locale = mapped_column(String(8), nullable=False, server_default="zh", default="")
User.must_change_password = mapped_column(Flag, nullable=False, default=False, server_default="0")
User.totp_secret = mapped_column(Encrypted(255), nullable=True)
#: True only after a first code was confirmed
User.totp_enabled = mapped_column(Flag, nullable=False, default=False, server_default="0")
#: the last 30-second step used: a code works once
User.totp_last_step = mapped_column(BigId, nullable=False, default=0, server_default="0")
User.locked_until = mapped_column(Moment, nullable=True)
#: raised by every change that ends sessions: password, roles, disable
User.token_version = mapped_column(Integer, nullable=False, default=1, server_default="1")
User.department = relationship("Department", foreign_keys=[User.department_id])
#: what lists of other things show of an account: twenty-five more columns a row would be read for nothing
User.__shown__ = (User.username, User.full_name, User.avatar_url)
User.__secret__ = frozenset({"password", "totp_secret"})
#: counted at every sign-in, which has its own line in the log; FAB's own stamps besides ours
User.__bookkeeping__ = frozenset(
    {
        "last_login",
        "login_count",
        "fail_login_count",
        "totp_last_step",
        "created_on",
        "changed_on",
        "created_by_fk",
        "changed_by_fk",
    }
)


def _user_on_soft_delete(self: User) -> None:
    # username and email are unique without the delete token: set them free
    self.active = False
    self.username, self.email, self.phone = f"{self.username[:100]}#{self.id}", f"{self.id}#{self.email[:290]}", None
    self.token_version += 1


def _user_visible_to(actor: Actor):
    if actor.sees_as_customer:
        return User.id == actor.user_id
    scope = actor.scope("user")
    if scope is Scope.all:
        return User.id.is_not(None)
    if scope is Scope.department and actor.department_ids:
        return User.department_id.in_(actor.department_ids) | (User.id == actor.user_id)
    return User.id == actor.user_id


User.on_soft_delete = _user_on_soft_delete
User.visible_to = staticmethod(_user_visible_to)
User.__repr__ = lambda self: self.full_name or self.username

# --- roles: FAB's ab_role ----------------------------------------------------------------------------------
_add_common_columns(Role)
#: stable key of a preset role (agent, supervisor …); None for roles made on screen
Role.code = mapped_column(String(32), nullable=True)
Role.description = mapped_column(String(255), nullable=True)
# FAB makes role names unique over the whole installation; here they are unique within a company
Role.__table__.c.name.unique = None
Role.__table__.constraints -= {
    c
    for c in set(Role.__table__.constraints)
    if isinstance(c, UniqueConstraint) and [x.name for x in c.columns] == ["name"]
}
Role.__table__.append_constraint(UniqueConstraint("tenant_id", "name", "delete_token"))
Role.visible_to = staticmethod(
    lambda actor: Role.id.is_not(None) if actor.is_staff or actor.kind == "system" else Role.id.is_(None)
)


def _role_on_soft_delete(self: Role) -> None:
    self.permissions = []


Role.on_soft_delete = _role_on_soft_delete


class RoleScope(Entity, Model):
    """How far a role sees in one resource ("*" = every resource not named)."""

    __tablename__ = "role_scope"
    __table_args__ = (UniqueConstraint("role_id", "resource", "delete_token"),)

    role_id: Mapped[int] = mapped_column(ForeignKey("ab_role.id"))
    resource: Mapped[str] = mapped_column(String(64), default="*")
    scope: Mapped[Scope] = mapped_column(Code(Scope))
    role: Mapped[Role] = relationship(backref="scopes")

    def __repr__(self) -> str:
        return f"{self.resource}: {self.scope}"


class SessionKind(StrEnum):
    browser = auto()
    api = auto()
    visitor = auto()


class LoginSession(Entity, Model):
    """One sign-in, which can be ended on the server: a browser, an API token family, or a portal visitor."""

    __tablename__ = "login_session"
    __audit__ = None
    __table_args__ = (Index("idx_login_session_user_id", "user_id", "revoked_time"),)

    kind: Mapped[SessionKind] = mapped_column(Code(SessionKind))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"))
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("customer.id"), index=True)
    #: SHA-256 of the random key in the cookie or of the current refresh token
    token_hash: Mapped[str] = mapped_column(Exact, unique=True)
    #: SHA-256 of the refresh token before the current one: its reuse ends the family (D13)
    previous_hash: Mapped[str | None] = mapped_column(Exact, index=True)
    #: the account's token_version when this sign-in began
    token_version: Mapped[int] = mapped_column(Integer, default=1)
    ip: Mapped[str] = mapped_column(String(64), default="")
    user_agent: Mapped[str] = mapped_column(String(255), default="")
    last_seen_time: Mapped[dt.datetime] = mapped_column(default=utcnow)
    expire_time: Mapped[dt.datetime]
    #: when it ends however much it is used: signed with a secret that has been replaced
    latest_time: Mapped[dt.datetime | None]
    #: the channel whose site has signed who this is
    channel_id: Mapped[int | None] = mapped_column(ForeignKey("channel.id"), index=True)
    revoked_time: Mapped[dt.datetime | None]
    revoked_reason: Mapped[str | None] = mapped_column(String(64))


class VerificationCode(Entity, Model):
    """A code sent to a phone or mailbox: hashed, five minutes, five tries, one purpose, one use (ID-3, ID-5)."""

    __tablename__ = "verification_code"
    __audit__ = None
    __table_args__ = (Index("idx_verification_code_target", "tenant_id", "target", "purpose"),)

    #: canonical phone number (E.164) or e-mail address
    target: Mapped[str] = mapped_column(Exact)
    purpose: Mapped[str] = mapped_column(String(32))
    code_hash: Mapped[str] = mapped_column(String(128))
    expire_time: Mapped[dt.datetime]
    used_time: Mapped[dt.datetime | None]
    tries: Mapped[int] = mapped_column(Integer, default=0)


class RecoveryCode(Entity, Model):
    """One of ten codes that replace a lost second factor, each once."""

    __tablename__ = "recovery_code"
    __audit__ = None

    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id"), index=True)
    code_hash: Mapped[str] = mapped_column(String(128))
    used_time: Mapped[dt.datetime | None]


class ExternalIdentity(Entity, Model):
    """Who an account is in another system: a WeChat user, a person of the OA (ID-4, ID-16)."""

    __tablename__ = "external_identity"
    __secret__ = frozenset({"subject", "union_subject"})
    __table_args__ = (
        UniqueConstraint("tenant_id", "provider", "subject", "delete_token"),
        UniqueConstraint("user_id", "provider", "delete_token"),
    )

    provider: Mapped[str] = mapped_column(String(32))
    #: the other system's own key for the person: WeChat's openid, the OA's id
    subject: Mapped[str] = mapped_column(Exact)
    #: WeChat's unionid, the same in all apps of one company; None where there is none
    union_subject: Mapped[str | None] = mapped_column(Exact, index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id"))
    #: the other system disabled the account, so it may enable it again; what an administrator disabled stays so
    disabled_by_source: Mapped[bool] = mapped_column(Flag, default=False, server_default="0")
    user: Mapped[User] = relationship()

    @classmethod
    def visible_to(cls, actor: Actor):
        return false() if actor.sees_as_customer else cls.user_id.in_(select(User.id).where(User.visible_to(actor)))

    def __repr__(self) -> str:
        return self.provider  # a new one is named in the log before it knows its account
