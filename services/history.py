"""The history: all conversations an actor may see, by time, people, state and words, and where these stand (CHT-11)."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, func, select, union

from ai.marks import excerpt
from app.errors import Invalid, Reason
from app.extensions import db
from models.actor import Actor
from models.channels import Channel
from models.conversations import Conversation, ConversationStatus, Rating
from models.customers import Customer
from models.messaging import ChatMessage
from services import words

#: messages shown of a conversation in which the words stand more often
MOST_SHOWN = 3
BEFORE, AFTER = 24, 96
#: stands for conversations without agent, or without rating
NONE = "none"


@dataclass(frozen=True)
class Search:
    """What somebody looks for; an empty value asks for nothing."""

    q: str = ""
    #: talked between these moments
    since: dt.datetime | None = None
    until: dt.datetime | None = None
    statuses: tuple[ConversationStatus, ...] = ()
    #: a number, or None where `without_agent` says so
    agent_id: int | None = None
    without_agent: bool = False
    customer_id: int | None = None
    channel: str = ""
    scores: tuple[int, ...] = ()
    without_rating: bool = False

    @property
    def is_narrow(self) -> bool:
        """Whether it asks for anything at all."""
        return self != Search()


@dataclass(frozen=True)
class Found:
    """One message with the words that were looked for."""

    message: ChatMessage
    snippet: str
    #: parts of the snippet to mark
    marks: list[str]


def search_of(
    actor: Actor,
    *,
    q: str = "",
    since: str = "",
    until: str = "",
    status: str = "",
    agent_id: str = "",
    customer_id: int | None = None,
    channel: str = "",
    rating: str = "",
) -> Search:
    """A search as it is written in addresses and kept in exports. Raises Invalid."""
    names = [name for name in status.split(",") if name]
    if unknown := [name for name in names if name not in set(ConversationStatus)]:
        raise _invalid("status", Reason("unknown: %(names)s", names=", ".join(unknown)[:100]))
    marks = [mark for mark in rating.split(",") if mark]
    if not set(marks) <= {NONE, *"12345"}:
        raise _invalid("rating", Reason("1 to 5, or none"))
    if agent_id not in ("", "me", NONE) and not (agent_id.isascii() and agent_id.isdigit() and len(agent_id) < 19):
        raise _invalid("agentId", Reason("a number, me or none"))
    own = actor.agent_id or 0
    return Search(
        q=q.strip(),
        since=_moment("since", since),
        until=_moment("until", until),
        statuses=tuple(map(ConversationStatus, names)),
        agent_id=own if agent_id == "me" else int(agent_id) if agent_id not in ("", NONE) else None,
        without_agent=agent_id == NONE,
        customer_id=customer_id,
        channel=channel,
        scores=tuple(int(mark) for mark in marks if mark != NONE),
        without_rating=NONE in marks,
    )


def conditions(actor: Actor, search: Search) -> list[ColumnElement[bool]]:
    """For a SELECT of conversations. What retention has taken has nothing left to be found."""
    found = [Conversation.visible_to(actor), Conversation.purge_time.is_(None)]
    if search.since:
        found.append(Conversation.last_message_time >= search.since)
    if search.until:
        found.append(Conversation.create_time < search.until)
    if search.statuses:
        found.append(Conversation.status.in_(search.statuses))
    if search.without_agent:
        found.append(Conversation.agent_id.is_(None))
    elif search.agent_id is not None:
        found.append(Conversation.agent_id == search.agent_id)
    if search.customer_id is not None:
        found.append(Conversation.customer_id == search.customer_id)
    if search.channel:
        found.append(Conversation.channel == search.channel)
    if search.scores or search.without_rating:
        found.append(_rated(search))
    if search.q:
        found.append(Conversation.id.in_(_with_words(search)))
    return found


def matches(actor: Actor, rows: Iterable[Conversation], search: Search) -> dict[int, tuple[int, list[Found]]]:
    """Conversation → how many of its messages hold the words, and the newest of them."""
    said = words.containing(ChatMessage, search.q) if search.q else []
    threads = {row.thread_id: row.id for row in rows}
    if not said or not threads:
        return {}
    place = func.row_number().over(partition_by=ChatMessage.thread_id, order_by=ChatMessage.seq.desc())
    numbered = (
        select(
            ChatMessage.id,
            place.label("place"),
            func.count().over(partition_by=ChatMessage.thread_id).label("count"),
        )
        .where(ChatMessage.thread_id.in_(threads), *said, *_said_between(search))
        .subquery()
    )
    found: dict[int, tuple[int, list[Found]]] = {}
    for message, count in db.session.execute(
        select(ChatMessage, numbered.c.count)
        .join(numbered, numbered.c.id == ChatMessage.id)
        .where(numbered.c.place <= MOST_SHOWN)
        .order_by(ChatMessage.seq.desc())
    ):
        _, shown = found.setdefault(threads[message.thread_id], (count, []))
        shown.append(Found(message, *excerpt(message.content, search.q, BEFORE, AFTER)))
    return found


def channels() -> list[tuple[str, str]]:
    """(code, name) of every way in, also those that are switched off: people came by them."""
    return list(db.session.execute(select(Channel.code, Channel.name).order_by(Channel.id)).tuples())


def ratings_of(rows: Iterable[Conversation]) -> dict[int, Rating]:
    """The rating of each conversation that has one."""
    rated = select(Rating).where(Rating.conversation_id.in_([row.id for row in rows]))
    return {rating.conversation_id: rating for rating in db.session.scalars(rated)}


def _with_words(search: Search) -> Select:
    """Conversations with all the words in one message, or in number and subject, or in the customer's name."""
    literal = search.q.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    about = words.matching(Conversation, search.q)
    called = words.matching(Customer, search.q)
    if about is None or called is None:  # a single character: not kept as a term
        about = select(Conversation.id).where(Conversation.subject.like(f"%{literal}%", escape="\\"))
        called = select(Customer.id).where(Customer.name.like(f"%{literal}%", escape="\\"))
    parts = [about, select(Conversation.id).where(Conversation.customer_id.in_(called))]
    said = words.matching(ChatMessage, search.q)
    if said is not None:
        threads = select(ChatMessage.thread_id).where(ChatMessage.id.in_(said), *_said_between(search))
        parts.append(select(Conversation.id).where(Conversation.thread_id.in_(threads)))
    # MariaDB asks a bare union inside IN again for every row, but not one in a subquery of its own
    every = union(*parts).subquery()
    return select(every.c[0])


def _said_between(search: Search) -> list[ColumnElement[bool]]:
    since = [ChatMessage.create_time >= search.since] if search.since else []
    return since + ([ChatMessage.create_time < search.until] if search.until else [])


def _rated(search: Search) -> ColumnElement[bool]:
    scored = Conversation.id.in_(select(Rating.conversation_id).where(Rating.score.in_(search.scores)))
    if not search.without_rating:
        return scored
    without = Conversation.id.not_in(select(Rating.conversation_id))
    return without | scored if search.scores else without


def _moment(name: str, text: str) -> dt.datetime | None:
    """ "2026-11-21T08:00:00+08:00" or "2026-11-21" as times are stored; without a zone it is UTC."""
    if not text:
        return None
    try:
        moment = dt.datetime.fromisoformat(text)
        return moment.astimezone(dt.UTC).replace(tzinfo=None) if moment.tzinfo else moment
    except (ValueError, OverflowError):
        raise _invalid(name, Reason("not a time")) from None


def _invalid(name: str, reason: Reason) -> Invalid:
    return Invalid("The request is not valid", fields={name: reason})
