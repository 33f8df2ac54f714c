"""Service levels of tickets through REST: which policy holds, how clocks run and stop, who is told when it is late."""

import datetime as dt
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from tests.people import Company, Person, at_once, listening, unique
from tests.screens import Screens
from tests.waiting import ago, eventually

MINUTE, HOUR = 60, 3600
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
#: how far a clock may have gone on while a test was under way
SLACK = 60
#: the watch comes by every ten seconds
PATIENCE = 40


@pytest.fixture(scope="module")
def company(new_company) -> Company:
    """A company of this file's own: it begins with the three policies of every company, and never closes."""
    made = new_company()
    for row in made.admin.get("/sla-policies")["list"]:
        made.admin.delete(f"/sla-policies/{row['id']}")
    return made


@pytest.fixture
def policy(company) -> Iterator:
    """Makes policies that hold for this test alone; the numbers are minutes."""
    made: list[int] = []

    def make(first: int | None = 60, solved: int | None = 240, *steps: dict, **more) -> dict:
        row = company.admin.post(
            "/sla-policies",
            {"name": unique("policy"), "firstResponseMinutes": first, "resolutionMinutes": solved, **more},
        )
        made.append(row["id"])
        for step in steps:
            company.admin.post("/sla-escalations", {"policyId": row["id"], **step})
        return row

    yield make
    for number in made:
        company.admin.request("DELETE", f"/sla-policies/{number}")


def level(company: Company, ticket: dict) -> dict:
    return company.supervisor.get(f"/tickets/{ticket['id']}")["sla"]


def age(database: sa.Engine, ticket: dict, seconds: int, goal: int | None = None) -> None:
    """What no face offers: the ticket's clocks (1 first response, 2 resolution) have run for so long."""
    which = " AND goal = :goal" if goal else ""
    with database.begin() as connection:
        connection.execute(
            sa.text(
                "UPDATE ticket_clock SET running_since = :then, next_check_time = :due"
                f" WHERE ticket_id = :id AND running_since IS NOT NULL{which}"
            ),
            {"then": ago(seconds), "due": ago(1), "id": ticket["id"], "goal": goal},
        )


def told(person: Person, ticket: dict) -> list[tuple[str, str]]:
    """What somebody finds in the notification centre about a ticket's service level: (kind, goal), oldest first."""
    rows = person.get("/notifications", size=100)["list"]
    return [
        (row["kind"], row["params"]["goal"])
        for row in reversed(rows)
        if row["kind"].startswith("sla.") and row["params"]["no"] == ticket["no"]
    ]


def flow(company: Company, ticket: dict, *states: str) -> None:
    for status in states:
        company.supervisor.post(f"/tickets/{ticket['id']}/flow", {"status": status, "resolution": "重启后恢复"})


def left(goal: dict) -> float:
    """Seconds of working time that a goal has left now."""
    if goal["runsFrom"] is None:
        return goal["remainingSeconds"]
    gone = dt.datetime.now(dt.UTC) - dt.datetime.fromisoformat(goal["runsFrom"])
    return goal["remainingSeconds"] - gone.total_seconds()


def near(seconds: float, wanted: int) -> bool:
    return wanted - SLACK <= seconds <= wanted


# --- which policy holds ---------------------------------------------------------------------------------------------


def test_companies_begin_with_policies_by_priority(new_company):
    company = new_company()
    made = company.admin.get("/sla-policies", sort="sort")["list"]
    assert [(row["priority"], row["firstResponseMinutes"], row["resolutionMinutes"]) for row in made] == [
        ("critical", 30, 240),
        ("urgent", 60, 480),
        (None, 240, 1440),
    ]
    steps = company.admin.get("/sla-escalations", policyId=made[0]["id"])["list"]
    assert {(step["goal"], step["percent"], step["action"]) for step in steps} == {
        ("first_response", 100, "notify_leaders"),
        ("resolution", 100, "notify_leaders"),
    }
    ticket = company.ticket(priority="critical")
    found = level(company, ticket)
    assert found["state"] == "running" and found["policy"]["name"] == made[0]["name"]
    assert near(left(found["firstResponse"]), 30 * MINUTE)
    assert near(left(found["resolution"]), 4 * HOUR)
    assert found["dueTime"] == found["firstResponse"]["dueTime"] < found["resolution"]["dueTime"]


