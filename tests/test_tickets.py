"""Tickets: every step there is and is not, numbers without gaps, two editors, the room."""

import datetime as dt
import re
from zoneinfo import ZoneInfo

import pytest

from tests.people import Company, Person, at_once, listening, unique
from tests.waiting import eventually

STATES = ("pending", "processing", "waiting", "review", "resolved", "closed", "cancelled")
#: how a ticket gets into each state
WAY = {
    "pending": (),
    "processing": ("processing",),
    "waiting": ("processing", "waiting"),
    "review": ("processing", "review"),
    "resolved": ("resolved",),
    "closed": ("resolved", "closed"),
    "cancelled": ("cancelled",),
}
#: from → to, by people who may take every step; all other pairs are refused
STEPS = {
    "pending": {"processing", "waiting", "resolved", "cancelled"},
    "processing": {"pending", "waiting", "review", "resolved", "cancelled"},
    "waiting": {"processing", "resolved", "cancelled"},
    "review": {"processing", "resolved"},
    "resolved": {"closed", "processing"},
    "closed": {"processing"},
    "cancelled": {"pending"},
}
#: steps an agent may not take although they exist
NOT_FOR_AGENTS = {("review", "processing"), ("review", "resolved")}
#: the only steps for a customer, about his own tickets
FOR_CUSTOMERS = {("resolved", "closed"), ("resolved", "processing"), ("closed", "processing"), ("cancelled", "pending")}


def in_state(people: Company, state: str, customer: Person | None = None, assignee: Person | None = None) -> dict:
    ticket = people.ticket(customer, assignee)
    for status in WAY[state]:
        solution = {"resolution": "restarted it"} if status == "resolved" else {}
        people.supervisor.post(f"/tickets/{ticket['id']}/flow", {"status": status, **solution})
    return people.supervisor.get(f"/tickets/{ticket['id']}")


def everything(people: Company, ticket: dict) -> tuple:
    path = f"/tickets/{ticket['id']}"
    return (
        people.supervisor.get(path),
        people.supervisor.messages(path),
        people.supervisor.get(f"{path}/assign-history"),
    )


@pytest.mark.parametrize("wanted", STATES)
@pytest.mark.parametrize("state", STATES)
def test_transition_table(people, state, wanted):
    ticket = in_state(people, state)
    assert set(ticket["transitions"]) == STEPS[state], "the offered steps are the possible ones"
    before = everything(people, ticket)
    path = f"/tickets/{ticket['id']}/flow"
    if wanted == state:
        assert people.supervisor.post(path, {"status": wanted})["version"] == ticket["version"]
    elif wanted in STEPS[state]:
        assert people.supervisor.post(path, {"status": wanted, "resolution": "restarted it"})["status"] == wanted
        return
    else:
        assert (
            people.supervisor.post(path, {"status": wanted, "resolution": "restarted it"}, expect=409)["error"]
            == "conflict"
        )
    assert everything(people, ticket) == before


@pytest.mark.parametrize("role", ["agent", "customer"])
def test_steps_that_a_role_may_not_take_are_refused(people, role):
    """What the page offers a role is what the server lets it do, and nothing else."""
    customer = people.visitor()
    person, allowed = (
        (people.agent, {(a, b) for a in STEPS for b in STEPS[a]} - NOT_FOR_AGENTS)
        if role == "agent"
        else (customer, FOR_CUSTOMERS)
    )
    for state in STATES:
        for wanted in sorted(STEPS[state]):
            ticket = in_state(people, state, customer, people.agent)
            path = f"/tickets/{ticket['id']}"
            assert (wanted in person.get(path)["transitions"]) == ((state, wanted) in allowed)
            person.post(
                f"{path}/flow",
                {"status": wanted, "reason": "try"} | ({"resolution": "done"} if role == "agent" else {}),
                expect=200 if (state, wanted) in allowed else 403,
            )


