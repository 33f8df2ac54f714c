"""How a verification code reaches a person: as a text message or as a letter. A way that nobody set up is closed."""

import logging
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from app.catalog import translated
from app.errors import DomainError, Unavailable
from services import mail, safe_http, stand_in

logger = logging.getLogger(__name__)

#: the sentences of a letter with a code, by what the code is for
_TEXTS = {
    "subject": "%(company)s: your verification code is %(code)s",
    "reset": "Somebody wants to choose a new password for the account %(username)s.",
    "verify": "Somebody wants to confirm that this mailbox belongs to the account %(username)s.",
    "code": "The verification code is %(code)s. It is good for %(minutes)s minutes.",
    "warning": "If that was not you, do nothing, and give the code to nobody: we never ask for it.",
}


@dataclass(frozen=True)
class Delivery:
    """A code on its way. It exists in memory only: what is stored is a hash."""

    target: str
    code: str = field(repr=False)
    purpose: str
    minutes: int
    #: language and user name of the account
    locale: str
    username: str
    company: str

    def send(self) -> None:
        """Hand it over; meant for the background. A failure is logged without target and code: people ask again."""
        try:
            senders.of(self.target).send(self)
        except (DomainError, OSError) as error:
            reason = getattr(error, "data", {}).get("reason", "")
            logger.warning("a verification code could not be sent: %s %s", type(error).__name__, reason)


class Sender(Protocol):
    """Something that can bring a code to a phone or mailbox."""

    def send(self, delivery: Delivery) -> None:
        """Raises a DomainError or OSError when it could not be handed over."""


class FileSmsSender:
    """A stand-in for development: codes are written into a file."""

    def __init__(self, path: Path):
        self._path = path

    def send(self, delivery: Delivery) -> None:
        stand_in.note(self._path, phone=delivery.target, code=delivery.code)


class HttpSmsSender:
    """An SMS gateway with a JSON interface: POST {phone, code}."""

    def __init__(self, url: str):
        self._url = url

    def send(self, delivery: Delivery) -> None:
        answer = safe_http.client.post(self._url, json={"phone": delivery.target, "code": delivery.code})
        if not answer.ok:
            raise safe_http.CallFailed("The SMS service refused the message", reason=f"status {answer.status}")


class MailSender:
    """A letter in the language of the account."""

    def send(self, delivery: Delivery) -> None:
        mail.post.deliver(letter(delivery))


def letter(delivery: Delivery) -> mail.Letter:
    """What the owner of a mailbox reads."""

    def say(key: str) -> str:
        return translated(
            _TEXTS[key],
            delivery.locale,
            company=delivery.company,
            username=delivery.username,
            code=delivery.code,
            minutes=delivery.minutes,
        )

    text = "\n\n".join([*map(say, (delivery.purpose, "code", "warning")), delivery.company])
    return mail.Letter(delivery.target, say("subject"), f"{text}\n")


class Senders:
    """Which sender serves which kind of target."""

    def __init__(self):
        self._sms: Sender | None = None
        self._mail: Sender = MailSender()

    def configure(self, kind: str, url: str, folder: Path) -> None:
        """Called once by the factory; `kind` is none, log or http."""
        ways = {
            "none": lambda: None,
            "log": lambda: FileSmsSender(folder / "sms.log"),
            "http": lambda: HttpSmsSender(url),
        }
        self._sms = ways[kind]()

    @property
    def reaches_phones(self) -> bool:
        return self._sms is not None

    @property
    def reaches_mailboxes(self) -> bool:
        return mail.post.is_open

    def of(self, target: str) -> Sender:
        """Raises Unavailable when nobody has set up the way to this kind of target."""
        if "@" in target:
            if not self.reaches_mailboxes:
                raise Unavailable("Verification codes by e-mail are not set up here")
            return self._mail
        if self._sms is None:
            raise Unavailable("Verification codes by text message are not set up here")
        return self._sms


senders = Senders()
