"""Offers of conversations to colleagues and teams: asked, accepted, declined, taken back, run out; and every race."""

from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa

from tests.people import Company, Person, Served, at_once, listening, unique
from tests.waiting import ago, eventually


@pytest.fixture(scope="module")
def company(new_company) -> Company:
    """A company of this file's own: nobody else's agents are in its teams or take from its queue."""
    return new_company()


@pytest.fixture(scope="module")
def agent(company) -> Person:
    person = company.new("agent")
    company.make_room(person)
    return person


@pytest.fixture
def colleague(company) -> Person:
    """Somebody who is there and whom the queue gives nothing."""
    person = company.new("agent")
    company.make_room(person)
    person.be("busy")
    return person


def offered(company: Company, agent: Person, colleague: Person, reason: str = "knows more") -> Served:
    """A conversation that `agent` offers to `colleague`."""
    served = company.served(agent=agent)
    agent.post(f"{served.path}/transfer", {"toAgentId": colleague.agent_id, "reason": reason})
    return served


@pytest.fixture
def team_of(company, database) -> Iterator[Callable[..., int]]:
    """Make a team with these agents on line; nobody here waits without a team, so the queue gives them nothing."""
    present = []

    def make(*members: Person) -> int:
        number = company.admin.post("/teams", {"name": unique("team")})["id"]
        for member in members:
            with database.begin() as connection:
                connection.execute(
                    sa.text(
                        "INSERT INTO team_member (team_id, agent_id, tenant_id, create_time, update_time)"
                        " SELECT :team, id, tenant_id, create_time, create_time FROM agent WHERE id = :agent"
                    ),
                    {"team": number, "agent": member.agent_id},
                )
            member.be("online")
            present.append(member)
        return number

    yield make
    for member in present:
        member.be("offline")


def held_by(company: Company, *agents: Person) -> list[int]:
    """I7: each counter, which equals the running conversations."""
    counts = []
    for person in agents:
        held = company.admin.get("/sessions", agentId=person.agent_id, status="active,on_hold", size=1)["total"]
        assert company.admin.get(f"/agents/{person.agent_id}")["currentCount"] == held
        counts.append(held)
    return counts


def test_colleague_is_asked_and_takes_it(company, agent, colleague):
    """Until he accepts, the old agent serves; the customer learns of it when it has happened, never why."""
    secret = unique("difficult")
    served = company.served(company.visitor("Zhang"), agent)
    with listening(agent, colleague, served.customer, company.supervisor) as (old, new, customer, leader):
        agent.post(f"{served.path}/transfer", {"toAgentId": colleague.agent_id, "reason": secret})
        asked = new.wait_for("transfer", lambda data: data["sessionId"] == served.id)
        assert asked["state"] == "pending" and asked["reason"] == secret and asked["customer"]["name"] == "Zhang"
        for ears in (old, leader):
            told = ears.wait_for("session_update", lambda data: data["event"] == "transfer_offered")
            assert told["conversation"]["pendingTransfer"]["toAgent"]["id"] == colleague.agent_id
        assert [row["id"] for row in colleague.get("/transfers", offeredTo="me")["list"]] == [asked["id"]]
        assert agent.get(served.path)["pendingTransfer"]["id"] == asked["id"]
        assert served.customer.get(served.path)["pendingTransfer"] is None
        colleague.get(served.path, expect=404)
        agent.say(served.path, "I go on until somebody takes it")
        agent.post(f"{served.path}/transfer", {"toAgentId": colleague.agent_id}, expect=409)
        before = held_by(company, agent, colleague)

        assert colleague.post(f"{served.path}/accept")["agent"]["id"] == colleague.agent_id
        new.wait_for("transfer", lambda data: data["state"] == "accepted")
        old.wait_for("session_update", lambda data: data["event"] == "transferred")
        customer.wait_for("session_update", lambda data: data["event"] == "transferred")
        customer.settle()
        assert secret not in customer.text() and "transfer_offered" not in customer.text()
    assert held_by(company, agent, colleague) == [before[0] - 1, before[1] + 1]
    agent.get(served.path, expect=404)
    lines = [m["payload"]["event"] for m in served.customer.messages(served.path)["list"] if m["type"] == "system"]
    assert lines[-1] == "transferred"
    history = company.supervisor.get(f"{served.path}/assignments")[-1]
    assert (history["method"], history["reason"], history["by"]["id"]) == ("transfer", secret, agent.user_id)
    (row,) = company.supervisor.get(f"{served.path}/transfers")
    assert row["state"] == "accepted" and row["endTime"]
    assert colleague.get("/transfers", offeredTo="me")["total"] == 0
    colleague.post(f"{served.path}/accept", expect=404)


