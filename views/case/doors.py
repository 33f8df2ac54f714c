"""Signing in at `/case`: one door for customers, one for staff, with the checks of all other doors (E §1, ID-1)."""

from flask import Response, g
from flask_babel import gettext

from app.errors import NotSignedIn
from models.actor import Actor
from models.identity import User
from services.identity import rights, signin
from services.operation import DataField
from views import auth
from views.api.session import open_browser, remember_first_step
from views.case.envelope import success
from views.case.face import CASE, SECTION

FIELDS = (
    DataField("username", str, max_length=320),
    DataField("password", str, max_length=1024),
    # E knows no second factor; an account that has one sends its code along
    DataField("code", str, "", 64),
)


@CASE.endpoint("POST", "/api/login", section=SECTION, summary="客户登录", right="", fields=FIELDS)
def sign_customer_in(actor: Actor, username: str, password: str, code: str = "") -> Response:
    return _enter(username, password, code, is_staff=False)


@CASE.endpoint("POST", "/api/admin/login", section=SECTION, summary="管理员登录", right="", fields=FIELDS)
def sign_staff_in(actor: Actor, username: str, password: str, code: str = "") -> Response:
    return _enter(username, password, code, is_staff=True)


def _enter(username: str, password: str, code: str, *, is_staff: bool) -> Response:
    """The account's cookie, and in a header the word for pages (`X-CSRF-Token`).

    Raises NotSignedIn, with the same words for a wrong password and for an account that has no business at this door.
    """
    user = signin.check_password(username, password, auth.client_ip())
    if rights.actor_for_user(user).is_staff is not is_staff:
        raise NotSignedIn(signin.WRONG)
    if user.totp_enabled:
        _check_second_factor(user, code)
    opened = open_browser(user)
    auth.adopt(opened.actor)
    g.account = user
    answer = success(
        {
            "message": gettext("Signed in successfully"),
            "user": {
                "id": user.id,
                "username": user.username,
                "email": user.email,
                "role": "admin" if is_staff else "customer",
            },
        }
    )
    auth.set_cookie(answer, opened)
    answer.headers[auth.CSRF_HEADER] = auth.csrf_token()
    return answer


def _check_second_factor(user: User, code: str) -> None:
    if not code:
        remember_first_step(user)
        raise NotSignedIn("Please enter the code of your authenticator", kind="totp_required")
    signin.check_second_factor(user, code, auth.client_ip())
