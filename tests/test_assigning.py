"""Rules, problem types, customers' teams, hours, duty: who gets a conversation, and what is written down about it."""

import datetime as dt

import pytest

from models.hours import WEEKDAYS
from tests.people import Company, Person, at_once, unique
from tests.waiting import eventually

#: longer than anybody is ever waited for
SERVED_WITHIN = 30.0


@pytest.fixture
def company(new_company) -> Company:
    """A company of the test's own: nobody else's agents take its customers."""
    return new_company()


class Shop:
    """A company with agents and teams, and customers who come in."""

    def __init__(self, company: Company):
        self.company, self.admin = company, company.admin

    def team(self, **more) -> int:
        return self.admin.post("/teams", {"name": unique("team"), **more})["id"]

    def agent(self, *teams: int, most: int = 5, online: bool = True, **profile) -> Person:
        """Somebody at work in these teams and in no other."""
        person = self.company.new("agent")
        self.admin.put(f"/agents/{person.agent_id}", {"maxConversations": most, **profile})
        for team in teams:
            self.admin.post(f"/teams/{team}/members", {"agentId": person.agent_id})
        if online:
            person.be("online")
        return person

    def asks(self, words: str = "", customer: Person | None = None) -> int:
        """The number of a conversation whose customer said this and waits for a person."""
        customer = customer or self.company.visitor()
        number = customer.open_conversation()["id"]
        if words:
            customer.say(f"/sessions/{number}", words)
        customer.post(f"/sessions/{number}/handover")
        return number

    def served(self, number: int) -> dict:
        """The conversation as soon as somebody has it."""

        def look():
            row = self.admin.get(f"/sessions/{number}")
            return row if row["status"] == "active" else None

        return eventually(look, SERVED_WITHIN)

    def agent_of(self, number: int) -> int:
        return self.served(number)["agent"]["id"]

    def record(self, number: int, locale: str = "zh") -> dict:
        """What is written down about the last assignment, in a language."""
        self.admin.put("/session/locale", {"locale": locale})
        return self.admin.get(f"/sessions/{number}/assignments")[-1]

    def rule(self, **more) -> int:
        return self.admin.post("/routing-rules", {"name": unique("rule"), "strategies": ["fewest"], **more})["id"]


@pytest.fixture
def shop(company) -> Shop:
    return Shop(company)


def outcomes(record: dict) -> dict[int, str | None]:
    """agent → why he was passed over, or by which strategy he lost; None for the one who got it."""
    return {one["agentId"]: one["passedOver"] or one["lostBy"] for one in record["detail"]["candidates"]}


def test_problem_is_recognised_and_goes_to_whoever_knows_it_best(shop, company):
    """RTE-1, RTE-3, RTE-6: keywords, skill with level, and a line that says why, in both languages."""
    knows = shop.agent(skills=[{"name": "报表统计", "level": 2}])
    teaches = shop.agent(skills=[{"name": "报表统计", "level": 4}, "打印"])
    away = shop.agent()
    away.be("busy")
    assert company.admin.get(f"/agents/{teaches.agent_id}")["skills"] == [
        {"name": "报表统计", "level": 4},
        {"name": "打印", "level": 1},
    ]
    number = shop.asks("請問月度報表怎麼導出？")  # traditional characters
    row = shop.served(number)
    assert (row["problemType"], row["agent"]["id"]) == ("report", teaches.agent_id)
    record = shop.record(number)
    assert outcomes(record) == {teaches.agent_id: None, knows.agent_id: "skill", away.agent_id: "busy"}
    assert record["detail"]["decidedBy"] == "skill" and record["detail"]["rule"]["name"] == "默认规则"
    line = record["explanation"]["summary"]
    assert f"{teaches.username}：接待 0/5，技能“报表统计”等级 4；由“技能”决定" in line
    assert f"{knows.username} 未选中：技能等级只有 2" in line
    assert f"{away.username} 未选中：忙碌" in line and "问题类型：报表统计" in record["explanation"]["conditions"]
    english = shop.record(number, "en")["explanation"]
    assert f"{teaches.username}: 0/5 in use, skill 报表统计 level 4; decided by “Skill”" in english["summary"]
    assert f"{away.username} passed over: busy" in english["summary"]
    assert f"{knows.username} passed over: skill level 2 only" in english["summary"]
    assert {"Problem type: Reports", "First visit"} <= set(english["conditions"])
    # who serves it corrects it; nobody else, and to nothing that does not exist
    assert teaches.put(f"/sessions/{number}/problem-type", {"problemType": "data"})["problemType"] == "data"
    teaches.put(f"/sessions/{number}/problem-type", {"problemType": "no-such"}, expect=400)
    knows.put(f"/sessions/{number}/problem-type", {"problemType": "login"}, expect=404)
    teaches.put(f"/sessions/{number}/problem-type", {"problemType": None})
    assert company.admin.get("/sessions", problemType="data")["total"] == 0


