"""Automation rules by time, and how long what they did is kept."""

from collections.abc import Iterator

import pytest

from tests.automating import NOTE, asks, change, every, flow, rules_of, runs_of, seen
from tests.people import Company, unique
from tests.servers import run_module
from tests.waiting import ago

HOUR = 3600


@pytest.fixture(scope="module")
def company(new_company) -> Company:
    """A company of this file's own: its rules act on all its tickets."""
    return new_company()


@pytest.fixture
def rule(company) -> Iterator:
    with rules_of(company) as make:
        yield make


def by_the_clock(backend) -> None:
    run_module("tests.task", "automation.run_due", settings=backend.settings)


def test_rule_by_time_acts_once_until_the_state_changes(company, rule, backend, database):
    word, customer = unique("word"), company.visitor()
    mine = rule(
        asks("title", "contains", [word]),
        asks("status", "is", "waiting"),
        asks("in_state", "at_least", 72),
        event="time",
    )
    old, young = company.ticket(customer, title=word), company.ticket(title=word)
    for ticket in (old, young):
        flow(company.admin, ticket, "waiting")

    def let_pass() -> None:
        change(database, "UPDATE ticket SET status_time = :then WHERE id = :id", then=ago(73 * HOUR), id=old["id"])

    let_pass()
    by_the_clock(backend)
    by_the_clock(backend)
    assert [one["ticket"]["id"] for one in company.admin.get("/automation-runs", ruleId=mine["id"])["list"]] == [
        old["id"]
    ]
    customer.say(f"/tickets/{old['id']}", "here is the picture")  # which ends the waiting
    flow(company.admin, old, "waiting")
    by_the_clock(backend)
    assert len(company.admin.get("/automation-runs", ruleId=mine["id"])["list"]) == 1, "it has just begun to wait again"
    change(database, "UPDATE ticket SET status_time = :then WHERE id = :id", then=ago(80 * HOUR), id=old["id"])
    by_the_clock(backend)
    assert len(company.admin.get("/automation-runs", ruleId=mine["id"])["list"]) == 2


def test_waiting_too_long_resolves_and_then_closes(company, rule, backend, database):
    word = unique("word")
    rule(
        asks("title", "contains", [word]),
        asks("status", "is", "waiting"),
        asks("in_state", "at_least", 72),
        event="time",
        actions=[{"action": "move", "value": {"status": "resolved", "text": "no answer from {customer.name}"}}],
    )
    rule(
        asks("title", "contains", [word]),
        asks("status", "is", "resolved"),
        asks("in_state", "at_least", 72),
        event="time",
        actions=[{"action": "move", "value": {"status": "closed"}}],
    )
    ticket = company.ticket(company.visitor("李雷"), title=word)
    flow(company.admin, ticket, "waiting")
    for status in ("resolved", "closed"):
        change(database, "UPDATE ticket SET status_time = :then WHERE id = :id", then=ago(73 * HOUR), id=ticket["id"])
        by_the_clock(backend)
        assert seen(company, ticket)["status"] == status
    assert seen(company, ticket)["resolution"] == "no answer from 李雷"


def test_rule_by_time_needs_a_time(company):
    body = {
        "name": unique("rule"),
        "event": "time",
        "actions": NOTE,
        "conditions": every(asks("status", "is", "waiting")),
    }
    assert "conditions" in company.admin.post("/automation-rules", body, expect=400)["fields"]


def test_old_runs_are_forgotten(company, rule, backend, database):
    word = unique("word")
    mine = rule(asks("title", "contains", [word]))
    company.ticket(title=word)
    runs_of(company, mine)
    change(
        database, "UPDATE automation_run SET create_time = :then WHERE rule_id = :id",
        then=ago(91 * 24 * HOUR), id=mine["id"],
    )  # fmt: skip
    run_module("tests.task", "maintenance.clean", settings=backend.settings)
    assert not company.admin.get("/automation-runs", ruleId=mine["id"])["list"]
