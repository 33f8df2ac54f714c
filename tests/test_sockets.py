"""Sockets: who may connect, what may be said, and that they go silent when their owner may hear no more."""

import time

import pytest
import socketio

from tests.data.matrix import SOCKETS
from tests.people import Company, Ears, Person, Served, listening, unique

#: how soon a change of rights must have reached every socket
CUT_WITHIN = 5.0


@pytest.fixture
def served(people: Company) -> Served:
    return people.served()


@pytest.fixture(scope="module", autouse=True)
def agents_with_room(people: Company) -> None:
    people.new_shift()


def refuses(base_url: str, **options) -> bool:
    try:
        Ears(base_url, **options).close()
    except socketio.exceptions.ConnectionError:
        return True
    return False


# --- who may connect ------------------------------------------------------------------------------------------------


def test_nobody_in_particular_may_only_sign_in_and_is_closed_after_ten_seconds(people):
    """B01: without cookie or token a socket can do nothing; with a token that comes in time it stays."""
    token = people.agent.token()
    with Ears(people.base_url) as silent, Ears(people.base_url) as late:
        for event, (data, _) in SOCKETS.items():
            if event not in ("ping", "auth"):
                silent.refused(event, data, "not_signed_in")
        silent.refused("auth", {}, "not_signed_in")
        assert late.ok("auth", {"token": token})["actor"]["userId"] == people.agent.user_id
        assert silent.closed.wait(14), "still open after 14 s"
        assert not late.closed.is_set()
        late.ok("ping")


def test_cookie_and_token_sign_in_and_both_transports_work(people):
    for options in (
        {"cookie": people.agent.cookie},
        {"token": people.agent.token()},
        {"cookie": people.agent.cookie, "transport": "polling"},
    ):
        with Ears(people.base_url, **options) as ears:
            ears.ok("join", {"sessionId": people.served().id})
    with people.visitor().socket() as ears:
        assert ears.ok("auth")["actor"]["kind"] == "visitor"


@pytest.mark.parametrize("token", ["nonsense", "a.b.c", "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.", "é", "x" * 5000])
def test_token_that_is_none_is_refused(people, token):
    assert refuses(people.base_url, token=token)
    with people.visitor().socket() as ears:
        ears.refused("auth", {"token": token}, "not_signed_in" if len(token) <= 4000 else "invalid")
        ears.ok("ping")


@pytest.mark.parametrize("transport", ["websocket", "polling"])
@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://127.0.0.1:1", "http://127.0.0.1.evil.example"]
)
def test_page_of_another_site_cannot_connect(people, origin, transport):
    """B09: a cookie that a foreign page sends along opens nothing."""
    assert refuses(people.base_url, cookie=people.agent.cookie, origin=origin, transport=transport)


def test_own_page_connects(people):
    for transport in ("websocket", "polling"):
        with Ears(people.base_url, cookie=people.agent.cookie, origin=people.base_url, transport=transport) as ears:
            ears.ok("ping")


# --- what may be said -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "extra",
    [
        {"sender_type": "admin"},
        {"sender_name": "系统管理员"},
        {"sender_id": 1},
        {"is_system": True},
        {"created_at": "2020-01-01"},
        {"id": 1},
        {"seq": 1},
        {"room": "thread:1"},
        {"sender": {"kind": "agent", "id": 1}},
        {"tenantId": 2},
        {"messageId": 7},
    ],
)
def test_client_cannot_say_who_speaks_or_when(people, extra):
    """B05: sender, time and numbers come from the server; what claims otherwise is refused as a whole."""
    customer = people.visitor()
    ticket = people.ticket(customer, people.agent)
    with customer.socket() as ears:
        ears.refused("send_message", {"ticket_id": ticket["id"], "content": "as the boss", **extra}, "invalid")
        said = ears.ok("send_message", {"ticket_id": ticket["id"], "content": "as myself"})["message"]
    assert said["sender"]["kind"] == "customer" and said["sender"]["id"] == customer.customer_id
    assert "as the boss" not in repr(customer.messages(f"/tickets/{ticket['id']}"))


