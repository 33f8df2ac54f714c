"""Macros: several actions by one click, with the rights of whoever clicks, all or none."""

import pytest

from tests.people import Company, Person, unique

URGENT = {"action": "set_priority", "value": "urgent"}


def keep(person: Person, *actions: dict, **more) -> dict:
    """A macro of this person's own; one of everybody's with a right to share."""
    return person.post("/macros", {"name": unique("macro"), "actions": list(actions) or [URGENT], **more})


@pytest.fixture
def ticket(people: Company) -> dict:
    return people.ticket(people.visitor("王敏"), people.agent)


def state(people: Company, ticket: dict) -> tuple:
    path = f"/tickets/{ticket['id']}"
    return people.admin.get(path), people.admin.messages(path), people.admin.get(f"{path}/follow-ups")


def test_one_click_takes_all_actions_as_the_agent(people, ticket):
    macro = keep(
        people.agent,
        URGENT,
        {"action": "set_type", "value": "bug"},
        {"action": "move", "value": {"status": "processing"}},
        {"action": "message", "value": "您好 {customer.name}，工单 {ticket.no} 正在处理"},
        {"action": "note", "value": "called"},
        {"action": "follow_up", "value": "called"},
    )
    path = f"/tickets/{ticket['id']}"
    now = people.agent.post(f"{path}/macro", {"macroId": macro["id"]})
    assert (now["priority"], now["type"], now["status"]) == ("urgent", "bug", "processing")
    said = {one["type"]: one for one in people.agent.messages(path)["list"]}
    assert said["text"]["content"] == f"您好 王敏，工单 {ticket['no']} 正在处理"
    assert said["text"]["sender"]["name"] == people.agent.actor["name"], "the agent speaks himself"
    assert said["note"]["content"] == "called"
    assert people.agent.get(f"{path}/follow-ups")[0]["userId"] == people.agent.user_id
    assert people.admin.get(path)["firstReplyTime"], "and it is his first reply"


def test_what_he_may_not_do_refuses_the_whole(people, ticket):
    macro = keep(people.admin, URGENT, {"action": "assign", "value": people.other_team_agent.agent_id})
    before = state(people, ticket)
    refusal = people.agent.post(f"/tickets/{ticket['id']}/macro", {"macroId": macro["id"]}, expect=403)
    assert (refusal["action"], refusal["position"]) == ("assign", 1)
    assert state(people, ticket) == before
    people.supervisor.post(f"/tickets/{ticket['id']}/macro", {"macroId": macro["id"]})
    assert people.admin.get(f"/tickets/{ticket['id']}")["assignee"]["id"] == people.other_team_agent.agent_id


def test_step_that_does_not_exist_refuses_the_whole(people, ticket):
    macro = keep(people.agent, URGENT, {"action": "move", "value": {"status": "closed"}})
    before = state(people, ticket)
    people.agent.post(f"/tickets/{ticket['id']}/macro", {"macroId": macro["id"]}, expect=409)
    assert state(people, ticket) == before


def test_preview_says_what_will_happen_and_changes_nothing(people, ticket):
    macro = keep(
        people.admin,
        URGENT,
        {"action": "move", "value": {"status": "processing"}},
        {"action": "assign", "value": people.other_team_agent.agent_id},
    )
    before = state(people, ticket)
    changes = people.agent.post(f"/tickets/{ticket['id']}/macro-preview", {"macroId": macro["id"]})
    assert [(one["action"], one["before"], one["after"], bool(one["reason"])) for one in changes] == [
        ("set_priority", "normal", "urgent", False),
        ("move", "pending", "processing", False),
        ("assign", people.agent.actor["name"], people.other_team_agent.actor["name"], True),
    ]
    assert state(people, ticket) == before


def test_agents_keep_their_own_and_leaders_share(people):
    own, shared = keep(people.agent), keep(people.supervisor)
    assert (own["scope"], own["mayChange"], shared["scope"]) == ("personal", True, "global")
    people.other_team_agent.get(f"/macros/{own['id']}", expect=404)
    assert people.other_team_agent.get(f"/macros/{shared['id']}")["mayChange"] is False
    people.other_team_agent.put(f"/macros/{shared['id']}", {"name": "mine"}, expect=403)
    people.other_team_agent.delete(f"/macros/{shared['id']}", expect=403)
    people.agent.put(f"/macros/{own['id']}", {"ownerId": people.other_team_agent.user_id}, expect=403)
    people.agent.put(f"/macros/{own['id']}", {"ownerId": None}, expect=403)
    assert people.agent.put(f"/macros/{own['id']}", {"description": "quick"})["description"] == "quick"


def test_team_macro_is_its_teams(people):
    team = people.admin.post("/teams", {"name": unique("team")})["id"]
    macro = keep(people.supervisor, teamId=team)
    people.agent.get(f"/macros/{macro['id']}", expect=404)
    member = people.new("agent")
    people.admin.post(f"/teams/{team}/members", {"agentId": member.agent_id})
    assert macro["id"] in [one["id"] for one in member.get("/macros", size=100)["list"]]


def test_unseen_or_switched_off_macros_are_not_applied(people, ticket):
    path = f"/tickets/{ticket['id']}/macro"
    others = keep(people.other_team_agent)
    people.agent.post(path, {"macroId": others["id"]}, expect=400)
    off = keep(people.agent, active=False)
    people.agent.post(path, {"macroId": off["id"]}, expect=409)
    people.other_team_agent.post(path, {"macroId": others["id"]}, expect=404)
    people.customer.post(path, {"macroId": others["id"]}, expect=403)


@pytest.mark.parametrize(
    "body",
    [
        {"name": " ", "actions": [URGENT]},
        {"name": "x", "actions": []},
        {"name": "x", "actions": [{"action": "delete", "value": 1}]},
        {"name": "x", "actions": [URGENT] * 11},
    ],
)
def test_what_is_no_macro_is_refused(people, body):
    people.agent.post("/macros", body, expect=400)