def test_customers_teams_come_first_and_the_problem_chooses_among_them(shop, company):
    """RTE-1, B §3.4.1: primary team, cross service by problem type, relations that have ended, whom nobody serves."""
    first, second, other = shop.team(), shop.team(), shop.team()
    in_first, in_second, in_other = shop.agent(first), shop.agent(second), shop.agent(other)
    customer = company.visitor()
    path, today = "/customer-team-relations", dt.date.today()
    made = company.admin.post(path, {"customerId": customer.customer_id, "teamId": second})
    company.admin.post(path, {"customerId": customer.customer_id, "teamId": first})
    company.admin.post(path, {"customerId": customer.customer_id, "teamId": first}, expect=409)
    assert company.admin.get(f"{path}/{made['id']}")["kind"] == "secondary", "there is one primary team"
    company.admin.put(f"{path}/{made['id']}", {"problemTypes": ["network"]})
    company.admin.put(f"{path}/{made['id']}", {"problemTypes": ["no-such"]}, expect=400)
    assert {row["teamId"] for row in company.admin.get(f"/customers/{customer.customer_id}/teams")["list"]} == {
        first,
        second,
    }
    number = shop.asks("你好", customer)
    assert shop.agent_of(number) == in_first.agent_id
    detail = shop.record(number)["detail"]
    assert detail["relation"] == {"teamId": first, "isPrimary": True}
    company.admin.put(f"/sessions/{number}/close")
    number = shop.asks("网络连不上了", customer)
    row = shop.served(number)
    assert (row["agent"]["id"], row["servedTeamId"]) == (in_second.agent_id, second), "the team for this problem"
    assert shop.record(number)["detail"]["decidedBy"] == "cross_service"
    company.admin.put(f"/sessions/{number}/close")
    in_second.be("busy")
    number = shop.asks("网络还是连不上", customer)
    assert shop.agent_of(number) == in_first.agent_id, "that team has nobody free: the customer's other one"
    assert outcomes(shop.record(number))[in_second.agent_id] == "busy"
    company.admin.put(f"/sessions/{number}/close")
    for row in company.admin.get(f"/customers/{customer.customer_id}/teams")["list"]:
        company.admin.put(f"{path}/{row['id']}", {"expiryDate": (today - dt.timedelta(days=2)).isoformat()})
    shop.rule(sort=1, strategies=["relation", "fewest"], noRelationTeamId=other)
    number = shop.asks("你好", customer)
    assert shop.agent_of(number) == in_other.agent_id, "the relations have ended: the team for customers without one"
    assert shop.record(number)["detail"]["teams"] == {"ids": [other], "because": "no_relation"}


def test_several_customers_get_a_team_at_once_or_none_does(shop, company):
    team = shop.team()
    numbers = [company.admin.post("/customers", {"name": unique("customer")})["id"] for _ in range(3)]
    path = "/customer-team-relations/batch"
    company.supervisor.post(path, {"customerIds": [*numbers, 10**9], "teamId": team}, expect=400)
    assert company.supervisor.get(f"/teams/{team}/customers")["total"] == 0
    made = company.supervisor.post(path, {"customerIds": numbers[:2], "teamId": team, "kind": "secondary"})
    assert [row["customerId"] for row in made] == numbers[:2]
    assert len(company.supervisor.post(path, {"customerIds": numbers, "teamId": team})) == 1, "who has it keeps it"
    assert company.supervisor.get(f"/teams/{team}/customers")["total"] == 3
    assert company.agent.get(f"/teams/{team}/customers")["total"] == 0, "customers of others stay hidden"


