"""What automation rules do: every action, all or none, once only and never in circles."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from tests.automating import asks, change, rules_of, runs_of, seen, told
from tests.people import Company, unique
from tests.waiting import ago, eventually

HOUR = 3600


@pytest.fixture(scope="module")
def company(new_company) -> Company:
    """A company of this file's own: its rules act on all its tickets."""
    return new_company()


@pytest.fixture
def rule(company) -> Iterator:
    with rules_of(company) as make:
        yield make


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
