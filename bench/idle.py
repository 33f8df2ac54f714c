"""Ten thousand people who have the page open and say nothing, and a hundred who talk meanwhile.

    python3 manage.py bench idle [--sockets 10000] [--users 100] [--rate 20] [--seconds 30] [--db sqlite|mariadb]

What a socket costs that only waits, in memory and processor time of one web process, and whether those who talk notice:
the same hundred are measured before the others come and while they are there. The server needs a file descriptor for
each socket; the limit is raised as far as the system lets an ordinary process raise it.
"""

import argparse
import asyncio
import contextlib
import datetime as dt
import resource
import secrets
import sys
import tempfile
import time
from pathlib import Path

from app.extensions import db
from app.factory import create_app
from bench.chat import TENANT, Crowd
from bench.crowd import Seat, seat
from bench.http import BenchMariaDB
from bench.process import Program, talking_settings
from bench.report import conditions, percentile, table
from bench.wire import Wire
from config import Config
from models.actor import Actor, system
from models.base import bind
from models.customers import Customer
from models.identity import LoginSession, SessionKind
from models.types import utcnow
from services.identity.signin import hash_token
from services.operation import run
from tests.servers import HOST, Redis, run_cli

MOST_KB, MOST_ACK_MS = 80.0, 1000.0
#: how many connect at the same time
GATE = 50
#: descriptors beside the sockets: database, log, libraries
SPARE = 500


def main(arguments: list[str]) -> int:
    """Measure and print; 1 when an aim is missed."""
    parser = argparse.ArgumentParser(prog="manage.py bench idle", description=__doc__.splitlines()[0])
    parser.add_argument("--sockets", type=int, default=10_000)
    parser.add_argument("--users", type=int, default=100, help="people who talk")
    parser.add_argument("--rate", type=float, default=20.0, help="messages per second")
    parser.add_argument("--seconds", type=float, default=30.0, help="how long they are measured, each time")
    parser.add_argument("--db", choices=("sqlite", "mariadb"), default="sqlite", help="mariadb comes with Redis")
    options = parser.parse_args(arguments)
    limit = _raise_limit()
    if limit < options.sockets + options.users + SPARE:
        print(f"only {limit} open files are allowed (ulimit -Hn): not enough for {options.sockets} sockets")
        return 1
    with tempfile.TemporaryDirectory(prefix="bench-idle-") as name, contextlib.ExitStack() as running:
        folder, more = Path(name), {}
        if options.db == "mariadb":
            database = running.enter_context(BenchMariaDB(folder / "mariadb"))
            redis = running.enter_context(Redis(folder / "redis"))
            more = {"DATABASE_URL": database.create_database("bench"), "REDIS_URL": redis.url}
        return _measure(folder, options, more)


def _raise_limit() -> int:
    """As many open files as may be, for this process and those it starts; how many that is."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def _measure(folder: Path, options: argparse.Namespace, more: dict[str, str]) -> int:
    settings = talking_settings(folder) | more
    run_cli("migrate", settings=settings)
    app = create_app(Config(settings))
    with app.app_context():
        seats = seat(system(TENANT), options.users)
        keys = _visitors(system(TENANT), options.sockets)
    print(
        conditions(
            database=f"{options.db}{' and Redis' if more else ''}",
            load=f"{options.users} people, {options.rate:.0f} messages/s, {options.seconds:.0f} s each time",
        )
        + "\n",
        flush=True,
    )
    with Program(["app.cli", "web"], settings, folder / "product.log") as product:
        product.wait_for("/api/v1/session")
        rows, problems = asyncio.run(_load(product, seats, keys, options))
    print(table(("", "value", "aim"), rows))
    print("\n".join(["", *problems]))
    return 1 if problems else 0


def _visitors(actor: Actor, number: int) -> list[str]:
    """The keys of so many visitors, who have no conversations."""
    bind(db.session(), actor)
    keys = [secrets.token_urlsafe(32) for _ in range(number)]
    until = utcnow() + dt.timedelta(days=30)

    def fill() -> None:
        customers = [Customer(name=f"访客 {place}", is_temporary=True) for place in range(number)]
        db.session.add_all(customers)
        db.session.flush()
        db.session.add_all(
            LoginSession(
                kind=SessionKind.visitor, token_hash=hash_token(key), expire_time=until, customer_id=customer.id
            )
            for key, customer in zip(keys, customers, strict=True)
        )

    run(actor, "bench.idle", fill)
    return keys


async def _load(product: Program, seats: list[Seat], keys: list[str], options: argparse.Namespace):
    quiet = await _talk(product, seats, options)
    before = product.memory().resident
    began = time.perf_counter()
    wires = await _connect(product.port, keys)
    took = time.perf_counter() - began
    await asyncio.sleep(5)  # what connecting has stirred up settles
    after, used = product.memory().resident, _cpu(product.process.pid)
    await asyncio.sleep(options.seconds)
    share = (_cpu(product.process.pid) - used) / options.seconds
    crowded = await _talk(product, seats, options)
    lost = sum(wire.closed.is_set() for wire in wires)
    await asyncio.gather(*(wire.close() for wire in wires))
    each = (after - before) * 1000 / len(keys)
    p99 = {name: percentile(times, 0.99) * 1000 for name, times in (("quiet", quiet), ("crowded", crowded))}
    rows = [
        ("idle sockets", len(keys), ""),
        ("connected per second", f"{len(keys) / took:.0f}", ""),
        ("memory per idle socket (kB)", f"{each:.0f}", f"{MOST_KB:.0f}"),
        ("memory of the process (MB)", f"{after:.0f}", ""),
        ("processor share while all are idle", f"{share:.2f}", ""),
        ("idle sockets lost", lost, "0"),
        ("acknowledgement p50 without them (ms)", f"{percentile(quiet, 0.5) * 1000:.1f}", ""),
        ("acknowledgement p99 without them (ms)", f"{p99['quiet']:.1f}", ""),
        ("acknowledgement p50 beside them (ms)", f"{percentile(crowded, 0.5) * 1000:.1f}", ""),
        ("acknowledgement p99 beside them (ms)", f"{p99['crowded']:.1f}", f"{MOST_ACK_MS:.0f}"),
    ]
    problems = [f"a socket costs {each:.0f} kB"] if each > MOST_KB else []
    problems += [f"{lost} idle sockets were lost"] if lost else []
    problems += ["those who talk are slowed down too much"] if p99["crowded"] > MOST_ACK_MS else []
    return rows, problems


async def _talk(product: Program, seats: list[Seat], options: argparse.Namespace) -> list[float]:
    """Seconds of every acknowledgement while the hundred talk."""
    crowd = Crowd([product.port], seats)
    await crowd.enter()
    await crowd.talk(options.rate, options.seconds)
    await crowd.hush()
    await crowd.leave()
    return [seconds for *_, seconds in crowd.ledger.acknowledged.values()]


async def _connect(port: int, keys: list[str]) -> list[Wire]:
    gate = asyncio.Semaphore(GATE)

    async def one(key: str) -> Wire:
        async with gate:
            wire = Wire(f"ws://{HOST}:{port}", {"Cookie": f"smartsupport={key}"}, lambda name, data: None)
            await wire.open()
            return wire

    return await asyncio.gather(*(one(key) for key in keys))


def _cpu(pid: int) -> float:
    """Seconds of processor time a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
