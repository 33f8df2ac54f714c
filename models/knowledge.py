"""Articles, their categories, phrasings and vectors; questions asked (KB, AI)."""

import datetime as dt
from enum import StrEnum, auto
from typing import NamedTuple

from flask_appbuilder import Model
from sqlalchemy import (
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    and_,
    or_,
    select,
    true,
)
from sqlalchemy.dialects import mysql
from sqlalchemy.orm import Mapped, aliased, mapped_column, relationship

from models.actor import Actor
from models.base import Entity, Versioned
from models.types import Code, Exact, Flag, Json, Numbers, utcnow


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
    #: staff of certain teams (`Article.team_ids`)
    teams = auto()
    #: customers with an account and one of certain levels (`Article.levels`)
    levels = auto()


class Proposal(StrEnum):
    """What is to become of the copy that editors work on, beside what readers see (KB-1)."""

    none = auto()
    #: changed, shown to nobody
    working = auto()
    in_review = auto()
    #: the reviewer wants it otherwise
    returned = auto()
    #: approved, and published when its time comes
    scheduled = auto()


class Readership(NamedTuple):
    """All that decides which articles somebody may read: whoever has the same reads the same."""

    is_editor: bool
    visibilities: tuple[Visibility, ...]
    team_ids: frozenset[int] = frozenset()
    #: a customer's; None for who is no customer with an account
    level: int | None = None

    @classmethod
    def of(cls, actor: Actor) -> "Readership":
        if actor.kind == "system" or actor.may("article.update"):
            return cls(True, tuple(Visibility))
        named = tuple(visibilities_for(actor))
        if actor.is_staff:
            return cls(False, named, team_ids=actor.team_ids)
        return cls(False, named, level=actor.customer_level if actor.user_id is not None else None)


def visibilities_for(actor: Actor) -> list[Visibility]:
    """What an actor may read whatever else is said of it; teams and levels are asked article by article."""
    if actor.kind == "system" or actor.may("article.update"):
        return list(Visibility)
    if actor.is_staff:
        return [Visibility.public, Visibility.customer, Visibility.staff, Visibility.levels]
    if actor.user_id is not None:
        return [Visibility.public, Visibility.customer]
    return [Visibility.public]


class ArticleCategory(Versioned, Entity, Model):
    __tablename__ = "article_category"
    __table_args__ = (UniqueConstraint("tenant_id", "name", "delete_token"),)

    name: Mapped[str] = mapped_column(String(64))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("article_category.id"), index=True)
    sort: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    parent: Mapped["ArticleCategory | None"] = relationship(remote_side="ArticleCategory.id")

    @classmethod
    def visible_to(cls, actor: Actor):
        """Readers see the categories in or below which there is something for them; editors all."""
        if actor.may("article_category.update"):
            return cls.id.is_not(None)
        filled = (
            select(Article.category_id.label("id"))
            .where(Article.category_id.is_not(None), Article.deleted == 0, Article.visible_to(actor))
            .cte("filled_category", recursive=True)
        )
        below = aliased(cls)
        filled = filled.union(
            select(below.parent_id).join(filled, filled.c.id == below.id).where(below.parent_id.is_not(None))
        )
        return cls.id.in_(select(filled.c.id))

    def __repr__(self) -> str:
        return self.name


