"""敏感词: the words that supervisors are told of, and the alerts that came of them (CHT-12, C §2.2.3)."""

import datetime as dt
from enum import StrEnum, auto

from flask_appbuilder import Model
from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, and_, or_
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.actor import Actor, Scope
from models.base import Entity, Versioned
from models.conversations import Conversation
from models.customers import Customer
from models.identity import User
from models.messaging import ChatMessage, SenderKind
from models.organization import Agent
from models.tickets import Ticket
from models.types import Code, Exact, Flag, Json


class WordLevel(StrEnum):
    notice = auto()
    warning = auto()
    severe = auto()


class WordAction(StrEnum):
    #: the message goes its way and is marked for staff
    mark = auto()
    #: the message is refused
    block = auto()


class WordSpeaker(StrEnum):
    everybody = auto()
    customer = auto()
    agent = auto()


class AlertState(StrEnum):
    open = auto()
    seen = auto()
    handled = auto()
    dismissed = auto()


class SaidIn(StrEnum):
    """Where words were written. What is no message has no id of a sender's program; it is named by its text, in a way
    that no id of a message can be: they are shorter (`services.threads`).
    """

    message = auto()
    ticket = auto()
    rating = auto()
    question = auto()
    #: words beside a verdict on an article
    verdict = auto()

    def name_of(self, digest: str) -> str:
        return f"{self.value}:{digest}"

    @classmethod
    def of(cls, client_msg_id: str) -> "SaidIn":
        kind, colon, digest = client_msg_id.partition(":")
        return cls(kind) if colon and len(digest) == DIGEST and kind in cls.__members__ else cls.message


#: length of a digest in hexadecimal digits; an id of a message has no more characters altogether
DIGEST = 64
#: somebody still has to look into it
UNSETTLED = (AlertState.open, AlertState.seen)


class SensitiveWord(Versioned, Entity, Model):
    """One word of a company's list, with its group, how grave it is and what becomes of a message that has it."""

    __tablename__ = "sensitive_word"
    __table_args__ = (UniqueConstraint("tenant_id", "form", "delete_token", name="uq_sensitive_word_form"),)
    __bookkeeping__ = frozenset({"form"})

    word: Mapped[str] = mapped_column(String(64))
    #: the word as it is compared: letters and digits only, simplified, lower case
    form: Mapped[str] = mapped_column(Exact)
    group_name: Mapped[str] = mapped_column(String(64), default="", server_default="")
    level: Mapped[WordLevel] = mapped_column(Code(WordLevel), default=WordLevel.notice)
    action: Mapped[WordAction] = mapped_column(Code(WordAction), default=WordAction.mark)
    #: in whose messages it is looked for
    speaker: Mapped[WordSpeaker] = mapped_column(Code(WordSpeaker), default=WordSpeaker.everybody)
    active: Mapped[bool] = mapped_column(Flag, default=True, server_default="1")

    def __repr__(self) -> str:
        return self.word


class SensitiveList(Entity, Model):
    """The change counter of a company's words; one row per tenant."""

    __tablename__ = "sensitive_list"
    __audit__ = None
    __table_args__ = (UniqueConstraint("tenant_id", name="uq_sensitive_list_tenant"),)

    version: Mapped[int] = mapped_column(default=0, server_default="0")


