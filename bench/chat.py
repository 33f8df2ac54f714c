"""How many messages a process carries, how fast, and whether any is lost, doubled or out of order.

    python3 manage.py bench chat [--users 1000] [--rate 100] [--seconds 60] [--db sqlite|mariadb] [--processes 1]
                                 [--capacity SECONDS]

Real WebSocket clients in a process of their own, half of the messages from customers, half from agents. Every message
is followed from its sending to its acknowledgement and to the other side; at the end what everybody has heard is
compared with what was acknowledged and with the database. With --capacity the same clients then send as fast as they
are answered, to the product and to a bare Flask-SocketIO echo, which gives the ratio of the two.
"""

import argparse
import asyncio
import contextlib
import itertools
import random
import secrets
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa

from app.factory import create_app
from bench.crowd import Seat, seat
from bench.http import BenchMariaDB
from bench.process import Program, talking_settings
from bench.report import conditions, percentile, table
from bench.wire import Wire
from config import Config
from models.actor import system
from tests.servers import HOST, Redis, run_cli

MOST_ACK_MS, MOST_DELIVERY_MS = 150.0, 200.0
#: how long after the last message everything must have arrived
PATIENCE = 20.0
#: messages under way at once, for each process, when the capacity is sought
IN_FLIGHT = 64
TENANT = 1
#: what is measured: module, path that says that it is ready, whether the port is an option
KINDS = {
    "product": (["app.cli", "web"], "/api/v1/session", True),
    "bare echo": (["bench.echo"], "/json", False),
}
WORDS = (
    "您好",
    "请问",
    "系统",
    "无法",
    "登录",
    "密码",
    "错误",
    "接种",
    "记录",
    "上传",
    "失败",
    "报表",
    "导出",
    "谢谢",
    "稍等",
)


@dataclass
class Ledger:
    """What was sent, acknowledged and heard."""

    #: client's id → (who, when)
    sent: dict[str, tuple[int, float]] = field(default_factory=dict)
    #: client's id → (number of the message, its place in the conversation, seconds)
    acknowledged: dict[str, tuple[int, int, float]] = field(default_factory=dict)
    refused: list[dict] = field(default_factory=list)
    delivered: list[float] = field(default_factory=list)
    #: (who, conversation) → places in the order of hearing
    heard: dict[tuple[int, int], list[int]] = field(default_factory=lambda: defaultdict(list))

    def hear(self, who: int, message: dict) -> None:
        self.heard[who, message["sessionId"]].append(message["seq"])
        sender, began = self.sent[message["clientMsgId"]]
        if sender != who:
            self.delivered.append(time.perf_counter() - began)


class Crowd:
    """The clients, connected and in their rooms, in turn to the processes at these ports."""

    def __init__(self, ports: Sequence[int], seats: list[Seat]):
        self.ledger = Ledger()
        #: ids of messages, never those of an earlier crowd at the same database: a known id is no new message
        self._names = (f"bench-{secrets.token_hex(4)}-{number}" for number in itertools.count())
        self._random = random.Random(7)
        self._seats = seats
        self._wires = [
            Wire(f"ws://{HOST}:{port}", {"Cookie": f"smartsupport={each.key}"}, self._ears(place))
            for port, (place, each) in zip(itertools.cycle(ports), enumerate(seats))
        ]
        agents = {number: place for place, each in enumerate(seats) if each.is_agent for number in each.conversations}
        #: (conversation, customer's place, agent's place)
        self.pairs = [
            (each.conversations[0], place, agents[each.conversations[0]])
            for place, each in enumerate(seats)
            if not each.is_agent
        ]

    async def enter(self) -> None:
        """Everybody connects and opens his conversations, fifty at a time."""
        gate = asyncio.Semaphore(50)

        async def one(wire: Wire, each: Seat) -> None:
            async with gate:
                await wire.open()
                for number in each.conversations:
                    await wire.call("join", {"sessionId": number})

        await asyncio.gather(*(one(wire, each) for wire, each in zip(self._wires, self._seats, strict=True)))

    async def leave(self) -> None:
        await asyncio.gather(*(wire.close() for wire in self._wires))

    async def say(self, number: int, place: int) -> None:
        """One message, from its sending to its acknowledgement."""
        name = next(self._names)
        content = "".join(self._random.choices(WORDS, k=self._random.randint(3, 12)))
        began = time.perf_counter()
        self.ledger.sent[name] = (place, began)
        answer = await self._wires[place].call(
            "send_message", {"sessionId": number, "clientMsgId": name, "content": content}
        )
        if not answer["ok"]:
            self.ledger.refused.append(answer)
            return
        message = answer["message"]
        self.ledger.acknowledged[name] = (message["messageId"], message["seq"], time.perf_counter() - began)

    async def talk(self, rate: float, seconds: float) -> None:
        """So many messages a second, whether or not the earlier ones have been answered."""
        loop, under_way = asyncio.get_running_loop(), set()
        began = loop.time()
        for count in range(int(rate * seconds)):
            await asyncio.sleep(max(0.0, began + count / rate - loop.time()))
            number, *places = self._random.choice(self.pairs)
            task = asyncio.create_task(self.say(number, self._random.choice(places)))
            under_way.add(task)
            task.add_done_callback(under_way.discard)
        await asyncio.wait_for(asyncio.gather(*under_way), PATIENCE)

    async def talk_as_fast_as_possible(self, seconds: float, in_flight: int) -> float:
        """Each of so many goes on as soon as he is answered; messages per second."""
        until, before = time.perf_counter() + seconds, len(self.ledger.acknowledged)

        async def one(pair: tuple[int, int, int]) -> None:
            number, *places = pair
            while time.perf_counter() < until:
                await self.say(number, self._random.choice(places))

        began = time.perf_counter()
        await asyncio.gather(*(one(pair) for pair in self._random.sample(self.pairs, min(in_flight, len(self.pairs)))))
        return (len(self.ledger.acknowledged) - before) / (time.perf_counter() - began)

    async def hush(self) -> None:
        """Until everybody has heard everything, or patience ends."""
        deadline = time.perf_counter() + PATIENCE
        while self._missing() and time.perf_counter() < deadline:
            await asyncio.sleep(0.1)

    def _missing(self) -> int:
        return 2 * len(self.ledger.acknowledged) - sum(map(len, self.ledger.heard.values()))

    def _ears(self, place: int):
        def hear(name: str, data: dict) -> None:
            if name == "message":
                self.ledger.hear(place, data)

        return hear


