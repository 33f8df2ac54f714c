"""What customers think of how their tickets were solved: who says it and when, who hears of it, and the figures."""

import datetime as dt

import pytest

from models.conversations import Rating
from models.ticket_ratings import TicketRating
from models.tickets import Ticket
from tests.people import Company, Person, at_once, unique
from tests.test_presence import ZONE
from tests.test_satisfaction import day, noon
from tests.waiting import eventually

RATINGS, TICKETS, OF_TALKS = TicketRating.__table__, Ticket.__table__, Rating.__table__
STATS = "/stats/satisfaction"


@pytest.fixture(scope="module")
def company(new_company) -> Company:
    return new_company()


@pytest.fixture(scope="module")
def agent(company: Company) -> Person:
    return company.new("agent", "王敏")


def solve(agent: Person, path: str) -> None:
    agent.post(f"{path}/flow", {"status": "resolved", "resolution": "换了一根网线"})


def solved(company: Company, agent: Person) -> tuple[Person, str]:
    """A customer and the path of his ticket, which the agent has just solved."""
    customer = company.visitor()
    path = f"/tickets/{company.ticket(customer, agent)['id']}"
    solve(agent, path)
    return customer, path


def notices_of(person: Person, path: str) -> list[dict]:
    found = person.get("/notifications", size=50)["list"]
    return [one for one in found if one["kind"] == "ticket.rated_low" and one["link"] == f"/desk{path}"]


# --- who says it, and when ------------------------------------------------------------------------


def test_customer_is_asked_when_his_ticket_is_solved_and_rates_it(company, agent):
    customer, path = solved(company, agent)
    ticket = customer.get(path)
    assert ticket["ratingInvitedTime"] == ticket["resolveTime"]
    lines = [one["payload"]["event"] for one in customer.messages(path)["list"] if one["type"] == "system"]
    assert lines[-2:] == ["status", "rating_invited"]
    assert customer.get(f"{path}/rating") is None
    told = customer.post(f"{path}/rating", {"score": 4, "tags": ["good.fast"], "comment": " 很快 "})
    assert (told["score"], told["tags"], told["comment"], told["current"]) == (4, ["good.fast"], "很快", True)
    assert agent.get(f"{path}/rating") == customer.get(f"{path}/rating") == told
    line = customer.messages(path)["list"][-1]["payload"]
    assert line["event"] == "rated" and line["params"]["score"] == 4
    customer.post(f"{path}/rating", {"score": 1}, expect=409)


def test_rating_may_be_changed_for_some_minutes(company, agent, database):
    customer, path = solved(company, agent)
    customer.put(f"{path}/rating", {"score": 2}, expect=409)
    first = customer.post(f"{path}/rating", {"score": 5, "tags": ["good.fast"]})
    changed = customer.put(f"{path}/rating", {"score": 2, "comment": "又断了"})
    assert (changed["id"], changed["score"], changed["tags"], changed["comment"]) == (first["id"], 2, [], "又断了")
    with database.begin() as connection:
        earlier = dt.datetime.now(dt.UTC).replace(tzinfo=None) - dt.timedelta(minutes=11)
        connection.execute(RATINGS.update().where(RATINGS.c.id == first["id"]).values(create_time=earlier))
    customer.put(f"{path}/rating", {"score": 5}, expect=409)
    assert customer.get(f"{path}/rating")["score"] == 2


def test_unsolved_ticket_is_not_rated(company, agent):
    customer = company.visitor()
    path = f"/tickets/{company.ticket(customer, agent)['id']}"
    for status in ("processing", "waiting"):
        agent.post(f"{path}/flow", {"status": status})
        customer.post(f"{path}/rating", {"score": 5}, expect=409)
    assert customer.get(path)["ratingInvitedTime"] is None


def test_only_its_customer_rates_a_ticket(company, agent):
    customer, path = solved(company, agent)
    company.visitor().post(f"{path}/rating", {"score": 1}, expect=404)
    company.anonymous.post(f"{path}/rating", {"score": 1}, expect=401)
    for person in (agent, company.supervisor, company.admin):
        person.post(f"{path}/rating", {"score": 5}, expect=403)
        person.put(f"{path}/rating", {"score": 5}, expect=403)
    company.new("agent").get(f"{path}/rating", expect=404)
    assert customer.get(f"{path}/rating") is None


def test_ticket_without_customer_asks_nobody(company, agent):
    path = f"/tickets/{agent.post('/tickets', {'title': unique('巡检')})['id']}"
    solve(agent, path)
    assert agent.get(path)["ratingInvitedTime"] is None
    company.admin.post(f"{path}/rating", {"score": 5}, expect=403)


