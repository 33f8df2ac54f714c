"""Automation rules: every event, every comparison, tried before use; who may write them."""

from collections.abc import Callable, Iterator

import pytest

from tests.automating import NOTE, asks, every, flow, rules_of, runs_of, seen, told
from tests.people import Company, Person, unique


@pytest.fixture(scope="module")
def company(new_company) -> Company:
    """A company of this file's own: its rules act on all its tickets."""
    return new_company()


@pytest.fixture
def rule(company) -> Iterator:
    with rules_of(company) as make:
        yield make


# --- events ---------------------------------------------------------------------------------------------------------


HAPPENINGS: dict[str, Callable[[Company, Person, dict], object]] = {
    "created": lambda company, customer, ticket: None,
    "updated": lambda company, customer, ticket: company.admin.put(
        f"/tickets/{ticket['id']}", {"version": ticket["version"], "description": "more"}
    ),
    "moved": lambda company, customer, ticket: flow(company.admin, ticket, "processing"),
    "assigned": lambda company, customer, ticket: company.admin.post(
        f"/tickets/{ticket['id']}/assign", {"agentId": company.agent.agent_id}
    ),
    "customer_replied": lambda company, customer, ticket: customer.say(f"/tickets/{ticket['id']}", "hello"),
    "staff_replied": lambda company, customer, ticket: company.admin.say(f"/tickets/{ticket['id']}", "hello"),
}


@pytest.mark.parametrize("event", HAPPENINGS)
def test_rule_acts_on_its_event_and_on_no_other(company, rule, event):
    word = unique("word")
    mine = rule(asks("title", "contains", [word]), event=event)
    others = [rule(asks("title", "contains", [word]), event=one) for one in HAPPENINGS if one not in (event, "created")]
    customer = company.visitor()
    ticket = company.ticket(customer, title=word)
    HAPPENINGS[event](company, customer, ticket)
    run = runs_of(company, mine)[0]
    assert (run["ticket"]["id"], run["outcome"], run["steps"][0]["action"]) == (ticket["id"], "done", "note")
    assert told(company, ticket, "note")[-1]["sender"]["name"] == mine["name"], "a note names the rule"
    for other in others:
        assert not company.admin.get("/automation-runs", ruleId=other["id"])["list"]
    assert company.admin.get(f"/automation-rules/{mine['id']}")["runCount"] == 1


def test_new_rule_is_off_and_does_nothing(company, rule):
    word = unique("word")
    quiet = company.admin.post("/automation-rules", {"name": unique("rule"), "actions": NOTE})
    loud = rule(asks("title", "contains", [word]))
    company.ticket(title=word)
    runs_of(company, loud)
    assert quiet["active"] is False
    assert not company.admin.get("/automation-runs", ruleId=quiet["id"])["list"]


# --- comparisons ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def asked(company) -> dict:
    """One ticket with everything, in a company with a second one that has nothing."""
    customer = company.visitor()
    company.admin.put(f"/customers/{customer.customer_id}", {"vipLevel": 3, "tags": ["重点客户"]})
    ticket = customer.post("/tickets", {"title": "ＰＲＩＮＴＥＲ 坏了", "description": "紅燈 flashing", "type": "bug"})
    path = f"/tickets/{ticket['id']}"
    company.admin.put(path, {"version": ticket["version"], "priority": "urgent"})
    company.admin.post(f"{path}/assign", {"agentId": company.agent.agent_id})
    customer.say(path, "Please HURRY up")
    company.ticket(title="empty one")
    return ticket


