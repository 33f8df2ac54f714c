"""Satisfaction over time: figures that agree with the rows, for whom they are, within the days of the reader."""

import datetime as dt
import re
from collections import Counter

import pytest
import sqlalchemy as sa
from playwright.sync_api import expect

from models.conversations import Conversation, Rating
from tests.browsing import Pages
from tests.people import Company, Person, unique
from tests.screens import grant, role_with
from tests.test_presence import ZONE
from tests.waiting import eventually

PATH = "/stats/satisfaction"
RATINGS, TALKS = Rating.__table__, Conversation.__table__
#: (agent, days ago, score, tags); None: asked and not answered
TALKED = (
    (0, 0, 5, ["good.fast"]),
    (0, 0, 1, ["bad.slow", "bad.rude"]),
    (0, 1, 4, ["good.fast"]),
    (1, 1, 2, None),
    (1, 1, None, None),
    (1, 2, 5, None),
    (0, 40, 3, None),
)


def noon(days_ago: int) -> dt.datetime:
    """Noon in Shanghai of a day of its calendar, as times are stored."""
    today = (dt.datetime.now(dt.UTC) + dt.timedelta(hours=8)).date()
    return dt.datetime.combine(today - dt.timedelta(days=days_ago), dt.time(4))


def day(days_ago: int) -> str:
    return noon(days_ago).date().isoformat()


@pytest.fixture(scope="module")
def company(new_company) -> Company:
    return new_company()


@pytest.fixture(scope="module")
def agents(company, database) -> list[Person]:
    """Two agents, the first of a team, with talks of several days; and one that nobody was asked about."""
    agents = [company.new("agent"), company.new("agent")]
    team = company.admin.post("/teams", {"name": "一组"})
    company.admin.post(f"/teams/{team['id']}/members", {"agentId": agents[0].agent_id})
    for number, days_ago, score, tags in TALKED:
        served = company.served(agent=agents[number])
        served.agent.put(f"{served.path}/close")
        if score is not None:
            served.customer.post(f"{served.path}/rating", {"score": score, "tags": tags or []})
        with database.begin() as connection:
            moment = noon(days_ago)
            of_talk = TALKS.update().where(TALKS.c.id == served.id)
            connection.execute(of_talk.values(close_time=moment, rating_invited_time=moment, create_time=moment))
            rating = RATINGS.update().where(RATINGS.c.conversation_id == served.id)
            connection.execute(rating.values(create_time=moment + dt.timedelta(minutes=5)))
    company.served(agent=agents[0])
    return agents


def asked(person: Person, **query) -> dict:
    return person.get(PATH, **{"fromDay": day(6), "toDay": day(0), "zone": ZONE, **query})


def test_figures_agree_with_the_rows(company, agents, database):
    found = asked(company.supervisor)
    rows = [row for row in TALKED if row[1] < 7]
    scores = Counter(score for _, _, score, _ in rows if score)
    total = found["total"]
    assert total["scores"] == [scores[score] for score in range(1, 6)] and total["ratings"] == 5
    assert (total["mean"], total["low"], total["lowShare"]) == (3.4, 2, 0.4)
    assert (total["invited"], total["answered"], total["answerRate"]) == (6, 5, 0.8333)
    assert [(one["day"], one["ratings"], one["invited"]) for one in found["days"][-4:]] == [
        (day(3), 0, 0),
        (day(2), 1, 1),
        (day(1), 2, 3),
        (day(0), 2, 2),
    ]
    assert {one["id"]: (one["ratings"], one["mean"], one["invited"]) for one in found["agents"]} == {
        agents[0].agent_id: (3, 3.33, 3),
        agents[1].agent_id: (2, 3.5, 3),
    }
    assert {one["name"]: one["ratings"] for one in found["teams"]} == {"一组": 3, None: 2}
    assert {one["code"]: one["count"] for one in found["tags"]} == {"good.fast": 2, "bad.slow": 1, "bad.rude": 1}
    # the recount, by the database itself
    ours = [row["id"] for row in company.supervisor.get("/sessions", status="closed,active", size=100)["list"]]
    counted = sa.select(sa.func.count(), sa.func.avg(RATINGS.c.score)).where(
        RATINGS.c.conversation_id.in_(ours), RATINGS.c.create_time >= noon(6) - dt.timedelta(hours=12)
    )
    with database.connect() as connection:
        count, mean = connection.execute(counted).one()
    assert (total["ratings"], total["mean"]) == (count, round(float(mean), 2))


