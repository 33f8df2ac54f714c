"""What readers thought of an article: raw material for whoever makes it better (KB-5, KB-7)."""

from enum import StrEnum, auto

from flask_appbuilder import Model
from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Entity
from models.knowledge import Article
from models.types import Code, Exact, Flag


class ArticleReason(StrEnum):
    """Why an article did not help."""

    #: it answers something else
    off_topic = auto()
    unclear = auto()
    incomplete = auto()
    #: wrong, or not so any more
    outdated = auto()
    other = auto()


class ArticleVerdict(Entity, Model):
    """One reader's thumb up or down; who thinks better of it changes his own."""

    __tablename__ = "article_verdict"
    __audit__ = None
    __table_args__ = (UniqueConstraint("article_id", "reader", "delete_token"),)

    article_id: Mapped[int] = mapped_column(ForeignKey("article.id"))
    #: which reader, so that each counts once; it does not say who he is
    reader: Mapped[str] = mapped_column(Exact)
    helpful: Mapped[bool] = mapped_column(Flag)
    reason: Mapped[ArticleReason | None] = mapped_column(Code(ArticleReason))
    comment: Mapped[str | None] = mapped_column(String(500))
    article: Mapped[Article] = relationship()

    def __repr__(self) -> str:
        return f"{self.article_id}: {'+' if self.helpful else '-'}"
