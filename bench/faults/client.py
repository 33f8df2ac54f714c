"""One person at one device, as stubborn as the product's own pages: comes back after every cut, repeats under the same
id what was not acknowledged, fetches what it missed, and keeps a view of each conversation."""

import asyncio
import contextlib
import json
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from websockets.exceptions import InvalidHandshake, InvalidMessage, WebSocketException

from bench.crowd import Seat
from bench.faults.rest import Refusal, Rest, Unanswered
from bench.ledger import Ledger, Said
from bench.wire import Cut, Refused, Wire
from tests.servers import HOST

#: words that stand in internal notes only: a customer who meets them has seen what he must not
INTERNAL = "internal-note-marker"
#: refusals that pass by themselves
PASSING = frozenset({"unavailable", "too_many", "timeout", "internal"})
#: what a connection that cannot be made raises
NO_CONNECTION = (OSError, TimeoutError, WebSocketException, InvalidHandshake, InvalidMessage, Refused, Cut)
ACK_SECONDS = 8.0
#: the wait before coming back: a random part of a ceiling that doubles
FIRST_CEILING, LAST_CEILING = 1.0, 8.0


@dataclass
class View:
    """One conversation as this device shows it; the merging rule of the product's pages."""

    messages: dict[int, dict] = field(default_factory=dict)
    #: everything up to this change is here
    synced: int = 0
    reads: dict[tuple[str, int], int] = field(default_factory=dict)
    #: how often a push showed that something before it had been missed
    gaps: int = 0
    #: pushes of what was there already
    repeated: int = 0

    def push(self, message: dict) -> bool:
        """Take a pushed message in; whether something before it is missing."""
        self._put(message)
        if message["changeSeq"] == self.synced + 1:
            self.synced += 1
        return message["changeSeq"] > self.synced

    def batch(self, answer: dict) -> None:
        """Take in what was fetched."""
        for message in answer["list"]:
            self._put(message)
        self.synced = max(self.synced, answer["changeSeq"])
        for mark in answer["reads"]:
            self.read(mark)

    def read(self, mark: dict) -> None:
        who = mark["senderKind"], mark["senderId"]
        self.reads[who] = max(self.reads.get(who, 0), mark["readSeq"])

    def _put(self, message: dict) -> None:
        known = self.messages.get(message["messageId"])
        if known is None or known["changeSeq"] < message["changeSeq"]:
            self.messages[message["messageId"]] = message
        else:
            self.repeated += 1


