"""The language model a company may add, and what it was asked (AI-8)."""

from enum import StrEnum, auto

from flask_appbuilder import Model
from sqlalchemy import ForeignKey, Index, Integer, String, Text
from sqlalchemy.dialects import mysql
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Entity, Versioned
from models.types import Code, Encrypted, Flag

LongText = Text().with_variant(mysql.MEDIUMTEXT(), "mysql", "mariadb")


class Feature(StrEnum):
    """What a model may be asked to do; each has a switch of its own."""

    #: say the quoted answer in one piece
    rewrite_answers = auto()
    #: propose an agent's next words
    suggest_replies = auto()
    #: tell the agent who takes over what has been said
    summarise_handover = auto()
    #: write the first version of an article
    draft_articles = auto()
    #: an administrator tries whether it works
    trial = auto()


class CallOutcome(StrEnum):
    """What became of a call."""

    #: under way, or its process died meanwhile
    started = auto()
    #: what the model said was used
    used = auto()
    #: it said something that the sources do not say
    refused = auto()
    #: it had nothing to say
    declined = auto()
    #: no answer in time
    timed_out = auto()
    #: no answer, or none that can be read
    failed = auto()


class LanguageModel(Versioned, Entity, Model):
    """An OpenAI-compatible endpoint: where it is, what it may do and what it may use up. One is active at a time."""

    __tablename__ = "language_model"
    __secret__ = frozenset({"api_key"})

    active: Mapped[bool] = mapped_column(Flag, default=False, server_default="0")
    #: up to and without /chat/completions
    base_url: Mapped[str] = mapped_column(String(255))
    api_key: Mapped[str | None] = mapped_column(Encrypted(1000))
    #: the model's name at that address
    model: Mapped[str] = mapped_column(String(128))
    timeout_seconds: Mapped[int] = mapped_column(Integer, default=6, server_default="6")
    #: the longest answer
    max_tokens: Mapped[int] = mapped_column(Integer, default=500, server_default="500")
    #: in hundredths: 0 always says the same
    temperature: Mapped[int] = mapped_column(Integer, default=10, server_default="10")
    #: the company's own wishes, e.g. how to address people; plain words
    instructions: Mapped[str | None] = mapped_column(Text)
    rewrite_answers: Mapped[bool] = mapped_column(Flag, default=False, server_default="0")
    suggest_replies: Mapped[bool] = mapped_column(Flag, default=False, server_default="0")
    summarise_handover: Mapped[bool] = mapped_column(Flag, default=False, server_default="0")
    draft_articles: Mapped[bool] = mapped_column(Flag, default=False, server_default="0")
    #: 0: no limit
    tokens_per_day: Mapped[int] = mapped_column(Integer, default=200_000, server_default="200000")
    tokens_per_month: Mapped[int] = mapped_column(Integer, default=2_000_000, server_default="2000000")
    calls_per_day: Mapped[int] = mapped_column(Integer, default=2_000, server_default="2000")
    calls_per_month: Mapped[int] = mapped_column(Integer, default=20_000, server_default="20000")
    #: days for which what was asked and answered is kept in words; 0: never
    keep_days: Mapped[int] = mapped_column(Integer, default=7, server_default="7")

    def __repr__(self) -> str:
        return self.model


class ModelCall(Entity, Model):
    """One question to the language model: who, what for, what it cost and what came of it. Never changed by hand."""

    __tablename__ = "model_call"
    __audit__ = None
    __table_args__ = (Index("idx_model_call_create_time", "tenant_id", "create_time"),)

    feature: Mapped[Feature] = mapped_column(Code(Feature))
    outcome: Mapped[CallOutcome] = mapped_column(Code(CallOutcome), default=CallOutcome.started)
    #: why it was not used
    reason: Mapped[str | None] = mapped_column(String(255))
    #: for whom: a member of staff; customers' questions name their conversation
    user_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"), index=True)
    conversation_id: Mapped[int | None] = mapped_column(ForeignKey("conversation.id"), index=True)
    model: Mapped[str] = mapped_column(String(128))
    #: what it counts for in the budget: as the endpoint says, until then and otherwise as estimated
    prompt_tokens: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    answer_tokens: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    duration_ms: Mapped[int | None] = mapped_column(Integer)
    prompt: Mapped[str | None] = mapped_column(LongText)
    answer: Mapped[str | None] = mapped_column(LongText)

    def __repr__(self) -> str:
        return f"{self.feature} {self.id}"
