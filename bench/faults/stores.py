"""What the product stands on breaks: Redis dies or hangs, the database dies or is locked. F06, F07, F10, F12."""

import asyncio
import sqlite3
import subprocess
import sys
import time
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from bench.faults.check import newest
from bench.faults.stage import Stage, experiment
from bench.ledger import milliseconds
from bench.report import percentile
from tests.servers import clean_environment

#: after Redis is back, everybody must know everything said meanwhile
KNOWN_AGAIN = 10.0
#: the longest an answer may take: without Redis, while it hangs (99 of 100), while the database is locked
WITHOUT_REDIS, WITH_HUNG_REDIS, LOCKED = 2.0, 1.5, 6.0
DATABASE_BACK = 30.0

#: a program that begins to write, says so, and never comes to an end
_WRITER = """
import sqlite3, sys, time
connection = sqlite3.connect(sys.argv[1], timeout=30, isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
connection.execute("UPDATE chat_message SET content = 'half written'")
print("writing", flush=True)
time.sleep(600)
"""


@experiment("F06", "Redis is killed and comes back", setups=("mariadb",), webs=2)
async def redis_killed(stage: Stage) -> None:
    for _ in range(stage.times(2)):
        await stage.pause(2, 4)
        struck = stage.strike("kill -9 redis")
        stage.box.redis.kill9()
        await _endure(stage, stage.seconds(30))
        await asyncio.to_thread(stage.box.start, stage.box.redis)
        await _all_know(stage, struck)
        worst = max(stage.ledger.answer_times(struck))
        stage.expect(worst <= stage.within(WITHOUT_REDIS), f"an answer took {worst:.1f} s without Redis")


@experiment("F07", "Redis hangs", setups=("mariadb",), webs=2)
async def redis_hangs(stage: Stage) -> None:
    for _ in range(stage.times(2)):
        await stage.pause(2, 4)
        with stage.box.frozen(stage.box.redis):
            struck = stage.strike("SIGSTOP redis")
            await _endure(stage, stage.seconds(30))
            times = stage.ledger.answer_times(struck)
        await _all_know(stage, struck)
        stage.figures["answers while it hung, p50 / p99 (ms)"] = (
            f"{milliseconds(times, 0.5)} / {milliseconds(times, 0.99)}"
        )
        stage.expect(percentile(times, 0.99) < stage.within(WITH_HUNG_REDIS), "answers wait for a Redis that hangs")


async def _endure(stage: Stage, seconds: float) -> None:
    """While it lasts, people do not only talk: an agent says that he is busy, which queues a job each time."""
    agent = next(client for client in stage.load.clients if client.seat.is_agent)
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        for presence in ("busy", "online"):
            began = time.monotonic()
            await agent.persist(lambda presence=presence: agent.rest.put("/agents/me/presence", {"presence": presence}))
            took = time.monotonic() - began
            stage.expect(took <= stage.within(WITHOUT_REDIS), f"becoming {presence} took {took:.1f} s")
            await asyncio.sleep(min(1.0, seconds / 4))


async def _all_know(stage: Stage, struck: float) -> None:
    """What was said until now is known to everybody soon, though nobody has reconnected."""
    healed = time.monotonic()
    said = await asyncio.to_thread(newest, stage.engine, stage.load.conversations)

    def known() -> bool:
        return all(said.are_known_to(client) for client in stage.load.clients)

    while not known() and time.monotonic() < healed + stage.within(2 * KNOWN_AGAIN):
        await asyncio.sleep(0.05)
    took = time.monotonic() - healed
    stage.back.append(took)
    stage.expect(
        known() and took <= stage.within(KNOWN_AGAIN), f"{took:.0f} s after Redis was back not everybody knew all"
    )
    if (first := stage.ledger.first_ok_after(struck)) is not None:
        stage.first_ok.append(first)


