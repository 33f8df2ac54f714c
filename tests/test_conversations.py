"""Conversations from the first question to the rating: every step there is, and every step there is not."""

import itertools
import time

import pytest
import sqlalchemy as sa

from tests.people import Company, Person, at_once, listening, unique
from tests.waiting import eventually

STATES = ("bot", "queued", "active", "on_hold", "closed")

#: state → what each action makes of it; a number is a refusal that changes nothing
TABLE = {
    "bot": {
        "handover": "queued",
        "hold": 409,
        "resume": 409,
        "assign": "active",
        "takeover": "active",
        "transfer": 409,
        "close": "closed",
        "rating": 409,
    },
    "queued": {
        "handover": "queued",
        "hold": 409,
        "resume": 409,
        "assign": "active",
        "takeover": "active",
        "transfer": 409,
        "close": "closed",
        "rating": 409,
    },
    "active": {
        "handover": "active",
        "hold": "on_hold",
        "resume": 409,
        "assign": "active",
        "takeover": "active",
        "transfer": "active",
        "close": "closed",
        "rating": 409,
    },
    "on_hold": {
        "handover": "on_hold",
        "hold": 409,
        "resume": "active",
        "assign": "active",
        "takeover": "active",
        "transfer": "active",
        "close": "closed",
        "rating": 409,
    },
    "closed": {
        "handover": 409,
        "hold": 409,
        "resume": 409,
        "assign": 409,
        "takeover": 409,
        "transfer": 409,
        "close": "closed",
        "rating": "closed",
    },
}


@pytest.fixture(scope="module")
def agent(people: Company) -> Person:
    """An agent of this file's own, with room for all its conversations."""
    person = people.new("agent")
    people.make_room(person)
    return person


@pytest.fixture(scope="module")
def colleague(people: Company) -> Person:
    person = people.new("agent")
    people.make_room(person)
    return person


@pytest.fixture(scope="module")
def supervisor(people: Company) -> Person:
    person = people.new("supervisor")
    people.make_room(person)
    return person


def in_state(people: Company, agent: Person, state: str) -> tuple[Person, str]:
    """A new visitor and the path of his conversation in this state."""
    visitor = people.visitor()
    path = f"/sessions/{visitor.open_conversation()['id']}"
    if state == "queued":
        visitor.post(f"{path}/handover")
    if state in ("active", "on_hold", "closed"):
        people.supervisor.post(f"{path}/assign", {"agentId": agent.agent_id})
    if state == "on_hold":
        agent.post(f"{path}/hold")
    if state == "closed":
        agent.put(f"{path}/close")
    return visitor, path


def everything(people: Company, path: str) -> tuple:
    """All that a refused action must leave as it was."""
    return (people.supervisor.get(path), people.supervisor.messages(path), people.supervisor.get(f"{path}/assignments"))


@pytest.mark.parametrize("action", TABLE["bot"])
@pytest.mark.parametrize("state", STATES)
def test_transition_table(people, agent, colleague, supervisor, state, action):
    visitor, path = in_state(people, agent, state)
    assert people.supervisor.get(path)["status"] == state
    before = everything(people, path)
    who, method, body = {
        "handover": (visitor, "POST", {}),
        "hold": (supervisor, "POST", None),
        "resume": (supervisor, "POST", None),
        "assign": (supervisor, "POST", {"agentId": colleague.agent_id}),
        "takeover": (supervisor, "POST", {}),
        "transfer": (supervisor, "POST", {"toAgentId": colleague.agent_id, "reason": "knows more"}),
        "close": (visitor, "PUT", {}),
        "rating": (visitor, "POST", {"score": 5}),
    }[action]
    outcome = TABLE[state][action]
    if isinstance(outcome, int):
        who.call(method, f"{path}/{action}", body, expect=outcome)
        assert everything(people, path) == before
        return
    who.call(method, f"{path}/{action}", body)
    after = people.supervisor.get(path)
    assert after["status"] == outcome
    if action in ("assign", "transfer"):
        assert after["agent"]["id"] == colleague.agent_id
    if action == "takeover":
        assert after["agent"]["id"] == supervisor.agent_id
    if outcome == state and action in ("handover", "close"):
        assert everything(people, path) == before, "doing it again changed something"


def test_two_tabs_at_once_open_one_conversation(people):
    visitor = people.visitor()
    opened = at_once(*[lambda: visitor.post("/sessions", {})["id"]] * 6)
    assert len(set(opened)) == 1
    assert visitor.get("/sessions")["total"] == 1