COMPARISONS = [
    (asks("status", "is", "pending"), True),
    (asks("status", "is_not", "pending"), False),
    (asks("status", "one_of", ["pending", "waiting"]), True),
    (asks("status", "none_of", ["pending", "waiting"]), False),
    (asks("priority", "is", "urgent"), True),
    (asks("priority", "at_least", "urgent"), True),
    (asks("priority", "at_least", "critical"), False),
    (asks("priority", "at_most", "critical"), True),
    (asks("priority", "at_most", "normal"), False),
    (asks("type", "is", "bug"), True),
    (asks("type", "empty"), False),
    (asks("product", "empty"), True),
    (asks("product", "filled"), False),
    (asks("source", "is", "customer"), True),
    (asks("source", "is", "agent"), False),
    (asks("title", "contains", ["nothing", "printer"]), True),
    (asks("title", "contains", ["p.inter", "scanner"]), False),
    (asks("title", "lacks", ["scanner"]), True),
    (asks("description", "contains", ["红灯"]), True),
    (asks("description", "empty"), False),
    (asks("team", "empty"), True),
    (asks("assignee", "filled"), True),
    (asks("assignee", "empty"), False),
    (asks("department", "empty"), True),
    (asks("customer_level", "at_least", 3), True),
    (asks("customer_level", "at_least", 4), False),
    (asks("customer_level", "at_most", 3), True),
    (asks("customer_level", "is", 3), True),
    (asks("customer_tags", "contains", ["重点客户", "其他"]), True),
    (asks("customer_tags", "lacks", ["重点客户"]), False),
    (asks("organization", "empty"), True),
    (asks("message", "contains", ["hurry"]), True),
    (asks("message", "lacks", ["hurry"]), False),
    (asks("sender", "is", "customer"), True),
    (asks("sender", "is", "agent"), False),
    (asks("created", "at_most", 1), True),
    (asks("created", "at_least", 1), False),
    (asks("updated", "at_most", 1), True),
    (asks("in_state", "at_most", 1), True),
    (asks("customer_wrote", "at_most", 1), True),
    (asks("staff_wrote", "at_most", 1), False),
    (asks("staff_wrote", "at_least", 0), False),
    (asks("open", "is", True), True),
    (asks("open", "is", False), False),
    ({"match": "any", "items": [asks("type", "is", "bug"), asks("team", "filled")]}, True),
    ({"match": "all", "items": [asks("type", "is", "bug"), asks("team", "filled")]}, False),
]


def tried(company: Company, *items: dict, person: Person | None = None, **more) -> dict:
    body = {"event": "created", "actions": NOTE, "conditions": every(*items)} | more
    return (person or company.admin).post("/automation-rules/try", body)


@pytest.mark.parametrize(("condition", "holds"), COMPARISONS, ids=str)
def test_every_comparison(company, asked, condition, holds):
    found = tried(company, condition)
    assert (asked["id"] in [one["id"] for one in found["list"]]) == holds


def test_comparisons_with_colleagues_are_by_number(company, asked):
    agent = company.agent.agent_id
    assert asked["id"] in [one["id"] for one in tried(company, asks("assignee", "is", agent))["list"]]
    assert asked["id"] not in [one["id"] for one in tried(company, asks("assignee", "none_of", [agent]))["list"]]


@pytest.mark.parametrize(
    ("conditions", "field"),
    [
        (every(asks("colour", "is", 1)), "conditions.items.0.field"),
        (every(asks("status", "contains", ["a"])), "conditions.items.0.operator"),
        (every(asks("status", "is", "gone")), "conditions.items.0.value"),
        (every(asks("status", "is")), "conditions.items.0.value"),
        (every(asks("status", "one_of", "pending")), "conditions.items.0.value"),
        (every(asks("team", "is", 999_999)), "conditions.items.0.value"),
        (every(asks("team", "is", True)), "conditions.items.0.value"),
        (every(asks("created", "at_least", -1)), "conditions.items.0.value"),
        (every(asks("created", "at_least", "three")), "conditions.items.0.value"),
        (every(asks("title", "contains", ["  "])), "conditions.items.0.value"),
        (every(asks("title", "contains", ["x" * 65])), "conditions.items.0.value"),
        (every({"match": "any", "items": []}), "conditions.items.0.items"),
        (every({"items": [{"items": [asks("open", "is", True)]}]}), "conditions.items.0.items.0"),
        ({"match": "none", "items": []}, "conditions"),
        (every(asks("open", "is", "yes")), "conditions.items.0.value"),
    ],
)
def test_what_is_wrong_is_told_by_its_place(company, conditions, field):
    body = {"name": unique("rule"), "actions": NOTE, "conditions": conditions}
    assert list(company.admin.post("/automation-rules", body, expect=400)["fields"]) == [field]