class Article(Versioned, Entity, Model):
    """One answer: a question as title, the phrasings people use for it, and the text (KB-1).

    The columns hold what readers see; of an article that is not public, what was saved last. What editors change
    beside a public one is a row of `ArticleRevision` until it is published.
    """

    __tablename__ = "article"
    #: counted and noted by the machine: no reason to tell an editor that his copy is stale
    __bookkeeping__ = frozenset(
        {"view_count", "helpful_count", "unhelpful_count", "index_version", "index_error", "live_revision"}
    )
    __table_args__ = (
        Index("idx_article_status", "tenant_id", "deleted", "status", "id"),
        Index("idx_article_index_version", "tenant_id", "index_version"),
        Index("idx_article_listing", "tenant_id", "deleted", "id"),
        Index("idx_article_proposal", "tenant_id", "proposal"),
        # whose time comes or ends next
        Index("idx_article_valid_from", "tenant_id", "valid_from"),
        Index("idx_article_valid_until", "tenant_id", "valid_until"),
        Index("idx_article_external_key", "tenant_id", "external_key"),
    )

    title: Mapped[str] = mapped_column(String(255))
    #: what it is called where it was imported from: the same key again is the same article
    external_key: Mapped[str | None] = mapped_column(Exact)
    #: Markdown as the editor wrote it
    body: Mapped[str] = mapped_column(Text().with_variant(mysql.MEDIUMTEXT(), "mysql", "mariadb"), default="")
    #: 相似问: other ways to ask the title's question
    phrasings: Mapped[list | None] = mapped_column(Json)
    category_id: Mapped[int | None] = mapped_column(ForeignKey("article_category.id"), index=True)
    tags: Mapped[list | None] = mapped_column(Json)
    locale: Mapped[str] = mapped_column(String(8), default="zh", server_default="zh")
    #: what this is a translation of; None: an original. No foreign key: SQLite would have to copy the table
    translation_of_id: Mapped[int | None] = mapped_column(index=True)
    status: Mapped[ArticleStatus] = mapped_column(Code(ArticleStatus), default=ArticleStatus.draft)
    visibility: Mapped[Visibility] = mapped_column(Code(Visibility), default=Visibility.public)
    #: for whom it is when `visibility` says teams, or levels
    team_ids: Mapped[list | None] = mapped_column(Numbers(500))
    levels: Mapped[list | None] = mapped_column(Numbers(100))
    #: from and until when a published article is shown; None: without limit
    valid_from: Mapped[dt.datetime | None]
    valid_until: Mapped[dt.datetime | None]
    publish_time: Mapped[dt.datetime | None]
    #: when readers last saw something else than before
    content_time: Mapped[dt.datetime | None]
    view_count: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    helpful_count: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    unhelpful_count: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    #: raised by every change that search must see; processes catch up by it
    index_version: Mapped[int] = mapped_column(default=0, server_default="0")
    #: why the article could not be indexed; None when all is well
    index_error: Mapped[str | None] = mapped_column(String(255))
    #: the revision that the columns hold, and the one on which editors work beside it; None: there is none
    live_revision: Mapped[int | None] = mapped_column(Integer)
    working_revision: Mapped[int | None] = mapped_column(Integer)
    proposal: Mapped[Proposal] = mapped_column(Code(Proposal), default=Proposal.none, server_default="1")
    category: Mapped[ArticleCategory | None] = relationship()

    @classmethod
    def visible_to(cls, actor: Actor):
        """Editors see all; others what is published, valid now and meant for them (KB-1, L)."""
        if actor.may("article.update"):
            return cls.id.is_not(None)
        return cls.readable_by(Readership.of(actor))

    @classmethod
    def readable_by(cls, reader: Readership):
        """What such a reader finds, whichever way he asks: published, valid now, meant for him. Of drafts editors find
        nothing either: nobody is answered out of them."""
        return cls.is_current() & cls.is_meant_for(reader)

    @classmethod
    def is_current(cls):
        """Published, and its dates allow it now."""
        now = utcnow()
        return and_(
            cls.status == ArticleStatus.published,
            or_(cls.valid_from.is_(None), cls.valid_from <= now),
            or_(cls.valid_until.is_(None), cls.valid_until > now),
        )

    @classmethod
    def is_meant_for(cls, reader: Readership):
        """Whether such a reader belongs to whom the article addresses."""
        if reader.is_editor:
            return true()
        addressed = [cls.visibility.in_(reader.visibilities)]
        if reader.team_ids:
            addressed.append((cls.visibility == Visibility.teams) & Numbers.has_one(cls.team_ids, reader.team_ids))
        if reader.level is not None:
            addressed.append((cls.visibility == Visibility.levels) & Numbers.has_one(cls.levels, [reader.level]))
        return or_(*addressed)

    @property
    def is_shown(self) -> bool:
        """Whether it is there for its readers at this moment."""
        now = utcnow()
        return (
            self.status is ArticleStatus.published
            and (self.valid_from is None or self.valid_from <= now)
            and (self.valid_until is None or self.valid_until > now)
        )

    def __repr__(self) -> str:
        return self.title


