"""Tickets: creating, moving, assigning, talking, following up (TKT)."""

from sqlalchemy import select

from app.errors import Conflict, Invalid, NotAllowed, NotFound
from app.extensions import db
from models.actor import Actor
from models.conversations import Conversation
from models.customers import Customer
from models.messaging import ChatMessage, MessageType, ReadMark, SenderKind, ThreadKind
from models.organization import Agent
from models.tickets import ENDED, TRANSITIONS, Ticket, TicketAssignment, TicketFollowUp, TicketPriority, TicketStatus
from models.types import utcnow
from services import read_marks, saying, settings, threads
from services.conversations import get_agent
from services.conversations import place as conversation_place
from services.numbers import next_number
from services.operation import announce, is_repeated, operation
from services.places import Place, room
from services.sensitive import remarks

#: as many files go along with a conversation that becomes a ticket
MOST_FILES = 50

TITLES = {
    TicketStatus.pending: "待处理",
    TicketStatus.processing: "处理中",
    TicketStatus.review: "待审核",
    TicketStatus.resolved: "已解决",
    TicketStatus.closed: "已关闭",
    TicketStatus.cancelled: "已取消",
}


def place(ticket: Ticket) -> Place:
    """The ticket as the place of its thread."""
    audience = [
        f"{kind}:{number}"
        for kind, number in (("customer", ticket.customer_id), ("agent", ticket.assignee_id))
        if number
    ]
    return Place({"ticketId": ticket.id}, tuple(audience))


def rooms(ticket: Ticket) -> list[str]:
    """Who hears of changes: the room, the customer, the assignee, the supervisors."""
    audience = [room(ticket.thread_id), f"monitor:{ticket.tenant_id}", *place(ticket).audience]
    if ticket.team_id:
        audience.append(f"team:{ticket.team_id}")
    return audience


@operation("ticket.create", title="Create a ticket")
def create_ticket(
    actor: Actor,
    *,
    title: str,
    description: str = "",
    type: str = "",
    priority: TicketPriority = TicketPriority.normal,
    customer_id: int | None = None,
    assignee_id: int | None = None,
) -> Ticket:
    """A customer reports a problem for himself, or staff records one for a customer and may keep it."""
    if assignee_id is not None and assignee_id != actor.agent_id:
        actor.require("ticket.assign")
    if actor.sees_as_customer:
        if actor.customer_id is None or customer_id not in (None, actor.customer_id):
            raise NotAllowed("You can only create tickets for yourself")
        customer_id = actor.customer_id
    elif (
        customer_id is not None
        and db.session.scalar(select(Customer.id).where(Customer.id == customer_id, Customer.visible_to(actor))) is None
    ):
        raise NotFound("This customer does not exist")
    caught = remarks.look_at_ticket(actor, title, description, customer_id=customer_id)
    ticket = _create(
        actor,
        title=title,
        description=description,
        type_=type,
        priority=priority,
        customer_id=customer_id,
        source="customer" if actor.sees_as_customer else "agent",
    )
    if assignee_id is not None:
        _give(actor, ticket, get_agent(assignee_id), method="create")
    remarks.mark_ticket(ticket, caught)
    return ticket


@operation("ticket.from_conversation", title="Turn a conversation into a ticket")
def create_from_conversation(
    actor: Actor,
    conversation: Conversation,
    *,
    title: str,
    description: str = "",
    type: str = "",
    priority: TicketPriority = TicketPriority.normal,
) -> Ticket:
    """What could not be solved while talking goes on as a ticket, assigned to the agent who talked (CHT-14)."""
    existing = db.session.scalars(select(Ticket).where(Ticket.conversation_id == conversation.id)).first()
    if existing is not None:
        raise Conflict("A ticket was already made from this conversation", ticket_id=existing.id)
    # what was said has been looked at when it was said
    caught = remarks.look_at_ticket(actor, title, description, customer_id=conversation.customer_id)
    ticket = _create(
        actor,
        title=title,
        description=_with_transcript(description, conversation),
        type_=type,
        priority=priority,
        customer_id=conversation.customer_id,
        source="conversation",
        conversation_id=conversation.id,
    )
    _carry_files(conversation, ticket)
    if conversation.agent_id:
        _give(actor, ticket, get_agent(conversation.agent_id), method="conversation")
    remarks.mark_ticket(ticket, caught)
    threads.system_message(
        actor,
        conversation.thread,
        "ticket_created",
        f"已创建工单 {ticket.no}",
        place=conversation_place(conversation),
        ticketId=ticket.id,
        no=ticket.no,
    )
    return ticket