def test_after_the_end_a_new_conversation_begins(people):
    visitor = people.visitor()
    first = visitor.open_conversation()
    visitor.put(f"/sessions/{first['id']}/close")
    second = visitor.open_conversation()
    assert second["id"] != first["id"] and second["status"] == "bot"
    assert {row["id"] for row in visitor.get("/sessions")["list"]} == {first["id"], second["id"]}


def test_staff_do_not_open_conversations(people):
    people.agent.post("/sessions", {}, expect=403)
    people.admin.post("/sessions", {}, expect=403)


def test_question_is_answered_by_the_bot_until_a_person_is_asked_for(people):
    """The bot answers the first question; once a person was asked for it is silent."""
    visitor = people.visitor()
    with visitor.socket() as ears:
        conversation = visitor.post("/sessions", {"question": "忘记密码怎么办"})
        path = f"/sessions/{conversation['id']}"
        answer = ears.wait_for("message", lambda data: data["type"] == "answer", timeout=15)
        assert answer["sender"]["kind"] == "bot" and answer["sessionId"] == conversation["id"]
        visitor.post(f"{path}/handover")
        visitor.say(path, "忘记密码怎么办？")
        ears.wait_for("session_update", lambda data: data["event"] == "queued")
    people.admin.post(f"{path}/assign", {"agentId": people.supervisor.agent_id})
    talk = visitor.messages(path)["list"]
    asked = next(message["seq"] for message in talk if message["type"] == "system")
    assert not [message for message in talk if message["sender"]["kind"] == "bot" and message["seq"] > asked]


# --- who hears of it ------------------------------------------------------------------------------------------------


def test_every_step_is_told_to_customer_agent_and_supervisor(people, agent, colleague):
    with listening(agent, colleague, people.supervisor) as staff:
        visitor = people.visitor()
        with visitor.socket() as customer:
            conversation = visitor.open_conversation()
            number, path = conversation["id"], f"/sessions/{conversation['id']}"
            steps = [
                ("created", None),
                ("queued", lambda: visitor.post(f"{path}/handover")),
                ("assigned", lambda: people.supervisor.post(f"{path}/assign", {"agentId": agent.agent_id})),
                ("held", lambda: agent.post(f"{path}/hold")),
                ("resumed", lambda: agent.post(f"{path}/resume")),
                ("transferred", lambda: agent.hand_on(path, colleague, "shift")),
                ("closed", lambda: colleague.put(f"{path}/close")),
                ("rated", lambda: visitor.post(f"{path}/rating", {"score": 4})),
            ]
            for event, step in steps:
                if step is not None:
                    step()
                for ears in (customer, staff[2]):
                    heard = ears.wait_for(
                        "session_update", lambda data: data["sessionId"] == number and data["event"] == event
                    )
                assert heard["conversation"]["status"] == people.supervisor.get(path)["status"]

            def events(ears):
                return [item["event"] for item in ears.all("session_update", lambda data: data["sessionId"] == number)]

            assert events(customer) == [event for event, _ in steps], "an offer is no matter of the customer's"
            assert [event for event in events(staff[2]) if not event.startswith("transfer_")] == events(customer)
            assert [event for event in events(staff[0]) if not event.startswith("transfer_")] == [
                "assigned",
                "held",
                "resumed",
                "transferred",
            ], "the first agent hears nothing after the transfer"
            assert events(staff[1]) == ["transferred", "closed", "rated"]


def test_new_owner_finds_a_notification_once(people, colleague):
    _, path = in_state(people, colleague, "bot")
    with colleague.socket() as ears:
        people.supervisor.post(f"{path}/assign", {"agentId": colleague.agent_id, "reason": "yours"})
        heard = ears.wait_for("notification")
    rows = [row for row in colleague.get("/notifications", unread=1)["list"] if row["id"] == heard["id"]]
    assert len(rows) == 1 and rows[0]["kind"] == "conversation.assigned"
    assert colleague.post("/notifications/read", {"ids": [heard["id"]]})["changed"] == 1
    assert colleague.post("/notifications/read", {"ids": [heard["id"]]})["changed"] == 0
    assert people.agent.post("/notifications/read", {"ids": [heard["id"]]})["changed"] == 0


# --- transfer -------------------------------------------------------------------------------------------------------


