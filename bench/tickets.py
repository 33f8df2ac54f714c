"""How fast lists, search, details and statistics of tickets are in a company that has a million of them.

    python3 manage.py bench tickets [--backend sqlite|mariadb] [--tickets 1000000] [--requests 40] [--rounds 3]
                                    [--folder DIR] [--show]

A private database is filled with tickets of three years, five messages each; then one client asks a real server over
one connection, as a super administrator, a supervisor and an agent. Beside each time stands its ratio to an empty list
on the same server in the same run. The plans of the slowest statements are printed at the end. With --folder the
filled database stays, so that the next run only measures.
"""

import argparse
import contextlib
import datetime as dt
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from flask import Flask
from sqlalchemy import Connection, func, select

from app.extensions import db
from app.factory import create_app
from bench import ticket_company
from bench.fill import add_agent
from bench.http import BenchMariaDB, List, Statement, explain, statements_of, times_of, token_of
from bench.process import Program, talking_settings
from bench.report import conditions, percentile, table
from config import Config
from models.actor import system
from models.base import bind
from models.tickets import Ticket
from services.assistance import lookup
from services.identity import accounts
from tests import programs
from tests.servers import MariaDB, run_cli
from views.api import paging

#: the aim for the 95th percentile, in milliseconds
MOST_MS = 100.0
TENANT = 1
PASSWORD = "Bench-tickets-1"
BASELINE = List("an empty list", "/notifications")
#: role → who of it signs in
PEOPLE = {"super_admin": "admin", "supervisor": "bench-supervisor", "agent": "bench-agent"}
#: how many plans are printed
PLANS = 6


class BigMariaDB(BenchMariaDB):
    """As in production: what is confirmed is on disk, and the indexes fit into memory."""

    def command(self) -> list[str]:
        return [*super().command(), "--innodb-buffer-pool-size=4G", "--innodb-log-file-size=1G"]


@dataclass(frozen=True)
class Figures:
    """What came out for one question: the seconds of all requests, and the statements of one."""

    wanted: List
    seconds: list[float]
    statements: list[Statement]

    @property
    def slowest(self) -> float:
        return max((one.seconds for one in self.statements), default=0.0)


def main(arguments: list[str]) -> int:
    """Measure and print; 1 when an aim is missed."""
    parser = argparse.ArgumentParser(prog="manage.py bench tickets", description=__doc__.splitlines()[0])
    parser.add_argument("--backend", choices=("sqlite", "mariadb"), default="sqlite")
    parser.add_argument("--tickets", type=int, default=None, help="1,000,000 on MariaDB, 200,000 on SQLite")
    parser.add_argument("--requests", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="where the filled database stays, for the next run")
    parser.add_argument("--only", default="", help="only questions with these words in their title")
    parser.add_argument("--show", action="store_true", help="print every statement of each question")
    options = parser.parse_args(arguments)
    options.tickets = options.tickets or (1_000_000 if options.backend == "mariadb" else 200_000)
    if options.backend == "mariadb" and not programs.has_mariadb():
        print("MariaDB is not installed")
        return 1
    with contextlib.ExitStack() as running:
        folder = options.folder or Path(running.enter_context(tempfile.TemporaryDirectory(prefix="bench-tickets-")))
        folder.mkdir(parents=True, exist_ok=True)
        url = ""
        if options.backend == "mariadb":
            server = running.enter_context(BigMariaDB(folder / "mariadb"))
            url = _database(server, is_new=not ticket_company.kept(folder).exists())
        return _measure(folder, options, url)


def _database(server: MariaDB, *, is_new: bool) -> str:
    if is_new:
        return server.create_database("bench")
    user = f"{server.user}:{server.password}"
    return f"mysql+pymysql://{user}@127.0.0.1:{server.port}/bench?charset=utf8mb4"


