"""Tickets find their agents by rules: who gets one, why, how many, when; and what supervisors see of it (TKT-7)."""

import datetime as dt
from collections import Counter

import pytest

from models.organization import Presence
from services.routing.facts import Candidate, Relation, TeamFacts
from services.routing.strategies import TICKET_STRATEGIES, rank
from services.tickets.plans import DEFAULT, RuleFacts, TicketRequest, fits
from tests.people import Company, Person, at_once, listening, unique
from tests.waiting import eventually

#: longer than any ticket is waited for
GIVEN_WITHIN = 30.0


# --- strategies and rules, as plain functions -----------------------------------------------------------------------


def agent(number: int, **more) -> Candidate:
    values = {
        "presence": Presence.offline,
        "is_enabled": True,
        "count": 0,
        "most": 30,
        "last_assigned": None,
        "skills": {},
        "region": None,
        "seniority": 1,
        "is_at_work": False,
    }
    return Candidate(number, f"agent {number}", **{**values, **more})


def team(number: int) -> TeamFacts:
    return TeamFacts(number, f"team {number}", frozenset(), frozenset(), frozenset(), 0, 0, True)


CASES = {
    "exclusive": (TicketRequest(1, 1, exclusive_ids=(2,)), {}, {}),
    "relation": (TicketRequest(1, 1, relations=(Relation(7, True, frozenset()),)), {}, {"teams": (team(7),)}),
    "skill": (TicketRequest(1, 1, skills=("tech",)), {"skills": {"tech": 1}}, {"skills": {"tech": 4}}),
    "senior": (TicketRequest(1, 1, is_urgent=True), {"seniority": 2}, {"seniority": 5}),
    "region": (TicketRequest(1, 1, region="east"), {"region": "west"}, {"region": "east"}),
    "last_agent": (TicketRequest(1, 1, last_agent_id=2), {}, {}),
    "at_work": (TicketRequest(1, 1), {}, {"is_at_work": True}),
    "fewest": (TicketRequest(1, 1), {"count": 3}, {"count": 2}),
    "round_robin": (
        TicketRequest(1, 1),
        {"last_assigned": dt.datetime(2026, 1, 2)},
        {"last_assigned": dt.datetime(2026, 1, 1)},
    ),
}


@pytest.mark.parametrize("strategy", TICKET_STRATEGIES)
def test_strategy_prefers_the_better_one(strategy):
    request, worse, better = CASES[strategy]
    ranking = rank(request, [agent(1, **worse), agent(2, **better)], [strategy])
    assert [one.candidate.id for one in ranking] == [2, 1]
    assert ranking[1].loses_to(ranking[0]) == strategy


def test_default_strategies_exist():
    assert set(DEFAULT) <= TICKET_STRATEGIES.keys()


@pytest.mark.parametrize(
    ("rule", "is_for_it"),
    [
        ({}, True),
        ({"ticket_types": ("bug", "tech")}, True),
        ({"ticket_types": ("bug",)}, False),
        ({"priorities": ("urgent", "critical")}, False),
        ({"priorities": ("normal",), "ticket_types": ("tech",)}, True),
        ({"products": ("crm",)}, False),
        ({"department_id": 3}, True),
        ({"department_id": 4}, False),
        ({"team_id": 9}, False),
        ({"vip_from": 2}, True),
        ({"vip_from": 3}, False),
    ],
)
def test_rule_is_for_what_has_all_that_it_names(rule, is_for_it):
    request = TicketRequest(1, 1, vip_level=2, type="tech", department_id=3)
    assert fits(RuleFacts(1, "rule", **rule), request) is is_for_it


# --- in a company ---------------------------------------------------------------------------------------------------


class Desk:
    """A company with agents who get tickets by the rules that a test makes."""

    def __init__(self, company: Company):
        self.company, self.admin = company, company.admin
        self.boss = company.supervisor  # there from the beginning, to be told of what waits

    def agent(self, name: str = "", *teams: int, **profile) -> Person:
        """Somebody who is not even signed in at his desk, as tickets do not mind."""
        person = self.company.new("agent", name)
        if profile:
            self.admin.put(f"/agents/{person.agent_id}", profile)
        for number in teams:
            self.admin.post(f"/teams/{number}/members", {"agentId": person.agent_id})
        return person

    def team(self, **more) -> int:
        return self.admin.post("/teams", {"name": unique("team"), **more})["id"]

    def rule(self, **more) -> dict:
        return self.admin.post("/ticket-rules", {"name": unique("rule"), "strategies": ["fewest"], **more})

    def ticket(self, **more) -> int:
        return self.company.ticket(**more)["id"]

    def look(self, number: int) -> dict:
        return self.company.supervisor.get(f"/tickets/{number}")

    def holder(self, number: int) -> int:
        """The number of the agent who has it, as soon as somebody has."""
        return eventually(lambda: self.look(number)["assignee"], GIVEN_WITHIN)["id"]

    def history(self, number: int) -> list[dict]:
        return self.company.supervisor.get(f"/tickets/{number}/assign-history")

    def told(self, person: Person) -> list[str]:
        return [one["kind"] for one in person.get("/notifications")["list"]]


