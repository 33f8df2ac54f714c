"""Web processes that die: F01, F04, F05, F25."""

import asyncio
import time
from pathlib import Path

import sqlalchemy as sa

from bench.faults.proxy import Proxy
from bench.faults.stage import Stage, experiment
from models.audit import AuditLog

#: how long a service may be away, and until everybody is back
AWAY, BACK = 10.0, 30.0


@experiment("F01", "kill -9 the only web process under load, again and again")
async def killed(stage: Stage) -> None:
    web = stage.box.webs[0]
    for _ in range(stage.times(20)):
        await stage.pause(1, 4)
        struck = stage.strike("kill -9")
        web.kill9()
        await asyncio.to_thread(stage.box.start, web)
        await stage.healed(struck)
    _expect_quick(stage)


@experiment("F04", "die between commit and telling")
async def untold(stage: Stage) -> None:
    await _die_and_rise(stage, "after_commit", stage.times(10))


@experiment("F05", "die between commit and acknowledgement, and acknowledgements that get lost")
async def unacknowledged(stage: Stage) -> None:
    web = stage.box.webs[0]
    async with Proxy(web.port) as proxy:
        await _move(stage, proxy.port)
        for _ in range(stage.times(10)):
            await stage.pause(1, 3)
            struck = stage.strike("acknowledgements swallowed")
            deaf = proxy.deafen()
            await asyncio.sleep(0.5)
            for line in deaf:
                line.cut()
            await stage.healed(struck)
    await _move(stage, web.port)
    await _die_and_rise(stage, "before_ack", stage.times(8))
    repeated = [said for said in stage.ledger.acknowledged if len(said.tries) > 1]
    stage.figures["messages said more than once"] = str(len(repeated))
    stage.expect(bool(repeated), "nobody had to repeat anything: the fault struck nobody")


@experiment("F25", "a thousand clients come back at once", users=1000)
async def storm(stage: Stage) -> None:
    web = stage.box.webs[0]
    await asyncio.sleep(stage.seconds(10))
    signed_in = await asyncio.to_thread(_sign_ins, stage)
    before = await _share(web.process.pid)
    struck = stage.strike("restart")
    web.kill9()
    await asyncio.to_thread(stage.box.start, web)
    await stage.healed(struck, stage.within(90))
    stage.expect(bool(stage.back) and stage.back[0] <= stage.within(60), "not everybody was back within 60 s")
    at_rest = max(before * 1.5, before + 0.15)
    until = time.monotonic() + stage.within(30)
    while (after := await _share(web.process.pid)) > at_rest and time.monotonic() < until:
        pass
    stage.figures["clients"] = str(len(stage.load.clients))
    stage.figures["processor share of the web process before → after"] = f"{before:.2f} → {after:.2f}"
    stage.expect(after <= at_rest, "the processor does not come to rest again")
    stage.expect(await asyncio.to_thread(_sign_ins, stage) == signed_in, "coming back cost sign-ins")


async def _die_and_rise(stage: Stage, place: str, times: int) -> None:
    """A process that dies by itself at this place is started again at once, until it has died so often."""
    web = stage.box.webs[0]
    web.kill9()
    web.settings["FAIL_POINT"] = f"{place}:{stage.scale.chance}"
    await asyncio.to_thread(stage.box.start, web)
    for _ in range(times):
        await asyncio.to_thread(web.process.wait, 120)
        struck = stage.strike("died")
        stage.expect(web.process.returncode == 9, f"the process ended with {web.process.returncode}")
        await asyncio.to_thread(stage.box.revive, web)
        # it may die again before everybody is back: only the last time is waited for
        while web.is_running() and not all(client.resumed_at > struck for client in stage.load.clients):
            await asyncio.sleep(0.05)
    web.kill9()
    web.settings["FAIL_POINT"] = ""
    struck = time.monotonic()
    await asyncio.to_thread(stage.box.start, web)
    await stage.healed(struck)
    _expect_quick(stage)


async def _move(stage: Stage, port: int) -> None:
    """Everybody leaves and comes back by another way."""
    moved = time.monotonic()
    for client in stage.load.clients:
        client.move(port)
    await stage.load.recovered(moved, 60)


def _expect_quick(stage: Stage) -> None:
    stage.expect(bool(stage.first_ok) and max(stage.first_ok) <= stage.within(AWAY), "away for too long")
    stage.expect(bool(stage.back) and max(stage.back) <= stage.within(BACK), "not everybody was back in time")


def _sign_ins(stage: Stage) -> int:
    with stage.engine.connect() as connection:
        table = AuditLog.__table__
        return connection.scalar(sa.select(sa.func.count()).where(table.c.operation.like("sign_in%")))


async def _share(pid: int, seconds: float = 5.0) -> float:
    """The share of one processor that a process uses."""

    def used() -> float:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / 100

    before = used()
    await asyncio.sleep(seconds)
    return (used() - before) / seconds
