"""Whether agents are there, and how long they were (ORG-8)."""

import csv
import datetime as dt
import io

import openpyxl
import pytest
import sqlalchemy as sa

from tests.people import Company, Person
from tests.screens import Screens, text_of
from tests.waiting import ago, eventually

ZONE = "Asia/Shanghai"
CONTENT = "/stats/agents/attendance/content"


@pytest.fixture(scope="module")
def company(new_company) -> Company:
    return new_company()


def attendance(reader: Person, agent: Person, **query) -> dict:
    return reader.get(f"/agents/{agent.agent_id}/presence", zone=ZONE, **query)


def intervals(company: Company, agent: Person) -> list[tuple[str, bool]]:
    """(presence, whether it still lasts) of the last two days, oldest first."""
    first = (dt.datetime.now(dt.UTC) - dt.timedelta(days=1)).date().isoformat()
    rows = attendance(company.supervisor, agent, fromDay=first)["intervals"]
    return [(row["presence"], row["endTime"] is None) for row in rows]


def put_back(database: sa.Engine, agent: Person, *, began: int, seen: int | None = None) -> None:
    """The agent's present interval began so many seconds ago; nothing was heard of him since `seen` seconds."""
    with database.begin() as connection:
        connection.execute(
            sa.text("UPDATE presence_interval SET start_time = :then WHERE agent_id = :id AND end_time IS NULL"),
            {"then": ago(began), "id": agent.agent_id},
        )
        if seen is not None:
            connection.execute(
                sa.text("UPDATE agent SET seen_time = :then WHERE id = :id"), {"then": ago(seen), "id": agent.agent_id}
            )


def test_every_change_of_presence_begins_and_ends_an_interval(company, database):
    agent = company.new("agent")
    with agent.socket():
        agent.be("online")
        agent.be("online")  # said again, nothing changes
        agent.be("busy")
        assert intervals(company, agent) == [("online", False), ("busy", True)]
        company.supervisor.put(f"/agents/{agent.agent_id}/presence", {"presence": "offline"})
        assert intervals(company, agent) == [("online", False), ("busy", False)]
        agent.be("online")
        put_back(database, agent, began=120)
        day = attendance(agent, agent)["days"][-1]
        assert 118 <= day["onlineSeconds"] <= 180 and day["busySeconds"] < 60
        summary = agent.get(f"/agents/{agent.agent_id}/summary", zone=ZONE)
        assert abs(summary["onlineSeconds"] - day["onlineSeconds"]) < 30
    # an account that ends is not there either
    company.admin.delete(f"/agents/{agent.agent_id}")
    with database.connect() as connection:
        lasting = connection.scalar(
            sa.text("SELECT COUNT(*) FROM presence_interval WHERE agent_id = :id AND end_time IS NULL"),
            {"id": agent.agent_id},
        )
    assert lasting == 0


def test_time_after_the_last_sign_of_life_is_no_time_at_work(company, database):
    """The process that heard an agent died: the time until somebody notices does not count."""
    noticed, back = company.new("agent"), company.new("agent")
    for agent in (noticed, back):
        agent.be("online")
        put_back(database, agent, began=3600, seen=600)
    with back.socket() as ears:  # before anybody noticed: a new interval, and a hole of ten minutes
        ears.settle()
        assert intervals(company, back) == [("online", False), ("online", True)]
        assert 2995 <= total(company, back) <= 3020
    eventually(lambda: intervals(company, noticed) == [("online", False)], timeout=30)  # the timetable noticed
    assert 2995 <= total(company, noticed) <= 3005
    assert company.admin.get(f"/agents/{noticed.agent_id}")["presence"] == "offline"


def total(company: Company, agent: Person) -> int:
    """Seconds at work over midnight, should it be that late."""
    first = (dt.datetime.now(dt.UTC) - dt.timedelta(days=1)).date().isoformat()
    return sum(day["onlineSeconds"] for day in attendance(company.supervisor, agent, fromDay=first)["days"])