def test_transfer_cuts_the_old_agent_off(people, agent, colleague):
    """The old agent can send nothing more and hears nothing more; the new one and the customer go on."""
    served = people.served(agent=agent)
    with listening(agent, colleague, served.customer) as (old, new, customer):
        for ears in (old, customer):
            ears.ok("join", {"sessionId": served.id})
        agent.hand_on(served.path, colleague, "knows the product")
        new.wait_for("session_update", lambda data: data["sessionId"] == served.id)
        new.ok("join", {"sessionId": served.id})
        deadline = time.monotonic() + 5
        while True:
            said = served.customer.say(served.path, unique("after"))
            for ears in (new, customer):
                ears.wait_for("message", lambda data: data["messageId"] == said["messageId"])
            old.settle()
            if not old.all("message", lambda data: data["messageId"] == said["messageId"]):
                break
            assert time.monotonic() < deadline, "the old agent still listens five seconds after the transfer"
        for event, data in (
            ("send_message", {"clientMsgId": unique(), "content": "me again"}),
            ("typing", {}),
            ("message_ack", {"seq": 1}),
            ("join", {}),
        ):
            old.refused(event, {"sessionId": served.id, **data}, "not_found")
        agent.get(served.path, expect=404)
        agent.say(served.path, "me again", expect=404)
        new.ok("send_message", {"sessionId": served.id, "clientMsgId": unique(), "content": "I take over"})


@pytest.mark.backend("mariadb")
def test_transfer_cuts_the_old_agent_off_at_another_server_process(people, agent, colleague, start_server):
    served = people.served(agent=agent)
    second = start_server()
    with agent.at(second.base_url).socket() as old, served.customer.at(second.base_url).socket() as witness:
        old.ok("join", {"sessionId": served.id})
        people.supervisor.post(f"{served.path}/transfer", {"toAgentId": colleague.agent_id})
        deadline = time.monotonic() + 5
        while True:
            said = served.customer.say(served.path, unique("after"))
            witness.wait_for("message", lambda data: data["messageId"] == said["messageId"])
            old.settle()
            if not old.all("message", lambda data: data["messageId"] == said["messageId"]):
                break
            assert time.monotonic() < deadline, "the old agent still listens five seconds after the transfer"


def test_history_names_everybody_and_why(people, agent, colleague, supervisor):
    served = people.served(agent=agent)
    agent.hand_on(served.path, colleague, "lunch")
    supervisor.post(f"{served.path}/takeover", {"reason": "complaint"})
    history = people.supervisor.get(f"{served.path}/assignments")
    assert [
        (row["method"], (row["fromAgent"] or {}).get("id"), row["toAgent"]["id"], row["reason"]) for row in history
    ] == [
        ("assign", None, agent.agent_id, None),
        ("transfer", agent.agent_id, colleague.agent_id, "lunch"),
        ("takeover", colleague.agent_id, supervisor.agent_id, "complaint"),
    ]
    assert history[1]["by"]["id"] == agent.user_id


def test_reason_of_a_transfer_stays_among_staff(people, agent, colleague):
    served, secret = people.served(agent=agent), unique("difficult-customer")
    with served.customer.socket() as ears:
        agent.hand_on(served.path, colleague, secret)
        ears.wait_for("session_update", lambda data: data["event"] == "transferred")
        assert secret not in ears.text()
    assert secret not in repr([served.customer.messages(served.path), served.customer.get(served.path)])
    assert secret in repr(colleague.messages(served.path))
    served.customer.get(f"{served.path}/assignments", expect=403)


def test_of_transfer_assignment_and_close_at_once_one_legal_state_remains(people, agent, colleague, supervisor):
    """N03: one final owner, a linear history, and counters that equal a recount."""
    counts = {
        person: people.admin.get(f"/agents/{person.agent_id}")["currentCount"]
        for person in (agent, colleague, supervisor)
    }
    for _ in range(5):
        served = people.served(agent=agent)
        counts[agent] += 1
        colleague.be("busy")
        agent.post(f"{served.path}/transfer", {"toAgentId": colleague.agent_id})
        outcomes = at_once(
            lambda: colleague.request("POST", f"{served.path}/accept").status_code,
            lambda: (
                people.admin.request("POST", f"{served.path}/assign", json={"agentId": supervisor.agent_id}).status_code
            ),
            lambda: served.customer.request("PUT", f"{served.path}/close", json={}).status_code,
        )
        assert set(outcomes) <= {200, 404, 409}
        final = people.admin.get(served.path)
        history = people.admin.get(f"{served.path}/assignments")
        assert final["status"] == "closed" and outcomes[2] == 200
        assert history[-1]["toAgent"]["id"] == final["agent"]["id"]
        assert all(row["fromAgent"]["id"] == before["toAgent"]["id"] for before, row in itertools.pairwise(history))
        counts[agent] -= 1
    assert {person: people.admin.get(f"/agents/{person.agent_id}")["currentCount"] for person in counts} == counts


