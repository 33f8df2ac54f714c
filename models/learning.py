"""What the articles did not answer, grouped; and questions by which answering is tried (KB-7, AI-9)."""

import datetime as dt
from enum import StrEnum, auto

from flask_appbuilder import Model
from sqlalchemy import ForeignKey, Index, Integer, LargeBinary, String
from sqlalchemy.dialects import mysql
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Entity, Versioned
from models.knowledge import Article
from models.types import Code, Flag, Json, utcnow


class GroupState(StrEnum):
    """What editors have made of a group of questions."""

    open = auto()
    #: an article was begun
    drafted = auto()
    #: an article knows these words now
    added = auto()
    dismissed = auto()


class QuestionGroup(Entity, Model):
    """Questions without a good answer that mean the same."""

    __tablename__ = "question_group"
    __bookkeeping__ = frozenset(
        {"text", "locale", "asked", "asked_since", "first_time", "last_time", "model", "vector", "vector_count"}
    )
    __table_args__ = (Index("idx_question_group_listing", "tenant_id", "deleted", "state", "asked"),)

    #: the one that says best what they are about
    text: Mapped[str] = mapped_column(String(500))
    locale: Mapped[str] = mapped_column(String(8), default="zh", server_default="zh")
    state: Mapped[GroupState] = mapped_column(Code(GroupState), default=GroupState.open)
    #: what was made of it
    article_id: Mapped[int | None] = mapped_column(ForeignKey("article.id"), index=True)
    asked: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    #: since it was dealt with
    asked_since: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    first_time: Mapped[dt.datetime] = mapped_column(default=utcnow)
    last_time: Mapped[dt.datetime] = mapped_column(default=utcnow)
    #: the model of the vector, which is the sum of the questions' vectors: float32, little endian
    model: Mapped[str] = mapped_column(String(128), default="", server_default="")
    vector: Mapped[bytes] = mapped_column(LargeBinary().with_variant(mysql.MEDIUMBLOB(), "mysql", "mariadb"))
    vector_count: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    article: Mapped[Article | None] = relationship()

    def __repr__(self) -> str:
        return self.text[:60]


class EvaluationQuestion(Versioned, Entity, Model):
    """A question of which is known by which article it is to be answered, or that by none."""

    __tablename__ = "evaluation_question"

    text: Mapped[str] = mapped_column(String(500))
    #: any of these articles is right; none at all: it must not be answered
    article_ids: Mapped[list | None] = mapped_column(Json)
    note: Mapped[str | None] = mapped_column(String(255))
    active: Mapped[bool] = mapped_column(Flag, default=True, server_default="1")
    #: the question of a customer it was taken from
    question_id: Mapped[int | None]

    def __repr__(self) -> str:
        return self.text[:60]


class RunMode(StrEnum):
    """How a trial searches."""

    #: as customers are answered
    product = auto()
    #: by words alone
    words = auto()


class TrialState(StrEnum):
    waiting = auto()
    running = auto()
    done = auto()
    failed = auto()


class EvaluationRun(Entity, Model):
    """One trial of all evaluation questions: with which settings, and how many were answered rightly."""

    __tablename__ = "evaluation_run"
    __bookkeeping__ = frozenset(
        {"state", "done", "total", "model", "figures", "results", "start_time", "finish_time", "error"}
    )

    note: Mapped[str | None] = mapped_column(String(255))
    mode: Mapped[RunMode] = mapped_column(Code(RunMode), default=RunMode.product)
    state: Mapped[TrialState] = mapped_column(Code(TrialState), default=TrialState.waiting)
    done: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    total: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    model: Mapped[str] = mapped_column(String(128), default="", server_default="")
    #: hit1, hit5, mrr, answeredRight, answeredWrong … as shares
    figures: Mapped[dict | None] = mapped_column(Json)
    #: question by question
    results: Mapped[list | None] = mapped_column(Json)
    start_time: Mapped[dt.datetime | None]
    finish_time: Mapped[dt.datetime | None]
    error: Mapped[str | None] = mapped_column(String(255))

    def __repr__(self) -> str:
        return self.note or f"{self.create_time:%Y-%m-%d %H:%M}"
