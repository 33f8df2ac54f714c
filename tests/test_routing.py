"""The queue: whoever waits gets the next free agent, nobody gets more than he can hold."""

from collections import Counter

import pytest
import sqlalchemy as sa

from tests.people import Company, Person, at_once, unique
from tests.waiting import ago

#: longer than anybody is ever waited for: an event serves at once, and the timetable makes up for a lost one
SERVED_WITHIN = 30.0


@pytest.fixture
def company(new_company) -> Company:
    """A company of the test's own: nobody else's agents take its customers."""
    return new_company()


def on_line(company: Company, most: int) -> Person:
    person = company.new("agent")
    company.make_room(person, most)
    person.be("online")
    return person


def waiting(company: Company, number: int) -> list[Person]:
    """New visitors, each asking for a person, one after the other."""
    visitors = [company.visitor() for _ in range(number)]
    for visitor in visitors:
        visitor.post(f"/sessions/{visitor.open_conversation()['id']}/handover")
    return visitors


def states(company: Company) -> Counter:
    return Counter(row["status"] for row in company.admin.get("/sessions", size=100)["list"])


def counters_are_right(company: Company) -> None:
    """I7: every agent's and team's counter equals the running conversations, and none holds more than it may."""
    for agent in company.admin.get("/agents", size=100)["list"]:
        held = company.admin.get("/sessions", agentId=agent["id"], status="active,on_hold", size=1)["total"]
        assert agent["currentCount"] == held <= agent["maxCount"]
    running = company.admin.get("/sessions", status="active,on_hold", size=100)["list"]
    for team in company.admin.get("/teams", size=100)["list"]:
        held = sum(row["servedTeamId"] == team["id"] for row in running)
        assert team["currentCount"] == held and (not team["maxConversations"] or held <= team["maxConversations"])


class Watch:
    """Listens as the supervisor and counts who got what."""

    def __init__(self, company: Company):
        self.ears = company.supervisor.socket()

    def until_served(self, number: int) -> None:
        assert self.ears.wait_until(lambda: len(self.served()) >= number, timeout=SERVED_WITHIN), (
            f"{len(self.served())} of {number} were served within {SERVED_WITHIN} s"
        )

    def served(self) -> dict[int, int]:
        return {
            data["sessionId"]: data["conversation"]["agent"]["id"]
            for item in list(self.ears.heard)
            for data in [item.data]
            if item.name == "session_update" and data["event"] == "assigned"
        }

    def __enter__(self):
        return self

    def __exit__(self, *problem):
        self.ears.close()


def test_customer_who_waits_gets_the_agent_who_comes_on_line(company):
    with Watch(company) as watch:
        (visitor,) = waiting(company, 1)
        assert visitor.get("/sessions")["list"][0]["queue"]["position"] == 1
        with visitor.socket() as ears:
            agent = on_line(company, 3)
            heard = ears.wait_for("session_update", lambda data: data["event"] == "assigned", timeout=SERVED_WITHIN)
            assert heard["conversation"]["agent"]["id"] == agent.agent_id
        watch.until_served(1)
    history = company.admin.get(f"/sessions/{heard['sessionId']}/assignments")
    assert history[0]["method"] == "auto"
    assert [row["agentId"] for row in history[0]["detail"]["candidates"]] == [agent.agent_id]


def test_agent_on_line_gets_the_customer_who_asks(company):
    agent = on_line(company, 3)
    with agent.socket() as ears:
        waiting(company, 1)
        ears.wait_for("session_update", lambda data: data["event"] == "assigned", timeout=SERVED_WITHIN)


def test_busy_and_offline_agents_get_nobody(company):
    busy, away, here = on_line(company, 3), on_line(company, 3), None
    busy.be("busy")
    away.be("offline")
    with Watch(company) as watch:
        (visitor,) = waiting(company, 1)
        here = on_line(company, 3)
        watch.until_served(1)
        assert set(watch.served().values()) == {here.agent_id}
    passed = {
        row["agentId"]: row["passedOver"]
        for row in company.admin.get(f"/sessions/{visitor.get('/sessions')['list'][0]['id']}/assignments")[0]["detail"][
            "candidates"
        ]
    }
    assert passed == {busy.agent_id: "busy", here.agent_id: None}


def test_agent_whose_connection_comes_back_is_what_he_was(company, database):
    """A reload or a tunnel is no leaving; who left by himself stays away."""
    agent = on_line(company, 3)

    def lose() -> None:
        with database.begin() as connection:  # what the keeper does when the last socket has gone
            connection.execute(
                sa.text("UPDATE agent SET presence = 3, presence_time = :now WHERE id = :id"),
                {"now": ago(0), "id": agent.agent_id},
            )

    for chosen in ("busy", "online", "offline"):
        agent.be(chosen)
        lose()
        agent.socket().close()
        assert company.admin.get(f"/agents/{agent.agent_id}")["presence"] == chosen


