"""用户相关接口: tokens, own profile, users (B §7.2)."""

from flask import g, request
from sqlalchemy import select

from app.errors import Invalid, NotSignedIn
from models.actor import Actor
from models.audit import AuditLog
from models.identity import User
from services.identity import accounts, external, oauth, passwords, signin, tokens, totp
from services.identity.senders import senders
from services.logged_values import shown_values
from services.operation import OPERATIONS, DataField
from views import auth, titles
from views.api.endpoint import action, endpoint, load
from views.api.resource import PAGING, Resource, listing

SECTION = "用户相关接口"

USERS = Resource(
    path="users",
    key="user",
    model=User,
    section=SECTION,
    title="用户",
    out=(
        "id",
        "username",
        "full_name",
        "avatar_url",
        "phone",
        "department_id",
        "locale",
        "last_login",
        "create_time",
        "active",
        "totp_enabled",
        "must_change_password",
    ),
    filters=("department_id",),
    sort=("id", "username", "full_name", "create_time", "last_login"),
    search=("username", "full_name", "email"),
    eager=("roles", "department"),
    more={
        "phoneVerified": lambda actor, row: bool(row.phone and row.phone_verified),
        "email": lambda actor, row: accounts.real_email(row.email),
        "emailVerified": lambda actor, row: bool(accounts.real_email(row.email) and row.email_verified),
        "roles": lambda actor, row: [{"id": role.id, "code": role.code, "name": role.name} for role in row.roles],
        "departmentName": lambda actor, row: row.department.name if row.department else None,
    },
    writes=(),
)
LOGS = Resource(
    path="user/operation-logs",
    key="operation_log",
    model=AuditLog,
    section=SECTION,
    title="操作日志",
    out=(
        "id",
        "user_id",
        "user_name",
        "operation",
        "target_type",
        "target_id",
        "target_name",
        "ip",
        "note",
        "create_time",
    ),
    filters=("operation", "target_type", "target_id", "user_id"),
    sort=("id", "create_time"),
    search=("operation", "target_name", "user_name"),
    more={
        "title": lambda actor, row: str(titles.title_of(row.operation)),
        "target": lambda actor, row: row.target_name,
        "before": lambda actor, row: shown_values(actor, row.target_type, row.before),
        "after": lambda actor, row: shown_values(actor, row.target_type, row.after),
    },
    writes=(),
)


def dump(actor: Actor, user: User) -> dict:
    return USERS.dump(actor, user)


@endpoint(
    "POST",
    "/auth/login",
    section=SECTION,
    summary="用户登录",
    right="",
    fields=(
        DataField("username", str, max_length=320),
        DataField("password", str, max_length=1024),
        DataField("code", str, "", 64),
    ),
)
def login(actor: Actor, username: str, password: str, code: str = ""):
    """Tokens for programs. With two-step verification the code goes along."""
    user = signin.check_password(username, password, auth.client_ip())
    if user.totp_enabled:
        if not code:
            raise second_step(user)
        signin.check_second_factor(user, code, auth.client_ip())
    return issued(user)


@endpoint(
    "POST",
    "/auth/refresh",
    section=SECTION,
    summary="刷新Token",
    right="",
    fields=(DataField("refresh_token", str, max_length=200),),
)
def refresh(actor: Actor, refresh_token: str):
    return tokens.refresh(refresh_token)


@endpoint("POST", "/auth/logout", section=SECTION, summary="用户登出", right="")
def logout(actor: Actor):
    if actor.sign_in_id is None:
        raise NotSignedIn("Please sign in")
    signin.sign_out(actor)


@endpoint("GET", "/user/info", section=SECTION, summary="用户信息", right="")
def own_info(actor: Actor):
    user = own_account(actor)
    linked = external.is_linked(user, oauth.WECHAT)
    return dump(actor, user) | {"permissions": sorted(actor.permissions), "wechatLinked": linked}


@endpoint("DELETE", "/user/wechat", section=SECTION, summary="解除微信绑定", right="")
def unlink_wechat(actor: Actor):
    user = own_account(actor)
    by_phone = bool(user.phone and user.phone_verified and senders.reaches_phones)
    by_mail = bool(accounts.real_email(user.email) and user.email_verified and senders.reaches_mailboxes)
    external.unlink_own(actor, user, provider=oauth.WECHAT, has_other_way=by_phone or by_mail)


@endpoint(
    "PUT", "/user/info", section=SECTION, summary="更新信息", right="", fields=OPERATIONS["user.update_own"].data_fields
)
def update_own_info(actor: Actor, **data):
    return dump(actor, accounts.update_own_profile(actor, own_account(actor), **data))