def test_first_policy_whose_conditions_all_fit_holds(company, policy):
    important = company.visitor()
    company.admin.put(f"/customers/{important.customer_id}", {"vipLevel": 3})
    made = {
        "off": policy(sort=1, active=False),
        "urgent bug": policy(sort=2, priority="urgent", ticketType="bug"),
        "important": policy(sort=3, minVipLevel=2),
        "bug": policy(sort=4, ticketType="bug"),
        "rest": policy(sort=9),
    }
    somebody = company.visitor()
    cases = [
        (somebody, {"priority": "urgent", "type": "bug"}, "urgent bug"),
        (important, {"priority": "urgent", "type": "bug"}, "urgent bug"),
        (important, {"type": "bug"}, "important"),
        (somebody, {"type": "bug"}, "bug"),
        (somebody, {"priority": "urgent"}, "rest"),
        (somebody, {}, "rest"),
    ]
    for customer, facts, wanted in cases:
        assert level(company, company.ticket(customer, **facts))["policy"]["id"] == made[wanted]["id"], wanted


def test_policy_by_product(company, policy):
    dictionary = company.admin.get("/dictionaries", code="product")["list"][0]
    code = unique("product")
    company.admin.post("/dictionary-items", {"dictionaryId": dictionary["id"], "code": code, "label": "上报系统"})
    one, rest = policy(sort=1, product=code), policy(sort=2)
    ticket = company.ticket(product=code)
    assert level(company, ticket)["policy"]["id"] == one["id"]
    company.supervisor.put(f"/tickets/{ticket['id']}", {"version": ticket["version"], "product": ""})
    assert level(company, ticket)["policy"]["id"] == rest["id"]


def test_ticket_without_policy_has_no_goals(company):
    found = level(company, company.ticket())
    assert found == {"state": "none", "dueTime": None, "policy": None, "firstResponse": None, "resolution": None}


def test_policy_may_promise_one_goal_alone(company, policy):
    policy(None, 120)
    found = level(company, company.ticket())
    assert found["firstResponse"] is None and near(left(found["resolution"]), 2 * HOUR)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": " ", "resolutionMinutes": 5}, "name"),
        ({"name": "x"}, "firstResponseMinutes"),
        ({"name": "x", "resolutionMinutes": 0}, "resolutionMinutes"),
        ({"name": "x", "firstResponseMinutes": -1}, "firstResponseMinutes"),
        ({"name": "x", "resolutionMinutes": 10**9}, "resolutionMinutes"),
        ({"name": "x", "resolutionMinutes": 5, "warnPercent": 100}, "warnPercent"),
        ({"name": "x", "resolutionMinutes": 5, "ticketType": "none"}, "ticketType"),
        ({"name": "x", "resolutionMinutes": 5, "product": "none"}, "product"),
        ({"name": "x", "resolutionMinutes": 5, "minVipLevel": -1}, "minVipLevel"),
        ({"name": "x", "resolutionMinutes": 5, "priority": "huge"}, "priority"),
    ],
)
def test_policy_that_makes_no_sense_is_refused(company, body, field):
    assert field in company.admin.post("/sla-policies", body, expect=400)["fields"]


def test_step_that_makes_no_sense_is_refused(company, policy):
    number = policy()["id"]
    for body, field in (
        ({"policyId": 987_654_321}, "policyId"),
        ({"policyId": number, "percent": 0}, "percent"),
        ({"policyId": number, "percent": 1001}, "percent"),
        ({"policyId": number, "action": "give"}, "agentId"),
        ({"policyId": number, "action": "give", "agentId": 987_654_321}, "agentId"),
    ):
        assert field in company.admin.post("/sla-escalations", body, expect=400)["fields"]


# --- clocks ---------------------------------------------------------------------------------------------------------


def test_first_word_of_staff_to_the_customer_is_the_answer(company, policy):
    policy()
    customer = company.visitor()
    ticket = company.ticket(customer, company.agent)
    path = f"/tickets/{ticket['id']}"
    customer.say(path, "有人吗？")
    company.agent.say(path, "先看看日志", type="note")
    assert level(company, ticket)["firstResponse"]["metTime"] is None, "neither the customer nor a note answers"
    company.agent.say(path, "您好，正在处理")
    found = level(company, ticket)
    assert found["firstResponse"]["metTime"] is not None and found["firstResponse"]["breached"] is False
    assert found["dueTime"] == found["resolution"]["dueTime"], "the next goal is the solution"
    assert found["state"] == "running"


