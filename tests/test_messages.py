"""Messages: stored once, numbered without gaps, caught up after a gap, and read by nobody whom they do not concern."""

import itertools
import random

import pytest
import sqlalchemy as sa

from tests.people import Company, Person, Served, at_once, listening, unique


@pytest.fixture
def served(people: Company) -> Served:
    """A running conversation of a new visitor with the agent."""
    return people.served()


@pytest.fixture(scope="module", autouse=True)
def agents_with_room(people: Company) -> None:
    people.new_shift()


def rows_of(database: sa.Engine, client_msg_id: str) -> list[tuple]:
    with database.connect() as connection:
        return list(
            connection.execute(
                sa.text("SELECT id, seq, content FROM chat_message WHERE client_msg_id = :id"), {"id": client_msg_id}
            )
        )


def catch_up(person: Person, path: str, view: dict[int, dict], change: int, limit: int = 200) -> int:
    """Apply what changed since `change` to a view {messageId: message}; returns where it now stands."""
    while True:
        page = person.messages(path, afterChange=change, limit=limit)
        view.update({message["messageId"]: message for message in page["list"]})
        change = page["changeSeq"]
        if not page["hasMore"]:
            return change


def fresh(person: Person, path: str) -> dict[int, dict]:
    """What a page that opens now shows."""
    return {message["messageId"]: message for message in person.messages(path, limit=200)["list"]}


# --- an acknowledgement is storage ----------------------------------------------------------------------------------


def test_acknowledged_message_is_stored(served, database):
    with served.customer.socket() as ears:
        ack = ears.ok(
            "send_message", {"sessionId": served.id, "clientMsgId": (name := unique("ack")), "content": "hello"}
        )
        assert [tuple(row) for row in rows_of(database, name)] == [
            (ack["message"]["messageId"], ack["message"]["seq"], "hello")
        ]


def test_message_arrives_at_everybody_who_has_it_open(served):
    with listening(served.customer, served.agent, join={"sessionId": served.id}) as (customer, agent):
        sent = served.customer.say(served.path, "can you see this?")
        for ears in (customer, agent):
            heard = ears.wait_for("message", lambda data: data["messageId"] == sent["messageId"])
            assert heard == sent
            ears.settle()
            assert len(ears.all("message", lambda data: data["messageId"] == sent["messageId"])) == 1


def test_same_id_again_returns_the_same_message_by_both_doors(served, database):
    name = unique("again")
    first = served.customer.say(served.path, "once", id=name)
    with served.customer.socket() as ears:
        again = ears.ok("send_message", {"sessionId": served.id, "clientMsgId": name, "content": "once"})["message"]
    assert again == first == served.customer.say(served.path, "once", id=name)
    assert len(rows_of(database, name)) == 1


def test_twenty_times_the_same_id_at_once_is_one_message(served, database):
    name = unique("storm")
    with listening(*[served.customer] * 5) as ears:
        data = {"sessionId": served.id, "clientMsgId": name, "content": "one of twenty"}
        calls = [lambda: served.customer.say(served.path, "one of twenty", id=name)["messageId"]] * 15
        calls += [lambda socket=socket: socket.ok("send_message", data)["message"]["messageId"] for socket in ears]
        assert len(set(at_once(*calls))) == 1
    assert len(rows_of(database, name)) == 1


def test_id_of_another_message_is_refused(served):
    name = unique("reused")
    served.customer.say(served.path, "first words", id=name)
    refusal = served.customer.say(served.path, "other words", id=name, expect=409)
    assert refusal["error"] == "message_id_reused"
    with served.customer.socket() as ears:
        ears.refused(
            "send_message", {"sessionId": served.id, "clientMsgId": name, "content": "other words"}, "message_id_reused"
        )
    assert [
        message["content"] for message in fresh(served.customer, served.path).values() if message["clientMsgId"] == name
    ] == ["first words"]


def test_two_people_may_use_the_same_id(served):
    name = unique("same")
    assert (
        served.customer.say(served.path, "mine", id=name)["messageId"]
        != served.agent.say(served.path, "yours", id=name)["messageId"]
    )


