"""A crowd that talks while things break: devices, what they say, and whether they have all come back."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Coroutine

import sqlalchemy as sa

from bench.crowd import Seat
from bench.faults.check import internal, newest
from bench.faults.client import Client
from bench.faults.rest import Refusal
from bench.ledger import Ledger, Said

WORDS = ("您好", "请问", "系统", "无法登录", "密码", "错误", "接种记录", "上传", "失败", "报表", "导出", "谢谢", "稍等")
#: how many come at the same time when nothing is the matter
GROUP = 25
#: shares of what is said that is an internal note (agents), carries a file, is taken back
NOTES, FILES, RECALLS, READS = 0.05, 0.02, 0.02, 0.05


class Load:
    """The devices of one experiment and the messages they exchange."""

    def __init__(self, seats: list[Seat], ports: list[int], ledger: Ledger, chance: random.Random):
        self.ledger, self.chance = ledger, chance
        self.seats, self.ports = seats, ports
        self.clients: list[Client] = []
        for place, seat in enumerate(seats):
            self.add(seat, ports[place % len(ports)])
        self._talking: set[asyncio.Task] = set()
        self._is_over = asyncio.Event()
        self._files = 0
        #: what a client could not make sense of
        self.problems: list[str] = []
        #: devices that do not know the newest change, as last looked
        self.behind: list[tuple[int, int, int, int]] = []

    def add(self, seat: Seat, port: int) -> Client:
        """One more device."""
        client = Client(len(self.clients), seat, port, self.ledger, self.chance)
        self.clients.append(client)
        return client

    @property
    def conversations(self) -> list[int]:
        return sorted({number for client in self.clients for number in client.views})

    async def enter(self, seconds: float = 120) -> None:
        """Everybody connects, so many at a time."""
        for place in range(0, len(self.clients), GROUP):
            group = self.clients[place : place + GROUP]
            for client in group:
                client.start()
            await self.wait(lambda group=group: all(c.online.is_set() for c in group), "a group to connect", seconds)
        await self.wait(lambda: all(client.online.is_set() for client in self.clients), "clients to connect", seconds)

    async def leave(self) -> None:
        await asyncio.gather(*(client.stop() for client in self.clients if client.is_running))

    # --- talking ------------------------------------------------------------------------------------------------

    def start(self, rate: float, speakers: list[Client] | None = None) -> None:
        """From now on so many messages a second, at random moments, by anybody to his conversations."""
        self._is_over.clear()
        self._begin(self._chatter(rate, speakers or self.clients))

    async def stop(self, seconds: float = 60) -> None:
        """Nobody begins anything new; what was begun is brought to its end."""
        self._is_over.set()
        _, late = await asyncio.wait(self._talking, timeout=seconds) if self._talking else ((), ())
        for task in late:
            task.cancel()

    async def send_away(self, clients: list[Client]) -> None:
        """These finish what they are saying and go off line."""
        for client in clients:
            client.is_away = True
        while any(client.is_busy for client in clients):
            await asyncio.sleep(0.05)
        await asyncio.gather(*(client.stop() for client in clients))

    @staticmethod
    def call_back(clients: list[Client]) -> None:
        """They are there again."""
        for client in clients:
            client.is_away = False
            client.start()

    async def until(self, acknowledged: int, seconds: float) -> None:
        """Until so many messages have been acknowledged, or time is up."""
        deadline = time.monotonic() + seconds
        while len(self.ledger.acknowledged) < acknowledged and time.monotonic() < deadline:
            await asyncio.sleep(0.1)

    async def _chatter(self, rate: float, speakers: list[Client]) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time()
        while not self._is_over.is_set():
            due += self.chance.expovariate(rate)
            await asyncio.sleep(max(0.0, due - loop.time()))
            if self._is_over.is_set():
                return
            client = self.chance.choice(speakers)
            if client.is_away:
                continue
            # whoever still waits for an answer to his last words does not go on talking
            quiet = [number for number in client.views if not client.is_speaking(number)]
            if quiet:
                self._begin(self._say_or_lose(client, self.chance.choice(quiet)))

    async def _say_or_lose(self, client: Client, conversation: int) -> None:
        client.works += 1
        try:
            await self._something(client, conversation)
        except Refusal:
            if conversation in client.views:  # else another one serves it now, and that is right
                raise
        finally:
            client.works -= 1

    async def _something(self, client: Client, conversation: int) -> None:
        """A message of one kind or another, now and then with an afterthought."""
        dice = self.chance.random()
        words = "".join(self.chance.choices(WORDS, k=self.chance.randint(3, 12)))
        if client.seat.is_agent and dice < NOTES:
            await client.say(conversation, internal(words), "note")
            return
        if dice > 1 - FILES:
            self._files += 1
            name, content = f"{self.ledger.mark}-{self._files}.txt", (words * self.chance.randint(1, 400)).encode()
            file = await client.persist(lambda: client.rest.upload(name, content))
            said = await client.say(conversation, "", "file", fileId=file["fileId"])
        else:
            said = await client.say(conversation, words)
        if said.is_acknowledged and self.chance.random() < RECALLS:
            await self._take_back(client, said)
        if self.chance.random() < READS:
            await client.read(conversation)

    async def _take_back(self, client: Client, said: Said) -> None:
        try:
            await client.recall(said)
        except Refusal as refusal:
            if refusal.kind != "conflict":  # more than two minutes ago, because the server was away
                raise

    def _begin(self, work: Coroutine) -> None:
        task = asyncio.create_task(work)
        self._talking.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task) -> None:
        self._talking.discard(task)
        if not task.cancelled() and (problem := task.exception()):
            self.ledger.note("problem", text=repr(problem))
            self.problems.append(repr(problem))

    # --- coming back --------------------------------------------------------------------------------------------

    async def recovered(self, since: float, seconds: float, among: list[Client] | None = None) -> float | None:
        """Until everybody (of these) has been brought up to date after `since`, and nothing said before it is still
        unanswered; the seconds it took, None when patience ended."""
        before = [said for said in self.ledger.open if said.began < since]
        devices = among or self.clients

        def back() -> bool:
            are_here = all(client.online.is_set() and client.resumed_at > since for client in devices)
            return are_here and not any(said.is_open for said in before)

        return await self._seconds_until(back, since, seconds)

    async def converged(self, engine: sa.Engine, since: float, seconds: float) -> float | None:
        """Until every device knows the newest change of each of its conversations."""

        async def look() -> bool:
            now = await asyncio.to_thread(newest, engine, self.conversations)
            self.behind = [missing for client in self.clients for missing in now.missing_in(client)]
            return not self.behind

        return await self._seconds_until(look, since, seconds)

    async def wait(self, condition: Callable[[], bool], what: str, seconds: float) -> None:
        """Raises TimeoutError when the condition does not come true."""
        if await self._seconds_until(condition, time.monotonic(), seconds) is None:
            away = [client for client in self.clients if not client.online.is_set()]
            raise TimeoutError(f"waited {seconds:.0f} s for {what}; {len(away)} of {len(self.clients)} are not on line")

    @staticmethod
    async def _seconds_until(
        condition: Callable[[], bool | Awaitable[bool]], since: float, seconds: float
    ) -> float | None:
        deadline = time.monotonic() + seconds
        while True:
            result = condition()
            if asyncio.iscoroutine(result):
                result = await result
            if result:
                return time.monotonic() - since
            if time.monotonic() > deadline:
                return None
            await asyncio.sleep(0.05)