def main(arguments: list[str]) -> int:
    """Measure and print; 1 when an aim is missed or a message went astray."""
    parser = argparse.ArgumentParser(prog="manage.py bench chat", description=__doc__.splitlines()[0])
    parser.add_argument("--users", type=int, default=1000)
    parser.add_argument("--rate", type=float, default=100.0, help="messages per second")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--db", choices=("sqlite", "mariadb"), default="sqlite", help="mariadb comes with Redis")
    parser.add_argument("--processes", type=int, default=1, help="web processes; more than one needs mariadb")
    parser.add_argument("--capacity", type=float, default=0.0, help="seconds of sending as fast as possible")
    options = parser.parse_args(arguments)
    if options.processes > 1 and options.db == "sqlite":
        parser.error("several processes need --db mariadb")
    with tempfile.TemporaryDirectory(prefix="bench-chat-") as name, _backend(options.db, Path(name)) as more:
        return _measure(Path(name), options, more)


@contextlib.contextmanager
def _backend(name: str, folder: Path) -> Iterator[dict[str, str]]:
    if name == "sqlite":
        yield {}
        return
    with BenchMariaDB(folder / "mariadb") as database, Redis(folder / "redis") as redis:
        yield {"DATABASE_URL": database.create_database("bench"), "REDIS_URL": redis.url}


def _measure(folder: Path, options: argparse.Namespace, more: dict[str, str]) -> int:
    settings = talking_settings(folder) | more
    run_cli("migrate", settings=settings)
    app = create_app(Config(settings))
    with app.app_context():
        seats = seat(system(TENANT), options.users)
    print(
        conditions(
            database=f"{options.db}{' and Redis' if more else ''}",
            processes=options.processes,
            users=f"{options.users} sockets, {sum(each.is_agent for each in seats)} of them agents",
        )
        + "\n",
        flush=True,
    )
    with _started("product", options.processes, settings, folder) as products:
        before = sum(product.memory().resident for product in products)
        crowd, figures = asyncio.run(_load(products, seats, options))
        problems = _check(crowd.ledger, Config(settings).database_url)
        print(table(("", "value", "aim"), [*_figures(crowd.ledger, options), *figures(before)]))
    if options.capacity:
        print("\n" + _ratio(folder, settings, seats, options), flush=True)
    print("\n".join(["", *(problems or ["nothing lost, nothing doubled, everything in order"])]))
    ledger = crowd.ledger
    slow = (
        percentile([seconds for *_, seconds in ledger.acknowledged.values()], 0.99) * 1000 > MOST_ACK_MS
        or percentile(ledger.delivered, 0.99) * 1000 > MOST_DELIVERY_MS
    )
    return 1 if problems or slow else 0