def test_answer_of_the_customer_ends_the_waiting(people):
    customer = people.visitor()
    ticket = in_state(people, "waiting", customer, people.agent)
    path = f"/tickets/{ticket['id']}"
    people.agent.say(path, "请补充截图")
    assert people.supervisor.get(path)["status"] == "waiting", "only the customer's word is an answer"
    customer.say(path, "截图在这里")
    assert people.supervisor.get(path)["status"] == "processing"
    lines = [one["payload"] for one in people.supervisor.messages(path)["list"] if one["type"] == "system"]
    assert [line["params"]["to"] for line in lines if line["event"] == "status"][-1] == "processing"


def test_contact_is_kept_with_the_ticket_and_masked(people):
    given = {"contactName": "王敏", "contactEmail": "wangmin@example.org", "contactPhone": "13800138000"}
    ticket = people.agent.post("/tickets", {"title": "打印机", **given})
    path = f"/tickets/{ticket['id']}"
    assert people.supervisor.get(path) | given == people.supervisor.get(path)
    seen = people.agent.get(path)
    assert (seen["contactName"], seen["contactEmail"]) == ("王敏", "w***@example.org")
    assert "0013" not in seen["contactPhone"]
    wrong = {"title": "打印机", "contactEmail": "nowhere", "product": "none"}
    for name in ("contactEmail", "product"):
        body = {"title": "打印机", name: wrong[name]}
        assert name in people.agent.post("/tickets", body, expect=400)["fields"]


def test_solution_must_be_said(people):
    ticket = in_state(people, "processing")
    for body in ({"status": "resolved"}, {"status": "resolved", "resolution": "  "}):
        assert "resolution" in people.supervisor.post(f"/tickets/{ticket['id']}/flow", body, expect=400)["fields"]
    assert people.supervisor.get(f"/tickets/{ticket['id']}")["status"] == "processing"


def test_numbers_are_unique_and_without_gaps_under_sixteen_creators(new_company):
    company = new_company()
    creators = [company.visitor() for _ in range(8)] + [company.agent] * 8
    made = at_once(
        *[
            lambda person=person: [person.post("/tickets", {"title": unique("t")})["no"] for _ in range(3)]
            for person in creators
        ]
    )
    numbers = sorted(int(no[10:]) for row in made for no in row)
    assert {no[:2] for row in made for no in row} == {"TK"}
    assert numbers == list(range(1, 49)), "(the test must not run over midnight in Shanghai)"


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Etc/GMT+12"])  # at any moment one of them has another date
def test_numbers_bear_the_date_of_the_companys_clock(new_company, zone):
    company = new_company()
    (calendar,) = company.admin.get("/work-calendars", isDefault="true")["list"]
    company.admin.put(f"/work-calendars/{calendar['id']}", {"timezone": zone, "version": calendar["version"]})
    visitor = company.visitor()
    for made in (company.admin.post("/tickets", {"title": "报表打不开"}), visitor.open_conversation()):
        moment = dt.datetime.fromisoformat(made["createTime"]).astimezone(ZoneInfo(zone))
        assert re.fullmatch(rf"[A-Z]+{moment:%Y%m%d}0001", made["no"])


def test_second_editor_is_told_that_somebody_was_quicker(people):
    ticket = in_state(people, "pending")
    path = f"/tickets/{ticket['id']}"
    first = people.supervisor.put(path, {"version": ticket["version"], "title": "first editor"})
    refusal = people.admin.put(path, {"version": ticket["version"], "title": "second editor"}, expect=409)
    assert refusal["error"] == "stale" and refusal["version"] == first["version"]
    assert people.supervisor.get(path)["title"] == "first editor"
    people.supervisor.put(path, {"title": "without a version"}, expect=400)


def test_of_two_editors_at_once_one_wins(people):
    ticket = in_state(people, "pending")
    statuses = at_once(
        *[
            lambda title=title: (
                people.supervisor.request(
                    "PUT", f"/tickets/{ticket['id']}", json={"version": ticket["version"], "title": title}
                ).status_code
            )
            for title in "abcdef"
        ]
    )
    assert sorted(statuses) == [200, 409, 409, 409, 409, 409]


def test_two_steps_at_once_end_in_one_of_them(people):
    ticket = in_state(people, "processing")
    path = f"/tickets/{ticket['id']}/flow"
    statuses = at_once(
        lambda: people.supervisor.request("POST", path, json={"status": "cancelled"}).status_code,
        lambda: people.admin.request("POST", path, json={"status": "resolved", "resolution": "done"}).status_code,
    )
    assert sorted(statuses) == [200, 409]
    assert people.supervisor.get(f"/tickets/{ticket['id']}")["status"] == (
        "cancelled" if statuses[0] == 200 else "resolved"
    )


