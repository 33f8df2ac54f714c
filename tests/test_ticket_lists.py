"""Lists of tickets: each filter, several values, what is refused, whom they show, views that people keep (TKT-9)."""

import datetime as dt

import pytest

from tests.people import Company, Person, unique


@pytest.fixture(scope="module")
def company(new_company) -> Company:
    return new_company()


@pytest.fixture(scope="module")
def tickets(company) -> dict[str, dict]:
    """Three that differ in everything one can ask for."""
    boss, agent = company.supervisor, company.agent
    team = company.admin.post("/departments", {"name": unique("dept"), "code": unique("d")})
    free = company.ticket(title="打印机没有墨")
    urgent = boss.post(
        "/tickets",
        {"title": "报表打不开", "priority": "urgent", "type": "bug", "departmentId": team["id"]},
    )
    boss.post(f"/tickets/{urgent['id']}/assign", {"agentId": agent.agent_id})
    boss.post(f"/tickets/{urgent['id']}/flow", {"status": "processing"})
    ended = boss.post("/tickets", {"title": "旧报表", "priority": "critical", "type": "consult"})
    boss.post(f"/tickets/{ended['id']}/flow", {"status": "cancelled"})
    return {"free": free, "urgent": urgent, "ended": ended}


def names(who: Person, tickets: dict, **query) -> set[str]:
    """Which of the three a list shows."""
    found = {row["id"] for row in who.get("/tickets", size=100, **query)["list"]}
    return {name for name, ticket in tickets.items() if ticket["id"] in found}


def tomorrow() -> str:
    return (dt.datetime.now(dt.UTC) + dt.timedelta(days=1)).isoformat()


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"status": "pending"}, {"free"}),
        ({"status": "pending,processing"}, {"free", "urgent"}),
        ({"status": "cancelled, processing"}, {"ended", "urgent"}),
        ({"priority": "urgent,critical"}, {"urgent", "ended"}),
        ({"type": "bug"}, {"urgent"}),
        ({"type": "bug,none"}, {"urgent", "free"}),
        ({"source": "customer"}, {"free"}),
        ({"source": "agent"}, {"urgent", "ended"}),
        ({"assigneeId": "none"}, {"free", "ended"}),
        ({"assigneeId": "me"}, set()),
        ({"creatorId": "me"}, {"urgent", "ended"}),
        ({"departmentId": "none"}, {"free", "ended"}),
        ({"teamId": "none"}, {"free", "urgent", "ended"}),
        ({"createdFrom": "today"}, {"free", "urgent", "ended"}),
        ({"createdFrom": "-6d", "createdTo": "2020-01-01"}, set()),
        ({"updatedTo": "2020-01-01T00:00:00Z"}, set()),
        ({"updatedFrom": "2020-01-01T00:00:00+08:00"}, {"free", "urgent", "ended"}),
        ({"q": "报表"}, {"urgent", "ended"}),
        ({"q": "报表", "status": "processing"}, {"urgent"}),
        ({"q": "墨"}, {"free"}),
        ({"status": ""}, {"free", "urgent", "ended"}),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
def test_each_filter_finds_what_it_says(company, tickets, query, expected):
    assert names(company.supervisor, tickets, **query) == expected


def test_filters_by_number_take_several(company, tickets):
    boss, agent = company.supervisor, company.agent
    assert names(boss, tickets, assigneeId=f"{agent.agent_id},none") == {"free", "urgent", "ended"}
    assert names(boss, tickets, assigneeId=agent.agent_id) == {"urgent"}
    assert names(boss, tickets, customerId=tickets["free"]["customer"]["id"]) == {"free"}
    assert names(boss, tickets, departmentId=tickets["urgent"]["departmentId"]) == {"urgent"}
    assert names(boss, tickets, createdTo=tomorrow()) == {"free", "urgent", "ended"}
    assert names(boss, tickets, createdFrom=tomorrow()) == set()


def test_unread_is_what_stands_beside_each_ticket(company):
    customer, agent = company.visitor(), company.agent
    read, unread = (company.ticket(customer, agent) for _ in range(2))
    for ticket in (read, unread):
        customer.post(f"/tickets/{ticket['id']}/messages", {"clientMsgId": unique(), "content": "还在吗"})
    agent.post(f"/tickets/{read['id']}/read", {"seq": 1000})
    rows = agent.get("/tickets", unread="1", size=100)["list"]
    assert unread["id"] in {row["id"] for row in rows} and read["id"] not in {row["id"] for row in rows}
    assert all(row["unread"] for row in rows)
    assert {read["id"], unread["id"]} <= {row["id"] for row in agent.get("/tickets", unread="0", size=100)["list"]}


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"status": "open"}, "status"),
        ({"status": "pending,lost"}, "status"),
        ({"priority": "high"}, "priority"),
        ({"assigneeId": "you"}, "assigneeId"),
        ({"customerId": "me"}, "customerId"),
        ({"teamId": "1,x"}, "teamId"),
        ({"createdFrom": "yesterday"}, "createdFrom"),
        ({"createdTo": "-9999d"}, "createdTo"),
        ({"updatedFrom": "0001-01-01T00:00:00+23:59"}, "updatedFrom"),
        ({"unread": "maybe"}, "unread"),
        ({"customerId": ",".join("1" * 51)}, "customerId"),
        ({"sort": "title"}, "sort"),
        ({"colour": "red"}, "colour"),
        ({"q": "x" * 1001}, "q"),
    ],
    ids=str,
)
def test_what_is_no_filter_is_refused(company, query, field):
    answer = company.supervisor.request("GET", "/tickets", params=query)
    assert answer.status_code == 400 and field in answer.json()["data"]["fields"], answer.text


