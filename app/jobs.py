"""Where jobs run: handed to Celery's broker, or inside this process when there is none (the default)."""

import fcntl
import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from flask import Flask
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from app.breaker import Breaker
from app.offload import background
from celery_app import celery_app

logger = logging.getLogger(__name__)

#: file in DATA_DIR, held by the process that runs the timetable
TURN = "timetable.lock"


class Jobs:
    """`send` a task by name. What must not get lost is told to the outbox by the task itself (`app.delivery`)."""

    def __init__(self):
        self.app: Flask | None = None
        self.inside = True
        self._running: dict[str, threading.Lock] = {}
        #: what runs in this process → whether it was sent again meanwhile
        self._sent: dict[tuple, bool] = {}
        self._sending = threading.Lock()
        self._turn: TextIO | None = None
        self._is_at_once = False
        self._broker = Breaker("the job broker")

    def configure(self, app: Flask, broker_url: str) -> None:
        self.app, self.inside = app, not broker_url

    def send(self, name: str, **arguments) -> None:
        """Have the task run soon. A broker that cannot be reached is no reason to fail: the timetable repeats."""
        if self._is_at_once:
            self._run(name, arguments)
            return
        if self.inside:
            self._send_inside(name, arguments)
            return
        if not self._broker.lets_through():
            return
        try:
            celery_app.send_task(name, kwargs=arguments, retry=False)
        except (OSError, OperationalError, RedisError) as error:
            self._broker.failed(error)
        else:
            self._broker.worked()

    @property
    def is_at_once(self) -> bool:
        """Whether what is sent is done before `send` returns, as in commands."""
        return self._is_at_once

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """Inside, a job is done before `send` returns, with a broker too: for commands, whose process soon ends."""
        self._is_at_once = True
        try:
            yield
        finally:
            self._is_at_once = False

    def run_timetable(self, turn: Path) -> None:
        """The timetable inside this process: every entry at its interval, never twice at once.

        Of several processes with the same data only one runs it, whoever holds the file `turn`: what the timetable
        tells is heard by the browsers of the process that tells it.
        """
        self._turn = turn.open("w")
        if not _take(self._turn):
            logger.warning(
                "another process serves the same data; without REDIS_URL their browsers do not hear each other"
            )
            while not _take(self._turn):
                time.sleep(1)
        entries = {
            name: [entry["task"], float(entry["schedule"]), time.monotonic() + float(entry["schedule"])]
            for name, entry in celery_app.conf.beat_schedule.items()
        }
        while True:
            now = time.monotonic()
            for entry in entries.values():
                task, interval, due = entry
                if now >= due:
                    entry[2] = now + interval
                    background(self._run_alone, task)
            time.sleep(0.5)

    def _send_inside(self, name: str, arguments: dict) -> None:
        """What runs already runs once more afterwards, however often it is sent meanwhile: it sees all that came."""
        key = (name, *sorted(arguments.items()))
        with self._sending:
            runs = key in self._sent
            self._sent[key] = runs
        if not runs:
            background(self._run_while_sent, key, name, arguments)

    def _run_while_sent(self, key: tuple, name: str, arguments: dict) -> None:
        while True:
            self._run(name, arguments)
            with self._sending:
                if not self._sent[key]:
                    del self._sent[key]
                    return
                self._sent[key] = False

    def _run_alone(self, name: str) -> None:
        lock = self._running.setdefault(name, threading.Lock())
        if lock.acquire(blocking=False):
            try:
                self._run(name, {})
            finally:
                lock.release()

    def _run(self, name: str, arguments: dict) -> None:
        try:
            with self.app.app_context():
                celery_app.tasks[name](**arguments)
        except Exception:
            logger.exception("job %s failed", name)


def _take(turn: TextIO) -> bool:
    """Whether this process has the file now; it keeps it until it ends, however it ends."""
    try:
        fcntl.flock(turn, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


jobs = Jobs()