@pytest.fixture
def company(new_company) -> Company:
    return new_company()


@pytest.fixture
def desk(company) -> Desk:
    return Desk(company)


def outcomes(record: dict) -> dict[int, str | None]:
    return {one["agentId"]: one["passedOver"] or one["lostBy"] for one in record["detail"]["candidates"]}


def test_a_company_begins_with_a_rule_that_is_off_and_its_tickets_wait(desk, company):
    desk.agent()
    (rule,) = company.admin.get("/ticket-rules")["list"]
    assert (rule["name"], rule["active"], rule["strategies"]) == ("默认规则", False, list(DEFAULT))
    number = desk.ticket()
    assert eventually(lambda: desk.told(company.supervisor)) == ["ticket.created"]
    assert desk.look(number)["assignee"] is None and desk.history(number) == []
    # switched on it serves what has been waiting
    company.admin.put(f"/ticket-rules/{rule['id']}", {"active": True})
    desk.holder(number)


def test_who_knows_the_type_gets_it_and_the_supervisor_reads_why(desk, company):
    knows = desk.agent("王敏", skills=[{"name": "技术支持", "level": 2}])
    teaches = desk.agent("李雷", skills=[{"name": "技术支持", "level": 4}])
    new = desk.agent("韩梅")
    rule = desk.rule(name="技术工单", ticketTypes=["tech"], strategies=["skill", "fewest", "round_robin"])
    number = desk.ticket(type="tech")
    assert desk.holder(number) == teaches.agent_id
    (record,) = desk.history(number)
    assert record["method"] == "auto" and record["by"] is None
    assert record["detail"]["rule"] == {"id": rule["id"], "name": "技术工单"}
    assert outcomes(record) == {teaches.agent_id: None, knows.agent_id: "skill", new.agent_id: "skill"}
    explained = record["explanation"]
    assert "李雷：未完成工单 0/30，技能“技术支持”等级 4；由“技能”决定" in explained["summary"]
    assert "王敏 未选中：技能等级只有 2" in explained["summary"]
    assert explained["conditions"] == ["规则：技术工单", "类型：技术支持"]
    assert "ticket.assigned" in eventually(lambda: desk.told(teaches)), "he is told"
    assert "ticket.created" not in desk.told(company.supervisor), "and nobody is asked to assign it"
    company.supervisor.put("/session/locale", {"locale": "en"})
    (record,) = desk.history(number)
    assert "李雷: 0 of at most 30 open tickets" in record["explanation"]["summary"]
    assert desk.look(desk.ticket(type="bug"))["assignee"] is None, "what no rule is for stays in the pool"


def test_history_names_strategies_as_the_company_calls_them(desk, company):
    dictionary = company.admin.get("/dictionaries", code="ticket_strategy")["list"][0]
    rows = company.admin.get("/dictionary-items", dictionaryId=dictionary["id"])["list"]
    skill = next(row for row in rows if row["code"] == "skill")
    company.admin.put(f"/dictionary-items/{skill['id']}", {"label": "对口程度", "version": skill["version"]})
    knows = desk.agent("王敏", skills=[{"name": "技术支持", "level": 2}])
    desk.agent("韩梅")
    desk.rule(ticketTypes=["tech"], strategies=["skill", "fewest"])
    number = desk.ticket(type="tech")
    assert desk.holder(number) == knows.agent_id
    (record,) = desk.history(number)
    assert "由“对口程度”决定" in record["explanation"]["summary"]


def test_rules_by_priority_and_product_and_seniors_for_what_is_urgent(desk):
    young, old = desk.agent(seniority=1), desk.agent(seniority=5)
    desk.rule(sort=1, priorities=["urgent", "critical"], strategies=["senior", "fewest"])
    desk.rule(sort=2, strategies=["fewest", "round_robin"])
    assert {desk.holder(desk.ticket(priority=one)) for one in ("urgent", "critical")} == {old.agent_id}
    assert desk.holder(desk.ticket()) == young.agent_id


