"""Files that editors bring into the knowledge base, and what became of each of their rows (KB-4)."""

import datetime as dt
from enum import StrEnum, auto

from flask_appbuilder import Model
from sqlalchemy import ForeignKey, Index, Integer, String, false
from sqlalchemy.orm import Mapped, mapped_column

from models.actor import Actor
from models.base import Entity
from models.types import Code, Exact, Flag, Json


class ImportState(StrEnum):
    #: just come, not read yet
    uploaded = auto()
    reading = auto()
    #: read; waits for somebody to choose
    ready = auto()
    #: chosen, waits for its turn
    queued = auto()
    running = auto()
    done = auto()
    #: could not be read, or fell over
    failed = auto()
    cancelled = auto()


class RowResult(StrEnum):
    created = auto()
    updated = auto()
    unchanged = auto()
    #: the article exists already, and was to be left alone
    skipped = auto()
    refused = auto()


#: how many of each a run has made, in columns of these names
COUNTED = tuple(RowResult)


class ArticleImport(Entity, Model):
    """One file and what came of it. Of a trial run the counts say what would be; its owner is `create_by`."""

    __tablename__ = "article_import"
    __bookkeeping__ = frozenset(
        {"state", "preview", "total", "done", *COUNTED, "storage_key", "start_time", "finish_time", "error"}
    )
    __table_args__ = (
        Index("idx_article_import_listing", "tenant_id", "deleted", "id"),
        Index("idx_article_import_state", "tenant_id", "deleted", "state"),
    )

    #: what the file was called
    name: Mapped[str] = mapped_column(String(255))
    size: Mapped[int] = mapped_column(default=0, server_default="0")
    state: Mapped[ImportState] = mapped_column(Code(ImportState), default=ImportState.uploaded)
    #: the folder with the file and what was read out of it; None once it is gone
    storage_key: Mapped[str | None] = mapped_column(Exact)
    #: what was found: columns and first rows, or the documents
    preview: Mapped[dict | None] = mapped_column(Json)
    #: what its owner wants done with it (`services.imports.choices`)
    choices: Mapped[dict | None] = mapped_column(Json)
    #: only to see what would become of the rows
    is_trial: Mapped[bool] = mapped_column(Flag, default=False, server_default="0")
    total: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    done: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    created: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    updated: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    unchanged: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    skipped: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    refused: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    start_time: Mapped[dt.datetime | None]
    finish_time: Mapped[dt.datetime | None]
    #: why it failed: sentences and their values, to be translated
    error: Mapped[list | None] = mapped_column(Json)

    @classmethod
    def visible_to(cls, actor: Actor):
        """For editors."""
        return super().visible_to(actor) if actor.may("article.import") else false()

    def __repr__(self) -> str:
        return self.name


class ArticleImportRow(Entity, Model):
    """What became, or would become, of one row or document."""

    __tablename__ = "article_import_row"
    __audit__ = None
    __table_args__ = (Index("idx_article_import_row_import_id", "import_id", "number"),)

    import_id: Mapped[int] = mapped_column(ForeignKey("article_import.id"))
    #: 1, 2, 3 … in the order of the file
    number: Mapped[int] = mapped_column(Integer)
    #: where it stood: file and line, file and sheet, name in the archive
    place: Mapped[str] = mapped_column(String(500))
    title: Mapped[str] = mapped_column(String(255), default="")
    result: Mapped[RowResult] = mapped_column(Code(RowResult))
    #: no foreign key: articles are purged while reports are kept
    article_id: Mapped[int | None]
    #: why it was refused, and what of it was left out: sentences and their values, to be translated
    remarks: Mapped[list | None] = mapped_column(Json)

    @classmethod
    def visible_to(cls, actor: Actor):
        """For editors."""
        return super().visible_to(actor) if actor.may("article.import") else false()
