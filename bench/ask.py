"""How fast questions are answered while others talk, and what the questions cost those who talk.

    python3 manage.py bench ask [--passages 10000] [--questions 5] [--rate 200] [--seconds 30] [--users 220]
                                [--folder DIR]

Articles are written into a private database with vectors that were made up: real vectors of some hundred titles,
moved a little for each article, for a million real ones would take hours. Everything else is real: questions come by
REST, are embedded, searched, decided and quoted, while a crowd of WebSocket clients sends chat messages. First the
crowd talks alone, then beside the questions. A clock on the event loop tells how long everybody had to wait for
somebody. With --folder the filled database and the snapshot are kept, so that the next run only measures.
"""

import argparse
import asyncio
import contextlib
import http.client
import itertools
import json
import random
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import NamedTuple

from app.factory import create_app
from bench.chat import Crowd
from bench.crowd import Seat, dismiss, seat
from bench.knowledge import Books, come_to_rest, fill_articles
from bench.process import Program, talking_settings
from bench.report import conditions, percentile, table
from bench.start import visitor_of
from config import Config
from models.actor import system
from models.knowledge import ArticleStatus
from tests.servers import HOST, run_cli, run_module

#: the aims: milliseconds at so many passages, how much slower chat may become, the longest wait a question may cause
AIMS = {10_000: (25.0, 60.0), 1_000_000: (120.0, 120.0)}
MOST_CHAT_RATIO, MOST_STALL_MS = 1.3, 5.0
#: questions that are asked before anything is measured
WARM_UP = 20
TENANT = 1


class Heard(NamedTuple):
    """What one phase showed."""

    #: seconds until a message was acknowledged
    acks: list[float]
    #: seconds until a question was answered
    answers: list[float]
    answered: int
    #: seconds that the event loop stood still, each time
    waits: list[float]


def main(arguments: list[str]) -> int:
    """Measure and print; 1 when an aim is missed."""
    parser = argparse.ArgumentParser(prog="manage.py bench ask", description=__doc__.splitlines()[0])
    parser.add_argument("--passages", type=int, default=10_000)
    parser.add_argument("--questions", type=float, default=5.0, help="questions per second")
    parser.add_argument("--rate", type=float, default=200.0, help="chat messages per second")
    parser.add_argument("--seconds", type=float, default=30.0, help="of each phase")
    parser.add_argument("--users", type=int, default=220)
    parser.add_argument("--folder", type=Path, help="where the filled database stays, for the next run")
    options = parser.parse_args(arguments)
    with contextlib.ExitStack() as running:
        folder = options.folder or Path(running.enter_context(tempfile.TemporaryDirectory(prefix="bench-ask-")))
        folder.mkdir(parents=True, exist_ok=True)
        return _measure(folder, options)


def _measure(folder: Path, options: argparse.Namespace) -> int:
    settings = talking_settings(folder) | {"EMBEDDING_MODEL": "default"}
    books, built = _prepare(folder, settings, options)
    print(
        conditions(
            database="SQLite",
            articles=f"{books.articles}, {books.passages} passages, {books.vectors} vectors (made up)",
            load=f"{options.users} people, {options.rate:.0f} messages/s, {options.questions:.1f} questions/s, "
            f"{options.seconds:.0f} s each phase",
        )
        + "\n",
        flush=True,
    )
    app = create_app(Config(settings))
    with app.app_context():
        dismiss(system(TENANT))
        seats = seat(system(TENANT), options.users, mark=f"{random.randrange(10**6):06}")
    waits = folder / "waits.txt"
    waits.unlink(missing_ok=True)
    with Program(["bench.watched", str(waits), "web"], settings, folder / "product.log") as product:
        product.wait_for("/api/v1/session")
        headers = visitor_of(product)
        product.call("POST", "/api/v1/kb/qa", {"question": books.questions[0]}, **headers)
        first = time.perf_counter() - product.started
        _ask(product.port, headers, books.questions[1 : WARM_UP + 1], 1000.0)
        alone = _phase(product, seats, options, waits)
        beside = _phase(product, seats, options, waits, headers, books.questions[WARM_UP + 1 :])
        memory = product.memory().resident
    rows, problems = _judged(options, alone, beside)
    rows += [
        ("first question answered after a start with snapshot (s)", f"{first:.1f}", ""),
        ("memory of the process (MB)", f"{memory:.0f}", ""),
        *built,
    ]
    print(table(("", "value", "aim"), rows))
    print("\n".join(["", *(problems or ["all aims are met"])]))
    return 1 if problems else 0


def _prepare(folder: Path, settings: dict[str, str], options: argparse.Namespace) -> tuple[Books, list[tuple]]:
    """The filled database and its snapshot, made now or by an earlier run; what making them took."""
    kept = folder / "books.json"
    if kept.exists():
        return Books(**json.loads(kept.read_text())), []
    run_cli("migrate", settings=settings)
    app = create_app(Config(settings))
    with app.app_context():
        books, embedding = fill_articles(system(TENANT), options.passages, ArticleStatus.published)
    nothing_new = folder / "nothing.csv"
    nothing_new.write_text("title,text\n")
    began = time.perf_counter()
    run_cli("kb", "import", str(nothing_new), settings=settings, seconds=3000)
    built = time.perf_counter() - began
    # what search learns of its articles when they have come to rest is no matter of each question
    with app.app_context():
        come_to_rest(system(TENANT))
    began = time.perf_counter()
    run_module("tests.task", "assistant.adapt", settings=settings, seconds=3000)
    learnt = time.perf_counter() - began
    run_module("app.aside", str(TENANT), settings=settings, seconds=3000)
    kept.write_text(json.dumps(books._asdict(), ensure_ascii=False))
    return books, [
        ("index from the database and its snapshot (s)", f"{built:.1f}", ""),
        ("articles indexed per second, vectors given", f"{books.articles / built:.0f}", ""),
        ("the adapter learnt, with the start of a process (s)", f"{learnt:.1f}", ""),
        ("passages embedded per second, one thread", f"{embedding:.1f}", ""),
    ]