def test_numbers_have_no_gaps_under_twenty_senders(served):
    before = served.customer.messages(served.path)["lastSeq"]
    senders = [(served.customer, f"c{number}") for number in range(10)] + [
        (served.agent, f"a{number}") for number in range(10)
    ]
    sent = at_once(
        *[
            lambda person=person, name=name: [person.say(served.path, f"{name}-{n}")["seq"] for n in range(3)]
            for person, name in senders
        ]
    )
    assert sorted(itertools.chain(*sent)) == list(range(before + 1, before + 61))
    assert all(numbers == sorted(numbers) for numbers in sent), "one sender's messages changed their order"
    assert [message["seq"] for message in served.customer.messages(served.path, limit=200)["list"]] == list(
        range(1, before + 61)
    )


def test_two_devices_show_the_same_order(served):
    devices = [served.agent, served.agent.again(), served.customer]
    with listening(*devices, join={"sessionId": served.id}) as ears:
        sent = at_once(
            *[lambda person=person: [person.say(served.path)["messageId"] for _ in range(5)] for person in devices]
        )
        wanted = set(itertools.chain(*sent))
        for device in ears:
            assert device.wait_until(
                lambda: wanted <= {m.data["messageId"] for m in device.heard if m.name == "message"}
            )
        orders = [
            [
                m["messageId"]
                for m in sorted(device.all("message", lambda m: m["messageId"] in wanted), key=lambda m: m["seq"])
            ]
            for device in ears
        ]
        assert (
            orders[0]
            == orders[1]
            == orders[2]
            == [number for number in fresh(served.customer, served.path) if number in wanted]
        )


# --- catching up ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("limit", [1, 3, 200])
def test_catching_up_equals_a_fresh_load(served, limit):
    """Sending, recalling and reading in any order: the changes since N on top of the view at N are the view now."""
    chance = random.Random(7)
    for person in (served.customer, served.agent):
        person.say(served.path, "before")
    view = {person: fresh(person, served.path) for person in (served.customer, served.agent)}
    change = {person: person.messages(served.path)["changeSeq"] for person in view}
    mine: dict[Person, list[int]] = {person: [] for person in view}
    for _ in range(12):
        person = chance.choice(list(view))
        if mine[person] and chance.random() < 0.4:
            served_message = mine[person].pop(chance.randrange(len(mine[person])))
            person.post(f"{served.path}/messages/{served_message}/recall")
        else:
            kind = "note" if person is served.agent and chance.random() < 0.3 else "text"
            mine[person].append(person.say(served.path, type=kind)["messageId"])
    for person in view:
        catch_up(person, served.path, view[person], change[person], limit)
        assert view[person] == fresh(person, served.path)


def test_resume_brings_what_was_missed_and_opens_the_room_again(served):
    known = served.customer.messages(served.path)["changeSeq"]
    missed = served.agent.say(served.path, "while you were away")
    with served.customer.socket() as ears:
        found = ears.ok("resume", {"threads": [{"sessionId": served.id, "afterChange": known}]})["threads"]
        assert [message["messageId"] for message in found[0]["list"]] == [missed["messageId"]]
        assert found[0]["sessionId"] == served.id and found[0]["changeSeq"] > known
        later = served.agent.say(served.path, "and now you are back")
        ears.wait_for("message", lambda data: data["messageId"] == later["messageId"])


def test_older_pages_reach_the_beginning(served):
    for _ in range(6):
        served.customer.say(served.path)
    seen, before = [], None
    while True:
        page = served.customer.messages(served.path, limit=2, **({"beforeSeq": before} if before else {}))
        seen = [message["seq"] for message in page["list"]] + seen
        before = seen[0]
        if not page["hasMore"]:
            break
    assert seen == list(range(1, seen[-1] + 1))


# --- internal notes -------------------------------------------------------------------------------------------------


