"""Statistics of tickets: they agree with the rows, are for those who lead, and follow the reader's days (RPT-4)."""

import datetime as dt
import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from statistics import fmean, median

import pytest
import sqlalchemy as sa
from playwright.sync_api import expect

from models.tickets import Ticket
from tests.browsing import Pages
from tests.people import Company, Person, unique
from tests.screens import role_with
from tests.test_presence import ZONE
from tests.test_satisfaction import day, noon

PATH, NOW = "/stats/tickets", "/stats/realtime/tickets"
TICKETS = Ticket.__table__
#: (agent or None, days ago created, hours until the first answer, hours until solved, way after that, priority, type)
WORKED = (
    (0, 0, 1, 2, (), "normal", "tech"),
    (0, 1, 2, 4, ("closed",), "urgent", "tech"),
    (0, 2, None, 30, ("closed", "processing"), "normal", "bug"),
    (1, 2, 3, 10, ("processing", "resolved"), "critical", "tech"),
    (1, 3, 1, None, (), "normal", "consult"),
    (None, 3, None, None, (), "urgent", "consult"),
    (None, 4, None, None, ("cancelled",), "normal", ""),
    (1, 40, 1, 24, ("closed",), "normal", "tech"),
)


@pytest.fixture(scope="module")
def company(new_company) -> Company:
    return new_company()


@pytest.fixture(scope="module")
def agents(company, database) -> list[Person]:
    """Two agents, the first of a team, with tickets whose times are moved to where they belong."""
    agents = [company.new("agent", "王敏"), company.new("agent", "李雷")]
    team = company.admin.post("/teams", {"name": "一组"})
    company.admin.post(f"/teams/{team['id']}/members", {"agentId": agents[0].agent_id})
    boss = company.supervisor
    for agent, days_ago, reply, solved, way, priority, type_ in WORKED:
        ticket = boss.post("/tickets", {"title": unique("工单"), "priority": priority, "type": type_})
        path = f"/tickets/{ticket['id']}"
        if agent is not None:
            boss.post(f"{path}/assign", {"agentId": agents[agent].agent_id})
        for status in (*(("resolved",) if solved else ()), *way):
            boss.post(f"{path}/flow", {"status": status, "resolution": "已处理"})
        begun = noon(days_ago) - dt.timedelta(hours=3)
        standing = boss.get(path)
        moved = {"create_time": begun, "first_reply_time": reply and begun + dt.timedelta(hours=reply)}
        if standing["resolveTime"]:
            moved["resolve_time"] = begun + dt.timedelta(hours=solved)
        if standing["closeTime"]:
            moved["close_time"] = begun + dt.timedelta(hours=solved or 1)
        with database.begin() as connection:
            connection.execute(TICKETS.update().where(TICKETS.c.id == ticket["id"]).values(**moved))
    return agents


def asked(person: Person, **query) -> dict:
    return person.get(PATH, **{"fromDay": day(6), "toDay": day(0), "zone": ZONE, **query})


def test_figures_agree_with_the_rows(company, agents, database):
    found = asked(company.supervisor)
    begin = noon(6) - dt.timedelta(hours=12)
    with database.connect() as connection:
        ours = (
            TICKETS.c.tenant_id
            == sa.select(TICKETS.c.tenant_id)
            .where(TICKETS.c.assignee_id == agents[0].agent_id)
            .limit(1)
            .scalar_subquery()
        )
        rows = connection.execute(sa.select(TICKETS).where(ours)).all()
    created = [row for row in rows if row.create_time >= begin]
    solved = [row for row in rows if row.resolve_time and row.resolve_time >= begin]
    total = found["total"]
    assert (total["created"], total["resolved"], total["closed"]) == (7, 3, 1)
    assert total["created"] == len(created) and total["resolved"] == len(solved)
    assert found["statuses"] == {
        **dict.fromkeys(("waiting", "review"), 0),
        **Counter(row.status.value for row in created),
    }
    assert found["priorities"] == Counter(row.priority.value for row in created)
    assert {one["code"]: one["count"] for one in found["types"]} == Counter(row.type for row in created)
    # solved by now: three of the six that were not cancelled; four had been, two of these were taken up again
    assert (total["solved"], total["resolutionRate"]) == (3, 0.5)
    assert (total["reopened"], total["reopenedShare"]) == (2, 0.5)
    replies = [(row.first_reply_time - row.create_time).total_seconds() for row in created if row.first_reply_time]
    assert total["firstReply"] == {"count": 4, "mean": round(fmean(replies), 1), "median": median(replies)}
    handling = [(row.resolve_time - row.create_time).total_seconds() for row in solved]
    assert total["handling"] == {"count": 3, "mean": round(fmean(handling), 1), "median": median(handling)}
    assert [(one["day"], one["created"]) for one in found["days"][2:]] == [
        (day(4), 1),
        (day(3), 2),
        (day(2), 2),
        (day(1), 1),
        (day(0), 1),
    ]
    assert sum(one["resolved"] for one in found["days"]) == 3 and found["days"][5]["closed"] == 1
    assert [(one["name"], one["resolved"], one["handlingSeconds"]) for one in found["agents"]] == [
        ("王敏", 2, 3 * 3600),
        ("李雷", 1, 10 * 3600),
    ]


