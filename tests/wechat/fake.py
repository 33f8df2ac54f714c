"""WeChat's server, played by its documentation: what it sends is signed and encrypted, what it is sent is checked.

with FakeWeChat() as wechat:
    app = WechatApp(people, wechat)
    person = app.person()
    person.writes("在吗")
    assert person.wait_for("…")
"""

import base64
import hashlib
import itertools
import os
import re
import secrets
import string
import struct
import threading
import time
from dataclasses import dataclass, field
from typing import Any
from xml.sax.saxutils import escape

import requests
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from tests.people import Company, unique
from tests.standins import Call, Reply, StandIn
from tests.waiting import eventually

_numbers = itertools.count(secrets.randbelow(10**15))
PATHS = (
    "/cgi-bin/stable_token",
    "/cgi-bin/message/custom/send",
    "/cgi-bin/media/upload",
    "/cgi-bin/media/get",
    "/cgi-bin/user/info",
)


def alnum(length: int) -> str:
    return "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(length))


@dataclass
class Sent:
    """One message that arrived at somebody's phone."""

    kind: str
    text: str = ""
    media: bytes = b""


@dataclass
class App:
    """What WeChat knows of one official account or mini program."""

    secret: str
    tokens: list[str] = field(default_factory=list)
    #: how often a token was asked for
    asked: int = 0


class FakeWeChat(StandIn):
    """api.weixin.qq.com. `trouble` (a function of the call that may return an answer) is asked before everything."""

    def __init__(self):
        super().__init__()
        self.apps: dict[str, App] = {}
        self.phones: dict[str, list[Sent]] = {}
        #: openid → errcode for whatever is sent to him
        self.refuses: dict[str, int] = {}
        self.unions: dict[str, str] = {}
        self.media: dict[str, Reply | dict] = {}
        self.uploads: dict[str, bytes] = {}
        self.trouble = None
        self._lock = threading.Lock()
        for path in PATHS:
            self.answers[path] = self._answer

    @property
    def url(self) -> str:
        """Under a name that the product may call (OUTBOUND_ALLOW)."""
        return f"http://localhost:{self.port}"

    def expire(self, app_id: str) -> None:
        """From now on the tokens that were given out are no good."""
        with self._lock:
            self.apps[app_id].tokens.clear()

    def _answer(self, call: Call) -> Any:
        trouble = self.trouble(call) if self.trouble else None
        if trouble is not None:
            return trouble
        if call.path == "/cgi-bin/stable_token":
            return self._token(call.json)
        app = next((app for app in self.apps.values() if app.tokens[-1:] == [call.query.get("access_token")]), None)
        if app is None:
            return {"errcode": 40001, "errmsg": "invalid credential, access_token is invalid or not latest"}
        return getattr(self, "_" + call.path.rsplit("/", 2)[-2] + "_" + call.path.rsplit("/", 1)[-1])(call)

    def _token(self, asked: dict) -> dict:
        with self._lock:
            app = self.apps.get(asked["appid"])
            if app is None:
                return {"errcode": 40013, "errmsg": "invalid appid"}
            if asked["secret"] != app.secret or asked["grant_type"] != "client_credential":
                return {"errcode": 40125, "errmsg": "invalid appsecret"}
            app.asked += 1
            if not app.tokens or asked["force_refresh"]:
                app.tokens.append(f"at-{alnum(120)}")
            return {"access_token": app.tokens[-1], "expires_in": 7200}

    def _custom_send(self, call: Call) -> dict:
        told = call.json
        openid, kind = told["touser"], told["msgtype"]
        if openid in self.refuses:
            return {"errcode": self.refuses[openid], "errmsg": "refused"}
        if kind == "text" and len(told["text"]["content"].encode()) > 2048:
            return {"errcode": 45002, "errmsg": "content size out of limit"}
        sent = Sent(kind, told[kind].get("content", ""), self.uploads.get(told[kind].get("media_id"), b""))
        with self._lock:
            self.phones.setdefault(openid, []).append(sent)
        return {"errcode": 0, "errmsg": "ok"}

    def _media_upload(self, call: Call) -> dict:
        border = re.search(r"boundary=(\S+)", call.headers["Content-Type"])[1].encode()
        head, _, data = call.body.split(b"--" + border)[1].partition(b"\r\n\r\n")
        if b'name="media"; filename="' not in head or not data.endswith(b"\r\n"):
            return {"errcode": 41005, "errmsg": "media data missing"}
        media_id = f"media-{alnum(20)}"
        self.uploads[media_id] = data[:-2]
        return {"type": call.query["type"], "media_id": media_id, "created_at": int(time.time())}

    def _media_get(self, call: Call) -> Reply | dict:
        return self.media.get(call.query["media_id"], {"errcode": 40007, "errmsg": "invalid media_id"})

    def _user_info(self, call: Call) -> dict:
        openid = call.query["openid"]
        told = {"subscribe": 1, "openid": openid, "language": "zh_CN"}
        return told | ({"unionid": self.unions[openid]} if openid in self.unions else {})