@experiment("F10", "the database is killed while it writes (SQLite: its writers are)")
async def database_killed(stage: Stage) -> None:
    for _ in range(stage.times(5)):
        await stage.pause(2, 5)
        if stage.box.database is not None:
            struck = stage.strike("kill -9 mariadbd")
            stage.box.database.kill9()
            await asyncio.sleep(1)
            await asyncio.to_thread(stage.box.start, stage.box.database)
            kinds = set(stage.ledger.answers(struck)) - {"ok", "unknown", "unavailable"}
            stage.expect(not kinds, f"refusals that do not say that one may try again: {kinds}")
        else:
            struck = stage.strike("kill -9 a writer, kill -9 the web process")
            await asyncio.to_thread(_write_half, _sqlite_file(stage))
            stage.box.webs[0].kill9()
            await asyncio.to_thread(stage.box.start, stage.box.webs[0])
        await _healed_in_place(stage, struck)
    if stage.box.database is None:
        with sqlite3.connect(_sqlite_file(stage)) as connection:
            (verdict,) = connection.execute("PRAGMA integrity_check").fetchone()
            stage.expect(verdict == "ok", f"integrity_check says {verdict}")
            stage.expect(not connection.execute("PRAGMA foreign_key_check").fetchall(), "foreign keys point nowhere")
            halves = connection.execute("SELECT COUNT(*) FROM chat_message WHERE content = 'half written'").fetchone()
            stage.expect(halves == (0,), "half of a transaction was kept")


async def _healed_in_place(stage: Stage, since: float) -> None:
    """Whoever spoke has his answer so long after the strike, or after a lock was lifted; sockets may have stayed."""
    before = [said for said in stage.ledger.open if said.began < time.monotonic()]
    deadline = since + stage.within(2 * DATABASE_BACK)
    while any(said.is_open for said in before) and time.monotonic() < deadline:
        await asyncio.sleep(0.05)
    stage.back.append(time.monotonic() - since)
    stage.expect(stage.back[-1] <= stage.within(DATABASE_BACK), "not everybody had an answer in time")
    if (first := stage.ledger.first_ok_after(since)) is not None:
        stage.first_ok.append(first)


@experiment("F12", "the table of messages is locked (SQLite: somebody else writes)")
async def locked(stage: Stage) -> None:
    for _ in range(stage.times(2)):
        await stage.pause(2, 4)
        struck = time.monotonic()
        with _lock(stage):
            stage.strike("locked")
            await asyncio.sleep(stage.seconds(30))
            acknowledged = stage.ledger.answers(struck + 0.5)["ok"]
            stage.expect(not acknowledged, f"{acknowledged} messages acknowledged that cannot have been stored")
        await _healed_in_place(stage, time.monotonic())
        worst = max(stage.ledger.answer_times(struck), default=0.0)
        stage.expect(worst <= stage.within(LOCKED), f"an answer took {worst:.1f} s while the table was locked")
        stage.figures["longest answer (s)"] = f"{worst:.1f}"


def _lock(stage: Stage) -> AbstractContextManager:
    return _mariadb_lock(stage) if stage.box.database is not None else _sqlite_lock(_sqlite_file(stage))


@contextmanager
def _mariadb_lock(stage: Stage):
    with stage.box.database.connect("bench") as connection, connection.cursor() as cursor:
        cursor.execute("LOCK TABLES chat_message WRITE")
        yield
        cursor.execute("UNLOCK TABLES")


@contextmanager
def _sqlite_lock(path: Path):
    connection = sqlite3.connect(path, timeout=30, isolation_level=None)
    connection.execute("BEGIN EXCLUSIVE")
    try:
        yield
    finally:
        connection.execute("ROLLBACK")
        connection.close()


def _write_half(path: Path) -> None:
    """A program that dies in the midst of a transaction of its own."""
    writer = subprocess.Popen(
        [sys.executable, "-c", _WRITER, str(path)], env=clean_environment(), stdout=subprocess.PIPE
    )
    with writer.stdout:
        writer.stdout.readline()
        writer.kill()
        writer.wait()


def _sqlite_file(stage: Stage) -> Path:
    return Path(stage.box.settings["DATA_DIR"]) / "smartsupport.db"
