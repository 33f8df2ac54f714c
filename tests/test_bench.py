"""The measurements run and tell what they measured; how fast the machine is, is not a matter of tests."""

import re
import subprocess
import sys

import pytest

from bench.http import LISTS
from bench.process import SETTINGS, Program
from bench.report import conditions, percentile, table
from tests.servers import ROOT, clean_environment


@pytest.mark.parametrize(("share", "value"), [(0.5, 5), (0.95, 10), (0.9, 9), (0.1, 1), (1.0, 10)])
def test_percentiles_are_nearest_ranks(share, value):
    assert percentile([7, 1, 10, 3, 5, 2, 8, 4, 6, 9], share) == value


def test_tables_are_markdown_with_numbers_to_the_right():
    assert table(("名称", "ms"), [("一", "1.5"), ("second", "12.5")]) == (
        "| 名称   |   ms |\n| ------ | ---: |\n| 一     |  1.5 |\n| second | 12.5 |"
    )


def test_conditions_name_machine_and_day():
    lines = conditions(database="SQLite").splitlines()
    assert re.search(r"^- Date: \d{4}-\d\d-\d\d", lines[0]) and "- Database: SQLite" in lines
    assert any(re.fullmatch(r"- Processor: \d+ × .+", line) for line in lines)


def test_a_program_is_timed_and_weighed(tmp_path):
    with Program(["bench.hello"], SETTINGS, tmp_path / "log", port_option=False) as program:
        assert 0 < program.wait_for("/") < 60
        assert program.process.poll() is None
        memory = program.memory()
    if sys.platform == "linux":
        assert 10 < memory.proportional <= memory.resident < 500
    assert program.process.poll() is not None


def test_a_program_that_dies_is_told(tmp_path):
    with (
        Program(["bench.nothing"], SETTINGS, tmp_path / "log", port_option=False) as program,
        pytest.raises(RuntimeError, match="No module named"),
    ):
        program.wait_for("/")


def test_lists_are_measured_on_a_filled_database():
    # no judgement on times: three requests beside a whole test suite say nothing
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "bench.http", "--rows", "300", "--requests", "3", "--rounds", "2"],
        cwd=ROOT,
        env=clean_environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
    )
    rows = {line.split("|")[1].strip(): line for line in done.stdout.splitlines() if line.startswith("| ")}
    assert set(rows) >= {wanted.title for wanted in LISTS}, done.stdout + done.stderr
    assert "300 ticket" in done.stdout and "The bare route takes" in done.stdout
    assert done.returncode == (1 if any(row.rstrip(" |").endswith("no") for row in rows.values()) else 0)


def test_chat_follows_every_message_to_its_end():
    """A small crowd: everything acknowledged is stored and heard once, in order. (How fast, is not asked here.)"""
    done = subprocess.run(
        [
            *(sys.executable, "-W", "ignore", "-m", "bench.chat"),
            *("--users", "22", "--rate", "20", "--seconds", "3", "--capacity", "1"),
        ],
        cwd=ROOT,
        env=clean_environment(),
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert done.returncode in (0, 1), done.stderr
    assert "nothing lost, nothing doubled, everything in order" in done.stdout
    assert "| messages sent                               |    60 |  60 |" in done.stdout
    assert "| bare echo" in done.stdout
