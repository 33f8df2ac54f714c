"""Conversations (会话) with their assignments and ratings (CHT, RTE)."""

import datetime as dt
from enum import StrEnum, auto

from flask_appbuilder import Model
from sqlalchemy import ForeignKey, Index, Integer, String, Text, UniqueConstraint, or_
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.actor import Actor, Scope
from models.base import Entity, Versioned
from models.customers import Customer
from models.entry_codes import EntryCode
from models.identity import User
from models.messaging import Thread
from models.organization import Agent, Team, agents_within
from models.stars import Stars
from models.types import Code, Exact, Json
from models.understanding import Mood, ProblemSource


class ConversationStatus(StrEnum):
    bot = auto()
    queued = auto()
    active = auto()
    on_hold = auto()
    closed = auto()


#: from → to; nothing else happens to a conversation
TRANSITIONS: dict[ConversationStatus, frozenset[ConversationStatus]] = {
    ConversationStatus.bot: frozenset(
        {ConversationStatus.queued, ConversationStatus.active, ConversationStatus.closed}
    ),
    ConversationStatus.queued: frozenset(
        {ConversationStatus.active, ConversationStatus.bot, ConversationStatus.closed}
    ),
    ConversationStatus.active: frozenset(
        {ConversationStatus.on_hold, ConversationStatus.queued, ConversationStatus.closed}
    ),
    ConversationStatus.on_hold: frozenset(
        {ConversationStatus.active, ConversationStatus.queued, ConversationStatus.closed}
    ),
    # only a late word of the customer leads out of the end
    ConversationStatus.closed: frozenset(
        {ConversationStatus.bot, ConversationStatus.queued, ConversationStatus.active}
    ),
}

#: states in which an agent's capacity is taken
HELD = (ConversationStatus.active, ConversationStatus.on_hold)
OPEN = (ConversationStatus.bot, ConversationStatus.queued, *HELD)
#: from this queue priority on a conversation is urgent; below it stand the levels of VIPs
URGENT = 100


