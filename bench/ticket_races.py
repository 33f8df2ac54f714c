"""Many people at the same few tickets at the same moment, and what must be true of them afterwards.

    python3 manage.py bench ticket-races [--backend sqlite|mariadb|all] [--threads 50] [--seconds 60] [--creators 16]

First so many processes create tickets at once: numbers are unique and without gaps. Then threads assign, pass on, take
over, move, merge and reopen the same few tickets for a minute, against two server processes that share the database. A
refusal is an answer; a failure of ours is none. Afterwards the rows are looked at: see `problems`.
"""

import argparse
import contextlib
import multiprocessing
import random
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import sqlalchemy as sa

from bench.http import BenchMariaDB
from bench.process import talking_settings
from bench.report import conditions, table
from config import ROOT, Config
from models.messaging import ChatMessage, MessageType, Thread
from models.tickets import ENDED, SOLVED, TRANSITIONS, Ticket, TicketAssignment, TicketStatus
from tests import programs
from tests.people import Company, Person, unique
from tests.servers import AppServer, Redis, run_cli

TICKETS, GIVEN, THREADS, MESSAGES = (model.__table__ for model in (Ticket, TicketAssignment, Thread, ChatMessage))
PASSWORD = "Bench-races-1"
#: answers that are none of ours failing: done, not valid (any more), not for him, gone, too late, come again
ANSWERS = {200, 400, 403, 404, 409, 503}


@dataclass
class Ring:
    """The tickets that everybody is after, and those who are after them."""

    tickets: list[int]
    agents: list[int]
    chance: random.Random = field(default_factory=lambda: random.Random(7))

    @property
    def ticket(self) -> int:
        return self.chance.choice(self.tickets)

    @property
    def agent(self) -> int:
        return self.chance.choice(self.agents)

    def flow(self, status: str) -> tuple[str, dict]:
        return f"/tickets/{self.ticket}/flow", {"status": status, "resolution": "已处理"}


#: what somebody does: the path and the body
ACTIONS: dict[str, Callable[[Ring], tuple[str, dict]]] = {
    "assign": lambda ring: (f"/tickets/{ring.ticket}/assign", {"agentId": ring.agent}),
    "batch assign": lambda ring: (
        "/tickets/batch-assign",
        {"ids": ring.chance.sample(ring.tickets, 2), "agentId": ring.agent},
    ),
    "transfer": lambda ring: (f"/tickets/{ring.ticket}/transfer", {"toAgentId": ring.agent, "reason": "熟悉"}),
    "takeover": lambda ring: (f"/tickets/{ring.ticket}/takeover", {}),
    "process": lambda ring: ring.flow("processing"),
    "wait": lambda ring: ring.flow("waiting"),
    "resolve": lambda ring: ring.flow("resolved"),
    "close": lambda ring: ring.flow("closed"),
    "cancel": lambda ring: ring.flow("cancelled"),
    "reopen": lambda ring: ring.flow(ring.chance.choice(("processing", "pending"))),
    "merge": lambda ring: (f"/tickets/{ring.ticket}/merge", {"intoId": ring.ticket}),
    "take apart": lambda ring: (f"/tickets/{ring.ticket}/unmerge", {}),
    "write": lambda ring: (
        f"/tickets/{ring.ticket}/messages",
        {"clientMsgId": unique("race"), "content": "请再看一下"},
    ),
}


def create_at_once(people: Sequence[Person], count: int) -> list[str]:
    """Every person in a process of its own makes so many tickets; their numbers. A busy server is asked again."""
    context = multiprocessing.get_context("spawn")
    start, made = context.Barrier(len(people)), context.Queue()
    processes = [
        context.Process(
            target=_create,
            args=(person.base_url, person.host, dict(person.http.headers), person.cookie, count, start, made),
            daemon=True,
        )
        for person in people
    ]
    for process in processes:
        process.start()
    numbers = [no for _ in processes for no in made.get(timeout=180)]
    for process in processes:
        process.join(30)
    return numbers


