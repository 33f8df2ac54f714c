"""Private servers for tests: MariaDB, Redis and the product itself, each in its own folder and on a free port.

They are started from the installed programs, waited for until they answer, and stopped by process group. No test
touches a server that it did not start. Each writes a log into its folder, whose end is part of every failure.
"""

import contextlib
import ctypes
import os
import random
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar, Self

import pymysql
import redis

from tests import network, programs

ROOT = Path(__file__).resolve().parent.parent
HOST = "127.0.0.1"

#: what our processes inherit; all else, above all settings that name a real database, stays outside
INHERITED = (
    "PATH",
    "HOME",
    "USER",
    "LANG",
    "LC_",
    "TZ",
    "TMPDIR",
    "PYTHON",
    "VIRTUAL_ENV",
    "LD_LIBRARY_PATH",
    "TESTS_LINES_",
    "OMP_NUM_THREADS",
    "SYSTEMROOT",
)
#: no model hub is asked, even where a test names a model
OFFLINE = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"}

_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None
_PR_SET_PDEATHSIG = 1


class ServerFailed(Exception):
    """A server did not start, did not stop or did what it must not; the text holds the end of its log."""


def free_port() -> int:
    """A port nobody listens on.

    Taken from below the range of outgoing connections: there, a connection could take the port while a test
    restarts its server, or even meet itself on a port where nobody listens.
    """
    for port in random.sample(range(20_000, 32_000), 200):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):  # taken: the next one
                probe.bind((HOST, port))
                return port
    raise ServerFailed("no free port between 20000 and 32000")


def clean_environment(**settings: str) -> dict[str, str]:
    """The environment of a process of ours: what every program needs, and these settings."""
    inherited = {name: value for name, value in os.environ.items() if name.startswith(INHERITED)}
    # hundreds of starts: what one has compiled, the next need not
    inherited.pop("PYTHONDONTWRITEBYTECODE", None)
    return inherited | OFFLINE | settings


def _end_with_the_tests() -> None:
    # a test run that is killed must not leave servers behind
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


class Server:
    """A process with a port: `with Redis(folder) as redis: …`, or start() and stop()."""

    start_seconds = 60.0
    stop_seconds = 20.0

    def __init__(self, folder: Path):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.log = self.folder / f"{type(self).__name__.lower()}.log"
        self.port = free_port()
        self.process: subprocess.Popen | None = None
        self._started_at = 0  # where in the log the latest start begins
        self._ended_by_us = True

    def command(self) -> Sequence[str]:
        raise NotImplementedError

    def environment(self) -> Mapping[str, str]:
        return clean_environment()

    def standard_input(self) -> bytes:
        """What the program reads when it starts; secrets stand here rather than among the arguments."""
        return b""

    def answers(self) -> bool:
        """Whether it can be used."""
        return self.accepts_connections()

    def accepts_connections(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection((HOST, self.port), timeout=1):
            return True
        return False

    def start(self) -> Self:
        """Start the process and wait until it answers. Raises ServerFailed."""
        with open(self.log, "ab") as log:
            self._started_at = log.tell()
            self._ended_by_us = False
            self.process = subprocess.Popen(
                self.command(),
                cwd=ROOT,
                env=self.environment(),
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_end_with_the_tests,
            )
        with contextlib.suppress(BrokenPipeError):  # it ended before reading: reported just below
            self.process.stdin.write(self.standard_input())
            self.process.stdin.close()
        deadline = time.monotonic() + self.start_seconds
        while True:
            try:
                self.process.wait(timeout=0.05)
            except subprocess.TimeoutExpired:  # alive
                if self.answers():
                    return self
            else:
                self._ended_by_us = True  # said here once
                raise self.failure(f"ended with code {self.process.returncode} before it answered")
            if time.monotonic() > deadline:
                self.kill9()
                raise self.failure(f"did not answer within {self.start_seconds:.0f} s")

    def stop(self) -> None:
        """Ask it to end, and wait. Raises ServerFailed when it does not, or had ended by itself."""
        if self._ended_by_us:
            return
        self._ended_by_us = True
        if not self.is_running():
            raise self.failure(f"had ended by itself with code {self.process.returncode}")
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(timeout=self.stop_seconds)
        except subprocess.TimeoutExpired:
            raise self.failure(f"did not end within {self.stop_seconds:.0f} s of SIGTERM") from None
        finally:
            self._end_group()

    def kill9(self) -> None:
        """End it and its children as a crash would: nothing is written any more."""
        self._ended_by_us = True
        self._end_group()

    def restart(self) -> Self:
        """Stop it if it runs, and start it again on the same port and data."""
        self.stop()
        return self.start()

    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def log_text(self, since: int = 0) -> str:
        """What it wrote, from a position in the log on."""
        if not self.log.exists():
            return ""
        with open(self.log, "rb") as file:
            file.seek(since)
            return file.read().decode(errors="replace")

    def failure(self, what: str) -> ServerFailed:
        tail = "\n".join(self.log_text().splitlines()[-40:])
        return ServerFailed(f"{type(self).__name__} {what}. The end of {self.log}:\n{tail}")

    def _end_group(self) -> None:
        with contextlib.suppress(ProcessLookupError):  # nobody of the group is left
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *problem: object) -> None:
        self.stop()


