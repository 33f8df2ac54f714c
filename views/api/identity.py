"""Further doors and people in bulk: codes, WeChat, forgotten passwords, import, the OA system (B §7.2)."""

from flask import Response
from flask import session as flask_session
from flask_babel import gettext

from app.errors import DomainError, NotSignedIn
from app.locale import current_locale
from app.offload import background
from models.actor import Actor
from models.identity import Role, User
from services.identity import codes, imports, oa, oauth, signin, tables
from services.operation import DataField
from views import auth
from views.api import people, session
from views.api.endpoint import endpoint, load, sent_file
from views.api.envelope import translated

SECTION = people.SECTION
WECHAT_STATE = "wechat_state"

_CODE = DataField("code", str, max_length=64)
_PHONE = (DataField("phone", str, max_length=32), _CODE)
_TARGET = DataField("target", str, max_length=254)


@endpoint(
    "POST",
    "/auth/codes",
    section=SECTION,
    summary="发送验证码",
    right="",
    fields=(_TARGET, DataField("purpose", codes.Purpose)),
)
def send_code(actor: Actor, target: str, purpose: codes.Purpose):
    """The same answer whether or not anybody gets a message."""
    delivery = codes.request_code(actor, target=target, purpose=purpose, ip=auth.client_ip())
    if delivery is not None:
        background(delivery.send)
    return {"expiresIn": int(codes.LIFE.total_seconds())}


@endpoint("POST", "/auth/login/phone", section=SECTION, summary="手机登录", right="", fields=_PHONE)
def login_by_phone(actor: Actor, phone: str, code: str):
    """Tokens for programs. With two-step verification the answer holds a `step` for /auth/login/totp."""
    return _issued(codes.sign_in(actor, phone=phone, code=code, ip=auth.client_ip()))


@endpoint(
    "POST",
    "/session/phone",
    section=session.SECTION,
    summary="Sign in with a phone and its code",
    right="",
    fields=_PHONE,
)
def sign_in_by_phone(actor: Actor, phone: str, code: str):
    return session.enter(codes.sign_in(actor, phone=phone, code=code, ip=auth.client_ip()))


@endpoint(
    "POST",
    "/auth/login/wechat",
    section=SECTION,
    summary="微信登录",
    right="",
    fields=(DataField("code", str, max_length=512), DataField("state", str | None, None, 128)),
)
def login_by_wechat(actor: Actor, code: str, state: str | None = None):
    """Tokens for whoever WeChat's code stands for. Somebody who is signed in is linked instead.

    `state`, where there is one, must be the one that this browser began with.
    """
    if state is not None and (not state or state != flask_session.pop(WECHAT_STATE, None)):
        raise NotSignedIn("WeChat did not accept this sign-in, please try again")
    user = oauth.sign_in(actor, code, auth.client_ip())
    return people.dump(actor, user) if actor.user_id is not None else _issued(user)


@endpoint(
    "POST",
    "/auth/login/totp",
    section=SECTION,
    summary="两步验证登录",
    right="",
    fields=(DataField("step", str, max_length=1000), _CODE),
)
def login_by_second_step(actor: Actor, step: str, code: str):
    """The second step after any of the doors above."""
    user = signin.read_step(step)
    signin.check_second_factor(user, code, auth.client_ip())
    return people.issued(user)


@endpoint(
    "POST",
    "/user/password/reset",
    section=SECTION,
    summary="重置密码",
    right="",
    fields=(_TARGET, _CODE, DataField("new_password", str, max_length=2048)),
)
def reset_password(actor: Actor, target: str, code: str, new_password: str):
    """Answers the user name: whoever holds the phone or mailbox may have forgotten that as well."""
    user = codes.reset_password(actor, target=target, code=code, new_password=new_password, ip=auth.client_ip())
    return {"username": user.username}


@endpoint("POST", "/user/contact/verify", section=SECTION, summary="验证手机或邮箱", right="", fields=(_TARGET, _CODE))
def verify_contact(actor: Actor, target: str, code: str):
    """With a code of purpose `verify`: a number that one typed oneself opens a door only afterwards."""
    user = people.own_account(actor)
    return people.dump(actor, codes.verify_contact(actor, user, target=target, code=code))


@endpoint(
    "POST",
    "/users/sync/oa",
    section=SECTION,
    summary="OA用户同步",
    right="user.sync",
    fields=(DataField("role_id", int), DataField("confirm", bool, False)),
)
def sync_from_oa(actor: Actor, role_id: int, confirm: bool = False):
    """New accounts get the role `roleId`; more than a tenth switched off needs `confirm`."""
    report = oa.sync_users(actor, load(Role, role_id, actor), confirm=confirm)
    errors = sorted(report.errors, key=lambda item: item[0] or 0)
    return {
        "created": report.created,
        "updated": report.updated,
        "unchanged": report.unchanged,
        "deactivated": report.deactivated,
        "errors": [{"row": row, **_reason(error)} for row, error in errors],
    }


@endpoint(
    "POST",
    "/users/import",
    section=SECTION,
    summary="导入用户",
    right="user.import",
    query={"dryRun": bool},
    takes_file=True,
)
def import_users(actor: Actor, dryRun: bool = False):
    """multipart/form-data with one part `file`: CSV (UTF-8 or GBK) or XLSX."""
    name, data = sent_file(tables.MOST_BYTES)
    outcomes = imports.import_users(actor, name=name, data=data, dry_run=dryRun)
    rows = [_outcome(outcome, "valid" if dryRun else "created") for outcome in outcomes]
    failed = sum(outcome.error is not None for outcome in outcomes)
    return {"dryRun": dryRun, "created": 0 if dryRun else len(rows) - failed, "failed": failed, "rows": rows}


@endpoint("GET", "/users/import/template.csv", section=SECTION, summary="用户导入模板", right="user.import")
def import_template(actor: Actor) -> Response:
    # the mark at the beginning tells Excel that this is UTF-8
    text = "\ufeff" + ",".join(imports.TITLES[current_locale()]) + "\r\n"
    return Response(text, mimetype="text/csv", headers={"Content-Disposition": "attachment; filename=users.csv"})


def _issued(user: User) -> dict:
    if user.totp_enabled:
        raise people.second_step(user)
    return people.issued(user)


def _outcome(outcome: imports.Outcome, good: str) -> dict:
    found = {"row": outcome.row, "username": outcome.username, "status": "error" if outcome.error else good}
    if outcome.error is not None:
        found |= _reason(outcome.error)
    if outcome.user_id is not None:
        found["userId"] = outcome.user_id
    if outcome.initial_password is not None:
        found["initialPassword"] = outcome.initial_password
    return found


def _reason(error: DomainError) -> dict:
    return {"reason": gettext(error.message), "fields": {name: translated(text) for name, text in error.fields.items()}}
