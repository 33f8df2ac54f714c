"""Every knob an operator can turn, each declared once.

A value comes from the environment variable of the same name, else from the default here; the type of
the default is the type of the setting. ``docs/configuration.md`` lists them, held by a test.
What an administrator changes in the browser is not here but in ``services/settings.py``.
"""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from email.errors import MessageError
from email.headerregistry import Address
from email.utils import parseaddr
from pathlib import Path

ROOT = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Setting:
    """One knob: its name, its default (which fixes its type) and a sentence of help."""

    name: str
    default: str | int | bool
    help: str
    secret: bool = False


SETTINGS = (
    Setting("ENVIRONMENT", "development", "production refuses to start with unsafe settings; development warns"),
    Setting("DATA_DIR", "data", "Folder of the SQLite database, uploaded files and generated keys"),
    Setting(
        "DATABASE_URL", "", "SQLAlchemy URL, e.g. mysql+pymysql://user:password@host/db; empty: SQLite in DATA_DIR"
    ),
    Setting("DATABASE_POOL_SIZE", 10, "Connections kept open per process (not for SQLite)"),
    Setting("REDIS_URL", "", "redis://… joins several processes (sockets, limits); empty: one process", secret=True),
    Setting(
        "CELERY_BROKER_URL",
        "",
        "Where jobs wait; empty: REDIS_URL if set, else jobs run inside the process",
        secret=True,
    ),
    Setting("SECRET_KEY", "", "Signs cookies and tokens; empty: made once and kept in DATA_DIR", secret=True),
    Setting(
        "ADMIN_PASSWORD", "", "Password of the first administrator; empty: a random one, printed once", secret=True
    ),
    Setting("PUBLIC_URL", "", "Address by which browsers reach the service, e.g. https://help.example.org"),
    Setting("TRUSTED_HOSTS", "", "Comma-separated host names answered to; empty: any"),
    Setting("PROXY_HOPS", 0, "How many reverse proxies stand in front and set X-Forwarded-*"),
    Setting("COOKIE_SECURE", False, "Send cookies over HTTPS only (set it as soon as HTTPS works)"),
    Setting("SOCKETIO_ASYNC_MODE", "eventlet", "eventlet, gevent or threading"),
    Setting("OFFLOAD_THREADS", 4, "Native threads for hashing, embedding and other CPU work"),
    Setting(
        "EMBEDDING_MODEL", "default", "default (bundled, offline), none, a sentence-transformers name or a local folder"
    ),
    Setting(
        "KB_INDEX_DIR", "kb_index", "Folder of index snapshots and of the rebuilt model; may be deleted at any time"
    ),
    Setting(
        "INDEX_ASIDE_FROM",
        5000,
        "Articles from which an index is built anew in a process of its own, beside the service",
    ),
    Setting("DEFAULT_LOCALE", "zh", "Language shown first: zh or en"),
    Setting("ACCESS_TOKEN_MINUTES", 120, "Life of an API access token"),
    Setting("REFRESH_TOKEN_DAYS", 7, "Life of an API refresh token"),
    Setting("BROWSER_SESSION_HOURS", 24, "A browser sign-in ends after this long without a request"),
    Setting("VISITOR_SESSION_DAYS", 30, "How long a portal visitor without account is recognised"),
    Setting("LOGIN_FAILURES", 5, "Wrong passwords after which an account is locked"),
    Setting("LOGIN_LOCK_MINUTES", 15, "How long an account stays locked"),
    Setting("LOGIN_RATE_PER_IP", "30 per minute", "Sign-in attempts from one address, on every door together"),
    Setting("CODE_RATE", "1 per minute, 5 per hour", "Verification codes sent to one phone or mailbox"),
    Setting("CODE_RATE_PER_IP", "20 per hour", "Verification codes asked for from one address"),
    Setting("VISITOR_RATE_PER_IP", "20 per minute", "New portal visitors from one address"),
    Setting("QUESTION_RATE", "30 per minute", "Questions to the knowledge base per person"),
    Setting("MESSAGE_RATE", "60 per minute", "Messages a customer may send"),
    Setting("UPLOAD_RATE", "30 per minute", "Files a customer may upload"),
    Setting("EVENT_RATE", "1200 per minute", "Socket events one person may send to a process"),
    Setting("REQUEST_RATE_PER_IP", "3000 per minute", "All API requests from one address"),
    Setting("BCRYPT_ROUNDS", 12, "Work factor of password hashes"),
    Setting("PASSWORD_MIN_LENGTH", 8, "Shortest password accepted"),
    Setting("MAX_BODY_BYTES", 1_048_576, "Largest request body, uploads apart"),
    Setting("UPLOAD_MAX_BYTES", 10_485_760, "Largest uploaded file"),
    Setting("IMPORT_MAX_BYTES", 52_428_800, "Largest file of articles to import"),
    Setting(
        "UPLOAD_TYPES",
        "jpg,jpeg,png,gif,webp,pdf,doc,docx,xls,xlsx,ppt,pptx,txt,csv,md,zip,rar,mp3,wav,ogg,m4a,amr,webm,mp4",
        "File name endings accepted; the content is checked too",
    ),
    Setting("MESSAGE_MAX_CHARS", 8000, "Longest text message"),
    Setting(
        "SMS_SENDER",
        "none",
        "How text messages go out: none, http, or log (a file in DATA_DIR; for development, in production as none)",
    ),
    Setting("SMS_HTTP_URL", "", "With SMS_SENDER=http: POST target, JSON body {phone, code}"),
    Setting(
        "MAIL_SENDER",
        "none",
        "How e-mail goes out: none, smtp, or log (a file in DATA_DIR; for development, in production as none)",
    ),
    Setting("MAIL_FROM", "", "Sender of all e-mail, e.g. Support <support@example.org>"),
    Setting("SMTP_HOST", "", "With MAIL_SENDER=smtp: the mail server"),
    Setting("SMTP_PORT", 587, "Its port; usually 587 with starttls, 465 with tls, 25 with none"),
    Setting("SMTP_SECURITY", "starttls", "starttls, tls (encrypted from the first byte) or none (not encrypted)"),
    Setting("SMTP_USERNAME", "", "Account at the mail server; empty: it wants none"),
    Setting("SMTP_PASSWORD", "", "Password of that account", secret=True),
    Setting("WECHAT_APP_ID", "", "WeChat open platform app id; empty switches WeChat sign-in off"),
    Setting("WECHAT_APP_SECRET", "", "WeChat open platform app secret", secret=True),
    Setting("WECHAT_API_URL", "https://api.weixin.qq.com", "WeChat endpoint (a test may name a stand-in)"),
    Setting("OA_API_URL", "", "Address of the OA system's user list; empty switches synchronisation off"),
    Setting("OA_API_KEY", "", "Bearer key for the OA system", secret=True),
    Setting("OUTBOUND_ALLOW", "", "Comma-separated internal hosts that outgoing calls may reach"),
    Setting("LOG_LEVEL", "INFO", "DEBUG, INFO, WARNING or ERROR"),
    Setting("FAIL_POINT", "", "For experiments with faults only: where the process dies, e.g. after_commit:0.01"),
)

