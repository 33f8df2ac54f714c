"""WeChat as a way in: official accounts and mini programs, what came from them and what goes back (CHT-17)."""

import datetime as dt
from enum import StrEnum, auto

from flask_appbuilder import Model
from sqlalchemy import ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.actor import Actor
from models.base import Entity, Versioned
from models.channels import Channel, CustomerIdentity
from models.conversations import Conversation
from models.types import Code, Encrypted, Exact, Flag, Json

#: where WeChat answers
API_URL = "https://api.weixin.qq.com"


class WechatKind(StrEnum):
    #: 公众号 (服务号, 订阅号)
    official = auto()
    #: 小程序
    mini = auto()


class MessageMode(StrEnum):
    """How WeChat hands messages over: 明文, 兼容, 安全."""

    safe = auto()
    compatible = auto()
    plain = auto()


class Undelivery(StrEnum):
    """Why WeChat did not take a message for the customer."""

    #: he wrote nothing for 48 hours
    window = auto()
    #: as many answers as WeChat allows have been given to his last word
    limit = auto()
    #: he does not follow the account any more
    unfollowed = auto()
    #: WeChat does not like what is said
    content = auto()
    #: the account may not send, or is set up wrongly
    setup = auto()
    #: anything else; the number says what
    refused = auto()


class WechatAccount(Versioned, Entity, Model):
    """公众号或小程序: the account behind a channel of the kind WeChat, with what it takes to speak for it."""

    __tablename__ = "wechat_account"
    __secret__ = frozenset({"app_secret", "token", "aes_key", "access_token"})
    __bookkeeping__ = frozenset(
        {
            "access_token",
            "access_token_until",
            "refresh_until",
            "base_url",
            "heard_time",
            "problem",
            "problem_time",
        }
    )
    __table_args__ = (UniqueConstraint("channel_id", "delete_token"),)

    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id"))
    kind: Mapped[WechatKind] = mapped_column(Code(WechatKind), default=WechatKind.official)
    app_id: Mapped[str] = mapped_column(Exact)
    app_secret: Mapped[str] = mapped_column(Encrypted(512))
    #: with it WeChat signs what it sends us
    token: Mapped[str] = mapped_column(Encrypted(255))
    #: EncodingAESKey: 43 characters; plain mode does without
    aes_key: Mapped[str | None] = mapped_column(Encrypted(255))
    mode: Mapped[MessageMode] = mapped_column(Code(MessageMode), default=MessageMode.safe)
    api_url: Mapped[str] = mapped_column(String(255), default=API_URL, server_default=API_URL)
    access_token: Mapped[str | None] = mapped_column(Encrypted(2000))
    access_token_until: Mapped[dt.datetime | None]
    #: until then one process is fetching a new access token, and the others wait for it
    refresh_until: Mapped[dt.datetime | None]
    #: our own address as WeChat reaches us: links in messages begin with it
    base_url: Mapped[str | None] = mapped_column(String(255))
    heard_time: Mapped[dt.datetime | None]
    #: the last refusal that the set-up is to blame for, for the administrator
    problem: Mapped[str | None] = mapped_column(String(255))
    problem_time: Mapped[dt.datetime | None]
    channel: Mapped[Channel] = relationship()

    def __repr__(self) -> str:
        return self.app_id


class WechatIncoming(Entity, Model):
    """What WeChat has told us and we have acknowledged; worked through in order for each person."""

    __tablename__ = "wechat_incoming"
    __audit__ = None
    __table_args__ = (
        # WeChat repeats what was not acknowledged in time
        UniqueConstraint("channel_id", "message_key"),
        Index("idx_wechat_incoming_waiting", "tenant_id", "done_time", "id"),
    )

    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id"))
    message_key: Mapped[str] = mapped_column(Exact)
    openid: Mapped[str] = mapped_column(Exact)
    #: the message as it came; nothing is kept once it has been taken
    told: Mapped[dict | None] = mapped_column(Json)
    attempts: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    next_time: Mapped[dt.datetime | None]
    #: until then somebody works on it
    lease_until: Mapped[dt.datetime | None]
    done_time: Mapped[dt.datetime | None]
    problem: Mapped[str | None] = mapped_column(String(255))


class WechatChat(Entity, Model):
    """A conversation whose customer reads it in WeChat, and how far it has gone out to him."""

    __tablename__ = "wechat_chat"
    __audit__ = None
    __table_args__ = (
        UniqueConstraint("conversation_id", "delete_token"),
        Index("idx_wechat_chat_settled", "tenant_id", "settled"),
    )

    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"))
    #: where he last wrote from, which is where he is answered
    identity_id: Mapped[int] = mapped_column(ForeignKey("customer_identity.id"), index=True)
    #: every change of the thread up to here has been dealt with
    change_seq: Mapped[int] = mapped_column(default=0, server_default="0")
    #: the newest message that was dealt with, and how many parts of the next one have gone out
    sent_seq: Mapped[int] = mapped_column(default=0, server_default="0")
    sent_parts: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    attempts: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    next_time: Mapped[dt.datetime | None]
    lease_until: Mapped[dt.datetime | None]
    #: long closed, nothing left to send: the timetable looks no more
    settled: Mapped[bool] = mapped_column(Flag, default=False, server_default="0")
    conversation: Mapped[Conversation] = relationship()
    identity: Mapped[CustomerIdentity] = relationship()

    @classmethod
    def visible_to(cls, actor: Actor):
        return cls.conversation.has(Conversation.visible_to(actor)) & super().visible_to(actor)


class UndeliveredMessage(Entity, Model):
    """A message that the customer's own app did not take; stands beside the message, for staff (ADR 25)."""

    __tablename__ = "undelivered_message"
    __audit__ = None
    __table_args__ = (UniqueConstraint("message_id", "delete_token"),)

    message_id: Mapped[int] = mapped_column(ForeignKey("chat_message.id"))
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"), index=True)
    reason: Mapped[Undelivery] = mapped_column(Code(Undelivery))
    #: the other system's own number for it
    code: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    conversation: Mapped[Conversation] = relationship()

    @classmethod
    def visible_to(cls, actor: Actor):
        return cls.conversation.has(Conversation.visible_to(actor)) & super().visible_to(actor)
