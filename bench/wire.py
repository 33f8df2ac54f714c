"""A Socket.IO client over a bare WebSocket: cheap enough that a thousand of them fit beside the server they load."""

import asyncio
import itertools
import json
from collections.abc import Callable
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

#: Engine.IO and Socket.IO packet types, as they stand at the beginning of a frame
PING, PONG, CONNECT, EVENT, ACK, REFUSED = "2", "3", "40", "42", "43", "44"


class Refused(Exception):
    """The server did not let this client in."""


class Wire:
    """One connection. `on_event(name, data)` hears what the server says; `call` waits for the acknowledgement."""

    def __init__(self, url: str, headers: dict[str, str], on_event: Callable[[str, Any], None]):
        self._url, self._headers, self._on_event = url, headers, on_event
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future] = {}
        self._socket: ClientConnection | None = None
        self._reader: asyncio.Task | None = None

    async def open(self) -> None:
        """Connect and be let in. Raises Refused."""
        self._socket = await connect(
            f"{self._url}/ws/?EIO=4&transport=websocket",
            additional_headers=self._headers,
            compression=None,
            max_size=None,
            ping_interval=None,
            open_timeout=60,
        )
        await self._socket.recv()  # the handshake
        await self._socket.send(CONNECT)
        answer = await self._socket.recv()
        if not answer.startswith(CONNECT):
            raise Refused(answer)
        self._reader = asyncio.create_task(self._read())

    async def call(self, event: str, data: dict) -> dict:
        """The acknowledgement of one event."""
        number = next(self._numbers)
        waiting = self._waiting[number] = asyncio.get_running_loop().create_future()
        await self._socket.send(f"{EVENT}{number}{json.dumps([event, data], ensure_ascii=False)}")
        return await waiting

    async def close(self) -> None:
        if self._reader is not None:
            self._reader.cancel()
        if self._socket is not None:
            await self._socket.close()

    async def _read(self) -> None:
        async for frame in self._socket:
            if frame == PING:
                await self._socket.send(PONG)
            elif frame.startswith(EVENT):
                self._on_event(*json.loads(frame[frame.index("[") :]))
            elif frame.startswith(ACK):
                start = frame.index("[")
                self._waiting.pop(int(frame[2:start])).set_result(json.loads(frame[start:])[0])
