"""Sockets below the client libraries: what can be said that no library says, and in which order the server speaks."""

import datetime as dt
import json
import time

import sqlalchemy as sa

from tests.people import Company
from tests.servers import AppServer
from tests.wire import Wire

#: how soon whoever may hear nothing more must be silent, or gone
CUT_WITHIN = 5.0

#: after the number of the packet: what is no event of ours
NONSENSE = (
    '["disconnect"]',
    '["disconnect","transport close"]',
    '["connect"]',
    '["connect",{"token":"x"}]',
    '["unknown",{}]',
    '["no such event",{}]',
    '["__class__",{}]',
    '["*",{}]',
    '["",{}]',
    "[]",
    "{}",
    "null",
    '"ping"',
    "[5,{}]",
    "[null]",
    '[["ping"],{}]',
    '[{"ping":1},{}]',
    "[" * 900 + "]" * 900,
)
#: packets that say nothing to us, with nothing that could be answered
PACKETS = (
    *("4", "42", "43", "44", "45", "46", "47", "43[]", '439["x"]', "4null", "4[1,2]", '4{"a":1}', "451-"),
    *('451-["ping"]', '4599999999999-["ping"]', "41/other,", '42/other,["ping"]', "4" + "[" * 900, '42["ping"'),
    "42" + "9" * 200 + '["ping"]',
)


def test_socket_that_calls_itself_disconnected_is_cut_off_like_any_other(people: Company):
    """B07: by the name of an event of the library a socket once freed itself from whoever watches over it."""
    watcher = people.new("supervisor")
    with Wire(watcher) as wire, people.supervisor.socket() as witness:
        wire.connect()
        for name in ("disconnect", "connect"):
            wire.say(f'42["{name}"]')
        assert wire.ask("ping")["ok"]
        watcher.delete("/session")
        deadline = time.monotonic() + CUT_WITHIN
        wire.wait_for(lambda text: text.startswith('42["signed_out"'))
        wire.wait_for(lambda text: text == "41", timeout=deadline - time.monotonic())
        served = people.served()
        witness.wait_for("session_update", lambda data: data["sessionId"] == served.id and data["event"] == "assigned")
        assert wire.is_closed_within(14), "the connection of somebody who was sent away stays open"
    assert not [text for text in wire.heard if "session_update" in text and f'"sessionId":{served.id},' in text]


def test_what_is_no_event_is_refused_in_the_one_shape_and_changes_nothing(people: Company, server: AppServer):
    served, begun = people.served(), server.log.stat().st_size
    with Wire(served.customer) as wire, served.agent.socket() as agent:
        wire.connect()
        agent.ok("join", {"sessionId": served.id})
        before = served.customer.messages(served.path)
        for text in NONSENSE:
            answer = wire.ask_raw(text)
            assert set(answer) == {"ok", "error", "message"} and answer["error"] == "invalid", (text, answer)
        for text in PACKETS:
            wire.say(text)
            wire.say(b"\x00\xff")
            assert wire.ask("ping", {})["ok"], text
        assert served.customer.messages(served.path) == before
        agent.settle()
        assert agent.names() == []
        wire.ask("send_message", {"sessionId": served.id, "clientMsgId": "after", "content": "still myself"})
        agent.wait_for("message", lambda data: data["content"] == "still myself")
    assert "Traceback" not in server.log_text(begun)


def test_parts_announced_as_binary_are_not_waited_for(people: Company):
    """B15: fifty attachments announced and never sent hold nothing back, and those that come are no text of ours."""
    served = people.served()
    with Wire(served.customer) as wire:
        wire.connect()
        for number in range(50):
            wire.say(f'4550-{number}["ping",{{"_placeholder":true,"num":0}}]')
            assert wire.acknowledgement(number)["error"] == "invalid"
        message = {"sessionId": served.id, "clientMsgId": "b", "content": {"_placeholder": True, "num": 0}}
        wire.say(f"451-77{json.dumps(['send_message', message])}")
        wire.say(b"bytes")
        assert wire.acknowledgement(77)["error"] == "invalid"
    assert "bytes" not in repr(served.customer.messages(served.path))


def test_nobody_holds_a_connection_without_saying_who_he_is(people: Company):
    """B01 below Socket.IO: whoever never asks to be let in does not keep his place either."""
    with Wire(people.anonymous) as silent, Wire(people.agent) as speaking:
        speaking.connect()
        assert silent.is_closed_within(15)
        assert speaking.ask("ping")["ok"]


def test_first_word_of_the_server_is_that_one_is_connected(people: Company, database: sa.Engine):
    """By the protocol a client may drop what comes before. An agent who comes back is told so himself, too: at once."""
    agent = people.new("agent")
    agent.be("busy")
    with database.begin() as connection:  # what the keeper does when the last socket has gone
        connection.execute(
            sa.text("UPDATE agent SET presence = 3, presence_time = :now WHERE id = :id"),
            {"now": dt.datetime.now(dt.UTC).replace(tzinfo=None), "id": agent.agent_id},
        )
    with Wire(agent) as wire:
        assert wire.connect().startswith("40{")
        assert wire.ask("ping")["ok"]
        assert agent.get(f"/agents/{agent.agent_id}")["presence"] == "busy"
        agent.be("offline")
        wire.wait_for(lambda text: '"presence":"offline"' in text)
