"""What goes with a message: voice, colleagues named in notes, what has arrived, who else looks (CHT-1, 3 and 10)."""

import io
import wave

import pytest

from tests.people import Company, Person, Served, listening, unique
from tests.screens import Screens
from tests.waiting import eventually

SECRET = "内部消息不外传"


@pytest.fixture
def served(people: Company) -> Served:
    return people.served()


@pytest.fixture(scope="module", autouse=True)
def agents_with_room(people: Company) -> None:
    people.new_shift()


def spoken(seconds: int = 1) -> bytes:
    """A recording in which nobody speaks."""
    output = io.BytesIO()
    with wave.open(output, "wb") as sound:
        sound.setparams((1, 2, 8000, 0, "NONE", ""))
        sound.writeframes(bytes(16000 * seconds))
    return output.getvalue()


def voice(person: Person, path: str, *, expect: int = 200, name: str = "voice.wav", data: bytes = b"", **more) -> dict:
    file = person.upload(name, data or spoken(), "audio/wav")
    body = {"clientMsgId": unique("v"), "type": "voice", "fileId": file["fileId"], **more}
    return person.post(f"{path}/messages", body, expect=expect)


# --- voice ------------------------------------------------------------------------------------------------------------


def test_voice_reaches_the_other_side_with_its_length_and_can_be_played(served: Served):
    """Both ways, over REST and sockets; a player may jump within it, and opened by itself it is saved, not shown."""
    with listening(served.customer, join={"sessionId": served.id}) as (customer,):
        sent = voice(served.agent, served.path, seconds=7)
        heard = customer.wait_for("message", lambda one: one["messageId"] == sent["messageId"])
    assert (heard["type"], heard["payload"]["seconds"], heard["payload"]["mime"]) == ("voice", 7, "audio/wav")
    voice(served.customer, served.path, seconds=1)
    assert [one["type"] for one in served.agent.messages(served.path)["list"]][-2:] == ["voice", "voice"]

    url = f"/files/{sent['payload']['fileId']}/content"
    part = served.customer.request("GET", url, headers={"Range": "bytes=0-3"})
    assert (part.status_code, part.content, part.headers["Content-Type"]) == (206, b"RIFF", "audio/wav")
    assert part.headers["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({}, "seconds"),  # how long it is must be said
        ({"seconds": 0}, "seconds"),
        ({"seconds": 301}, "seconds"),
        ({"seconds": 2, "name": "notes.txt", "data": b"no sound"}, "fileId"),
    ],
)
def test_what_is_no_voice_message_is_refused(served: Served, more: dict, field: str):
    refused = voice(served.customer, served.path, expect=400, **more)
    assert field in refused["fields"]


def test_only_voice_messages_have_a_length(served: Served):
    served.agent.say(served.path, "您好", seconds=3, expect=400)


# --- colleagues named in notes ----------------------------------------------------------------------------------------


def mentions_of(person: Person) -> list[dict]:
    return [one for one in person.get("/notifications", size=50)["list"] if one["kind"] == "message.mentioned"]


def test_named_colleague_is_told_and_the_customer_learns_nothing(people: Company, served: Served):
    boss = people.new("supervisor", "赵静")
    with listening(served.customer, boss) as (customer, ears):
        customer.ok("join", {"sessionId": served.id})
        colleagues = {one["userId"]: one["name"] for one in served.agent.get(f"{served.path}/colleagues")}
        assert colleagues[boss.user_id] == "赵静"
        assert served.agent.user_id not in colleagues  # oneself
        assert people.other_team_agent.user_id not in colleagues  # could not read the note
        note = served.agent.say(served.path, f"@赵静 {SECRET}", type="note", mentions=[boss.user_id])
        assert note["payload"]["mentions"] == [{"userId": boss.user_id, "name": "赵静"}]
        told = ears.wait_for("notification", lambda one: one["kind"] == "message.mentioned")
        assert told["link"] == f"/desk/c/{served.id}"
        assert SECRET not in repr(told)
        customer.settle()
        assert SECRET not in customer.text()
        assert "赵静" not in customer.text()
    assert SECRET not in repr(served.customer.messages(served.path))
    assert served.customer.get(served.path)["unread"] == 0
    served.customer.get(f"{served.path}/colleagues", expect=403)


def test_same_in_the_room_of_a_ticket(people: Company):
    boss = people.new("supervisor", "钱勇")
    customer = people.visitor()
    ticket = people.ticket(customer, people.agent)
    path = f"/tickets/{ticket['id']}"
    people.agent.say(path, f"@钱勇 {SECRET}", type="note", mentions=[boss.user_id])
    eventually(lambda: [one["link"] for one in mentions_of(boss)] == [f"/desk/tickets/{ticket['id']}"])
    assert SECRET not in repr(customer.messages(path))


