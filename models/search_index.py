"""How the search index of a company is doing: rebuilds, and what each process holds (AI-7)."""

import datetime as dt
from enum import StrEnum, auto

from flask_appbuilder import Model
from sqlalchemy import Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Entity
from models.types import Code, Flag


class RunState(StrEnum):
    waiting = auto()
    running = auto()
    done = auto()
    failed = auto()
    cancelled = auto()


#: a run of these is not over
UNFINISHED = (RunState.waiting, RunState.running)


class IndexRun(Entity, Model):
    """One rebuild that somebody asked for, with its progress."""

    __tablename__ = "index_run"
    __audit__ = None  # who asked is written into the log by the operation; progress is not
    __table_args__ = (Index("idx_index_run_state", "tenant_id", "deleted", "state", "id"),)

    state: Mapped[RunState] = mapped_column(Code(RunState), default=RunState.waiting)
    #: every vector is made anew, also those whose text has not changed
    anew: Mapped[bool] = mapped_column(Flag, default=False, server_default="0")
    #: articles
    total: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    done: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    failed: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    #: how far it has come, so that a process that takes it over goes on from there
    last_article_id: Mapped[int] = mapped_column(default=0, server_default="0")
    start_time: Mapped[dt.datetime | None]
    end_time: Mapped[dt.datetime | None]
    #: when it last got on: a run of which nothing is heard was left behind by a process that died
    seen_time: Mapped[dt.datetime | None]
    error: Mapped[str | None] = mapped_column(String(255))


class IndexProcess(Entity, Model):
    """What one serving process holds of a company's index, as it last said itself."""

    __tablename__ = "index_process"
    __audit__ = None
    __table_args__ = (UniqueConstraint("tenant_id", "process", name="uq_index_process"),)

    #: host, process number, start: no two are called alike
    process: Mapped[str] = mapped_column(String(96))
    model: Mapped[str] = mapped_column(String(128), default="", server_default="")
    epoch: Mapped[int] = mapped_column(default=0, server_default="0")
    index_version: Mapped[int] = mapped_column(default=0, server_default="0")
    lexicon_version: Mapped[int] = mapped_column(default=0, server_default="0")
    articles: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    passages: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    vectors: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    #: articles still to be read into it; 0: it is up to date
    behind: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    megabytes: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    seen_time: Mapped[dt.datetime]
