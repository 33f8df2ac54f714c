"""Break things while people talk, and draw up the account.

    python3 manage.py bench faults [F01 F04 …] [--db sqlite|mariadb|all] [--short] [--seed N]

Each experiment starts the product in processes of its own, lets a crowd of real WebSocket clients talk, strikes, heals,
waits until all is quiet, and then compares what clients were told with the database, with REST and with what every
device shows (docs/faults.md). A run in which fewer than a thousand messages were acknowledged, or the fault struck
nobody, is invalid: it has shown nothing.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.faults import devices, files, processes, stores  # noqa: F401  they register their experiments
from bench.faults.box import Box
from bench.faults.stage import BUSY, EXPERIMENTS, FULL, HEAD, MODEST, SHORT, Result, perform
from bench.report import conditions, table
from config import ROOT
from tests import programs

#: what a short run consists of
SELECTION = ("F04", "F05", "F22", "F23")


def main(arguments: list[str]) -> int:
    """Run and print; 1 when something went astray or nothing was shown."""
    parser = argparse.ArgumentParser(prog="manage.py bench faults", description=__doc__.splitlines()[0])
    parser.add_argument("codes", nargs="*", metavar="CODE", help=f"of {', '.join(sorted(EXPERIMENTS))}; all by default")
    parser.add_argument("--db", choices=("sqlite", "mariadb", "all"), default="sqlite", help="mariadb comes with Redis")
    parser.add_argument("--short", action="store_true", help="few people, few strikes, one minute")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="folder for ledgers and logs, which are otherwise thrown away")
    options = parser.parse_args(arguments)
    if unknown := set(options.codes) - set(EXPERIMENTS):
        parser.error(f"no experiment {', '.join(sorted(unknown))}")
    if options.db == "all":  # one process each: an application serves one database in its life
        return max(_in_a_process_of_its_own(name, arguments) for name in ("sqlite", "mariadb"))
    if options.db == "mariadb" and (reason := programs.why_not_mariadb()):
        print(f"MariaDB with Redis is {reason}")
        return 1
    if options.keep:
        options.keep.mkdir(parents=True, exist_ok=True)
        if any(options.keep.iterdir()):
            parser.error(f"{options.keep} is not empty")
        return _run(options, options.keep)
    with tempfile.TemporaryDirectory(prefix="bench-faults-") as folder:
        return _run(options, Path(folder))


def _in_a_process_of_its_own(name: str, arguments: list[str]) -> int:
    command = [sys.executable, "-W", "ignore", "-c", "import sys, bench.faults as f; sys.exit(f.main(sys.argv[1:]))"]
    return subprocess.run([*command, *arguments, "--db", name], cwd=ROOT).returncode


def _run(options: argparse.Namespace, folder: Path) -> int:
    scale = SHORT if options.short else MODEST if os.getloadavg()[0] >= BUSY else FULL
    wanted = options.codes or (SELECTION if options.short else sorted(EXPERIMENTS))
    chosen = [EXPERIMENTS[code] for code in wanted if options.db in EXPERIMENTS[code].setups]
    print(
        conditions(
            database=f"{options.db}{' and Redis' if options.db == 'mariadb' else ''}",
            load=f"{scale.users} people unless said otherwise, {scale.rate:.0f} messages/s in all",
            time_limits=f"× {scale.patience:.0f}",
            seed=options.seed,
        )
        + "\n",
        flush=True,
    )
    results: list[Result] = []
    with Box(folder, options.db) as box:
        for each in chosen:
            result = perform(each, box, scale, options.seed)
            results.append(result)
            print(_told(result), flush=True)
    print("\n" + table(HEAD, [result.row() for result in results]))
    return 0 if all(result.verdict == "pass" for result in results) else 1


def _told(result: Result) -> str:
    lines = [f"{result.experiment.code}: {result.experiment.title}: {result.verdict} ({result.seconds:.0f} s)"]
    lines += [f"  {title}: {value}" for title, value in result.stage.figures.items()]
    lines += [f"  ! {problem}" for problem in result.problems]
    return "\n".join(lines)