def test_own_agent_serves_while_he_is_there_and_the_last_one_again(shop, company):
    """D §6.1: the exclusive agent first, others when he is away, and it is written down."""
    own, idle = shop.agent(most=1), shop.agent()
    customer, stranger = company.visitor(), company.visitor()
    company.admin.put(f"/customers/{customer.customer_id}", {"agentId": own.agent_id, "region": "华东"})
    company.admin.put(f"/customers/{customer.customer_id}", {"agentId": 10**9}, expect=400)
    number = shop.asks(customer=customer)
    assert shop.agent_of(number) == own.agent_id
    assert shop.record(number)["detail"]["decidedBy"] == "exclusive"
    company.admin.put(f"/sessions/{number}/close")
    own.be("offline")
    number = shop.asks(customer=customer)
    assert shop.agent_of(number) == idle.agent_id
    record = shop.record(number)
    assert outcomes(record)[own.agent_id] == "offline", "that he was away is told"
    assert "离线" in record["explanation"]["summary"]
    other = shop.agent()
    number = shop.asks(customer=stranger)
    assert shop.agent_of(number) == other.agent_id, "fewest"
    company.admin.put(f"/sessions/{number}/close")
    shop.asks()
    shop.asks()
    number = shop.asks(customer=stranger)
    assert shop.agent_of(number) == other.agent_id and shop.record(number)["detail"]["decidedBy"] == "last_agent"


def test_rules_for_problems_and_emergencies_and_teams_that_wait_for_their_own(shop, company):
    """RTE-2: the first rule that fits decides; what waits for one team goes to nobody else, nor stops others."""
    experts, anybody = shop.team(), shop.team()
    expert, junior = shop.agent(experts, most=1, seniority=5), shop.agent(anybody)
    login = company.admin.get("/problem-profiles", q="login")["list"][0]
    company.admin.put(f"/problem-profiles/{login['id']}", {"isUrgent": True})
    shop.rule(sort=1, appliesTo="problem_type", problemType="network", targetTeams=[experts])
    emergency = shop.rule(sort=0, isEmergency=True, strategies=["senior"])
    number = shop.asks("密码忘了，登录不了")
    assert shop.agent_of(number) == expert.agent_id, "seniors for what is urgent"
    record = shop.record(number)
    assert record["detail"]["isUrgent"] and record["detail"]["rule"]["id"] == emergency
    waiting = shop.asks("网络断线")  # only experts may, and the expert is full
    assert shop.agent_of(shop.asks("你好")) == junior.agent_id, "others are served meanwhile"
    junior.be("busy")
    plain, urgent = shop.asks("你好"), shop.asks("账号登录失败")
    assert company.admin.get(f"/sessions/{urgent}")["queue"]["position"] == 1, "urgent goes to the front"
    company.admin.put(f"/sessions/{number}/close")
    assert shop.agent_of(urgent) == expert.agent_id
    assert {company.admin.get(f"/sessions/{one}")["status"] for one in (waiting, plain)} == {"queued"}
    company.admin.put(f"/sessions/{urgent}/close")
    assert shop.agent_of(waiting) == expert.agent_id, "who waits longest"
    assert shop.record(waiting)["detail"]["teams"] == {"ids": [experts], "because": "rule"}


def test_nobody_is_given_anything_outside_working_hours_but_who_is_on_duty(shop, company):
    """RTE-2, D §6.1: closed, then duty, then whoever is on line."""
    team = shop.team()
    tired, watch = shop.agent(team), shop.agent(team)
    closed = company.admin.post("/work-calendars", {"name": unique("closed")})
    company.admin.put(f"/teams/{team}", {"calendarId": closed["id"]})
    number = shop.asks()
    now = dt.datetime.now(dt.UTC)
    shift = {
        "startTime": (now - dt.timedelta(hours=1)).isoformat(),
        "endTime": (now + dt.timedelta(hours=8)).isoformat(),
    }
    path = "/duty-shifts"
    company.supervisor.post(path, shift, expect=400)
    company.supervisor.post(path, {**shift, "agentId": watch.agent_id, "endTime": shift["startTime"]}, expect=400)
    assert company.admin.get(f"/sessions/{number}")["status"] == "queued", "both are on line, and at home"
    duty = company.supervisor.post(path, {**shift, "agentId": watch.agent_id})
    assert shop.agent_of(number) == watch.agent_id
    assert outcomes(shop.record(number))[tired.agent_id] == "off_hours"
    company.supervisor.delete(f"{path}/{duty['id']}")
    number = shop.asks()
    company.admin.put("/settings/assignment", {"offHours": "anyone"})
    assert shop.agent_of(number) in {tired.agent_id, watch.agent_id}
    assert company.admin.get("/settings/assignment")["offHours"] == "anyone"


