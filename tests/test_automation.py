"""Automation rules: every event, every comparison, every action; once only, never in circles, tried before use."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa

from tests.people import Company, Person, unique
from tests.servers import run_module
from tests.waiting import ago, eventually

HOUR = 3600
NOTE = [{"action": "note", "value": "seen"}]


@pytest.fixture(scope="module")
def company(new_company) -> Company:
    """A company of this file's own: its rules act on all its tickets."""
    return new_company()


def asks(field: str, operator: str = "is", value: object = None) -> dict:
    return {"field": field, "operator": operator} | ({} if value is None else {"value": value})


def every(*items: dict) -> dict:
    return {"match": "all", "items": list(items)}


@pytest.fixture
def rule(company) -> Callable:
    """Make an active rule; all of a test are off again afterwards."""
    made: list[int] = []

    def make(*items: dict, event: str = "created", actions: list | None = None, **more) -> dict:
        body = {"name": unique("rule"), "active": True, "event": event, "actions": actions or NOTE}
        one = company.admin.post("/automation-rules", body | {"conditions": every(*items)} | more)
        made.append(one["id"])
        return one

    yield make
    for number in made:
        company.admin.put(f"/automation-rules/{number}", {"active": False})


def runs_of(company: Company, rule: dict, count: int = 1) -> list[dict]:
    def look() -> list[dict]:
        found = company.admin.get("/automation-runs", ruleId=rule["id"])["list"]
        return found if len(found) >= count else []

    return eventually(look, 20)


def seen(company: Company, ticket: dict) -> dict:
    return company.admin.get(f"/tickets/{ticket['id']}")


def change(database: sa.Engine, statement: str, **values) -> None:
    with database.begin() as connection:
        connection.execute(sa.text(statement), values)


def told(company: Company, ticket: dict, type_: str = "text") -> list[dict]:
    return [one for one in company.admin.messages(f"/tickets/{ticket['id']}")["list"] if one["type"] == type_]


# --- events ---------------------------------------------------------------------------------------------------------


def flow(person: Person, ticket: dict, status: str, **more) -> None:
    person.post(f"/tickets/{ticket['id']}/flow", {"status": status, **more})


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


# --- actions --------------------------------------------------------------------------------------------------------


def test_facts_assignment_and_state_in_one_go(company, rule):
    word, team = unique("word"), company.admin.post("/teams", {"name": unique("team")})["id"]
    department = company.admin.post("/departments", {"name": unique("dept"), "code": unique("d")})["id"]
    mine = rule(
        asks("title", "contains", [word]),
        actions=[
            {"action": "set_priority", "value": "critical"},
            {"action": "set_type", "value": "bug"},
            {"action": "set_department", "value": department},
            {"action": "to_team", "value": team},
            {"action": "assign", "value": company.agent.agent_id},
            {"action": "move", "value": {"status": "processing"}},
            {"action": "follow_up", "value": "looked at {ticket.no}"},
        ],
    )
    ticket = company.ticket(title=word)
    steps = runs_of(company, mine)[0]["steps"]
    assert [(step["action"], step["before"], step["after"]) for step in steps[:1]] == [
        ("set_priority", "normal", "critical")
    ]
    now = seen(company, ticket)
    assert (now["priority"], now["type"], now["status"]) == ("critical", "bug", "processing")
    assert (now["teamId"], now["departmentId"], now["assignee"]["id"]) == (team, department, company.agent.agent_id)
    assert company.admin.get(f"/tickets/{ticket['id']}/follow-ups")[0]["content"] == f"looked at {ticket['no']}"
    history = company.admin.get(f"/tickets/{ticket['id']}/assign-history")
    assert history[-1]["reason"] == mine["name"], "the history names the rule"


#: what other products have run as programs
TEMPLATES = "{{7*7}} {% for x in y %} {0.__init__.__globals__} %(x)s ${7*7} {TICKET} <b>"


