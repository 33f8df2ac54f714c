"""Systems of others (WeChat, an OA, an SMS gateway), played by a small HTTP server in the test process.

with StandIn() as oa:
    oa.answers["/users"] = [{"id": "7", ...}]
    ...
    assert oa.calls[0].headers["Authorization"] == "Bearer key"
"""

import json
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

HOST = "127.0.0.1"


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
