"""What editors need beside an article: its versions, its files, templates, and who has it open (KB-1, KB-2)."""

import datetime as dt
from enum import StrEnum, auto

from flask_appbuilder import Model
from sqlalchemy import ForeignKey, Integer, String, Text, UniqueConstraint, exists, false
from sqlalchemy.dialects import mysql
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.actor import Actor
from models.base import Entity, Versioned
from models.knowledge import Article, ArticleCategory
from models.messaging import FileObject
from models.types import Code, Flag, Json


class RevisionState(StrEnum):
    kept = auto()
    in_review = auto()
    returned = auto()
    #: to be published at `due_time`
    scheduled = auto()
    #: readers see it, or saw it once
    published = auto()


class ArticleRevision(Entity, Model):
    """An article as somebody saved it: every save of its content makes one."""

    __tablename__ = "article_revision"
    __audit__ = None
    __table_args__ = (UniqueConstraint("article_id", "number", "delete_token"),)

    article_id: Mapped[int] = mapped_column(ForeignKey("article.id"))
    #: 1, 2, 3 … within the article
    number: Mapped[int] = mapped_column(Integer)
    state: Mapped[RevisionState] = mapped_column(Code(RevisionState), default=RevisionState.kept)
    #: saved by the page while somebody wrote; the same person's next save takes its place
    is_auto: Mapped[bool] = mapped_column(Flag, default=False, server_default="0")
    note: Mapped[str | None] = mapped_column(String(255))
    title: Mapped[str] = mapped_column(String(255))
    body: Mapped[str] = mapped_column(Text().with_variant(mysql.MEDIUMTEXT(), "mysql", "mariadb"), default="")
    #: what else an editor fills in, by name: phrasings, tags, category, audience, dates …
    properties: Mapped[dict] = mapped_column(Json)
    #: who asked for a review, when, and what he said
    submitted_by: Mapped[int | None]
    submit_time: Mapped[dt.datetime | None]
    submit_note: Mapped[str | None] = mapped_column(String(500))
    #: who decided, when, and why
    decided_by: Mapped[int | None]
    decide_time: Mapped[dt.datetime | None]
    reason: Mapped[str | None] = mapped_column(String(500))
    #: when it is to be published, and when it was
    due_time: Mapped[dt.datetime | None]
    publish_time: Mapped[dt.datetime | None]

    @classmethod
    def visible_to(cls, actor: Actor):
        """Drafts are for editors."""
        return cls.id.is_not(None) if actor.may("article.update") else false()

    def __repr__(self) -> str:
        return f"{self.title} ({self.number})"


class ArticleFile(Entity, Model):
    """A picture or attachment of an article; whoever may read the article may fetch it."""

    __tablename__ = "article_file"
    __audit__ = None
    __table_args__ = (UniqueConstraint("article_id", "file_id", "delete_token"),)

    article_id: Mapped[int] = mapped_column(ForeignKey("article.id"))
    file_id: Mapped[int] = mapped_column(ForeignKey("file_object.id"), index=True)
    #: stands in the text that readers see; else only in one that editors work on, or worked on once
    is_live: Mapped[bool] = mapped_column(Flag, default=False, server_default="0")
    file: Mapped[FileObject] = relationship()

    @classmethod
    def visible_to(cls, actor: Actor):
        """For exactly whom the text is in which it stands."""
        if actor.may("article.update"):
            return cls.id.is_not(None)
        return (cls.is_live == 1) & exists().where(
            Article.id == cls.article_id, Article.deleted == 0, Article.visible_to(actor)
        )


class ArticleTemplate(Versioned, Entity, Model):
    """A frame from which new articles begin."""

    __tablename__ = "article_template"
    __table_args__ = (UniqueConstraint("tenant_id", "name", "delete_token"),)

    name: Mapped[str] = mapped_column(String(64))
    locale: Mapped[str] = mapped_column(String(8), default="zh", server_default="zh")
    title: Mapped[str | None] = mapped_column(String(255))
    body: Mapped[str] = mapped_column(Text().with_variant(mysql.MEDIUMTEXT(), "mysql", "mariadb"), default="")
    tags: Mapped[list | None] = mapped_column(Json)
    category_id: Mapped[int | None] = mapped_column(ForeignKey("article_category.id"), index=True)
    sort: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    category: Mapped[ArticleCategory | None] = relationship()

    def __repr__(self) -> str:
        return self.name


class ArticleEditing(Entity, Model):
    """Somebody has an article open for writing: others are warned before they write against each other."""

    __tablename__ = "article_editing"
    __audit__ = None
    __table_args__ = (UniqueConstraint("article_id", "user_id", "delete_token"),)

    article_id: Mapped[int] = mapped_column(ForeignKey("article.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id"))
    #: when his page last said so
    seen_time: Mapped[dt.datetime]
