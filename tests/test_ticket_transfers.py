"""Tickets are passed on with a supervisor's approval, where a company wants that (TKT-7; B §3.5.3)."""

import pytest

from tests.people import Company, Person, at_once, listening, unique
from tests.waiting import eventually

REASON = "客户只说粤语"


class Handing:
    """An agent with a ticket that he wants to pass on, in a company where that needs approval."""

    def __init__(self, company: Company):
        self.company, self.boss = company, company.supervisor
        self.agent, self.colleague = company.new("agent", "王敏"), company.new("agent", "李雷")
        self.approval(True)
        self.ticket_id = company.ticket(assignee=self.agent)["id"]

    def approval(self, wanted: bool) -> None:
        self.company.admin.put("/settings", {"values": {"ticket_transfer_approval": wanted}})

    def ask(self, who: Person | None = None, expect: int = 200) -> dict:
        body = {"toAgentId": self.colleague.agent_id, "reason": REASON}
        return (who or self.agent).post(f"/tickets/{self.ticket_id}/transfer", body, expect=expect)

    def request(self) -> int:
        return self.ask()["pendingTransfer"]["id"]

    def look(self) -> dict:
        return self.boss.get(f"/tickets/{self.ticket_id}")

    def state(self, number: int) -> str:
        return next(one for one in self.boss.get("/ticket-transfers")["list"] if one["id"] == number)["state"]

    def holder(self) -> int:
        return self.look()["assignee"]["id"]


@pytest.fixture
def handing(new_company) -> Handing:
    return Handing(new_company())


def kinds(person: Person) -> list[str]:
    return [one["kind"] for one in person.get("/notifications")["list"]]


def test_without_the_setting_it_changes_hands_at_once(handing):
    handing.approval(False)
    assert handing.ask()["assignee"]["id"] == handing.colleague.agent_id
    assert handing.boss.get("/ticket-transfers")["total"] == 0


def test_approved_it_changes_hands_with_both_reasons(handing):
    boss, agent, colleague = handing.boss, handing.agent, handing.colleague
    ticket = handing.ask()
    asked = ticket["pendingTransfer"]
    assert ticket["assignee"]["id"] == agent.agent_id, "until then it stays"
    assert (asked["state"], asked["reason"], asked["toAgent"]["id"]) == ("pending", REASON, colleague.agent_id)
    colleague.get(f"/tickets/{handing.ticket_id}", expect=404)
    (listed,) = boss.get("/ticket-transfers", state="pending")["list"]
    assert listed["id"] == asked["id"] and listed["ticket"]["no"] == ticket["no"]
    assert "ticket.transfer_requested" in eventually(lambda: kinds(boss))
    handing.ask(expect=409)  # one at a time
    answer = boss.post(f"/ticket-transfers/{asked['id']}/approve", {"note": "同意"})
    assert (answer["state"], answer["decidedBy"]["id"], answer["note"]) == ("approved", boss.user_id, "同意")
    assert handing.holder() == colleague.agent_id and handing.look()["pendingTransfer"] is None
    last = boss.get(f"/tickets/{handing.ticket_id}/assign-history")[-1]
    assert (last["method"], last["reason"], last["by"]["id"]) == ("transfer", REASON, agent.user_id)
    assert last["detail"]["approval"]["note"] == "同意" and last["detail"]["approval"]["by"] == boss.actor["name"]
    assert "ticket.transfer_approved" in eventually(lambda: kinds(agent))
    eventually(lambda: "ticket.assigned" in kinds(colleague))
    boss.post(f"/ticket-transfers/{asked['id']}/approve", expect=409)
    boss.post(f"/ticket-transfers/{asked['id']}/reject", {"note": "x"}, expect=409)


