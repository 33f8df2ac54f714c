"""The socket's messages, each as the specification and the contract with the pages write it (INT-2; B §8.15)."""

import re
import time

from tests.people import Company, Ears, unique
from tests.wire import Wire

ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
MESSAGE = {
    *("messageId", "sessionId", "threadId", "seq", "changeSeq", "clientMsgId", "type", "content", "payload", "sender"),
    *("createTime", "timestamp", "recalled", "editedTime"),
}
CONVERSATION = {"id", "no", "status", "agent", "customer", "teamId", "threadId", "queue", "version"}
TICKET = {"id", "no", "title", "status", "priority", "assignee", "resolution", "version"}


def test_every_message_is_as_it_is_written(people: Company):
    """auth, ping, message, message_ack, status_update, typing, session_update, ticket_update, notification."""
    agent = people.new("agent", "王敏")
    token = agent.token()
    with Ears(people.base_url) as ears, people.supervisor.socket() as boss:
        actor = ears.ok("auth", {"token": token})["actor"]
        assert actor["kind"] == "user" and actor["userId"] == agent.user_id and actor["agentId"] == agent.agent_id
        assert actor["name"] == "王敏" and actor["roles"] == ["agent"]
        before = time.time() * 1000
        assert before - 1000 < ears.ok("ping")["time"] < before + 60_000

        served = people.served(agent=agent)
        told = ears.wait_for("notification", lambda data: data["kind"] == "conversation.assigned")
        assert set(told) == {"id", "kind", "params", "link", "createTime"} and ISO.fullmatch(told["createTime"])
        assert told["link"] == f"/desk/c/{served.id}"

        moved = ears.wait_for("session_update", lambda data: data["event"] == "assigned")
        assert set(moved) == {"sessionId", "event", "conversation"} and moved["sessionId"] == served.id
        assert set(moved["conversation"]) >= CONVERSATION and moved["conversation"]["status"] == "active"

        joined = ears.ok("join", {"sessionId": served.id})
        assert set(joined) == {"ok", "threadId", "lastSeq", "changeSeq"} and joined["threadId"] == served.thread_id
        with served.customer.socket() as customer:
            customer.ok("join", {"sessionId": served.id})
            customer.ok("typing", {"sessionId": served.id, "typing": True, "preview": "hel"})
            typing = ears.wait_for("typing")
            assert set(typing) == {"sessionId", "typing", "sender", "preview"} and typing["preview"] == "hel"
            assert set(typing["sender"]) == {"kind", "id", "name"} and typing["sender"]["kind"] == "customer"

            name = unique()
            sent = customer.ok("send_message", {"sessionId": served.id, "clientMsgId": name, "content": "hello"})
            message = ears.wait_for("message", lambda data: data["clientMsgId"] == name)
            assert set(message) == MESSAGE and message == sent["message"]
            assert set(message["sender"]) == {"kind", "id", "name", "avatarUrl"} and message["content"] == "hello"
            assert ISO.fullmatch(message["createTime"]) and abs(message["timestamp"] - time.time() * 1000) < 60_000

            assert ears.ok("message_ack", {"sessionId": served.id, "seq": message["seq"]})["readSeq"] == message["seq"]
            status = customer.wait_for("status_update", lambda data: "reads" in data)
            assert set(status) == {"sessionId", "threadId", "reads"}
            mark = {"senderKind": "agent", "senderId": agent.user_id, "readSeq": message["seq"]}
            assert mark.items() <= status["reads"][0].items()

        agent.be("busy")
        presence = boss.wait_for(
            "status_update", lambda data: data.get("presence", {}).get("agentId") == agent.agent_id
        )
        assert set(presence) == {"presence"} and set(presence["presence"]) == {"agentId", "presence"}

        ticket = people.ticket(served.customer, agent)
        changed = ears.wait_for("ticket_update", lambda data: data["ticketId"] == ticket["id"])
        assert set(changed) == {"ticketId", "event", "ticket"} and set(changed["ticket"]) == TICKET


def test_heartbeat_goes_both_ways(people: Company):
    """ping/pong: the server asks within half a minute, by the protocol beneath; a client asks when it wants to know."""
    with Wire(people.agent) as wire:
        wire.connect()
        for name in ("pingInterval", "pingTimeout"):
            assert 0 < int(re.search(rf'"{name}":(\d+)', wire.heard[0])[1]) <= 30_000
        assert set(wire.ask("ping")) == {"ok", "time"}