def _measure(folder: Path, options: argparse.Namespace, url: str) -> int:
    settings = talking_settings(folder) | {"DATABASE_URL": url, "ADMIN_PASSWORD": PASSWORD}
    run_cli("migrate", settings=settings, seconds=3000)
    app = create_app(Config(settings))
    rows = _filled(app, folder, options) + _indexed(app)
    with app.app_context(), db.engine.connect():
        version = ".".join(map(str, db.engine.dialect.server_version_info))
    print(
        conditions(
            database=f"{options.backend} {version}",
            rows=rows,
            requests=f"{options.rounds} rounds of {options.requests} for each question, one client, one connection",
        )
        + "\n",
        flush=True,
    )
    with app.app_context():
        questions = [one for one in _questions(app, options.tickets) if options.only in one.title]
    with Program(["app.cli", "web"], settings, folder / "product.log") as product:
        product.wait_for("/api/v1/session")
        tokens = {role: token_of(product, name, PASSWORD) for role, name in PEOPLE.items()}
        floors: list[float] = []
        heard: list[list[float]] = [[] for _ in questions]
        for _ in range(options.rounds):
            floors += times_of(product, f"/api/v1{BASELINE.path}", tokens["super_admin"], options.requests)
            for place, wanted in enumerate(questions):
                heard[place] += times_of(product, f"/api/v1{wanted.path}", tokens[wanted.who], options.requests)
    figures = [
        Figures(wanted, seconds, statements_of(app, f"/api/v1{wanted.path}", tokens[wanted.who]))
        for wanted, seconds in zip(questions, heard, strict=True)
    ]
    return _tell(app, figures, floors, is_long=options.show)


def _filled(app: Flask, folder: Path, options: argparse.Namespace) -> str:
    """Fill the database unless an earlier run did, and sign people up; how many rows there are."""
    kept = ticket_company.kept(folder)
    if kept.exists():
        return kept.read_text()
    with app.app_context():
        began = time.perf_counter()
        bind(db.session(), system(TENANT))
        counts = ticket_company.fill(system(TENANT), options.tickets)
        add_agent(system(TENANT), PEOPLE["agent"], PASSWORD)
        accounts.create_user(
            system(TENANT),
            username=PEOPLE["supervisor"],
            password=PASSWORD,
            full_name="赵静",
            role_codes=["supervisor"],
            must_change=False,
        )
        db.session.remove()
    rows = ", ".join(f"{count:,} {name}" for name, count in counts.items())
    kept.write_text(f"{rows}; filled in {time.perf_counter() - began:.0f} s")
    return kept.read_text()


def _indexed(app: Flask) -> str:
    """Have the index of similar tickets in place, as where people work: else the server builds it meanwhile."""
    with app.app_context():
        began = time.perf_counter()
        bind(db.session(), system(TENANT))
        lookup.save(TENANT)
        lookup.forget()
        db.session.remove()
    return f"; index of similar tickets ready after {time.perf_counter() - began:.0f} s"


def _questions(app: Flask, tickets: int) -> list[List]:
    """Everything that is asked, of each role."""
    ticket = Ticket.__table__.c
    with db.engine.connect() as connection:
        found = ticket_company.words_of(connection)
        of_agent = connection.scalar(
            select(ticket.assignee_id)
            .where(ticket.assignee_id.is_not(None))
            .group_by(ticket.assignee_id)
            .order_by(func.count())
            .limit(1)
        )
        last = connection.scalar(select(func.max(ticket.id)))
        cursors = _cursors(connection, min(200_000, tickets - 100))
        team, customer, own = connection.execute(
            select(ticket.team_id, ticket.customer_id, ticket.id)
            .where(ticket.assignee_id == select(func.max(ticket.assignee_id)).scalar_subquery(), ticket.id < last)
            .order_by(ticket.id.desc())
            .limit(1)
        ).one()
    return [
        List(f"{role}: {title}", path, role)
        for role in PEOPLE
        for title, path in _paths(role, found, of_agent, team, customer, own, cursors)
    ]


def _cursors(connection: Connection, behind: int) -> dict[str, str]:
    """Order → the cursor of the row that so many come before, as whoever went through all pages has it."""
    ticket = Ticket.__table__.c
    keys = {
        "-id": (ticket.id,),
        "-createTime": (ticket.create_time, ticket.id),
        "-priority": (ticket.priority, ticket.id),
    }
    found = {}
    for sort, columns in keys.items():
        wanted = select(*columns).where(ticket.tenant_id == TENANT, ticket.deleted == 0)
        row = connection.execute(wanted.order_by(*(one.desc() for one in columns)).offset(behind).limit(1)).one()
        found[sort] = paging.cursor_of(tuple(row))
    return found


