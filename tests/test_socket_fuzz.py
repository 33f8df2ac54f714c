"""Any value in any field of any socket event: one shape of answer, nothing changed, no fault of ours in the log."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import views.sockets.handlers as sockets
from tests.people import Company, Served
from tests.wire import Wire

FIELDS = sorted({
    *("sessionId", "ticketId", "session_id", "ticket_id", "clientMsgId", "type", "content", "fileId", "seconds"),
    *("mentions", "seq", "state", "ask", "typing", "preview", "threads", "afterChange", "token", "__proto__", "id"),
})  # fmt: skip
#: everything JSON can say, with what languages and databases are known to stumble over
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(min_value=-(2**70), max_value=2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=40),
    st.sampled_from(
        [
            "",
            "\x00",
            "\ud800",
            "\udfff\ud83d",
            "’ OR 1=1 --",
            "%_\\",
            "😀" * 20,
            "x" * 9000,
            "1",
            "true",
            "../..",
            "{{7*7}}",
        ]
    ),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=8), inner, max_size=4)),
    max_leaves=12,
)
BODIES = st.one_of(VALUES, st.dictionaries(st.sampled_from(FIELDS), VALUES, max_size=6))
#: what a speaker may send without saying anything that stays
SILENT = frozenset(sockets.HANDLERS) - {"send_message", "auth"}


@pytest.fixture(scope="module")
def served(people: Company) -> Served:
    return people.served()


def wire_text(event: str, *data) -> str:
    return json.dumps([event, *data])


def test_any_payload_gets_one_answer_and_changes_nothing(people: Company, served: Served, server):
    ticket = people.ticket(served.customer, served.agent)
    state = (served.customer.messages(served.path)["list"], served.customer.get(f"/tickets/{ticket['id']}")["lastSeq"])
    begun = server.log.stat().st_size
    with Wire(served.customer) as wire:
        wire.connect()

        @settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck), database=None)
        @given(event=st.sampled_from(sorted(sockets.HANDLERS)), body=BODIES, more=st.lists(VALUES, max_size=2))
        def answers(event: str, body, more: list) -> None:
            answer = wire.ask_raw(wire_text(event, body, *more))
            assert answer["ok"] in (True, False), answer
            if not answer["ok"]:
                assert {"error", "message"} <= set(answer) <= {"ok", "error", "message", "fields"}, answer
                assert answer["error"] != "internal" and isinstance(answer["message"], str), (event, body, answer)
                assert all(isinstance(text, str) for text in answer.get("fields", {}).values()), answer
            else:
                assert event in SILENT | {"auth"}, (event, body, answer)

        @settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck), database=None)
        @given(event=st.sampled_from(sorted(SILENT)), field=st.sampled_from(FIELDS), value=VALUES)
        def answers_in_place(event: str, field: str, value) -> None:
            """The same next to a conversation that is really there."""
            answer = wire.ask_raw(wire_text(event, {"sessionId": served.id, "seq": 1, field: value}))
            assert answer["ok"] or answer["error"] != "internal", (event, field, value, answer)

        answers()
        answers_in_place()
    assert state == (
        served.customer.messages(served.path)["list"],
        served.customer.get(f"/tickets/{ticket['id']}")["lastSeq"],
    )
    assert "Traceback" not in server.log_text(begun)
