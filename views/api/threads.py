"""Messages as clients see them, and the endpoints that conversations and tickets share."""

import datetime as dt
from collections.abc import Callable

from app.errors import Invalid, NotAllowed, Reason
from models.actor import Actor
from models.conversations import Conversation
from models.messaging import ChatMessage, MessageType
from models.tickets import Ticket
from services import mentioning, thread_pages, threads
from services.identity import avatars
from services.operation import OPERATIONS, DataField
from services.thread_pages import Changes
from services.together import Together
from views.api.endpoint import endpoint, load
from views.api.resource import plain

SEND_FIELDS = (
    DataField("client_msg_id", str, max_length=64),
    DataField("type", MessageType, MessageType.text),
    DataField("content", str, "", threads.MAX_CHARS),
    DataField("file_id", int | None, None),
    DataField("seconds", int | None, None),
    DataField("mentions", list[int] | None, None),
)
#: query parameter → the page it asks for
PAGES: dict[str, Callable[..., Changes]] = {
    "afterChange": thread_pages.changes_after,
    "afterSeq": thread_pages.page_after,
    "aroundSeq": thread_pages.page_around,
}


def dump_message(message: ChatMessage, context: dict) -> dict:
    return dump_messages([message], context)[0]


def dump_messages(messages: list[ChatMessage], context: dict) -> list[dict]:
    """B §8.15's messages with our numbers. A recalled message keeps its place and loses its words."""
    if unknown := [message for message in messages if message.sender_avatar is ...]:
        found = avatars.urls_of({_sender(message) for message in unknown})
        for message in unknown:
            message.sender_avatar = found.get(_sender(message))
    return [_dumped(message, context) for message in messages]


def _sender(message: ChatMessage) -> avatars.Sender:
    return message.sender_kind.value, message.sender_id


def _dumped(message: ChatMessage, context: dict) -> dict:
    return {
        "messageId": message.id,
        **context,
        "threadId": message.thread_id,
        "seq": message.seq,
        "changeSeq": message.change_seq,
        "clientMsgId": message.client_msg_id,
        "type": message.type.value,
        "content": message.content,
        "payload": message.payload,
        "sender": {
            "kind": message.sender_kind.value,
            "id": message.sender_id,
            "name": message.sender_name,
            "avatarUrl": message.sender_avatar,
        },
        "createTime": plain(message.create_time),
        "timestamp": int(message.create_time.replace(tzinfo=dt.UTC).timestamp() * 1000),
        "recalled": message.recalled_time is not None,
        "editedTime": plain(message.edited_time),
    }


#: how messages get into conversations and tickets, from whatever door; the answer is the message
SENDING = {
    Conversation: Together(
        "message.send", Conversation, lambda message, row_id: dump_message(message, {"sessionId": row_id})
    ),
    Ticket: Together("ticket.message", Ticket, lambda message, row_id: dump_message(message, {"ticketId": row_id})),
}


def dump_reads(changes: Changes) -> list[dict]:
    return [
        {
            "senderKind": mark.sender_kind.value,
            "senderId": mark.sender_id,
            "readSeq": mark.read_seq,
            "receivedSeq": max(mark.received_seq, mark.read_seq),
        }
        for mark in changes.reads
    ]


def dump_changes(changes: Changes, context: dict) -> dict:
    return {
        "list": dump_messages(changes.messages, context),
        "changeSeq": changes.change_seq,
        "lastSeq": changes.last_seq,
        "hasMore": changes.has_more,
        "hasNewer": changes.has_newer,
        "reads": dump_reads(changes),
    }


def counters(actor: Actor, rows: list) -> dict[int, dict]:
    """lastSeq, changeSeq, unread, lastMessage, lastSaid for a page of conversations or tickets, in a query each."""
    ids = [row.thread_id for row in rows]
    unread, last = thread_pages.unread_counts(actor, ids), thread_pages.last_messages(actor, ids)
    said = thread_pages.last_said(ids)
    return {
        row.id: {
            "lastSeq": row.thread.last_seq,
            "changeSeq": row.thread.change_seq,
            "unread": unread.get(row.thread_id, 0),
            "lastMessage": _dump_last(last.get(row.thread_id)),
            "lastSaid": _dump_last(said.get(row.thread_id)),
        }
        for row in rows
    }


def _dump_last(message: ChatMessage | None) -> dict | None:
    if message is None:
        return None
    return {
        "seq": message.seq,
        "type": message.type.value,
        "preview": thread_pages.preview(message),
        "senderKind": message.sender_kind.value,
        "payload": message.payload if message.type is MessageType.system else None,
        "recalled": message.recalled_time is not None,
        "createTime": plain(message.create_time),
    }


def serve_thread(
    path: str, model: type, *, section: str, place: Callable, read_right: str, send: str, recall: str, read: str
) -> None:
    """The four message endpoints of an owner of threads: list, send, recall, read."""

    @endpoint(
        "GET",
        f"/{path}/<id:id>/messages",
        section=section,
        summary="Messages: newest, older, newer, around one, or changed since",
        query={"afterChange": int, "beforeSeq": int, "afterSeq": int, "aroundSeq": int, "limit": int},
        right=read_right,
    )
    def list_messages(actor: Actor, row_id: int, beforeSeq: int | None = None, limit: int = 50, **where: int):
        owner = load(model, row_id, actor)
        if len(where) + (beforeSeq is not None) > 1:
            raise Invalid("The request is not valid", fields=dict.fromkeys(where, Reason("only one of these")))
        limit = max(1, min(limit, 200))
        page_of, place_in = thread_pages.page_before, beforeSeq
        for name, value in where.items():
            page_of, place_in = PAGES[name], value
        return dump_changes(page_of(actor, owner.thread_id, place_in, limit), place(owner).context)

    @endpoint(
        "POST",
        f"/{path}/<id:id>/messages",
        section=section,
        summary=OPERATIONS[send].title,
        fields=SEND_FIELDS,
        right=send,
        is_speech=True,
    )
    def post_message(actor: Actor, row_id: int, **data):
        return SENDING[model].call(actor, row_id, **data)

    @endpoint(
        "POST",
        f"/{path}/<id:id>/messages/<id:message_id>/recall",
        section=section,
        summary=OPERATIONS[recall].title,
        right=OPERATIONS[recall].right or recall,
    )
    def recall_message(actor: Actor, row_id: int, message_id: int):
        owner = load(model, row_id, actor)
        message = thread_pages.get_message(actor, owner.thread_id, message_id)
        return dump_message(OPERATIONS[recall].call(actor, owner, message), place(owner).context)

    @endpoint(
        "GET",
        f"/{path}/<id:id>/colleagues",
        section=section,
        summary="Colleagues who may be named in a note",
        right=read_right,
    )
    def list_colleagues(actor: Actor, row_id: int):
        owner = load(model, row_id, actor)
        if actor.sees_as_customer:
            raise NotAllowed("You are not allowed to do this")
        return [
            {"userId": user.id, "name": user.full_name or user.username, "avatarUrl": user.avatar_url}
            for user in mentioning.colleagues_of(owner)
            if user.id != actor.user_id
        ]

    @endpoint(
        "POST",
        f"/{path}/<id:id>/read",
        section=section,
        summary=OPERATIONS[read].title,
        fields=(DataField("seq", int),),
        right=OPERATIONS[read].right or read,
    )
    def mark_read(actor: Actor, row_id: int, seq: int):
        owner = load(model, row_id, actor)
        mark = OPERATIONS[read].call(actor, owner, seq=seq)
        return {"readSeq": mark.read_seq if mark else 0}