def test_whoever_may_not_read_a_note_cannot_be_named_in_it(people: Company, served: Served):
    stranger = people.other_team_agent
    served.agent.say(served.path, type="note", mentions=[stranger.user_id], expect=400)
    served.agent.say(served.path, type="note", mentions=[served.agent.user_id + 99_999], expect=400)
    served.agent.say(served.path, mentions=[people.supervisor.user_id], expect=400)  # the customer would read it
    served.customer.say(served.path, mentions=[people.supervisor.user_id], expect=400)
    assert mentions_of(stranger) == []


# --- what has arrived -------------------------------------------------------------------------------------------------


def marks(person: Person, served: Served, kind: str) -> tuple[int, int]:
    """(received, read) of the customer or the agent."""
    found = [one for one in person.messages(served.path)["reads"] if one["senderKind"] == kind]
    return (found[0]["receivedSeq"], found[0]["readSeq"]) if found else (0, 0)


def test_writer_learns_that_a_message_has_arrived_before_anybody_looks(served: Served):
    with listening(served.agent, served.customer, join={"sessionId": served.id}) as (agent, customer):
        sent = served.agent.say(served.path, "您好")
        customer.wait_for("message", lambda one: one["messageId"] == sent["messageId"])
        customer.ok("received", {"sessionId": served.id, "seq": sent["seq"]})
        told = agent.wait_for("status_update", lambda one: one.get("threadId") == served.thread_id)
        assert told["reads"][0]["receivedSeq"] == sent["seq"]
        assert told["reads"][0]["readSeq"] < sent["seq"]
        assert marks(served.agent, served, "customer")[0] == sent["seq"]  # also for a page that is opened later
        assert served.customer.get(served.path)["unread"] == 1  # arrived is not read

        customer.ok("received", {"sessionId": served.id, "seq": 1})  # never backwards, never beyond the newest
        customer.ok("received", {"sessionId": served.id, "seq": sent["seq"] + 1000})
        assert marks(served.agent, served, "customer")[0] == sent["seq"]
        customer.ok("message_ack", {"sessionId": served.id, "seq": sent["seq"]})
        assert marks(served.agent, served, "customer") == (sent["seq"], sent["seq"])


# --- who else looks ---------------------------------------------------------------------------------------------------


def test_colleagues_learn_of_each_other_and_the_customer_of_neither(people: Company, served: Served):
    people_here = (served.agent, people.supervisor, served.customer)
    with listening(*people_here, join={"sessionId": served.id}) as (agent, boss, customer):
        boss.ok("viewing", {"sessionId": served.id, "state": "here", "ask": True})
        heard = agent.wait_for("viewing")
        assert (heard["user"]["id"], heard["state"], heard["ask"]) == (people.supervisor.user_id, "here", True)
        agent.ok("viewing", {"sessionId": served.id, "state": "writing"})
        assert boss.wait_for("viewing")["user"]["id"] == served.agent.user_id
        customer.refused("viewing", {"sessionId": served.id}, "not_allowed")
        boss.refused("viewing", {"sessionId": served.id, "state": "asleep"}, "invalid")
        for ears in (agent, boss, customer):
            ears.settle()
        assert len(agent.all("viewing")) == 1  # nobody hears himself
        assert customer.all("viewing") == []


# --- lists ------------------------------------------------------------------------------------------------------------


def test_list_narrows_by_vip_time_and_team(new_company):
    company = new_company()
    agent, mate, boss = company.new("agent"), company.new("agent"), company.new("supervisor")
    served, other = company.served(company.visitor(), agent), company.served(company.visitor(), mate)
    company.admin.put(f"/customers/{other.customer.customer_id}", {"vipLevel": 2})

    def ids(**query) -> set[int]:
        return {row["id"] for row in boss.get("/sessions", **query)["list"]}

    assert ids(vip=1) == {other.id}
    assert ids(ids=f"{served.id},{other.id},99999999") == {served.id, other.id}
    assert [row["id"] for row in agent.get("/sessions", ids=f"{served.id},{other.id}")["list"]] == [served.id]
    boss.get("/sessions", ids="1;2", expect=400)
    assert ids(since="2020-01-01T00:00:00Z") == {served.id, other.id}
    assert ids(since="2120-01-01T00:00:00+08:00") == set()
    boss.get("/sessions", since="yesterday", expect=400)
    assert ids(agentId="team") == set()
    team = company.admin.post("/teams", {"name": unique("team")})["id"]
    for person in (boss, mate):
        Screens(company.admin).make("team_member", team_id=str(team), agent_id=str(person.agent_id))
    assert ids(agentId="team") == {other.id}
    assert {row["id"] for row in agent.get("/sessions", agentId="team")["list"]} == {served.id}  # no more than before