def test_clock_stands_still_until_the_customer_answers(company, policy, database):
    policy()
    customer = company.visitor()
    ticket = company.ticket(customer, company.agent)
    path = f"/tickets/{ticket['id']}"
    company.agent.say(path, "请补充截图")
    age(database, ticket, HOUR)
    flow(company, ticket, "processing", "waiting")
    stopped = level(company, ticket)
    assert stopped["state"] == "paused" and stopped["dueTime"] is None
    assert stopped["resolution"]["paused"] is True and stopped["resolution"]["runsFrom"] is None
    assert near(left(stopped["resolution"]), 3 * HOUR)
    customer.say(path, "截图在这里")
    going = level(company, ticket)
    assert going["state"] == "running" and going["resolution"]["paused"] is False
    assert near(left(going["resolution"]), 3 * HOUR), "what was waited is not counted"
    due = dt.datetime.fromisoformat(going["dueTime"]) - dt.datetime.now(dt.UTC)
    assert near(int(due.total_seconds()), 3 * HOUR)


def test_reopened_ticket_goes_on_with_what_was_used(company, policy, database):
    policy()
    ticket = company.ticket(assignee=company.agent)
    company.agent.say(f"/tickets/{ticket['id']}", "您好")
    age(database, ticket, 2 * HOUR)
    flow(company, ticket, "resolved")
    met = level(company, ticket)
    assert met["state"] == "met" and met["dueTime"] is None
    assert met["resolution"]["metTime"] and near(left(met["resolution"]), 2 * HOUR)
    flow(company, ticket, "closed")
    assert level(company, ticket)["resolution"]["metTime"] == met["resolution"]["metTime"]
    flow(company, ticket, "processing")
    again = level(company, ticket)
    assert again["state"] == "running" and again["resolution"]["metTime"] is None
    assert near(left(again["resolution"]), 2 * HOUR)
    assert again["firstResponse"]["metTime"], "an answer stays one"


def test_late_solution_is_missed_and_a_cancelled_ticket_promises_nothing(company, policy, database):
    policy()
    late, cancelled = company.ticket(), company.ticket()
    age(database, late, 5 * HOUR)
    flow(company, late, "resolved")
    found = level(company, late)
    assert found["state"] == "missed" and found["resolution"]["breached"] is True
    assert left(found["resolution"]) <= -HOUR
    flow(company, cancelled, "cancelled")
    found = level(company, cancelled)
    assert found["state"] == "none" and found["dueTime"] is None
    flow(company, cancelled, "pending")
    assert level(company, cancelled)["state"] == "running"


def test_merged_ticket_promises_nothing_until_it_is_taken_out_again(company, policy):
    policy()
    customer = company.visitor()
    merged, into = company.ticket(customer), company.ticket(customer)
    company.supervisor.post(f"/tickets/{merged['id']}/merge", {"intoId": into["id"]})
    found = level(company, merged)
    assert found["state"] == "none" and found["dueTime"] is None
    assert level(company, into)["state"] == "running"
    company.supervisor.post(f"/tickets/{merged['id']}/unmerge")
    assert level(company, merged)["state"] == "running"


def test_change_of_priority_is_another_promise_with_the_same_time_used(company, policy, database):
    policy(60, 240, sort=2)
    urgent = policy(30, 120, sort=1, priority="urgent")
    ticket = company.ticket(assignee=company.agent)
    path = f"/tickets/{ticket['id']}"
    age(database, ticket, 20 * MINUTE)
    changed = company.supervisor.put(path, {"version": ticket["version"], "priority": "urgent"})
    assert changed["sla"]["policy"]["id"] == urgent["id"], "in the answer itself"
    assert near(left(changed["sla"]["firstResponse"]), 10 * MINUTE)
    assert near(left(changed["sla"]["resolution"]), 100 * MINUTE)


def test_change_of_policies_reaches_the_tickets_there_are(company, policy):
    first = policy()
    ticket = company.ticket()
    company.admin.put(f"/sla-policies/{first['id']}", {"resolutionMinutes": 600})
    eventually(lambda: near(left(level(company, ticket)["resolution"]), 10 * HOUR))
    company.admin.put(f"/sla-policies/{first['id']}", {"active": False})
    eventually(lambda: level(company, ticket)["state"] == "none")
    second = policy(10, 20)
    eventually(lambda: (level(company, ticket)["policy"] or {}).get("id") == second["id"])
    company.admin.delete(f"/sla-policies/{second['id']}")
    eventually(lambda: level(company, ticket)["policy"] is None)