class SensitiveAlert(Versioned, Entity, Model):
    """敏感词预警: a message or another text with sensitive words, whether it was taken or refused, and what was done
    about it. What belongs to no conversation and no ticket stands in a thread of its own.
    """

    __tablename__ = "sensitive_alert"
    __audit__ = None  # whoever handles one is written into the log by the operation; the words of people are not
    __table_args__ = (
        # whoever repeats a refused message is the same alert
        UniqueConstraint(
            "thread_id",
            "sender_kind",
            "sender_id",
            "client_msg_id",
            "action",
            "delete_token",
            name="uq_sensitive_alert_message",
        ),
        Index("idx_sensitive_alert_state", "tenant_id", "deleted", "state", "id"),
        Index("idx_sensitive_alert_create_time", "tenant_id", "deleted", "create_time", "level"),
    )

    thread_id: Mapped[int] = mapped_column(ForeignKey("thread.id", ondelete="CASCADE"))
    conversation_id: Mapped[int | None] = mapped_column(ForeignKey("conversation.id", ondelete="CASCADE"), index=True)
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("ticket.id", ondelete="CASCADE"), index=True)
    #: None: it was refused, or cleared away since
    message_id: Mapped[int | None] = mapped_column(ForeignKey("chat_message.id", ondelete="SET NULL"), index=True)
    #: number of the message; of a refused one, of the last message before it
    seq: Mapped[int]
    client_msg_id: Mapped[str] = mapped_column(Exact)
    sender_kind: Mapped[SenderKind] = mapped_column(Code(SenderKind))
    sender_id: Mapped[int]
    sender_name: Mapped[str] = mapped_column(String(128), default="")
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("customer.id"), index=True)
    #: who was in charge
    agent_id: Mapped[int | None] = mapped_column(ForeignKey("agent.id"), index=True)
    action: Mapped[WordAction] = mapped_column(Code(WordAction))
    #: that of the gravest word
    level: Mapped[WordLevel] = mapped_column(Code(WordLevel))
    #: the words found, as the list has them, the gravest first
    words: Mapped[str] = mapped_column(String(500))
    #: what was written around the words, and where in it they stand: [[start, end], …]
    excerpt: Mapped[str] = mapped_column(Text)
    spans: Mapped[list] = mapped_column(Json)
    state: Mapped[AlertState] = mapped_column(Code(AlertState), default=AlertState.open)
    handler_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"))
    handle_time: Mapped[dt.datetime | None]
    note: Mapped[str | None] = mapped_column(String(500))
    conversation: Mapped[Conversation | None] = relationship()
    ticket: Mapped[Ticket | None] = relationship()
    customer: Mapped[Customer | None] = relationship()
    agent: Mapped[Agent | None] = relationship()
    message: Mapped[ChatMessage | None] = relationship()
    handler: Mapped[User | None] = relationship(foreign_keys=[handler_id])

    @classmethod
    def visible_to(cls, actor: Actor):
        """To staff who see the conversation or ticket; the right to read alerts is another thing."""
        staff = super().visible_to(actor)
        if actor.scope("conversation") is Scope.all and actor.scope("ticket") is Scope.all:
            return staff
        alone = and_(
            cls.conversation_id.is_(None), cls.ticket_id.is_(None), cls.customer.has(Customer.visible_to(actor))
        )
        return and_(
            staff,
            or_(cls.conversation.has(Conversation.visible_to(actor)), cls.ticket.has(Ticket.visible_to(actor)), alone),
        )

    @property
    def said_in(self) -> SaidIn:
        return SaidIn.of(self.client_msg_id)

    def __repr__(self) -> str:
        return self.words


class SensitiveHit(Entity, Model):
    """One word in one alert, as the list had it then: for filters and for what is found most."""

    __tablename__ = "sensitive_hit"
    __audit__ = None
    __table_args__ = (Index("idx_sensitive_hit_word", "tenant_id", "deleted", "word", "alert_id"),)

    alert_id: Mapped[int] = mapped_column(ForeignKey("sensitive_alert.id", ondelete="CASCADE"), index=True)
    word_id: Mapped[int] = mapped_column(ForeignKey("sensitive_word.id"), index=True)
    word: Mapped[str] = mapped_column(String(64))
    group_name: Mapped[str] = mapped_column(String(64), default="")
    level: Mapped[WordLevel] = mapped_column(Code(WordLevel))
    alert: Mapped[SensitiveAlert] = relationship()

    @classmethod
    def visible_to(cls, actor: Actor):
        return cls.alert.has(SensitiveAlert.visible_to(actor)) & super().visible_to(actor)

    def __repr__(self) -> str:
        return self.word
