"""What WeChat's server sends: who signed it, what it says. Bytes in, a plain value out; no table, no clock of its own.

Described at https://developers.weixin.qq.com/doc/offiaccount/Basic_Information/Access_Overview.html: the signature is
a SHA-1 over the account's token, a time and a nonce; in safe mode the message is AES-256-CBC under EncodingAESKey,
with the account's app id behind it, and has a signature of its own.
"""

import base64
import binascii
import hashlib
import hmac
import json
import re
from dataclasses import dataclass
from xml.etree.ElementTree import ParseError

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from app.errors import Invalid, NotAllowed
from models.wechat import MessageMode

#: a message of WeChat has some hundred bytes, an encrypted one twice that
MOST_BYTES = 65_536
#: how far WeChat's clock and ours may be apart, in seconds, and how old a call may be
WINDOW = 300
#: random bytes before the text, and the bytes that say how long the text is
_RANDOM, _LENGTH = 16, 4
#: PKCS#7 to this many bytes, not to AES's 16
_BLOCK = 32
_AES_KEY = re.compile(r"[A-Za-z0-9]{43}")
_OPENID = re.compile(r"[A-Za-z0-9_-]{6,128}")


@dataclass(frozen=True)
class Keys:
    """What an account and WeChat have agreed upon."""

    app_id: str
    token: str
    aes_key: str | None
    mode: MessageMode


@dataclass(frozen=True)
class Signed:
    """What stands in the address of a call."""

    signature: str
    timestamp: str
    nonce: str
    msg_signature: str = ""

    @property
    def digest(self) -> str:
        """The call by which a repeated one is known."""
        return hashlib.sha256(f"wechat:{self.timestamp}:{self.nonce}".encode()).hexdigest()


def aes_key_of(text: str) -> bytes | None:
    """The 32 bytes behind the 43 characters of an EncodingAESKey; None for anything else."""
    if not _AES_KEY.fullmatch(text):
        return None
    try:
        return base64.b64decode(f"{text}=")
    except binascii.Error:
        return None


def sign(*parts: str) -> str:
    """WeChat's signature over these parts, in whatever order they are given."""
    return hashlib.sha1("".join(sorted(parts)).encode()).hexdigest()


def check(keys: Keys, call: Signed, now: float) -> None:
    """That WeChat made this call, and made it just now. Raises NotAllowed."""
    if not _same(call.signature, sign(keys.token, call.timestamp, call.nonce)):
        raise NotAllowed("The signature is not right")
    if not re.fullmatch(r"\d{1,12}", call.timestamp) or abs(now - int(call.timestamp)) > WINDOW:
        raise NotAllowed("This call is too old")


def read(keys: Keys, call: Signed, body: bytes) -> dict[str, str]:
    """The fields of the message in a call that was checked. Raises Invalid, NotAllowed for one of another account."""
    fields = _fields(body)
    if keys.mode is MessageMode.plain:
        return _told(fields)
    encrypted = fields.get("Encrypt", "")
    if not encrypted or keys.aes_key is None:
        # compatible mode sends both; what is signed is the encrypted part, so nothing else is believed
        raise NotAllowed("The message is not encrypted")
    if not _same(call.msg_signature, sign(keys.token, call.timestamp, call.nonce, encrypted)):
        raise NotAllowed("The signature is not right")
    return _told(_fields(_decrypted(keys, encrypted)))


def key_of(told: dict[str, str]) -> str:
    """By what WeChat's repetitions are known: the message's number, else person, moment and event."""
    if told.get("MsgId"):
        return f"{told['MsgId']}"[:40]
    rest = "|".join(told.get(name, "") for name in ("FromUserName", "CreateTime", "Event", "EventKey"))
    return f"e{hashlib.sha256(rest.encode()).hexdigest()[:39]}"


def _told(fields: dict[str, str]) -> dict[str, str]:
    if not _OPENID.fullmatch(fields.get("FromUserName", "")) or not fields.get("MsgType"):
        raise Invalid("The message cannot be read")
    return fields


def _decrypted(keys: Keys, encrypted: str) -> bytes:
    key = aes_key_of(keys.aes_key or "")
    try:
        data = base64.b64decode(encrypted, validate=True)
    except (binascii.Error, ValueError):
        raise Invalid("The message cannot be read") from None
    if key is None or not data or len(data) % 16:
        raise Invalid("The message cannot be read")
    reader = Cipher(algorithms.AES(key), modes.CBC(key[:16])).decryptor()
    padded = reader.update(data) + reader.finalize()
    plain = padded[: -padded[-1]] if 1 <= padded[-1] <= _BLOCK else b""
    size = int.from_bytes(plain[_RANDOM : _RANDOM + _LENGTH], "big")
    start = _RANDOM + _LENGTH
    text, app_id = plain[start : start + size], plain[start + size :]
    if not _same(app_id.decode(errors="replace"), keys.app_id):
        raise NotAllowed("The message is for another account")
    return text


def _fields(body: bytes) -> dict[str, str]:
    """One level of texts, from XML or, where a mini program was set up so, from JSON."""
    try:
        if body.lstrip()[:1] == b"{":
            found = json.loads(body).items()
        else:
            found = ((child.tag, child.text or "") for child in fromstring(body, forbid_dtd=True))
        return {name: str(value) for name, value in found if isinstance(value, str | int | float)}
    except (ParseError, DefusedXmlException, ValueError, RecursionError, AttributeError):
        raise Invalid("The message cannot be read") from None


def _same(given: str, right: str) -> bool:
    return hmac.compare_digest(given.encode(), right.encode())