@operation("ticket.update", title="Change a ticket")
def update_ticket(
    actor: Actor,
    ticket: Ticket,
    *,
    version: int,
    title: str | None = None,
    description: str | None = None,
    type: str | None = None,
    priority: TicketPriority | None = None,
) -> Ticket:
    """Change what is given; `version` is the one the editor saw. Raises Conflict when it is no longer current."""
    if ticket.version != version:
        raise Conflict(
            "Somebody else has changed this in the meantime, please reload", kind="stale", version=ticket.version
        )
    said = {"title": title or "", "description": description or ""}
    changed = {name: text for name, text in said.items() if text.strip() not in ("", getattr(ticket, name))}
    caught = remarks.look_at_ticket(actor, changed.get("title", ""), changed.get("description", ""), ticket=ticket)
    if title is not None:
        ticket.title = _title(title)
    if description is not None:
        ticket.description = description
    if type is not None:
        ticket.type = _type(type)
    if priority is not None:
        ticket.priority = priority
    db.session.flush()
    remarks.mark_ticket(ticket, caught)
    _tell(ticket, "updated")
    return ticket


@operation("ticket.flow", title="Move a ticket", right="ticket.read")
def move_ticket(
    actor: Actor, ticket: Ticket, *, status: TicketStatus, resolution: str = "", reason: str = ""
) -> Ticket:
    """One step in the transition table; the right depends on the step (TKT-2)."""
    if status is ticket.status:
        return ticket
    right = TRANSITIONS.get((ticket.status, status))
    if right is None:
        raise Conflict(
            "A ticket cannot go from this state to that one", status=ticket.status.value, wanted=status.value
        )
    actor.require(right)
    if status is TicketStatus.resolved and not (resolution.strip() or ticket.resolution):
        raise Invalid("Say how the problem was solved", fields={"resolution": "required"})
    before, ticket.status = ticket.status, status
    if resolution.strip():
        ticket.resolution = resolution.strip()
    now = utcnow()
    ticket.resolve_time = (
        now if status is TicketStatus.resolved else (ticket.resolve_time if status is TicketStatus.closed else None)
    )
    ticket.close_time = now if status in ENDED else None
    threads.system_message(
        actor,
        ticket.thread,
        "status",
        f"工单状态由「{TITLES[before]}」变为「{TITLES[status]}」",
        place=place(ticket),
        **{"from": before.value, "to": status.value, "by": actor.name, "reason": reason[:200]},
    )
    _tell(ticket, "moved", before=before.value)
    return ticket


@operation("ticket.assign", title="Assign a ticket")
def assign_ticket(actor: Actor, ticket: Ticket, *, agent_id: int, reason: str = "") -> Ticket:
    """Give a ticket to an agent."""
    if ticket.status in ENDED:
        raise Conflict("The ticket has ended")
    agent = get_agent(agent_id)
    if ticket.assignee_id == agent.id:
        raise Conflict("This agent already has the ticket")
    _give(actor, ticket, agent, method="assign", reason=reason)
    return ticket


@operation("ticket.delete", title="Delete a ticket")
def delete_ticket(actor: Actor, ticket: Ticket) -> None:
    """Out of every list; only a purge removes it for good."""
    _tell(ticket, "deleted")
    db.session.delete(ticket)