def test_nobody_knows_how_long_it_takes_while_nobody_is_there(company):
    (visitor,) = waiting(company, 1)
    assert visitor.get("/sessions")["list"][0]["queue"] == {
        "position": 1,
        "expectedWaitSeconds": None,
        "isOpen": True,
    }
    on_line(company, 1).be("busy")


def test_supervisor_cannot_put_on_line_who_is_not_there(company, database):
    """Otherwise waiting customers would be given to an empty chair."""
    agent = company.new("agent")
    path = f"/agents/{agent.agent_id}/presence"
    company.supervisor.put(path, {"presence": "online"}, expect=409)
    assert company.admin.get(f"/agents/{agent.agent_id}")["presence"] == "offline"
    agent.be("busy")
    company.supervisor.put(path, {"presence": "online"})
    agent.be("offline")
    with database.begin() as connection:  # as if his browser had gone two minutes ago
        connection.execute(
            sa.text("UPDATE agent SET seen_time = :then WHERE id = :id"), {"then": ago(120), "id": agent.agent_id}
        )
    company.supervisor.put(path, {"presence": "online"}, expect=409)


def test_customer_of_an_agent_who_has_gone_is_given_to_another(company, database):
    """He keeps his place in the queue, and what he was told stays in the history."""
    company.admin.put("/settings", {"values": {"requeue_after_minutes": 1}})
    gone = on_line(company, 3)
    with Watch(company) as watch:
        (visitor,) = waiting(company, 1)
        watch.until_served(1)
    number = visitor.get("/sessions")["list"][0]["id"]
    gone.be("offline")
    other = on_line(company, 3)
    with visitor.socket() as ears, database.begin() as connection:  # two minutes later
        for statement, row_id in (
            ("UPDATE agent SET presence_time = :then WHERE id = :id", gone.agent_id),
            ("UPDATE conversation SET waiting_since = :then WHERE id = :id", number),
        ):
            connection.execute(sa.text(statement), {"then": ago(120), "id": row_id})
        connection.commit()
        ears.wait_for(
            "session_update",
            lambda data: data["event"] == "assigned" and data["conversation"]["agent"]["id"] == other.agent_id,
            timeout=60,
        )
    history = company.admin.get(f"/sessions/{number}/assignments")
    assert [row["method"] for row in history] == ["auto", "requeue", "auto"]
    counters_are_right(company)


def test_answered_customer_of_an_agent_who_has_gone_stays_with_him(company):
    """Nobody waits: there is nothing to hand on."""
    agent = on_line(company, 3)
    with Watch(company) as watch:
        (visitor,) = waiting(company, 1)
        watch.until_served(1)
    number = visitor.get("/sessions")["list"][0]["id"]
    agent.say(f"/sessions/{number}")
    agent.be("offline")
    assert company.admin.get(f"/sessions/{number}")["waitingSince"] is None


def test_queue_is_served_in_order_and_positions_move(company):
    with Watch(company) as watch:
        visitors = waiting(company, 4)
        assert [visitor.get("/sessions")["list"][0]["queue"]["position"] for visitor in visitors] == [1, 2, 3, 4]
        with visitors[3].socket() as last:
            agent = on_line(company, 2)
            watch.until_served(2)
            last.wait_for("queue", lambda data: data["position"] == 2, timeout=SERVED_WITHIN)
        assert [visitor.get("/sessions")["list"][0]["status"] for visitor in visitors] == [
            "active",
            "active",
            "queued",
            "queued",
        ]
        agent.put(f"/sessions/{visitors[0].get('/sessions')['list'][0]['id']}/close")
        watch.until_served(3)
        assert visitors[2].get("/sessions")["list"][0]["status"] == "active", "the next in the queue, not any"
    counters_are_right(company)


def test_nobody_overtakes_when_an_agent_comes_on_line_amid_arrivals(company):
    """Each arrival wakes the dispatcher; a round begun before the agent came must not serve who is further behind."""
    agent = company.new("agent")
    company.make_room(agent, 2)
    first = waiting(company, 6)
    later = [company.visitor() for _ in range(6)]
    with Watch(company) as watch:
        at_once(
            lambda: agent.be("online"),
            *[
                lambda visitor=visitor: visitor.post(f"/sessions/{visitor.open_conversation()['id']}/handover")
                for visitor in later
            ],
        )
        watch.until_served(2)
    statuses = [visitor.get("/sessions")["list"][0]["status"] for visitor in (*first, *later)]
    assert statuses == ["active"] * 2 + ["queued"] * 10


