"""Members of teams, and what becomes of the work of a team that ends (ORG-3, ORG-4)."""

import pytest

from tests.people import Company, at_once, unique
from tests.waiting import eventually


@pytest.fixture(scope="module")
def company(new_company) -> Company:
    return new_company()


def new_team(company: Company, *members) -> int:
    number = company.admin.post("/teams", {"name": unique("team")})["id"]
    for member in members:
        company.admin.post(f"/teams/{number}/members", {"agentId": member.agent_id})
    return number


def members(company: Company, team: int) -> set[int]:
    return {row["id"] for row in company.supervisor.get(f"/teams/{team}/members")}


def test_members_come_move_and_go_whatever_their_department(company):
    department = company.admin.post("/departments", {"name": unique("d"), "code": unique("d")})["id"]
    here, there = company.new("agent"), company.new("agent", departmentId=department)
    team, other = new_team(company, here), new_team(company)
    path = f"/teams/{team}/members"
    company.supervisor.post(path, {"userId": there.user_id})
    assert members(company, team) == {here.agent_id, there.agent_id}
    company.supervisor.post(path, {"userId": there.user_id}, expect=409)
    company.supervisor.put(f"{path}/{there.user_id}", {"teamId": other})
    assert (members(company, team), members(company, other)) == ({here.agent_id}, {there.agent_id})
    company.supervisor.delete(f"{path}/{here.user_id}")
    assert members(company, team) == set()
    company.supervisor.delete(f"{path}/{here.user_id}", expect=404)
    company.supervisor.post(path, {}, expect=400)
    company.supervisor.post(path, {"agentId": here.agent_id, "userId": here.user_id}, expect=400)


def waiting_at(company: Company, team: int) -> int:
    """A conversation that waits for this team."""
    visitor = company.visitor()
    code = company.admin.post("/entry-codes", {"name": unique("c"), "kind": "team", "teamId": team})["code"]
    number = visitor.post("/sessions", {"entryCode": code})["id"]
    visitor.post(f"/sessions/{number}/handover")
    return number


def test_merged_team_takes_its_people_and_open_work_along(company):
    both, one = company.new("agent"), company.new("agent")
    old, target = new_team(company, both, one), new_team(company, both)
    waiting, over = waiting_at(company, old), waiting_at(company, old)
    company.admin.put(f"/sessions/{over}/close")
    code = company.admin.post("/entry-codes", {"name": unique("c"), "kind": "team", "teamId": old})
    company.agent.post(f"/teams/{old}/merge", {"intoId": target}, expect=403)
    company.supervisor.post(f"/teams/{old}/merge", {"intoId": old}, expect=400)
    company.supervisor.post(f"/teams/{old}/merge", {"intoId": 10**9}, expect=400)
    assert company.supervisor.post(f"/teams/{old}/merge", {"intoId": target})["id"] == target
    company.supervisor.get(f"/teams/{old}", expect=404)
    assert members(company, target) == {both.agent_id, one.agent_id}
    assert company.admin.get(f"/sessions/{waiting}")["teamId"] == target
    assert company.admin.get(f"/sessions/{over}")["teamId"] == old, "what is over stays history"
    assert company.admin.get(f"/entry-codes/{code['id']}")["teamId"] == target
    # somebody of the other team gets what waited
    one.be("online")
    given = eventually(lambda: company.admin.get(f"/sessions/{waiting}")["agent"])
    assert given["id"] == one.agent_id
    one.be("offline")


def test_two_teams_merged_into_each_other_leave_one(company):
    first, second = new_team(company, company.new("agent")), new_team(company, company.new("agent"))
    answers = at_once(
        lambda: company.supervisor.request("POST", f"/teams/{first}/merge", json={"intoId": second}).status_code,
        lambda: company.admin.request("POST", f"/teams/{second}/merge", json={"intoId": first}).status_code,
    )
    assert answers.count(200) == 1 and set(answers) <= {200, 400, 404, 409}
    left = [team for team in (first, second) if company.admin.request("GET", f"/teams/{team}").status_code == 200]
    assert len(left) == 1 and len(members(company, left[0])) == 2


def test_work_of_a_dissolved_team_is_anybodys(company):
    team = new_team(company, company.new("agent"))
    waiting = waiting_at(company, team)
    company.supervisor.delete(f"/teams/{team}")
    assert company.admin.get(f"/sessions/{waiting}")["teamId"] is None
