"""Opening a conversation and talking in it (CHT-1, CHT-2, CHT-10)."""

from sqlalchemy import func, select

from app.errors import Conflict, DomainError, NotAllowed
from app.extensions import db
from app.locale import current_locale
from models.actor import Actor
from models.base import is_edited
from models.channels import PORTAL
from models.conversations import OPEN, Conversation
from models.conversations import ConversationStatus as Status
from models.customers import Customer
from models.messaging import ChatMessage, MessageType, ReadMark, ThreadKind
from models.types import utcnow
from services import channels, entry_codes, questions, read_marks, saying, threads, transcripts
from services.conversations import intake
from services.conversations.arrival import arrive
from services.conversations.automatic import say, say_invitation, say_reading
from services.conversations.reopening import may_reopen, reopen
from services.conversations.state import move, place, tell
from services.numbers import next_number
from services.operation import announce, is_repeated, operation

#: an answer to what is no question, which is neither known nor unknown
WORDLESS = "wordless"
#: where an answer's payload has words of the question
_ASKED = frozenset({"question", "topic"})
#: these neither end nor lengthen a row of questions without an answer
UNCOUNTED = frozenset({WORDLESS, "menu", "clarify", "person", "angry"})


@operation("conversation.open", title="Open a conversation")
def open_conversation(
    actor: Actor,
    *,
    channel: str = PORTAL,
    subject: str = "",
    entry_code: str = "",
    page_url: str = "",
    page_title: str = "",
    form: dict | None = None,
    invitation_id: int | None = None,
    article_id: int | None = None,
) -> Conversation:
    """A customer's open conversation: the one there is, else a new one that begins with the bot.

    `channel` is the way he came, and the page the one on which he began, as far as they are known; `entry_code` that of
    a QR code, which leads to anybody when it is no longer valid; `form` what he wrote into the channel's form, and the
    invitation the one that he took up; the article is what he was reading.
    """
    if actor.customer_id is None:
        raise NotAllowed("Only customers open conversations")
    # the customer's row is the lock: two tabs at once still get one conversation
    customer = db.session.get(Customer, actor.customer_id, with_for_update=True, populate_existing=True)
    existing = db.session.scalars(
        select(Conversation)
        .where(Conversation.customer_id == customer.id, Conversation.status.in_(OPEN))
        .order_by(Conversation.id.desc())
    ).first()
    entry = entry_codes.find_valid(entry_code) if entry_code else None
    if existing is not None:
        if entry is not None:
            arrive(actor, existing, entry)
        say_reading(actor, existing, article_id)
        return existing
    now, door = utcnow(), channels.channel_of(channel)
    answers = intake.checked(intake.before_opening(door, customer) if entry is None else intake.NOTHING, form)
    conversation = Conversation(
        no=next_number("C", now),
        customer=customer,
        status=Status.bot,
        channel=door.code if door else PORTAL,
        source=channels.source_of(door, page_url, page_title) if door else None,
        team_id=door.team_id if door else None,
        subject=subject.strip()[:255],
        thread=threads.new_thread(ThreadKind.conversation),
        last_message_time=now,
        previous_id=db.session.scalar(select(func.max(Conversation.id)).where(Conversation.customer_id == customer.id)),
    )
    customer.last_contact_time = now
    db.session.add(conversation)
    db.session.flush()
    if form is not None:
        intake.keep(actor, conversation, answers)
    if not say_invitation(actor, conversation, door, invitation_id):
        say(actor, conversation, "welcome")
    if entry is not None:
        arrive(actor, conversation, entry)
    say_reading(actor, conversation, article_id)
    tell(conversation, "created")
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
    seconds: int | None = None,
    mentions: list[int] | None = None,
) -> ChatMessage:
    """Say something in a conversation. The same `client_msg_id` again returns the same message."""
    threads.check_outgoing(actor, type, content, file_id)
    refusal = _why_not(actor, conversation, type)
    known = threads.find_sent(conversation.thread_id, actor, client_msg_id) if refusal or is_repeated() else None
    if known is not None:
        return threads.same_again(known, type, content, file_id)
    if refusal is not None and not may_reopen(actor, conversation):
        raise refusal
    file, payload = saying.with_extras(actor, conversation, type, file_id=file_id, seconds=seconds, mentions=mentions)
    if refusal is not None:
        reopen(actor, conversation)
    message = saying.append(
        actor,
        conversation,
        place=place(conversation),
        mentions=mentions,
        client_msg_id=client_msg_id,
        type_=type,
        content=content,
        payload=payload,
        file=file,
    )
    now = utcnow()
    conversation.last_message_time = now
    if actor.sees_as_customer:
        _heard(conversation, message)
    elif type is not MessageType.note:
        conversation.first_reply_time = conversation.first_reply_time or now
        conversation.waiting_since = None
    return message