def _paths(
    role: str, found: dict, agent: int, team: int, customer: int, own: int, cursors: dict
) -> Iterator[tuple[str, str]]:
    today = dt.datetime.now(dt.UTC).date()
    month = f"fromDay={today - dt.timedelta(days=29)}&toDay={today}&zone=Asia/Shanghai"
    yield "list", "/tickets"
    for key in ("createTime", "updateTime", "priority", "status"):
        yield f"by {key}, first", f"/tickets?sort=-{key}"
    yield "by createTime, oldest", "/tickets?sort=createTime"
    yield "open ones", "/tickets?status=pending,processing,waiting,review"
    yield "open ones by priority", "/tickets?status=pending,processing,waiting,review&sort=-priority"
    yield "open ones by updateTime", "/tickets?status=pending,processing,waiting,review&sort=-updateTime"
    yield "closed and resolved", "/tickets?status=closed,resolved"
    yield "urgent and closed by updateTime", "/tickets?status=closed&priority=urgent&sort=-updateTime"
    yield "of a type", "/tickets?type=bug"
    yield "of a rare type, critical", "/tickets?type=other&priority=critical"
    yield "mine", "/tickets?assigneeId=me"
    yield "search, a common word", f"/tickets?q={found['common']}"
    yield "search, a common word, open", f"/tickets?q={found['common']}&status=pending,processing"
    yield "search, rare words", f"/tickets?q={found['rare']}"
    yield "search, a number", f"/tickets?q={found['number']}"
    yield "a ticket", f"/tickets/{own}"
    yield "its messages", f"/tickets/{own}/messages"
    yield "board by state", "/tickets/board"
    for state in ("pending", "processing", "waiting", "review", "resolved", "closed"):
        yield f"column {state}", f"/tickets?status={state}&size=20&sort=-priority"
    if role == "agent":
        return
    yield "unassigned", "/tickets/unassigned"
    yield "of a customer", f"/tickets?customerId={customer}"
    yield "of an agent", f"/tickets?assigneeId={agent}"
    yield "of a team", f"/tickets?teamId={team}"
    yield "of a team by updateTime", f"/tickets?teamId={team}&sort=-updateTime"
    yield "page 100", "/tickets?page=100"
    yield "page 500", "/tickets?page=500"
    for title, sort in (("id", "-id"), ("createTime", "-createTime"), ("priority", "-priority")):
        yield f"page 10,000 by {title}", f"/tickets?sort={sort}&after={cursors[sort]}"
    yield "board by agent", "/tickets/board?by=agent"
    yield "statistics of 30 days", f"/stats/tickets?{month}"
    yield "statistics of 30 days, a team", f"/stats/tickets?{month}&teamId={team}"
    yield "statistics of this moment", "/stats/realtime/tickets?zone=Asia/Shanghai"


def _tell(app: Flask, figures: list[Figures], floors: list[float], *, is_long: bool) -> int:
    floor = percentile(floors, 0.5) * 1000
    lines = []
    for one in figures:
        middle, tail = (percentile(one.seconds, share) * 1000 for share in (0.5, 0.95))
        lines.append(
            (
                one.wanted.title,
                f"{middle:.1f}",
                f"{tail:.1f}",
                f"{middle / floor:.1f}",
                len(one.statements),
                f"{one.slowest * 1000:.1f}",
                "yes" if tail <= MOST_MS else "no",
            )
        )
    head = ("question", "p50 ms", "p95 ms", "× empty list", "statements", "slowest statement ms", "aim met")
    print(table(head, lines))
    print(f"\nThe empty list takes {floor:.1f} ms (p50).", flush=True)
    for one in figures if is_long else ():
        print(f"\n{one.wanted.title}: {one.wanted.path}")
        print("\n".join(f"  {each.seconds * 1000:6.1f} ms  {' '.join(each.sql.split())}" for each in one.statements))
    for one in sorted(figures, key=lambda one: one.slowest, reverse=True)[:PLANS]:
        explain(app, one.wanted, one.statements)
    return 0 if all(line[-1] == "yes" for line in lines) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
