"""The experiments with faults: their account finds what is wrong, and a selection of them finds nothing."""

import re
import subprocess
import sys
from collections import namedtuple

import pytest

from app.breaker import Breaker
from bench.faults.check import Findings, _against_ledger, _numbers
from bench.faults.client import View
from bench.ledger import Ledger
from tests.programs import why_not_mariadb
from tests.servers import ROOT, clean_environment

Row = namedtuple("Row", "id seq client_msg_id content recalled_time")


@pytest.fixture
def ledger(tmp_path):
    """Two messages of one sender, acknowledged as numbers 1 and 2."""
    with Ledger(tmp_path / "ledger.jsonl", "run") as ledger:
        for number in (1, 2):
            said = ledger.invoke(0, 7, f"words {number}")
            ledger.ok(said, ledger.try_(said, "socket"), {"messageId": 100 + number, "seq": number})
        yield ledger


def judged(ledger: Ledger, *rows: Row) -> Findings:
    found = Findings()
    _against_ledger(found, ledger, {7: list(rows)})
    _numbers(found, ledger, {7: list(rows)})
    return found


FIRST, SECOND = Row(101, 1, "run-0", "words 1", None), Row(102, 2, "run-1", "words 2", None)


def test_the_account_is_content_with_what_is_right(ledger):
    assert judged(ledger, FIRST, SECOND) == Findings()
    assert len(list(ledger.tries())) == 2 and ledger.first_ok_after(0) > 0


@pytest.mark.parametrize(
    ("rows", "what"),
    [
        ([FIRST], "acknowledged messages not stored"),
        ([FIRST, SECOND, Row(103, 3, "run-1", "words 2", None)], "stored twice"),
        ([FIRST, SECOND, Row(103, 3, "run-9", "", None)], "nobody has sent"),
        ([FIRST, SECOND._replace(content="other words")], "with other words"),
        ([FIRST, SECOND._replace(seq=3)], "numbers have gaps"),
        ([FIRST, SECOND._replace(id=999)], "acknowledged messages not stored"),
    ],
)
def test_the_account_finds_what_is_wrong(ledger, rows, what):
    assert any(what in problem for problem in judged(ledger, *rows).problems)


def test_the_account_finds_what_was_refused_and_stored_and_what_came_in_another_order(ledger):
    said = ledger.invoke(0, 7, "refused")
    ledger.fail(said, ledger.try_(said, "rest"), "conflict", final=True)
    late = ledger.invoke(0, 7, "overtook")
    ledger.ok(late, ledger.try_(late, "rest"), {"messageId": 104, "seq": 0})
    rows = FIRST, SECOND, Row(103, 3, said.name, "refused", None)
    problems = " ".join(judged(ledger, *rows).problems)
    assert "refused and stored" in problems and "in another order" in problems


def test_a_view_knows_when_something_is_missing():
    view = View()
    assert not view.push({"messageId": 1, "changeSeq": 1})
    assert view.push({"messageId": 3, "changeSeq": 3}), "the second one never came"
    view.batch({"list": [{"messageId": 2, "changeSeq": 2}], "changeSeq": 3, "reads": []})
    assert not view.push({"messageId": 4, "changeSeq": 4}) and sorted(view.messages) == [1, 2, 3, 4]
    view.push({"messageId": 4, "changeSeq": 4})
    assert view.repeated == 1


def test_a_breaker_lets_one_try_through_and_closes_when_it_works():
    breaker = Breaker("a neighbour", seconds=0.0)
    assert breaker.lets_through()
    breaker = Breaker("a neighbour", seconds=60)
    breaker.failed(OSError())
    assert not breaker.lets_through()
    breaker._closed_from = 0.0  # a minute later
    assert breaker.lets_through() and not breaker.lets_through(), "everybody tries at once"
    breaker.worked()
    assert breaker.lets_through() and breaker.lets_through()


@pytest.mark.parametrize(
    ("database", "codes"),
    [
        ("sqlite", ("F04", "F05", "F22")),
        pytest.param(
            "mariadb", ("F23",), marks=pytest.mark.skipif(why_not_mariadb() is not None, reason="needs mariadb, redis")
        ),
    ],
)
def test_faults_lose_double_and_reveal_nothing(database, codes):
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "app.cli", "bench", "faults", "--short", "--db", database, *codes],
        cwd=ROOT,
        env=clean_environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
    )
    verdicts = dict(re.findall(r"^\| (F\d\d) .* (\w+) +\|$", done.stdout, re.MULTILINE))
    assert verdicts == dict.fromkeys(codes, "pass"), done.stdout[-3000:] + done.stderr[-2000:]
    assert done.returncode == 0
