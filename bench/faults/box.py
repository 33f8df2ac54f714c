"""The processes of an experiment: the product on one of its set-ups, everything private and on free ports."""

import contextlib
import os
import secrets
import signal
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Self

import sqlalchemy as sa
from flask import Flask

from app.factory import create_app
from bench.crowd import Seat, another_key, member, seat
from bench.http import BenchMariaDB
from bench.process import talking_settings
from config import Config
from models.actor import system
from models.conversations import Conversation, ConversationStatus
from models.organization import Agent, Presence
from services.operation import write
from tests.servers import AppProcess, AppServer, Redis, Server, run_cli

TENANT = 1


class Box:
    """`with Box(folder, "mariadb") as box:` a migrated database, and Redis with MariaDB; web processes on demand."""

    def __init__(self, folder: Path, name: str):
        self.folder, self.name = folder, name
        self.webs: list[AppServer] = []
        self.database: BenchMariaDB | None = None
        self.redis: Redis | None = None
        self.settings: dict[str, str] = {}
        self.app: Flask | None = None
        self._crowds = 0
        self._helpers: list[AppProcess] = []
        self._stack = contextlib.ExitStack()
        # processes are started from threads that live as long as they do: they end when these do
        self._starter = ThreadPoolExecutor(4, thread_name_prefix="starter")

    def __enter__(self) -> Self:
        settings = talking_settings(self.folder)
        if self.name == "mariadb":
            self.database = self._stack.enter_context(BenchMariaDB(self.folder / "mariadb"))
            self.redis = self._stack.enter_context(Redis(self.folder / "redis"))
            settings |= {"DATABASE_URL": self.database.create_database("bench"), "REDIS_URL": self.redis.url}
        run_cli("migrate", settings=settings)
        self.settings = settings
        self.app = create_app(Config(settings))
        return self

    def __exit__(self, *problem: object) -> None:
        self.end_webs()
        self._starter.shutdown()
        self._stack.close()

    @property
    def database_url(self) -> str:
        return Config(self.settings).database_url

    @property
    def files(self) -> Path:
        return Config(self.settings).data_dir / "files"

    def crowd(self, users: int) -> list[Seat]:
        """New people in running conversations; those of earlier experiments have gone home."""
        self._crowds += 1
        with self.app.app_context():
            with write(TENANT) as session:
                session.execute(sa.update(Conversation).values(status=ConversationStatus.closed))
                session.execute(sa.update(Agent).values(presence=Presence.offline, current_count=0))
            return seat(system(TENANT), users, mark=f"{chr(64 + self._crowds)}")

    def supervisor(self) -> Seat:
        """Somebody who may step into everybody's conversations."""
        with self.app.app_context():
            return member(system(TENANT), "supervisor", f"{chr(64 + self._crowds)}S")

    def another_key(self, seat: Seat) -> str:
        """Somebody whose sign-in has ended signs in anew."""
        with self.app.app_context():
            return another_key(system(TENANT), seat)

    # --- web processes ------------------------------------------------------------------------------------------

    def start_webs(self, number: int, **more: str) -> None:
        """So many web processes; beside Redis also the worker and the timetable that they leave the jobs to."""
        self.webs = [self._server(more) for _ in range(number)]
        helpers = [("worker", " ready."), ("beat", "beat: Starting...")] if self.redis else []
        for command, ready in helpers:
            settings = {**self.settings, "LOG_LEVEL": "INFO"}  # they say only there that they are ready
            self._helpers.append(AppProcess(self.folder / f"{command}-{self._crowds}", settings, command, ready=ready))
        for started in [self._starter.submit(process.start) for process in (*self.webs, *self._helpers)]:
            started.result()

    def _server(self, more: Mapping[str, str]) -> AppServer:
        return AppServer(self.folder / f"web-{self._crowds}-{secrets.token_hex(2)}", {**self.settings, **more})

    def end_webs(self) -> None:
        """Kill rather than stop: an experiment may have left them in any state, and its account is closed."""
        for process in (*self.webs, *self._helpers):
            if process.process is not None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.process.pid, signal.SIGCONT)
                process.kill9()
        self.webs, self._helpers = [], []

    def start(self, process: Server) -> None:
        """Start one that was killed; from any thread."""
        self._starter.submit(process.start).result()

    def revive(self, process: Server) -> bool:
        """Start one that has ended by itself; whether it had."""
        if process.is_running():
            return False
        process.kill9()  # what it may have left behind
        self.start(process)
        return True

    @contextlib.contextmanager
    def frozen(self, process: Server):
        """It neither works nor ends: hung."""
        os.kill(process.process.pid, signal.SIGSTOP)
        try:
            yield time.monotonic()
        finally:
            os.kill(process.process.pid, signal.SIGCONT)