def test_days_are_those_of_the_readers_calendar(company, database):
    """An interval over midnight belongs to both days; whoever reads in another zone sees other days."""
    agent = company.new("agent")
    with database.begin() as connection:
        connection.execute(
            sa.text(
                "INSERT INTO presence_interval (agent_id, presence, start_time, end_time, create_time, update_time, "
                "tenant_id) SELECT id, 1, '2026-03-01 15:00:00', '2026-03-01 18:30:00', '2026-03-01 15:00:00', "
                "'2026-03-01 15:00:00', tenant_id FROM agent WHERE id = :id"
            ),
            {"id": agent.agent_id},
        )
    days = agent.get(f"/agents/{agent.agent_id}/presence", fromDay="2026-03-01", toDay="2026-03-02", zone=ZONE)["days"]
    assert [(day["day"], day["onlineSeconds"]) for day in days] == [("2026-03-01", 3600), ("2026-03-02", 9000)]
    days = agent.get(f"/agents/{agent.agent_id}/presence", fromDay="2026-03-01", toDay="2026-03-02", zone="UTC")["days"]
    assert [day["onlineSeconds"] for day in days] == [12600, 0]
    for wrong in (
        {"zone": "Mars/Base"},
        {"fromDay": "yesterday"},
        {"fromDay": "2026-03-02", "toDay": "2026-03-01"},
        {"fromDay": "2020-01-01", "toDay": "2026-01-01"},
    ):
        agent.get(f"/agents/{agent.agent_id}/presence", expect=400, **wrong)


def test_page_reload_does_not_interrupt(company):
    agent = company.new("agent")
    with agent.socket():
        agent.be("online")
    with agent.socket() as ears:
        ears.settle()
        assert intervals(company, agent) == [("online", True)]


def test_colleagues_do_not_see_each_others_times(company):
    agent, colleague = company.new("agent"), company.new("agent")
    for path in ("presence", "summary"):
        agent.get(f"/agents/{agent.agent_id}/{path}")
        colleague.get(f"/agents/{agent.agent_id}/{path}", expect=404)
        company.supervisor.get(f"/agents/{agent.agent_id}/{path}")


def test_days_of_all_agents_are_listed_and_exported(company, database):
    """The supervisor's list, the file and the administration's page say the same."""
    agent, other = company.new("agent", "王敏"), company.new("agent", "=李雷")
    for person, start, end, presence in (
        (agent, "2026-04-01 01:00:00", "2026-04-01 03:30:05", 1),
        (agent, "2026-04-01 05:00:00", "2026-04-01 05:20:00", 2),
        (agent, "2026-04-02 15:50:00", "2026-04-02 16:10:00", 1),
        (other, "2026-04-01 02:00:00", "2026-04-01 04:00:00", 1),
    ):
        with database.begin() as connection:
            connection.execute(
                sa.text(
                    "INSERT INTO presence_interval (agent_id, presence, start_time, end_time, create_time, "
                    "update_time, tenant_id) SELECT id, :presence, :start, :end, :start, :start, tenant_id "
                    "FROM agent WHERE id = :id"
                ),
                {"id": person.agent_id, "presence": presence, "start": start, "end": end},
            )
    boss, days = company.supervisor, {"fromDay": "2026-04-01", "toDay": "2026-04-03", "zone": ZONE}
    listed = {row["agent"]["id"]: row["days"] for row in boss.get("/stats/agents/attendance", size=100, **days)["list"]}
    assert [(day["day"], day["onlineSeconds"], day["busySeconds"]) for day in listed[agent.agent_id]] == [
        ("2026-04-01", 10205, 1200),
        ("2026-04-02", 600, 0),
        ("2026-04-03", 600, 0),
    ]
    found = {
        (row[0], row[1]): row[3:]
        for row in csv.reader(io.StringIO(boss.request("GET", CONTENT, params=days).content.decode("utf-8-sig")))
    }
    assert found["2026-04-01", "王敏"] == ["2:50:05", "0:20:00", "09:00", "13:20"]
    assert found["2026-04-02", "王敏"] == ["0:10:00", "0:00:00", "23:50", "24:00"]
    assert found["2026-04-03", "王敏"] == ["0:10:00", "0:00:00", "00:00", "00:10"]
    assert found["2026-04-01", "'=李雷"][0] == "2:00:00" and ("2026-04-02", "'=李雷") not in found
    book = boss.request("GET", CONTENT, params={**days, "agentId": other.agent_id, "format": "xlsx"})
    assert [row[1] for row in openpyxl.load_workbook(io.BytesIO(book.content)).active.values][1:] == ["'=李雷"]
    logged = boss.get("/user/operation-logs", size=5)["list"]
    assert [row["operation"] for row in logged].count("presence_interval.export") == 2
    boss.get(CONTENT, format="doc", expect=400)
    agent.get(CONTENT, expect=403)
    agent.get("/stats/agents/attendance", expect=403)
    # the administration's page
    admin = Screens(boss)
    admin.person.http.cookies.set("tz", ZONE)
    query = f"from=2026-04-01&until=2026-04-03&agent_id={agent.agent_id}"
    page = text_of(admin.page(f"/presence_interval/days?{query}"))
    assert "2026-04-01 王敏" in page and "2 h 50 min" in page and "23:50 24:00" in page
    file = admin.fetch(f"/presence_interval/days/csv?{query}").content.decode("utf-8-sig")
    assert file.splitlines()[1].startswith("2026-04-03,王敏")
