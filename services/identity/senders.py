"""How a verification code reaches a person. One class per way; SMTP will be one more."""

import json
import logging
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from app.errors import DomainError
from models.types import utcnow
from services import safe_http

logger = logging.getLogger(__name__)


class Sender(Protocol):
    """Something that can bring a code to a phone or mailbox."""

    def send(self, target: str, code: str) -> None:
        """Raises a DomainError or OSError when it could not be handed over."""


class FileSender:
    """A stand-in for development: codes are written into a file of the data folder that only its owner may read."""

    def __init__(self, path: Path, kind: str):
        self._path, self._kind = path, kind

    def send(self, target: str, code: str) -> None:
        now = f"{utcnow().isoformat(timespec='seconds')}Z"
        line = json.dumps({"time": now, self._kind: target, "code": code}) + "\n"
        handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(handle, line.encode())
        finally:
            os.close(handle)


class HttpSmsSender:
    """An SMS gateway with a JSON interface: POST {phone, code}."""

    def __init__(self, url: str):
        self._url = url

    def send(self, target: str, code: str) -> None:
        answer = safe_http.client.post(self._url, json={"phone": target, "code": code})
        if not answer.ok:
            raise safe_http.CallFailed("The SMS service refused the message", reason=f"status {answer.status}")


@dataclass(frozen=True)
class Delivery:
    """A code on its way. It exists in memory only: what is stored is a hash."""

    target: str
    code: str = field(repr=False)

    def send(self) -> None:
        """Hand it over; meant for the background. A failure is logged without target and code: people ask again."""
        try:
            senders.of(self.target).send(self.target, self.code)
        except (DomainError, OSError) as error:
            reason = getattr(error, "data", {}).get("reason", "")
            logger.warning("a verification code could not be sent: %s %s", type(error).__name__, reason)


class Senders:
    """Which sender serves which kind of target."""

    def __init__(self):
        self.sms: Sender = FileSender(Path("data/sms.log"), "phone")
        self.mail: Sender = FileSender(Path("data/mail.log"), "email")

    def configure(self, kind: str, url: str, folder: Path) -> None:
        """Called once by the factory with SMS_SENDER, SMS_HTTP_URL and the data folder."""
        self.sms = HttpSmsSender(url) if kind == "http" else FileSender(folder / "sms.log", "phone")
        self.mail = FileSender(folder / "mail.log", "email")

    def of(self, target: str) -> Sender:
        return self.mail if "@" in target else self.sms


senders = Senders()