def test_rejected_it_stays_and_the_agent_learns_why(handing):
    number = handing.request()
    handing.boss.post(f"/ticket-transfers/{number}/reject", {"note": " "}, expect=400)
    handing.boss.post(f"/ticket-transfers/{number}/reject", {"note": "您更熟悉"})
    assert handing.holder() == handing.agent.agent_id
    assert handing.agent.get(f"/tickets/{handing.ticket_id}")["pendingTransfer"] is None
    (notice,) = eventually(
        lambda: [
            one for one in handing.agent.get("/notifications")["list"] if one["kind"] == "ticket.transfer_rejected"
        ]
    )
    assert notice["params"]["reason"] == "您更熟悉"
    assert handing.request() != number, "he may ask again"


def test_who_asked_takes_it_back_and_nobody_else(handing):
    number = handing.request()
    path = f"/ticket-transfers/{number}/cancel"
    handing.colleague.post(path, expect=404)
    handing.boss.post(path, expect=403)
    assert handing.agent.post(path)["state"] == "cancelled"
    handing.agent.post(path, expect=409)
    handing.boss.post(f"/ticket-transfers/{number}/approve", expect=409)
    assert handing.holder() == handing.agent.agent_id


def test_agents_decide_nothing_and_supervisors_need_not_ask(handing):
    number = handing.request()
    for who, status in ((handing.agent, 403), (handing.colleague, 403), (handing.company.visitor(), 403)):
        who.post(f"/ticket-transfers/{number}/approve", expect=status)
        who.post(f"/ticket-transfers/{number}/reject", {"note": "no"}, expect=status)
    customer = handing.company.visitor()
    customer.get("/ticket-transfers", expect=403)
    assert handing.colleague.get("/ticket-transfers")["total"] == 0
    assert handing.agent.get("/ticket-transfers")["total"] == 1
    assert handing.ask(handing.boss)["assignee"]["id"] == handing.colleague.agent_id
    assert handing.state(number) == "cancelled", "what is done by hand needs no answer any more"


def test_nobody_approves_his_own_request(handing):
    """He may have become a supervisor meanwhile."""
    number = handing.request()
    supervisor = handing.company.role_id("supervisor")
    handing.company.admin.put(f"/users/{handing.agent.user_id}", {"roleIds": [supervisor]})
    handing.agent.again().post(f"/ticket-transfers/{number}/approve", expect=403)
    assert handing.state(number) == "pending"


@pytest.mark.parametrize("way", ["assign", "takeover", "cancel", "close", "delete"])
def test_whatever_else_moves_the_ticket_ends_the_request(handing, way):
    number, path, boss = handing.request(), f"/tickets/{handing.ticket_id}", handing.boss
    if way == "assign":
        boss.post(f"{path}/assign", {"agentId": handing.colleague.agent_id})
    elif way == "takeover":
        boss.post(f"{path}/takeover")
    elif way == "delete":
        handing.company.admin.delete(path)
        boss.post(f"/ticket-transfers/{number}/approve", expect=404)
        return
    elif way == "cancel":
        boss.post(f"{path}/flow", {"status": "cancelled"})
    else:
        boss.post(f"{path}/flow", {"status": "resolved", "resolution": "done"})
        assert handing.state(number) == "pending", "what is solved may still be somebody else's to look after"
        boss.post(f"{path}/flow", {"status": "closed"})
    assert handing.state(number) == "cancelled"
    boss.post(f"/ticket-transfers/{number}/approve", expect=409)


def test_two_supervisors_decide_at_once_and_one_wins(handing):
    number, other = handing.request(), handing.company.new("supervisor")
    path = f"/ticket-transfers/{number}"
    statuses = at_once(
        lambda: handing.boss.request("POST", f"{path}/approve", json={}).status_code,
        lambda: other.request("POST", f"{path}/reject", json={"note": "no"}).status_code,
        lambda: other.request("POST", f"{path}/approve", json={}).status_code,
    )
    assert sorted(statuses) == [200, 409, 409]
    is_approved = handing.state(number) == "approved"
    assert is_approved == (statuses[1] != 200)
    assert handing.holder() == (handing.colleague if is_approved else handing.agent).agent_id
    history = handing.boss.get(f"/tickets/{handing.ticket_id}/assign-history")
    assert len(history) == (2 if is_approved else 1)


