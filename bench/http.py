"""How fast lists are on a big database.

    python3 manage.py bench http [--rows 100000] [--db sqlite|mariadb|all] [--requests 50] [--rounds 3]

Fills a private database, starts the product on it and asks for lists with one client over one connection. Beside each
time stands its ratio to a single Flask route on the same server, and how many statements the request costs. For a list
that misses the aim, the plan of its slowest statement is printed.
"""

import argparse
import contextlib
import datetime as dt
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from flask import Flask
from sqlalchemy import event
from sqlalchemy.engine import Engine

from app.extensions import db
from app.factory import create_app
from bench.fill import add_agent, fill
from bench.process import SETTINGS, Program
from bench.report import conditions, percentile, table
from config import ROOT, Config
from models.actor import system
from models.base import bind
from tests import programs
from tests.servers import MariaDB, run_cli

#: the aim for the 95th percentile, in milliseconds
MOST_MS = 60.0
WARM_UP = 10
MONTH_AGO = (dt.date.today() - dt.timedelta(days=30)).isoformat()
TENANT = 1


@dataclass(frozen=True)
class List:
    """One list as somebody asks for it."""

    title: str
    path: str
    who: str = "admin"


LISTS = (
    List("sessions", "/sessions"),
    List("sessions, filtered", "/sessions?status=active,on_hold"),
    List("sessions, waiting", "/sessions?status=queued"),
    List("sessions, oldest first", "/sessions?sort=createTime"),
    List("sessions, page 500", "/sessions?page=500"),
    List("sessions, own", "/sessions?agentId=me", "agent"),
    List("sessions, own and open", "/sessions?agentId=me&status=active,on_hold", "agent"),
    List("history", "/history"),
    List("history, of a month", f"/history?since={MONTH_AGO}"),
    List("history, rated badly", "/history?rating=1,2"),
    List("history, rare words", "/history?q=导出失败 编号 77"),
    List("history, a common word", "/history?q=登录"),
    List("history, of an agent", "/history?q=登录", "agent"),
    List("tickets", "/tickets"),
    List("tickets, filtered", "/tickets?status=pending,processing&priority=urgent"),
    List("tickets, by priority", "/tickets?sort=-priority"),
    List("tickets, page 500", "/tickets?page=500"),
    List("tickets, searched", "/tickets?q=导出失败 77"),
    List("tickets, own", "/tickets?assigneeId=me", "agent"),
    List("customers", "/customers"),
    List("customers, filtered", "/customers?vipLevel=2"),
    List("customers, by name", "/customers?sort=name"),
    List("customers, page 500", "/customers?page=500"),
    List("customers, of an agent", "/customers", "agent"),
    List("users", "/users"),
    List("users, by name", "/users?sort=fullName"),
    List("users, page 500", "/users?page=500"),
    List("agents", "/agents"),
    List("departments", "/departments"),
    List("operation log", "/operation-logs"),
    List("operation log, filtered", "/operation-logs?operation=sign_in"),
    List("operation log, by time", "/operation-logs?sort=-createTime"),
    List("operation log, page 500", "/operation-logs?page=500"),
    List("articles", "/kb/articles"),
    List("articles, most read", "/kb/articles?sort=-viewCount&status=published"),
    List("articles, page 500", "/kb/articles?page=500"),
)


@dataclass(frozen=True)
class Statement:
    """One statement of a request, and how long the database took."""

    sql: str
    parameters: object
    seconds: float


@dataclass(frozen=True)
class Measured:
    """What came out for one list: the seconds of each request, round by round, and its statements."""

    wanted: List
    rounds: list[list[float]]
    statements: list[Statement]

    @property
    def is_quick(self) -> bool:
        return _typical(self.rounds, 0.95) <= MOST_MS

    def line(self, floor: float) -> tuple:
        """The row of the table."""
        middle, *tail = (_typical(self.rounds, share) for share in (0.5, 0.95, 0.99))
        return (
            self.wanted.title,
            *(f"{value:.1f}" for value in (middle, *tail)),
            f"{middle / floor:.1f}",
            len(self.statements),
            "yes" if self.is_quick else "no",
        )


