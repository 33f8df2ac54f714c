"""The board of tickets: columns, counts, first cards, whom they show (TKT-8; B §7.3.2)."""

import pytest

from services.tickets.board import FIRST_COLUMNS
from tests.people import Company


@pytest.fixture(scope="module")
def company(new_company) -> Company:
    return new_company()


@pytest.fixture(scope="module")
def tickets(company) -> list[dict]:
    boss = company.supervisor
    rows = [boss.post("/tickets", {"title": f"card {number}"}) for number in range(5)]
    boss.post("/tickets/batch", {"ids": [row["id"] for row in rows[:2]], "action": "flow", "status": "processing"})
    boss.post("/tickets/batch", {"ids": [rows[0]["id"]], "action": "assign", "agentId": company.agent.agent_id})
    boss.post(f"/tickets/{rows[4]['id']}/flow", {"status": "cancelled"})
    boss.put(f"/tickets/{rows[2]['id']}", {"version": rows[2]["version"], "priority": "critical"})
    return rows


def columns(who, **query) -> dict[str, tuple[int, list[int]]]:
    board = who.get("/tickets/board", **query)
    return {one["key"]: (one["count"], [card["id"] for card in one["list"]]) for one in board["columns"]}


def test_columns_are_states_with_count_and_first_cards(company, tickets):
    found = columns(company.supervisor)
    assert list(found) == ["pending", "processing", "waiting", "review", "resolved"]
    assert found["pending"] == (2, [tickets[2]["id"], tickets[3]["id"]])  # the critical one first
    assert found["processing"] == (2, [tickets[1]["id"], tickets[0]["id"]])
    assert found["review"] == (0, [])
    assert columns(company.supervisor, size=1)["pending"] == (2, [tickets[2]["id"]])
    assert columns(company.supervisor, size=1, sort="createTime")["processing"] == (2, [tickets[0]["id"]])


def test_cards_are_as_in_the_list_and_go_on_there(company, tickets):
    boss = company.supervisor
    board = boss.get("/tickets/board", size=1)["columns"][0]["list"]
    page = boss.get("/tickets", status="pending", sort="-priority", size=1)
    assert board == page["list"]
    assert boss.get("/tickets", status="pending", sort="-priority", size=1, page=2)["list"][0]["id"] == tickets[3]["id"]


def test_columns_may_be_people(company, tickets):
    boss, agent = company.supervisor, company.agent
    found = columns(boss, by="agent")
    assert list(found)[:2] == ["none", str(agent.agent_id)]
    assert found[str(agent.agent_id)] == (1, [tickets[0]["id"]])
    assert found["none"][0] == 3 and tickets[4]["id"] not in found["none"][1]
    assert str(boss.agent_id) in found and found[str(boss.agent_id)] == (0, [])
    only = columns(boss, by="agent", assigneeId=agent.agent_id)
    assert set(only) == {"none", str(agent.agent_id)} and only["none"][0] == 0
    agent.get("/tickets/board", by="agent", expect=403)


def test_cards_come_for_the_columns_that_are_named(company, tickets):
    boss, agent = company.supervisor, company.agent
    named = columns(boss, by="agent", columns=f"none,{boss.agent_id},999999999")
    assert named["none"][0] == len(named["none"][1]) == 3
    assert named[str(agent.agent_id)] == (1, [])
    assert columns(boss, columns="processing")["pending"] == (2, [])
    boss.get("/tickets/board", columns=str(agent.agent_id), expect=400)


def test_of_many_columns_the_first_come_with_cards(new_company):
    company = new_company()
    people = [company.new("agent") for _ in range(FIRST_COLUMNS + 2)]
    for person in people:
        company.ticket(assignee=person)
    found = columns(company.supervisor, by="agent")
    begun = [key for key, (_count, cards) in found.items() if cards]
    counted = [key for key, (count, _cards) in found.items() if count]
    assert len(counted) >= len(people) and begun == counted[:FIRST_COLUMNS]
    left = counted[FIRST_COLUMNS:]
    rest = columns(company.supervisor, by="agent", columns=",".join(left))
    assert [len(rest[key][1]) for key in left] == [1] * len(left)


def test_filters_narrow_columns_and_cards(company, tickets):
    boss = company.supervisor
    assert list(columns(boss, status="processing,cancelled")) == ["processing"]
    assert columns(boss, priority="critical")["pending"] == (1, [tickets[2]["id"]])
    assert columns(boss, q="card 1")["processing"][1][:1] == [tickets[1]["id"]]


def test_board_shows_what_one_may_see(company, tickets, strangers):
    assert columns(company.agent)["processing"] == (1, [tickets[0]["id"]])
    assert all(count == 0 for count, _ in columns(company.other_team_agent).values())
    assert not {row["id"] for row in tickets} & {
        number for _, cards in columns(strangers.supervisor).values() for number in cards
    }
    company.visitor().get("/tickets/board", expect=403)


@pytest.mark.parametrize(
    "query", [{"by": "moon"}, {"size": 0}, {"size": 51}, {"columns": "moon"}, {"sort": "title"}, {"status": "open"}]
)
def test_what_is_no_board_is_refused(company, query):
    company.supervisor.get("/tickets/board", expect=400, **query)
