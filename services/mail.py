"""E-mail: what a letter is, and how it leaves the house. Who writes what stands elsewhere.

    post.deliver(Letter(to="li@example.org", subject="…", text="…"))

Delivery takes as long as the mail server takes: call it in the background or in a job.
"""

import smtplib
from dataclasses import dataclass, field
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, localtime, make_msgid, parseaddr
from pathlib import Path
from typing import Protocol

from app.errors import Unavailable
from services import stand_in
from services.safe_http import tls_context

#: each wait for the mail server ends after this long
SECONDS = 10.0


class NotDelivered(Unavailable):
    """The mail server did not take the letter. The text holds nothing of it."""


@dataclass(frozen=True)
class Letter:
    """A message to one person, in plain text."""

    to: str
    subject: str
    text: str = field(repr=False)
    #: the same for the same letter, however often it is tried: readers' programs know it by that; empty: a new one
    id: str = ""
    #: the same for all letters about one thing, which readers' programs then show together
    about: str = ""


class Outlet(Protocol):
    """A way out of the house."""

    def deliver(self, letter: Letter) -> None:
        """Raises NotDelivered, or OSError where a file could not be written."""


class FileOutlet:
    """A stand-in for development: letters are written into a file."""

    def __init__(self, path: Path):
        self._path = path

    def deliver(self, letter: Letter) -> None:
        stand_in.note(self._path, to=letter.to, subject=letter.subject, text=letter.text)


@dataclass(frozen=True)
class SmtpServer:
    """Whom we hand letters to, and as whom."""

    host: str
    port: int
    #: none, starttls, or tls from the first byte
    security: str
    #: "Name <name@host>" or the bare address
    sender: str
    username: str = ""
    password: str = field(default="", repr=False)


class SmtpOutlet:
    """A mail server. With starttls and tls its certificate must be trusted and name it."""

    def __init__(self, server: SmtpServer):
        self._server = server
        name, self._address = parseaddr(server.sender)
        self._from = Address(name, addr_spec=self._address)
        self._domain = self._address.rpartition("@")[2]

    def deliver(self, letter: Letter) -> None:
        message = self._message(letter)
        try:
            with self._connected() as smtp:
                smtp.send_message(message, self._address, [letter.to])
        except OSError as error:  # smtplib's own and those of TLS are such too
            code = getattr(error, "smtp_code", "")
            raise NotDelivered(
                "The mail could not be sent just now", reason=f"{type(error).__name__} {code}".strip()
            ) from error

    def _message(self, letter: Letter) -> EmailMessage:
        message = EmailMessage(policy=SMTP)
        message["To"] = _address(letter.to)
        message["From"] = self._from
        message["Subject"] = " ".join(letter.subject.split())  # one line, whatever a name in it holds
        message["Date"] = format_datetime(localtime())
        message["Message-ID"] = f"<{letter.id}@{self._domain}>" if letter.id else make_msgid(domain=self._domain)
        if letter.about:
            message["In-Reply-To"] = message["References"] = f"<{letter.about}@{self._domain}>"
        message["Auto-Submitted"] = "auto-generated"  # keeps out-of-office replies away
        message.set_content(letter.text, cte="base64")
        return message

    def _connected(self) -> smtplib.SMTP:
        # greeting with our domain: the machine's own name would be looked up, which takes long where nobody knows it
        options = {"local_hostname": self._domain, "timeout": SECONDS}
        server = self._server
        if server.security == "tls":
            smtp = smtplib.SMTP_SSL(server.host, server.port, context=tls_context(), **options)
        else:
            smtp = smtplib.SMTP(server.host, server.port, **options)
        try:
            if server.security == "starttls":
                smtp.starttls(context=tls_context())
            if server.username:
                smtp.login(server.username, server.password)
        except OSError:
            smtp.close()
            raise
        return smtp


def _address(text: str) -> Address:
    """Read back as it was written: "a(b)@example.org" means the mailbox of another person, a@example.org."""
    try:
        address = Address(addr_spec=text)
    except (ValueError, IndexError, MessageError) as error:
        raise NotDelivered("This is not an e-mail address", reason="address") from error
    if address.addr_spec != text:
        raise NotDelivered("This is not an e-mail address", reason="address")
    return address


class Post:
    """The post office of this process: closed until the operator has named a way out."""

    def __init__(self, outlet: Outlet | None = None):
        self._outlet = outlet

    @property
    def is_open(self) -> bool:
        return self._outlet is not None

    def deliver(self, letter: Letter) -> None:
        """Raises Unavailable when the letter did not leave."""
        if self._outlet is None:
            raise Unavailable("E-mail is not set up here")
        self._outlet.deliver(letter)


post = Post()


def configure(kind: str, server: SmtpServer, folder: Path) -> None:
    """Called once by the factory: `kind` is none, log or smtp."""
    outlets = {"none": lambda: None, "log": lambda: FileOutlet(folder / "mail.log"), "smtp": lambda: SmtpOutlet(server)}
    post.__init__(outlets[kind]())