@pytest.mark.parametrize("score", [0, 6, -1, 2.5, "5", None, True])
def test_stars_go_from_one_to_five(company, agent, score):
    customer, path = solved(company, agent)
    customer.post(f"{path}/rating", {"score": score}, expect=400)
    assert customer.get(f"{path}/rating") is None


def test_unknown_tags_are_refused(company, agent):
    customer, path = solved(company, agent)
    customer.post(f"{path}/rating", {"score": 5, "tags": ["no.such"]}, expect=400)


def test_rating_by_two_tabs_at_once_counts_once(company, agent, database):
    customer, path = solved(company, agent)
    statuses = at_once(*[lambda: customer.request("POST", f"{path}/rating", json={"score": 5}).status_code] * 5)
    assert sorted(statuses) == [200, 409, 409, 409, 409]
    number = int(path.rsplit("/", 1)[1])
    with database.connect() as connection:
        assert len(connection.execute(RATINGS.select().where(RATINGS.c.ticket_id == number)).all()) == 1


def test_nobody_is_asked_where_that_is_switched_off(new_company):
    company = new_company()
    agent = company.new("agent")
    company.admin.put("/settings", {"values": {"rating_invitation": False}})
    customer, path = solved(company, agent)
    assert customer.get(path)["ratingInvitedTime"] is None
    assert customer.post(f"{path}/rating", {"score": 5})["score"] == 5  # who wishes to may


# --- solved, reopened, solved again ------------------------------------------------------------------------


def test_who_reopens_may_judge_the_next_solution_anew(company, agent, database):
    customer, path = solved(company, agent)
    first = customer.post(f"{path}/rating", {"score": 1, "comment": "还是连不上"})
    reopened = customer.post(f"{path}/flow", {"status": "processing", "reason": "还是连不上"})
    assert reopened["status"] == "processing" and reopened["ratingInvitedTime"] is None
    kept = agent.get(f"{path}/rating")
    assert (kept["id"], kept["current"]) == (first["id"], False)  # staff see what went wrong
    customer.post(f"{path}/rating", {"score": 5}, expect=409)
    customer.put(f"{path}/rating", {"score": 5}, expect=409)
    solve(agent, path)
    customer.put(f"{path}/rating", {"score": 5}, expect=409)  # that one was about the solution before
    second = customer.post(f"{path}/rating", {"score": 5, "comment": "好了"})
    assert second["id"] != first["id"] and second["current"]
    assert agent.get(f"{path}/rating") == second
    customer.post(f"{path}/flow", {"status": "closed"})
    assert customer.get(f"{path}/rating")["current"]
    with database.connect() as connection:
        number = int(path.rsplit("/", 1)[1])
        rows = connection.execute(RATINGS.select().where(RATINGS.c.ticket_id == number).order_by(RATINGS.c.id)).all()
    assert [(row.score, row.deleted) for row in rows] == [(1, 1), (5, 0)]


def test_closed_ticket_is_rated_too(company, agent):
    customer, path = solved(company, agent)
    customer.post(f"{path}/flow", {"status": "closed"})
    assert customer.post(f"{path}/rating", {"score": 3})["current"]


# --- who hears of it ------------------------------------------------------------------------


def test_low_rating_reaches_the_agent_and_the_leaders_once(company, agent):
    boss, stranger = company.supervisor, company.new("agent")
    customer, path = solved(company, agent)
    customer.post(f"{path}/rating", {"score": 2, "comment": "等了三天"})
    for person in (agent, boss):
        told = eventually(lambda who=person: notices_of(who, path))
        assert [one["params"]["score"] for one in told] == [2]
    customer.put(f"{path}/rating", {"score": 1})
    fine, other = solved(company, agent)
    fine.post(f"{other}/rating", {"score": 3})
    marker, last = solved(company, agent)  # what comes after has been told: so have those before
    marker.post(f"{last}/rating", {"score": 1})
    eventually(lambda: notices_of(agent, last))
    assert len(notices_of(agent, path)) == len(notices_of(boss, path)) == 1
    assert notices_of(agent, other) == notices_of(stranger, path) == []


def test_who_looks_at_the_ticket_sees_the_rating_come(company, agent):
    customer, path = solved(company, agent)
    with agent.socket() as ears:
        customer.post(f"{path}/rating", {"score": 5})
        ears.wait_for("ticket_update", lambda one: one["event"] == "rated" and path.endswith(str(one["ticketId"])))