@pytest.mark.parametrize(
    "data",
    [
        {"room": "agent:1"},
        {"sessionId": "thread:1"},
        {"sessionId": None},
        {},
        {"sessionId": 1, "ticketId": 1},
        {"sessionId": [1]},
        {"sessionId": -1},
        {"sessionId": 10**30},
        {"sessionId": 1.5},
        {"sessionId": {"$ne": None}},
        {"thread_id": 1},
        [],
        "sessionId",
        5,
        [[[]]],
        {"sessionId": "\ud800"},
        {f"key{n}": n for n in range(60)},
    ],
    ids=lambda data: repr(data)[:30],
)
def test_nonsense_is_refused_and_the_socket_lives_on(people, data):
    with people.agent.socket() as ears:
        for event in ("join", "leave", "send_message", "message_ack", "typing", "resume"):
            answer = ears.call(event, data)
            assert answer["ok"] is False and answer["error"] in ("invalid", "not_found"), f"{event}: {answer}"
        ears.ok("ping")


@pytest.mark.parametrize(
    "data",
    [
        {"threads": 5},
        {"threads": [5]},
        {"threads": [{}]},
        {"threads": [{"sessionId": 1}] * 51},
        {"threads": [{"sessionId": 1, "afterChange": "0"}]},
        {"threads": [{"sessionId": 1, "afterChange": True}]},
        {"threads": [{"sessionId": 1, "afterChange": 10**30}]},
        {"threads": [{"sessionId": 1, "afterChange": -1, "more": 1}]},
    ],
    ids=lambda data: repr(data)[:50],
)
def test_resume_of_nonsense_is_refused(people, served, data):
    if (
        isinstance(data["threads"], list)
        and len(data["threads"]) == 1
        and isinstance(data["threads"][0], dict)
        and data["threads"][0]
    ):
        data = {"threads": [data["threads"][0] | {"sessionId": served.id}]}
    with served.agent.socket() as ears:
        ears.refused("resume", data, "invalid")
        ears.ok("ping")


def test_large_frames_end_their_socket_only(people, served):
    """B15: two megabytes, and a packet that announces attachments which never come."""
    with listening(served.customer, served.agent, join={"sessionId": served.id}) as (customer, agent):
        customer.client.emit(
            "send_message", {"sessionId": served.id, "clientMsgId": unique(), "content": "x" * 2_000_000}
        )
        assert customer.closed.wait(10), "a frame of two megabytes was read"
        said = served.customer.say(served.path, "still here")
        agent.wait_for("message", lambda data: data["messageId"] == said["messageId"])
    with served.customer.socket() as ears:
        ears.client.eio.send('550-["send_message",{"_placeholder":true,"num":0}]')
        ears.closed.wait(2)
    with served.customer.socket() as ears:
        ears.ok("ping")


def test_somebody_elses_conversation_is_silent(people, served):
    """B03: whoever tries to join hears nothing of what is said, read and typed there."""
    outsiders = [people.customer, people.visitor(), people.other_team_agent]
    with listening(*outsiders, served.customer, served.agent) as ears:
        for one in ears[:3]:
            one.refused("join", {"sessionId": served.id}, "not_found")
            one.refused("resume", {"threads": [{"sessionId": served.id, "afterChange": 0}]}, "not_found")
        for one in ears[3:]:
            one.ok("join", {"sessionId": served.id})
        ears[3].ok("typing", {"sessionId": served.id, "preview": "secret"})
        said = served.customer.say(served.path, "secret words")
        ears[4].ok("message_ack", {"sessionId": served.id, "seq": said["seq"]})
        served.agent.post(f"{served.path}/hold")
        ears[3].wait_for("session_update", lambda data: data["event"] == "held")
        for one in ears[:3]:
            one.settle()
            assert one.names() == []


# --- rights that end ------------------------------------------------------------------------------------------------


def _logout(people: Company, person: Person) -> None:
    person.delete("/session")


def _disable(people: Company, person: Person) -> None:
    people.admin.put(f"/users/{person.user_id}", {"active": False})


def _delete(people: Company, person: Person) -> None:
    people.admin.delete(f"/users/{person.user_id}")


def _change_password_elsewhere(people: Company, person: Person) -> None:
    person.again().put("/user/password", {"oldPassword": person.password, "newPassword": "Another-pass-7"})


def _reset_password(people: Company, person: Person) -> None:
    people.admin.post(f"/users/{person.user_id}/reset-password")


def _change_role(people: Company, person: Person) -> None:
    people.admin.put(f"/users/{person.user_id}", {"roleIds": [people.role_id("customer")]})