@operation("ticket.follow_up", title="Record a follow-up")
def add_follow_up(actor: Actor, ticket: Ticket, *, content: str, result: str = "") -> TicketFollowUp:
    """What was done and with what result (TKT-5)."""
    if not content.strip():
        raise Invalid("Say what was done", fields={"content": "required"})
    follow_up = TicketFollowUp(
        ticket_id=ticket.id, user_id=actor.user_id, content=content.strip(), result=result.strip()[:255] or None
    )
    db.session.add(follow_up)
    db.session.flush()
    _tell(ticket, "followed_up")
    return follow_up


@operation("ticket.message", title="Write in a ticket room")
def send_message(
    actor: Actor,
    ticket: Ticket,
    *,
    client_msg_id: str,
    type: MessageType = MessageType.text,
    content: str = "",
    file_id: int | None = None,
    seconds: int | None = None,
    mentions: list[int] | None = None,
) -> ChatMessage:
    """Say something in the ticket room. The same `client_msg_id` again returns the same message."""
    threads.check_outgoing(actor, type, content, file_id)
    has_ended = ticket.status in ENDED
    known = threads.find_sent(ticket.thread_id, actor, client_msg_id) if has_ended or is_repeated() else None
    if known is not None:
        return threads.same_again(known, type, content, file_id)
    if has_ended:
        raise Conflict("The ticket has ended; reopen it to go on", kind="ticket_ended")
    file, payload = saying.with_extras(actor, ticket, type, file_id=file_id, seconds=seconds, mentions=mentions)
    message = saying.append(
        actor,
        ticket,
        place=place(ticket),
        mentions=mentions,
        client_msg_id=client_msg_id,
        type_=type,
        content=content,
        payload=payload,
        file=file,
    )
    if actor.is_staff and type is not MessageType.note and ticket.first_reply_time is None:
        ticket.first_reply_time = utcnow()
    return message


@operation("ticket.message_recall", title="Recall a message in a ticket room", right="message.recall")
def recall_message(actor: Actor, ticket: Ticket, message: ChatMessage) -> ChatMessage:
    return threads.recall(actor, ticket.thread, message, place=place(ticket))


@operation("ticket.message_read", title="Mark a ticket room as read", right="message.read")
def read_messages(actor: Actor, ticket: Ticket, *, seq: int) -> ReadMark | None:
    return read_marks.mark_read(actor, ticket.thread, seq, place=place(ticket))


@operation("ticket.message_received", title="Say what has arrived in a ticket room", right="message.read")
def receive_messages(actor: Actor, ticket: Ticket, *, seq: int) -> ReadMark | None:
    return read_marks.mark_received(actor, ticket.thread, seq, place=place(ticket))


def transitions_for(actor: Actor, ticket: Ticket) -> list[str]:
    """The states to which this actor may move the ticket now."""
    return [to.value for (start, to), right in TRANSITIONS.items() if start is ticket.status and actor.may(right)]


def assignments_of(ticket: Ticket) -> list[TicketAssignment]:
    return list(
        db.session.scalars(
            select(TicketAssignment).where(TicketAssignment.ticket_id == ticket.id).order_by(TicketAssignment.id)
        )
    )


def follow_ups_of(ticket: Ticket) -> list[TicketFollowUp]:
    return list(
        db.session.scalars(
            select(TicketFollowUp).where(TicketFollowUp.ticket_id == ticket.id).order_by(TicketFollowUp.id.desc())
        )
    )


def _create(
    actor: Actor,
    *,
    title: str,
    description: str,
    type_: str,
    priority: TicketPriority,
    customer_id: int | None,
    source: str,
    conversation_id: int | None = None,
) -> Ticket:
    ticket = Ticket(
        no=next_number("TK", utcnow().date()),
        title=_title(title),
        description=description.strip(),
        type=_type(type_),
        priority=priority,
        customer_id=customer_id,
        source=source,
        conversation_id=conversation_id,
        thread=threads.new_thread(ThreadKind.ticket),
        status=TicketStatus.pending,
    )
    db.session.add(ticket)
    db.session.flush()
    threads.system_message(
        actor, ticket.thread, "created", f"工单 {ticket.no} 已创建", place=place(ticket), by=actor.name
    )
    _tell(ticket, "created")
    return ticket