def test_this_moment(company, agents):
    found = company.supervisor.get(NOW, zone=ZONE)
    assert found["states"] == {"pending": 2, "processing": 1, "review": 0, "waiting": 0}
    assert (found["open"], found["unassigned"]) == (3, 1)
    assert found["waitingSince"].startswith((noon(3) - dt.timedelta(hours=3)).isoformat(timespec="seconds"))
    assert (found["createdToday"], found["resolvedToday"]) == (1, 1)
    assert {one["name"]: (one["open"], one["resolvedToday"]) for one in found["agents"]} == {
        "王敏": (1, 1),
        "李雷": (1, 0),
    }


def test_figures_are_narrowed(company, agents):
    boss = company.supervisor
    assert asked(boss, agentId=agents[1].agent_id)["total"]["created"] == 2
    [team] = [one["id"] for one in boss.get("/teams")["list"] if one["name"] == "一组"]
    assert asked(boss, teamId=team)["total"]["created"] == 3
    assert boss.get(NOW, teamId=team)["open"] == 1
    assert asked(boss, fromDay=day(1), toDay=day(1))["total"]["resolved"] == 1
    assert asked(boss, fromDay=day(60))["total"]["created"] == 8
    for wrong in ({"fromDay": day(100)}, {"zone": "Mars/Base"}, {"fromDay": "yesterday"}, {"agentId": "x"}):
        asked(boss, expect=400, **wrong)


def test_many_may_ask_at_once(company, agents):
    """More than there are connections to the database: who finds none left for others reads by himself."""
    wanted = asked(company.supervisor)
    with ThreadPoolExecutor(32) as asking:
        assert list(asking.map(lambda _: asked(company.supervisor), range(64))) == [wanted] * 64


def test_days_are_the_readers(company, agents):
    """Nine in the morning in Shanghai is the evening before in Honolulu."""
    here = {one["day"]: one["created"] for one in asked(company.supervisor)["days"]}
    there = {one["day"]: one["created"] for one in asked(company.supervisor, zone="Pacific/Honolulu")["days"]}
    assert (here[day(4)], here[day(5)]) == (1, 0) and (there[day(5)], there[day(4)]) == (1, 2)


def test_nothing_in_a_time_is_said_as_nothing(company, agents):
    total = asked(company.supervisor, fromDay=day(30), toDay=day(20))["total"]
    nothing = {"count": 0, "mean": None, "median": None}
    assert (total["created"], total["resolutionRate"], total["reopenedShare"]) == (0, None, None)
    assert total["firstReply"] == total["handling"] == nothing


def test_figures_are_for_those_who_lead(company, agents, strangers):
    asked(agents[0], expect=403)
    agents[0].get(NOW, expect=403)
    assert not {agent.agent_id for agent in agents} & {one["id"] for one in asked(strangers.admin)["agents"]}
    # who sees all tickets, but answers for nobody
    role = role_with(company, "statistics.read", "ticket.read", scopes={"*": "all", "statistics": "own"})
    username = unique("clerk")
    company.admin.post("/users", {"username": username, "password": "First-pass-12", "roleIds": [role]})
    clerk = Person(company.base_url, host=company.host).sign_in(username, "First-pass-12")
    assert clerk.get("/tickets")["total"] == 8
    assert asked(clerk)["total"]["created"] == 0 and clerk.get(NOW)["open"] == 0


@pytest.mark.parametrize(("viewport", "locale"), [("desktop", "zh-CN"), ("phone", "en-GB")])
def test_page_shows_them_and_follows(new_company, open_page: Pages, screenshot, viewport, locale):
    company = new_company()
    first, second = company.new("agent", "王敏"), company.new("agent", "李雷")
    boss = company.supervisor
    for agent, count in ((first, 3), (second, 1)):
        for number in range(count):
            ticket = company.ticket(assignee=agent, title="报表打不开", type="tech")
            if number < 2:
                boss.post(f"/tickets/{ticket['id']}/flow", {"status": "resolved", "resolution": "已处理"})
    company.ticket(title="登录不上")
    words = {
        "zh-CN": ("未完结", "待分配", "解决率", "手上未完结"),
        "en-GB": ("Open", "Unassigned", "Resolution rate", "Open now"),
    }[locale]
    page = open_page.signed_in(boss, "/desk/tickets/statistics?days=7", viewport=viewport, locale=locale)

    def figure(title: str):
        return page.locator("dl > div").filter(has=page.locator("dt", has_text=re.compile(f"^{title}$"))).locator("dd")

    expect(figure(words[0])).to_have_text("2")
    expect(figure(words[1])).to_have_text("1")
    expect(figure(words[2])).to_have_text("60%")
    ranking = page.locator("table").filter(has=page.get_by_role("columnheader", name=words[3])).get_by_role("row")
    expect(ranking.nth(1)).to_contain_text("王敏")
    expect(ranking.nth(1).get_by_role("cell").nth(1)).to_have_text("2")
    expect(ranking.nth(1).get_by_role("cell").nth(3)).to_have_text("1")
    screenshot(page, f"ticket-statistics-{viewport}")
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    company.ticket(title="又来一个")
    expect(figure(words[0])).to_have_text("3")
    ranking.nth(2).get_by_role("button", name="李雷").click()
    expect(page).to_have_url(re.compile(rf"agent={second.agent_id}"))
    expect(ranking).to_have_count(2)


def test_page_is_not_for_agents(new_company, open_page: Pages):
    company = new_company()
    page = open_page.signed_in(company.agent, "/desk/tickets/statistics")
    expect(page).to_have_url(re.compile(r"/desk/?$"))
