"""Conversations: opening, talking, holding, handing on, closing, rating (CHT)."""

from sqlalchemy import select

from app.errors import Conflict, Invalid, NotAllowed, NotFound
from app.extensions import db
from app.locale import current_locale
from models.actor import Actor, system
from models.conversations import (
    HELD,
    OPEN,
    TRANSITIONS,
    Conversation,
    ConversationAssignment,
    ConversationStatus,
    Rating,
)
from models.customers import Customer
from models.messaging import ChatMessage, MessageType, ReadMark, ThreadKind
from models.organization import Agent, Presence
from models.types import utcnow
from services import capacity, files, threads
from services.numbers import next_number
from services.operation import announce, operation
from services.threads import Place

Status = ConversationStatus


def place(conversation: Conversation) -> Place:
    """The conversation as the place of its thread."""
    audience = [f"customer:{conversation.customer_id}"]
    if conversation.agent_id:
        audience.append(f"agent:{conversation.agent_id}")
    return Place({"sessionId": conversation.id}, tuple(audience))


def rooms(conversation: Conversation, *more: str) -> list[str]:
    """Who hears of changes: the thread, the customer, the agent, the supervisors of the team and of the company."""
    audience = [
        threads.room(conversation.thread_id),
        f"monitor:{conversation.tenant_id}",
        *place(conversation).audience,
    ]
    if conversation.team_id:
        audience.append(f"team:{conversation.team_id}")
    return [*audience, *more]


@operation("conversation.open", title="Open a conversation")
def open_conversation(actor: Actor, *, channel: str = "portal", subject: str = "") -> Conversation:
    """A customer's open conversation: the one there is, else a new one that begins with the bot."""
    if actor.customer_id is None:
        raise NotAllowed("Only customers open conversations")
    # the customer's row is the lock: two tabs at once still get one conversation
    customer = db.session.get(Customer, actor.customer_id, with_for_update=True, populate_existing=True)
    existing = db.session.scalars(
        select(Conversation)
        .where(Conversation.customer_id == customer.id, Conversation.status.in_(OPEN))
        .order_by(Conversation.id.desc())
    ).first()
    if existing is not None:
        return existing
    now = utcnow()
    conversation = Conversation(
        no=next_number("C", now.date()),
        customer=customer,
        status=Status.bot,
        channel=channel[:32],
        subject=subject.strip()[:255],
        thread=threads.new_thread(ThreadKind.conversation),
        last_message_time=now,
    )
    customer.last_contact_time = now
    db.session.add(conversation)
    db.session.flush()
    _tell(conversation, "created")
    return conversation


@operation("message.send", title="Send a message")
def send_message(
    actor: Actor,
    conversation: Conversation,
    *,
    client_msg_id: str,
    type: MessageType = MessageType.text,
    content: str = "",
    file_id: int | None = None,
) -> ChatMessage:
    """Say something in a conversation. The same `client_msg_id` again returns the same message."""
    known = threads.find_sent(conversation.thread_id, actor, client_msg_id)
    if known is None:
        if conversation.status is Status.closed:
            raise Conflict("The conversation has ended", kind="conversation_closed")
        if actor.is_staff and type is not MessageType.note and conversation.agent_id != actor.agent_id:
            raise NotAllowed("Only the agent in charge answers; take the conversation over first")
    threads.check_outgoing(actor, type, content, file_id)
    if known is not None:
        return threads.same_again(known, type, content, file_id)
    file, payload = files.attach(actor, file_id, conversation.thread_id)
    message = threads.append(
        actor,
        conversation.thread,
        client_msg_id=client_msg_id,
        type_=type,
        content=content,
        payload=payload,
        file=file,
        place=place(conversation),
    )
    now = utcnow()
    conversation.last_message_time = now
    if actor.sees_as_customer and conversation.status is Status.on_hold:
        _move(conversation, Status.active)  # what was parked is wanted again
        _tell(conversation, "resumed")
    if actor.sees_as_customer:
        if conversation.status is not Status.bot:
            conversation.waiting_since = conversation.waiting_since or now
    elif type is not MessageType.note:
        conversation.first_reply_time = conversation.first_reply_time or now
        conversation.waiting_since = None
    if not conversation.subject and actor.sees_as_customer and content:
        conversation.subject = _subject(content)
    if actor.sees_as_customer and conversation.status is Status.bot and type is MessageType.text:
        announce(
            "conversation.asked",
            conversation_id=conversation.id,
            message_id=message.id,
            text=content[:500],
            locale=current_locale(),
        )
    return message


@operation("conversation.answer", title="Answer as the bot")
def answer_as_bot(
    actor: Actor, conversation: Conversation, *, to_message_id: int, content: str, payload: dict
) -> ChatMessage | None:
    """The bot's answer to one message. Silent once a person has been asked for: it never talks over a human."""
    if conversation.status is not Status.bot:
        return None
    conversation.bot_misses = 0 if payload.get("answered") else conversation.bot_misses + 1
    conversation.last_message_time = utcnow()
    return threads.store(
        actor,
        conversation.thread,
        client_msg_id=f"answer-{to_message_id}",
        type_=MessageType.answer,
        content=content,
        payload=payload,
        place=place(conversation),
    )


