"""Column types: ids, times, states, secrets."""

import base64
import datetime as dt
import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from decimal import Decimal
from enum import StrEnum

from cryptography.fernet import Fernet, InvalidToken
from sqlalchemy import (
    JSON,
    BigInteger,
    ColumnElement,
    DateTime,
    Integer,
    SmallInteger,
    String,
    false,
    or_,
    type_coerce,
)
from sqlalchemy.dialects import mysql
from sqlalchemy.types import TypeDecorator

#: BIGINT everywhere (B §6.3.2); SQLite only auto-increments INTEGER
BigId = BigInteger().with_variant(Integer, "sqlite")
TinyInt = SmallInteger().with_variant(mysql.TINYINT(), "mysql", "mariadb")
#: naive UTC; microseconds so that order within a second survives on MariaDB too
Moment = DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
Json = JSON(none_as_null=True)
#: identities and secrets compare byte by byte: no "a" = "Á", no trailing-space equality
Exact = String(191).with_variant(mysql.VARCHAR(191, collation="utf8mb4_bin"), "mysql", "mariadb")


_set_back: ContextVar[dt.timedelta] = ContextVar("set_back", default=dt.timedelta())


def utcnow() -> dt.datetime:
    """Now, in UTC, without zone: the form in which times are stored."""
    return dt.datetime.now(dt.UTC).replace(tzinfo=None) - _set_back.get()


def in_utc(moment: dt.datetime) -> dt.datetime:
    """A moment somebody gave, as times are stored: in UTC, without zone."""
    return moment if moment.tzinfo is None else moment.astimezone(dt.UTC).replace(tzinfo=None)


@contextmanager
def as_of(moment: dt.datetime) -> Iterator[None]:
    """Inside, it is `moment` and time goes on from there: demonstration data has a past. In this context only."""
    token = _set_back.set(dt.datetime.now(dt.UTC).replace(tzinfo=None) - moment)
    try:
        yield
    finally:
        _set_back.reset(token)


class Code(TypeDecorator):
    """A StrEnum stored as TINYINT (B §6.3.3): the first member is 1. New members go to the end."""

    impl = SmallInteger
    cache_ok = True

    def __init__(self, enum: type[StrEnum]):
        super().__init__()
        self.enum = enum
        self._to_code = {member: number for number, member in enumerate(enum, start=1)}
        self._to_member = {number: member for member, number in self._to_code.items()}

    def load_dialect_impl(self, dialect):
        return dialect.type_descriptor(mysql.TINYINT() if dialect.name in ("mysql", "mariadb") else SmallInteger())

    def process_bind_param(self, value, dialect):
        return None if value is None else self._to_code[self.enum(value)]

    def process_result_value(self, value, dialect):
        return None if value is None else self._to_member[value]


class Flag(TypeDecorator):
    """Yes or no as TINYINT (B §6.3.2), in Python a bool."""

    impl = SmallInteger
    cache_ok = True

    @property
    def python_type(self):
        return bool

    def load_dialect_impl(self, dialect):
        return dialect.type_descriptor(mysql.TINYINT() if dialect.name in ("mysql", "mariadb") else SmallInteger())

    def process_bind_param(self, value, dialect):
        return None if value is None else int(bool(value))

    def process_result_value(self, value, dialect):
        return None if value is None else bool(value)


class FixedPoint(TypeDecorator):
    """A decimal number with four places, kept as a whole number of ten-thousandths: exact, and in order, everywhere."""

    impl = BigInteger
    cache_ok = True
    PLACES = 4

    @property
    def python_type(self) -> type:
        return Decimal

    def process_bind_param(self, value, dialect):
        return None if value is None else int(Decimal(value).scaleb(self.PLACES))

    def process_result_value(self, value, dialect):
        return None if value is None else Decimal(value).scaleb(-self.PLACES)


Fixed = FixedPoint()


class Numbers(TypeDecorator):
    """A few numbers in one column (",3,17,"), of which SQL can ask for one on every database; in Python a list."""

    impl = String
    cache_ok = True

    @property
    def python_type(self) -> type:
        return list

    def process_bind_param(self, value, dialect):
        return f",{','.join(str(int(number)) for number in value)}," if value else None

    def process_result_value(self, value, dialect):
        return [int(number) for number in value.strip(",").split(",")] if value else []

    @staticmethod
    def has_one(column, numbers: Iterable[int]) -> ColumnElement[bool]:
        """The condition that one of `numbers` is among the column's; of none it is not."""
        stored = type_coerce(column, String)
        return or_(false(), *(stored.like(f"%,{int(number)},%") for number in sorted(numbers)))


class Encrypted(TypeDecorator):
    """Text at rest only as ciphertext (TOTP secrets); the key derives from SECRET_KEY."""

    impl = String
    cache_ok = True
    _key: Fernet | None = None

    @property
    def python_type(self) -> type:
        return str

    @classmethod
    def use_key(cls, secret: str) -> None:
        cls._key = Fernet(base64.urlsafe_b64encode(hashlib.sha256(b"columns:" + secret.encode()).digest()))

    def process_bind_param(self, value, dialect):
        return None if value is None else self._key.encrypt(value.encode()).decode()

    def process_result_value(self, value, dialect):
        if value is None:
            return None
        try:
            return self._key.decrypt(value.encode()).decode()
        except InvalidToken:
            raise ValueError("a stored secret cannot be read: was SECRET_KEY changed?") from None