class WechatApp:
    """An official account that is set up here and there, and the calls that WeChat makes for it."""

    def __init__(self, company: Company, wechat: FakeWeChat, *, kind: str = "official", mode: str = "safe", **channel):
        self.company, self.wechat, self.mode = company, wechat, mode
        self.app_id, self.secret = f"wx{secrets.token_hex(8)}", secrets.token_hex(16)
        self.token, self.aes_key = alnum(20), alnum(42) + "A"
        wechat.apps[self.app_id] = App(self.secret)
        self.channel = company.admin.post(
            "/channels", {"code": unique("wx"), "name": unique("公众号"), "kind": "wechat", **channel}
        )
        self.code = self.channel["code"]
        self.account = company.admin.post("/wechat-accounts", self.body(kind=kind))

    def body(self, **more) -> dict:
        return {
            "channelId": self.channel["id"],
            "kind": "official",
            "appId": self.app_id,
            "appSecret": self.secret,
            "token": self.token,
            "aesKey": None if self.mode == "plain" else self.aes_key,
            "mode": self.mode,
            "apiUrl": self.wechat.url,
            **more,
        }

    def person(self, union_id: str = "") -> "WechatPerson":
        person = WechatPerson(self, f"o{alnum(27)}")
        if union_id:
            self.wechat.unions[person.openid] = union_id
        return person

    # --- WeChat's calls -------------------------------------------------------------------------------------------

    def signed(self, *more: str, timestamp: int | None = None, nonce: str = "") -> dict[str, str]:
        """What stands in the address of a call; `more` is what else is signed, the encrypted message."""
        stamp, nonce = str(timestamp or int(time.time())), nonce or alnum(10)
        query = {"signature": self._sign(stamp, nonce), "timestamp": stamp, "nonce": nonce}
        if more:
            query |= {"encrypt_type": "aes", "msg_signature": self._sign(stamp, nonce, *more)}
        return query

    def call(self, told: dict, *, query: dict | None = None, app_id: str = "", **options) -> requests.Response:
        """Hand a message over as WeChat does in the account's mode."""
        plain = self.xml(told)
        if self.mode == "plain":
            return self.post(plain, query or self.signed(**options))
        encrypted = self.encrypted(plain, app_id or self.app_id)
        body = f"<Encrypt><![CDATA[{encrypted}]]></Encrypt>"
        inner = plain.removeprefix("<xml>").removesuffix("</xml>") if self.mode == "compatible" else ""
        return self.post(f"<xml>{inner}{body}</xml>", query or self.signed(encrypted, **options))

    def post(self, body: str | bytes, query: dict) -> requests.Response:
        data = body.encode() if isinstance(body, str) else body
        headers = {"Content-Type": "text/xml"} | ({"Host": self._host} if self._host else {})
        return requests.post(self.address, params=query, data=data, headers=headers, timeout=30)

    @property
    def address(self) -> str:
        return f"{self.company.base_url}/wechat/{self.code}"

    @property
    def _host(self) -> str:
        return self.company.anonymous.http.headers.get("Host", "")

    @staticmethod
    def xml(told: dict) -> str:
        fields = (
            f"<{name}>{value}</{name}>" if isinstance(value, int) else f"<{name}>{escape(str(value))}</{name}>"
            for name, value in told.items()
        )
        return f"<xml>{''.join(fields)}</xml>"

    def encrypted(self, text: str, app_id: str) -> str:
        key, data = base64.b64decode(f"{self.aes_key}="), text.encode()
        plain = os.urandom(16) + struct.pack(">I", len(data)) + data + app_id.encode()
        short = 32 - len(plain) % 32
        writer = Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
        return base64.b64encode(writer.update(plain + bytes([short]) * short) + writer.finalize()).decode()

    def _sign(self, *parts: str) -> str:
        return hashlib.sha1("".join(sorted([self.token, *parts])).encode()).hexdigest()


class WechatPerson:
    """Somebody with the WeChat app who writes to the account."""

    def __init__(self, app: WechatApp, openid: str):
        self.app, self.openid = app, openid

    def message(self, kind: str, **fields) -> dict:
        told = {"ToUserName": "gh_account", "FromUserName": self.openid, "CreateTime": int(time.time())}
        number = {} if kind == "event" else {"MsgId": next(_numbers)}
        return {**told, "MsgType": kind, **fields, **number}

    def sends(self, kind: str, **fields) -> dict:
        """Hand it over, which is acknowledged at once; what was handed over."""
        told = self.message(kind, **fields)
        answer = self.app.call(told)
        assert (answer.status_code, answer.text) == (200, "success"), answer.text
        return told

    def writes(self, text: str) -> dict:
        return self.sends("text", Content=text)

    @property
    def got(self) -> list[Sent]:
        """What has arrived at his phone."""
        return list(self.app.wechat.phones.get(self.openid, ()))

    @property
    def texts(self) -> list[str]:
        return [sent.text for sent in self.got]

    def wait_for(self, text: str, timeout: float = 15) -> str:
        """The first text with these words in it."""
        return eventually(lambda: next((got for got in self.texts if text in got), None), timeout)

    def conversation(self) -> dict:
        """His newest conversation, once there is one; for an account to which nobody else writes."""

        def look() -> list[dict]:
            return self.app.company.admin.get("/sessions", channel=self.app.code, sort="-id", size=1)["list"]

        return eventually(look)[0]

    @property
    def path(self) -> str:
        return f"/sessions/{self.conversation()['id']}"

    def said(self) -> list[dict]:
        """What has been said in his conversation, as staff see it."""
        return self.app.company.admin.messages(self.path)["list"]

    def wait_until_said(self, text: str) -> dict:
        """The message with these words, once it has been taken in."""
        return eventually(lambda: next((row for row in self.said() if text in row["content"]), None))
