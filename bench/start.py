"""How long a start takes and how much memory the process needs.

    python3 manage.py bench start [--runs 5]

A second start on a database that is ready, from the start of the process to the first portal page and to the first
API call; then the memory before and after the first question to the assistant. Beside it the same for a Flask
application of one route on the same server, for comparison.
"""

import argparse
import statistics
import tempfile
import time
from pathlib import Path

from bench.process import SETTINGS, Memory, Program
from bench.report import conditions, table
from tests.servers import run_cli

#: the aims: seconds to the first page, MB when ready to answer
MOST_SECONDS, MOST_MEGABYTES = 5.0, 400
#: seconds after which the work of starting is over
SETTLED = 3.0


def main(arguments: list[str]) -> int:
    """Measure and print; 1 when an aim is missed."""
    parser = argparse.ArgumentParser(prog="manage.py bench start", description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args(arguments).runs
    with tempfile.TemporaryDirectory(prefix="bench-start-") as name:
        folder = Path(name)
        settings = SETTINGS | {"DATA_DIR": str(folder / "data"), "KB_INDEX_DIR": str(folder / "kb_index")}
        _prepare(settings, folder)
        facts = conditions(
            database="SQLite", runs=runs, state="second start: database, snapshot and file cache are warm"
        )
        _product(settings, folder)  # fills the file cache, not counted
        ours = [_product(settings, folder) for _ in range(runs)]
        bare = [_hello(settings, folder) for _ in range(runs)]
    page, call, idle, ready = (
        statistics.median(column)
        for column in zip(*((run[0], run[1], run[2].resident or 0, run[3].resident or 0) for run in ours), strict=True)
    )
    shares = [statistics.median(run[place].proportional or 0 for run in ours) for place in (2, 3)]
    bare_page, bare_idle = (
        statistics.median(column) for column in zip(*((run[0], run[1].resident or 0) for run in bare), strict=True)
    )
    print(facts + "\n")
    print(
        table(
            ("median of the runs", "product", "bare Flask", "ratio", "aim"),
            [
                (
                    "process start to first page (s)",
                    f"{page:.2f}",
                    f"{bare_page:.2f}",
                    f"{page / bare_page:.1f}",
                    f"{MOST_SECONDS:.0f}",
                ),
                (
                    "process start to first API answer (s)",
                    f"{call:.2f}",
                    f"{bare_page:.2f}",
                    f"{call / bare_page:.1f}",
                    "–",
                ),
                ("resident memory, idle (MB)", f"{idle:.0f}", f"{bare_idle:.0f}", f"{idle / bare_idle:.1f}", "–"),
                (
                    "resident memory, ready to answer (MB)",
                    f"{ready:.0f}",
                    f"{bare_idle:.0f}",
                    f"{ready / bare_idle:.1f}",
                    f"{MOST_MEGABYTES}",
                ),
                ("its share of memory (PSS), idle (MB)", f"{shares[0]:.0f}", "–", "–", "–"),
                ("its share of memory (PSS), ready (MB)", f"{shares[1]:.0f}", "–", "–", "–"),
            ],
        )
    )
    return 1 if page > MOST_SECONDS or ready > MOST_MEGABYTES else 0


def _prepare(settings: dict[str, str], folder: Path) -> None:
    """What a first start and its first minutes leave behind: database, vectors of the help centre, index snapshot."""
    run_cli("migrate", settings=settings)
    nothing_new = folder / "nothing.csv"
    nothing_new.write_text("title,text\n")
    run_cli("kb", "import", str(nothing_new), settings=settings, seconds=600)


def _product(settings: dict[str, str], folder: Path) -> tuple[float, float, Memory, Memory]:
    """Seconds to the first page and to the first API answer; memory idle and after the first question."""
    with Program(["app.cli", "run"], settings, folder / "product.log") as program:
        page = program.wait_for("/")
        call = program.wait_for("/api/v1/session")
        time.sleep(SETTLED)
        idle = program.memory()
        visitor = visitor_of(program)
        program.call("POST", "/api/v1/kb/qa", {"question": "怎么提交工单"}, **visitor)
        return page, call, idle, program.memory()


def visitor_of(program: Program) -> dict[str, str]:
    """The headers of a new portal visitor."""
    session, cookies = program.call("GET", "/api/v1/session")
    visitor, more = program.call(
        "POST", "/api/v1/session/visitor", {}, X_CSRF_Token=session["csrfToken"], Cookie=_line(cookies)
    )
    return {"X_CSRF_Token": visitor["csrfToken"], "Cookie": _line(cookies | more)}


def _line(cookies: dict[str, str]) -> str:
    return "; ".join(f"{name}={value}" for name, value in cookies.items())


def _hello(settings: dict[str, str], folder: Path) -> tuple[float, Memory]:
    with Program(["bench.hello"], settings, folder / "hello.log", port_option=False) as program:
        page = program.wait_for("/")
        return page, program.memory()