def test_rating_stands_with_those_of_the_customer(company, agent):
    customer, path = solved(company, agent)
    customer.post(f"{path}/rating", {"score": 2, "comment": "慢"})
    found = company.supervisor.get(f"/customers/{customer.customer_id}/services")["ratings"]
    assert [(one["score"], one["comment"], one["ticketId"], one["conversationId"]) for one in found] == [
        (2, "慢", int(path.rsplit("/", 1)[1]), None)
    ]


# --- figures ------------------------------------------------------------------------

#: (agent, days ago, score, tags); None: asked and not answered
SOLVED = ((0, 0, 5, ["good.fast"]), (0, 1, 1, ["bad.slow"]), (1, 1, 4, None), (1, 2, None, None), (0, 40, 2, None))


@pytest.fixture(scope="module")
def figures(new_company, database) -> tuple[Company, list[Person]]:
    """Two agents with tickets of several days, and one conversation with three stars."""
    company = new_company()
    agents = [company.new("agent"), company.new("agent")]
    for number, days_ago, score, tags in SOLVED:
        customer, path = solved(company, agents[number])
        if score is not None:
            customer.post(f"{path}/rating", {"score": score, "tags": tags or []})
        ticket_id, moment = int(path.rsplit("/", 1)[1]), noon(days_ago)
        with database.begin() as connection:
            times = {"resolve_time": moment, "rating_invited_time": moment}
            connection.execute(TICKETS.update().where(TICKETS.c.id == ticket_id).values(**times))
            given = {"resolve_time": moment, "create_time": moment + dt.timedelta(minutes=5)}
            connection.execute(RATINGS.update().where(RATINGS.c.ticket_id == ticket_id).values(**given))
    served = company.served(agent=agents[0])
    served.agent.put(f"{served.path}/close")
    served.customer.post(f"{served.path}/rating", {"score": 3})
    with database.begin() as connection:
        connection.execute(OF_TALKS.update().where(OF_TALKS.c.conversation_id == served.id).values(create_time=noon(0)))
    return company, agents


def asked(person: Person, **query) -> dict:
    return person.get(STATS, **{"fromDay": day(6), "toDay": day(0), "zone": ZONE, **query})


def test_figures_of_tickets_agree_with_the_rows(figures):
    company, agents = figures
    found = asked(company.supervisor, about="tickets")
    total = found["total"]
    assert (total["scores"], total["ratings"]) == ([1, 0, 0, 1, 1], 3)
    assert (total["mean"], total["low"], total["invited"], total["answered"]) == (3.33, 1, 4, 3)
    assert [(one["day"], one["ratings"], one["invited"]) for one in found["days"][-3:]] == [
        (day(2), 0, 1),
        (day(1), 2, 2),
        (day(0), 1, 1),
    ]
    assert {one["id"]: (one["ratings"], one["invited"]) for one in found["agents"]} == {
        agents[0].agent_id: (2, 2),
        agents[1].agent_id: (1, 2),
    }
    assert {one["code"]: one["count"] for one in found["tags"]} == {"good.fast": 1, "bad.slow": 1}


def test_all_is_conversations_and_tickets_together(figures):
    company, agents = figures
    parts = [asked(company.supervisor, about=about)["total"] for about in ("conversations", "tickets")]
    whole = asked(company.supervisor)["total"]
    assert parts[0]["scores"] == [0, 0, 1, 0, 0]
    assert whole["scores"] == [sum(of) for of in zip(parts[0]["scores"], parts[1]["scores"], strict=True)]
    assert whole["invited"] == parts[0]["invited"] + parts[1]["invited"]
    of_one = asked(company.supervisor, about="tickets", agentId=agents[1].agent_id)["total"]
    assert (of_one["ratings"], of_one["invited"]) == (1, 2)
    company.supervisor.get(STATS, about="weather", expect=400)


def test_reopened_solution_counts_no_longer_as_asked(new_company):
    company = new_company()
    agent = company.new("agent")
    customer, path = solved(company, agent)
    customer.post(f"{path}/rating", {"score": 1})
    before = company.supervisor.get(STATS, about="tickets")["total"]
    assert (before["ratings"], before["invited"], before["answered"]) == (1, 1, 1)
    customer.post(f"{path}/flow", {"status": "processing"})
    after = company.supervisor.get(STATS, about="tickets")["total"]
    assert (after["ratings"], after["low"], after["invited"]) == (1, 1, 0)  # the bad rating itself stays
    solve(agent, path)
    again = company.supervisor.get(STATS, about="tickets")["total"]
    assert (again["ratings"], again["invited"], again["answered"]) == (1, 1, 0)
    customer.post(f"{path}/rating", {"score": 5})
    last = company.supervisor.get(STATS, about="tickets")["total"]
    assert (last["ratings"], last["low"], last["answered"]) == (1, 0, 1)