def test_figures_are_narrowed(company, agents):
    boss = company.supervisor
    assert asked(boss, agentId=agents[1].agent_id)["total"]["ratings"] == 2
    [team] = [one["id"] for one in asked(boss)["teams"] if one["name"] == "一组"]
    assert asked(boss, teamId=team)["total"]["mean"] == 3.33
    assert asked(boss, fromDay=day(1), toDay=day(1))["total"]["scores"] == [0, 1, 0, 1, 0]
    assert asked(boss, fromDay=day(60))["total"]["ratings"] == 6
    assert asked(boss, fromDay=day(30), toDay=day(10))["total"]["mean"] is None
    for wrong in ({"fromDay": day(100)}, {"zone": "Mars/Base"}, {"fromDay": "yesterday"}, {"agentId": "x"}):
        asked(boss, expect=400, **wrong)


def test_figures_are_for_those_who_lead(company, agents, strangers):
    asked(agents[0], expect=403)
    assert not {agent.agent_id for agent in agents} & {one["id"] for one in asked(strangers.admin)["agents"]}
    # who sees all conversations, but answers for nobody
    role = role_with(company, "statistics.read", "conversation.read", scopes={"*": "all", "statistics": "own"})
    username = unique("clerk")
    company.admin.post("/users", {"username": username, "password": "First-pass-12", "roleIds": [role]})
    clerk = Person(company.base_url, host=company.host).sign_in(username, "First-pass-12")
    assert clerk.get("/sessions")["total"] and asked(clerk)["total"]["invited"] == 0
    # and who sees those of his own only
    grant(company, role, "statistics.read", "conversation.read", scopes={"*": "own", "statistics": "all"})
    assert eventually(lambda: clerk.get("/sessions")["total"] == 0) and asked(clerk)["total"]["ratings"] == 0


@pytest.mark.parametrize(("viewport", "locale"), [("desktop", "zh-CN"), ("phone", "en-GB")])
def test_console_shows_them_and_follows(new_company, open_page: Pages, screenshot, viewport, locale):
    company = new_company()
    first, second = company.new("agent", "王敏"), company.new("agent", "李雷")

    def rated(agent: Person, score: int) -> None:
        served = company.served(agent=agent)
        served.agent.put(f"{served.path}/close")
        served.customer.post(f"{served.path}/rating", {"score": score, "tags": ["bad.slow"] if score < 3 else []})

    for agent, score in ((first, 5), (first, 4), (second, 1)):
        rated(agent, score)
    page = open_page.signed_in(
        company.supervisor, "/desk/console?tab=satisfaction&days=7", viewport=viewport, locale=locale
    )
    expect(page.get_by_role("tab", selected=True)).to_be_in_viewport()
    panel = page.get_by_role("tabpanel")
    title = {"zh-CN": "平均评分", "en-GB": "Mean rating"}[locale]
    mean = panel.locator("dl > div").filter(has_text=title)
    expect(mean).to_contain_text("3.33")
    expect(panel.get_by_text({"zh-CN": "回复太慢", "en-GB": "Slow answers"}[locale])).to_be_visible()
    screenshot(page, f"satisfaction-{viewport}")
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    panel.get_by_role("button", name="李雷").click()
    expect(mean).to_contain_text("1.00")
    expect(page).to_have_url(re.compile(rf"agent={second.agent_id}"))
    expect(panel.get_by_role("rowheader", name="王敏")).to_have_count(0)
    rated(second, 5)  # while one looks on
    expect(mean).to_contain_text("3.00")
