"""Systems of others, played in the test process: a small HTTP server (WeChat, an OA, an SMS gateway), a mail server.

with StandIn() as oa:
    oa.answers["/users"] = [{"id": "7", ...}]
    ...
    assert oa.calls[0].headers["Authorization"] == "Bearer key"

with MailServer() as mail:
    ...
    assert mail.wait_for_letter("li@example.org").subject == "…"
"""

import json
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP as Protocol
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword, Session

from tests.servers import HOST, free_port


@dataclass(frozen=True)
class Call:
    """One request that arrived."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Reply:
    """What to answer where JSON and 200 will not do; `write` may take over the connection."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    write: Callable[[Any], None] | None = None


class StandIn:
    """The server. `answers` holds by path a JSON value, a Reply, or a function of the Call that returns one of them."""

    def __init__(self, tls: ssl.SSLContext | None = None):
        self.answers: dict[str, Any] = {}
        self.calls: list[Call] = []
        self._news = threading.Condition()
        self._server = ThreadingHTTPServer((HOST, 0), self._handler())
        self._server.daemon_threads = True
        if tls:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self._scheme = "https" if tls else "http"

    @property
    def port(self) -> int:
        return self._server.server_address[1]

    @property
    def url(self) -> str:
        return f"{self._scheme}://{HOST}:{self.port}"

    def wait_for_calls(self, count: int, timeout: float = 10) -> list[Call]:
        """The calls, once there are this many. Fails after `timeout`."""
        with self._news:
            assert self._news.wait_for(lambda: len(self.calls) >= count, timeout), (
                f"{len(self.calls)} calls instead of {count}"
            )
            return list(self.calls)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        stand_in = self

        class Handler(BaseHTTPRequestHandler):
            def _serve(self) -> None:
                parts = urlsplit(self.path)
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                call = Call(
                    self.command,
                    parts.path,
                    {key: values[0] for key, values in parse_qs(parts.query).items()},
                    dict(self.headers),
                    body,
                )
                with stand_in._news:
                    stand_in.calls.append(call)
                    stand_in._news.notify_all()
                answer = stand_in.answers.get(parts.path, Reply(status=404))
                answer = answer(call) if callable(answer) else answer
                if not isinstance(answer, Reply):
                    answer = Reply(json.dumps(answer).encode(), headers={"Content-Type": "application/json"})
                if answer.write is not None:
                    answer.write(self)
                    return
                self.send_response(answer.status)
                for name, value in {"Content-Length": str(len(answer.body)), **answer.headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(answer.body)

            do_GET = do_POST = _serve

            def log_message(self, *_: object) -> None:
                """Quiet."""

        return Handler

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *problem: object) -> None:
        self._server.shutdown()
        self._server.server_close()


@dataclass(frozen=True)
class Received:
    """One letter that arrived: from whom and to whom the envelope said, and what was in it."""

    sender: str
    to: str
    message: EmailMessage
    #: whether it came over an encrypted connection
    encrypted: bool

    @property
    def subject(self) -> str:
        return self.message["Subject"]

    @property
    def text(self) -> str:
        return self.message.get_content()


class MailServer:
    """A real SMTP server that keeps what it is given.

    `tls` with security "starttls" or "tls" encrypts; with an `account` (name, password) nobody else may send; `refuse`
    is a reply with which every letter is turned away. `port`: where it listens, for one that comes back.
    """

    def __init__(
        self,
        tls: ssl.SSLContext | None = None,
        security: str = "none",
        account: tuple[str, str] | None = None,
        refuse: str = "",
        port: int = 0,
    ):
        self.letters: list[Received] = []
        self._account, self._refuse = account, refuse
        self._news = threading.Condition()
        self.port = port or free_port()
        self._controller = Controller(
            self,
            hostname=HOST,
            port=self.port,
            ssl_context=tls if security == "tls" else None,
            tls_context=tls if security == "starttls" else None,
            require_starttls=security == "starttls",
            authenticator=self._authenticate if account else None,
            auth_required=account is not None,
            auth_require_tls=security == "starttls",
        )

    def wait_for_letter(self, to: str, count: int = 1, timeout: float = 10) -> Received:
        """The newest letter to this address, once there are this many. Fails after `timeout`."""
        with self._news:
            assert self._news.wait_for(lambda: len(self._sent_to(to)) >= count, timeout), (
                f"{len(self._sent_to(to))} letters to {to} instead of {count}"
            )
            return self._sent_to(to)[-1]

    async def handle_DATA(self, server: Protocol, session: Session, envelope: Envelope) -> str:
        """What aiosmtpd calls for each letter."""
        if self._refuse:
            return self._refuse
        message = message_from_bytes(envelope.content, policy=SMTP)
        encrypted = session.ssl is not None or self._controller.ssl_context is not None
        with self._news:
            for to in envelope.rcpt_tos:
                self.letters.append(Received(envelope.mail_from, to, message, encrypted))
            self._news.notify_all()
        return "250 OK"

    def _authenticate(self, server: Protocol, session: Session, envelope: Envelope, mechanism: str, data) -> AuthResult:
        name, password = self._account
        right = isinstance(data, LoginPassword) and data == LoginPassword(name.encode(), password.encode())
        return AuthResult(success=right, handled=False)  # "not handled": aiosmtpd answers

    def _sent_to(self, to: str) -> list[Received]:
        return [letter for letter in self.letters if letter.to == to]

    def __enter__(self) -> Self:
        self._controller.start()
        return self

    def __exit__(self, *problem: object) -> None:
        self._controller.stop()