def test_assignment_is_recorded_and_told(people):
    ticket = people.ticket(assignee=people.agent)
    path = f"/tickets/{ticket['id']}"
    with people.other_team_agent.socket() as ears:
        people.supervisor.post(f"{path}/assign", {"agentId": people.other_team_agent.agent_id, "reason": "knows it"})
        ears.wait_for("ticket_update", lambda data: data["ticketId"] == ticket["id"] and data["event"] == "assigned")
        ears.wait_for("notification", lambda data: data["kind"] == "ticket.assigned")
    people.agent.get(path, expect=404)
    history = people.supervisor.get(f"{path}/assign-history")
    assert [(row["toAgent"]["id"], row["reason"]) for row in history] == [
        (people.agent.agent_id, None),
        (people.other_team_agent.agent_id, "knows it"),
    ]
    people.supervisor.post(f"{path}/assign", {"agentId": people.other_team_agent.agent_id}, expect=409)
    people.supervisor.post(f"{path}/assign", {"agentId": 987_654_321}, expect=404)


def test_agent_passes_his_ticket_on_with_a_reason(people):
    ticket = people.ticket(assignee=people.agent)
    path = f"/tickets/{ticket['id']}"
    colleague = people.new("agent", "李雷")
    body = {"toAgentId": colleague.agent_id, "reason": "熟悉报表"}
    colleague.post(f"{path}/transfer", body, expect=404)
    people.agent.post(f"{path}/transfer", {**body, "reason": " "}, expect=400)
    people.agent.post(f"{path}/transfer", {**body, "toAgentId": people.agent.agent_id}, expect=409)
    people.agent.post(f"{path}/transfer", {**body, "toAgentId": 10**9}, expect=404)
    assert people.supervisor.get(path)["assignee"]["id"] == people.agent.agent_id
    people.agent.post(f"{path}/transfer", body)
    # it is the colleague's now, and no longer the agent's to see
    assert colleague.get(path)["assignee"]["id"] == colleague.agent_id
    people.agent.get(path, expect=404)
    last = colleague.get(f"{path}/assign-history")[-1]
    assert (last["method"], last["reason"]) == ("transfer", "熟悉报表")
    assert eventually(
        lambda: [one for one in colleague.get("/notifications")["list"] if one["kind"] == "ticket.assigned"]
    )


def test_only_who_works_on_a_ticket_or_leads_passes_it_on(people):
    """Who made it may see it, and no more."""
    maker, colleague = people.new("agent"), people.new("agent")
    ticket = maker.post("/tickets", {"title": "报表打不开"})
    path = f"/tickets/{ticket['id']}"
    people.supervisor.post(f"{path}/assign", {"agentId": people.agent.agent_id})
    body = {"toAgentId": colleague.agent_id, "reason": "x"}
    assert maker.get(path)["no"] == ticket["no"]
    maker.post(f"{path}/transfer", body, expect=403)
    people.supervisor.post(f"{path}/transfer", body)
    assert people.supervisor.get(path)["assignee"]["id"] == colleague.agent_id
    people.supervisor.post(f"{path}/takeover", {"reason": "急"})
    assert people.supervisor.get(path)["assignee"]["id"] == people.supervisor.agent_id
    people.supervisor.post(f"{path}/takeover", {}, expect=409)
    colleague.get(path, expect=404)
    methods = [one["method"] for one in people.supervisor.get(f"{path}/assign-history")]
    assert methods == ["assign", "transfer", "takeover"]


