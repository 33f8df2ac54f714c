"""Password hashes: bcrypt over SHA-256 (so any length works), off the event loop; old MD5 is accepted once (ID-15)."""

import base64
import hashlib
import hmac
import re
import secrets

import bcrypt

from app.errors import Invalid, Reason
from app.offload import offload

MD5_PREFIX = "md5$"
#: stored for an account without password: nothing a person types is right
NO_PASSWORD = "!"
#: a password made by `random_password` cannot be guessed at any speed: its hash need not be slow
ROUNDS_OF_RANDOM = 4
_rounds = 12
_min_length = 8
_dummy = ""

_COMMON = frozenset(
    {
        "password",
        "12345678",
        "123456789",
        "1234567890",
        "qwertyui",
        "11111111",
        "88888888",
        "admin123",
        "password1",
        "customer123",
        "abcd1234",
        "iloveyou",
        "smartsupport",
    }
)


def configure(rounds: int, min_length: int) -> None:
    """Called once by the factory. Also makes the hash that unknown accounts are compared with."""
    global _rounds, _min_length, _dummy
    _rounds, _min_length = rounds, min_length
    _dummy = bcrypt.hashpw(_digest(secrets.token_hex(8)), bcrypt.gensalt(rounds)).decode()


def hash_password(password: str) -> str:
    """The text to store. Takes some 200 ms of a native thread: call it before, not inside, an operation."""
    return offload(bcrypt_hash, password)


def bcrypt_hash(password: str, rounds: int | None = None) -> str:
    """The same in the calling thread, for whoever is in a native one already."""
    return bcrypt.hashpw(_digest(password), bcrypt.gensalt(rounds or _rounds)).decode()


def verify_password(stored: str | None, password: str) -> bool:
    """Whether `password` is the one. An account without hash costs the same time as one with."""
    if stored and stored.startswith(MD5_PREFIX):
        offload(bcrypt.checkpw, _digest(password), _dummy.encode())
        return hmac.compare_digest(stored[len(MD5_PREFIX) :], hashlib.md5(password.encode()).hexdigest())
    usable = stored if stored and stored.startswith("$2") else _dummy
    return offload(_matches, _digest(password), usable) and usable is stored


def _matches(digest: bytes, stored: str) -> bool:
    if int(stored[4:6]) < _rounds:
        bcrypt.checkpw(digest, _dummy.encode())  # a cheaper hash must not be told from no account by the clock
    return bcrypt.checkpw(digest, stored.encode())


def is_legacy(stored: str | None) -> bool:
    return bool(stored) and stored.startswith(MD5_PREFIX)


def check_strength(password: str, *, username: str = "") -> None:
    """Raises Invalid with the reason when a new password is too weak."""
    if len(password) < _min_length:
        raise Invalid(
            "The password is too short",
            fields={"password": Reason("at least %(number)s characters", number=_min_length)},
        )
    if len(password) > 1024:
        raise Invalid("The password is too long", fields={"password": "at most 1024 characters"})
    kinds = sum(bool(re.search(pattern, password)) for pattern in (r"[a-z]", r"[A-Z]", r"\d", r"[^A-Za-z0-9]"))
    if kinds < 2 or password.lower() in _COMMON or (username and password.lower() == username.lower()):
        raise Invalid(
            "The password is too easy to guess: mix letters, digits or signs", fields={"password": "too easy to guess"}
        )


def random_password() -> str:
    """A password to be printed once: 16 characters without look-alikes, of several kinds."""
    alphabet = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
    while True:
        password = "".join(secrets.choice(alphabet) for _ in range(16))
        if re.search(r"\d", password) and re.search(r"[a-z]", password) and re.search(r"[A-Z]", password):
            return password


def _digest(password: str) -> bytes:
    return base64.b64encode(hashlib.sha256(password.encode()).digest())