def test_internal_note_never_reaches_the_customer(people, served):
    """By no list, preview, counter, search, catch-up, socket frame or ticket made from the conversation."""
    secret = unique("between-us")
    public = served.agent.say(served.path, "a word for everybody")
    served.customer.post(f"{served.path}/read", {"seq": public["seq"]})
    change = served.customer.messages(served.path)["changeSeq"]
    with listening(served.customer, served.agent, people.supervisor, join={"sessionId": served.id}) as (
        customer,
        agent,
        supervisor,
    ):
        note = served.agent.say(served.path, f"{secret}: he is angry", type="note")
        for staff in (agent, supervisor):
            staff.wait_for("message", lambda data: data["messageId"] == note["messageId"])
        after = served.agent.say(served.path, "the end of the line")
        customer.wait_for("message", lambda data: data["messageId"] == after["messageId"])
        customer.ok("resume", {"threads": [{"sessionId": served.id, "afterChange": 0}]})
        assert secret not in customer.text() and not customer.all("message", lambda data: data["type"] == "note")
        answer = customer.ok("resume", {"threads": [{"sessionId": served.id, "afterChange": change}]})
        assert secret not in repr(answer)
    ticket = people.supervisor.post(f"{served.path}/ticket", {"title": "follow up"})
    seen = [
        served.customer.get("/sessions"),
        served.customer.get("/sessions", q=secret),
        served.customer.get(served.path),
        served.customer.messages(served.path),
        served.customer.messages(served.path, afterChange=0),
        served.customer.messages(served.path, beforeSeq=note["seq"] + 1),
        served.customer.get(f"/tickets/{ticket['id']}"),
    ]
    assert secret not in repr(seen)
    assert served.customer.get(served.path)["unread"] == 1  # the public word after it
    served.customer.post(f"{served.path}/messages/{note['messageId']}/recall", expect=404)
    assert served.agent.get(served.path)["lastSeq"] >= note["seq"]
    assert secret in repr(served.agent.messages(served.path))


def test_last_message_of_a_list_is_never_a_note_for_the_customer(served):
    public = served.agent.say(served.path, "the last public word")
    note = served.agent.say(served.path, "internal", type="note")
    assert served.customer.get(served.path)["lastMessage"]["seq"] == public["seq"]
    assert served.agent.get(served.path)["lastMessage"]["seq"] == note["seq"]


def test_note_in_a_ticket_room_stays_with_staff(people):
    ticket, secret = people.ticket(assignee=people.agent), unique("ticket-secret")
    customer = people.visitor()
    ticket = people.ticket(customer, assignee=people.agent)
    path = f"/tickets/{ticket['id']}"
    with listening(customer, people.agent, join={"ticketId": ticket["id"]}) as (outside, inside):
        people.agent.say(path, secret, type="note")
        inside.wait_for("message", lambda data: data["content"] == secret)
        after = people.agent.say(path, "for you")
        outside.wait_for("message", lambda data: data["messageId"] == after["messageId"])
        assert secret not in outside.text()
        assert not inside.all("new_message", lambda data: secret in repr(data)), "E's clients do not know notes"
    assert secret not in repr([customer.messages(path), customer.messages(path, afterChange=0), customer.get(path)])


# --- taking back ----------------------------------------------------------------------------------------------------


def test_recalled_message_keeps_its_place_and_loses_its_words(people, served):
    """The words are gone from the thread, from catching up, from the list's preview, the subject and the search."""
    visitor = people.visitor()
    conversation = visitor.open_conversation()
    path, secret = f"/sessions/{conversation['id']}", unique("wrong-window")
    said = visitor.say(path, f"my password is {secret}")
    with visitor.socket() as ears:
        ears.ok("join", {"sessionId": conversation["id"]})
        recalled = visitor.post(f"{path}/messages/{said['messageId']}/recall")
        heard = ears.wait_for("message", lambda data: data["messageId"] == said["messageId"] and data["recalled"])
    assert heard == recalled
    assert recalled["recalled"] and recalled["content"] == "" and recalled["payload"] is None
    assert recalled["seq"] == said["seq"] and recalled["changeSeq"] > said["changeSeq"]
    for person in (visitor, people.supervisor):
        seen = [
            person.get(path),
            person.get("/sessions", q=secret),
            person.messages(path),
            person.messages(path, afterChange=0),
        ]
        assert secret not in repr(seen)


def test_recalling_twice_changes_nothing_more(served):
    said = served.customer.say(served.path)
    first = served.customer.post(f"{served.path}/messages/{said['messageId']}/recall")
    assert served.customer.post(f"{served.path}/messages/{said['messageId']}/recall") == first


