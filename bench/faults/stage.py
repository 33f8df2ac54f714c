"""An experiment: people talk, a fault strikes, all is healed, and the account is drawn up."""

import asyncio
import contextlib
import random
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import sqlalchemy as sa

from bench.faults.box import Box
from bench.faults.check import Findings, check, told_late
from bench.faults.client import Client
from bench.faults.load import Load
from bench.ledger import Ledger, milliseconds

#: fewer acknowledged messages, or a fault that struck nobody, prove nothing
ENOUGH = 1000
#: seconds that everybody has to catch up when the fault is over
DRAIN = 60.0


@dataclass(frozen=True)
class Scale:
    """How much of everything: as much as the machine bears beside others, less for a short run."""

    users: int
    rate: float
    enough: int
    #: how often or how long the fault strikes, as a share of what the experiment wants
    share: float
    #: how likely each operation is the last one of a process that dies by itself
    chance: float = 0.01
    #: by how much the time limits are stretched: neighbours who want the processors make everything slower
    patience: float = 1.0


FULL = Scale(users=220, rate=40.0, enough=ENOUGH, share=1.0)
#: beside neighbours who keep the machine busy (a load of BUSY and more), a run at full scale would measure them
MODEST = Scale(users=44, rate=12.0, enough=ENOUGH, share=0.5, patience=3.0)
BUSY = 4.0
SHORT = Scale(users=22, rate=25.0, enough=100, share=0.1, chance=0.05, patience=5.0)


@dataclass
class Stage:
    """What an experiment works with while it runs."""

    box: Box
    load: Load
    ledger: Ledger
    chance: random.Random
    scale: Scale
    engine: sa.Engine
    #: how often the fault struck
    strikes: int = 0
    first_ok: list[float] = field(default_factory=list)
    back: list[float] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    #: more figures, for the reader: title → value
    figures: dict[str, str] = field(default_factory=dict)

    def strike(self, what: str) -> float:
        """The fault strikes now; returns the moment."""
        self.strikes += 1
        self.ledger.note("fault", fault=what)
        return time.monotonic()

    async def healed(self, struck: float, seconds: float = DRAIN, among: list[Client] | None = None) -> None:
        """The fault is over: until everybody whom it struck has come back, which is timed."""
        self.ledger.note("healed")
        found = await self.load.recovered(struck, seconds, among)
        self.expect(found is not None, f"not everybody was back {seconds:.0f} s after the fault was healed")
        if found is not None:
            self.back.append(found)
        if (first := self.ledger.first_ok_after(struck)) is not None:
            self.first_ok.append(first)

    def expect(self, is_so: bool, otherwise: str) -> None:
        """The experiment's own pass line."""
        if not is_so:
            self.problems.append(otherwise)

    def within(self, seconds: float) -> float:
        """A time limit, on this machine today."""
        return seconds * self.scale.patience

    def times(self, most: int) -> int:
        """How often, at this scale."""
        return max(1, round(most * self.scale.share))

    def seconds(self, most: float) -> float:
        """How long, at this scale."""
        return max(3.0, most * self.scale.share)

    async def pause(self, least: float, most: float) -> None:
        await asyncio.sleep(self.chance.uniform(least, most))


@dataclass(frozen=True)
class Experiment:
    """One fault of the catalogue and what must hold."""

    code: str
    title: str
    run: Callable[[Stage], Awaitable[None]]
    setups: tuple[str, ...] = ("sqlite", "mariadb")
    #: web processes, where the set-up allows several
    webs: int = 1
    settings: dict[str, str] = field(default_factory=dict)
    #: people, where the experiment wants another number than all others
    users: int = 0


EXPERIMENTS: dict[str, Experiment] = {}


def experiment(code: str, title: str, **more) -> Callable:
    """Register the function that strikes: `async def f(stage)`. People are talking when it is called, and go on."""

    def decorate(function: Callable[[Stage], Awaitable[None]]) -> Callable:
        EXPERIMENTS[code] = Experiment(code, title, function, **more)
        return function

    return decorate


@dataclass
class Result:
    """What came out."""

    experiment: Experiment
    stage: Stage
    findings: Findings
    converge: float | None
    seconds: float

    @property
    def verdict(self) -> str:
        if self.problems:
            return "FAIL"
        if not self.stage.strikes or len(self.stage.ledger.acknowledged) < self.stage.scale.enough:
            return "invalid"
        return "pass"

    @property
    def problems(self) -> list[str]:
        return self.findings.problems + self.stage.problems

    def row(self) -> tuple:
        found, stage = self.findings, self.stage
        acks = stage.ledger.ack_times()
        return (
            self.experiment.code,
            len(stage.ledger.acknowledged),
            stage.strikes,
            found.lost_acked,
            found.dup_rows,
            found.dup_shown,
            found.order_err,
            found.leak,
            _worst(stage.first_ok),
            _worst(stage.back),
            "–" if self.converge is None else f"{self.converge:.1f}",
            milliseconds(acks, 0.5),
            milliseconds(acks, 0.99),
            self.verdict,
        )


HEAD = (
    "fault",
    "acked",
    "strikes",
    "lost_acked",
    "dup_rows",
    "dup_shown",
    "order_err",
    "leak",
    "first ok s",
    "all back s",
    "converge s",
    "ack p50 ms",
    "ack p99 ms",
    "verdict",
)


def perform(experiment: Experiment, box: Box, scale: Scale, seed: int) -> Result:
    """Run one experiment in a box, and judge it."""
    seats = box.crowd((experiment.users and round(experiment.users * min(1.0, 3 * scale.share))) or scale.users)
    number = experiment.webs if box.redis is not None else 1
    box.start_webs(number, **experiment.settings)
    engine = sa.create_engine(box.database_url)
    mark = f"{experiment.code}x{seed}"
    try:
        with Ledger(box.folder / f"{experiment.code}.jsonl", mark) as ledger:
            return asyncio.run(_perform(experiment, box, scale, seats, ledger, engine, random.Random(seed)))
    finally:
        engine.dispose()
        box.end_webs()


async def _perform(experiment, box, scale, seats, ledger, engine, chance) -> Result:
    # REST calls wait in threads: as many as there are people who may wait at once
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(64))
    began = time.monotonic()
    load = Load(seats, [web.port for web in box.webs], ledger, chance)
    stage = Stage(box, load, ledger, chance, scale, engine)
    try:
        await load.enter()
        load.start(scale.rate)
        with contextlib.suppress(asyncio.CancelledError):
            await experiment.run(stage)
        await load.until(scale.enough, seconds=4 * scale.enough / scale.rate)
        await load.stop()
        quiet = time.monotonic()
        converge = await load.converged(engine, quiet, DRAIN)
        stage.expect(converge is not None, f"{len(load.behind)} views behind after {DRAIN:.0f} s: {load.behind[:3]}")
        await told_late(engine, DRAIN)  # events told late by the sweep have their time, too
        stage.figures["answers"] = ", ".join(f"{count} {kind}" for kind, count in ledger.answers().most_common())
        stage.expect(not load.problems, f"{len(load.problems)} clients stumbled: {load.problems[:2]}")
        findings = await check(ledger, load.clients, engine, box.files, patience=DRAIN)
    finally:
        await load.leave()
    stage.expect(not ledger.answers()["internal"], f"{ledger.answers()['internal']} errors that were not foreseen")
    return Result(experiment, stage, findings, converge, time.monotonic() - began)


def _worst(values: list[float]) -> str:
    return f"{max(values):.1f}" if values else "–"