def _phase(
    product: Program,
    seats: list[Seat],
    options: argparse.Namespace,
    waits: Path,
    headers: dict[str, str] | None = None,
    questions: list[str] | None = None,
) -> Heard:
    """The crowd talks, and if there are questions somebody asks them meanwhile."""
    began = time.time()
    crowd = Crowd([product.port], seats)

    async def talk() -> list[tuple[float, bool]]:
        await crowd.enter()
        try:
            with ProcessPoolExecutor(1) as asker:
                asked = []
                if questions:
                    count = int(options.questions * options.seconds)
                    asked = [
                        asyncio.get_running_loop().run_in_executor(
                            asker, _ask, product.port, headers, questions[:count], options.questions
                        )
                    ]
                await crowd.talk(options.rate, options.seconds)
                answers = [answer for task in asked for answer in await task]
            await crowd.hush()
            return answers
        finally:
            await crowd.leave()

    answers = asyncio.run(talk())
    lines = [line.split() for line in waits.read_text().splitlines()] if waits.exists() else []
    return Heard(
        [seconds for *_, seconds in crowd.ledger.acknowledged.values()],
        [seconds for seconds, _ in answers],
        sum(was for _, was in answers),
        [float(length) for moment, length in lines if began < float(moment) < time.time()],
    )


def _ask(port: int, headers: dict[str, str], questions: list[str], rate: float) -> list[tuple[float, bool]]:
    """One after the other over one connection, so many a second; seconds each took and whether it was answered."""
    connection = http.client.HTTPConnection(HOST, port, timeout=60)
    sent = {"Content-Type": "application/json", **{name.replace("_", "-"): value for name, value in headers.items()}}
    answers, began = [], time.perf_counter()
    with contextlib.closing(connection):
        for place, question in zip(itertools.count(), questions, strict=False):
            time.sleep(max(0.0, began + place / rate - time.perf_counter()))
            started = time.perf_counter()
            connection.request("POST", "/api/v1/kb/qa", json.dumps({"question": question}), sent)
            response = connection.getresponse()
            data = json.loads(response.read())
            if response.status != 200:
                raise RuntimeError(str(data))
            answers.append((time.perf_counter() - started, data["data"]["answered"] or bool(data["data"]["choices"])))
    return answers


def _judged(options: argparse.Namespace, alone: Heard, beside: Heard) -> tuple[list[tuple], list[str]]:
    p50, p95 = (percentile(beside.answers, share) * 1000 for share in (0.5, 0.95))
    quiet, busy = (percentile(heard.acks, 0.99) * 1000 for heard in (alone, beside))
    aim50, aim95 = next((aim for size, aim in sorted(AIMS.items()) if options.passages <= size), AIMS[1_000_000])
    stalls = [max(heard.waits, default=0.0) * 1000 for heard in (alone, beside)]
    # what is waited for once in a thousand looks, beside what was waited for without questions
    often = [percentile(heard.waits or [0.0], 0.99) * 1000 for heard in (alone, beside)]
    rows = [
        ("questions asked", len(beside.answers), f"{int(options.questions * options.seconds)}"),
        ("answered or offered a choice", beside.answered, ""),
        ("question to answer p50 (ms)", f"{p50:.1f}", f"{aim50:.0f}"),
        ("question to answer p95 (ms)", f"{p95:.1f}", f"{aim95:.0f}"),
        ("question to answer, longest (ms)", f"{max(beside.answers) * 1000:.1f}", ""),
        ("messages acknowledged, alone", len(alone.acks), f"{int(options.rate * options.seconds)}"),
        ("messages acknowledged, beside questions", len(beside.acks), f"{int(options.rate * options.seconds)}"),
        ("acknowledgement p50, alone (ms)", f"{percentile(alone.acks, 0.5) * 1000:.1f}", ""),
        ("acknowledgement p50, beside (ms)", f"{percentile(beside.acks, 0.5) * 1000:.1f}", ""),
        ("acknowledgement p99, alone (ms)", f"{quiet:.1f}", ""),
        ("acknowledgement p99, beside (ms)", f"{busy:.1f}", f"{MOST_CHAT_RATIO * quiet:.1f}"),
        ("longest wait of the event loop, alone (ms)", f"{stalls[0]:.1f}", ""),
        ("longest wait of the event loop, beside (ms)", f"{stalls[1]:.1f}", ""),
        ("waits of the event loop p99, alone (ms)", f"{often[0]:.1f}", ""),
        ("waits of the event loop p99, beside (ms)", f"{often[1]:.1f}", f"{often[0] + MOST_STALL_MS:.1f}"),
    ]
    problems = [f"half of the questions take more than {aim50:.0f} ms"] if p50 > aim50 else []
    problems += [f"one in twenty questions takes more than {aim95:.0f} ms"] if p95 > aim95 else []
    problems += ["questions slow the chat down too much"] if busy > MOST_CHAT_RATIO * quiet else []
    problems += ["questions stop the event loop too long"] if often[1] - often[0] > MOST_STALL_MS else []
    return rows, problems


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