def test_level_of_a_customer_reaches_his_tickets(company, policy):
    customer = company.visitor()
    policy(sort=2)
    important = policy(15, 30, sort=1, minVipLevel=2)
    ticket = company.ticket(customer)
    company.admin.put(f"/customers/{customer.customer_id}", {"vipLevel": 2})
    eventually(lambda: level(company, ticket)["policy"]["id"] == important["id"])


def test_working_hours_and_holidays_move_what_is_due(new_company):
    """Everything closes today and tomorrow: nothing is due; around the clock nobody minds."""
    company = new_company()
    ticket = company.ticket()
    before = level(company, ticket)
    assert before["firstResponse"]["runsFrom"]
    calendar = company.admin.get("/work-calendars", isDefault=1)["list"][0]
    today = dt.datetime.now(dt.UTC) + dt.timedelta(hours=8)
    for number in range(-1, 3):
        day = (today + dt.timedelta(days=number)).date().isoformat()
        company.admin.post("/work-days", {"calendarId": calendar["id"], "day": day})
    # four hours after the midnight of Shanghai at which the last of these days is over; each day moves it once
    over = (today + dt.timedelta(days=3)).replace(hour=4, minute=0, second=0, microsecond=0) - dt.timedelta(hours=8)
    eventually(lambda: dt.datetime.fromisoformat(level(company, ticket)["dueTime"]) == over)
    moved = level(company, ticket)["firstResponse"]
    assert moved["remainingSeconds"] == 4 * HOUR and moved["runsFrom"] is None
    company.admin.put(f"/work-calendars/{calendar['id']}", dict.fromkeys(DAYS))
    eventually(lambda: level(company, ticket)["dueTime"] is None)
    for row in company.admin.get("/sla-policies")["list"]:
        company.admin.put(f"/sla-policies/{row['id']}", {"aroundTheClock": True})
    eventually(lambda: level(company, ticket)["firstResponse"]["runsFrom"])


# --- too late -------------------------------------------------------------------------------------------------------


def test_agent_is_warned_then_told_of_the_breach_and_leaders_by_the_step_each_once(company, policy, database):
    policy(None, 240, {"goal": "resolution", "percent": 100, "action": "notify_leaders"},
           {"goal": "resolution", "percent": 150, "action": "notify_assignee"})  # fmt: skip
    agent = company.new("agent")
    ticket = company.ticket(assignee=agent)
    path = f"/tickets/{ticket['id']}"
    before = company.supervisor.get(path)
    with listening(agent) as (ears,):
        age(database, ticket, 200 * MINUTE)
        ears.wait_for(
            "ticket_update",
            lambda data: (data["ticketId"], data["event"]) == (ticket["id"], "sla_warned"),
            timeout=PATIENCE,
        )
        ears.wait_for("notification", lambda data: data["kind"] == "sla.warned")
    assert level(company, ticket)["state"] == "warned"
    age(database, ticket, 241 * MINUTE)
    eventually(lambda: level(company, ticket)["state"] == "breached", PATIENCE)
    eventually(lambda: told(company.supervisor, ticket) == [("sla.escalated", "resolution")])
    assert told(agent, ticket) == [("sla.warned", "resolution"), ("sla.breached", "resolution")]
    for _ in range(2):  # the watch looks again, and nothing happens again
        age(database, ticket, 300 * MINUTE)
        eventually(lambda: _is_looked_at(database, ticket), PATIENCE)
    age(database, ticket, 361 * MINUTE)
    eventually(lambda: len(told(agent, ticket)) == 3, PATIENCE)
    assert told(agent, ticket)[-1] == ("sla.escalated", "resolution")
    assert told(company.supervisor, ticket) == [("sla.escalated", "resolution")]
    after = company.supervisor.get(path)
    assert (after["version"], after["updateTime"]) == (before["version"], before["updateTime"]), (
        "no editor is disturbed"
    )
    assert left(after["sla"]["resolution"]) <= -121 * MINUTE


