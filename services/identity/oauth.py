"""Signing in through WeChat: the open platform's OAuth 2.0 (ID-4).

The browser or app brings a code; the server exchanges it for the person's openid. A known openid is its account, an
unknown one becomes a customer, or is linked when somebody is signed in.
"""

import logging
import re
from dataclasses import dataclass
from urllib.parse import urlencode

from app.errors import Conflict, NotSignedIn, Unavailable
from app.extensions import db
from models.actor import Actor
from models.identity import User
from services import safe_http
from services.identity import external, signin
from services.operation import run
from services.throttle import throttle

logger = logging.getLogger(__name__)

WECHAT = "wechat"
#: WeChat's answers that say "the code is no good" (wrong, used, expired), as opposed to "your app is"
_BAD_CODE = frozenset({40029, 40163, 41008, 42003})
_KEY = re.compile(r"[A-Za-z0-9_-]{6,128}")


@dataclass(frozen=True)
class Profile:
    """A person as WeChat describes him."""

    openid: str
    unionid: str | None = None
    nickname: str = ""


class WeChat:
    """The calls of WeChat's protocol that signing in needs."""

    def __init__(self, app_id: str = "", app_secret: str = "", api_url: str = ""):
        self.app_id, self._app_secret, self._api_url = app_id, app_secret, api_url.rstrip("/")

    @property
    def is_configured(self) -> bool:
        return bool(self.app_id and self._app_secret)

    def require(self) -> None:
        if not self.is_configured:
            raise Unavailable("Signing in through WeChat is not set up here")

    def start_url(self, redirect_uri: str, state: str) -> str:
        """Where a desktop browser shows the QR code."""
        query = {
            "appid": self.app_id,
            "redirect_uri": redirect_uri,
            "response_type": "code",
            "scope": "snsapi_login",
            "state": state,
        }
        return f"https://open.weixin.qq.com/connect/qrconnect?{urlencode(query)}#wechat_redirect"

    def exchange(self, code: str) -> tuple[Profile, str]:
        """(who, access token) for a code. Raises NotSignedIn when WeChat does not know the code, Unavailable."""
        answer = self._call(
            "/sns/oauth2/access_token",
            {"appid": self.app_id, "secret": self._app_secret, "code": code, "grant_type": "authorization_code"},
        )
        profile = Profile(_key(answer.get("openid")), _optional_key(answer.get("unionid")))
        return profile, str(answer.get("access_token", ""))

    def describe(self, profile: Profile, access_token: str) -> Profile:
        """The same person with name and unionid."""
        answer = self._call("/sns/userinfo", {"access_token": access_token, "openid": profile.openid, "lang": "zh_CN"})
        if answer.get("openid") != profile.openid:
            raise safe_http.CallFailed("The other system's answer cannot be read")
        unionid = _optional_key(answer.get("unionid")) or profile.unionid
        return Profile(profile.openid, unionid, plain_name(answer.get("nickname")))

    def _call(self, path: str, query: dict[str, str]) -> dict:
        answer = safe_http.client.get(f"{self._api_url}{path}", query=query).json()
        if not isinstance(answer, dict):
            raise safe_http.CallFailed("The other system's answer cannot be read")
        problem = answer.get("errcode", 0)
        if problem in _BAD_CODE:
            raise NotSignedIn("WeChat did not accept this sign-in, please try again")
        if problem != 0:
            logger.error("WeChat refused %s: errcode %s", path, problem)
            raise safe_http.CallFailed("Signing in through WeChat is not possible just now")
        return answer


wechat = WeChat()


def configure(app_id: str, app_secret: str, api_url: str) -> None:
    """Called once by the factory."""
    wechat.__init__(app_id, app_secret, api_url)


def sign_in(actor: Actor, code: str, ip: str) -> User:
    """The account of the person behind a WeChat code; linked or made when there was none.

    Raises NotSignedIn for a bad code or a disabled account, Conflict when the link belongs to another account.
    """
    wechat.require()
    throttle.hit(signin.rules.rate_per_ip, "sign-in", ip)
    profile, access_token = wechat.exchange(code)
    user = external.find_linked(WECHAT, profile.openid, profile.unionid)
    if user is None:
        profile = wechat.describe(profile, access_token)
        user = external.find_linked(WECHAT, profile.openid, profile.unionid) or _new_link(actor, profile)
    if actor.user_id is not None and user.id != actor.user_id:
        raise Conflict("This WeChat account belongs to another account")
    if not user.active:
        raise NotSignedIn("This account cannot sign in")
    return user


def plain_name(value: object) -> str:
    """A name from outside as one line of printable text."""
    text = "".join(character if character.isprintable() else " " for character in str(value or ""))
    return " ".join(text.split())[:64].strip()


def _new_link(actor: Actor, profile: Profile) -> User:
    if actor.user_id is not None:
        user = db.session.get(User, actor.user_id)
        run(actor, "user.link_wechat", lambda: external.link(user, WECHAT, profile.openid, profile.unionid), [user])
        return user
    try:
        return external.register_customer(
            actor.tenant_id, WECHAT, profile.openid, profile.unionid, prefix="wx", name=profile.nickname or "微信用户"
        )
    except Conflict:
        # the same person in two tabs: the other one was first
        user = external.find_linked(WECHAT, profile.openid, profile.unionid)
        if user is None:
            raise
        return user


def _key(value: object) -> str:
    if not isinstance(value, str) or not _KEY.fullmatch(value):
        raise safe_http.CallFailed("The other system's answer cannot be read")
    return value


def _optional_key(value: object) -> str | None:
    return _key(value) if value else None