def test_hours_are_checked_and_one_calendar_stays_the_companys(company):
    path, admin = "/work-calendars", company.admin
    (whole,) = admin.get(path, isDefault="true")["list"]
    assert {whole[day] for day in WEEKDAYS} == {"00:00-24:00"}
    admin.post(path, {"name": "x", "monday": "9 to 5"}, expect=400)
    admin.post(path, {"name": "x", "timezone": "Mars/Base"}, expect=400)
    admin.delete(f"{path}/{whole['id']}", expect=409)
    admin.put(f"{path}/{whole['id']}", {"isDefault": False}, expect=409)
    made = admin.post(path, {"name": unique("week"), "monday": "13:30-18:00 9:00-12:00", "isDefault": True})
    assert made["monday"] == "09:00-12:00, 13:30-18:00" and made["tuesday"] is None
    assert not admin.get(f"{path}/{whole['id']}")["isDefault"]
    admin.delete(f"{path}/{whole['id']}")
    day = admin.post("/work-days", {"calendarId": made["id"], "day": "2026-10-01", "hours": "09:00-10:00"})
    assert (day["kind"], day["hours"]) == ("holiday", None), "a free day has no hours"
    admin.post("/work-days", {"calendarId": made["id"], "day": "2026-10-01"}, expect=409)


def test_the_rule_for_everybody_is_a_setting(shop, company):
    path, admin = "/settings/assignment", company.admin
    shown = admin.get(path)
    assert [one["name"] for one in shown["available"]] == shown["default"] == shown["strategies"]
    for body in ({"strategies": []}, {"strategies": ["by shoe size"]}, {"noRelationTeamId": 10**9}, {"rule": 1}):
        admin.put(path, body, expect=400)
    team = shop.team()
    changed = admin.put(path, {"strategies": ["round_robin"], "firstVisitTeamId": team})
    assert (changed["strategies"], changed["firstVisitTeamId"]) == (["round_robin"], team)
    assert admin.put(path, {"firstVisitTeamId": None})["firstVisitTeamId"] is None
    assert admin.get(f"/routing-rules/{changed['ruleId']}")["strategies"] == ["round_robin"]
    admin.delete(f"/routing-rules/{changed['ruleId']}", expect=409)
    busy, idle = shop.agent(), shop.agent(online=False)
    numbers = [shop.asks() for _ in range(2)]
    assert {shop.agent_of(number) for number in numbers} == {busy.agent_id}
    idle.be("online")
    assert shop.agent_of(shop.asks()) == idle.agent_id, "who never had one is next in turn"
    assert shop.agent_of(shop.asks()) == busy.agent_id, "in turn, though he has more"


@pytest.mark.parametrize(
    "body",
    [
        {"strategies": []},
        {"strategies": ["fewest"], "appliesTo": "team"},
        {"strategies": ["fewest"], "appliesTo": "problem_type", "problemType": "no-such"},
        {"strategies": ["fewest"], "targetTeams": [10**9]},
        {"strategies": ["fewest"], "offHours": "sometimes"},
    ],
    ids=str,
)
def test_rules_that_make_no_sense_are_refused(people, body):
    people.admin.post("/routing-rules", {"name": unique("rule"), **body}, expect=400)


@pytest.mark.parametrize(
    "skills", [[{"name": "x", "level": 6}], [{"level": 1}], [{"name": "x", "rank": 1}], [""], "x"], ids=str
)
def test_skills_that_are_none_are_refused(people, skills):
    people.admin.put(f"/agents/{people.agent.agent_id}", {"skills": skills}, expect=400)


def test_a_team_is_never_given_more_than_it_may_hold_by_hand_either(shop, company):
    """RTE-4: eight supervisors' clicks at once on a team of two with room for three."""
    team = shop.team(maxConversations=3)
    first, second = shop.agent(team, online=False), shop.agent(team, online=False)
    numbers = [shop.asks() for _ in range(8)]
    statuses = at_once(
        *[
            lambda number=number, agent=agent: (
                company.supervisor.request(
                    "POST", f"/sessions/{number}/assign", json={"agentId": agent.agent_id}
                ).status_code
            )
            for number, agent in zip(numbers, [first, second] * 4, strict=True)
        ]
    )
    assert sorted(statuses) == [200] * 3 + [409] * 5
    assert company.admin.get(f"/teams/{team}")["currentCount"] == 3
    held = company.admin.get("/sessions", status="active", size=10)["list"]
    to = second if held[0]["agent"]["id"] == first.agent_id else first
    company.supervisor.post(f"/sessions/{held[0]['id']}/transfer", {"toAgentId": to.agent_id})
    assert company.admin.get(f"/teams/{team}")["currentCount"] == 3, "within the team its place goes along"
    for row in held:
        company.supervisor.put(f"/sessions/{row['id']}/close")
    assert company.admin.get(f"/teams/{team}")["currentCount"] == 0
