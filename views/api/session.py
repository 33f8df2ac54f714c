"""Signing browsers in and out; what a page needs to know before it draws."""

from dataclasses import replace

from flask import Response, current_app, g, request
from flask import session as flask_session

from app.errors import Conflict, Invalid, NotAllowed, NotSignedIn
from app.extensions import db
from app.locale import COOKIE as LOCALE_COOKIE
from app.locale import LANGUAGES, current_locale
from models.actor import Actor
from models.customers import Customer
from models.identity import SessionKind, User
from services import channels, settings, visitors
from services.identity import accounts, embedded, file_keys, oauth, passes, signin
from services.identity.senders import senders
from services.operation import DataField
from services.throttle import throttle
from views import auth
from views.api.endpoint import endpoint, load
from views.api.envelope import success

SECTION = "浏览器会话"
_PENDING = "second_factor"


@endpoint("GET", "/session", section=SECTION, summary="Who am I", right="")
def show_session(actor: Actor):
    return state_of(actor)


@endpoint(
    "POST",
    "/session",
    section=SECTION,
    summary="Sign in with account and password",
    right="",
    fields=(DataField("username", str, max_length=320), DataField("password", str, max_length=1024)),
)
def sign_in(actor: Actor, username: str, password: str):
    return enter(signin.check_password(username, password, auth.client_ip()))


@endpoint(
    "POST",
    "/session/totp",
    section=SECTION,
    summary="Second step: code or recovery code",
    right="",
    fields=(DataField("code", str, max_length=64),),
)
def second_step(actor: Actor, code: str):
    user = signin.read_step(flask_session.get(_PENDING, ""))
    signin.check_second_factor(user, code, auth.client_ip())
    flask_session.pop(_PENDING, None)
    return _begin(user)


@endpoint(
    "POST",
    "/session/visitor",
    section=SECTION,
    summary="Begin as a portal visitor without account",
    right="",
    fields=(DataField("name", str, "", 64),),
)
def begin_as_visitor(actor: Actor, name: str = ""):
    if actor.kind != "anonymous":
        return state_of(actor)
    throttle.hit(current_app.config["VISITOR_RATE_PER_IP"], "visitor", auth.client_ip())
    opened = signin.open_for_visitor(
        actor.tenant_id, " ".join(name.split()), ip=auth.client_ip(), user_agent=auth.user_agent()
    )
    return _opened(opened)


@endpoint(
    "PUT",
    "/session/visitor",
    section=SECTION,
    summary="Say who one is and how to be reached",
    right="",
    fields=(DataField("name", str, "", visitors.MAX_NAME), DataField("contact", str, "", 191)),
)
def introduce(actor: Actor, name: str = "", contact: str = ""):
    """What a customer says about himself; only what is given is changed."""
    if actor.kind == "anonymous":
        raise NotSignedIn("Please sign in")
    if actor.customer_id is None:
        raise NotAllowed("Only customers can do this")
    customer = visitors.introduce(actor, load(Customer, actor.customer_id, actor), name=name, contact=contact)
    return state_of(replace(actor, name=customer.name) if actor.kind == "visitor" else actor)


@endpoint(
    "PUT",
    "/session/locale",
    section=SECTION,
    summary="Choose the language",
    right="",
    fields=(DataField("locale", str, max_length=8),),
)
def choose_locale(actor: Actor, locale: str):
    if locale not in LANGUAGES:
        raise Invalid("This language is not known", fields={"locale": "zh or en"})
    if g.account is not None:
        accounts.update_own_profile(actor, g.account, locale=locale)
    response = success(None)
    remember_locale(response, locale)
    return response


