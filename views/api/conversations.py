"""会话管理接口: conversations (B §7.8)."""

import datetime as dt

from flask_babel import gettext
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app.errors import Invalid
from app.extensions import db
from models.actor import Actor, Scope
from models.conversations import HELD, Conversation, ConversationAssignment, ConversationStatus, Rating
from models.customers import Customer
from models.entry_codes import EntryCode
from models.identity import User
from models.messaging import ChatMessage, MessageType
from models.organization import Agent, Presence, agents_within
from models.ticket_ratings import TicketRating
from models.tickets import Ticket
from models.transfers import ConversationTransfer
from models.types import utcnow
from services import channels, conversations, left_messages, routing, settings, stars, visitors, words
from services.customers import mask_email, mask_phone
from services.operation import OPERATIONS, DataField
from views.api.endpoint import action, endpoint, load, load_all
from views.api.resource import PAGING, Resource, listing, moment, plain
from views.api.threads import counters, serve_thread
from views.api.understanding import sounding
from views.assigning import explanation

SECTION = "会话管理接口"
#: a year; a longer wait is the same to a filter
MOST_WAITING_MINUTES = 525_600
#: what of a form is shown as everywhere to who may not see it in full
_MASKS = {
    "phone": mask_phone,
    "email": mask_email,
    "contact": lambda text: mask_email(text) if "@" in text else mask_phone(text),
}


def dump_agent_ref(agent: Agent | None) -> dict | None:
    if agent is None:
        return None
    return {
        "id": agent.id,
        "userId": agent.user_id,
        "name": agent.name,
        "avatarUrl": agent.user.avatar_url if agent.user else None,
    }


def dump_hold(actor: Actor, row) -> dict | None:
    """Why it is kept whatever its age: for staff alone."""
    if row.legal_hold_time is None or actor.sees_as_customer:
        return None
    return {"since": plain(row.legal_hold_time), "reason": row.legal_hold_reason}


def _reason_of_end(actor: Actor, row: Conversation) -> str | None:
    """What was written down when it was closed: about the customer, not to him."""
    return None if actor.sees_as_customer else row.close_reason


def dump_answers(actor: Actor, row: Conversation) -> dict | None:
    """What the customer wrote into the form: for staff, numbers and addresses as they see them elsewhere."""
    if actor.sees_as_customer or not row.answers:
        return None
    if actor.may("customer.read_pii"):
        return row.answers
    return {name: _MASKS[name](text) if name in _MASKS else text for name, text in row.answers.items()}


def dump_customer_ref(customer: Customer | None) -> dict:
    if customer is None:  # deleted since; what was said to each other stays
        return {"id": None, "name": gettext("Deleted customer"), "vipLevel": 0, "avatarUrl": None, "isTemporary": False}
    return {
        "id": customer.id,
        "name": visitors.shown_name(customer.name),
        "vipLevel": customer.vip_level,
        "avatarUrl": customer.user.avatar_url if customer.user else None,
        "isTemporary": customer.is_temporary,
    }


def _wanted(rows: list[Conversation]) -> dict[int, dict | None]:
    """The agents whom customers asked for; few ask, so that lists do not join them."""
    ids = {row.wanted_agent_id for row in rows if row.wanted_agent_id}
    statement = select(Agent).where(Agent.id.in_(ids)).options(joinedload(Agent.user).load_only(*User.__shown__))
    return {agent.id: dump_agent_ref(agent) for agent in db.session.scalars(statement)} if ids else {}


def _entries(rows: list[Conversation]) -> dict[int, dict]:
    """The QR codes by which customers came."""
    ids = {row.entry_code_id for row in rows if row.entry_code_id}
    found = db.session.scalars(select(EntryCode).where(EntryCode.id.in_(ids))) if ids else ()
    return {entry.id: {"id": entry.id, "kind": entry.kind.value, "name": entry.name} for entry in found}


def dump_transfer(transfer: ConversationTransfer) -> dict:
    """An offer, with as much of the conversation as somebody needs who is asked to take it."""
    conversation, team = transfer.conversation, transfer.to_team
    return {
        "id": transfer.id,
        "sessionId": transfer.conversation_id,
        "state": transfer.state.value,
        "fromAgent": dump_agent_ref(transfer.from_agent),
        "toAgent": dump_agent_ref(transfer.to_agent),
        "toTeam": {"id": team.id, "name": team.name} if team else None,
        "reason": transfer.reason,
        "answer": transfer.answer,
        "createTime": plain(transfer.create_time),
        "expireTime": plain(transfer.expire_time),
        "endTime": plain(transfer.end_time),
        "no": conversation.no,
        "subject": conversation.subject,
        "customer": dump_customer_ref(conversation.customer),
        "waitingSince": plain(conversation.waiting_since),
    }


