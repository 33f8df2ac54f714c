"""Socket events: who may send what."""

from tests.data.matrix.rows import MESSAGE

_OUT = "not_signed_in"
_CONCERNED = f"{_OUT} ok not_found ok not_found ok ok ok"
SOCKETS: dict[str, tuple[dict, str]] = {
    "auth": ({}, f"{_OUT} ok ok ok ok ok ok ok"),
    "ping": ({}, "ok ok ok ok ok ok ok ok"),
    "join": ({"sessionId": "$session"}, _CONCERNED),
    "leave": ({"sessionId": "$session"}, _CONCERNED),
    "send_message": (
        {"sessionId": "$session", **MESSAGE},
        f"{_OUT} ok not_found ok not_found not_allowed not_allowed not_allowed",
    ),
    "message_ack": ({"sessionId": "$session", "seq": 1}, _CONCERNED),
    "typing": ({"sessionId": "$session"}, _CONCERNED),
    "received": ({"sessionId": "$session", "seq": 1}, _CONCERNED),
    "viewing": ({"sessionId": "$session"}, f"{_OUT} not_allowed not_found ok not_found ok ok ok"),
    "resume": ({"threads": [{"sessionId": "$session", "afterChange": 0}]}, _CONCERNED),
}
#: the same events about a ticket
TICKET_SOCKETS: dict[str, tuple[dict, str]] = {
    "join": ({"ticketId": "$ticket"}, _CONCERNED),
    "leave": ({"ticketId": "$ticket"}, _CONCERNED),
    "send_message": ({"ticketId": "$ticket", **MESSAGE}, _CONCERNED),
    "message_ack": ({"ticketId": "$ticket", "seq": 1}, _CONCERNED),
    "typing": ({"ticketId": "$ticket"}, _CONCERNED),
    "received": ({"ticketId": "$ticket", "seq": 1}, _CONCERNED),
    "viewing": ({"ticketId": "$ticket"}, f"{_OUT} not_allowed not_found ok not_found ok ok ok"),
    "resume": ({"threads": [{"ticketId": "$ticket", "afterChange": 0}]}, _CONCERNED),
}