def test_in_turn_and_by_fewest(desk):
    agents = {desk.agent().agent_id for _ in range(3)}
    rule = desk.rule(strategies=["round_robin"])
    first = [desk.holder(desk.ticket()) for _ in range(6)]
    assert set(first[:3]) == agents and first[3:] == first[:3], "one after the other"
    desk.admin.put(f"/ticket-rules/{rule['id']}", {"strategies": ["fewest", "round_robin"]})
    held = [one["id"] for one in desk.company.supervisor.get("/tickets", assigneeId=first[1])["list"]]
    for number in held:
        desk.company.supervisor.post(f"/tickets/{number}/flow", {"status": "resolved", "resolution": "done"})
    assert [desk.holder(desk.ticket()) for _ in range(2)] == [first[1]] * 2


def test_who_may_have_no_more_gets_no_more_until_he_has_room(desk, company):
    """Limits hold, the leaders hear once of what nobody can get, and the most urgent comes first then."""
    one = desk.agent(maxTickets=2)
    desk.agent(maxTickets=0)
    desk.rule()
    held = [desk.ticket(), desk.ticket()]
    assert [desk.holder(number) for number in held] == [one.agent_id] * 2
    normal, urgent = desk.ticket(), desk.ticket(priority="critical")
    eventually(lambda: desk.told(company.supervisor).count("ticket.created") == 2)
    assert {desk.look(number)["assignee"] for number in (normal, urgent)} == {None}
    one.post(f"/tickets/{held[0]}/flow", {"status": "resolved", "resolution": "done"})
    assert desk.holder(urgent) == one.agent_id
    assert desk.look(normal)["assignee"] is None
    desk.admin.put(f"/agents/{one.agent_id}", {"maxTickets": None})
    assert desk.holder(normal) == one.agent_id, "with the limit for everybody there is room"
    assert desk.told(company.supervisor).count("ticket.created") == 2
    for wrong in (-1, 1001):
        desk.admin.put(f"/agents/{one.agent_id}", {"maxTickets": wrong}, expect=400)


def test_fifty_arrivals_at_once_never_exceed_the_limits(desk, company):
    agents = [desk.agent(maxTickets=most) for most in (3, 5, 7)]
    desk.rule(strategies=["fewest", "round_robin"])
    customers = [company.visitor() for _ in range(10)]
    at_once(*[lambda who=who: [who.post("/tickets", {"title": unique("t")}) for _ in range(5)] for who in customers])

    def counted() -> Counter:
        rows = [row for page in (1, 2) for row in company.supervisor.get("/tickets", size=40, page=page)["list"]]
        assert len(rows) == 50
        return Counter(row["assignee"] and row["assignee"]["id"] for row in rows)

    wanted = {one.agent_id: most for one, most in zip(agents, (3, 5, 7), strict=True)} | {None: 35}
    eventually(lambda: counted() == wanted, GIVEN_WITHIN)
    rows = [row for page in (1, 2) for row in company.supervisor.get("/tickets", size=40, page=page)["list"]]
    given = [row for row in rows if row["assignee"]]
    assert all(len(desk.history(row["id"])) == 1 for row in given), "each was given once"
    assert {row["id"] for row in given} == {row["id"] for row in sorted(rows, key=lambda row: row["id"])[:15]}


def test_a_supervisor_who_assigns_at_the_same_moment_wins_or_comes_second(desk, company):
    """Whoever is first: one person has it at the end, and every change of hands has its line."""
    boss, chosen = company.supervisor, desk.agent(maxTickets=0)
    other = desk.agent()
    rule = desk.rule(active=False)
    numbers = [desk.ticket() for _ in range(6)]
    at_once(
        lambda: desk.admin.put(f"/ticket-rules/{rule['id']}", {"active": True}),
        *[lambda n=n: boss.post(f"/tickets/{n}/assign", {"agentId": chosen.agent_id}) for n in numbers],
    )
    for number in numbers:
        assert desk.holder(number) == chosen.agent_id, "a person's word stands"
        history = desk.history(number)
        assert [one["toAgent"]["id"] for one in history] in (
            [chosen.agent_id],
            [other.agent_id, chosen.agent_id],
        )


