"""REST calls of one person from an event loop: each on a connection of its own, in a thread of its own."""

import asyncio
import contextlib
import http.client
import json
import secrets
from dataclasses import dataclass, field

from tests.servers import HOST

API = "/api/v1"
#: a browser waits this long for an answer
PATIENCE = 30.0


class Refusal(Exception):
    """The server said no; `kind` is its word for it."""

    def __init__(self, status: int, kind: str):
        super().__init__(f"{status} {kind}")
        self.status, self.kind = status, kind


class Unanswered(Exception):
    """No answer came: nobody knows whether the server heard."""


@dataclass
class Rest:
    """The REST face as one person sees it. `seen` collects every answer's text, for whoever looks for leaks."""

    port: int
    key: str
    seen: list[str] = field(default_factory=list)
    _token: str = ""

    async def get(self, path: str) -> dict:
        return await asyncio.to_thread(self._call, "GET", path, None, {})

    async def post(self, path: str, body: dict) -> dict:
        await self._know_token()
        return await self._send("POST", path, json.dumps(body).encode(), "application/json")

    async def put(self, path: str, body: dict) -> dict:
        await self._know_token()
        return await self._send("PUT", path, json.dumps(body).encode(), "application/json")

    async def upload(self, name: str, content: bytes) -> dict:
        """Send a file as the form of a page does."""
        await self._know_token()
        border = secrets.token_hex(16)
        body = (
            f'--{border}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
            "Content-Type: text/plain\r\n\r\n"
        ).encode() + content
        body += f"\r\n--{border}--\r\n".encode()
        return await self._send("POST", "/files", body, f"multipart/form-data; boundary={border}")

    async def _send(self, method: str, path: str, body: bytes, content_type: str) -> dict:
        headers = {"Content-Type": content_type, "X-CSRF-Token": self._token}
        return await asyncio.to_thread(self._call, method, path, body, headers)

    async def _know_token(self) -> None:
        if not self._token:
            self._token = (await self.get("/session"))["csrfToken"]

    def _call(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> dict:
        connection = http.client.HTTPConnection(HOST, self.port, timeout=PATIENCE)
        try:
            with contextlib.closing(connection):
                connection.request(method, API + path, body, {"Cookie": f"smartsupport={self.key}", **headers})
                response = connection.getresponse()
                status, text = response.status, response.read().decode()
            answer = json.loads(text)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise Unanswered(type(error).__name__) from error
        self.seen.append(text)
        if status != 200:
            raise Refusal(status, answer["data"]["error"])
        return answer["data"]
