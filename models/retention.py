"""What retention has taken, run by run (CHT-16)."""

import datetime as dt
from enum import StrEnum, auto

from flask_appbuilder import Model
from sqlalchemy import Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Entity
from models.types import Code, Flag


class RunState(StrEnum):
    running = auto()
    done = auto()
    #: its time was over: the next one goes on where it stopped
    paused = auto()
    failed = auto()


class RetentionRun(Entity, Model):
    """One run: which conversations were old enough, and what of them has gone."""

    __tablename__ = "retention_run"
    __bookkeeping__ = frozenset({"state", "conversations", "messages", "files", "file_bytes", "finish_time", "error"})

    state: Mapped[RunState] = mapped_column(Code(RunState), default=RunState.running)
    #: closed before this moment
    cutoff: Mapped[dt.datetime]
    #: whether a copy went to the archive first
    archived: Mapped[bool] = mapped_column(Flag)
    conversations: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    messages: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    files: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    file_bytes: Mapped[int] = mapped_column(default=0, server_default="0")
    finish_time: Mapped[dt.datetime | None]
    error: Mapped[str | None] = mapped_column(String(255))

    def __repr__(self) -> str:
        return f"{self.create_time:%Y-%m-%d %H:%M}"
