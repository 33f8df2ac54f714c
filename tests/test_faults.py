"""A process may die at any moment: what was acknowledged is there, once, in order, and everybody learns of it.

F01, F04–F06, F21–F25 of the fault catalogue. What a client knows is its ledger: message id → sequence number.
"""

import os
import signal
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import requests
import sqlalchemy as sa

from app import fail_points
from config import Config, ConfigError
from tests.people import Company, Ears, Person, at_once, listening, unique
from tests.servers import AppServer, Redis

ROUNDS = 5  # how often the server is killed
SENDERS = 6
#: from the start of a killed server until every client has said all it had to say
RECOVERED_WITHIN = 30.0


@dataclass
class Sender:
    """A client that never gives up: it repeats a message under the same id until it is acknowledged."""

    person: Person
    path: str
    #: client's message id → sequence number, in the order of the acknowledgements
    acknowledged: dict[str, int] = field(default_factory=dict)
    repeated: int = 0

    def say(self, stop: threading.Event) -> None:
        while not stop.is_set():
            name = unique("load")
            while name not in self.acknowledged:
                try:
                    self.acknowledged[name] = self.person.say(self.path, f"words of {name}", id=name)["seq"]
                except requests.RequestException:
                    self.repeated += 1
                    # the server is down: until it answers again there is nothing to do but to try
                    threading.Event().wait(0.05)


class Rooms:
    """Conversations with a sender on both sides and an observer who was there from the beginning."""

    def __init__(self, company: Company, number: int):
        self.conversations = [company.served() for _ in range(number)]
        self.senders = [
            Sender(person, served.path) for served in self.conversations for person in (served.customer, served.agent)
        ]
        self.seen: dict[str, dict[int, dict]] = {served.path: {} for served in self.conversations}
        self.change = dict.fromkeys(self.seen, 0)

    def catch_up(self) -> None:
        """What a participant does after a gap: everything since the last change it knows."""
        for served in self.conversations:
            more = True
            while more:
                page = served.agent.messages(served.path, afterChange=self.change[served.path], limit=200)
                self.seen[served.path].update({message["messageId"]: message for message in page["list"]})
                self.change[served.path], more = page["changeSeq"], page["hasMore"]


def check(rooms: Rooms, database: sa.Engine) -> None:
    """I1, I2, I4, I5: acknowledged ⇔ stored exactly once, numbered without gaps, and seen alike by everybody."""
    acknowledged = {name: seq for sender in rooms.senders for name, seq in sender.acknowledged.items()}
    with database.connect() as connection:
        stored = list(
            connection.execute(sa.text("SELECT client_msg_id, seq FROM chat_message WHERE client_msg_id LIKE 'load-%'"))
        )
    mine = [(name, seq) for name, seq in stored if name in acknowledged]
    assert len(mine) == len({name for name, _ in mine}), "a message is stored twice"
    assert dict(mine) == acknowledged, f"lost: {sorted(set(acknowledged) - {name for name, _ in mine})}"
    for served in rooms.conversations:
        views = []
        for person in (served.customer, served.agent):
            rows, before = [], None
            while True:
                page = person.messages(served.path, limit=200, **({"beforeSeq": before} if before else {}))
                rows = page["list"] + rows
                before = rows[0]["seq"]
                if not page["hasMore"]:
                    break
            assert [row["seq"] for row in rows] == list(range(1, page["lastSeq"] + 1)), "numbers have gaps"
            views.append({row["messageId"]: row for row in rows})
        assert views[0] == views[1] == rooms.seen[served.path], "two people see different conversations"


@pytest.fixture
def killable(people: Company, start_server: Callable[..., AppServer]) -> tuple[AppServer, Company]:
    """A server of the test's own on the common database, and the people as its clients."""
    server = start_server()
    people.agent, people.supervisor  # signed in before they move  # noqa: B018
    return server, people.at(server.base_url)


