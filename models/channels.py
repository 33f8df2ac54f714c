"""The ways customers come to us, and who they are in the systems they come from (CHT-17, ID-16)."""

import datetime as dt
from enum import StrEnum, auto

from flask_appbuilder import Model
from sqlalchemy import ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Entity, Versioned
from models.customers import Customer
from models.organization import Team
from models.types import Code, Encrypted, Exact, Flag, Json

#: the channel every company has: our own pages
PORTAL = "portal"
#: the product's own colour
COLOR = "#0f766e"


class ChannelKind(StrEnum):
    portal = auto()
    widget = auto()
    wechat = auto()
    app = auto()


class Side(StrEnum):
    """In which lower corner of the other site's pages the button stands."""

    right = auto()
    left = auto()


class FormWhen(StrEnum):
    """When a customer is asked who he is before somebody serves him."""

    never = auto()
    always = auto()
    before_person = auto()
    off_hours = auto()


class FormField(StrEnum):
    """What such a form may ask for, in the order in which it asks."""

    name = auto()
    phone = auto()
    email = auto()
    organization = auto()
    problem_type = auto()
    question = auto()


#: how far the button stands from the edges of the window, in pixels
OFFSET = 20


class Channel(Versioned, Entity, Model):
    """渠道: a way in; conversations keep its code. A widget is shown on the pages of other sites, and on no others."""

    __tablename__ = "channel"
    __secret__ = frozenset({"secret", "previous_secret"})
    __table_args__ = (UniqueConstraint("tenant_id", "code", "delete_token"),)

    #: stands in other sites' pages and in conversations, so it never changes
    code: Mapped[str] = mapped_column(Exact)
    name: Mapped[str] = mapped_column(String(64))
    kind: Mapped[ChannelKind] = mapped_column(Code(ChannelKind), default=ChannelKind.widget)
    active: Mapped[bool] = mapped_column(Flag, default=True, server_default="1")
    #: the sites that may frame the widget: scheme, host and port, nothing else
    origins: Mapped[list | None] = mapped_column(Json)
    color: Mapped[str] = mapped_column(String(7), default=COLOR, server_default=COLOR)
    side: Mapped[Side] = mapped_column(Code(Side), default=Side.right, server_default="1")
    offset_x: Mapped[int] = mapped_column(Integer, default=OFFSET, server_default=str(OFFSET))
    offset_y: Mapped[int] = mapped_column(Integer, default=OFFSET, server_default=str(OFFSET))
    #: words beside the picture of the button; empty: the picture alone
    label_zh: Mapped[str | None] = mapped_column(String(20))
    label_en: Mapped[str | None] = mapped_column(String(20))
    greeting_zh: Mapped[str | None] = mapped_column(String(200))
    greeting_en: Mapped[str | None] = mapped_column(String(200))
    subtitle_zh: Mapped[str | None] = mapped_column(String(200))
    subtitle_en: Mapped[str | None] = mapped_column(String(200))
    #: the address of the picture in the window's head
    logo_url: Mapped[str | None] = mapped_column(String(255))
    form_when: Mapped[FormWhen] = mapped_column(Code(FormWhen), default=FormWhen.never, server_default="1")
    form_fields: Mapped[list | None] = mapped_column(Json)
    #: those of the fields without which it goes no further
    form_required: Mapped[list | None] = mapped_column(Json)
    #: the language of the widget; empty: that of the visitor's browser
    locale: Mapped[str] = mapped_column(String(8), default="", server_default="")
    #: who serves what comes in here, unless a rule knows better
    team_id: Mapped[int | None] = mapped_column(ForeignKey("team.id"), index=True)
    #: with it the other site signs who its user is; shown once
    secret: Mapped[str | None] = mapped_column(Encrypted(255))
    secret_time: Mapped[dt.datetime | None]
    #: the one before, and until when what is signed with it counts
    previous_secret: Mapped[str | None] = mapped_column(Encrypted(255))
    previous_secret_until: Mapped[dt.datetime | None]
    team: Mapped[Team | None] = relationship()

    def __repr__(self) -> str:
        return self.name


class CustomerIdentity(Entity, Model):
    """Who a customer is on the site behind a channel: known from then on by the number he has there."""

    __tablename__ = "customer_identity"
    __table_args__ = (UniqueConstraint("channel_id", "external_id", "delete_token"),)

    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id"))
    external_id: Mapped[str] = mapped_column(Exact)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"), index=True)
    #: WeChat's unionid, the same in all apps of one company
    union_id: Mapped[str | None] = mapped_column(Exact, index=True)
    #: whether he follows the account, as far as we were told, and since when that is so
    followed: Mapped[bool | None] = mapped_column(Flag)
    follow_time: Mapped[dt.datetime | None]
    #: when the other system was asked who he is
    described_time: Mapped[dt.datetime | None]
    channel: Mapped[Channel] = relationship()
    customer: Mapped[Customer] = relationship()

    def __repr__(self) -> str:
        return self.external_id


class UsedNonce(Entity, Model):
    """A signed identity that has been shown to us: it counts once. Kept until it would have expired anyway."""

    __tablename__ = "used_nonce"
    __audit__ = None
    __table_args__ = (
        UniqueConstraint("channel_id", "nonce_hash"),
        Index("idx_used_nonce_expire_time", "expire_time"),
    )

    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id"))
    nonce_hash: Mapped[str] = mapped_column(Exact)
    expire_time: Mapped[dt.datetime]