def test_no_filter_shows_what_one_may_not_see(company, tickets):
    agent, stranger, customer = company.agent, company.other_team_agent, company.visitor()
    for query in ({}, {"q": "报表"}, {"assigneeId": agent.agent_id}, {"status": "pending,processing,cancelled"}):
        assert names(agent, tickets, **query) <= {"urgent"}
        assert names(stranger, tickets, **query) == set()
        assert names(customer, tickets, **query) == set()


# --- views ----------------------------------------------------------------------------------------------------------


def kept(who: Person, **wanted) -> dict:
    return who.post("/ticket-views", {"name": unique("view"), "filters": {"status": "pending"}, **wanted})


def seen(who: Person) -> set[int]:
    return {view["id"] for view in who.get("/ticket-views", size=100)["list"]}


def test_view_is_kept_changed_and_removed_by_its_owner(company):
    agent, other = company.agent, company.other_team_agent
    view = kept(
        agent, name="  加急  工单 ", filters={"priority": "urgent", "q": ""}, columns=["no", "title"], sort="-id"
    )
    assert (view["name"], view["filters"], view["columns"]) == ("加急 工单", {"priority": "urgent"}, ["no", "title"])
    assert view["isMine"] and view["mayChange"] and view["audience"] == "own"
    assert view["id"] in seen(agent) and view["id"] not in seen(other) | seen(company.supervisor)
    other.put(f"/ticket-views/{view['id']}", {"name": "x"}, expect=404)
    changed = agent.put(f"/ticket-views/{view['id']}", {"filters": {"type": "bug"}, "version": view["version"]})
    assert changed["filters"] == {"type": "bug"} and changed["name"] == "加急 工单"
    agent.put(f"/ticket-views/{view['id']}", {"name": "x", "version": view["version"]}, expect=409)
    agent.delete(f"/ticket-views/{view['id']}")
    agent.get(f"/ticket-views/{view['id']}", expect=404)


@pytest.mark.parametrize(
    "wrong",
    [
        {"filters": {"status": "open"}},
        {"filters": {"colour": "red"}},
        {"filters": {"status": ["pending"]}},
        {"columns": ["password"]},
        {"sort": "title"},
        {"name": "  "},
        {"name": "x" * 65},
        {"audience": "team"},
        {"position": 10**6},
        {"ownerId": 1},
    ],
    ids=str,
)
def test_view_with_what_does_not_exist_is_refused(company, wrong):
    company.supervisor.post("/ticket-views", {"name": unique(), "filters": {}} | wrong, expect=400)


def test_who_leads_shares_and_others_only_use(company, strangers):
    boss, agent, other = company.supervisor, company.agent, company.other_team_agent
    team = company.admin.post("/teams", {"name": unique("team")})
    company.admin.post(f"/teams/{team['id']}/members", {"agentId": agent.agent_id})
    shared = kept(boss, audience="everybody")
    teams = kept(boss, audience="team", teamId=team["id"])
    assert {shared["id"], teams["id"]} <= seen(agent)
    assert shared["id"] in seen(other) and teams["id"] not in seen(other)
    assert shared["id"] not in seen(strangers.supervisor)
    mine = kept(agent)
    agent.put(f"/ticket-views/{mine['id']}", {"audience": "everybody"}, expect=403)
    agent.post("/ticket-views", {"name": "x", "filters": {}, "audience": "everybody"}, expect=403)
    agent.put(f"/ticket-views/{shared['id']}", {"name": "x"}, expect=403)
    agent.put(f"/ticket-views/{shared['id']}", {"audience": "own"}, expect=403)
    agent.delete(f"/ticket-views/{shared['id']}", expect=403)
    company.manager.put(f"/ticket-views/{shared['id']}", {"name": "大家的"})
    boss.post("/ticket-views", {"name": "x", "filters": {}, "audience": "team", "teamId": 10**9}, expect=400)


def test_everybody_has_the_built_in_views_and_their_counts(company, tickets):
    boss, agent = company.supervisor, company.agent
    assert [view["key"] for view in boss.get("/ticket-views/built-in")] == [
        "mine",
        "created",
        "unassigned",
        "open",
        "today",
        "waiting",
    ]
    assert "unassigned" not in [view["key"] for view in agent.get("/ticket-views/built-in")]
    view = kept(boss, filters={"q": "报表"})
    for who in (boss, agent):
        counts = who.get("/ticket-views/counts")["counts"]
        for one in who.get("/ticket-views/built-in"):
            assert counts[one["key"]] == who.get("/tickets", **one["filters"])["total"], one
    assert boss.get("/ticket-views/counts")["counts"][str(view["id"])] == boss.get("/tickets", q="报表")["total"]


def test_counting_stops_at_a_hundred(new_company):
    company = new_company()
    for number in range(103):
        company.admin.post("/tickets", {"title": f"ticket {number}"})
    answer = company.admin.get("/ticket-views/counts")
    assert answer["most"] == 100 and answer["counts"]["open"] == 100


def test_list_looks_as_its_reader_likes(company):
    agent = company.agent
    assert agent.get("/user/preferences")["tickets"] == {"columns": [], "density": "comfortable", "view": ""}
    agent.put("/user/preferences", {"tickets": {"columns": ["no", "title"], "density": "compact"}})
    changed = agent.put("/user/preferences", {"tickets": {"view": "mine"}})
    assert changed["tickets"] == {"columns": ["no", "title"], "density": "compact", "view": "mine"}
    for wrong in ({"columns": ["x"]}, {"columns": "no"}, {"density": "huge"}, {"view": 5}, {"colour": "red"}):
        agent.put("/user/preferences", {"tickets": wrong}, expect=400)
