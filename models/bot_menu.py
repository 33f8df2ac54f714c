"""The bot's menu: what customers may choose instead of asking in their own words (AI-10)."""

from enum import StrEnum, auto

from flask_appbuilder import Model
from sqlalchemy import ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Entity, Versioned
from models.channels import Channel
from models.knowledge import Article
from models.types import Code, Flag


class MenuKind(StrEnum):
    """What happens when somebody chooses an entry."""

    #: further entries
    menu = auto()
    article = auto()
    #: as if he had asked this question
    question = auto()
    #: a person is called; the problem type says which one
    person = auto()
    link = auto()


class BotMenuEntry(Versioned, Entity, Model):
    """One entry of the menu; a channel with entries of its own shows these instead of everybody's."""

    __tablename__ = "bot_menu_entry"
    __table_args__ = (Index("idx_bot_menu_entry_sort", "tenant_id", "deleted", "sort"),)

    #: where it is shown; None: in every channel that has no menu of its own
    channel_id: Mapped[int | None] = mapped_column(ForeignKey("channel.id"), index=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("bot_menu_entry.id"), index=True)
    kind: Mapped[MenuKind] = mapped_column(Code(MenuKind), default=MenuKind.question)
    label_zh: Mapped[str] = mapped_column(String(40))
    #: empty: the Chinese one is shown to everybody
    label_en: Mapped[str | None] = mapped_column(String(80))
    article_id: Mapped[int | None] = mapped_column(ForeignKey("article.id"), index=True)
    #: empty: the label is the question
    question: Mapped[str | None] = mapped_column(String(255))
    problem_type: Mapped[str | None] = mapped_column(String(64))
    url: Mapped[str | None] = mapped_column(String(255))
    sort: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    active: Mapped[bool] = mapped_column(Flag, default=True, server_default="1")
    channel: Mapped[Channel | None] = relationship()
    article: Mapped[Article | None] = relationship()
    parent: Mapped["BotMenuEntry | None"] = relationship(remote_side="BotMenuEntry.id")

    def label(self, locale: str) -> str:
        return (self.label_en if locale == "en" else None) or self.label_zh

    def __repr__(self) -> str:
        return self.label_zh