@operation("message.recall", title="Recall a message")
def recall_message(actor: Actor, conversation: Conversation, message: ChatMessage) -> ChatMessage:
    """Take back an own message within two minutes; the conversation's subject may have been its words."""
    was_subject = conversation.subject != "" and conversation.subject == _subject(message.content)
    message = threads.recall(actor, conversation.thread, message, place=place(conversation))
    if was_subject:
        conversation.subject = ""
    return message


@operation("message.read", title="Mark as read")
def read_messages(actor: Actor, conversation: Conversation, *, seq: int) -> ReadMark | None:
    """The actor has read the conversation up to `seq`."""
    return threads.mark_read(actor, conversation.thread, seq, place=place(conversation))


@operation("conversation.handover", title="Ask for a person")
def hand_over(actor: Actor, conversation: Conversation, *, reason: str = "") -> Conversation:
    """From the bot to the queue of people; the dispatcher takes it from there."""
    if conversation.status in (Status.queued, *HELD):
        return conversation
    _move(conversation, Status.queued)
    conversation.queue_time = conversation.waiting_since = utcnow()
    conversation.queue_priority = 10 * max(0, conversation.customer.vip_level - 1)
    threads.system_message(
        actor,
        conversation.thread,
        "queued",
        "您的会话已进入人工队列，请稍候",
        place=place(conversation),
        reason=reason[:200],
    )
    _tell(conversation, "queued")
    return conversation


@operation("conversation.assign", title="Assign a conversation")
def assign_conversation(actor: Actor, conversation: Conversation, *, agent_id: int, reason: str = "") -> Conversation:
    """A supervisor gives a waiting or running conversation to an agent."""
    give(actor, conversation, get_agent(agent_id), method="assign", reason=reason)
    return conversation


@operation("conversation.batch_assign", title="Assign several conversations", right="conversation.assign")
def batch_assign(actor: Actor, conversations: list, *, agent_id: int, reason: str = "") -> list[Conversation]:
    """All or none: when one cannot be given, nothing changes."""
    agent = get_agent(agent_id)
    for conversation in conversations:
        give(actor, conversation, agent, method="assign", reason=reason)
    return conversations


@operation("conversation.takeover", title="Take a conversation over")
def take_over(actor: Actor, conversation: Conversation, *, reason: str = "") -> Conversation:
    """A supervisor steps in and serves the customer in person (CHT-7)."""
    if actor.agent_id is None:
        raise Conflict("Only agents can serve conversations: your account has no agent profile")
    give(actor, conversation, get_agent(actor.agent_id), method="takeover", reason=reason)
    return conversation


@operation("conversation.transfer", title="Transfer a conversation")
def transfer_conversation(
    actor: Actor, conversation: Conversation, *, to_agent_id: int, reason: str = ""
) -> Conversation:
    """Hand a live conversation to another agent; both agents and the customer see it at once."""
    if conversation.status not in HELD:
        raise Conflict("Only a running conversation can be transferred")
    give(actor, conversation, get_agent(to_agent_id), method="transfer", reason=reason)
    return conversation


@operation("conversation.hold", title="Put on hold")
def hold_conversation(actor: Actor, conversation: Conversation) -> Conversation:
    """Park a conversation while something is being looked up."""
    _move(conversation, Status.on_hold)
    _tell(conversation, "held")
    return conversation


@operation("conversation.resume", title="Resume")
def resume_conversation(actor: Actor, conversation: Conversation) -> Conversation:
    """Go on after a hold."""
    if conversation.status is not Status.on_hold:
        raise Conflict("The conversation is not on hold")
    _move(conversation, Status.active)
    _tell(conversation, "resumed")
    return conversation


@operation("conversation.requeue", title="Back to the queue")
def requeue_conversation(actor: Actor, conversation: Conversation) -> Conversation | None:
    """The agent has gone and the customer waits: somebody else takes it. None when that is no longer so."""
    agent = conversation.agent
    if conversation.status not in HELD or conversation.waiting_since is None or agent is None:
        return None
    if agent.presence is not Presence.offline:
        return None
    old_rooms = rooms(conversation)
    capacity.release(agent.id)
    _move(conversation, Status.queued)
    # he keeps his place: those who came later wait behind him
    conversation.queue_time, conversation.agent = conversation.waiting_since, None
    db.session.add(ConversationAssignment(conversation_id=conversation.id, method="requeue", from_agent_id=agent.id))
    threads.system_message(
        actor,
        conversation.thread,
        "requeued",
        "客服暂时离开，正在为您安排其他客服",
        place=place(conversation),
        **{"from": agent.name},
    )
    _tell(conversation, "queued", more_rooms=old_rooms)
    return conversation


