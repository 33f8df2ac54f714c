"""WeChat's server as we call it: access tokens, messages, pictures, and who somebody is.

An access token serves all processes for two hours. Whoever finds it old takes a lease on the account's row and fetches
a new one; the others wait for that one. `stable_token` gives out the same token as long as it is good, so that another
system that speaks for the same account is not thrown out by us.
"""

import datetime as dt
import json
import logging
import secrets
import threading
import time
from collections import defaultdict
from urllib.parse import urlencode

from sqlalchemy import or_, update

from app.extensions import db
from models.types import utcnow
from models.wechat import WechatAccount
from services import safe_http
from services.operation import write
from services.safe_http import Answer, CallFailed

logger = logging.getLogger(__name__)

#: how long one waits for WeChat; a picture takes longer than a word
SECONDS, MEDIA_SECONDS = 10.0, 30.0
#: a token is renewed this long before it ends
_BEFORE_END = dt.timedelta(minutes=5)
_LEASE = dt.timedelta(seconds=20)
#: how long one waits for another process that is fetching a token
_PATIENCE, _PAUSE = 12.0, 0.2
#: the token we sent is not, or no longer, good
_TOKEN_IS_OLD = frozenset({40001, 40014, 42001})
#: WeChat is busy, or we are too quick: the same again later
_LATER = frozenset({-1, 45009, 45011})

_in_this_process: defaultdict[int, threading.Lock] = defaultdict(threading.Lock)


class Refused(Exception):
    """WeChat has understood and will not do it; `code` is its number for the reason."""

    def __init__(self, code: int):
        super().__init__(f"errcode {code}")
        self.code = code