def _enrich(actor: Actor, rows: list[Conversation]) -> dict[int, dict]:
    tickets = dict(
        db.session.execute(
            select(Ticket.conversation_id, Ticket.id).where(
                Ticket.conversation_id.in_([row.id for row in rows]), Ticket.visible_to(actor)
            )
        )
        .tuples()
        .all()
    )
    found, queue = counters(actor, rows), routing.queue_positions(rows)
    offers, openings = conversations.pending_offers(actor, rows), conversations.openings(rows)
    reopen_hours = settings.get_setting("reopen_hours") if any(row.close_time for row in rows) else 0
    ways_in, wanted, entries = channels.ways_in(row.channel for row in rows), _wanted(rows), _entries(rows)
    for row in rows:
        offer = offers.get(row.id)
        found[row.id] |= {
            "ticketId": tickets.get(row.id),
            "channelName": ways_in[row.channel][0] if row.channel in ways_in else None,
            "channelKind": ways_in[row.channel][1].value if row.channel in ways_in else None,
            "wantedAgent": wanted.get(row.wanted_agent_id),
            "entry": entries.get(row.entry_code_id),
            "queue": queue[row.id] | {"isOpen": openings[row.id]} if row.id in queue else None,
            "pendingTransfer": dump_transfer(offer) if offer else None,
            "reopenUntil": plain(conversations.reopen_until(row, reopen_hours)),
            "typing": [],
        }
    return found


def _with_these_words_in_them(actor: Actor, text: str) -> list:
    """Conversations in which this was said. What customers cannot read does not lead them anywhere either."""
    found = words.matching(ChatMessage, text)
    if found is None:
        return []
    said = select(ChatMessage.thread_id).where(ChatMessage.id.in_(found))
    if actor.sees_as_customer:
        said = said.where(ChatMessage.type != MessageType.note)
    return [Conversation.thread_id.in_(said)]


SESSIONS = Resource(
    path="sessions",
    key="conversation",
    model=Conversation,
    section=SECTION,
    title="会话",
    out=(
        "id",
        "no",
        "status",
        "channel",
        "source",
        "subject",
        "team_id",
        "served_team_id",
        "problem_type",
        "thread_id",
        "create_time",
        "queue_time",
        "active_time",
        "first_reply_time",
        "last_message_time",
        "waiting_since",
        "close_time",
        "purge_time",
        "previous_id",
        "left_message_time",
        "rating_invited_time",
        "queue_priority",
        "version",
    ),
    filters=("status", "agent_id", "customer_id", "team_id", "channel", "problem_type"),
    sort=("id", "create_time", "last_message_time", "queue_time", "waiting_since", "close_time"),
    empty_last=("waiting_since",),
    search=("no", "subject", "customer.name"),
    search_further=_with_these_words_in_them,
    eager=("customer.user", "agent.user", "thread"),
    more={
        "customer": lambda actor, row: dump_customer_ref(row.customer),
        "answers": dump_answers,
        "agent": lambda actor, row: dump_agent_ref(row.agent),
        "closeReason": _reason_of_end,
        "legalHold": dump_hold,
        # what was made of a customer's words is none of his business
        "mood": lambda actor, row: plain(row.mood) if actor.is_staff else None,
        "problemSource": lambda actor, row: plain(row.problem_source) if actor.is_staff else None,
        "problemConfidence": lambda actor, row: row.problem_confidence if actor.is_staff else None,
    },
    enrich=_enrich,
    custom=True,
    writes=(),
)


def dump(actor: Actor, conversation: Conversation) -> dict:
    return SESSIONS.dump(actor, conversation)