class MariaDB(Server):
    """An empty MariaDB with one user, whose password nobody else on the machine knows."""

    user = "tests"

    def __init__(self, folder: Path):
        super().__init__(folder)
        self.password = secrets.token_urlsafe(24)
        self.data = self.folder / "data"
        #: of its own: one that starts removes what it takes for leftovers there, the tables of the others too
        self.scratch = self.folder / "tmp"

    def command(self) -> Sequence[str]:
        return [
            programs.find("mariadbd"),
            "--no-defaults",
            f"--datadir={self.data}",
            f"--tmpdir={self.scratch}",
            *self._as_user(),
            f"--port={self.port}",
            f"--bind-address={HOST}",
            "--skip-name-resolve",
            "--socket=server.sock",  # within the data folder: a full path may be longer than sockets allow
            "--pid-file=server.pid",
            f"--init-file={self._accounts()}",
            "--character-set-server=utf8mb4",
            "--collation-server=utf8mb4_unicode_ci",
            # quick rather than proof against power cuts; a killed process still loses nothing
            "--innodb-flush-log-at-trx-commit=2",
            "--innodb-buffer-pool-size=64M",
            "--innodb-log-file-size=32M",
            "--skip-log-bin",
            "--performance-schema=OFF",
            "--max-connections=200",
        ]

    def start(self) -> Self:
        self.scratch.mkdir(parents=True, exist_ok=True)
        if not self.data.exists():
            self._install()
        return super().start()

    def answers(self) -> bool:
        try:
            self.connect().close()
        except pymysql.OperationalError:
            return False
        return True

    def connect(self, database: str | None = None) -> pymysql.Connection:
        """A connection of a test's own, which commits by itself."""
        return pymysql.connect(
            host=HOST,
            port=self.port,
            user=self.user,
            password=self.password,
            database=database,
            charset="utf8mb4",
            autocommit=True,
            connect_timeout=5,
        )

    def create_database(self, name: str) -> str:
        """An empty database of this name, instead of an older one; returns its SQLAlchemy URL."""
        with self.connect() as connection, connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE IF EXISTS `{name}`")
            cursor.execute(f"CREATE DATABASE `{name}` CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci")
        return f"mysql+pymysql://{self.user}:{self.password}@{HOST}:{self.port}/{name}?charset=utf8mb4"

    def _install(self) -> None:
        done = subprocess.run(
            [
                programs.find("mariadb-install-db"),
                "--no-defaults",
                f"--datadir={self.data}",
                *self._as_user(),
                "--auth-root-authentication-method=normal",
                "--skip-test-db",
                "--skip-name-resolve",
            ],
            env={**clean_environment(), "TMPDIR": str(self.scratch)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        self.log.write_text(done.stdout + done.stderr)
        if done.returncode:
            raise self.failure("could not be installed into its folder")

    def _accounts(self) -> Path:
        """A file of statements run at each start: our user gets everything, the password-less root goes."""
        path = self.folder / "accounts.sql"
        account = f"'{self.user}'@'{HOST}'"
        path.touch(mode=0o600)
        path.write_text(
            f"CREATE OR REPLACE USER {account} IDENTIFIED BY '{self.password}';\n"
            f"GRANT ALL PRIVILEGES ON *.* TO {account} WITH GRANT OPTION;\n"
            "DELETE FROM mysql.global_priv WHERE User IN ('root', '');\n"
            "FLUSH PRIVILEGES;\n"
        )
        return path

    @staticmethod
    def _as_user() -> list[str]:
        return ["--user=root"] if os.geteuid() == 0 else []  # as root it refuses to run without being told so


class Redis(Server):
    """A Redis that keeps nothing on disk."""

    def __init__(self, folder: Path):
        super().__init__(folder)
        self.password = secrets.token_urlsafe(24)

    @property
    def url(self) -> str:
        return f"redis://:{self.password}@{HOST}:{self.port}/0"

    def client(self) -> redis.Redis:
        """A connection of a test's own."""
        return redis.Redis.from_url(self.url)

    def command(self) -> Sequence[str]:
        return [programs.find("redis-server"), "-"]

    def standard_input(self) -> bytes:
        return (
            f'bind {HOST}\nport {self.port}\ndir {self.folder}\nrequirepass {self.password}\nsave ""\nappendonly no\n'
        ).encode()


class AppProcess(Server):
    """A command of the product that keeps running, e.g. worker, on the settings given and no others.

    It has started when its log holds the text `ready`.
    """

    #: all that were started and not stopped, for the report of a failed test
    running: ClassVar[list["AppProcess"]] = []

    def __init__(self, folder: Path, settings: Mapping[str, str], *arguments: str, ready: str):
        super().__init__(folder)
        self.settings = dict(settings)
        self.arguments = arguments
        self.ready = ready
        self.network_log = self.folder / "network.log"

    def command(self) -> Sequence[str]:
        return [*guarded("app.cli"), *self.arguments]

    def environment(self) -> Mapping[str, str]:
        return clean_environment(**self.settings, **{network.LOG_VARIABLE: str(self.network_log)})

    def start(self) -> Self:
        super().start()
        AppProcess.running.append(self)
        return self

    def answers(self) -> bool:
        return self.ready in self.log_text(since=self._started_at)

    def stop(self) -> None:
        self._forget()
        super().stop()
        if self.network_log.exists():
            reached = ", ".join(self.network_log.read_text().splitlines())
            raise self.failure(f"tried to reach other machines: {reached}")

    def kill9(self) -> None:
        self._forget()
        super().kill9()

    def _forget(self) -> None:
        if self in AppProcess.running:
            AppProcess.running.remove(self)


class AppServer(AppProcess):
    """The product as a web server at `base_url`."""

    def __init__(self, folder: Path, settings: Mapping[str, str], command: str = "web"):
        super().__init__(folder, settings, command, ready="")
        self.arguments += ("--host", HOST, "--port", str(self.port))

    @property
    def base_url(self) -> str:
        return f"http://{HOST}:{self.port}"

    def answers(self) -> bool:
        return self.accepts_connections()


def guarded(module: str) -> list[str]:
    """The beginning of a command line for a module of ours that cannot reach other machines."""
    return [sys.executable, "-m", "tests.network", module]


def run_cli(*arguments: str, settings: Mapping[str, str], seconds: float = 120) -> str:
    """Run a command of the product to its end and return what it printed. Raises ServerFailed."""
    return run_module("app.cli", *arguments, settings=settings, seconds=seconds)


def run_module(module: str, *arguments: str, settings: Mapping[str, str], seconds: float = 120) -> str:
    """The same for any module of ours."""
    done = subprocess.run(
        [*guarded(module), *arguments],
        cwd=ROOT,
        env=clean_environment(**settings),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=seconds,
    )
    if done.returncode:
        raise ServerFailed(
            f"{module} {' '.join(arguments)} ended with code {done.returncode}:\n"
            f"{done.stdout[-4000:]}{done.stderr[-4000:]}"
        )
    return done.stdout


def flask_db(settings: Mapping[str, str], *arguments: str) -> str:
    """One of Flask-Migrate's commands. Raises ServerFailed."""
    return run_module("flask", "--app", "app.wsgi", "db", *arguments, settings=settings, seconds=180)