class Conversation(Versioned, Entity, Model):
    """One service of one customer, from the first question to the end."""

    __tablename__ = "conversation"
    __bookkeeping__ = frozenset(
        {
            "last_message_time",
            "waiting_since",
            "first_reply_time",
            "bot_misses",
            "idle_warned_time",
            "archive_time",
            "purge_time",
            "answers",
            "mood",
            "mood_seq",
            "problem_source",
            "problem_confidence",
        }
    )
    __table_args__ = (
        UniqueConstraint("tenant_id", "no", name="uq_conversation_no"),
        Index("idx_conversation_status", "tenant_id", "deleted", "status", "id"),
        # answers "my conversations", their number and "whom do I serve" without reading the rows
        Index("idx_conversation_agent_id", "agent_id", "tenant_id", "deleted", "status", "id", "customer_id"),
        Index("idx_conversation_customer_id", "customer_id", "tenant_id", "deleted", "status", "id"),
        Index("idx_conversation_last_message_time", "tenant_id", "deleted", "last_message_time"),
        Index("idx_conversation_waiting_since", "tenant_id", "deleted", "waiting_since"),
        Index("idx_conversation_create_time", "tenant_id", "deleted", "create_time"),
        # the figures of agents: how many, since when, how soon the first reply; and whom they serve, for a database may
        # choose this index for that as well
        Index(
            "idx_conversation_served",
            "agent_id",
            "tenant_id",
            "deleted",
            "active_time",
            "queue_time",
            "first_reply_time",
            "customer_id",
        ),
        # what is old enough to go, oldest first
        Index("idx_conversation_retention", "tenant_id", "deleted", "purge_time", "close_time"),
        Index("idx_conversation_mood", "tenant_id", "deleted", "mood", "status", "id"),
        Index("idx_conversation_served_team_id", "served_team_id", "tenant_id", "deleted", "status", "id"),
    )

    no: Mapped[str] = mapped_column(Exact)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    agent_id: Mapped[int | None] = mapped_column(ForeignKey("agent.id"))
    #: the team it is meant for; while it waits, nobody else gets it
    team_id: Mapped[int | None] = mapped_column(ForeignKey("team.id"), index=True)
    #: the team one of whose places it takes while an agent holds it, and afterwards: in whose name it was served
    served_team_id: Mapped[int | None] = mapped_column(ForeignKey("team.id"))
    #: what it is about: a code of the dictionary problem_type, recognised from the customer's words
    problem_type: Mapped[str | None] = mapped_column(String(64))
    #: who says so, and how surely in thousandths; None: nobody does, or a release before this was kept
    problem_source: Mapped[ProblemSource | None] = mapped_column(Code(ProblemSource))
    problem_confidence: Mapped[int | None] = mapped_column(Integer)
    #: how the customer sounds of late, and the number of the message that sounded so; None: neutral (AI-11)
    mood: Mapped[Mood | None] = mapped_column(Code(Mood))
    mood_seq: Mapped[int | None]
    thread_id: Mapped[int] = mapped_column(ForeignKey("thread.id"), unique=True)
    status: Mapped[ConversationStatus] = mapped_column(Code(ConversationStatus), default=ConversationStatus.bot)
    channel: Mapped[str] = mapped_column(String(32), default="portal")
    #: the page on which the customer began: {page: address, title: text}; what is not known is missing
    source: Mapped[dict | None] = mapped_column(Json)
    #: what he wrote into the form before it: {field: text}
    answers: Mapped[dict | None] = mapped_column(Json)
    subject: Mapped[str] = mapped_column(String(255), default="")
    #: when the customer began to wait for a person
    queue_time: Mapped[dt.datetime | None]
    #: raised by VIP level and by supervisors; higher is served first
    queue_priority: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    active_time: Mapped[dt.datetime | None]
    first_reply_time: Mapped[dt.datetime | None]
    last_message_time: Mapped[dt.datetime | None]
    #: since when the customer waits for a word of a person; None while it is not our turn
    waiting_since: Mapped[dt.datetime | None]
    close_time: Mapped[dt.datetime | None]
    close_reason: Mapped[str | None] = mapped_column(String(255))
    #: the QR code by which the customer came
    entry_code_id: Mapped[int | None] = mapped_column(ForeignKey("entry_code.id"), index=True)
    #: whom the customer asked for; the dispatcher tries this agent first
    wanted_agent_id: Mapped[int | None] = mapped_column(ForeignKey("agent.id"), index=True)
    #: how often in a row the bot had no answer
    bot_misses: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    #: since when, and why, it is kept whatever its age (legal hold); None: it goes when its time has come
    legal_hold_time: Mapped[dt.datetime | None]
    legal_hold_reason: Mapped[str | None] = mapped_column(String(500))
    #: when its copy was written to the archive, and when retention took what was said in it
    archive_time: Mapped[dt.datetime | None]
    purge_time: Mapped[dt.datetime | None]
    #: what the customer talked about before this; a number only, for the earlier one may have been removed since
    previous_id: Mapped[int | None]
    #: when it was said that the silence will end the conversation; older than the last message it says nothing
    idle_warned_time: Mapped[dt.datetime | None]
    #: when a customer who found nobody left a message instead of waiting
    left_message_time: Mapped[dt.datetime | None]
    #: when the customer was asked what he thought of it
    rating_invited_time: Mapped[dt.datetime | None]
    customer: Mapped[Customer] = relationship()
    agent: Mapped[Agent | None] = relationship(foreign_keys=[agent_id])
    entry_code: Mapped[EntryCode | None] = relationship()
    wanted_agent: Mapped[Agent | None] = relationship(foreign_keys=[wanted_agent_id])
    team: Mapped[Team | None] = relationship(foreign_keys=[team_id])
    served_team: Mapped[Team | None] = relationship(foreign_keys=[served_team_id])
    #: read and locked with its owner: whoever holds the conversation's row holds the numbers of its messages
    thread: Mapped[Thread] = relationship(lazy="joined", innerjoin=True)

    @classmethod
    def visible_to(cls, actor: Actor):
        """Own, team's, department's or all conversations (C §4.2); customers their own."""
        if actor.sees_as_customer:
            return cls.customer_id == (actor.customer_id or 0)
        scope = actor.scope("conversation")
        if scope is Scope.all:
            return cls.id.is_not(None)
        conditions = [cls.agent_id.in_(agents_within(actor, scope))]
        if scope is not Scope.own:
            conditions.append(cls.team_id.in_(actor.team_ids or {0}))
            # a conversation that waits for anybody belongs to every supervisor's pool
            conditions.append((cls.agent_id.is_(None)) & (cls.team_id.is_(None)))
        return or_(*conditions)

    def is_between(self, actor: Actor) -> bool:
        """Whether this actor is the customer or the agent in charge, who see it whatever else they may see."""
        if actor.sees_as_customer:
            return actor.customer_id is not None and self.customer_id == actor.customer_id
        return self.agent_id is not None and self.agent_id == actor.agent_id

    @property
    def is_urgent(self) -> bool:
        """Whether it goes before all others, by what it is about or by a supervisor's word."""
        return self.queue_priority >= URGENT

    def __repr__(self) -> str:
        return self.no