#: keys that stand in documents or tutorials and therefore protect nothing
KNOWN_SECRETS = frozenset({"dev", "secret", "changeme", "change-me", "your-secret-key", "password", "smartsupport"})


class ConfigError(Exception):
    """The configuration cannot be used; the text says which setting and why."""


class Config:
    """The settings of one process, read once: ``config.REDIS_URL``, ``config.UPLOAD_MAX_BYTES``.

    Raises ConfigError when a value cannot be read as the type of its default.
    """

    def __init__(self, environment: Mapping[str, str] | None = None, **overrides):
        environment = os.environ if environment is None else environment
        unknown = overrides.keys() - {setting.name for setting in SETTINGS}
        if unknown:
            raise ConfigError(f"unknown settings: {', '.join(sorted(unknown))}")
        for setting in SETTINGS:
            raw = overrides.get(setting.name, environment.get(setting.name))
            setattr(self, setting.name, setting.default if raw is None else _read(setting, raw))

    @property
    def production(self) -> bool:
        return self.ENVIRONMENT == "production"

    @property
    def data_dir(self) -> Path:
        return (ROOT / self.DATA_DIR).resolve()

    @property
    def kb_index_dir(self) -> Path:
        return (ROOT / self.KB_INDEX_DIR).resolve()

    @property
    def database_url(self) -> str:
        return self.DATABASE_URL or f"sqlite:///{self.data_dir / 'smartsupport.db'}"

    @property
    def is_sqlite(self) -> bool:
        return self.database_url.startswith("sqlite")

    @property
    def broker_url(self) -> str:
        return self.CELERY_BROKER_URL or self.REDIS_URL

    @property
    def sms_sender(self) -> str:
        """SMS_SENDER as it counts: the stand-in for development sends nothing, so in production it opens no door."""
        return self._without_stand_in(self.SMS_SENDER)

    @property
    def mail_sender(self) -> str:
        """MAIL_SENDER as it counts, likewise."""
        return self._without_stand_in(self.MAIL_SENDER)

    def _without_stand_in(self, sender: str) -> str:
        return "none" if sender == "log" and self.production else sender

    def secret_key(self) -> str:
        """The key that signs cookies and tokens: as configured, else made once and kept in DATA_DIR."""
        if self.SECRET_KEY:
            return self.SECRET_KEY
        path = self.data_dir / "secret_key"
        try:
            return path.read_text().strip()
        except FileNotFoundError:
            pass
        self.data_dir.mkdir(parents=True, exist_ok=True)
        # O_EXCL: of two processes that start at once, one writes and the other reads what was written
        try:
            with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(secrets.token_urlsafe(48))
        except FileExistsError:
            pass
        return path.read_text().strip()

    def unsafe(self) -> list[str]:
        """What must be mended before production, one sentence each; empty when all is well."""
        found = []
        if not self.SECRET_KEY:
            found.append("SECRET_KEY is not set: set one of at least 32 random characters, the same on every machine")
        elif len(self.SECRET_KEY) < 32 or self.SECRET_KEY.lower() in KNOWN_SECRETS:
            found.append("SECRET_KEY is too short or well known: use at least 32 random characters")
        if self.ADMIN_PASSWORD and (len(self.ADMIN_PASSWORD) < 8 or self.ADMIN_PASSWORD.lower() in _WEAK_PASSWORDS):
            found.append("ADMIN_PASSWORD is too weak: use at least 8 characters that nobody guesses")
        if not self.COOKIE_SECURE:
            found.append("COOKIE_SECURE is off: cookies would travel over plain HTTP")
        if not self.TRUSTED_HOSTS:
            found.append("TRUSTED_HOSTS is not set: any Host header would be believed")
        if self.FAIL_POINT:
            found.append("FAIL_POINT is set: the process would die on purpose")
        if self.REDIS_URL and "@" not in self.REDIS_URL and not _is_loopback(self.REDIS_URL):
            found.append("REDIS_URL names another machine without a password")
        if self.SMTP_PASSWORD and self.SMTP_SECURITY == "none" and not _is_loopback(self.SMTP_HOST):
            found.append("SMTP_SECURITY is none: the password of the mail account would travel unencrypted")
        return found

    def check(self) -> None:
        """Refuse what cannot work, and in production what is unsafe. Raises ConfigError."""
        if self.ENVIRONMENT not in ("development", "production"):
            raise ConfigError("ENVIRONMENT must be development or production")
        if self.SOCKETIO_ASYNC_MODE not in ("eventlet", "gevent", "threading"):
            raise ConfigError("SOCKETIO_ASYNC_MODE must be eventlet, gevent or threading")
        if self.SMS_SENDER not in ("none", "log", "http") or (self.SMS_SENDER == "http" and not self.SMS_HTTP_URL):
            raise ConfigError("SMS_SENDER must be none, log, or http together with SMS_HTTP_URL")
        self._check_mail()
        if self.DEFAULT_LOCALE not in ("zh", "en"):
            raise ConfigError("DEFAULT_LOCALE must be zh or en")
        if self.CELERY_BROKER_URL and not self.REDIS_URL:
            raise ConfigError("CELERY_BROKER_URL needs REDIS_URL: workers reach the browsers' sockets through Redis")
        if self.production and (unsafe := self.unsafe()):
            raise ConfigError("refusing to start in production:\n  " + "\n  ".join(unsafe))

    def _check_mail(self) -> None:
        if self.MAIL_SENDER not in ("none", "log", "smtp"):
            raise ConfigError("MAIL_SENDER must be none, log or smtp")
        if self.SMTP_SECURITY not in ("starttls", "tls", "none"):
            raise ConfigError("SMTP_SECURITY must be starttls, tls or none")
        if self.MAIL_SENDER != "smtp":
            return
        if not self.SMTP_HOST or not _is_mailbox(self.MAIL_FROM):
            raise ConfigError("MAIL_SENDER=smtp needs SMTP_HOST and, as MAIL_FROM, an e-mail address")
        if not (self.SMTP_USERNAME + self.SMTP_PASSWORD).isascii():
            raise ConfigError("SMTP_USERNAME and SMTP_PASSWORD must be plain ASCII")