@endpoint(
    "POST",
    "/session/entry",
    section=SECTION,
    summary="Begin as whom an app has signed, or whom a link of ours was made for",
    right="",
    fields=(
        DataField("channel", str, "", 32),
        DataField("identity", str, "", 4000),
        DataField("portal_pass", str, "", 400),
    ),
)
def enter_as_customer(actor: Actor, channel: str = "", identity: str = "", portal_pass: str = ""):
    """What stood behind the # of an address. It makes a browser a customer's, never an account's.

    Whoever is signed in to an account stays so: a link that somebody sends must not make him another person.
    """
    if bool(identity) == bool(portal_pass):
        raise Invalid("The request is not valid", fields={"identity": "one of the two", "portalPass": "one of the two"})
    came = {"ip": auth.client_ip(), "user_agent": auth.user_agent()}
    throttle.hit(current_app.config["VISITOR_RATE_PER_IP"], "visitor", auth.client_ip())
    found = channels.find_app(channel) if identity else None
    if actor.kind == "user":
        raise Conflict("You are signed in to an account in this browser; sign out first", kind="account_signed_in")
    if found is not None:
        opened = embedded.enter(found, identity, visitor=actor if actor.kind == "visitor" else None, **came)
    else:
        opened = passes.enter(portal_pass, actor=actor, **came)
    if opened is None:
        return state_of(actor)
    return _opened(opened)


@endpoint("DELETE", "/session", section=SECTION, summary="Sign out", right="")
def end_session(actor: Actor):
    if actor.sign_in_id is not None:
        signin.sign_out(actor)
    response = success(None)
    auth.clear_cookie(response)
    return response


def enter(user: User) -> Response:
    """Sign the browser in after the first step, or ask for the second where the account wants one."""
    if user.totp_enabled:
        remember_first_step(user)
        raise NotSignedIn("Please enter the code of your authenticator", kind="totp_required")
    return _begin(user)


def remember_first_step(user: User) -> None:
    """In Flask's signed cookie, for as long as a code takes to type."""
    flask_session[_PENDING] = signin.sign_step(user)


def open_browser(user: User) -> signin.Opened:
    """Begin a sign-in of this browser; the one it had before ends."""
    if g.sign_in is not None:
        signin.end_by_key(g.sign_in)
    return signin.open_for_user(user, SessionKind.browser, ip=auth.client_ip(), user_agent=auth.user_agent())


def _begin(user: User) -> Response:
    return _opened(open_browser(user))


def _opened(opened: signin.Opened) -> Response:
    auth.adopt(opened.actor)
    g.account = db.session.get(User, opened.actor.user_id) if opened.actor.user_id else None
    response = success(None)
    auth.set_cookie(response, opened)
    if g.account is not None and g.account.locale and LOCALE_COOKIE not in request.cookies:
        remember_locale(response, g.account.locale)
    final = success(state_of(opened.actor))
    final.headers.extend([(name, value) for name, value in response.headers if name == "Set-Cookie"])
    return final


def state_of(actor: Actor) -> dict:
    """What a page needs to know before it draws."""
    account = g.account
    state = {
        "actor": None
        if actor.kind == "anonymous"
        else {
            "kind": actor.kind,
            "userId": actor.user_id,
            "customerId": actor.customer_id,
            "name": visitors.shown_name(actor.name),
            "username": account.username if account else None,
            "avatarUrl": account.avatar_url if account else None,
            "roles": list(actor.roles),
            "permissions": sorted(actor.permissions),
            "isStaff": actor.is_staff,
            "agentId": actor.agent_id,
            "mustChangePassword": actor.must_change_password,
            "totpEnabled": bool(account.totp_enabled) if account else False,
        },
        "csrfToken": auth.csrf_token(),
        "locale": current_locale(),
        "company": {"name": settings.get_setting("company_name"), "logoUrl": None},
        "uploadLimitBytes": current_app.config["UPLOAD_MAX_BYTES"],
        "doors": _doors(),
        "priorities": {code: {"zh": zh, "en": en} for code, (zh, en) in settings.titles_of("ticket_priority").items()},
    }
    if actor.kind == "visitor" and g.by_token:  # what a framed page shows is fetched without its token
        state["fileKey"] = file_keys.make(actor.sign_in_id)
    return state


def _doors() -> dict[str, bool]:
    """Which ways in beside the password the operator has set up."""
    return {
        "phoneCode": senders.reaches_phones,
        "wechat": oauth.wechat.is_configured,
        "resetByPhone": senders.reaches_phones,
        "resetByEmail": senders.reaches_mailboxes,
    }


def remember_locale(response: Response, locale: str) -> None:
    """This browser reads in this language from now on."""
    response.set_cookie(
        LOCALE_COOKIE, locale, max_age=365 * 86400, samesite="Lax", secure=current_app.config["SESSION_COOKIE_SECURE"]
    )