def test_words_of_others_cannot_be_recalled(people, served):
    said = served.agent.say(served.path, "this stays")
    for person in (served.customer, people.supervisor):
        assert person.post(f"{served.path}/messages/{said['messageId']}/recall", expect=403)["error"] == "not_allowed"
    assert fresh(served.customer, served.path)[said["messageId"]]["content"] == "this stays"


def test_message_older_than_two_minutes_stays(served, database):
    said = served.customer.say(served.path, "too late")
    with database.begin() as connection:
        connection.execute(
            sa.text("UPDATE chat_message SET create_time = '2026-01-01 00:00:00' WHERE id = :id"),
            {"id": said["messageId"]},
        )
    served.customer.post(f"{served.path}/messages/{said['messageId']}/recall", expect=409)
    assert fresh(served.customer, served.path)[said["messageId"]]["content"] == "too late"


def test_message_of_another_conversation_is_not_found(people, served):
    other = people.served()
    said = other.customer.say(other.path, "elsewhere")
    served.customer.post(f"{served.path}/messages/{said['messageId']}/recall", expect=404)


# --- read marks and counters ----------------------------------------------------------------------------------------


def recount(person: Person, path: str) -> int:
    """Unread, counted by hand from what the person may read."""
    own = ("customer", person.customer_id) if person.customer_id else ("agent", person.user_id)
    page = person.messages(path, limit=200)
    read = next((mark["readSeq"] for mark in page["reads"] if (mark["senderKind"], mark["senderId"]) == own), 0)
    return sum(
        message["seq"] > read
        and message["type"] != "system"
        and (message["sender"]["kind"], message["sender"]["id"]) != own
        for message in page["list"]
    )


def test_unread_counters_equal_a_recount(people, served):
    """Random talk and reading by three people; every counter equals what can be counted in the messages."""
    chance = random.Random(11)
    everybody = [served.customer, served.agent, people.supervisor]
    for _ in range(25):
        person = chance.choice(everybody)
        if chance.random() < 0.4:
            person.post(f"{served.path}/read", {"seq": chance.randint(0, served.agent.get(served.path)["lastSeq"])})
        elif person is people.supervisor:
            person.say(served.path, type="note")
        else:
            person.say(served.path)
        for reader in everybody:
            assert reader.get(served.path)["unread"] == recount(reader, served.path)


def test_read_marks_go_forward_only_and_not_beyond_the_end(served):
    last = served.agent.say(served.path)["seq"]
    assert served.customer.post(f"{served.path}/read", {"seq": last + 1000})["readSeq"] == last
    assert served.customer.post(f"{served.path}/read", {"seq": 1})["readSeq"] == last


def test_reading_is_shown_to_the_other_side(served):
    last = served.agent.say(served.path)["seq"]
    with listening(served.agent, served.customer, join={"sessionId": served.id}) as (agent, customer):
        customer.ok("message_ack", {"sessionId": served.id, "seq": last})
        heard = agent.wait_for("status_update", lambda data: data.get("sessionId") == served.id)
        assert heard["reads"] == [
            {
                "senderKind": "customer",
                "senderId": served.customer.customer_id,
                "readSeq": last,
                "receivedSeq": last,
            }
        ]


# --- what may be sent -----------------------------------------------------------------------------------------------


def test_closed_conversation_refuses_by_every_door(people, served):
    served.customer.say(served.path, "the last word")
    served.agent.put(f"{served.path}/close")
    before = fresh(served.customer, served.path)
    for person in (served.agent, people.supervisor):  # a customer's late word opens it again
        assert person.say(served.path, "one more", expect=409)["error"] == "conversation_closed"
        assert (
            person.program().say(served.path, "one more", expect=409)["error"] == "conversation_closed"
            if person.username
            else True
        )
        with person.socket() as ears:
            for data in ({"sessionId": served.id}, {"session_id": served.id}):
                ears.refused(
                    "send_message", data | {"clientMsgId": unique(), "content": "one more"}, "conversation_closed"
                )
    assert fresh(served.customer, served.path) == before


def test_repeating_a_message_after_the_end_still_acknowledges_it(served):
    """A client that lost the acknowledgement must not believe that its message was lost."""
    said = served.customer.say(served.path, "just in time", id=(name := unique("late")))
    served.agent.put(f"{served.path}/close")
    assert served.customer.say(served.path, "just in time", id=name) == said