class ConversationAssignment(Entity, Model):
    """会话分配记录: who got a conversation from whom, how and why (RTE-6)."""

    __tablename__ = "conversation_assignment"

    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"), index=True)
    #: auto, assign, transfer, takeover, requeue, reopen, prioritize
    method: Mapped[str] = mapped_column(String(32))
    from_agent_id: Mapped[int | None] = mapped_column(ForeignKey("agent.id"))
    to_agent_id: Mapped[int | None] = mapped_column(ForeignKey("agent.id"))
    reason: Mapped[str | None] = mapped_column(String(500))
    #: the candidates, their scores and why each was passed over
    detail: Mapped[dict | None] = mapped_column(Json)
    conversation: Mapped[Conversation] = relationship()
    from_agent: Mapped[Agent | None] = relationship(foreign_keys=[from_agent_id])
    to_agent: Mapped[Agent | None] = relationship(foreign_keys=[to_agent_id])

    @classmethod
    def visible_to(cls, actor: Actor):
        return cls.conversation.has(Conversation.visible_to(actor)) & super().visible_to(actor)

    def __repr__(self) -> str:
        return f"#{self.conversation_id}"


class Rating(Stars, Entity, Model):
    """What a customer thought of a conversation (CHT-13)."""

    __tablename__ = "rating"
    __bookkeeping__ = frozenset({"learned_time"})
    __table_args__ = (
        UniqueConstraint("conversation_id", "delete_token"),
        Index("idx_rating_learned_time", "tenant_id", "deleted", "learned_time"),
    )

    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"))
    agent_id: Mapped[int | None] = mapped_column(ForeignKey("agent.id"), index=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"), index=True)
    #: when the answers of its conversation were last looked at for suggestions; None: they are still to be
    learned_time: Mapped[dt.datetime | None]
    conversation: Mapped[Conversation] = relationship()
    agent: Mapped[Agent | None] = relationship()
    customer: Mapped[Customer] = relationship()

    @classmethod
    def visible_to(cls, actor: Actor):
        return cls.conversation.has(Conversation.visible_to(actor))


class ReplyReview(StrEnum):
    """What became of somebody's wish that his own words be everybody's, or a team's."""

    pending = auto()
    approved = auto()
    rejected = auto()


class QuickReply(Versioned, Entity, Model):
    """快捷回复, 话术: a text an agent inserts by its code (CHT-8, AI-3). An owner's, a team's, or everybody's.

    Who may not share proposes his own: it stays his until somebody with the right has looked at it.
    """

    __tablename__ = "quick_reply"
    __bookkeeping__ = frozenset({"use_count"})
    __table_args__ = (
        Index("idx_quick_reply_code", "tenant_id", "code"),
        Index("idx_quick_reply_review", "tenant_id", "deleted", "review"),
    )

    code: Mapped[str] = mapped_column(String(32))
    title: Mapped[str] = mapped_column(String(64))
    content: Mapped[str] = mapped_column(Text)
    #: where it stands, from the general to the special: "售后/退款"
    category: Mapped[str | None] = mapped_column(String(64))
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"), index=True)
    team_id: Mapped[int | None] = mapped_column(ForeignKey("team.id"), index=True)
    use_count: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    #: of a proposal; None: nobody was asked
    review: Mapped[ReplyReview | None] = mapped_column(Code(ReplyReview))
    #: for whom it is proposed; None: for everybody
    proposed_team_id: Mapped[int | None] = mapped_column(ForeignKey("team.id"))
    #: the shared reply whose words it would replace
    replaces_id: Mapped[int | None] = mapped_column(ForeignKey("quick_reply.id"))
    #: why it was not approved
    review_note: Mapped[str | None] = mapped_column(String(255))
    reviewer_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"))
    review_time: Mapped[dt.datetime | None]
    team: Mapped[Team | None] = relationship(foreign_keys=[team_id])
    proposed_team: Mapped[Team | None] = relationship(foreign_keys=[proposed_team_id])
    replaces: Mapped["QuickReply | None"] = relationship(remote_side="QuickReply.id")
    owner: Mapped[User | None] = relationship(foreign_keys=[owner_id])

    @classmethod
    def visible_to(cls, actor: Actor):
        """What he may use; who looks at proposals sees those too."""
        if not actor.may("quick_reply.review"):
            return cls.usable_by(actor)
        return cls.usable_by(actor) | (super().visible_to(actor) & (cls.review == ReplyReview.pending))

    @classmethod
    def usable_by(cls, actor: Actor):
        """Everybody's, one's own, one's teams'; who keeps those of all uses every team's."""
        theirs = cls.team_id.is_not(None) if actor.may("quick_reply.share") else cls.team_id.in_(actor.team_ids)
        everybodys = cls.owner_id.is_(None) & cls.team_id.is_(None)
        return super().visible_to(actor) & or_(everybodys, theirs, cls.owner_id == actor.user_id)

    @property
    def scope(self) -> str:
        """Whose it is: global, team or personal."""
        if self.owner_id is not None:
            return "personal"
        return "global" if self.team_id is None else "team"

    def __repr__(self) -> str:
        return f"/{self.code} {self.title}"
