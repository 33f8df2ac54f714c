"""Articles, their categories, phrasings and vectors; questions asked (KB, AI)."""

import datetime as dt
from enum import StrEnum, auto

from flask_appbuilder import Model
from sqlalchemy import ForeignKey, Index, Integer, LargeBinary, String, Text, UniqueConstraint, exists, false
from sqlalchemy.dialects import mysql
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.actor import Actor
from models.base import Entity, Versioned
from models.types import Code, Flag, Json


class ArticleStatus(StrEnum):
    draft = auto()
    published = auto()
    #: was public once, is not now
    withdrawn = auto()


class Visibility(StrEnum):
    public = auto()
    #: customers who signed in with an account
    customer = auto()
    staff = auto()


class ArticleCategory(Versioned, Entity, Model):
    __tablename__ = "article_category"
    __table_args__ = (UniqueConstraint("tenant_id", "name", "delete_token"),)

    name: Mapped[str] = mapped_column(String(64))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("article_category.id"), index=True)
    sort: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    parent: Mapped["ArticleCategory | None"] = relationship(remote_side="ArticleCategory.id")

    @classmethod
    def visible_to(cls, actor: Actor):
        """Readers see the categories in which there is something for them; editors all."""
        if actor.may("article_category.update"):
            return cls.id.is_not(None)
        return exists().where(Article.category_id == cls.id, Article.deleted == 0, Article.visible_to(actor))

    def __repr__(self) -> str:
        return self.name


class Article(Versioned, Entity, Model):
    """One answer: a question as title, the phrasings people use for it, and the text (KB-1)."""

    __tablename__ = "article"
    __table_args__ = (
        Index("idx_article_status", "tenant_id", "deleted", "status", "id"),
        Index("idx_article_index_version", "tenant_id", "index_version"),
        Index("idx_article_listing", "tenant_id", "deleted", "id"),
    )

    title: Mapped[str] = mapped_column(String(255))
    #: Markdown as the editor wrote it
    body: Mapped[str] = mapped_column(Text().with_variant(mysql.MEDIUMTEXT(), "mysql", "mariadb"), default="")
    #: 相似问: other ways to ask the title's question
    phrasings: Mapped[list | None] = mapped_column(Json)
    category_id: Mapped[int | None] = mapped_column(ForeignKey("article_category.id"), index=True)
    tags: Mapped[list | None] = mapped_column(Json)
    locale: Mapped[str] = mapped_column(String(8), default="zh", server_default="zh")
    status: Mapped[ArticleStatus] = mapped_column(Code(ArticleStatus), default=ArticleStatus.draft)
    visibility: Mapped[Visibility] = mapped_column(Code(Visibility), default=Visibility.public)
    publish_time: Mapped[dt.datetime | None]
    view_count: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    helpful_count: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    unhelpful_count: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    #: raised by every change that search must see; processes catch up by it
    index_version: Mapped[int] = mapped_column(default=0, server_default="0")
    #: why the article could not be indexed; None when all is well
    index_error: Mapped[str | None] = mapped_column(String(255))
    category: Mapped[ArticleCategory | None] = relationship()

    @classmethod
    def visible_to(cls, actor: Actor):
        """Staff with the right to read drafts see all; others what is published and meant for them (KB-1, L)."""
        if actor.may("article.update"):
            return cls.id.is_not(None)
        allowed = visibilities_for(actor)
        if not allowed:
            return false()
        return (cls.status == ArticleStatus.published) & cls.visibility.in_(allowed)

    def __repr__(self) -> str:
        return self.title


def visibilities_for(actor: Actor) -> list[Visibility]:
    """Whose published articles an actor may read."""
    if actor.is_staff or actor.kind == "system":
        return list(Visibility)
    if actor.user_id is not None:
        return [Visibility.public, Visibility.customer]
    return [Visibility.public]


class ArticleVector(Entity, Model):
    """One vector of one article: the truth from which `kb_index/` is rebuilt."""

    __tablename__ = "article_vector"
    __audit__ = None
    __table_args__ = (UniqueConstraint("article_id", "part", "delete_token"),)

    article_id: Mapped[int] = mapped_column(ForeignKey("article.id"))
    #: title, body, phrasing:0 … phrasing:n
    part: Mapped[str] = mapped_column(String(32))
    #: the text that was embedded, hashed: unchanged text keeps its vector
    text_hash: Mapped[str] = mapped_column(String(64))
    model: Mapped[str] = mapped_column(String(128))
    #: float32, little endian
    vector: Mapped[bytes] = mapped_column(LargeBinary().with_variant(mysql.MEDIUMBLOB(), "mysql", "mariadb"))


class IndexState(Entity, Model):
    """The change counter of a company's articles; one row per tenant."""

    __tablename__ = "index_state"
    __audit__ = None
    __table_args__ = (UniqueConstraint("tenant_id", name="uq_index_state_tenant"),)

    version: Mapped[int] = mapped_column(default=0, server_default="0")


class Question(Entity, Model):
    """A question somebody asked and what came of it: the raw material of gaps and of the quality screen (KB-7)."""

    __tablename__ = "question"
    __audit__ = None
    __table_args__ = (Index("idx_question_create_time", "tenant_id", "create_time"),)

    text: Mapped[str] = mapped_column(String(500))
    channel: Mapped[str] = mapped_column(String(32), default="portal")
    conversation_id: Mapped[int | None] = mapped_column(ForeignKey("conversation.id"), index=True)
    article_id: Mapped[int | None] = mapped_column(ForeignKey("article.id"), index=True)
    answered: Mapped[bool] = mapped_column(Flag, default=False)
    #: 0 … 1000, thousandths
    confidence: Mapped[int] = mapped_column(Integer, default=0)
    tier: Mapped[str] = mapped_column(String(16), default="semantic")

    def __repr__(self) -> str:
        return self.text[:60]