def test_off_hours_wait_duty_and_anybody(desk, company):
    """Working time: who does not work now waits for, is on duty, or finds it when he comes."""
    closed = company.admin.post("/work-calendars", {"name": unique("closed")})
    number = desk.team(calendarId=closed["id"])
    tired, watch = desk.agent("", number), desk.agent("", number)
    rule = desk.rule(targetTeams=[number], offHours="nobody", strategies=["fewest"])
    waiting = desk.ticket()
    # a round has gone by once a ticket of another rule that came later is given
    free = desk.agent()
    other = desk.team()
    company.admin.post(f"/teams/{other}/members", {"agentId": free.agent_id})
    desk.rule(sort=1, ticketTypes=["bug"], targetTeams=[other])
    assert desk.holder(desk.ticket(type="bug")) == free.agent_id
    assert desk.look(waiting)["assignee"] is None
    assert "ticket.created" not in desk.told(company.supervisor), "for whom it only waits nobody is called"
    now = dt.datetime.now(dt.UTC)
    company.supervisor.post(
        "/duty-shifts",
        {
            "agentId": watch.agent_id,
            "startTime": (now - dt.timedelta(hours=1)).isoformat(),
            "endTime": (now + dt.timedelta(hours=8)).isoformat(),
        },
    )
    assert desk.look(waiting)["assignee"] is None, "by this rule duty makes no difference"
    company.admin.put(f"/ticket-rules/{rule['id']}", {"offHours": "duty"})
    assert desk.holder(waiting) == watch.agent_id
    assert outcomes(desk.history(waiting)[0])[tired.agent_id] == "off_hours"
    company.admin.put(f"/ticket-rules/{rule['id']}", {"offHours": "anyone"})
    assert desk.holder(desk.ticket()) == tired.agent_id
    # preferring who works now, instead of asking for it
    company.admin.put(f"/ticket-rules/{rule['id']}", {"strategies": ["at_work", "fewest"]})
    assert [desk.holder(desk.ticket()) for _ in range(2)] == [watch.agent_id] * 2


def test_opening_time_gives_what_waited(desk, company):
    """No event tells the hour: the calendar that opens is looked at by the timetable and by its change alike."""
    calendar = company.admin.post("/work-calendars", {"name": unique("closed")})
    number = desk.team(calendarId=calendar["id"])
    one = desk.agent("", number)
    desk.rule(targetTeams=[number], offHours="nobody")
    waiting = desk.ticket()
    days = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    company.admin.put(f"/work-calendars/{calendar['id']}", dict.fromkeys(days, "00:00-24:00"))
    assert desk.holder(waiting) == one.agent_id


def test_a_skill_may_be_required_and_changing_the_type_looks_again(desk, company):
    desk.agent()
    knows = desk.agent(skills=["数据库"])
    desk.rule(ticketTypes=["bug"], skill="数据库", skillRequired=True, strategies=["fewest"])
    number = desk.ticket()
    company.supervisor.put(f"/tickets/{number}", {"version": desk.look(number)["version"], "type": "bug"})
    assert desk.holder(number) == knows.agent_id
    company.admin.put(f"/agents/{knows.agent_id}", {"skills": []})
    lost = desk.ticket(type="bug")
    eventually(lambda: desk.told(company.supervisor).count("ticket.created") == 2)
    assert desk.look(lost)["assignee"] is None


def test_supervisors_are_given_none_unless_their_team_is_named(desk, company):
    boss = company.supervisor
    desk.rule(sort=2)
    number = desk.ticket()
    eventually(lambda: "ticket.created" in desk.told(boss))
    assert desk.look(number)["assignee"] is None
    team = desk.team()
    company.admin.post(f"/teams/{team}/members", {"agentId": boss.agent_id})
    desk.rule(sort=1, targetTeams=[team])
    assert desk.holder(number) == boss.agent_id


def test_what_came_with_an_agent_stays_with_him(desk, company):
    one = desk.agent()
    desk.agent(seniority=9)
    desk.rule(strategies=["senior", "fewest"])
    made = one.post("/tickets", {"title": unique("mine"), "assigneeId": one.agent_id, "priority": "critical"})
    assert desk.holder(desk.ticket()) != one.agent_id
    assert [record["method"] for record in desk.history(made["id"])] == ["create"]