@endpoint(
    "PUT",
    "/user/password",
    section=SECTION,
    summary="修改密码",
    right="",
    fields=(DataField("old_password", str, max_length=1024), DataField("new_password", str, max_length=2048)),
)
def change_password(actor: Actor, old_password: str, new_password: str):
    user = own_account(actor)
    signin.throttle_confirmation(user)
    accounts.change_own_password(actor, user, old_password=old_password, new_password=new_password)


@endpoint("GET", "/user/operation-logs", section=SECTION, summary="本人操作日志", right="", query=PAGING)
def own_logs(actor: Actor, **query):
    return listing(LOGS, actor, statement=select(AuditLog).where(AuditLog.user_id == own_account(actor).id), **query)


@endpoint(
    "POST",
    "/user/totp",
    section=SECTION,
    summary="开始两步验证",
    right="",
    fields=(DataField("password", str, max_length=1024),),
)
def begin_totp(actor: Actor, password: str):
    return totp.begin(actor, _confirmed(actor, password))


@endpoint(
    "POST",
    "/user/totp/confirm",
    section=SECTION,
    summary="启用两步验证",
    right="",
    fields=OPERATIONS["user.totp_confirm"].data_fields,
)
def confirm_totp(actor: Actor, code: str):
    return {"recoveryCodes": totp.confirm(actor, own_account(actor), code=code)}


@endpoint(
    "DELETE",
    "/user/totp",
    section=SECTION,
    summary="停用两步验证",
    right="",
    fields=(DataField("password", str, max_length=1024),),
)
def disable_totp(actor: Actor, password: str):
    totp.disable(actor, _confirmed(actor, password))


@endpoint(
    "GET", "/users", section=SECTION, summary="用户列表", right="user.read", query={**PAGING, "departmentId": int}
)
def list_users(actor: Actor, **query):
    return listing(USERS, actor, **query)


@endpoint("GET", "/users/<id:id>", section=SECTION, summary="用户详情", right="user.read")
def show_user(actor: Actor, row_id: int):
    return dump(actor, load(User, row_id, actor))


@endpoint(
    "POST",
    "/users",
    section=SECTION,
    summary="创建用户",
    right="user.create",
    fields=(
        DataField("username", str, max_length=64),
        DataField("password", str | None, None, 1024),
        DataField("full_name", str, "", 64),
        DataField("email", str, "", 254),
        DataField("phone", str, "", 20),
        DataField("department_id", int | None, None),
        DataField("role_ids", list[int]),
    ),
)
def create_user(actor: Actor, **data):
    """Without a password a random one is made and returned once; it must be changed at the first sign-in."""
    user, made = accounts.create_user(actor, **data)
    return dump(actor, user) | ({"initialPassword": made} if made else {})


@endpoint("POST", "/users/<id:id>/reset-password", section=SECTION, summary="重置用户密码", right="user.reset_password")
def reset_password(actor: Actor, row_id: int):
    return {"initialPassword": accounts.reset_password(actor, load(User, row_id, actor))}


action("PUT", "/users/<id:id>", "user.update", on=User, dump=dump, section=SECTION, summary="更新用户")
action("DELETE", "/users/<id:id>", "user.delete", on=User, section=SECTION, summary="删除用户")
action(
    "POST",
    "/users/<id:id>/reset-second-factor",
    "user.reset_second_factor",
    on=User,
    section=SECTION,
    summary="解除两步验证",
)


@endpoint(
    "GET",
    "/operation-logs",
    section="操作日志接口",
    summary="操作日志",
    right="operation_log.read",
    query={**PAGING, "operation": str, "targetType": str, "targetId": int, "userId": int},
)
def list_logs(actor: Actor, **query):
    return listing(LOGS, actor, **query)


def second_step(user: User) -> NotSignedIn:
    """The refusal that asks a program for the code of the authenticator; its `step` goes to /auth/login/totp."""
    return NotSignedIn("Please enter the code of your authenticator", kind="totp_required", step=signin.sign_step(user))


def issued(user: User) -> dict:
    """Tokens for an account whose every step has been checked."""
    pair = tokens.issue(user, ip=auth.client_ip(), user_agent=request.headers.get("User-Agent", ""))
    auth.adopt(tokens.resume(pair["accessToken"], ip=auth.client_ip()).actor)
    return pair | {"user": dump(g.actor, user)}


def own_account(actor: Actor) -> User:
    """The account of whoever asks. Raises NotSignedIn for visitors."""
    if g.account is None:
        raise NotSignedIn("Please sign in")
    return g.account


def _confirmed(actor: Actor, password: str) -> User:
    """The own account after the password was typed again; wrong tries count like wrong sign-ins."""
    user = own_account(actor)
    signin.throttle_confirmation(user)
    if not passwords.verify_password(user.password, password):
        raise Invalid("The password is not right", fields={"password": "not right"})
    return user