class ArticleVector(Entity, Model):
    """One vector of one article by one model: the truth from which `kb_index/` is rebuilt.

    While another model is brought in there are vectors of both.
    """

    __tablename__ = "article_vector"
    __audit__ = None
    __table_args__ = (UniqueConstraint("article_id", "model", "part", "delete_token"),)

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
    #: raised by every change of synonyms and words of the trade
    lexicon_version: Mapped[int] = mapped_column(default=0, server_default="0")
    #: changes with every rebuild: an index of another epoch is built anew beside the one in use
    epoch: Mapped[int] = mapped_column(default=0, server_default="0")
    #: up to this version every article has the vectors of this model, or an error that says why not
    embedded_version: Mapped[int] = mapped_column(default=0, server_default="0")
    embedded_model: Mapped[str] = mapped_column(String(128), default="", server_default="")
    #: by whose vectors questions are answered, and how it is loaded: the model before, until the configured one is done
    serving_model: Mapped[str] = mapped_column(String(128), default="", server_default="")
    serving_spec: Mapped[str] = mapped_column(String(255), default="", server_default="")


class Outcome(StrEnum):
    """What came of a question, as far as it is known by now."""

    answered = auto()
    #: the nearest articles were offered, or it was asked which of two is meant
    offered = auto()
    unanswered = auto()
    #: a person took over
    handed_over = auto()
    #: answered, and the customer was content: he said so, or left without asking for a person
    resolved = auto()


class VerdictReason(StrEnum):
    """Why an answer did not help."""

    wrong = auto()
    incomplete = auto()
    outdated = auto()
    unclear = auto()
    other = auto()


class Question(Entity, Model):
    """A question somebody asked and what came of it: the raw material of gaps and of the quality screen (KB-7)."""

    __tablename__ = "question"
    __audit__ = None
    __table_args__ = (
        Index("idx_question_create_time", "tenant_id", "create_time"),
        Index("idx_question_message_id", "message_id"),
        Index("idx_question_group_id", "group_id"),
    )

    text: Mapped[str] = mapped_column(String(500))
    channel: Mapped[str] = mapped_column(String(32), default="portal")
    conversation_id: Mapped[int | None] = mapped_column(ForeignKey("conversation.id"), index=True)
    article_id: Mapped[int | None] = mapped_column(ForeignKey("article.id"), index=True)
    answered: Mapped[bool] = mapped_column(Flag, default=False)
    #: 0 … 1000, thousandths
    confidence: Mapped[int] = mapped_column(Integer, default=0)
    tier: Mapped[str] = mapped_column(String(16), default="semantic")
    outcome: Mapped[Outcome] = mapped_column(Code(Outcome), default=Outcome.unanswered, server_default="3")
    #: the customer who asked, the bot's message that answered: numbers only, for both may be gone
    customer_id: Mapped[int | None]
    message_id: Mapped[int | None]
    #: what was searched for, where the question alone did not say what it was about
    asked_as: Mapped[str | None] = mapped_column(String(500))
    #: the asker's verdict on the answer; None: he has not said
    helpful: Mapped[bool | None] = mapped_column(Flag)
    verdict_reason: Mapped[VerdictReason | None] = mapped_column(Code(VerdictReason))
    verdict_comment: Mapped[str | None] = mapped_column(String(500))
    verdict_time: Mapped[dt.datetime | None]
    #: among which questions without a good answer it was put; None: not yet, or it has one
    group_id: Mapped[int | None]

    @classmethod
    def visible_to(cls, actor: Actor):
        """Staff see all questions, customers their own."""
        if actor.sees_as_customer:
            return cls.customer_id == (actor.customer_id or 0)
        return super().visible_to(actor)

    def __repr__(self) -> str:
        return self.text[:60]
