"""A network that misbehaves on request: between clients and one server, on this machine, without rights."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Self

from tests.servers import HOST, free_port

CHUNK = 65_536


class Line:
    """One connection through the proxy."""

    def __init__(self, proxy: "Proxy", client: asyncio.StreamWriter, server: asyncio.StreamWriter):
        self._proxy, self.client, self.server = proxy, client, server
        #: what the server says is swallowed from now on
        self.is_deaf = False

    def cut(self) -> None:
        """End it as a pulled cable would: no farewell, and what was under way is lost."""
        for writer in (self.client, self.server):
            writer.transport.abort()

    async def to_server(self, data: bytes) -> None:
        await self._proxy.wait()
        self.server.write(data)
        await self.server.drain()

    async def to_client(self, data: bytes) -> None:
        await self._proxy.wait()
        if self.is_deaf:
            return
        size = self._proxy.dribble or len(data)
        for start in range(0, len(data), size):
            self.client.write(data[start : start + size])
            await self.client.drain()
            if self._proxy.dribble:
                await asyncio.sleep(0.001)


class Proxy:
    """Listens on a port of its own and passes everything on to `port`, as faithfully as it is told to be."""

    def __init__(self, port: int):
        self.upstream, self.port = port, free_port()
        #: seconds each piece waits, both ways
        self.delay = 0.0
        #: bytes that the client gets at a time; 0: all there is
        self.dribble = 0
        self.lines: set[Line] = set()
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, HOST, self.port, backlog=2048)
        return self

    async def __aexit__(self, *problem: object) -> None:
        self._server.close()
        self.cut()
        await self._server.wait_closed()

    def cut(self) -> int:
        """Cut every line; how many there were."""
        lines = list(self.lines)
        for line in lines:
            line.cut()
        return len(lines)

    def deafen(self) -> list[Line]:
        """From now on clients of these lines hear nothing, though the server hears them."""
        for line in self.lines:
            line.is_deaf = True
        return list(self.lines)

    async def wait(self) -> None:
        if self.delay:
            await asyncio.sleep(self.delay)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            server_reader, server_writer = await asyncio.open_connection(HOST, self.upstream)
        except OSError:  # nobody there: the client is told in the way of TCP
            writer.transport.abort()
            return
        line = Line(self, writer, server_writer)
        self.lines.add(line)
        try:
            await asyncio.gather(_pass(reader, line.to_server), _pass(server_reader, line.to_client))
        except OSError:
            pass  # either side has gone, which ends the line
        finally:
            self.lines.discard(line)
            line.cut()


async def _pass(reader: asyncio.StreamReader, onward: Callable[[bytes], Awaitable[None]]) -> None:
    with contextlib.suppress(asyncio.IncompleteReadError):
        while data := await reader.read(CHUNK):
            await onward(data)
    raise ConnectionResetError  # one side has said all it will: the line ends as a whole
