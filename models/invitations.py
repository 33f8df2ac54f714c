"""Invitations (CHT-9): what a widget says by itself to who looks at a page for a while."""

from flask_appbuilder import Model
from sqlalchemy import ForeignKey, Integer, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Entity, Versioned
from models.channels import Channel
from models.types import Flag


class Invitation(Versioned, Entity, Model):
    """A sentence beside the button of a widget, on some pages, after some seconds, not too often."""

    __tablename__ = "invitation"
    __bookkeeping__ = frozenset({"shown_count", "accepted_count"})

    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id"), index=True)
    name: Mapped[str] = mapped_column(String(64))
    active: Mapped[bool] = mapped_column(Flag, default=True, server_default="1")
    #: the path of the page, where * stands for anything: /prices*
    page: Mapped[str] = mapped_column(String(200), default="*", server_default="*")
    after_seconds: Mapped[int] = mapped_column(Integer, default=20, server_default="20")
    #: in a browser that has seen it, it comes again after so many hours; 0: never
    every_hours: Mapped[int] = mapped_column(Integer, default=24, server_default="24")
    #: only while one of our people is there to answer
    only_when_open: Mapped[bool] = mapped_column(Flag, default=True, server_default="1")
    text_zh: Mapped[str | None] = mapped_column(String(200))
    text_en: Mapped[str | None] = mapped_column(String(200))
    #: of several that fit, the first by this number is shown
    sort: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    shown_count: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    accepted_count: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    channel: Mapped[Channel] = relationship()

    def __repr__(self) -> str:
        return self.name