def test_text_to_the_customer_is_filled_in_once_and_stays_text(company, rule):
    word = unique("word")
    rule(
        asks("title", "contains", [word]),
        actions=[{"action": "message", "value": "{customer.name} {ticket.no} {ticket.title} " + TEMPLATES}],
    )
    customer = company.visitor("王敏")
    ticket = company.ticket(customer, title=f"{word} {{company.name}}")
    said = eventually(lambda: told(company, ticket))[0]
    assert said["content"] == f"王敏 {ticket['no']} {word} {{company.name}} {TEMPLATES}", (
        "what is filled in is not looked at again"
    )
    assert said["sender"]["kind"] == "bot" and "rule" not in said["sender"]["name"], (
        "customers do not read names of rules"
    )
    assert seen(company, ticket)["firstReplyTime"] is None, "a machine's word is no reply of the staff"


def test_note_never_reaches_the_customer(company, rule):
    word = unique("word")
    mine = rule(asks("title", "contains", [word]))
    customer = company.visitor()
    ticket = company.ticket(customer, title=word)
    runs_of(company, mine)
    assert "note" not in [one["type"] for one in customer.messages(f"/tickets/{ticket['id']}")["list"]]


def test_colleagues_are_notified_if_they_may_see_the_ticket(company, rule):
    word, stranger = unique("word"), company.new("agent")
    rule(
        asks("title", "contains", [word]),
        event="assigned",
        actions=[{"action": "notify", "value": {"to": ["assignee", stranger.agent_id], "text": "{ticket.no} is hot"}}],
    )
    ticket = company.ticket(assignee=company.agent, title=word)

    def look() -> list[dict]:
        return [one for one in company.agent.get("/notifications")["list"] if one["kind"] == "ticket.automation"]

    found = eventually(look)[0]
    assert found["params"]["note"] == f"{ticket['no']} is hot"
    assert not [one for one in stranger.get("/notifications")["list"] if one["kind"] == "ticket.automation"]


def test_refused_action_undoes_the_others_and_is_told(company, rule):
    word = unique("word")
    mine = rule(
        asks("title", "contains", [word]),
        actions=[
            {"action": "set_priority", "value": "critical"},
            {"action": "note", "value": "before"},
            {"action": "move", "value": {"status": "closed"}},
        ],
    )
    ticket = company.ticket(title=word)
    run = runs_of(company, mine)[0]
    assert (run["outcome"], run["steps"][0]["action"]) == ("refused", "move")
    assert run["reason"]
    now = seen(company, ticket)
    assert (now["priority"], now["status"]) == ("normal", "pending")
    assert not told(company, ticket, "note")
    assert company.admin.get(f"/automation-rules/{mine['id']}")["active"], "an illegal step is no broken rule"


def test_rules_go_in_order_and_one_may_be_the_last(company, rule):
    word = unique("word")
    second = rule(asks("title", "contains", [word]), sort=20, actions=[{"action": "set_priority", "value": "critical"}])
    first = rule(
        asks("title", "contains", [word]),
        sort=10,
        stopAfter=True,
        actions=[{"action": "set_priority", "value": "urgent"}],
    )
    ticket = company.ticket(title=word)
    runs_of(company, first)
    fence = rule(asks("title", "contains", [word]), event="customer_replied")
    company.ticket(title=word)
    runs_of(company, first, 2)
    assert not company.admin.get("/automation-runs", ruleId=second["id"])["list"]
    assert seen(company, ticket)["priority"] == "urgent" and fence["runCount"] == 0


# --- once, and never in circles -------------------------------------------------------------------------------------


def test_event_that_is_told_again_acts_once(company, rule, database):
    word = unique("word")
    mine = rule(asks("title", "contains", [word]), actions=[{"action": "message", "value": "hello"}])
    ticket = company.ticket(title=word)
    runs_of(company, mine)
    find = sa.text(
        "SELECT id FROM outbox_event WHERE name IN ('ticket.created', 'automation.called') AND tenant_id ="
        " (SELECT tenant_id FROM ticket WHERE id = :id)"
    )
    with database.connect() as connection:
        numbers = list(connection.execute(find, {"id": ticket["id"]}).scalars())
    for number in numbers:
        change(
            database, "UPDATE outbox_event SET sent_time = NULL, create_time = :then WHERE id = :id",
            then=ago(HOUR), id=number,
        )  # fmt: skip
    waiting = sa.text("SELECT COUNT(*) FROM outbox_event WHERE sent_time IS NULL AND id <= :last")

    def is_told() -> bool:
        with database.connect() as connection:
            return connection.execute(waiting, {"last": max(numbers)}).scalar() == 0

    eventually(is_told, 60)
    assert len(company.admin.get("/automation-runs", ruleId=mine["id"])["list"]) == 1
    assert len(told(company, ticket)) == 1