class Client:
    """A device. `start()` keeps it connected until `stop()`."""

    def __init__(self, number: int, seat: Seat, port: int, ledger: Ledger, chance: random.Random):
        self.number, self.seat, self.port = number, seat, port
        self.views = {conversation: View() for conversation in seat.conversations}
        self.rest = Rest(port, seat.key)
        self.ledger = ledger
        self.online = asyncio.Event()
        #: when this device was last brought up to date after connecting
        self.resumed_at = 0.0
        self.connections = 0
        #: whether its owner is there to talk, and how much of what he does has not come to its end
        self.is_away, self.works = False, 0
        self.leaks: list[str] = []
        self._chance = chance
        self._wire: Wire | None = None
        self._running: asyncio.Task | None = None
        self._fetching: dict[int, asyncio.Task] = {}
        self._catching_up: asyncio.Task | None = None
        self._turns = {conversation: asyncio.Lock() for conversation in seat.conversations}

    # --- being there --------------------------------------------------------------------------------------------

    def start(self) -> None:
        self._running = asyncio.create_task(self._stay())

    async def stop(self) -> None:
        self._running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._running
        self._running = None
        await self._leave()

    @property
    def is_running(self) -> bool:
        return self._running is not None

    @property
    def is_busy(self) -> bool:
        return self.works > 0

    def drop(self) -> None:
        """Lose the connection; the device comes back by itself."""
        if self._wire is not None:
            self._wire.abort()

    def move(self, port: int) -> None:
        """Leave, and come back by another way."""
        self.port = self.rest.port = port
        self.drop()

    def hold(self, conversation: int) -> None:
        """This conversation is this device's, too, from now on; it is caught up with as soon as it is on line."""
        self.views.setdefault(conversation, View())
        self._turns.setdefault(conversation, asyncio.Lock())
        self.drop()

    def is_speaking(self, conversation: int) -> bool:
        """Whether something said there is still on its way."""
        return self._turns[conversation].locked()

    async def _stay(self) -> None:
        failures = 0
        while True:
            try:
                await self._come()
                failures = 0
                await self._wire.closed.wait()
            except NO_CONNECTION:
                failures += 1
            finally:
                await self._leave()
            ceiling = min(LAST_CEILING, FIRST_CEILING * 2 ** min(failures, 5))
            await asyncio.sleep(self._chance.uniform(0.1, 1) * ceiling)

    async def _come(self) -> None:
        wire = Wire(
            f"ws://{HOST}:{self.port}", {"Cookie": f"smartsupport={self.seat.key}"}, self._heard, self._look_for_leak
        )
        self._wire = wire
        await wire.open(15)
        self.connections += 1
        await self._resume(wire)
        self.resumed_at = time.monotonic()
        self.online.set()

    async def _resume(self, wire: Wire) -> None:
        """Bring every conversation up to date."""
        wanted = list(self.views)
        while wanted:
            threads = [{"sessionId": number, "afterChange": self.views[number].synced} for number in wanted[:50]]
            answer = await self._ask(wire, "resume", {"threads": threads})
            if not answer["ok"]:
                raise Refused(answer["error"])
            wanted = wanted[50:]
            for batch in answer["threads"]:
                self.views[batch["sessionId"]].batch(batch)
                if batch["hasMore"]:
                    wanted.append(batch["sessionId"])

    async def _leave(self) -> None:
        self.online.clear()
        for task in self._fetching.values():
            task.cancel()
        self._fetching.clear()
        if self._wire is not None:
            with contextlib.suppress(*NO_CONNECTION):
                await asyncio.wait_for(self._wire.close(), 2)

    async def catch_up(self, conversation: int) -> None:
        """Fetch what changed since this device last knew all."""
        view, more = self.views[conversation], True
        while more:
            threads = [{"sessionId": conversation, "afterChange": view.synced}]
            answer = await self._ask(self._wire, "resume", {"threads": threads})
            if not answer["ok"]:
                raise Refused(answer["error"])
            batch = answer["threads"][0]
            view.batch(batch)
            more = batch["hasMore"]

    async def _ask(self, wire: Wire, event: str, data: dict) -> dict:
        async with asyncio.timeout(ACK_SECONDS):
            return await wire.call(event, data)

    def _heard(self, name: str, data: dict) -> None:
        if name == "message" and data.get("sessionId") in self.views:
            view = self.views[data["sessionId"]]
            if view.push(data):
                view.gaps += 1
                self._fetch_soon(data["sessionId"])
        elif name == "status_update" and data.get("sessionId") in self.views:
            for mark in data.get("reads", ()):
                self.views[data["sessionId"]].read(mark)
        elif name == "catch_up" and not self._catching_up:
            self._catching_up = asyncio.create_task(self._catch_up_within(data["within"]))

    def _fetch_soon(self, conversation: int, delay: float = 0.1) -> None:
        if conversation not in self._fetching:
            self._fetching[conversation] = asyncio.create_task(self._fetch(conversation, delay))

    async def _fetch(self, conversation: int, delay: float) -> None:
        await asyncio.sleep(delay)
        del self._fetching[conversation]  # what is missed from now on is asked for anew
        try:
            await self.catch_up(conversation)
        except NO_CONNECTION:
            self._fetch_soon(conversation, min(LAST_CEILING, 2 * delay) * self._chance.uniform(0.5, 1))

    async def _catch_up_within(self, seconds: float) -> None:
        await asyncio.sleep(self._chance.uniform(0, seconds))
        self._catching_up = None
        with contextlib.suppress(*NO_CONNECTION):  # a connection that ends is followed by another one
            await self._resume(self._wire)

    def _look_for_leak(self, frame: str) -> None:
        if not self.seat.is_agent and INTERNAL in frame:
            self.leaks.append(frame[:500])

    # --- talking ------------------------------------------------------------------------------------------------

    async def say(self, conversation: int, content: str, type_: str = "text", *, by: str = "", **more: object) -> Said:
        """Say this until it is acknowledged or refused for good; within a conversation one thing after the other."""
        said = self.ledger.invoke(self.number, conversation, content, type_)
        async with self._turns[conversation]:
            failures = 0
            while said.is_open:
                if await self.attempt(said, by, **more):
                    break
                failures += 1
                await asyncio.sleep(self._chance.uniform(0.1, 1) * min(4.0, 0.1 * 2 ** min(failures, 6)))
        return said

    async def attempt(self, said: Said, by: str = "", rest: Rest | None = None, **more: object) -> bool:
        """One try: by socket while there is one, else by REST. Whether it was answered for good."""
        transport = by or ("socket" if self.online.is_set() else "rest")
        body = {"clientMsgId": said.name, "type": said.type, "content": said.content, **more}
        attempt = self.ledger.try_(said, transport)
        try:
            if transport == "socket":
                answer = await self._ask(self._wire, "send_message", {"sessionId": said.conversation, **body})
                if not answer["ok"]:
                    raise Refusal(0, answer["error"])
                message = answer["message"]
            else:
                message = await (rest or self.rest).post(f"/sessions/{said.conversation}/messages", body)
        except Refusal as refusal:
            final = refusal.kind not in PASSING
            self.ledger.fail(said, attempt, refusal.kind, final=final)
            return final
        except (Unanswered, TimeoutError, Cut):
            self.ledger.info(said)
            if transport == "socket" and self._wire is not None and not self._wire.closed.is_set():
                await self._wire.close()  # it is open and answers nothing: not to be trusted any more
            return False
        self.ledger.ok(said, attempt, message)
        return True

    async def recall(self, said: Said) -> None:
        """Take an acknowledged message back."""
        ((number, _),) = said.answers
        await self.persist(lambda: self.rest.post(f"/sessions/{said.conversation}/messages/{number}/recall", {}))
        said.recalled = True

    async def read(self, conversation: int) -> None:
        """Everything shown has been read."""
        seq = max((message["seq"] for message in self.views[conversation].messages.values()), default=0)
        if seq:
            await self.persist(lambda: self.rest.post(f"/sessions/{conversation}/read", {"seq": seq}))

    async def persist(self, call: Callable) -> dict:
        """Repeat a REST call that may be repeated until it is answered. Raises Refusal for good ones."""
        while True:
            try:
                return await call()
            except Unanswered:
                pass
            except Refusal as refusal:
                if refusal.kind not in PASSING:
                    raise
            await asyncio.sleep(self._chance.uniform(0.2, 1))

    async def fresh(self, conversation: int) -> dict[int, dict]:
        """What a page shows that is opened just now: every message, by its number."""
        found: dict[int, dict] = {}
        path, before = f"/sessions/{conversation}/messages?limit=200", ""
        while True:
            answer = await self.rest.get(path + before)
            found.update({message["messageId"]: message for message in answer["list"]})
            if not answer["hasMore"]:
                return found
            before = f"&beforeSeq={answer['list'][0]['seq']}"

    def leaked(self) -> list[str]:
        """Everything this customer's device has heard or fetched and must not have."""
        if self.seat.is_agent:
            return []
        return self.leaks + [text for text in self.rest.seen if INTERNAL in text]

    def __repr__(self) -> str:
        return json.dumps({"number": self.number, "online": self.online.is_set(), "connections": self.connections})