def test_declined_offer_stays_and_says_why(company, agent, colleague):
    served = offered(company, agent, colleague)
    with listening(agent, served.customer) as (old, customer):
        colleague.post(f"{served.path}/decline", {"reason": "on the phone"})
        old.wait_for("session_update", lambda data: data["event"] == "transfer_declined")
        customer.settle()
        assert "transfer" not in customer.text()
    row = agent.get(served.path)
    assert row["agent"]["id"] == agent.agent_id and row["pendingTransfer"] is None
    note = agent.messages(served.path)["list"][-1]
    assert note["type"] == "note" and note["payload"]["event"] == "transfer_declined"
    assert note["content"] == "on the phone" and "on the phone" not in repr(served.customer.messages(served.path))
    colleague.post(f"{served.path}/accept", expect=404)
    agent.post(f"{served.path}/transfer", {"toAgentId": colleague.agent_id})  # may be asked again


def test_offer_taken_back_cannot_be_accepted(company, agent, colleague):
    served = offered(company, agent, colleague)
    with colleague.socket() as ears:
        assert agent.post(f"{served.path}/cancel-transfer")["pendingTransfer"] is None
        ears.wait_for("transfer", lambda data: data["state"] == "cancelled")
    colleague.post(f"{served.path}/accept", expect=404)
    agent.post(f"{served.path}/cancel-transfer", expect=409)


def test_offer_that_nobody_answers_runs_out(company, agent, colleague, database):
    served = offered(company, agent, colleague)
    with listening(agent, colleague) as (old, new), database.begin() as connection:
        connection.execute(
            sa.text("UPDATE conversation_transfer SET expire_time = :then WHERE conversation_id = :id"),
            {"then": ago(1), "id": served.id},
        )
        connection.commit()
        colleague.post(f"{served.path}/accept", expect=(404, 409))
        new.wait_for("transfer", lambda data: data["state"] == "timed_out", timeout=30)
        old.wait_for("session_update", lambda data: data["event"] == "transfer_timed_out", timeout=30)
    assert agent.get(served.path)["agent"]["id"] == agent.agent_id
    assert agent.messages(served.path)["list"][-1]["payload"]["event"] == "transfer_timed_out"


def test_whatever_moves_a_conversation_ends_its_offer(company, agent, colleague):
    for step in (
        lambda served: served.customer.put(f"{served.path}/close"),
        lambda served: company.supervisor.post(f"{served.path}/takeover", {}),
        lambda served: company.admin.post(f"{served.path}/assign", {"agentId": company.supervisor.agent_id}),
    ):
        served = offered(company, agent, colleague)
        step(served)
        (row,) = company.admin.get(f"{served.path}/transfers")
        assert row["state"] == "cancelled"
        colleague.post(f"{served.path}/accept", expect=404)


def test_nobody_is_asked_who_cannot_answer(company, agent, colleague, team_of):
    """Nobody's chat goes to somebody who is away, to two at once, or by the hand of a stranger."""
    served, path = company.served(agent=agent), "/transfer"
    absent, full = company.new("agent"), company.new("agent")
    company.make_room(full, 1)
    company.served(agent=agent)
    company.make_room(full, 1)
    taken = company.visitor().open_conversation()["id"]
    company.admin.post(f"/sessions/{taken}/assign", {"agentId": full.agent_id})
    full.be("busy")
    team = team_of()
    for body, status, error in (
        ({"toAgentId": absent.agent_id}, 409, "agent_offline"),
        ({"toAgentId": full.agent_id}, 409, "agent_full"),
        ({"toAgentId": agent.agent_id}, 409, "conflict"),
        ({"toTeamId": team}, 409, "team_busy"),
        ({"toAgentId": 987_654_321}, 404, "not_found"),
        ({"toTeamId": 987_654_321}, 404, "not_found"),
        ({"toAgentId": colleague.agent_id, "toTeamId": team}, 400, "invalid"),
        ({"reason": "nobody named"}, 400, "invalid"),
    ):
        assert agent.post(served.path + path, body, expect=status)["error"] == error
    colleague.post(served.path + path, {"toAgentId": absent.agent_id}, expect=404)
    served.customer.post(served.path + path, {"toAgentId": colleague.agent_id}, expect=403)
    assert company.admin.get(f"{served.path}/transfers") == []