def test_several_tickets_are_assigned_together_or_none(people):
    open_ones = [people.ticket()["id"] for _ in range(3)]
    ended = in_state(people, "cancelled")["id"]
    body = {"agentId": people.agent.agent_id, "reason": "分批处理"}
    path = "/tickets/batch-assign"
    for ids in ([], [*open_ones, 10**9]):
        people.supervisor.post(path, {**body, "ids": ids}, expect=404)
    people.supervisor.post(path, {**body, "ids": [*open_ones, ended]}, expect=409)
    people.agent.post(path, {**body, "ids": open_ones}, expect=403)
    assert not any(people.supervisor.get(f"/tickets/{number}")["assignee"] for number in open_ones)
    given = people.supervisor.post(path, {**body, "ids": open_ones})
    assert {one["assignee"]["id"] for one in given} == {people.agent.agent_id}
    for number in open_ones:
        (line,) = people.supervisor.get(f"/tickets/{number}/assign-history")
        assert (line["method"], line["reason"]) == ("assign", "分批处理")


def test_of_many_who_hand_a_ticket_over_at_once_the_history_tells_all(people):
    """Whoever comes later acts on what the earlier one left; the last line of the history is the truth."""
    ticket = people.ticket(assignee=people.agent)
    path = f"/tickets/{ticket['id']}"
    colleagues = [people.new("agent") for _ in range(4)]
    at_once(
        *[
            lambda one=one: people.supervisor.post(
                f"{path}/transfer", {"toAgentId": one.agent_id, "reason": "x"}, expect=(200, 409)
            )
            for one in colleagues
        ],
        *[lambda: people.supervisor.post(f"{path}/takeover", {}, expect=(200, 409)) for _ in range(3)],
    )
    history = people.supervisor.get(f"{path}/assign-history")
    assert history[-1]["toAgent"]["id"] == people.supervisor.get(path)["assignee"]["id"]
    chain = [(one["fromAgent"] or {}).get("id") for one in history[1:]]
    assert chain == [one["toAgent"]["id"] for one in history[:-1]]


def test_ended_ticket_takes_no_words_and_no_assignee(people):
    for state in ("closed", "cancelled"):
        customer = people.visitor()
        ticket = in_state(people, state, customer, people.agent)
        path = f"/tickets/{ticket['id']}"
        for person in (customer, people.agent):
            assert person.say(path, expect=409)["error"] == "ticket_ended"
            with person.socket() as ears:
                ears.refused(
                    "send_message", {"ticketId": ticket["id"], "clientMsgId": unique(), "content": "x"}, "ticket_ended"
                )
                ears.refused("send_message", {"ticket_id": ticket["id"], "content": "x"}, "ticket_ended")
        people.supervisor.post(f"{path}/assign", {"agentId": people.other_team_agent.agent_id}, expect=409)


def test_follow_ups_are_kept_in_order_for_staff_only(people):
    customer = people.visitor()
    ticket = people.ticket(customer, people.agent)
    path = f"/tickets/{ticket['id']}/follow-ups"
    for content in ("called", "waiting for the log"):
        people.agent.post(path, {"content": content, "result": "open"})
    assert [row["content"] for row in people.agent.get(path)] == ["waiting for the log", "called"]
    people.agent.post(path, {"content": " "}, expect=400)
    customer.get(path, expect=403)
    customer.post(path, {"content": "me too"}, expect=403)


def test_customer_reports_for_himself_only(people):
    other = people.visitor()
    people.visitor().post("/tickets", {"title": "in his name", "customerId": other.customer_id}, expect=403)
    assert other.get("/tickets")["total"] == 0
    mine = people.supervisor.post("/tickets", {"title": "by phone", "customerId": other.customer_id})
    assert other.get(f"/tickets/{mine['id']}")["customer"]["id"] == other.customer_id


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"title": ""},
        {"title": "  "},
        {"title": "x" * 256},
        {"title": 5},
        {"title": "t", "priority": "whenever"},
        {"title": "t", "type": "no-such-type"},
        {"title": "t", "status": "closed"},
        {"title": "t", "no": "TK1"},
        {"title": "t", "tenantId": 2},
    ],
)
def test_ticket_that_cannot_be_made_is_refused(people, body):
    visitor = people.visitor()
    visitor.post("/tickets", body, expect=400)
    assert visitor.get("/tickets")["total"] == 0