# --- batches --------------------------------------------------------------------------------------------------------


def test_batch_assignment_is_all_or_none(people, strangers, agent, colleague):
    """A foreign or unknown id in the batch: not found, and nothing changed."""
    own = [in_state(people, agent, "queued")[1] for _ in range(3)]
    ids = [int(path.rsplit("/", 1)[1]) for path in own]
    foreign = strangers.visitor().open_conversation()["id"]
    for extra in (foreign, 987_654_321):
        people.supervisor.post("/sessions/batch-assign", {"ids": [*ids, extra], "agentId": agent.agent_id}, expect=404)
        assert [people.supervisor.get(path)["status"] for path in own] == ["queued"] * 3
    people.supervisor.post("/sessions/batch-assign", {"ids": [], "agentId": agent.agent_id}, expect=(400, 404))
    people.supervisor.post("/sessions/batch-assign", {"ids": ids, "agentId": strangers.agent.agent_id}, expect=404)
    people.agent.post("/sessions/batch-assign", {"ids": ids, "agentId": agent.agent_id}, expect=403)
    given = people.supervisor.post(
        "/sessions/batch-assign", {"ids": ids, "agentId": agent.agent_id, "reason": "morning"}
    )
    assert [row["agent"]["id"] for row in given] == [agent.agent_id] * 3


def test_batch_that_does_not_fit_changes_nothing(people):
    small = people.new("agent")
    people.make_room(small, 2)
    own = [in_state(people, small, "queued")[1] for _ in range(3)]
    refusal = people.supervisor.post(
        "/sessions/batch-assign",
        {"ids": [int(path.rsplit("/", 1)[1]) for path in own], "agentId": small.agent_id},
        expect=409,
    )
    assert refusal["error"] == "agent_full"
    assert [people.supervisor.get(path)["status"] for path in own] == ["queued"] * 3
    assert people.admin.get(f"/agents/{small.agent_id}")["currentCount"] == 0


def test_batch_with_an_ended_conversation_changes_nothing(people, agent):
    waiting, ended = in_state(people, agent, "queued")[1], in_state(people, agent, "closed")[1]
    people.supervisor.post(
        "/sessions/batch-assign",
        {"ids": [int(path.rsplit("/", 1)[1]) for path in (waiting, ended)], "agentId": agent.agent_id},
        expect=409,
    )
    assert people.supervisor.get(waiting)["status"] == "queued"


# --- the end --------------------------------------------------------------------------------------------------------


def test_customer_rates_once(people, agent):
    visitor, path = in_state(people, agent, "closed")
    assert visitor.post(f"{path}/rating", {"score": 5, "comment": "很好"})["score"] == 5
    visitor.post(f"{path}/rating", {"score": 1}, expect=409)


def test_rating_by_two_tabs_at_once_counts_once(people, agent, database):
    visitor, path = in_state(people, agent, "closed")
    statuses = at_once(*[lambda: visitor.request("POST", f"{path}/rating", json={"score": 5}).status_code] * 5)
    assert sorted(statuses) == [200, 409, 409, 409, 409]
    with database.connect() as connection:
        assert (
            connection.execute(
                sa.text("SELECT COUNT(*) FROM rating WHERE conversation_id = :id"), {"id": int(path.rsplit("/", 1)[1])}
            ).scalar()
            == 1
        )


@pytest.mark.parametrize("score", [0, 6, -1, 2.5, "5", None, True])
def test_stars_go_from_one_to_five(people, agent, score):
    visitor, path = in_state(people, agent, "closed")
    visitor.post(f"{path}/rating", {"score": score}, expect=400)


def test_conversation_becomes_a_ticket_once(people, agent):
    """What was said goes along, internal notes do not; a second ticket is refused with the first one's id."""
    served = people.served(agent=agent)
    served.customer.say(served.path, "报表打不开")
    agent.say(served.path, unique("note"), type="note")
    ticket = agent.post(f"{served.path}/ticket", {"title": "报表", "priority": "urgent", "type": "tech"})
    assert ticket["customer"]["id"] == served.customer.customer_id and ticket["assignee"]["id"] == agent.agent_id
    assert "报表打不开" in ticket["description"] and "note-" not in ticket["description"]
    refusal = agent.post(f"{served.path}/ticket", {"title": "again"}, expect=409)
    assert refusal["ticketId"] == ticket["id"] == agent.get(served.path)["ticketId"]
    assert served.customer.get(f"/tickets/{ticket['id']}")["no"] == ticket["no"]