def test_supervisor_decides_at_once(company, agent, colleague):
    served = company.served(agent=agent)
    row = company.supervisor.post(f"{served.path}/transfer", {"toAgentId": colleague.agent_id, "reason": "shift"})
    assert row["agent"]["id"] == colleague.agent_id and company.admin.get(f"{served.path}/transfers") == []


# --- teams ----------------------------------------------------------------------------------------------------------


def test_first_of_a_team_to_accept_gets_it(company, agent, team_of):
    """Two at once: one has it, the other is told so, and the counters equal a recount."""
    members = [company.new("agent") for _ in range(3)]
    team = team_of(*members)
    served = company.served(agent=agent)
    with listening(*members) as ears:
        agent.post(f"{served.path}/transfer", {"toTeamId": team, "reason": "second level"})
        for one in ears:
            assert one.wait_for("transfer")["toTeam"]["id"] == team
        members[2].post(f"{served.path}/decline", {"reason": "not me"})
        assert agent.get(served.path)["pendingTransfer"], "it stays with the others"
        statuses = at_once(
            *[
                lambda person=person: person.request("POST", f"{served.path}/accept").status_code
                for person in members[:2]
            ]
        )
        assert sorted(statuses)[0] == 200 and sorted(statuses)[1] in (404, 409)
        for one in ears:
            one.wait_for("transfer", lambda data: data["state"] == "accepted")
    winner = members[statuses.index(200)]
    row = company.admin.get(served.path)
    assert row["agent"]["id"] == winner.agent_id and row["teamId"] == team
    assert sum(held_by(company, *members)) == 1


def test_supervisor_s_transfer_to_a_team_finds_somebody_or_waits_for_the_team(company, agent, team_of):
    member = company.new("agent")
    company.make_room(member, 1)
    team = team_of(member)
    first, second = company.served(agent=agent), company.served(agent=agent)
    given = company.supervisor.post(f"{first.path}/transfer", {"toTeamId": team})
    assert given["agent"]["id"] == member.agent_id and given["teamId"] == team
    waiting = company.supervisor.post(f"{second.path}/transfer", {"toTeamId": team})
    assert (waiting["status"], waiting["agent"], waiting["teamId"]) == ("queued", None, team)
    assert second.customer.messages(second.path)["list"][-1]["payload"]["event"] == "transferred_to_team"
    member.put(f"{first.path}/close")  # room again: the dispatcher gives him who waits for his team
    eventually(lambda: (company.admin.get(second.path)["agent"] or {}).get("id") == member.agent_id, 30)
    held_by(company, agent, member)


def test_transfer_to_a_team_at_once_by_setting(company, agent, team_of):
    member = company.new("agent")
    team = team_of(member)
    served = company.served(agent=agent)
    company.admin.put("/settings", {"values": {"team_transfer_at_once": True}})
    try:
        given = agent.post(f"{served.path}/transfer", {"toTeamId": team, "reason": "second level"})
    finally:
        company.admin.put("/settings", {"values": {"team_transfer_at_once": False}})
    assert given["agent"]["id"] == member.agent_id


# --- races ----------------------------------------------------------------------------------------------------------


def test_of_accepting_taking_back_closing_and_assigning_at_once_one_legal_state_remains(company, agent, colleague):
    """N03: whoever wins, there is one owner, one end of the offer, and the counters equal a recount."""
    for _ in range(4):
        served = offered(company, agent, colleague)
        outcomes = at_once(
            lambda: colleague.request("POST", f"{served.path}/accept").status_code,
            lambda: agent.request("POST", f"{served.path}/cancel-transfer").status_code,
            lambda: served.customer.request("PUT", f"{served.path}/close", json={}).status_code,
            lambda: (
                company.admin.request(
                    "POST", f"{served.path}/assign", json={"agentId": company.supervisor.agent_id}
                ).status_code
            ),
        )
        assert set(outcomes) <= {200, 404, 409} and outcomes[2] == 200, outcomes
        final, (offer,) = company.admin.get(served.path), company.admin.get(f"{served.path}/transfers")
        assert final["status"] == "closed" and final["pendingTransfer"] is None
        assert offer["state"] == ("accepted" if outcomes[0] == 200 else "cancelled")
        history = company.admin.get(f"{served.path}/assignments")
        assert history[-1]["toAgent"]["id"] == final["agent"]["id"]
    held_by(company, agent, colleague, company.supervisor)