def _is_looked_at(database: sa.Engine, ticket: dict) -> bool:
    """No clock of the ticket is due any more."""
    due = "SELECT COUNT(*) FROM ticket_clock WHERE ticket_id = :id AND next_check_time <= :now"
    with database.connect() as connection:
        return connection.execute(sa.text(due), {"id": ticket["id"], "now": ago(0)}).scalar() == 0


def test_ticket_of_nobody_is_reported_to_who_leads_and_sees_it(company, policy, database):
    policy(None, 240)
    ticket = company.ticket()
    age(database, ticket, 200 * MINUTE)
    eventually(lambda: told(company.supervisor, ticket) == [("sla.warned", "resolution")], PATIENCE)
    assert told(company.agent, ticket) == []


def test_whoever_wants_no_such_notice_gets_none(company, policy, database):
    policy(None, 240)
    agent, other = company.new("agent"), company.new("agent")
    agent.put("/user/preferences", {"notices": {"sla.warned": False}})
    tickets = [company.ticket(assignee=one) for one in (agent, other)]
    for ticket in tickets:
        age(database, ticket, 200 * MINUTE)
    eventually(lambda: told(other, tickets[1]) == [("sla.warned", "resolution")], PATIENCE)
    eventually(lambda: _is_looked_at(database, tickets[0]), PATIENCE)
    age(database, tickets[0], 250 * MINUTE)
    eventually(lambda: told(agent, tickets[0]) == [("sla.breached", "resolution")], PATIENCE)


def test_escalation_raises_the_priority_and_gives_the_ticket_to_somebody(company, policy, database):
    hand = company.new("agent")
    policy(None, 240, {"percent": 100, "action": "raise_priority"},
           {"percent": 110, "action": "give", "agentId": hand.agent_id}, sort=2)  # fmt: skip
    urgent = policy(None, 200, sort=1, priority="urgent")
    ticket = company.ticket(assignee=company.new("agent"))
    path = f"/tickets/{ticket['id']}"
    age(database, ticket, 241 * MINUTE)
    eventually(lambda: company.supervisor.get(path)["priority"] == "urgent", PATIENCE)
    found = level(company, ticket)
    assert found["policy"]["id"] == urgent["id"] and found["state"] == "breached"
    other = company.ticket(assignee=company.new("agent"), priority="critical")
    age(database, other, 270 * MINUTE)  # both steps at once; nothing is above critical
    eventually(lambda: company.supervisor.get(f"/tickets/{other['id']}")["assignee"]["id"] == hand.agent_id, PATIENCE)
    assert company.supervisor.get(f"/tickets/{other['id']}")["priority"] == "critical"
    trail = company.supervisor.get(f"/tickets/{other['id']}/assign-history")
    assert [row["method"] for row in trail] == ["assign", "escalation"]
    assert "ticket.assigned" in [row["kind"] for row in hand.get("/notifications")["list"]]


def test_longer_promise_takes_a_breach_back_and_is_watched_anew(company, policy, database):
    first = policy(None, 240)
    agent = company.new("agent")
    ticket = company.ticket(assignee=agent)
    age(database, ticket, 250 * MINUTE)
    eventually(lambda: told(agent, ticket) == [("sla.breached", "resolution")], PATIENCE)
    company.admin.put(f"/sla-policies/{first['id']}", {"resolutionMinutes": 1000})
    eventually(lambda: level(company, ticket)["state"] == "running")
    age(database, ticket, 801 * MINUTE)
    eventually(lambda: told(agent, ticket)[-1] == ("sla.warned", "resolution"), PATIENCE)


def test_solved_at_the_moment_of_the_breach(company, policy, database):
    """Whoever comes first: afterwards it is solved, late, and nobody was told twice."""
    policy(None, 240)
    agent = company.new("agent")
    tickets = [company.ticket(assignee=agent) for _ in range(6)]
    for ticket in tickets:
        age(database, ticket, 250 * MINUTE)
    at_once(*[lambda ticket=ticket: flow(company, ticket, "resolved") for ticket in tickets])
    for ticket in tickets:
        found = level(company, ticket)
        assert found["state"] == "missed" and found["resolution"]["metTime"] and found["dueTime"] is None
        assert told(agent, ticket) in ([], [("sla.breached", "resolution")])
        eventually(lambda ticket=ticket: _is_looked_at(database, ticket), PATIENCE)


