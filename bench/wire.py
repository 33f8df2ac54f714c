"""A Socket.IO client over a bare WebSocket: cheap enough that a thousand of them fit beside the server they load."""

import asyncio
import contextlib
import itertools
import json
from collections.abc import Callable
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

#: Engine.IO and Socket.IO packet types, as they stand at the beginning of a frame
CLOSE, PING, PONG, CONNECT, DISCONNECT, EVENT, ACK, REFUSED = "1", "2", "3", "40", "41", "42", "43", "44"


class Refused(Exception):
    """The server did not let this client in."""


class Cut(Exception):
    """The connection ended before the answer came: nobody knows whether the server heard."""


class Wire:
    """One connection. `on_event(name, data)` hears what the server says; `call` waits for the acknowledgement.

    `on_frame` is shown every frame as it came, before anybody has understood it.
    """

    def __init__(
        self,
        url: str,
        headers: dict[str, str],
        on_event: Callable[[str, Any], None],
        on_frame: Callable[[str], None] | None = None,
    ):
        self._url, self._headers, self._on_event, self._on_frame = url, headers, on_event, on_frame
        self.closed = asyncio.Event()
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future] = {}
        self._socket: ClientConnection | None = None
        self._reader: asyncio.Task | None = None

    async def open(self, seconds: float = 60) -> None:
        """Connect and be let in. Raises Refused, or what a connection that fails raises."""
        self._socket = await connect(
            f"{self._url}/ws/?EIO=4&transport=websocket",
            additional_headers=self._headers,
            compression=None,
            max_size=None,
            ping_interval=None,
            open_timeout=seconds,
        )
        async with asyncio.timeout(seconds):
            await self._socket.recv()  # the handshake
            await self._socket.send(CONNECT)
            # whoever is being let in is in his rooms already: what is said there may overtake the welcome
            while not (answer := await self._socket.recv()).startswith((CONNECT, DISCONNECT, REFUSED)):
                await self._understand(answer)
        if not answer.startswith(CONNECT):
            raise Refused(answer)
        self._reader = asyncio.create_task(self._read())

    async def call(self, event: str, data: dict) -> dict:
        """The acknowledgement of one event. Raises Cut."""
        if self._socket is None or self.closed.is_set():
            raise Cut
        number = next(self._numbers)
        waiting = self._waiting[number] = asyncio.get_running_loop().create_future()
        try:
            await self._socket.send(f"{EVENT}{number}{json.dumps([event, data], ensure_ascii=False)}")
        except ConnectionClosed:
            raise Cut from None
        return await waiting

    def abort(self) -> None:
        """End the connection without a farewell."""
        if self._socket is not None:
            self._socket.transport.abort()

    async def close(self) -> None:
        if self._reader is not None:
            self._reader.cancel()
        if self._socket is not None:
            await self._socket.close()

    async def _read(self) -> None:
        try:
            with contextlib.suppress(ConnectionClosed):
                async for frame in self._socket:
                    if frame in (CLOSE, DISCONNECT):
                        return
                    await self._understand(frame)
        finally:
            self.closed.set()
            for waiting in self._waiting.values():
                if not waiting.done():
                    waiting.set_exception(Cut())
                    waiting.exception()  # whoever waited may have gone

    async def _understand(self, frame: str) -> None:
        if self._on_frame is not None:
            self._on_frame(frame)
        if frame == PING:
            await self._socket.send(PONG)
        elif frame.startswith(EVENT):
            self._on_event(*json.loads(frame[frame.index("[") :]))
        elif frame.startswith(ACK):
            start = frame.index("[")
            waiting = self._waiting.pop(int(frame[2:start]))
            if not waiting.done():  # else whoever waited has lost patience
                waiting.set_result(json.loads(frame[start:])[0])