def test_deleted_ticket_is_gone_for_everybody(people):
    customer = people.visitor()
    ticket = people.ticket(customer, people.agent)
    people.agent.delete(f"/tickets/{ticket['id']}", expect=403)
    people.manager.delete(f"/tickets/{ticket['id']}")
    for person in (customer, people.agent, people.supervisor, people.manager):
        person.get(f"/tickets/{ticket['id']}", expect=404)
        person.get(f"/tickets/{ticket['id']}/messages", expect=404)
        assert ticket["id"] not in [row["id"] for row in person.get("/tickets", size=100)["list"]]


# --- the room -------------------------------------------------------------------------------------------------------


def test_ticket_room_speaks_the_older_protocol_too(people):
    """join/joined, send_message without ids of its own, and both new_message and receive_message (E §4.2)."""
    customer = people.visitor()
    ticket = people.ticket(customer, people.agent)
    with listening(customer, people.agent) as (outside, inside):
        for ears in (outside, inside):
            assert ears.ok("join", {"ticket_id": ticket["id"]})["threadId"] == ticket["threadId"]
            assert ears.wait_for("joined") == {"message": f"已加入工单 #{ticket['id']}"}
        sent = outside.ok("send_message", {"ticket_id": ticket["id"], "content": "仍然打不开"})["message"]
        more = {"id": sent["messageId"], "sender_type": "customer", "is_system": False}
        for ears in (outside, inside):
            for name in ("new_message", "receive_message"):
                heard = ears.wait_for(name, lambda data: data["content"] == "仍然打不开")
                assert heard == {
                    "ticket_id": ticket["id"],
                    "sender_name": customer.actor["name"],
                    "content": "仍然打不开",
                    "created_at": heard["created_at"],
                    **(more if name == "receive_message" else {}),
                }
            assert (
                ears.wait_for("message", lambda data: data["messageId"] == sent["messageId"])["ticketId"]
                == ticket["id"]
            )
        people.agent.say(f"/tickets/{ticket['id']}", "请再试一次")
        assert (
            outside.wait_for("receive_message", lambda data: data["content"] == "请再试一次")["sender_type"] == "admin"
        )
        outside.ok("leave", {"ticket_id": ticket["id"]})


def test_moving_a_ticket_is_shown_in_its_room_and_to_its_people(people):
    customer = people.visitor()
    ticket = people.ticket(customer, people.agent)
    with listening(customer, people.agent) as ears:
        people.agent.post(f"/tickets/{ticket['id']}/flow", {"status": "processing"})
        for one in ears:
            heard = one.wait_for(
                "ticket_update", lambda data: data["ticketId"] == ticket["id"] and data["event"] == "moved"
            )
            assert heard["ticket"]["status"] == "processing"
            line = one.wait_for("message", lambda data: data["type"] == "system" and data["ticketId"] == ticket["id"])
            assert line["payload"]["params"] | {"reason": ""} == {
                "from": "pending",
                "to": "processing",
                "reason": "",
                "by": people.agent.actor["name"],
            }


def test_ticket_without_an_agent_is_brought_to_those_who_give_tickets_out(people):
    before = people.supervisor.get("/notifications")["total"]
    ticket = people.ticket()
    eventually(lambda: people.supervisor.get("/notifications")["total"] > before)
    told = people.supervisor.get("/notifications")["list"][0]
    assert (told["kind"], told["link"]) == ("ticket.created", f"/desk/tickets/{ticket['id']}")


def test_agent_in_charge_learns_of_words_and_reopening(people):
    """One notification for a row of messages; the next after he has read them."""
    customer, agent = people.visitor(), people.new("agent")
    ticket = people.ticket(customer, agent)
    path = f"/tickets/{ticket['id']}"

    def kinds() -> list[str]:
        return [row["kind"] for row in agent.get("/notifications")["list"]]

    for _ in range(3):
        last = customer.say(path)
    eventually(lambda: kinds() == ["ticket.message", "ticket.assigned"])
    agent.post(f"{path}/read", {"seq": last["seq"]})
    customer.say(path)
    eventually(lambda: kinds() == ["ticket.message", "ticket.message", "ticket.assigned"])
    agent.post(f"{path}/flow", {"status": "resolved", "resolution": "done"})
    customer.post(f"{path}/flow", {"status": "processing"})
    eventually(lambda: kinds()[0] == "ticket.moved")
    assert kinds().count("ticket.moved") == 1, "his own step is no news to him"
