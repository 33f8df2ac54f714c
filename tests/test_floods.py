"""Nobody keeps others from being served by doing too much: one count for each person, whatever his door (B15, K)."""

import itertools
from pathlib import Path

import pytest
import socketio
import sqlalchemy as sa

from tests.conftest import Backend
from tests.people import Company, Ears, Person, unique
from tests.servers import AppServer, run_module
from tests.waiting import ago


@pytest.fixture
def narrow(start_server) -> AppServer:
    """A server that allows little."""
    return start_server(MESSAGE_RATE="6 per minute", UPLOAD_RATE="2 per minute", EVENT_RATE="40 per minute")


def refused_at(person: Person, *calls: tuple[str, str, dict | None]) -> int:
    """How many of the calls, again and again in turn, were answered before the first 429."""
    for number, (method, path, body) in enumerate(itertools.cycle(calls)):
        status = person.request(method, path, json=body).status_code
        if status == 429:
            return number
        assert status == 200 and number < 20, (method, path, status)
    raise AssertionError("unreachable")


def test_whatever_others_get_to_see_counts_like_a_message(people: Company, narrow: AppServer):
    """Going to the queue and back writes a line each time; new conversations and tickets fill the lists of staff."""
    waiting = people.visitor()
    path = f"/sessions/{waiting.open_conversation()['id']}"
    assert (
        refused_at(waiting.at(narrow.base_url), ("POST", f"{path}/handover", {}), ("POST", f"{path}/to-bot", {})) == 6
    )

    beginning = people.visitor().at(narrow.base_url)
    for _ in range(3):
        number = beginning.open_conversation()["id"]
        beginning.put(f"/sessions/{number}/close")
    beginning.post("/sessions", {}, expect=429)

    assert refused_at(people.visitor().at(narrow.base_url), ("POST", "/tickets", {"title": "again"})) == 6

    rated = people.served()
    rated.agent.put(f"{rated.path}/close")
    rated.customer.post(f"{rated.path}/rating", {"score": 1})
    other = rated.customer.at(narrow.base_url)
    assert (
        refused_at(other, ("PUT", f"{rated.path}/rating", {"score": 2}), ("PUT", f"{rated.path}/rating", {"score": 3}))
        == 6
    )

    served = people.served()
    for _ in range(10):  # those who work here are not slowed down
        served.agent.at(narrow.base_url).say(served.path)


def test_files_are_counted_too(people: Company, narrow: AppServer):
    visitor = people.visitor().at(narrow.base_url)
    for _ in range(2):
        visitor.upload("a.txt", b"text", "text/plain")
    refusal = visitor.upload("a.txt", b"text", "text/plain", expect=429)
    assert refusal["error"] == "too_many"
    for _ in range(4):
        people.agent.at(narrow.base_url).upload("a.txt", b"text", "text/plain")


def test_what_is_never_sent_does_not_stay(people: Company, backend: Backend, database: sa.Engine):
    served = people.served()
    unsent, kept = (served.customer.upload("a.txt", unique().encode(), "text/plain")["fileId"] for _ in range(2))
    young = served.customer.upload("a.txt", b"young", "text/plain")["fileId"]
    served.customer.say(served.path, "a.txt", type="file", fileId=kept)
    with database.begin() as connection:  # on SQLite who has read first cannot wait for those who write
        connection.execute(
            sa.text("UPDATE file_object SET create_time = :past WHERE id IN (:a, :b)"),
            {"past": ago(86_500), "a": unsent, "b": kept},
        )
        rows = connection.execute(
            sa.text("SELECT id, storage_key FROM file_object WHERE id IN (:a, :b)"), {"a": unsent, "b": kept}
        )
        keys = {row.id: row.storage_key for row in rows}
    run_module("tests.task", "maintenance.clean", settings=backend.settings)
    paths = {number: Path(backend.settings["DATA_DIR"]) / "files" / key[:2] / key for number, key in keys.items()}
    assert not paths[unsent].exists() and paths[kept].exists()
    for number, status in ((unsent, 404), (kept, 200), (young, 200)):
        assert served.customer.request("GET", f"/files/{number}/content").status_code == status


def test_events_of_one_person_count_together_on_all_his_sockets(people: Company, narrow: AppServer):
    person, number = people.visitor().at(narrow.base_url), 0
    with person.socket() as first, person.socket() as second, people.visitor().at(narrow.base_url).socket() as other:
        for ears in itertools.cycle((first, second)):
            answer = ears.call("ping")
            if not answer["ok"]:
                break
            number += 1
            assert number <= 40
        assert number == 40 and answer["error"] == "too_many" and answer["message"]
        for event, data in (("join", {"sessionId": 1}), ("typing", {"sessionId": 1}), ("no such event", {})):
            second.refused(event, data, ("too_many", "invalid"))
        other.ok("ping")
    with Ears(narrow.base_url) as nobody:
        for _ in range(40):
            nobody.refused("auth", {"token": unique()}, "not_signed_in")
        nobody.refused("auth", {"token": unique()}, "too_many")


def test_one_sign_in_has_so_many_sockets_and_no_more(people: Company):
    person, opened = people.visitor(), []
    try:
        with pytest.raises(socketio.exceptions.ConnectionError):
            for _ in range(51):
                opened.append(person.socket())
        assert len(opened) == 50
        opened.pop().close()
        opened[0].settle()
        opened.append(person.socket())
        people.visitor().socket().close()
    finally:
        for ears in opened:
            ears.close()


def test_one_thread_is_caught_up_with_once_in_a_call(people: Company):
    served = people.served()
    with served.customer.socket() as ears:
        same = {"sessionId": served.id, "afterChange": 0}
        ears.refused("resume", {"threads": [same, same]}, "invalid")
