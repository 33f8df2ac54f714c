"""One core for everything people say: threads, messages, read marks, files (ARCHITECTURE: Messages)."""

import datetime as dt
from enum import StrEnum, auto
from types import EllipsisType
from typing import ClassVar

from flask_appbuilder import Model
from sqlalchemy import ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.dialects import mysql
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Entity
from models.types import Code, Exact, Flag, Json


class ThreadKind(StrEnum):
    conversation = auto()
    ticket = auto()
    group = auto()


class SenderKind(StrEnum):
    customer = auto()
    agent = auto()
    bot = auto()
    system = auto()


class MessageType(StrEnum):
    text = auto()
    image = auto()
    file = auto()
    answer = auto()
    system = auto()
    #: internal note: never leaves the staff's side
    note = auto()
    voice = auto()


class Thread(Entity, Model):
    """The counters of one stream of messages; its owner is a conversation, a ticket or a group."""

    __tablename__ = "thread"
    __audit__ = None
    __bookkeeping__ = frozenset({"last_seq", "change_seq"})

    kind: Mapped[ThreadKind] = mapped_column(Code(ThreadKind))
    #: number of the newest message; numbers have no gaps
    last_seq: Mapped[int] = mapped_column(default=0, server_default="0")
    #: raised by every new, edited, recalled or read message; clients catch up by it
    change_seq: Mapped[int] = mapped_column(default=0, server_default="0")


class ChatMessage(Entity, Model):
    """One message. An acknowledged message is a committed row."""

    __tablename__ = "chat_message"
    __audit__ = None
    __table_args__ = (
        UniqueConstraint("thread_id", "seq", name="uq_chat_message_thread_seq"),
        # a client that repeats itself gets the same message, whichever door it used (N06, F23)
        UniqueConstraint("thread_id", "sender_kind", "sender_id", "client_msg_id", name="uq_chat_message_client"),
        Index("idx_chat_message_change", "thread_id", "change_seq"),
    )

    thread_id: Mapped[int] = mapped_column(ForeignKey("thread.id"))
    seq: Mapped[int]
    change_seq: Mapped[int]
    client_msg_id: Mapped[str] = mapped_column(Exact)
    sender_kind: Mapped[SenderKind] = mapped_column(Code(SenderKind))
    #: user id of an agent, customer id of a customer, 0 for bot and system
    sender_id: Mapped[int] = mapped_column(default=0)
    sender_name: Mapped[str] = mapped_column(String(128), default="")
    type: Mapped[MessageType] = mapped_column(Code(MessageType))
    content: Mapped[str] = mapped_column(Text().with_variant(mysql.MEDIUMTEXT(), "mysql", "mariadb"))
    payload: Mapped[dict | None] = mapped_column(Json)
    file_id: Mapped[int | None] = mapped_column(ForeignKey("file_object.id"))
    recalled_time: Mapped[dt.datetime | None]
    edited_time: Mapped[dt.datetime | None]
    file: Mapped["FileObject | None"] = relationship()

    #: the picture of whoever said it, as far as somebody knows it; no column, for people change theirs
    sender_avatar: ClassVar[str | EllipsisType | None] = ...

    def __repr__(self) -> str:
        return f"#{self.seq}"


class ReadMark(Entity, Model):
    """How far one participant has received and read one thread."""

    __tablename__ = "read_mark"
    __audit__ = None
    __table_args__ = (UniqueConstraint("thread_id", "sender_kind", "sender_id", name="uq_read_mark_reader"),)

    thread_id: Mapped[int] = mapped_column(ForeignKey("thread.id"))
    sender_kind: Mapped[SenderKind] = mapped_column(Code(SenderKind))
    sender_id: Mapped[int]
    read_seq: Mapped[int] = mapped_column(default=0)
    #: how far a device of theirs has it, looked at or not; what was read has been received too
    received_seq: Mapped[int] = mapped_column(default=0, server_default="0")
    change_seq: Mapped[int] = mapped_column(default=0)


class FileObject(Entity, Model):
    """An uploaded file: a random key in storage, what it really is, and whose thread it belongs to."""

    __tablename__ = "file_object"
    __table_args__ = (UniqueConstraint("storage_key", name="uq_file_object_storage_key"),)

    #: set when a message carries the file; before that only the uploader may use it
    thread_id: Mapped[int | None] = mapped_column(ForeignKey("thread.id"), index=True)
    #: customers may not fetch what was attached to an internal note
    is_internal: Mapped[bool] = mapped_column(Flag, default=False, server_default="0")
    owner_kind: Mapped[SenderKind] = mapped_column(Code(SenderKind))
    owner_id: Mapped[int]
    storage_key: Mapped[str] = mapped_column(Exact)
    name: Mapped[str] = mapped_column(String(255))
    mime: Mapped[str] = mapped_column(String(127))
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    width: Mapped[int | None] = mapped_column(Integer)
    height: Mapped[int | None] = mapped_column(Integer)

    def __repr__(self) -> str:
        return self.name