def test_lists_show_each_what_concerns_them(people, agent, colleague):
    served = people.served(agent=agent)
    assert served.id in [
        row["id"] for row in agent.get("/sessions", agentId="me", status="active,on_hold", size=100)["list"]
    ]
    assert served.id not in [row["id"] for row in colleague.get("/sessions", size=100)["list"]]
    assert [row["id"] for row in served.customer.get("/sessions")["list"]] == [served.id]
    assert people.supervisor.get("/sessions", customerId=served.customer.customer_id)["total"] == 1
    agent.get("/sessions/unassigned", expect=403)


def test_waiting_is_counted_from_the_first_word_without_an_answer(people, agent):
    """What a supervisor looks for: who has been left waiting, however often he has repeated himself."""
    visitor, path = in_state(people, agent, "bot")
    visitor.say(path, "a question to the bot")
    assert people.supervisor.get(path)["waitingSince"] is None
    visitor.post(f"{path}/handover")
    began = people.supervisor.get(path)["waitingSince"]
    assert began == people.supervisor.get(path)["queueTime"]
    visitor.say(path, "is anybody there?")
    assert people.supervisor.get(path)["waitingSince"] == began
    people.supervisor.post(f"{path}/assign", {"agentId": agent.agent_id})
    agent.say(path, type="note")
    assert people.supervisor.get(path)["waitingSince"] == began, "neither an assignment nor a note is an answer"
    agent.say(path)
    assert people.supervisor.get(path)["waitingSince"] is None
    first = visitor.say(path, "one more thing")
    visitor.say(path, "and another")
    assert people.supervisor.get(path)["waitingSince"][:19] == first["createTime"][:19]
    agent.put(f"{path}/close")
    assert people.supervisor.get(path)["waitingSince"] is None


def test_customer_with_open_work_is_not_deleted(people, agent):
    visitor, path = in_state(people, agent, "queued")
    customer = f"/customers/{visitor.customer_id}"
    people.admin.delete(customer, expect=409)
    people.admin.put(f"{path}/close")
    ticket = people.ticket(visitor)
    people.admin.delete(customer, expect=409)
    people.admin.post(f"/tickets/{ticket['id']}/flow", {"status": "cancelled"})
    people.admin.delete(customer)
    for row in (people.supervisor.get(path), people.supervisor.get(f"/tickets/{ticket['id']}")):
        assert row["customer"]["id"] is None and row["customer"]["name"], "what was said stays, with a name for a list"


def test_customer_s_word_wakes_a_conversation_on_hold(people, agent):
    visitor, path = in_state(people, agent, "on_hold")
    with listening(agent, join={"sessionId": int(path.rsplit("/", 1)[1])}) as (ears,):
        visitor.say(path, "I found the number")
        ears.wait_for("session_update", lambda data: data["event"] == "resumed")
    assert people.supervisor.get(path)["status"] == "active"


def test_what_the_bot_says_is_nothing_unread_for_staff(people, agent):
    visitor, path = in_state(people, agent, "bot")
    visitor.say(path, "a question")
    eventually(lambda: any(row["type"] == "answer" for row in visitor.messages(path)["list"]))
    people.supervisor.post(f"{path}/assign", {"agentId": agent.agent_id})
    assert agent.get(path)["unread"] == 1
    assert visitor.get(path)["unread"] == 1


def test_nobody_is_told_of_his_own_doing(people, agent, supervisor, colleague):
    """Who takes a conversation over or makes a ticket needs no notification of it; the next owner does."""
    _, path = in_state(people, agent, "active")
    before = [person.get("/notifications")["total"] for person in (supervisor, colleague)]
    supervisor.post(f"{path}/takeover", {})
    supervisor.post(f"{path}/transfer", {"toAgentId": colleague.agent_id, "reason": "yours"})
    eventually(lambda: colleague.get("/notifications")["total"] == before[1] + 1)
    assert supervisor.get("/notifications")["total"] == before[0]
    assert colleague.get("/notifications")["list"][0]["link"] == f"/desk/c/{path.rsplit('/', 1)[1]}"