class Client:
    """The calls for one account. Raises Refused, and CallFailed for whatever may work a little later."""

    def __init__(self, account: WechatAccount):
        self._id, self._tenant_id = account.id, account.tenant_id
        self._app_id, self._secret, self._api = account.app_id, account.app_secret, account.api_url
        self._token, self._until = account.access_token, account.access_token_until

    def send(self, openid: str, kind: str, content: dict) -> None:
        """One message to one person, as the account's customer service."""
        self._call("/cgi-bin/message/custom/send", {"touser": openid, "msgtype": kind, kind: content})

    def union_id(self, openid: str) -> str | None:
        """The number that a follower of an official account has in all apps of its company."""
        union_id = self._call("/cgi-bin/user/info", query={"openid": openid, "lang": "zh_CN"}).get("unionid")
        return union_id if isinstance(union_id, str) and 0 < len(union_id) <= 128 else None

    def upload(self, kind: str, name: str, mime: str, data: bytes) -> str:
        """Lend WeChat a picture or a sound for three days; by the answer it can be sent."""
        border = secrets.token_hex(16)
        # the name is made by us: what a person called the file does not belong into a header
        head = (
            f"--{border}",
            f'Content-Disposition: form-data; name="media"; filename="{name}"',
            f"Content-Type: {mime}",
            "\r\n",
        )
        body = "\r\n".join(head).encode() + data + f"\r\n--{border}--\r\n".encode()
        told = self._call(
            "/cgi-bin/media/upload",
            query={"type": kind},
            raw=body,
            headers={"Content-Type": f"multipart/form-data; boundary={border}"},
        )
        media_id = told.get("media_id")
        if not isinstance(media_id, str) or not media_id:
            raise CallFailed("The other system's answer cannot be read")
        return media_id

    def download(self, media_id: str, limit: int) -> Answer:
        """What somebody sent; at most `limit` bytes. A video lies behind another address."""
        answer = self._with_token(
            lambda token: safe_http.client.get(
                f"{self._api}/cgi-bin/media/get",
                query={"access_token": token, "media_id": media_id},
                seconds=MEDIA_SECONDS,
                limit=limit,
            )
        )
        told = _spoken(answer)
        if told is None:
            return answer
        address = told.get("video_url")
        if not isinstance(address, str):
            raise CallFailed("The other system's answer cannot be read")
        answer = safe_http.client.get(address, seconds=MEDIA_SECONDS, limit=limit)
        if not answer.ok:
            raise CallFailed("The other system's answer cannot be read")
        return answer

    def _call(
        self, path: str, json_body: dict | None = None, *, query: dict | None = None, raw: bytes = b"", headers=None
    ) -> dict:
        def once(token: str) -> Answer:
            url = f"{self._api}{path}?{urlencode({'access_token': token, **(query or {})})}"
            if json_body is not None:
                return safe_http.client.post(url, json=json_body, seconds=SECONDS)
            if raw:
                return safe_http.client.request("POST", url, body=raw, headers=headers, seconds=MEDIA_SECONDS)
            return safe_http.client.get(url, seconds=SECONDS)

        told = _spoken(self._with_token(once))
        if told is None:
            raise CallFailed("The other system's answer cannot be read")
        return told

    def _with_token(self, call) -> Answer:
        """The answer to `call(token)`; with a new token once, should the one we have be refused."""
        token = self._access_token("")
        answer = call(token)
        code = _code(answer)
        if code in _TOKEN_IS_OLD:
            answer = call(self._access_token(token))
            code = _code(answer)
            if code in _TOKEN_IS_OLD:  # a minute ago it gave us this one
                raise CallFailed("The other system cannot be reached just now")
        if code in _LATER:
            raise CallFailed("The other system cannot be reached just now", code=code)
        if code:
            raise Refused(code)
        if not answer.ok:
            raise CallFailed("The other system cannot be reached just now", status=answer.status)
        return answer

    def _access_token(self, refused: str) -> str:
        """A token that is good, and is not `refused`."""
        if self._is_good(refused):
            return self._token
        with _in_this_process[self._id]:
            until = time.monotonic() + _PATIENCE
            while True:
                self._read_again()
                if self._is_good(refused):
                    return self._token
                if self._take_lease():
                    return self._fetch_token(refused)
                if time.monotonic() > until:
                    raise CallFailed("The other system cannot be reached just now")
                time.sleep(_PAUSE)

    def _is_good(self, refused: str) -> bool:
        return (
            bool(self._token)
            and self._token != refused
            and self._until is not None
            and self._until > utcnow() + _BEFORE_END
        )

    def _read_again(self) -> None:
        db.session.rollback()  # what this session has seen before may be old
        account = db.session.get(WechatAccount, self._id, populate_existing=True)
        if account is None:
            raise CallFailed("The other system cannot be reached just now")
        self._token, self._until = account.access_token, account.access_token_until

    def _take_lease(self) -> bool:
        free = or_(WechatAccount.refresh_until.is_(None), WechatAccount.refresh_until < utcnow())
        return self._note(free, refresh_until=utcnow() + _LEASE) == 1

    def _fetch_token(self, refused: str) -> str:
        try:
            told = self._ask_token(force=False)
            if told["access_token"] == refused:  # WeChat itself does not know that it is no good
                told = self._ask_token(force=True)
        except BaseException:
            self._note(refresh_until=None)
            raise
        self._token = str(told["access_token"])
        self._until = utcnow() + dt.timedelta(seconds=int(told.get("expires_in", 7200)))
        self._note(access_token=self._token, access_token_until=self._until, refresh_until=None)
        return self._token

    def _ask_token(self, *, force: bool) -> dict:
        answer = safe_http.client.post(
            f"{self._api}/cgi-bin/stable_token",
            json={
                "grant_type": "client_credential",
                "appid": self._app_id,
                "secret": self._secret,
                "force_refresh": force,
            },
            seconds=SECONDS,
        )
        code = _code(answer)
        if code in _LATER:
            raise CallFailed("The other system cannot be reached just now", code=code)
        if code:
            logger.error("WeChat refused an access token for account %s: errcode %s", self._id, code)
            raise Refused(code)
        told = _spoken(answer)
        if not answer.ok or told is None or not isinstance(told.get("access_token"), str):
            raise CallFailed("The other system's answer cannot be read")
        return told

    def _note(self, *conditions, **values) -> int:
        with write(self._tenant_id) as session:
            statement = update(WechatAccount).where(WechatAccount.id == self._id, *conditions).values(**values)
            return session.execute(statement, execution_options={"synchronize_session": False}).rowcount


def _spoken(answer: Answer) -> dict | None:
    """What an answer says in JSON; None where it is something else, a picture say."""
    if answer.body.lstrip()[:1] != b"{":
        return None
    try:
        told = json.loads(answer.body)
    except (ValueError, RecursionError):
        return None
    return told if isinstance(told, dict) else None


def _code(answer: Answer) -> int:
    told = _spoken(answer)
    code = told.get("errcode", 0) if told else 0
    return code if isinstance(code, int) else -1