def main(arguments: list[str]) -> int:
    """Measure and print; 1 when an aim is missed."""
    parser = argparse.ArgumentParser(prog="manage.py bench http", description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--db", choices=("sqlite", "mariadb", "all"), default="sqlite")
    parser.add_argument("--requests", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--show",
        action="store_true",
        help="print every statement of each list, not only the slowest of those that miss",
    )
    options = parser.parse_args(arguments)
    if options.db == "all":  # one process each: an application serves one database in its life
        common = [
            "--rows",
            str(options.rows),
            "--requests",
            str(options.requests),
            *(["--show"] if options.show else []),
        ]
        codes = [
            subprocess.run(
                [sys.executable, "-W", "ignore", "-m", "bench.http", "--db", name, *common], cwd=ROOT
            ).returncode
            for name in ("sqlite", "mariadb")
        ]
        return max(codes)
    if options.db == "mariadb" and not programs.has_mariadb():
        print("MariaDB is not installed")
        return 1
    with tempfile.TemporaryDirectory(prefix="bench-http-") as folder, _database(options.db, Path(folder)) as url:
        return _measure(Path(folder), options, url)


class BenchMariaDB(MariaDB):
    """As in production: what is confirmed is on disk, and the data fit into memory."""

    def command(self) -> Sequence[str]:
        return [*super().command(), "--innodb-flush-log-at-trx-commit=1", "--innodb-buffer-pool-size=512M"]


@contextlib.contextmanager
def _database(name: str, folder: Path) -> Iterator[str]:
    if name == "sqlite":
        yield ""
        return
    with BenchMariaDB(folder / "mariadb") as server:
        yield server.create_database("bench")


def _measure(folder: Path, options: argparse.Namespace, url: str) -> int:
    password = secrets.token_urlsafe(12)
    settings = SETTINGS | {
        "DATA_DIR": str(folder / "data"),
        "KB_INDEX_DIR": str(folder / "kb_index"),
        "DATABASE_URL": url,
        "ADMIN_PASSWORD": password,
        "BCRYPT_ROUNDS": "4",
        "EMBEDDING_MODEL": "none",
        "SECRET_KEY": secrets.token_urlsafe(48),
    }
    run_cli("migrate", settings=settings)
    app = create_app(Config(settings))
    print(_filled(app, options, password) + "\n", flush=True)
    with (
        Program(["bench.hello"], settings, folder / "hello.log", port_option=False) as bare,
        Program(["app.cli", "web"], settings, folder / "product.log") as product,
    ):
        bare.wait_for("/json")
        product.wait_for("/api/v1/session")
        tokens = {
            who: token_of(product, username, password)
            for who, username in (("admin", "admin"), ("agent", "bench-agent"))
        }
        # round by round, so that what else happens on the machine does not fall on one list alone
        floors: list[list[float]] = []
        rounds: list[list[list[float]]] = []
        for _ in range(options.rounds):
            floors.append(times_of(bare, "/json", {}, max(options.requests, 100)))
            rounds.append(
                [times_of(product, f"/api/v1{wanted.path}", tokens[wanted.who], options.requests) for wanted in LISTS]
            )
    floor = _typical(floors, 0.5)
    measured = [
        Measured(
            wanted, [each[place] for each in rounds], statements_of(app, f"/api/v1{wanted.path}", tokens[wanted.who])
        )
        for place, wanted in enumerate(LISTS)
    ]
    head = ("list", "p50 ms", "p95 ms", "p99 ms", "× bare route", "statements", "aim met")
    print(table(head, [each.line(floor) for each in measured]))
    print(f"\nThe bare route takes {floor:.2f} ms (p50).", flush=True)
    for each in measured:
        if options.show:
            print(f"\n{each.wanted.title}: {each.wanted.path}")
            print("\n".join(f"  {one.seconds * 1000:6.1f} ms  {' '.join(one.sql.split())}" for one in each.statements))
    for each in measured:
        if not each.is_quick:
            explain(app, each.wanted, each.statements)
    return 0 if all(each.is_quick for each in measured) else 1


def _filled(app: Flask, options: argparse.Namespace, password: str) -> str:
    """Fill the database and sign an agent up; returns the conditions of the measurement."""
    with app.app_context():
        started = time.perf_counter()
        bind(db.session(), system(TENANT))
        counts = fill(system(TENANT), options.rows)
        add_agent(system(TENANT), "bench-agent", password)
        version = ".".join(map(str, db.engine.dialect.server_version_info))
        db.session.remove()
    return conditions(
        database=f"{options.db} {version}",
        rows=", ".join(f"{count} {name}" for name, count in counts.items()),
        filled_in=f"{time.perf_counter() - started:.0f} s",
        requests=f"{options.rounds} rounds of {options.requests} for each list, one client, one connection; "
        "each figure is the median of the rounds",
    )


def _typical(rounds: Sequence[Sequence[float]], share: float) -> float:
    """The median of a percentile over the rounds, in milliseconds."""
    return statistics.median(percentile(seconds, share) for seconds in rounds) * 1000


def times_of(program: Program, path: str, headers: dict[str, str], requests: int) -> list[float]:
    """Seconds of each request, after a few that are not counted. Raises RuntimeError when one is refused."""
    path = path.replace(" ", "%20")
    path = "".join(char if char.isascii() else "".join(f"%{byte:02X}" for byte in char.encode()) for char in path)
    seconds = []
    with contextlib.closing(program.connect()) as connection:
        for number in range(-WARM_UP, requests):
            started = time.perf_counter()
            connection.request("GET", path, headers=headers)
            response = connection.getresponse()
            body = response.read()
            if number >= 0:
                seconds.append(time.perf_counter() - started)
            if response.status != 200:
                raise RuntimeError(f"{path}: {response.status} {body[:300]!r}")
    return seconds


def token_of(program: Program, username: str, password: str) -> dict[str, str]:
    data, _ = program.call("POST", "/api/v1/auth/login", {"username": username, "password": password})
    return {"Authorization": f"Bearer {data['accessToken']}"}


def statements_of(app: Flask, path: str, headers: dict[str, str]) -> list[Statement]:
    """What one warm request asks of the database; counted inside this process."""
    found: list[Statement] = []

    def before(connection, cursor, sql, parameters, context, many):
        connection.info["began"] = time.perf_counter()

    def after(connection, cursor, sql, parameters, context, many):
        found.append(Statement(sql, parameters, time.perf_counter() - connection.info["began"]))

    client = app.test_client()
    client.get(path, headers=headers)
    event.listen(Engine, "before_cursor_execute", before)
    event.listen(Engine, "after_cursor_execute", after)
    try:
        client.get(path, headers=headers)
    finally:
        event.remove(Engine, "before_cursor_execute", before)
        event.remove(Engine, "after_cursor_execute", after)
    return found


def explain(app: Flask, wanted: List, statements: list[Statement]) -> None:
    slowest = max(statements, key=lambda statement: statement.seconds)
    print(f"\n{wanted.title}: {wanted.path}\nslowest statement, {slowest.seconds * 1000:.1f} ms:")
    print(f"{slowest.sql}\n{slowest.parameters}")
    with app.app_context(), db.engine.connect() as connection:
        prefix = "EXPLAIN QUERY PLAN" if connection.dialect.name == "sqlite" else "EXPLAIN"
        for row in connection.exec_driver_sql(f"{prefix} {slowest.sql}", slowest.parameters):
            print("  ", *row)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