@pytest.mark.parametrize("end", [_logout, _disable, _delete, _change_password_elsewhere, _reset_password, _change_role])
def test_socket_ends_with_the_sign_in(people, end):
    """B07: within five seconds, told why, and a push that comes later is not heard."""
    person = people.new("supervisor")
    with person.socket() as ears:
        ears.ok("ping")
        began = time.monotonic()
        end(people, person)
        assert ears.closed.wait(CUT_WITHIN), "still connected"
        assert time.monotonic() - began < CUT_WITHIN
        assert ears.all("signed_out")
    assert refuses(people.base_url, cookie=person.cookie) or Ears(people.base_url, cookie=person.cookie).refused(
        "join", {}, "not_signed_in"
    )


@pytest.mark.backend("mariadb")
@pytest.mark.parametrize("end", [_logout, _disable])
def test_socket_ends_with_the_sign_in_at_another_server_process(people, start_server, end):
    person, second = people.new("supervisor"), start_server()
    with person.at(second.base_url).socket() as ears:
        ears.ok("ping")
        end(people, person)
        assert ears.closed.wait(CUT_WITHIN), "still connected"


def test_own_password_change_keeps_this_socket(people):
    person = people.new("agent")
    with person.socket() as ears:
        person.put("/user/password", {"oldPassword": person.password, "newPassword": "Another-pass-7"})
        ears.ok("join", {"sessionId": people.served(agent=person).id})
        assert not ears.closed.is_set()


def test_second_sign_in_on_a_socket_forgets_the_first(people):
    """On a shared computer: after somebody else signs in, nothing for the first person arrives any more."""
    first, second = people.new("agent"), people.new("agent")
    people.make_room(first)
    with first.socket() as ears, first.again().socket() as witness:
        ears.ok("auth", {"token": second.token()})
        served = people.served(agent=first)
        witness.wait_for("notification")
        witness.wait_for("session_update", lambda data: data["sessionId"] == served.id)
        ears.settle()
        assert not ears.all("notification") and not ears.all("session_update")
        ears.refused("join", {"sessionId": served.id}, "not_found")


def test_account_that_must_change_its_password_hears_nothing(people):
    username, password = unique("fresh"), "First-pass-1"
    people.admin.post("/users", {"username": username, "password": password, "roleIds": [people.role_id("supervisor")]})
    person = Person(people.base_url)
    person._remember(person.post("/session", {"username": username, "password": password}))
    assert person.actor["mustChangePassword"]
    with person.socket() as ears, people.supervisor.socket() as witness:
        ears.refused("join", {"sessionId": 1}, "password_change_required")
        served = people.served()
        witness.wait_for("session_update", lambda data: data["sessionId"] == served.id and data["event"] == "assigned")
        ears.settle()
        assert ears.names() == []
        person.put("/user/password", {"oldPassword": password, "newPassword": "Second-pass-2"})
        deadline = time.monotonic() + CUT_WITHIN
        while not ears.all("session_update"):  # and from now on it does, without connecting anew
            served.agent.post(
                f"{served.path}/{'hold' if served.agent.get(served.path)['status'] == 'active' else 'resume'}"
            )
            ears.ok("ping")
            ears.first("session_update", timeout=0.5)
            assert time.monotonic() < deadline, "still deaf after the change"


def test_role_that_loses_a_right_goes_silent(new_company):
    """A supervisor's socket that only listens hears nothing more once the role may no longer watch."""
    company = new_company()
    watcher = company.supervisor
    role = company.admin.get(f"/roles/{company.role_id('supervisor')}")
    keep = [
        right["id"]
        for right in role["permissions"]
        if right["name"] not in ("conversation.monitor", "conversation.read")
    ]
    with watcher.socket() as ears, company.admin.socket() as witness:
        company.served()
        ears.wait_for("session_update")
        company.admin.post(f"/roles/{role['id']}/permissions", {"permissionIds": keep})
        deadline = time.monotonic() + CUT_WITHIN
        while True:
            served = company.served()
            witness.wait_for(
                "session_update", lambda data: data["sessionId"] == served.id and data["event"] == "assigned"
            )
            ears.settle()
            if not ears.all("session_update", lambda data: data["sessionId"] == served.id):
                break
            assert time.monotonic() < deadline, "still hears after the right is gone"
        ears.refused("join", {"sessionId": served.id}, "not_allowed")
