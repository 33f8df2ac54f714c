"""What agents are helped with: good answers of the past, what they chose of what was offered, vectors (AI-3, AI-5)."""

from enum import StrEnum, auto

from flask_appbuilder import Model
from sqlalchemy import ForeignKey, Index, Integer, LargeBinary, String, Text, UniqueConstraint, or_
from sqlalchemy.dialects import mysql
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.actor import Actor, Scope
from models.base import Entity
from models.conversations import Conversation
from models.organization import Agent, agents_within
from models.types import Code, Json


class SuggestionSource(StrEnum):
    """Where the words of a suggestion come from."""

    article = auto()
    quick_reply = auto()
    past_answer = auto()


class PastAnswer(Entity, Model):
    """What an agent answered a customer who was content with it: both without the persons they spoke of."""

    __tablename__ = "past_answer"
    __audit__ = None
    __table_args__ = (
        UniqueConstraint("conversation_id", "seq", "delete_token"),
        Index("idx_past_answer_update_time", "tenant_id", "update_time"),
        Index("idx_past_answer_listing", "tenant_id", "deleted", "id"),
    )

    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"))
    #: number of the answer's first message in its thread
    seq: Mapped[int]
    agent_id: Mapped[int | None] = mapped_column(ForeignKey("agent.id"), index=True)
    #: the team in whose name it was said
    team_id: Mapped[int | None] = mapped_column(ForeignKey("team.id"), index=True)
    score: Mapped[int] = mapped_column(Integer)
    question: Mapped[str] = mapped_column(String(500))
    answer: Mapped[str] = mapped_column(Text)
    conversation: Mapped[Conversation] = relationship()
    agent: Mapped[Agent | None] = relationship()

    @classmethod
    def visible_to(cls, actor: Actor):
        """One's own, those of colleagues in one's teams and what was said in their name; all to who sees all.

        The conversation itself need not be one's own: it would have been, had the queue given it to this colleague.
        """
        everyones = super().visible_to(actor)
        scope = actor.scope("past_answer")
        if actor.sees_as_customer or scope is Scope.all:
            return everyones
        near = agents_within(actor, Scope.department if scope is Scope.department else Scope.team)
        return everyones & or_(cls.agent_id.in_(near), cls.team_id.in_(actor.team_ids or {0}))

    def __repr__(self) -> str:
        return self.question[:60]


class SuggestionChoice(Entity, Model):
    """What an agent did with what was offered for one question: later offers are ranked by it."""

    __tablename__ = "suggestion_choice"
    __audit__ = None
    __table_args__ = (
        UniqueConstraint("message_id", "delete_token"),
        Index("idx_suggestion_choice_listing", "tenant_id", "deleted", "id"),
    )

    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"), index=True)
    #: what was sent in the end; a number only, for retention takes messages
    message_id: Mapped[int]
    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id"), index=True)
    team_id: Mapped[int | None] = mapped_column(ForeignKey("team.id"))
    #: the customer's words, without persons
    question: Mapped[str] = mapped_column(String(500))
    #: [[source, id] …] in the order in which they stood there
    offered: Mapped[list] = mapped_column(Json)
    #: what was put into the answer; None: he wrote it himself
    source: Mapped[SuggestionSource | None] = mapped_column(Code(SuggestionSource))
    source_id: Mapped[int | None]
    #: how much of the offered words was sent as it was, in thousandths
    kept: Mapped[int | None] = mapped_column(Integer)
    #: what was sent instead, without persons; None where nothing was changed
    edited: Mapped[str | None] = mapped_column(Text)

    @classmethod
    def visible_to(cls, actor: Actor):
        """Figures about agents' work are theirs and of those who lead them."""
        everyones = super().visible_to(actor)
        if actor.sees_as_customer or actor.scope("suggestion_choice") is Scope.all:
            return everyones
        return everyones & (cls.user_id == actor.user_id)

    def __repr__(self) -> str:
        return self.question[:60]


class TextVector(Entity, Model):
    """The vectors of one text that is looked up by meaning and is no article: a ticket, a script, a past answer."""

    __tablename__ = "text_vector"
    __audit__ = None
    __table_args__ = (
        UniqueConstraint("shelf", "row_id", "tenant_id", "delete_token"),
        Index("idx_text_vector_update_time", "tenant_id", "shelf", "update_time"),
    )

    #: which kind of text: a name of `services.lookup.SHELVES`
    shelf: Mapped[str] = mapped_column(String(16))
    row_id: Mapped[int]
    #: of all its pieces: unchanged text keeps its vectors
    text_hash: Mapped[str] = mapped_column(String(64))
    model: Mapped[str] = mapped_column(String(128))
    #: float32, little endian, one piece after the other
    vectors: Mapped[bytes] = mapped_column(LargeBinary().with_variant(mysql.MEDIUMBLOB(), "mysql", "mariadb"))