def test_two_rules_that_answer_each_other_end(company, rule):
    word = unique("word")
    there = rule(
        asks("title", "contains", [word]),
        asks("type", "is", "bug"),
        event="updated",
        actions=[{"action": "set_type", "value": "consult"}],
    )
    back = rule(
        asks("title", "contains", [word]),
        asks("type", "is", "consult"),
        event="updated",
        actions=[{"action": "set_type", "value": "bug"}],
    )
    ticket = company.ticket(title=word)
    company.admin.put(f"/tickets/{ticket['id']}", {"version": ticket["version"], "type": "bug"})
    runs_of(company, there)
    runs_of(company, back)
    fence = rule(asks("title", "contains", [word]), event="customer_replied")
    assert fence and seen(company, ticket)["type"] == "bug"
    company.admin.put(f"/tickets/{ticket['id']}", {"version": seen(company, ticket)["version"], "title": f"{word} 2"})
    runs_of(company, there, 2)
    runs_of(company, back, 2)
    assert len(company.admin.get("/automation-runs", ruleId=there["id"])["list"]) == 2, (
        "each once for what a person did"
    )


def test_chain_of_rules_is_short(company, rule):
    """Seven rules, each of which starts the next one: the sixth is not asked any more."""
    word, links = unique("word"), []
    departments = [
        company.admin.post("/departments", {"name": unique("dept"), "code": unique("d")})["id"] for _ in range(7)
    ]
    before = asks("department", "empty")
    for number, department in enumerate(departments):
        links.append(
            rule(
                asks("title", "contains", [word]),
                before,
                event="updated",
                sort=100 - number,  # so that each is called by what the one before has done
                actions=[{"action": "set_department", "value": department}],
            )
        )
        before = asks("department", "is", department)
    ticket = company.ticket(title=word)
    company.admin.put(f"/tickets/{ticket['id']}", {"version": ticket["version"], "description": "go"})
    runs_of(company, links[4])
    eventually(lambda: seen(company, ticket)["departmentId"] == departments[4])
    assert not company.admin.get("/automation-runs", ruleId=links[5]["id"])["list"]


def test_rule_acts_on_a_ticket_only_so_often_within_an_hour(company, rule):
    word = unique("word")
    mine = rule(asks("title", "contains", [word]), event="customer_replied")
    customer = company.visitor()
    ticket = company.ticket(customer, title=word)
    for number in range(11):
        customer.say(f"/tickets/{ticket['id']}")
        runs_of(company, mine, number + 1)
    outcomes = [one["outcome"] for one in company.admin.get("/automation-runs", ruleId=mine["id"])["list"]]
    assert sorted(outcomes) == ["done"] * 10 + ["refused"]
    assert len(told(company, ticket, "note")) == 10


def test_broken_rule_is_switched_off_and_its_keepers_hear_of_it(company, rule):
    word, gone, manager = unique("word"), company.new("agent"), company.manager
    mine = rule(asks("title", "contains", [word]), actions=[{"action": "assign", "value": gone.agent_id}])
    company.admin.delete(f"/agents/{gone.agent_id}")
    for number in range(5):
        company.ticket(title=word)  # which it does not stop
        runs_of(company, mine, number + 1)
    eventually(lambda: not company.admin.get(f"/automation-rules/{mine['id']}")["active"])
    assert {one["outcome"] for one in company.admin.get("/automation-runs", ruleId=mine["id"])["list"]} == {"broken"}
    found = eventually(
        lambda: [one for one in manager.get("/notifications")["list"] if one["kind"] == "automation_rule.gave_up"]
    )
    assert found[0]["params"]["title"] == mine["name"]
    company.admin.put(f"/automation-rules/{mine['id']}", {"active": True}, expect=400)


# --- by the clock ---------------------------------------------------------------------------------------------------


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