def test_important_customers_wait_less(company):
    with Watch(company) as watch:
        ordinary, important = company.visitor(), company.visitor()
        company.admin.put(f"/customers/{important.customer_id}", {"vipLevel": 3})
        for visitor in (ordinary, important):
            visitor.post(f"/sessions/{visitor.open_conversation()['id']}/handover")
        assert important.get("/sessions")["list"][0]["queue"]["position"] == 1
        on_line(company, 1)
        watch.until_served(1)
        assert important.get("/sessions")["list"][0]["status"] == "active"
        assert ordinary.get("/sessions")["list"][0]["status"] == "queued"


def test_fifty_arrivals_at_once_never_exceed_two_agents_with_three_places(company):
    """N02, RTE-4: five are served, for their team may hold no more; then six, forty-four wait, and as places come free
    all are served one after the other."""
    agents = [company.new("agent"), company.new("agent")]
    team = company.admin.post("/teams", {"name": unique("team"), "maxConversations": 5})
    for agent in agents:
        company.admin.post(f"/teams/{team['id']}/members", {"agentId": agent.agent_id})
        company.make_room(agent, 3)
        agent.be("online")
    visitors = [company.visitor() for _ in range(50)]

    def arrive(visitor: Person) -> None:
        visitor.post(f"/sessions/{visitor.open_conversation()['id']}/handover")

    with Watch(company) as watch:
        for part in range(0, 50, 25):  # two waves of 25 threads: the machine has four processors
            at_once(*[lambda visitor=visitor: arrive(visitor) for visitor in visitors[part : part + 25]])
        watch.until_served(5)
        assert states(company) == {"active": 5, "queued": 45}
        counters_are_right(company)
        company.admin.put(f"/teams/{team['id']}", {"maxConversations": 6})
        watch.until_served(6)
        assert states(company) == {"active": 6, "queued": 44}
        counters_are_right(company)
        assert Counter(watch.served().values()) == {agent.agent_id: 3 for agent in agents}
        for served in (9, 12):  # three conversations end at once; three others begin
            running = company.admin.get("/sessions", status="active", size=3)["list"]
            at_once(*[lambda row=row: company.admin.put(f"/sessions/{row['id']}/close") for row in running])
            watch.until_served(served)
            counters_are_right(company)
    assert states(company) == {"active": 6, "queued": 38, "closed": 6}


def test_manual_assignment_respects_the_limit_too(company):
    agent = company.new("agent")
    company.make_room(agent, 3)
    visitors = waiting(company, 8)
    numbers = [visitor.get("/sessions")["list"][0]["id"] for visitor in visitors]
    statuses = at_once(
        *[
            lambda number=number: (
                company.supervisor.request(
                    "POST", f"/sessions/{number}/assign", json={"agentId": agent.agent_id}
                ).status_code
            )
            for number in numbers
        ]
    )
    assert sorted(statuses) == [200] * 3 + [409] * 5
    counters_are_right(company)


def test_taking_over_and_transferring_move_the_places(company):
    first, second = company.new("agent"), company.new("agent")
    (visitor,) = waiting(company, 1)
    number = visitor.get("/sessions")["list"][0]["id"]
    for step, body in (
        ("assign", {"agentId": first.agent_id}),
        ("transfer", {"toAgentId": second.agent_id}),
        ("takeover", {}),
    ):
        company.supervisor.post(f"/sessions/{number}/{step}", body)
        counters_are_right(company)
    company.supervisor.post(f"/sessions/{number}/hold")
    counters_are_right(company)
    company.supervisor.put(f"/sessions/{number}/close")
    counters_are_right(company)
    assert {row["currentCount"] for row in company.admin.get("/agents")["list"]} == {0}


def test_disabled_account_gets_nobody(company):
    agent = on_line(company, 3)
    company.admin.put(f"/users/{agent.user_id}", {"active": False})
    with Watch(company) as watch:
        waiting(company, 1)
        other = on_line(company, 3)
        watch.until_served(1)
        assert set(watch.served().values()) == {other.agent_id}


def test_companies_have_queues_of_their_own(company, new_company):
    """One company's free agent serves no other company's customer."""
    other = new_company()
    idle = on_line(other, 5)
    with Watch(company) as watch:
        waiting(company, 1)
        on_line(company, 1)
        watch.until_served(1)
    assert other.admin.get(f"/agents/{idle.agent_id}")["currentCount"] == 0
    assert other.admin.get("/sessions")["total"] == 0