@operation("conversation.close", title="Close a conversation")
def close_conversation(actor: Actor, conversation: Conversation, *, reason: str = "") -> Conversation:
    """End it, by either side; the agent's place is free again."""
    if conversation.status is Status.closed:
        return conversation
    if conversation.status in HELD:
        capacity.release(conversation.agent_id)
    _move(conversation, Status.closed)
    conversation.close_time, conversation.close_reason = utcnow(), reason[:255] or None
    conversation.waiting_since = None
    threads.system_message(
        actor,
        conversation.thread,
        "closed",
        "会话已结束",
        place=place(conversation),
        by=conversation.customer.name if actor.sees_as_customer else actor.name,
    )
    _tell(conversation, "closed")
    return conversation


@operation("conversation.rate", title="Rate a conversation")
def rate_conversation(actor: Actor, conversation: Conversation, *, score: int, comment: str = "") -> Rating:
    """The customer's verdict, once, after the end (CHT-13)."""
    if conversation.customer_id != actor.customer_id:
        raise NotAllowed("Only the customer rates a conversation")
    if conversation.status is not Status.closed:
        raise Conflict("The conversation is still running")
    if not 1 <= score <= 5:
        raise Invalid("Give one to five stars", fields={"score": "1 to 5"})
    if db.session.scalar(select(Rating.id).where(Rating.conversation_id == conversation.id)):
        raise Conflict("You have already rated this conversation")
    rating = Rating(
        conversation_id=conversation.id,
        agent_id=conversation.agent_id,
        customer_id=conversation.customer_id,
        score=score,
        comment=comment[:2000] or None,
    )
    db.session.add(rating)
    threads.system_message(
        actor,
        conversation.thread,
        "rated",
        f"客户给出了 {score} 星评价",
        place=place(conversation),
        score=score,
        comment=comment[:2000],
    )
    db.session.flush()
    _tell(conversation, "rated")
    return rating


def give(
    actor: Actor, conversation: Conversation, agent: Agent, *, method: str, reason: str = "", detail: dict | None = None
) -> None:
    """Inside an operation: `agent` serves `conversation` from now on; capacity, history, message, event."""
    if conversation.status is Status.closed:
        raise Conflict("The conversation has ended", kind="conversation_closed")
    previous = conversation.agent
    if conversation.agent_id == agent.id and conversation.status in HELD:
        raise Conflict("This agent already serves the conversation")
    if not capacity.take(agent.id):
        raise Conflict("This agent already has as many conversations as allowed", kind="agent_full", agent_id=agent.id)
    if conversation.status in HELD:
        capacity.release(conversation.agent_id)
    old_rooms = rooms(conversation)
    if conversation.status is not Status.active:
        _move(conversation, Status.active)
    conversation.agent = agent
    conversation.active_time = conversation.active_time or utcnow()
    agent.last_assigned_time = utcnow()
    db.session.add(
        ConversationAssignment(
            conversation_id=conversation.id,
            method=method,
            from_agent_id=previous.id if previous else None,
            to_agent_id=agent.id,
            reason=reason[:500] or None,
            detail=detail,
        )
    )
    if previous is None:
        text, params = f"客服 {agent.name} 为您服务", {"to": agent.name}
    else:
        text, params = f"会话已由 {previous.name} 转给 {agent.name}", {"from": previous.name, "to": agent.name}
    event = "transferred" if previous else "assigned"
    threads.system_message(actor, conversation.thread, event, text, place=place(conversation), **params)
    if reason:
        threads.store(
            system(actor.tenant_id),
            conversation.thread,
            client_msg_id=f"why-{conversation.thread.change_seq}",
            type_=MessageType.note,
            content=reason[:500],
            payload={"event": event, "by": actor.name},
            place=place(conversation),
        )
    db.session.flush()
    _tell(conversation, event, more_rooms=old_rooms, agent_id=agent.id, from_agent_id=previous.id if previous else None)


def get_agent(agent_id: int) -> Agent:
    """A colleague by number, held for this transaction. Raises NotFound."""
    agent = db.session.get(Agent, agent_id, with_for_update=True, populate_existing=True)
    if agent is None:
        raise NotFound("This agent does not exist")
    return agent


def assignments_of(conversation: Conversation) -> list[ConversationAssignment]:
    """Who had it and why, oldest first."""
    return list(
        db.session.scalars(
            select(ConversationAssignment)
            .where(ConversationAssignment.conversation_id == conversation.id)
            .order_by(ConversationAssignment.id)
        )
    )


def _subject(content: str) -> str:
    """What a list calls a conversation that begins with these words."""
    return " ".join(content.split())[:80]


def _move(conversation: Conversation, to: ConversationStatus) -> None:
    if to not in TRANSITIONS[conversation.status]:
        raise Conflict(
            "This is not possible in the conversation's present state",
            status=conversation.status.value,
            wanted=to.value,
        )
    conversation.status = to


def _tell(conversation: Conversation, event: str, *, more_rooms: list[str] | None = None, **payload) -> None:
    announce(
        f"conversation.{event}",
        rooms=sorted({*rooms(conversation), *(more_rooms or [])}),
        conversation_id=conversation.id,
        customer_id=conversation.customer_id,
        status=conversation.status.value,
        **payload,
    )