@pytest.mark.parametrize("kind", ["note", "system", "answer"])
def test_customer_cannot_send_what_staff_and_machines_say(served, kind):
    served.customer.say(served.path, "as if", type=kind, expect=403)
    with served.customer.socket() as ears:
        ears.refused(
            "send_message",
            {"sessionId": served.id, "clientMsgId": unique(), "type": kind, "content": "as if"},
            "not_allowed",
        )


@pytest.mark.parametrize(
    "body",
    [
        {"content": ""},
        {"content": "  \n "},  # says nothing
        {"content": "x" * 8001},  # longer than any message
        {"content": "with a file", "type": "file"},
        {"content": "", "type": "image"},  # without the file
        {"content": "text", "fileId": 1},  # a file that text does not carry
        {"content": "ok", "clientMsgId": ""},
        {"content": "ok", "clientMsgId": "x" * 65},  # an id that identifies nothing
        {"content": "ok", "sender": {"kind": "agent"}},
        {"content": "ok", "seq": 5},
        {"content": "ok", "createTime": "2020-01-01"},
        {"content": "nul\x00"},
    ],
)
def test_message_that_cannot_be_sent_is_refused(served, body):
    before = served.customer.get(served.path)["lastSeq"]
    served.customer.post(f"{served.path}/messages", {"clientMsgId": unique(), **body}, expect=400)
    with served.customer.socket() as ears:
        ears.refused(
            "send_message", {"sessionId": served.id, "clientMsgId": unique("s"), **body}, "invalid"
        ) if body.get("clientMsgId") != "" else None
    assert served.customer.get(served.path)["lastSeq"] == before


def test_only_the_agent_in_charge_answers_but_a_supervisor_may_leave_a_note(people, served):
    people.supervisor.say(served.path, "let me", expect=403)
    assert people.supervisor.say(served.path, "watch the tone", type="note")["type"] == "note"


def test_typing_shows_the_customers_words_to_staff_only(people, served):
    """What somebody has not sent yet is for the agent's eyes; an agent's own preview goes nowhere."""
    second = served.customer.at(served.customer.base_url)
    with listening(served.customer, second, served.agent, join={"sessionId": served.id}) as (customer, tab, agent):
        customer.ok("typing", {"sessionId": served.id, "typing": True, "preview": "I am not sure whether"})
        heard = agent.wait_for("typing")
        assert heard["preview"] == "I am not sure whether" and heard["sender"]["kind"] == "customer"
        agent.ok("typing", {"sessionId": served.id, "typing": True, "preview": "he should know that"})
        heard = tab.wait_for("typing")
        assert heard["sender"]["kind"] == "agent" and "preview" not in heard
        assert "I am not sure" not in tab.text() and "he should know" not in tab.text() + customer.text()


def test_customer_does_not_learn_who_looks_on(people, served):
    """A supervisor can only be writing a note there: that he writes is for his colleague to see."""
    with listening(served.customer, served.agent, people.supervisor, join={"sessionId": served.id}) as ears:
        customer, agent, boss = ears
        boss.ok("typing", {"sessionId": served.id, "typing": True})
        assert agent.wait_for("typing")["sender"]["id"] == people.supervisor.user_id
        customer.settle()
        assert not customer.all("typing")


def test_customer_who_floods_is_slowed_down_on_every_door(people, start_server):
    server = start_server(MESSAGE_RATE="3 per minute")
    visitor = people.visitor()
    path = f"/sessions/{visitor.open_conversation()['id']}"
    visitor = visitor.at(server.base_url)
    with visitor.socket() as ears:
        for _ in range(2):
            visitor.say(path)
        ears.ok("send_message", {"sessionId": int(path.rsplit("/", 1)[1]), "clientMsgId": unique(), "content": "third"})
        refusal = ears.refused(
            "send_message",
            {"sessionId": int(path.rsplit("/", 1)[1]), "clientMsgId": unique(), "content": "4th"},
            "too_many",
        )
        assert refusal["message"]
    answer = visitor.request("POST", f"{path}/messages", json={"clientMsgId": unique(), "content": "fifth"})
    assert answer.status_code == 429 and int(answer.headers["Retry-After"]) > 0
    assert sum(message["sender"]["kind"] == "customer" for message in visitor.messages(path)["list"]) == 3