_WEAK_PASSWORDS = frozenset({"admin", "admin123", "123456", "12345678", "password", "admin1234", "customer123"})


def _read(setting: Setting, raw):
    if isinstance(raw, type(setting.default)):
        return raw
    text = str(raw).strip()
    if isinstance(setting.default, bool):
        if text.lower() in ("1", "true", "yes", "on"):
            return True
        if text.lower() in ("0", "false", "no", "off", ""):
            return False
        raise ConfigError(f"{setting.name} must be true or false, not {text!r}")
    if isinstance(setting.default, int):
        try:
            return int(text)
        except ValueError:
            raise ConfigError(f"{setting.name} must be a whole number, not {text!r}") from None
    return text


def _is_loopback(url: str) -> bool:
    host = url.split("://", 1)[-1].split("/", 1)[0].rsplit(":", 1)[0].strip("[]")
    return host in ("localhost", "127.0.0.1", "::1") or url.startswith("unix:")


def _is_mailbox(text: str) -> bool:
    """Whether this is "name@host" or "Name <name@host>"."""
    try:
        address = Address(addr_spec=parseaddr(text)[1])
    except (ValueError, IndexError, MessageError):  # the parser stumbles over some texts, an empty one too
        return False
    return bool(address.username and address.domain) and text.isprintable()