@endpoint(
    "GET",
    "/sessions",
    section=SECTION,
    summary="会话列表",
    right="conversation.read",
    query={
        **PAGING,
        "status": str,
        "agentId": str,
        "customerId": int,
        "teamId": int,
        "channel": str,
        "problemType": str,
        "vip": bool,
        "since": str,
        "ids": str,
        "mood": str,
        "custom": dict,
    },
)
def list_sessions(
    actor: Actor,
    agentId: str = "",
    sort: str = "-lastMessageTime",
    vip: bool = False,
    since: str = "",
    ids: str = "",
    mood: str = "",
    **query,
):
    statement = sounding(actor, select(Conversation), mood)
    if ids:  # those one has open, as far as one may still see them
        wanted = ids.split(",")
        if not all(one.isdigit() for one in wanted):
            raise Invalid("The request is not valid", fields={"ids": "numbers, separated by commas"})
        statement = statement.where(Conversation.id.in_([int(one[:18]) for one in wanted[:100]]))
    if vip:
        statement = statement.where(Conversation.customer.has(Customer.vip_level > 0))
    if since:
        statement = statement.where(Conversation.last_message_time >= moment(since, "since"))
    if agentId == "team":  # of the teams one belongs to, as far as one may see them
        statement = statement.where(Conversation.agent_id.in_(agents_within(actor, Scope.team)))
    elif agentId == "me":
        statement = statement.where(Conversation.agent_id == (actor.agent_id or 0))
    elif agentId == "none":
        statement = statement.where(Conversation.agent_id.is_(None))
    elif agentId == "offline":  # their customers wait for somebody who is not there
        absent = select(Agent.id).where(Agent.presence == Presence.offline)
        statement = statement.where(Conversation.agent_id.in_(absent), Conversation.status.in_(HELD))
    elif agentId:
        if not agentId.isdigit():
            raise Invalid("The request is not valid", fields={"agentId": "a number, me, team, none or offline"})
        statement = statement.where(Conversation.agent_id == int(agentId[:18]))
    return listing(SESSIONS, actor, statement=statement, sort=sort, **query)


@endpoint(
    "GET",
    "/sessions/unassigned",
    section=SECTION,
    summary="待分配列表",
    right="conversation.assign",
    query={
        **PAGING,
        "teamId": int,
        "problemType": str,
        "vip": bool,
        "waitingMinutes": int,
        "leftMessage": bool,
        "mood": str,
    },
)
def unassigned(
    actor: Actor,
    sort: str = "place",
    vip: bool | None = None,
    waitingMinutes: int = 0,
    leftMessage: bool | None = None,
    mood: str = "",
    **query,
):
    """The pool, narrowed to important customers, to those who wait for long, to messages that were left (RTE-7).

    Sorted by `place` it is in the order in which it is served.
    """
    statement = sounding(actor, select(Conversation).where(Conversation.status == ConversationStatus.queued), mood)
    first = ()
    if sort == "place":
        first, sort = ((Conversation.queue_priority, True),), "queueTime"
    if vip is not None:
        important = Conversation.customer.has(Customer.vip_level > 1)
        statement = statement.where(important if vip else ~important)
    if waitingMinutes > 0:
        since = utcnow() - dt.timedelta(minutes=min(waitingMinutes, MOST_WAITING_MINUTES))
        statement = statement.where(Conversation.waiting_since < since)
    if leftMessage is not None:
        left = Conversation.left_message_time.is_not(None)
        statement = statement.where(left if leftMessage else ~left)
    return listing(SESSIONS, actor, statement=statement, first=first, sort=sort, **query)


@endpoint("GET", "/sessions/<id:id>", section=SECTION, summary="会话详情", right="conversation.read")
def show_session(actor: Actor, row_id: int):
    return dump(actor, load(Conversation, row_id, actor))


@endpoint(
    "POST",
    "/sessions",
    section=SECTION,
    summary="创建会话",
    right="conversation.open",
    fields=(
        DataField("question", str, "", 2000),
        DataField("channel", str, "portal", 32),
        DataField("client_msg_id", str, "", 64),
        DataField("entry_code", str, "", 64),
        DataField("page_url", str, "", 2000),
        DataField("page_title", str, "", 500),
        DataField("form", dict | None, None),
        DataField("invitation_id", int | None, None),
        DataField("article_id", int | None, None),
    ),
    is_speech=True,
)
def open_session(actor: Actor, question: str = "", client_msg_id: str = "", form: dict | None = None, **came_by):
    if form is not None and question.strip():
        form = {**form, "question": question}
    conversation = conversations.open_conversation(actor, form=form, **came_by)
    if question.strip():
        conversations.send_message(
            actor,
            conversation,
            client_msg_id=client_msg_id or f"q-{conversation.thread.last_seq}",
            content=question.strip(),
        )
    return dump(actor, conversation)