def test_approved_and_closed_at_once(handing):
    path = f"/tickets/{handing.ticket_id}"
    handing.agent.post(f"{path}/flow", {"status": "resolved", "resolution": "done"})
    number = handing.request()
    approved, closed = at_once(
        lambda: handing.boss.request("POST", f"/ticket-transfers/{number}/approve", json={}).status_code,
        lambda: handing.agent.request("POST", f"{path}/flow", json={"status": "closed"}).status_code,
    )
    ticket = handing.look()
    if approved == 200:
        assert ticket["assignee"]["id"] == handing.colleague.agent_id and handing.state(number) == "approved"
    else:
        assert (approved, closed, ticket["status"]) == (409, 200, "closed")
        assert ticket["assignee"]["id"] == handing.agent.agent_id and handing.state(number) == "cancelled"


def test_asking_twice_at_once_makes_one_request(handing):
    body = {"toAgentId": handing.colleague.agent_id, "reason": REASON}
    path = f"/tickets/{handing.ticket_id}/transfer"
    statuses = at_once(*[lambda: handing.agent.request("POST", path, json=body).status_code] * 4)
    assert sorted(statuses) == [200, 409, 409, 409]
    assert handing.boss.get("/ticket-transfers", state="pending")["total"] == 1


def test_a_request_is_refused_without_reason_for_oneself_and_for_what_has_ended(handing):
    path = f"/tickets/{handing.ticket_id}/transfer"
    handing.agent.post(path, {"toAgentId": handing.colleague.agent_id, "reason": " "}, expect=400)
    handing.agent.post(path, {"toAgentId": handing.agent.agent_id, "reason": "x"}, expect=409)
    handing.agent.post(path, {"toAgentId": 10**9, "reason": "x"}, expect=404)
    handing.company.admin.put(f"/users/{handing.colleague.user_id}", {"active": False})
    handing.ask(expect=409)
    handing.boss.post(f"/tickets/{handing.ticket_id}/flow", {"status": "cancelled"})
    handing.agent.post(path, {"toAgentId": handing.boss.agent_id, "reason": "x"}, expect=409)


def test_the_teams_leader_is_asked_first(handing):
    leader, company = handing.company.new("supervisor"), handing.company
    team = company.admin.post("/teams", {"name": unique("team"), "leaderId": leader.user_id})["id"]
    company.admin.post(f"/teams/{team}/members", {"agentId": handing.agent.agent_id})
    handing.request()
    assert "ticket.transfer_requested" in eventually(lambda: kinds(leader))
    assert "ticket.transfer_requested" not in kinds(handing.boss)
    assert handing.boss.get("/ticket-transfers", state="pending")["total"] == 1, "but others may answer"


def test_supervisors_hear_of_it_and_customers_do_not(handing):
    customer = handing.company.visitor()
    handing.ticket_id = handing.company.ticket(customer, handing.agent)["id"]
    with listening(handing.boss, customer) as (boss, ears):
        ears.ok("join", {"ticketId": handing.ticket_id})
        number = handing.request()
        boss.wait_for("ticket_update", lambda data: data["event"] == "transfer_requested")
        handing.agent.post(f"/ticket-transfers/{number}/cancel")
        boss.wait_for("ticket_update", lambda data: data["event"] == "transfer_cancelled")
        ears.settle()
        assert "transfer" not in ears.text()
    assert "pendingTransfer" not in customer.get(f"/tickets/{handing.ticket_id}")


def test_requests_of_another_company_do_not_exist(handing, people):
    number = handing.request()
    for verb, body in (("approve", {}), ("reject", {"note": "no"})):
        people.supervisor.post(f"/ticket-transfers/{number}/{verb}", body, expect=404)
    assert number not in [one["id"] for one in people.supervisor.get("/ticket-transfers", size=100)["list"]]