def _why_not(actor: Actor, conversation: Conversation, type_: MessageType) -> DomainError | None:
    if conversation.status is Status.closed:
        return Conflict("The conversation has ended", kind="conversation_closed")
    if actor.is_staff and type_ is not MessageType.note and conversation.agent_id != actor.agent_id:
        return NotAllowed("Only the agent in charge answers; take the conversation over first")
    return None


def _heard(conversation: Conversation, message: ChatMessage) -> None:
    """What a customer's message does to his conversation."""
    if conversation.status is Status.on_hold:
        move(conversation, Status.active)  # what was parked is wanted again
        tell(conversation, "resumed")
    if not conversation.subject:
        conversation.subject = _subject(message.content)
    if is_edited(conversation):
        db.session.flush()  # now, under this actor's name: others may be heard in the same transaction
    if conversation.status is not Status.bot:
        conversation.waiting_since = conversation.waiting_since or conversation.last_message_time
    else:
        announce(
            "conversation.asked",
            conversation_id=conversation.id,
            message=message,
            # of a picture, a file or a voice message there is nothing to be looked up
            text=message.content[:500] if message.type is MessageType.text else "",
            locale=current_locale(),
        )


@operation("conversation.answer", title="Answer as the bot")
def answer_as_bot(
    actor: Actor,
    conversation: Conversation,
    *,
    to_message_id: int,
    content: str,
    payload: dict,
    question_id: int | None = None,
) -> ChatMessage | None:
    """The bot's answer to one message, stored once. Silent once a person has been asked for: it never talks over a
    human. `question_id` is the question that it answers, by which the customer may judge it."""
    if conversation.status is not Status.bot:
        return None
    if db.session.scalar(select(ChatMessage.recalled_time).where(ChatMessage.id == to_message_id)) is not None:
        return None  # what was taken back is not answered, and not kept to be understood by
    known = threads.find_sent(conversation.thread_id, actor, f"answer-{to_message_id}")
    if known is not None:
        return known
    if payload["kind"] not in UNCOUNTED:
        conversation.bot_misses = 0 if payload.get("answered") else conversation.bot_misses + 1
    conversation.last_message_time = utcnow()
    message = threads.append(
        actor,
        conversation.thread,
        client_msg_id=f"answer-{to_message_id}",
        type_=MessageType.answer,
        content=content,
        payload=payload | ({"questionId": question_id} if question_id else {}),
        place=place(conversation),
    )
    if question_id is not None:
        db.session.flush()
        questions.answered_in(question_id, message.id)
    return message


@operation("message.recall", title="Recall a message")
def recall_message(actor: Actor, conversation: Conversation, message: ChatMessage) -> ChatMessage:
    """Take back an own message within two minutes; the conversation's subject may have been its words.

    A ticket that has been made of the conversation meanwhile loses them too.
    """
    was_subject = conversation.subject != "" and conversation.subject == _subject(message.content)
    if message.recalled_time is None:
        transcripts.forget_in_ticket(conversation, message)
        _forget_asked(conversation, message)
        questions.forget(conversation.id, message.content)
    message = threads.recall(actor, conversation.thread, message, place=place(conversation))
    if was_subject:
        conversation.subject = ""
    return message


@operation("message.read", title="Mark as read")
def read_messages(actor: Actor, conversation: Conversation, *, seq: int) -> ReadMark | None:
    """The actor has read the conversation up to `seq`."""
    return read_marks.mark_read(actor, conversation.thread, seq, place=place(conversation))


@operation("message.received", title="Say what has arrived", right="message.read")
def receive_messages(actor: Actor, conversation: Conversation, *, seq: int) -> ReadMark | None:
    """A page of the actor has the conversation up to `seq`, whether or not anybody looks at it."""
    return read_marks.mark_received(actor, conversation.thread, seq, place=place(conversation))


def _forget_asked(conversation: Conversation, message: ChatMessage) -> None:
    """What the bot has kept of these words, to understand what comes after them, in its answers since then."""
    later_answers = select(ChatMessage).where(
        ChatMessage.thread_id == conversation.thread_id,
        ChatMessage.type == MessageType.answer,
        ChatMessage.seq > message.seq,
    )
    for answer in db.session.scalars(later_answers.order_by(ChatMessage.seq)):
        if not _ASKED.isdisjoint(answer.payload or ()):
            conversation.thread.change_seq += 1
            answer.change_seq = conversation.thread.change_seq
            answer.payload = {key: "" if key in _ASKED else value for key, value in answer.payload.items()}


def _subject(content: str) -> str:
    """What a list calls a conversation that begins with these words."""
    return " ".join(content.split())[:80]