@contextlib.contextmanager
def _started(name: str, processes: int, settings: dict[str, str], folder: Path) -> Iterator[list[Program]]:
    """So many web processes of the product, or the bare echo; each answers."""
    module, ready, port_option = KINDS[name]
    with contextlib.ExitStack() as running:
        programs = [
            running.enter_context(Program(module, settings, folder / f"{name}-{number}.log", port_option=port_option))
            for number in range(processes)
        ]
        for program in programs:
            program.wait_for(ready)
        yield programs


async def _load(products: list[Program], seats: list[Seat], options: argparse.Namespace):
    crowd = Crowd([product.port for product in products], seats)
    await crowd.enter()
    idle, used = (
        sum(product.memory().resident for product in products),
        sum(_cpu(product.process.pid) for product in products),
    )
    await crowd.talk(options.rate, options.seconds)
    await crowd.hush()
    share = (sum(_cpu(product.process.pid) for product in products) - used) / options.seconds
    await crowd.leave()

    def figures(before: float) -> list[tuple]:
        return [
            ("memory per socket (kB)", f"{(idle - before) * 1000 / len(seats):.0f}", "80"),
            ("processor time of the server (share of one)", f"{share:.2f}", ""),
        ]

    return crowd, figures


def _figures(ledger: Ledger, options: argparse.Namespace) -> list[tuple]:
    acknowledged = [seconds for *_, seconds in ledger.acknowledged.values()]
    rows = [
        ("messages sent", len(ledger.sent), f"{int(options.rate * options.seconds)}"),
        ("acknowledged", len(acknowledged), ""),
        ("heard by the other side", len(ledger.delivered), ""),
    ]
    for title, values, most in (
        ("acknowledgement", acknowledged, MOST_ACK_MS),
        ("delivery", ledger.delivered, MOST_DELIVERY_MS),
    ):
        rows += [
            (f"{title} p50 (ms)", f"{percentile(values, 0.5) * 1000:.1f}", ""),
            (f"{title} p95 (ms)", f"{percentile(values, 0.95) * 1000:.1f}", ""),
            (f"{title} p99 (ms)", f"{percentile(values, 0.99) * 1000:.1f}", f"{most:.0f}"),
        ]
    return rows


def _check(ledger: Ledger, url: str) -> list[str]:
    """I1, I2, I4 and I5: acknowledged ⇔ stored once, numbered without gaps, heard once and in order by both sides."""
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        stored = list(
            connection.execute(
                sa.text("SELECT client_msg_id, id, seq FROM chat_message WHERE client_msg_id LIKE 'bench-%'")
            )
        )
    engine.dispose()
    problems = [f"refused: {ledger.refused[0]} ({len(ledger.refused)} times)"] if ledger.refused else []
    if len(stored) != len({name for name, *_ in stored}):
        problems.append("some messages are stored twice")
    known = {name: (number, seq) for name, number, seq in stored}
    lost = [name for name, (number, seq, _) in ledger.acknowledged.items() if known.get(name) != (number, seq)]
    if lost:
        problems.append(f"{len(lost)} acknowledged messages are not stored as acknowledged: {lost[:5]}")
    expected = 2 * len(ledger.acknowledged)
    heard = sum(map(len, ledger.heard.values()))
    if heard != expected:
        problems.append(f"heard {heard} times instead of {expected}")
    doubled = sum(len(places) - len(set(places)) for places in ledger.heard.values())
    if doubled:
        problems.append(f"{doubled} messages were heard twice")
    disordered = sum(places != sorted(places) for places in ledger.heard.values())
    if disordered:
        problems.append(f"{disordered} conversations were heard out of order")
    return problems


def _ratio(folder: Path, settings: dict[str, str], seats: list[Seat], options: argparse.Namespace) -> str:
    """Messages per second of the bare echo, of one process and of all that were asked for."""

    async def capacity(programs: list[Program]) -> float:
        crowd = Crowd([program.port for program in programs], seats)
        await crowd.enter()
        try:
            return await crowd.talk_as_fast_as_possible(options.capacity, IN_FLIGHT * len(programs))
        finally:
            await crowd.leave()

    found = {}
    for name, processes in dict.fromkeys([("bare echo", 1), ("product", 1), ("product", options.processes)]):
        with _started(name, processes, settings, folder) as programs:
            found[name, processes] = asyncio.run(capacity(programs))
    rows = [
        (
            name if processes == 1 else f"{name}, {processes} processes",
            f"{rate:.0f}",
            f"{rate / found['bare echo', 1]:.2f}",
            f"{rate / found['product', 1]:.2f}",
        )
        for (name, processes), rate in found.items()
    ]
    return table(("as fast as possible", "messages/s", "× bare echo", "× one process"), rows)


def _cpu(pid: int) -> float:
    """Seconds of processor time a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
