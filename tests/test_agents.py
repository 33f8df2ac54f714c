"""The list of agents and their figures (ORG-6, ORG-7; C §2.1)."""

import pytest

from tests.people import Company, unique


@pytest.fixture(scope="module")
def company(new_company) -> Company:
    return new_company()


def test_figures_equal_what_happened(company):
    agent, idle = company.new("agent"), company.new("agent")
    for score in (5, 2, None):
        served = company.served(agent=agent)
        agent.say(served.path, "您好")
        agent.put(f"{served.path}/close")
        if score:
            served.customer.post(f"{served.path}/rating", {"score": score})
    running = company.served(agent=agent)
    summary = agent.get(f"/agents/{agent.agent_id}/summary")
    wanted = {
        "totalCount": 4,
        "servedCount": 4,
        "closedCount": 3,
        "currentCount": 1,
        "satisfaction": 3.5,
        "rating": 3.5,
    }
    assert {name: summary[name] for name in wanted} == wanted
    assert 0 <= summary["firstReplySeconds"] < 30
    assert summary["lastLoginTime"]
    nothing = company.supervisor.get(f"/agents/{idle.agent_id}/summary")
    assert (nothing["totalCount"], nothing["satisfaction"], nothing["firstReplySeconds"]) == (0, None, None)

    rows = {row["agent"]["id"]: row for row in company.supervisor.get("/stats/agents/performance")["list"]}
    for name in ("totalCount", "servedCount", "rating", "currentCount"):
        assert rows[agent.agent_id][name] == summary[name]
    # another day
    past = company.supervisor.get("/stats/agents/performance", fromDay="2026-01-01", toDay="2026-01-02")["list"]
    row = next(row for row in past if row["agent"]["id"] == agent.agent_id)
    assert (row["totalCount"], row["servedCount"], row["rating"]) == (4, 0, None)
    # handed on, it counts for whoever has it now
    company.supervisor.post(f"{running.path}/assign", {"agentId": idle.agent_id})
    assert agent.get(f"/agents/{agent.agent_id}/summary")["totalCount"] == 3
    assert idle.get(f"/agents/{idle.agent_id}/summary")["totalCount"] == 1


def test_filters_by_states_team_name_and_number(company):
    name = unique("findme")
    first, second, other = company.new("agent", f"{name} a"), company.new("agent", f"{name} b"), company.new("agent")
    team = company.admin.post("/teams", {"name": unique("team")})
    for agent in (first, other):
        company.admin.post(f"/teams/{team['id']}/members", {"agentId": agent.agent_id})

    def found(**query) -> set[int]:
        return {row["id"] for row in company.supervisor.get("/agents", size=100, **query)["list"]}

    first.be("online")
    second.be("busy")
    assert found(q=name, presence="online,busy") == {first.agent_id, second.agent_id}
    assert found(q=name, presence="busy") == {second.agent_id}
    assert found(teamId=team["id"]) == {first.agent_id, other.agent_id}
    assert found(q=company.admin.get(f"/agents/{first.agent_id}")["workNo"]) == {first.agent_id}
    assert first.agent_id in found(q=str(first.agent_id))
    assert found(q=name, presence="online", teamId=team["id"]) == {first.agent_id}

    status = company.supervisor.get("/stats/agents/status")
    assert status["online"] >= 1 and status["busy"] >= 1
    assert status["total"] == status["online"] + status["busy"] + status["offline"]
    performance = company.supervisor.get("/stats/agents/performance", teamId=team["id"])
    assert {row["agent"]["id"] for row in performance["list"]} == {first.agent_id, other.agent_id}
