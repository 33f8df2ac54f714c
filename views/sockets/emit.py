"""Server → client. An event is a hint with ids and what changed; the truth is fetched by REST or `resume`."""

from sqlalchemy import select

from app.extensions import db, socketio
from models.conversations import Conversation, ConversationStatus
from models.messaging import ChatMessage, MessageType, SenderKind
from models.notifications import Notification
from models.sensitive import SensitiveAlert
from models.tickets import Ticket
from models.transfers import ConversationTransfer, TransferState
from services import routing, visitors
from services.operation import Event
from views.api.conversations import dump_agent_ref, dump_customer_ref, dump_transfer
from views.api.resource import plain
from views.api.sensitive import dump_alert_hint, dump_mark
from views.api.threads import dump_message
from views.api.wechat import dump_undelivered_event
from views.case.face import Clock
from views.sockets.connections import connections


def message(row: ChatMessage, event: Event) -> None:
    """`message` to the room. Ticket rooms also hear E's `new_message`, with what E shows of it and nothing else, and
    `receive_message`, which also says who speaks.
    """
    place = {key: event.payload[key] for key in ("sessionId", "ticketId") if key in event.payload}
    payload = dump_message(row, place)
    _emit("message", payload, event.rooms)
    if "ticketId" in place and row.recalled_time is None and row.type is not MessageType.note:
        told = {
            "ticket_id": place["ticketId"],
            "sender_name": visitors.shown_name(row.sender_name),
            "content": row.content,
            "created_at": Clock().shows(row.create_time),
        }
        _emit("new_message", told, event.rooms)
        more = {
            "id": row.id,
            "sender_type": "customer" if row.sender_kind is SenderKind.customer else "admin",
            "is_system": row.type is MessageType.system,
        }
        _emit("receive_message", {**told, **more}, event.rooms)


def status(event: Event) -> None:
    """Somebody has read, or a page of theirs has received."""
    payload = event.payload
    read = payload["read_seq"]
    _emit(
        "status_update",
        {
            **{key: payload[key] for key in ("sessionId", "ticketId") if key in payload},
            "threadId": payload["thread_id"],
            "reads": [
                {
                    "senderKind": payload["sender_kind"],
                    "senderId": payload["sender_id"],
                    "readSeq": read,
                    "receivedSeq": payload.get("received_seq", read),
                }
            ],
        },
        event.rooms,
    )


def session_update(conversation: Conversation, event: Event) -> None:
    """A conversation changed; whoever may no longer see it is put out of its room first."""
    _emit(
        "session_update",
        {
            "sessionId": conversation.id,
            "event": event.name.split(".")[1],
            "conversation": {
                "id": conversation.id,
                "no": conversation.no,
                "status": conversation.status.value,
                "agent": dump_agent_ref(conversation.agent),
                "customer": dump_customer_ref(conversation.customer),
                "teamId": conversation.team_id,
                "problemType": conversation.problem_type,
                "threadId": conversation.thread_id,
                "version": conversation.version,
                "queue": routing.queue_position(conversation),
                "queueTime": plain(conversation.queue_time),
                "waitingSince": plain(conversation.waiting_since),
                "closeTime": plain(conversation.close_time),
                "ratingInvitedTime": plain(conversation.rating_invited_time),
            },
        },
        event.rooms,
    )
    connections.recheck(conversation.thread_id)


def transfer(row: ConversationTransfer, event: Event) -> None:
    """An offer was made or is over. Who is asked learns of the offer alone: the conversation is not his yet."""
    pending = dump_transfer(row) if row.state is TransferState.pending else None
    _emit(
        "session_update",
        {
            "sessionId": row.conversation_id,
            "event": event.name.split(".")[1],
            "conversation": {"id": row.conversation_id, "pendingTransfer": pending},
        },
        [*event.rooms, f"agent:{row.from_agent_id}"],
    )
    _emit("transfer", dump_transfer(row), event.payload["asked"])


def ticket_update(ticket: Ticket, event: Event) -> None:
    _emit(
        "ticket_update",
        {
            "ticketId": ticket.id,
            "event": event.name.split(".")[1],
            "ticket": {
                "id": ticket.id,
                "no": ticket.no,
                "title": ticket.title,
                "status": ticket.status.value,
                "priority": ticket.priority.value,
                "assignee": dump_agent_ref(ticket.assignee),
                "resolution": ticket.resolution,
                "version": ticket.version,
            },
        },
        event.rooms,
    )
    connections.recheck(ticket.thread_id)


def queue_moved(tenant_id: int, most: int = 50) -> None:
    """Everybody who waits learns the new position."""
    waiting = list(
        db.session.scalars(
            select(Conversation)
            .where(Conversation.status == ConversationStatus.queued)
            .order_by(Conversation.queue_time)
            .limit(most)
        )
    )
    positions = routing.queue_positions(waiting)
    for conversation in waiting:
        _emit(
            "queue",
            {"sessionId": conversation.id, **positions.get(conversation.id, {})},
            [f"customer:{conversation.customer_id}"],
        )


def presence(event: Event) -> None:
    _emit(
        "status_update",
        {"presence": {"agentId": event.payload["agent_id"], "presence": event.payload["presence"]}},
        event.rooms,
    )


def notification(row: Notification, event: Event) -> None:
    _emit(
        "notification",
        {"id": row.id, "kind": row.kind, "params": row.params, "link": row.link, "createTime": plain(row.create_time)},
        event.rooms,
    )


def message_marked(alert: SensitiveAlert, event: Event) -> None:
    """Sensitive words stand in a message: told beside it and to staff only, so that no customer can ever see it."""
    if alert.message_id is not None:
        _emit("message_marked", dump_mark(alert), event.rooms)


def mood(event: Event) -> None:
    """How the customer sounds, to staff alone."""
    payload = event.payload
    _emit("mood", {key: payload[key] for key in ("sessionId", "mood", "messages")}, event.rooms)


def undelivered(event: Event) -> None:
    """The customer's own app did not take a message: to staff who have the conversation open."""
    _emit("message_undelivered", dump_undelivered_event(event), event.rooms)


def sensitive_alert(alert: SensitiveAlert, user_ids: list[int]) -> None:
    """An alert is new or was settled, to those who look after them."""
    _emit("sensitive_alert", dump_alert_hint(alert), [f"user:{user_id}" for user_id in user_ids])


def sign_out(sign_in_ids: list[int], reason: str) -> None:
    """These sign-ins have ended: say so and close their sockets, in every process."""
    for sign_in_id in sign_in_ids:
        _emit("signed_out", {"reason": reason}, [f"sign-in:{sign_in_id}"])
    connections.end(sign_in_ids)


def _emit(name: str, payload: dict, rooms: list[str]) -> None:
    if rooms and socketio.server is not None:  # a command on one machine has nobody to tell
        socketio.emit(name, payload, to=rooms)