def test_many_at_once_are_all_told(company, policy, database):
    policy(None, 240)
    agent = company.new("agent")
    tickets = [company.ticket(assignee=agent) for _ in range(25)]
    for ticket in tickets:
        age(database, ticket, 250 * MINUTE)
    for ticket in tickets:
        eventually(lambda ticket=ticket: told(agent, ticket) == [("sla.breached", "resolution")], PATIENCE)


def test_deleted_ticket_is_not_watched(company, policy, database):
    policy(None, 240)
    agent = company.new("agent")
    ticket = company.ticket(assignee=agent)
    age(database, ticket, 250 * MINUTE)
    company.admin.delete(f"/tickets/{ticket['id']}")
    later = company.ticket(assignee=agent)
    age(database, later, 250 * MINUTE)
    eventually(lambda: told(agent, later) == [("sla.breached", "resolution")], PATIENCE)
    assert told(agent, ticket) in ([], [("sla.breached", "resolution")])
    assert _is_looked_at(database, ticket)


# --- lists, and who sees what ---------------------------------------------------------------------------------------


def test_list_is_narrowed_by_state_and_sorted_by_what_is_due_next(company, policy, database):
    policy(None, 240, sort=2)
    policy(None, 60, sort=1, priority="urgent")
    agent = company.new("agent")
    slow, quick, waiting = (company.ticket(assignee=agent, priority=one) for one in ("normal", "urgent", "normal"))
    flow(company, waiting, "waiting")
    rows = agent.get("/tickets", sort="dueTime")["list"]
    assert [row["id"] for row in rows] == [quick["id"], slow["id"], waiting["id"]], "what stands still comes last"
    assert [row["sla"]["state"] for row in rows] == ["running", "running", "paused"]
    assert [row["id"] for row in agent.get("/tickets", slaState="paused")["list"]] == [waiting["id"]]
    assert agent.get("/tickets", slaState="running,paused")["total"] == 3
    assert agent.get("/tickets", slaState="breached,warned")["total"] == 0
    agent.get("/tickets", slaState="nonsense", expect=400)


def test_customers_read_and_hear_nothing_of_it(company, policy, database):
    policy(None, 240, {"percent": 100, "action": "notify_leaders"})
    customer = company.visitor()
    ticket = company.ticket(customer, company.agent)
    path = f"/tickets/{ticket['id']}"
    assert customer.get(path)["sla"] is None and customer.get("/tickets")["list"][0]["sla"] is None
    for query in ({"slaState": "breached"}, {"sort": "dueTime"}, {"sort": "-dueTime"}):
        customer.get("/tickets", expect=400, **query)
    lines = len(customer.messages(path)["list"])
    with listening(customer, company.agent, join={"ticketId": ticket["id"]}) as (outside, inside):
        age(database, ticket, 250 * MINUTE)
        inside.wait_for("ticket_update", lambda data: data["event"] == "escalated", timeout=PATIENCE)
        company.agent.say(path, "马上处理")
        outside.wait_for("message", lambda data: data["content"] == "马上处理")
        assert "sla" not in outside.text() and "escalated" not in outside.text()
    assert len(customer.messages(path)["list"]) == lines + 1, "no line in the room"
    customer.get("/sla-policies", expect=403)


def test_screens_show_policies_with_their_steps_and_the_clocks_of_a_ticket(company, policy):
    """Minutes are read as hours, and what happens is said in words."""
    admin = Screens(company.admin)
    made = policy(60, 240, {"percent": 150, "action": "raise_priority"})
    ticket = company.ticket()
    shown = admin.page(f"/sla_policy/show/{made['id']}")
    assert "4 h" in shown and "0 min" not in shown and "150%" in shown and "Raise the priority by one step" in shown
    clocks = admin.page(f"/ticket/show/{ticket['id']}")
    assert made["name"] in clocks and "1 h" in clocks
    number = admin.make("sla_policy", name=unique("policy"), resolution_minutes="90", warn_percent="50", sort="7")
    assert company.admin.get(f"/sla-policies/{number}")["resolutionMinutes"] == 90
    step = admin.make(
        "sla_escalation", policy_id=str(number), goal="resolution", percent="120", action="notify_leaders"
    )
    assert company.admin.get(f"/sla-escalations/{step}")["percent"] == 120
    company.admin.delete(f"/sla-policies/{number}")
    company.admin.get(f"/sla-escalations/{step}", expect=404)