def _create(base_url: str, host: str | None, headers: dict, cookie: str, count: int, start, made) -> None:
    person = Person(base_url, host=host)
    person.http.headers.update(headers | {"Cookie": cookie})
    start.wait(120)
    numbers: list[str] = []
    while len(numbers) < count:
        answer = person.request("POST", "/tickets", json={"title": unique("race")})
        if answer.status_code == 200:
            numbers.append(answer.json()["data"]["no"])
        elif answer.status_code != 503:
            numbers.append(f"{answer.status_code}: {answer.text[:200]}")
    made.put(numbers)


def gaps(numbers: Sequence[str]) -> list[str]:
    """What is wrong with the numbers of one company's tickets, all that it has: doubles, gaps, no number at all."""
    series: dict[str, list[int]] = defaultdict(list)
    found = [f"no number: {no}" for no in numbers if not re.fullmatch(r"TK\d{12,}", no)]
    for no in numbers:
        if re.fullmatch(r"TK\d{12,}", no):
            series[no[:10]].append(int(no[10:]))
    for day, places in series.items():
        if sorted(places) != list(range(1, len(places) + 1)):
            found.append(f"{day}: {sorted(places)}")
    return found


def race(people: Sequence[Person], ring: Ring, threads: int, seconds: float) -> Counter:
    """So many threads do whatever comes to their mind; (action, status) → how often."""
    until, heard, lock = time.monotonic() + seconds, Counter(), threading.Lock()

    def run(number: int) -> None:
        person = people[number % len(people)]
        own = person.at(person.base_url)  # a connection pool of its own
        mine = Ring(ring.tickets, ring.agents, random.Random(number))
        while time.monotonic() < until:
            name = mine.chance.choice(list(ACTIONS))
            path, body = ACTIONS[name](mine)
            answer = own.request("POST", path, json=body)
            with lock:
                heard[name, answer.status_code] += 1

    running = [threading.Thread(target=run, args=(number,), daemon=True) for number in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join(seconds + 60)
    return heard


def problems(engine: sa.Engine, ring: Ring) -> Iterator[str]:
    """What is not as it must be, of the tickets of the ring."""
    with engine.connect() as connection:
        tickets = connection.execute(sa.select(TICKETS).where(TICKETS.c.id.in_(ring.tickets))).all()
        numbers = connection.scalars(
            sa.select(TICKETS.c.no).where(TICKETS.c.tenant_id == tickets[0].tenant_id).order_by(TICKETS.c.id)
        ).all()
        yield from gaps(numbers)
        for ticket in tickets:
            yield from (f"{ticket.no}: {problem}" for problem in _wrong_with(connection, ticket))


def _wrong_with(connection: sa.Connection, ticket) -> Iterator[str]:
    holder = None
    for row in connection.execute(sa.select(GIVEN).where(GIVEN.c.ticket_id == ticket.id).order_by(GIVEN.c.id)):
        if row.from_agent_id != holder:
            yield f"given by {row.from_agent_id}, but {holder} had it"
        if row.to_agent_id == holder:
            yield f"given to {holder}, who had it"
        holder = row.to_agent_id
    if ticket.assignee_id != holder:
        yield f"{ticket.assignee_id} has it, by its history {holder}"
    is_merged = ticket.merged_into_id is not None
    if is_merged and ticket.status is not TicketStatus.closed:
        yield f"{ticket.status.value}, though merged into {ticket.merged_into_id}"
    if not is_merged and (ticket.resolve_time is not None) != (ticket.status in SOLVED):
        yield f"{ticket.status.value}, solved {ticket.resolve_time}"
    if (ticket.close_time is not None) != (ticket.status in ENDED):
        yield f"{ticket.status.value}, ended {ticket.close_time}"
    said = connection.execute(
        sa.select(MESSAGES).where(MESSAGES.c.thread_id == ticket.thread_id).order_by(MESSAGES.c.seq)
    ).all()
    last = connection.scalar(sa.select(THREADS.c.last_seq).where(THREADS.c.id == ticket.thread_id))
    if [message.seq for message in said] != list(range(1, last + 1)):
        yield f"numbers of its messages: {[message.seq for message in said]}, the last is {last}"
    status, reopened = TicketStatus.pending, 0
    steps = [message.payload for message in said if message.type is MessageType.system]
    for step, following in pairwise([*steps, {}]):
        if step.get("event") != "status":
            continue
        before, after = TicketStatus(step["params"]["from"]), TicketStatus(step["params"]["to"])
        # a merge and its undo are steps of their own, and say so in the next line
        by_merge = following.get("event") in ("merged_into", "unmerged")
        if before is not status or not (by_merge or (before, after) in TRANSITIONS):
            yield f"went from {before.value} to {after.value} when it was {status.value}"
        status = after
        reopened += before in SOLVED and after not in SOLVED and not by_merge
    if (status, reopened) != (ticket.status, ticket.reopen_count):
        yield f"{ticket.status.value} and reopened {ticket.reopen_count}, by its room {status.value} and {reopened}"


def enter(company: Company, tickets: int, agents: int) -> tuple[list[Person], Ring]:
    """People of every kind, and what they will be after."""
    workers = [company.new("agent") for _ in range(agents)]
    leaders = [company.new("supervisor") for _ in range(2)]
    customer = company.visitor()
    made = [customer.post("/tickets", {"title": unique("race")})["id"] for _ in range(tickets)]
    ring = Ring(made, [worker.agent_id for worker in workers])
    # leaders twice: an agent may touch only what he has
    return [*leaders, company.admin, *leaders, customer, *workers], ring


def main(arguments: list[str]) -> int:
    """Race and print; 1 when something is wrong afterwards."""
    parser = argparse.ArgumentParser(prog="manage.py bench ticket-races", description=__doc__.splitlines()[0])
    parser.add_argument("--backend", choices=("sqlite", "mariadb", "all"), default="all")
    parser.add_argument("--threads", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--creators", type=int, default=16)
    options = parser.parse_args(arguments)
    if options.backend == "all":  # one process each: an application serves one database in its life
        common = [f"--threads={options.threads}", f"--seconds={options.seconds}", f"--creators={options.creators}"]
        command = [sys.executable, "-W", "ignore", "-m", "bench.ticket_races", *common]
        return max(subprocess.call([*command, f"--backend={name}"], cwd=ROOT) for name in ("sqlite", "mariadb"))
    if options.backend == "mariadb" and not programs.has_mariadb():
        print("MariaDB is not installed")
        return 1
    with contextlib.ExitStack() as running:
        folder = Path(running.enter_context(tempfile.TemporaryDirectory(prefix="bench-races-")))
        settings = talking_settings(folder) | {"ADMIN_PASSWORD": PASSWORD}
        if options.backend == "mariadb":
            database = running.enter_context(BenchMariaDB(folder / "mariadb"))
            redis = running.enter_context(Redis(folder / "redis"))
            settings |= {"DATABASE_URL": database.create_database("bench"), "REDIS_URL": redis.url}
        run_cli("migrate", settings=settings)
        servers = [running.enter_context(AppServer(folder / f"server{n}", settings)) for n in range(2)]
        return _run(settings, [server.base_url for server in servers], options)


def _run(settings: dict[str, str], addresses: list[str], options: argparse.Namespace) -> int:
    company = Company(addresses[0], "admin", PASSWORD)
    creators = [company.visitor().at(addresses[n % 2]) for n in range(options.creators)]
    wrong = gaps(create_at_once(creators, 25))
    people, ring = enter(company, tickets=6, agents=5)
    spread = [person.at(address) for person in people for address in addresses]
    heard = race(spread, ring, options.threads, options.seconds)
    engine = sa.create_engine(Config(settings).database_url)
    wrong += [f"{name}: {status}, {count} times" for (name, status), count in heard.items() if status not in ANSWERS]
    wrong += problems(engine, ring)
    engine.dispose()
    print(
        conditions(
            database=options.backend,
            processes="two servers",
            creators=f"{options.creators} processes, 25 tickets each",
            race=f"{options.threads} threads, {options.seconds:.0f} s, {len(ring.tickets)} tickets",
        )
        + "\n"
    )
    statuses = sorted({status for _, status in heard})
    rows = [(name, *(heard[name, status] for status in statuses)) for name in ACTIONS]
    print(table(("action", *map(str, statuses)), rows))
    print("\n" + "\n".join(wrong or ["everything is as it must be"]), flush=True)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