def _give(actor: Actor, ticket: Ticket, agent: Agent, *, method: str, reason: str = "") -> None:
    previous = ticket.assignee
    ticket.assignee = agent
    db.session.add(
        TicketAssignment(
            ticket_id=ticket.id,
            method=method,
            from_agent_id=previous.id if previous else None,
            to_agent_id=agent.id,
            reason=reason[:500] or None,
        )
    )
    db.session.flush()
    threads.system_message(
        actor,
        ticket.thread,
        "assigned",
        f"工单已分配给 {agent.name}",
        place=place(ticket),
        **{"from": previous.name if previous else "", "to": agent.name},
    )
    _tell(ticket, "assigned", agent_id=agent.id, from_agent_id=previous.id if previous else None)


def _title(title: str) -> str:
    title = " ".join(title.split())
    if not 1 <= len(title) <= 255:
        raise Invalid("The title must have 1 to 255 characters", fields={"title": "1 to 255 characters"})
    return title


def _type(type_: str) -> str:
    """A code of the dictionary of ticket types; empty is allowed."""
    if type_ and type_ not in settings.dictionary_codes("ticket_type"):
        raise Invalid("This ticket type does not exist", fields={"type": "unknown"})
    return type_


def _with_transcript(description: str, conversation: Conversation) -> str:
    """The agent's own words first, then what was said; without words of his own the transcript alone."""
    said = _transcript(conversation)
    if not description.strip():
        return said
    return f"{description.strip()}\n\n—— {conversation.no} ——\n{said}" if said else description


def _transcript(conversation: Conversation, limit: int = 50) -> str:
    """What people have said; the bot's answers have not solved it, and stand in the conversation."""
    rows = _said(conversation, threads.CUSTOMER_TYPES, limit)
    return "\n".join(f"{row.sender_name}: {_line_of(row)}" for row in rows)


def _line_of(message: ChatMessage) -> str:
    if message.type is MessageType.text:
        return message.content
    return f"[{(message.payload or {}).get('name', message.type.value)}]"


def _carry_files(conversation: Conversation, ticket: Ticket) -> None:
    """The files that were sent appear in the ticket's room too, under the names of those who sent them.

    They stay where they are: whoever sees the ticket may read them (`services.files`).
    """
    for row in _said(conversation, threads.CUSTOMER_TYPES - {MessageType.text}, MOST_FILES):
        message = threads.append(
            _author_of(row),
            ticket.thread,
            client_msg_id=f"from-{row.id}",
            type_=row.type,
            content=row.content,
            payload=row.payload,
            place=place(ticket),
        )
        message.file_id = row.file_id


def _author_of(message: ChatMessage) -> Actor:
    """Somebody to sign a message again as it was signed."""
    is_customer = message.sender_kind is SenderKind.customer
    return Actor(
        kind="visitor" if is_customer else "user",
        tenant_id=message.tenant_id,
        name=message.sender_name,
        is_staff=not is_customer,
        customer_id=message.sender_id if is_customer else None,
        user_id=None if is_customer else message.sender_id,
    )


def _said(conversation: Conversation, types: frozenset[MessageType], limit: int) -> list[ChatMessage]:
    """The last messages of these types that were not recalled, oldest first."""
    rows = db.session.scalars(
        select(ChatMessage)
        .where(
            ChatMessage.thread_id == conversation.thread_id,
            ChatMessage.recalled_time.is_(None),
            ChatMessage.type.in_(types),
        )
        .order_by(ChatMessage.seq.desc())
        .limit(limit)
    ).all()
    return rows[::-1]


def _tell(ticket: Ticket, event: str, **payload) -> None:
    announce(
        f"ticket.{event}",
        rooms=rooms(ticket),
        ticket_id=ticket.id,
        status=ticket.status.value,
        customer_id=ticket.customer_id,
        **payload,
    )