@endpoint(
    "POST",
    "/sessions/batch-assign",
    section=SECTION,
    summary="批量分配",
    right="conversation.assign",
    fields=(DataField("ids", list[int]), DataField("agent_id", int), DataField("reason", str, "", 500)),
)
def batch_assign(actor: Actor, ids: list[int], agent_id: int, reason: str = ""):
    rows = load_all(Conversation, ids, actor)
    return [dump(actor, row) for row in conversations.batch_assign(actor, rows, agent_id=agent_id, reason=reason)]


@endpoint(
    "GET", "/sessions/<id:id>/assignments", section=SECTION, summary="分配历史", right="conversation_assignment.read"
)
def list_assignments(actor: Actor, row_id: int):
    return dump_assignments(conversations.assignments_of(load(Conversation, row_id, actor)))


def dump_assignments(rows: list[ConversationAssignment]) -> list[dict]:
    names = dict(
        db.session.execute(
            select(User.id, User.full_name).where(User.id.in_({row.create_by for row in rows if row.create_by}))
        )
        .tuples()
        .all()
    )
    return [
        {
            "id": row.id,
            "method": row.method,
            "fromAgent": dump_agent_ref(row.from_agent),
            "toAgent": dump_agent_ref(row.to_agent),
            "reason": row.reason,
            "detail": row.detail,
            "explanation": explanation(row),
            "by": {"id": row.create_by, "name": names.get(row.create_by, "")} if row.create_by else None,
            "createTime": plain(row.create_time),
        }
        for row in rows
    ]


@endpoint(
    "POST",
    "/sessions/<id:id>/rating",
    section=SECTION,
    summary="评价会话",
    right="conversation.rate",
    fields=OPERATIONS["conversation.rate"].data_fields,
    is_speech=True,
)
def rate(actor: Actor, row_id: int, **data):
    return dump_rating(conversations.rate_conversation(actor, load(Conversation, row_id, actor), **data))


@endpoint(
    "PUT",
    "/sessions/<id:id>/rating",
    section=SECTION,
    summary="修改评价",
    right="conversation.rate",
    fields=OPERATIONS["conversation.change_rating"].data_fields,
    is_speech=True,
)
def change_rating(actor: Actor, row_id: int, **data):
    return dump_rating(conversations.change_rating(actor, load(Conversation, row_id, actor), **data))


@endpoint("GET", "/sessions/<id:id>/rating", section=SECTION, summary="会话评价", right="conversation.read")
def show_rating(actor: Actor, row_id: int):
    """What the customer thought of it; null before he has said so."""
    rating = conversations.rating_of(load(Conversation, row_id, actor))
    return dump_rating(rating) if rating else None


def dump_rating(rating: Rating | TicketRating) -> dict:
    return {
        "id": rating.id,
        "score": rating.score,
        "tags": rating.tags or [],
        "comment": rating.comment,
        "createTime": plain(rating.create_time),
        "changeableUntil": plain(stars.changeable_until(rating)),
    }


@endpoint(
    "POST",
    "/sessions/<id:id>/left-message",
    section=SECTION,
    summary="留言",
    right="conversation.handover",
    fields=(
        DataField("client_msg_id", str, max_length=64),
        DataField("text", str, max_length=4000),
        DataField("contact", str, "", 190),
        DataField("form", dict | None, None),
    ),
    is_speech=True,
)
def leave_message(actor: Actor, row_id: int, **data):
    return dump(actor, left_messages.leave_message(actor, load(Conversation, row_id, actor), **data))


for _method, _suffix, _operation in (
    ("PUT", "close", "conversation.close"),
    ("POST", "handover", "conversation.handover"),
    ("POST", "hold", "conversation.hold"),
    ("POST", "resume", "conversation.resume"),
    ("POST", "assign", "conversation.assign"),
    ("POST", "reassign", "conversation.assign"),
    ("POST", "transfer", "conversation.transfer"),
    ("POST", "takeover", "conversation.takeover"),
    ("POST", "cancel-transfer", "conversation.cancel_transfer"),
    ("POST", "to-bot", "conversation.to_bot"),
    ("POST", "prioritize", "conversation.prioritize"),
    ("POST", "invite-rating", "conversation.invite_rating"),
):
    action(
        _method, f"/sessions/<id:id>/{_suffix}", _operation, on=Conversation, dump=dump, section=SECTION, is_speech=True
    )

serve_thread(
    "sessions",
    Conversation,
    section=SECTION,
    place=conversations.place,
    read_right="conversation.read",
    send="message.send",
    recall="message.recall",
    read="message.read",
)
