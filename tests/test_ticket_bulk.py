"""Several tickets at once: all or none, with every refusal named (TKT-9)."""

import pytest

from tests.people import Company, at_once


@pytest.fixture(scope="module")
def company(new_company) -> Company:
    return new_company()


def several(company: Company, count: int = 3, **more) -> list[dict]:
    return [company.ticket(**more) for _ in range(count)]


def ids_of(tickets: list[dict]) -> list[int]:
    return [ticket["id"] for ticket in tickets]


def now(company: Company, tickets: list[dict], key: str) -> list:
    return [company.admin.get(f"/tickets/{ticket['id']}")[key] for ticket in tickets]


def test_tickets_are_assigned_moved_and_changed_together(company):
    boss, agent = company.supervisor, company.agent
    tickets = several(company)
    ids = ids_of(tickets)
    boss.post(f"/tickets/{ids[0]}/assign", {"agentId": agent.agent_id})
    given = boss.post("/tickets/batch", {"ids": ids, "action": "assign", "agentId": agent.agent_id, "reason": "分批"})
    assert given == {"changed": sorted(ids[1:]), "unchanged": [ids[0]]}
    assert [one["id"] for one in now(company, tickets, "assignee")] == [agent.agent_id] * 3
    assert boss.get(f"/tickets/{ids[1]}/assign-history")[0]["reason"] == "分批"
    agent.post("/tickets/batch", {"ids": ids, "action": "flow", "status": "processing"})
    resolved = {"ids": ids, "action": "flow", "status": "resolved"}
    agent.post("/tickets/batch", resolved, expect=400)
    agent.post("/tickets/batch", {**resolved, "resolution": "已重启服务"})
    assert now(company, tickets, "resolution") == ["已重启服务"] * 3
    agent.post("/tickets/batch", {"ids": ids, "action": "flow", "status": "closed"})
    assert now(company, tickets, "status") == ["closed"] * 3
    changed = boss.post("/tickets/batch", {"ids": ids, "action": "change", "priority": "critical", "type": "bug"})
    assert changed["changed"] == sorted(ids) and now(company, tickets, "type") == ["bug"] * 3


def test_all_or_none_and_each_refusal_is_named(company):
    boss = company.supervisor
    tickets = several(company)
    ids = ids_of(tickets)
    boss.post(f"/tickets/{ids[1]}/flow", {"status": "cancelled"})
    answer = boss.request("POST", "/tickets/batch", json={"ids": ids, "action": "flow", "status": "waiting"})
    body = answer.json()
    assert answer.status_code == 409, answer.text
    assert [one["no"] for one in body["data"]["refused"]] == [tickets[1]["no"]]
    assert body["data"]["refused"][0]["message"]
    assert now(company, tickets, "status") == ["pending", "cancelled", "pending"]
    assign = {"ids": ids, "action": "assign", "agentId": company.agent.agent_id}
    boss.post("/tickets/batch", assign, expect=409)
    assert now(company, tickets, "assignee") == [None] * 3
    boss.post("/tickets/batch", {"ids": ids, "action": "change", "type": "no-such-type"}, expect=400)


def test_nobody_reaches_what_is_not_his_by_naming_it_among_others(company, strangers):
    agent = company.agent
    mine, foreign = company.ticket(assignee=agent), strangers.ticket()
    free = company.ticket()
    for other in (free["id"], foreign["id"], 10**9):
        wanted = {"ids": [mine["id"], other], "action": "change", "priority": "urgent"}
        agent.post("/tickets/batch", wanted, expect=404)
    assert now(company, [mine], "priority") == ["normal"]
    agent.post("/tickets/batch", {"ids": [mine["id"]], "action": "assign", "agentId": agent.agent_id}, expect=403)
    agent.post("/tickets/batch", {"ids": [mine["id"]], "action": "flow", "status": "review"}, expect=409)
    customer = company.visitor()
    own = company.ticket(customer)
    customer.post("/tickets/batch", {"ids": [own["id"]], "action": "flow", "status": "closed"}, expect=403)


@pytest.mark.parametrize(
    "wrong",
    [
        {"ids": []},
        {"ids": list(range(1, 202))},
        {"action": "explode"},
        {"action": "assign"},
        {"action": "flow"},
        {"action": "change"},
        {"action": "flow", "status": "open"},
        {"priority": "high"},
    ],
    ids=lambda wrong: str(wrong)[:40],
)
def test_what_makes_no_sense_is_refused(company, wrong):
    ticket = company.ticket()
    wanted = {"ids": [ticket["id"]], "action": "change", "priority": "urgent"}
    if wrong.get("action") == "change":
        wanted.pop("priority")
    answer = company.supervisor.request("POST", "/tickets/batch", json=wanted | wrong)
    assert answer.status_code in (400, 404), answer.text
    assert now(company, [ticket], "priority") == ["normal"]


def test_two_hundred_go_through(company):
    boss = company.supervisor
    ids = [boss.post("/tickets", {"title": f"many {number}"})["id"] for number in range(200)]
    done = boss.post("/tickets/batch", {"ids": ids, "action": "change", "priority": "urgent"})
    assert done["changed"] == sorted(ids)


def test_two_who_take_the_same_step_at_once_both_find_it_done(company):
    boss, other = company.supervisor, company.manager
    tickets = several(company)
    wanted = {"ids": ids_of(tickets), "action": "flow", "status": "processing"}
    answers = at_once(*[lambda who=who: who.post("/tickets/batch", wanted) for who in (boss, other)])
    assert sorted(len(answer["changed"]) for answer in answers) == [0, 3]
    assert now(company, tickets, "status") == ["processing"] * 3