def test_killed_five_times_under_load_loses_and_doubles_nothing(killable, database):
    """F01, F05, F23: kill -9 while messages flow; clients repeat what was not acknowledged."""
    server, company = killable
    rooms = Rooms(company, SENDERS // 2)
    stop = threading.Event()
    threads = [threading.Thread(target=sender.say, args=(stop,), daemon=True) for sender in rooms.senders]
    for thread in threads:
        thread.start()
    try:
        for number in range(ROUNDS):
            reached = [len(sender.acknowledged) + 5 for sender in rooms.senders]
            _wait_until(
                lambda: all(
                    len(sender.acknowledged) >= wanted for sender, wanted in zip(rooms.senders, reached, strict=True)
                ),
                f"round {number}: the senders do not get on",
            )
            server.kill9()
            server.start()
            rooms.catch_up()
    finally:
        stop.set()
        for thread in threads:
            thread.join(RECOVERED_WITHIN)
    assert not any(thread.is_alive() for thread in threads), "a client never got its acknowledgement"
    assert sum(sender.repeated for sender in rooms.senders) > 0, "no kill hit anybody: the test has shown nothing"
    rooms.catch_up()
    check(rooms, database)


def test_client_that_was_cut_off_finds_everything_after_reconnecting(killable):
    """F21, F22: while one was away: new, recalled, transferred, closed. Afterwards his view is a fresh load's."""
    server, company = killable
    served = company.served()
    with served.customer.socket() as ears:
        ears.ok("join", {"sessionId": served.id})
        first = served.agent.say(served.path, "before the cut")
        ears.wait_for("message", lambda data: data["messageId"] == first["messageId"])
        view = {row["messageId"]: row for row in served.customer.messages(served.path)["list"]}
        change = served.customer.messages(served.path)["changeSeq"]
        server.kill9()
        assert ears.closed.wait(10)
    server.start()
    served.agent.post(f"{served.path}/messages/{first['messageId']}/recall")
    for _ in range(3):
        served.agent.say(served.path)
    served.agent.say(served.path, type="note")
    company.supervisor.post(f"{served.path}/takeover", {})
    company.supervisor.put(f"{served.path}/close")
    with served.customer.socket() as ears:
        found = ears.ok("resume", {"threads": [{"sessionId": served.id, "afterChange": change}]})["threads"][0]
    view.update({row["messageId"]: row for row in found["list"]})
    assert view == {row["messageId"]: row for row in served.customer.messages(served.path, limit=200)["list"]}
    assert served.customer.get(served.path)["status"] == "closed"


def test_death_between_commit_and_telling_is_made_good(people, database, start_server):
    """F04, F05: stored, but nobody was told, not even the sender. The sweep tells it, the repeat finds it."""
    served = people.served()
    mortal = start_server(FAIL_POINT="after_commit")
    name = unique("untold")
    with listening(served.agent, join={"sessionId": served.id}) as (agent,):
        with pytest.raises(requests.ConnectionError):
            served.customer.at(mortal.base_url).say(served.path, "last words", id=name)
        mortal.process.wait(10)
        assert mortal.process.returncode == 9
        mortal.kill9()
        with database.connect() as connection:
            (number,) = connection.execute(
                sa.text("SELECT id FROM chat_message WHERE client_msg_id = :id"), {"id": name}
            ).one()
        heard = agent.wait_for("message", lambda data: data["messageId"] == number, timeout=20)
    assert heard["content"] == "last words"
    assert served.customer.say(served.path, "last words", id=name)["messageId"] == number
    with database.connect() as connection:
        assert (
            connection.execute(
                sa.text("SELECT COUNT(*) FROM chat_message WHERE client_msg_id = :id"), {"id": name}
            ).scalar()
            == 1
        )


def test_lost_acknowledgement_is_repeated_by_socket(killable, database):
    """F05: the connection ends right after the event was sent; the client does not know and says it again."""
    server, company = killable
    served = company.served()
    name = unique("unsure")
    data = {"sessionId": served.id, "clientMsgId": name, "content": "did you get this?"}
    ears = served.customer.socket()
    ears.client.emit("send_message", data)
    server.kill9()
    server.start()
    with served.customer.socket() as again:
        message = again.ok("send_message", data)["message"]
    with database.connect() as connection:
        assert list(
            connection.execute(sa.text("SELECT id FROM chat_message WHERE client_msg_id = :id"), {"id": name})
        ) == [(message["messageId"],)]


def test_clients_that_come_back_all_at_once_are_all_served(killable):
    """F25 in small: forty sockets drop together and are all back, in their rooms, hearing."""
    server, company = killable
    served = company.served()
    ears = at_once(*[served.customer.socket for _ in range(40)])
    server.kill9()
    assert all(one.closed.wait(10) for one in ears)
    server.start()
    began = time.monotonic()

    def come_back() -> Ears:
        one = served.customer.socket()
        one.ok("resume", {"threads": [{"sessionId": served.id, "afterChange": 0}]})
        return one

    back = at_once(*[come_back] * 40)
    assert time.monotonic() - began < RECOVERED_WITHIN
    said = served.agent.say(served.path, "welcome back")
    for one in back:
        one.wait_for("message", lambda data: data["messageId"] == said["messageId"])
        one.close()


@pytest.mark.backend("mariadb")
def test_two_server_processes_show_one_conversation(people, start_server):
    """F24: customer and agent at different processes hear each other; the same id at both is one message."""
    served, second = people.served(), start_server()
    elsewhere = served.agent.at(second.base_url)
    with listening(served.customer, elsewhere, join={"sessionId": served.id}) as (customer, agent):
        for sender, hearer in ((served.customer, agent), (elsewhere, customer)):
            said = sender.say(served.path, unique("across"))
            hearer.wait_for("message", lambda data: data["messageId"] == said["messageId"])
    name = unique("both")
    here, there = served.customer, served.customer.at(second.base_url)
    assert (
        len(
            set(
                at_once(
                    *[
                        lambda person=person: person.say(served.path, "same", id=name)["messageId"]
                        for person in (here, there) * 5
                    ]
                )
            )
        )
        == 1
    )


@pytest.fixture
def redis_of_its_own(start_server: Callable[..., AppServer], tmp_path: Path) -> Iterator[tuple[Redis, AppServer]]:
    """A server whose Redis may be killed."""
    with Redis(tmp_path / "redis") as redis:
        yield redis, start_server(REDIS_URL=redis.url)


@pytest.mark.backend("mariadb")
def test_redis_that_hangs_holds_nobody_up(people, redis_of_its_own):
    """F07: it neither answers nor refuses. Answers come soon all the same, those that queue jobs too."""
    redis, server = redis_of_its_own
    served = people.served()
    customer, agent = served.customer.at(server.base_url), served.agent.at(server.base_url)
    os.kill(redis.process.pid, signal.SIGSTOP)
    try:
        times = []
        for number in range(10):
            began = time.monotonic()
            customer.say(served.path, f"while it hangs {number}")
            agent.be("busy" if number % 2 else "online")
            times.append(time.monotonic() - began)
    finally:
        os.kill(redis.process.pid, signal.SIGCONT)
    assert max(times) < 5 and sum(times) < 15, "answers wait for a Redis that hangs"


@pytest.mark.backend("mariadb")
def test_clients_of_another_process_learn_what_redis_did_not_carry(people, redis_of_its_own, start_server):
    """F06: after an outage nobody reconnects; the order to catch up reaches whoever is there."""
    redis, server = redis_of_its_own
    second = start_server(REDIS_URL=redis.url)
    served = people.served()
    with listening(served.agent.at(second.base_url), join={"sessionId": served.id}) as (agent,):
        redis.kill9()
        said = served.customer.at(server.base_url).say(served.path, unique("unheard"))
        redis.start()
        order = agent.wait_for("catch_up", timeout=20)
        assert 0 < order["within"] < 5
        found = agent.ok("resume", {"threads": [{"sessionId": served.id, "afterChange": said["changeSeq"] - 1}]})
    assert [row["messageId"] for row in found["threads"][0]["list"]] == [said["messageId"]]


@pytest.mark.backend("sqlite")
def test_locked_database_refuses_soon_and_holds_nobody_else_up(people, backend):
    """F12: another program writes for long. Whoever wants to write is told to come again, readers notice nothing."""
    served = people.served()
    held = sqlite3.connect(Path(backend.settings["DATA_DIR"]) / "smartsupport.db", timeout=30, isolation_level=None)
    held.execute("BEGIN EXCLUSIVE")
    try:
        name, began = unique("locked"), time.monotonic()
        writer = threading.Thread(target=lambda: served.customer.say(served.path, "later", id=name, expect=503))
        writer.start()
        asked = time.monotonic()
        served.agent.get(served.path)
        assert time.monotonic() - asked < 2, "a reader waits for the writer"
        writer.join(10)
        assert 1 < time.monotonic() - began < 8
    finally:
        held.execute("ROLLBACK")
        held.close()
    assert served.customer.say(served.path, "later", id=name)["content"] == "later"


def test_a_process_that_would_die_on_purpose_does_not_start_in_production(tmp_path):
    settings = {
        "ENVIRONMENT": "production",
        "SECRET_KEY": "x" * 40,
        "COOKIE_SECURE": "1",
        "TRUSTED_HOSTS": "example.org",
        "DATA_DIR": str(tmp_path),
    }
    Config(settings).check()
    with pytest.raises(ConfigError, match="FAIL_POINT is set"):
        Config(settings | {"FAIL_POINT": "after_commit"}).check()
    with pytest.raises(ValueError, match="names no place of ours"):
        fail_points.configure("somewhere:0.5")


@pytest.mark.backend("mariadb")
def test_redis_that_dies_delays_hints_but_loses_no_message(people, redis_of_its_own):
    """F06: sends succeed or fail honestly within seconds, and catching up shows them all."""
    redis, server = redis_of_its_own
    served = people.served()
    customer, agent = served.customer.at(server.base_url), served.agent.at(server.base_url)
    redis.kill9()
    began = time.monotonic()
    sent = [customer.say(served.path, f"without hints {number}")["messageId"] for number in range(5)]
    assert time.monotonic() - began < 15, "sending waits for a Redis that is not there"
    assert set(sent) <= {row["messageId"] for row in agent.messages(served.path, limit=200)["list"]}
    redis.start()
    with agent.socket() as ears:
        found = ears.ok("resume", {"threads": [{"sessionId": served.id, "afterChange": 0}]})["threads"][0]
        assert set(sent) <= {row["messageId"] for row in found["list"]}
        deadline = time.monotonic() + 20
        while True:  # live again without anybody's help
            said = customer.say(served.path, unique("live"))
            if ears.first("message", lambda data: data["messageId"] == said["messageId"], timeout=1):
                break
            assert time.monotonic() < deadline, "hints do not come back after Redis does"


def _wait_until(condition: Callable[[], bool], otherwise: str, seconds: float = RECOVERED_WITHIN) -> None:
    """For what happens in the clients' own threads, which wake nobody."""
    deadline, pause = time.monotonic() + seconds, threading.Event()
    while not condition():
        assert time.monotonic() < deadline, otherwise
        pause.wait(0.02)
