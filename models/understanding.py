"""What was understood of what people said: moods of messages, labels that people gave, the models learned from them."""

from enum import StrEnum, auto

from flask_appbuilder import Model
from sqlalchemy import ForeignKey, Index, Integer, LargeBinary, String, UniqueConstraint
from sqlalchemy.dialects import mysql
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Entity
from models.types import Code, Json


class Mood(StrEnum):
    """How somebody sounds (AI-11)."""

    negative = auto()
    neutral = auto()
    positive = auto()
    angry = auto()


class MessageMood(Entity, Model):
    """The mood of one message of a customer. Only moods are kept: a message without a row is neutral."""

    __tablename__ = "message_mood"
    __audit__ = None
    __table_args__ = (
        UniqueConstraint("message_id", name="uq_message_mood_message_id"),
        Index("idx_message_mood_thread_id", "thread_id", "message_id"),
    )

    #: no foreign key: what was recognised of a message is written beside it, later, and may come after its end
    message_id: Mapped[int]
    thread_id: Mapped[int] = mapped_column(ForeignKey("thread.id"))
    mood: Mapped[Mood] = mapped_column(Code(Mood))
    #: 0 … 1000, thousandths
    confidence: Mapped[int] = mapped_column(Integer, default=0)


class ProblemSource(StrEnum):
    """Who says what a conversation is about."""

    keywords = auto()
    #: the model learned from corrections
    learned = auto()
    #: the customer, in a form or by an entry of the bot's menu
    customer = auto()
    staff = auto()


class Subject(StrEnum):
    """What is learned to be recognised (AI-6)."""

    problem_type = auto()
    ticket_type = auto()
    ticket_priority = auto()


class LabelledCase(Entity, Model):
    """What a person says that a conversation or ticket is: the material from which is learned.

    The words are read from the conversation or ticket when there is something to learn, so what is purged is
    forgotten here too.
    """

    __tablename__ = "labelled_case"
    __audit__ = None
    __table_args__ = (
        UniqueConstraint("tenant_id", "subject", "owner_id", "delete_token"),
        Index("idx_labelled_case_update_time", "tenant_id", "subject", "update_time"),
    )

    subject: Mapped[Subject] = mapped_column(Code(Subject))
    #: of the conversation for a problem type, else of the ticket
    owner_id: Mapped[int]
    label: Mapped[str] = mapped_column(String(64))
    #: what had been recognised before the person spoke, and how surely, in thousandths; None: nothing
    guess: Mapped[str | None] = mapped_column(String(64))
    guess_confidence: Mapped[int | None] = mapped_column(Integer)


class LearnedState(StrEnum):
    """What became of a model."""

    in_use = auto()
    #: another one has taken its place
    replaced = auto()
    #: it was no better than what there was
    rejected = auto()


class LearnedModel(Entity, Model):
    """One training: the model, how it did on rows held back, and what was in use before it."""

    __tablename__ = "learned_model"
    __audit__ = None
    __table_args__ = (UniqueConstraint("tenant_id", "subject", "number", "delete_token"),)

    subject: Mapped[Subject] = mapped_column(Code(Subject))
    #: counts the trainings of a subject
    number: Mapped[int]
    state: Mapped[LearnedState] = mapped_column(Code(LearnedState))
    #: the embedder it was trained with; "" for words alone
    embedder: Mapped[str] = mapped_column(String(128), default="", server_default="")
    #: how many cases it was trained on, and how many were held back to judge it
    trained_on: Mapped[int] = mapped_column(Integer, default=0)
    held_back: Mapped[int] = mapped_column(Integer, default=0)
    #: thousandths, of the cases held back: right by this model, and by what was in use before
    accuracy: Mapped[int] = mapped_column(Integer, default=0)
    accuracy_before: Mapped[int | None] = mapped_column(Integer)
    macro_f1: Mapped[int] = mapped_column(Integer, default=0)
    #: [[what it is, what the model said, how often]], of the cases held back
    confusions: Mapped[list | None] = mapped_column(Json)
    #: the model itself; None where it was rejected
    data: Mapped[bytes | None] = mapped_column(
        LargeBinary().with_variant(mysql.MEDIUMBLOB(), "mysql", "mariadb"), deferred=True
    )

    def __repr__(self) -> str:
        return f"{self.subject} {self.number}"