@pytest.mark.parametrize(
    ("action", "field"),
    [
        ({"action": "run_code", "value": "x"}, "actions.0.action"),
        ({"action": "set_priority", "value": "huge"}, "actions.0.value"),
        ({"action": "set_priority"}, "actions.0.value"),
        ({"action": "assign", "value": 999_999}, "actions.0.value"),
        ({"action": "note", "value": ""}, "actions.0.value"),
        ({"action": "note", "value": "x" * 2001}, "actions.0.value"),
        ({"action": "message", "value": "{agent.password}"}, "actions.0.value"),
        ({"action": "message", "value": "{{config}}"}, "actions.0.value"),
        ({"action": "notify", "value": {"to": ["boss@example.org"], "text": "x"}}, "actions.0.value.to"),
        ({"action": "notify", "value": {"to": [], "text": "x"}}, "actions.0.value.to"),
        ({"action": "move", "value": {"status": "gone"}}, "actions.0.value.status"),
        ({"action": "note", "value": "x", "more": 1}, "actions.0.action"),
    ],
)
def test_what_cannot_be_done_is_told_by_its_place(company, action, field):
    body = {"name": unique("rule"), "actions": [action]}
    assert list(company.admin.post("/automation-rules", body, expect=400)["fields"]) == [field]


# --- trying ---------------------------------------------------------------------------------------------------------


def test_trying_says_what_would_happen_and_changes_nothing(company):
    word = unique("word")
    ticket = company.ticket(title=word)
    before = (seen(company, ticket), company.admin.messages(f"/tickets/{ticket['id']}"))
    found = tried(
        company,
        asks("title", "contains", [word]),
        actions=[
            {"action": "set_priority", "value": "critical"},
            {"action": "assign", "value": company.agent.agent_id},
            {"action": "move", "value": {"status": "closed"}},
            {"action": "message", "value": "about {ticket.no}"},
        ],
    )
    assert found["matched"] == 1 and found["looked"] >= 1 and not found["isCut"]
    (match,) = found["list"]
    assert (match["id"], match["no"]) == (ticket["id"], ticket["no"])
    changes = {one["action"]: one for one in match["changes"]}
    assert (changes["set_priority"]["before"], changes["set_priority"]["after"]) == ("normal", "critical")
    assert changes["assign"]["after"] == company.agent.actor["name"]
    assert changes["move"]["reason"] and not changes["set_priority"]["reason"]
    assert changes["message"]["after"] == f"about {ticket['no']}"
    assert (seen(company, ticket), company.admin.messages(f"/tickets/{ticket['id']}")) == before


def test_trying_looks_at_so_many_and_no_more(company):
    for _ in range(3):
        company.ticket()
    assert tried(company, most=2)["looked"] == 2
    company.admin.post("/automation-rules/try", {"event": "created", "actions": NOTE, "most": 5001}, expect=400)


# --- who may --------------------------------------------------------------------------------------------------------


def test_supervisors_read_and_try_agents_do_not(company, rule):
    mine = rule(asks("title", "contains", [unique("word")]))
    body = {"event": "created", "actions": NOTE}
    assert company.supervisor.get(f"/automation-rules/{mine['id']}")["name"] == mine["name"]
    company.supervisor.post("/automation-rules/try", body)
    company.supervisor.put(f"/automation-rules/{mine['id']}", {"active": False}, expect=403)
    company.agent.get("/automation-rules", expect=403)
    company.agent.post("/automation-rules/try", body, expect=403)


def test_people_of_another_company_cannot_be_named(company, strangers):
    body = {"name": unique("rule"), "actions": [{"action": "assign", "value": strangers.agent.agent_id}]}
    company.admin.post("/automation-rules", body, expect=400)
    stranger = strangers.ticket()
    assert stranger["id"] not in [one["id"] for one in tried(company, most=5000)["list"]]


def test_two_editors_meet(company, rule):
    mine = rule(asks("title", "contains", [unique("word")]))
    path = f"/automation-rules/{mine['id']}"
    company.admin.put(path, {"name": unique("rule"), "version": mine["version"]})
    assert company.admin.put(path, {"name": unique("rule"), "version": mine["version"]}, expect=409)["error"] == "stale"
