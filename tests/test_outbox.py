"""Announced events: stored with the change or not at all, told at least once, given up on only with a reason."""

import json
import threading
import time
from collections.abc import Callable

import pytest
import sqlalchemy as sa

from tests.people import Company, Served, listening, unique
from tests.waiting import ago, eventually

#: one round of the sweep, the grace it gives a fresh event, and some air
TOLD_WITHIN = 20.0


@pytest.fixture
def served(people: Company) -> Served:
    return people.served()


class Outbox:
    """The table as an operator sees it."""

    def __init__(self, engine: sa.Engine):
        self.engine = engine

    def rows(self, condition: str = "1 = 1", **values) -> list[sa.Row]:
        with self.engine.connect() as connection:
            return list(
                connection.execute(
                    sa.text(
                        f"SELECT id, name, payload, sent_time, attempts, last_error FROM outbox_event WHERE {condition}"
                        " ORDER BY id"
                    ),
                    values,
                )
            )

    def last_id(self) -> int:
        return max((row.id for row in self.rows()), default=0)

    def insert(self, name: str, payload: dict, *, attempts: int = 0) -> int:
        with self.engine.begin() as connection:
            connection.execute(
                sa.text(
                    "INSERT INTO outbox_event (name, payload, create_time, attempts, tenant_id)"
                    " VALUES (:name, :payload, :time, :attempts, 1)"
                ),
                {"name": name, "payload": json.dumps(payload), "time": ago(60), "attempts": attempts},
            )
            return connection.execute(
                sa.text("SELECT MAX(id) FROM outbox_event WHERE name = :name"), {"name": name}
            ).scalar()

    def forget_telling(self, number: int) -> None:
        """As if the process had died before it told this one."""
        with self.engine.begin() as connection:
            connection.execute(
                sa.text("UPDATE outbox_event SET sent_time = NULL, create_time = :time WHERE id = :id"),
                {"time": ago(60), "id": number},
            )

    def remove(self, *numbers: int) -> None:
        with self.engine.begin() as connection:
            connection.execute(
                sa.text("DELETE FROM outbox_event WHERE id IN :ids").bindparams(sa.bindparam("ids", expanding=True)),
                {"ids": list(numbers)},
            )

    def wait(self, condition: Callable[[], bool], otherwise: str) -> None:
        """For what another process writes into the table."""
        deadline, pause = time.monotonic() + TOLD_WITHIN, threading.Event()
        while not condition():
            assert time.monotonic() < deadline, otherwise
            pause.wait(0.1)


@pytest.fixture
def outbox(database: sa.Engine) -> Outbox:
    return Outbox(database)


def test_every_event_is_told_and_marked(people, outbox):
    """I8: a whole life of a conversation and a ticket leaves nothing untold."""
    before = outbox.last_id()
    served = people.served()
    served.customer.say(served.path)
    served.agent.post(f"{served.path}/hold")
    served.agent.put(f"{served.path}/close")
    served.customer.post(f"{served.path}/rating", {"score": 5})
    people.ticket(served.customer, people.agent)
    assert {row.name for row in outbox.rows("id > :before", before=before)} >= {
        "conversation.created",
        "conversation.assigned",
        "conversation.held",
        "conversation.closed",
        "conversation.rated",
        "message.sent",
        "ticket.created",
        "ticket.assigned",
    }
    outbox.wait(
        lambda: not outbox.rows("id > :before AND sent_time IS NULL", before=before),
        "some events were never marked as told",
    )


def test_refused_action_leaves_no_event(served, outbox):
    served.agent.put(f"{served.path}/close")
    before = outbox.last_id()
    served.agent.say(served.path, expect=409)
    served.agent.post(f"{served.path}/hold", expect=409)
    served.customer.post(f"{served.path}/rating", {"score": 9}, expect=400)
    assert not [
        row
        for row in outbox.rows("id > :before", before=before)
        if f'"conversation_id": {served.id}' in row.payload or f'"sessionId": {served.id}' in row.payload
    ]


def test_untold_event_is_told_again_and_its_consequences_happen_once(people, served, outbox):
    """A message is heard a second time as the same message; a notification is not made twice."""
    said = served.customer.say(served.path, unique("again"))
    message = next(
        row
        for row in outbox.rows("name = 'message.sent'")
        if json.loads(row.payload)["message_id"] == said["messageId"]
    )
    given = next(
        row
        for row in outbox.rows("name = 'conversation.assigned'")
        if json.loads(row.payload)["conversation_id"] == served.id
    )
    outbox.wait(
        lambda: not outbox.rows("sent_time IS NULL AND id IN (:a, :b)", a=message.id, b=given.id),
        "was not told in the first place",
    )
    notified = served.agent.get("/notifications")["total"]
    with listening(served.agent, served.customer, join={"sessionId": served.id}) as ears:
        for row in (message, given):
            outbox.forget_telling(row.id)
        for one in ears:
            assert (
                one.wait_for("message", lambda data: data["messageId"] == said["messageId"], timeout=TOLD_WITHIN)
                == said
            )
        outbox.wait(
            lambda: not outbox.rows("sent_time IS NULL AND id IN (:a, :b)", a=message.id, b=given.id),
            "was not marked the second time",
        )
    assert served.agent.get("/notifications")["total"] == notified


@pytest.mark.backend("sqlite")
def test_second_process_on_the_same_data_leaves_the_timetable_to_the_first(people, outbox, start_server):
    """Without Redis only the first one's sockets are known to those who listen there; so it does the telling."""
    second = start_server()
    eventually(lambda: "another process serves the same data" in second.log_text())
    for _ in range(3):
        served = people.served()
        with listening(served.agent, join={"sessionId": served.id}) as (agent,):
            said = served.customer.say(served.path)
            agent.wait_for("message", lambda data: data["messageId"] == said["messageId"])
            (message,) = [row for row in outbox.rows("name = 'message.sent'") if said["messageId"] in _numbers(row)]
            outbox.wait(lambda row=message: outbox.rows("id = :id", id=row.id)[0].sent_time, "was not told at first")
            agent.heard.clear()
            outbox.forget_telling(message.id)
            agent.wait_for("message", lambda data: data["messageId"] == said["messageId"], timeout=TOLD_WITHIN)


def test_event_that_cannot_be_told_blocks_no_other_and_is_given_up_in_the_end(served, outbox):
    """It stays with its reason; after twenty tries nobody tries any more. One about a vanished row is no error."""
    poison = outbox.insert("no.such_event", {"rooms": []})
    hopeless = outbox.insert("no.such_event_either", {"rooms": []}, attempts=19)
    gone = outbox.insert("conversation.closed", {"rooms": ["customer:1"], "conversation_id": 987_654_321})
    said = served.customer.say(served.path)
    message = next(
        row
        for row in outbox.rows("name = 'message.sent'")
        if json.loads(row.payload)["message_id"] == said["messageId"]
    )
    outbox.wait(lambda: outbox.rows("id = :id", id=poison)[0].attempts >= 2, "nobody tried again")
    outbox.wait(
        lambda: len(outbox.rows("id IN (:a, :b) AND sent_time IS NOT NULL", a=message.id, b=gone)) == 2,
        "the good ones were not told",
    )
    row, last = outbox.rows("id IN (:a, :b)", a=poison, b=hopeless)
    assert row.sent_time is None and "no.such_event" in row.last_error
    assert last.attempts == 20, "tried once more although it had failed twenty times"
    outbox.remove(poison, hopeless)  # the log of this server is read by others


def _numbers(row: sa.Row) -> list:
    return list(json.loads(row.payload).values())
