"""Files that people have made out of conversations, articles and tickets (CHT-11, KB-4, TKT-9)."""

import datetime as dt
from enum import StrEnum, auto

from flask_appbuilder import Model
from sqlalchemy import Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from models.actor import Actor, Scope
from models.base import Entity
from models.types import Code, Exact, Json


class ExportFormat(StrEnum):
    xlsx = auto()
    csv = auto()
    pdf = auto()
    #: Markdown with its pictures
    zip = auto()


class ExportContent(StrEnum):
    """A line for each conversation, or everything that was said in them; articles; a line for each ticket."""

    conversations = auto()
    messages = auto()
    articles = auto()
    tickets = auto()


class ExportState(StrEnum):
    queued = auto()
    running = auto()
    done = auto()
    failed = auto()
    #: the file has been removed: its day is over, or its owner wanted it gone
    removed = auto()


class ExportJob(Entity, Model):
    """One file that somebody asked for: what of, how far it is, where it lies. Its owner is `create_by`."""

    __tablename__ = "export_job"
    __bookkeeping__ = frozenset({"state", "total", "done", "storage_key", "size", "start_time", "finish_time", "error"})
    __table_args__ = (
        Index("idx_export_job_create_by", "create_by", "tenant_id", "deleted", "id"),
        Index("idx_export_job_state", "tenant_id", "deleted", "state"),
    )

    content: Mapped[ExportContent] = mapped_column(Code(ExportContent))
    format: Mapped[ExportFormat] = mapped_column(Code(ExportFormat))
    #: what was asked for: the filters of the history, the articles or the tickets, or one conversation
    params: Mapped[dict] = mapped_column(Json)
    #: the words and the clock of its reader
    locale: Mapped[str] = mapped_column(String(8), default="zh")
    time_zone: Mapped[str] = mapped_column(String(64), default="UTC")
    state: Mapped[ExportState] = mapped_column(Code(ExportState), default=ExportState.queued)
    #: conversations, articles or tickets in it, and how many of them are written
    total: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    done: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    name: Mapped[str] = mapped_column(String(255))
    storage_key: Mapped[str | None] = mapped_column(Exact)
    size: Mapped[int | None]
    start_time: Mapped[dt.datetime | None]
    finish_time: Mapped[dt.datetime | None]
    #: until when the file can be fetched
    expire_time: Mapped[dt.datetime]
    #: why there is none: the kind of the refusal
    error: Mapped[str | None] = mapped_column(String(255))

    @classmethod
    def visible_to(cls, actor: Actor):
        """Who leads sees that somebody exported; the file itself is its owner's alone (`services.exports`)."""
        condition = super().visible_to(actor)
        return condition if actor.scope("export_job") is Scope.all else cls.create_by == (actor.user_id or 0)

    def __repr__(self) -> str:
        return self.name
