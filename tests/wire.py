"""A socket as it is on the wire: what a client must not rely on a library to keep from us."""

import itertools
import json
import time
from typing import Any, Self

from websocket import WebSocketConnectionClosedException, WebSocketTimeoutException, create_connection

from tests.people import PATIENCE, Person

#: what Engine.IO asks and is answered to keep a connection
PING, PONG = "2", "3"


class Wire:
    """One websocket on which nothing is said but what the test says."""

    def __init__(self, person: Person, **auth: str):
        address = person.base_url.replace("http", "ws", 1) + "/ws/?EIO=4&transport=websocket"
        self._socket = create_connection(address, cookie=person.cookie, timeout=PATIENCE)
        self._numbers = itertools.count(1)
        #: all that came, in order, keeping alive apart
        self.heard: list[str] = []
        assert self.read().startswith("0{")

    def connect(self) -> str:
        """As every client begins; what the server says to it."""
        self.say("40")
        return self.wait_for(lambda text: text.startswith("4"))

    def say(self, text: str | bytes) -> None:
        (self._socket.send_binary if isinstance(text, bytes) else self._socket.send)(text)

    def ask(self, event: Any, *data: Any) -> dict:
        """The acknowledgement of an event."""
        return self.ask_raw(json.dumps([event, *data]))

    def ask_raw(self, event: str) -> dict:
        """The same for text that may be no event."""
        number = next(self._numbers)
        self.say(f"42{number}{event}")
        return self.acknowledgement(number)

    def acknowledgement(self, number: int) -> dict:
        answer = self.wait_for(lambda text: text.startswith(f"43{number}["))
        return json.loads(answer[answer.index("[") :])[0]

    def wait_for(self, fits, *, timeout: float = PATIENCE) -> str:
        """The next text that fits. Fails after `timeout`, or when the connection ends."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            self._socket.settimeout(max(0.01, deadline - time.monotonic()))
            try:
                if fits(text := self.read()):
                    return text
            except WebSocketTimeoutException:
                break
        raise AssertionError(f"nothing as expected within {timeout} s; heard: {self.heard[-20:]}")

    def read(self) -> str:
        while (text := self._socket.recv()) == PING:
            self.say(PONG)
        if text == "":
            raise WebSocketConnectionClosedException("closed")
        self.heard.append(text)
        return text

    def is_closed_within(self, seconds: float) -> bool:
        """Whether the server ends the connection; what it says before is kept."""
        deadline = time.monotonic() + seconds
        try:
            while time.monotonic() < deadline:
                self._socket.settimeout(max(0.01, deadline - time.monotonic()))
                self.read()
        except WebSocketTimeoutException:
            return False
        except (WebSocketConnectionClosedException, ConnectionError):
            return True
        return False

    def close(self) -> None:
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *problem: object) -> None:
        self.close()