def test_rules_are_checked(desk, company):
    path, admin = "/ticket-rules", company.admin
    good = {"name": unique("rule"), "strategies": ["fewest"], "active": False}
    for wrong in (
        {"name": " "},
        {"strategies": []},
        {"strategies": ["cross_service"]},
        {"ticketTypes": ["no such"]},
        {"priorities": ["whenever"]},
        {"products": ["no such"]},
        {"targetTeams": [10**9]},
        {"teamId": 10**9},
        {"vipFrom": -1},
        {"offHours": "sometimes"},
    ):
        admin.post(path, {**good, **wrong}, expect=400)
    made = admin.post(path, {**good, "priorities": ["urgent", "urgent"], "strategies": ["skill", "fewest", "skill"]})
    assert (made["priorities"], made["strategies"]) == (["urgent"], ["skill", "fewest"])
    admin.post(path, good, expect=409)
    company.supervisor.post(path, good, expect=403)
    assert [one["name"] for one in admin.get("/settings/ticket-strategies")] == list(TICKET_STRATEGIES)


def test_rules_of_one_company_are_no_others(people, desk):
    desk.agent()
    desk.rule()
    elsewhere = people.ticket()
    assert desk.holder(desk.ticket())
    assert people.supervisor.get(f"/tickets/{elsewhere['id']}")["assignee"] is None
    (first, *_) = desk.admin.get("/ticket-rules")["list"]
    people.admin.get(f"/ticket-rules/{first['id']}", expect=404)


# --- what supervisors see -------------------------------------------------------------------------------------------


def test_workload_counts_open_and_solved_tickets_in_three_statements(desk, company, database):
    busy, free = desk.agent("王敏", skills=[{"name": "技术支持", "level": 3}]), desk.agent("李雷")
    numbers = [desk.ticket(assignee=busy, priority=one) for one in ("normal", "critical", "critical", "urgent")]
    company.supervisor.post(f"/tickets/{numbers[0]}/flow", {"status": "resolved", "resolution": "done"})
    rows = company.supervisor.get("/tickets/workload")
    loads = {one["agent"]["id"]: one for one in rows}
    assert loads[busy.agent_id]["byPriority"] == {"normal": 0, "urgent": 1, "critical": 2}
    assert [loads[busy.agent_id][name] for name in ("open", "resolvedWeek", "resolvedMonth")] == [3, 1, 1]
    assert loads[free.agent_id]["open"] == 0 and loads[busy.agent_id]["skills"] == [{"name": "技术支持", "level": 3}]
    assert rows[-1]["agent"]["id"] == busy.agent_id, "who has most to do comes last"
    busy.get("/tickets/workload", expect=403)


def test_candidates_are_ranked_with_reasons(desk, company):
    knows = desk.agent("王敏", skills=[{"name": "技术支持", "level": 3}])
    free = desk.agent("李雷")
    full = desk.agent("韩梅", maxTickets=0, skills=[{"name": "技术支持", "level": 5}])
    desk.ticket(assignee=knows)
    number = desk.ticket(type="tech")
    answer = company.supervisor.get(f"/tickets/{number}/candidates")
    rows = {one["agent"]["id"]: one for one in answer["candidates"]}
    assert answer["rule"] is None and answer["candidates"][0]["agent"]["id"] == knows.agent_id
    assert rows[knows.agent_id]["isRecommended"] and not rows[free.agent_id]["isRecommended"]
    assert "技能“技术支持”等级 3" in rows[knows.agent_id]["reasons"]
    assert "工单最少" in rows[free.agent_id]["reasons"] and "工单最少" not in rows[knows.agent_id]["reasons"]
    assert (rows[full.agent_id]["obstacle"], rows[full.agent_id]["level"]) == ("未完成工单已达上限", 5)
    assert rows[company.supervisor.agent_id]["obstacle"] is None, "by hand anybody may be chosen"
    rule = desk.rule(ticketTypes=["tech"], strategies=["fewest"], active=False)
    assert company.supervisor.get(f"/tickets/{number}/candidates")["rule"] is None
    desk.admin.put(f"/agents/{knows.agent_id}", {"maxTickets": 0})
    desk.admin.put(f"/agents/{free.agent_id}", {"maxTickets": 0})
    desk.admin.put(f"/ticket-rules/{rule['id']}", {"active": True})
    answer = company.supervisor.get(f"/tickets/{number}/candidates")
    assert answer["rule"]["id"] == rule["id"] and not any(one["isRecommended"] for one in answer["candidates"])
    knows.get(f"/tickets/{number}/candidates", expect=403)


def test_who_has_the_page_open_sees_the_new_holder_at_once(desk, company):
    one = desk.agent()
    desk.rule()
    with listening(company.supervisor) as (ears,):
        number = desk.ticket()
        update = ears.wait_for("ticket_update", lambda data: data["event"] == "assigned", timeout=GIVEN_WITHIN)
    assert (update["ticketId"], update["ticket"]["assignee"]["id"]) == (number, one.agent_id)
