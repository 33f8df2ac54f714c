"""What retention does to one conversation: its words and files go, its figures stay.

A conversation of any length goes in transactions of a few hundred messages, each of which looks again whether it may;
who dies in between leaves what the next run takes.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import delete, select, update

from app.extensions import db
from models.actor import Actor
from models.articles import ArticleFile
from models.assistance import PastAnswer, SuggestionChoice, TextVector
from models.base import mark_deleted
from models.conversations import Conversation, ConversationAssignment, Rating
from models.custom_fields import CustomField, CustomValue, FieldSubject
from models.customers import Customer
from models.generation import ModelCall
from models.knowledge import Question
from models.messaging import ChatMessage, FileObject, ReadMark, SenderKind
from models.sensitive import SensitiveAlert
from models.transfers import ConversationTransfer
from models.types import utcnow
from models.understanding import MessageMood
from models.wechat import UndeliveredMessage, WechatChat
from services import words
from services.operation import announce, run, write
from services.retention import archive
from services.retention.rules import EVERYTHING, due

MESSAGES = 500
#: `source` of the one customer to whom belongs what was purged: figures stay, persons go
NOBODY = "retention"
#: rows that are counted for years, without what people wrote in them
REMARKS: dict[type, dict] = {
    # marked as deleted, too: indexes learn of it by the row
    PastAnswer: {"question": "", "answer": "", "deleted": 1, "delete_token": PastAnswer.id},
    SuggestionChoice: {"question": "", "edited": None},
    ConversationAssignment: {"reason": None},
    ConversationTransfer: {"reason": "", "answer": None},
    Rating: {"comment": None},
    ModelCall: {"prompt": None, "answer": None, "reason": None},
    SensitiveAlert: {"excerpt": "", "spans": [], "sender_name": "", "note": None},
}
_GONE = {"purge": True, "synchronize_session": False, **EVERYTHING}
_CHANGED = {"synchronize_session": False, **EVERYTHING}


@dataclass
class Taken:
    """How much has gone."""

    conversations: int = 0
    messages: int = 0
    files: int = 0
    file_bytes: int = 0

    def add(self, more: "Taken") -> None:
        for name, number in vars(more).items():
            setattr(self, name, getattr(self, name) + number)


def purge(actor: Actor, conversation_id: int, before: dt.datetime, *, archived: bool) -> Taken:
    """Take one conversation of the bound company, if it is still due; a copy goes to the archive first."""
    taken = Taken()
    if archived and not _archive(actor, conversation_id, before):
        return taken
    while not taken.conversations:
        step = run(actor, "conversation.purge", lambda: _take(conversation_id, before, archived))
        if step is None:
            break
        taken.add(step)
    return taken


def _archive(actor: Actor, conversation_id: int, before: dt.datetime) -> bool:
    """Whether there is a copy: written now, or by a run that died after it. One that is half purged keeps its own."""
    row = _still_due(conversation_id, before)
    if row is None:
        return False
    if row.archive_time is None:
        archive.write(row)
        with write(actor.tenant_id) as session:
            session.execute(
                update(Conversation).where(Conversation.id == conversation_id).values(archive_time=utcnow()),
                execution_options=_CHANGED,
            )
    return True


def _take(conversation_id: int, before: dt.datetime, archived: bool) -> Taken | None:
    """Inside a transaction: the next messages, and with the last of them what else was told; None: not due any more."""
    row = _still_due(conversation_id, before, lock=True)
    if row is None or (archived and row.archive_time is None):
        return None
    messages = db.session.execute(
        select(ChatMessage.id, ChatMessage.file_id)
        .where(ChatMessage.thread_id == row.thread_id)
        .order_by(ChatMessage.seq)
        .limit(MESSAGES),
        execution_options=EVERYTHING,
    ).all()
    ids = [message.id for message in messages]
    words.forget(ChatMessage, ids)
    db.session.execute(
        delete(UndeliveredMessage).where(UndeliveredMessage.message_id.in_(ids)), execution_options=_GONE
    )
    db.session.execute(delete(MessageMood).where(MessageMood.message_id.in_(ids)), execution_options=_GONE)
    db.session.execute(delete(ChatMessage).where(ChatMessage.id.in_(ids)), execution_options=_GONE)
    is_last = len(ids) < MESSAGES
    files = _unused_files({message.file_id for message in messages} - {None}, row.thread_id if is_last else None)
    gone = [file.id for file in files]
    db.session.execute(delete(FileObject).where(FileObject.id.in_(gone)), execution_options=_GONE)
    if is_last:
        _forget(row)
    if files:
        announce("conversation.purged", conversation_id=row.id, keys=[file.storage_key for file in files])
    return Taken(int(is_last), len(ids), len(files), sum(file.size for file in files))


def _still_due(conversation_id: int, before: dt.datetime, *, lock: bool = False) -> Conversation | None:
    statement = select(Conversation).where(Conversation.id == conversation_id, *due(before))
    if lock:
        statement = statement.with_for_update()
    return db.session.scalars(statement, execution_options={**EVERYTHING, "populate_existing": True}).first()


def _unused_files(ids: Iterable[int], thread_id: int | None) -> list[FileObject]:
    """Of these, and of those of the thread, the ones that no message carries any more, and no article shows."""
    mine = FileObject.id.in_(list(ids))
    if thread_id is not None:
        mine |= FileObject.thread_id == thread_id
    carried = select(ChatMessage.file_id).where(ChatMessage.file_id == FileObject.id).exists()
    shown = select(ArticleFile.file_id).where(ArticleFile.file_id == FileObject.id).exists()
    return list(db.session.scalars(select(FileObject).where(mine, ~carried, ~shown), execution_options=EVERYTHING))


def _forget(row: Conversation) -> None:
    """Everything else that tells who it was or what it was about. Written past the log, which would keep the words."""
    nobody = _nobody()
    words.forget(Conversation, [row.id])
    db.session.execute(delete(ReadMark).where(ReadMark.thread_id == row.thread_id), execution_options=_GONE)
    db.session.execute(delete(Question).where(Question.conversation_id == row.id), execution_options=_GONE)
    db.session.execute(delete(WechatChat).where(WechatChat.conversation_id == row.id), execution_options=_GONE)
    fields = select(CustomField.id).where(CustomField.subject == FieldSubject.conversation)
    db.session.execute(
        delete(CustomValue).where(CustomValue.row_id == row.id, CustomValue.field_id.in_(fields)),
        execution_options=_GONE,
    )
    answers = select(PastAnswer.id).where(PastAnswer.conversation_id == row.id)
    db.session.execute(
        delete(TextVector).where(TextVector.shelf == "answer", TextVector.row_id.in_(answers)), execution_options=_GONE
    )
    for model, without_words in REMARKS.items():
        person = {"customer_id": nobody} if hasattr(model, "customer_id") else {}
        db.session.execute(
            update(model).where(model.conversation_id == row.id).values(**without_words, **person),
            execution_options=_CHANGED,
        )
    said_by_him = (SensitiveAlert.conversation_id == row.id) & (SensitiveAlert.sender_kind == SenderKind.customer)
    db.session.execute(update(SensitiveAlert).where(said_by_him).values(sender_id=nobody), execution_options=_CHANGED)
    db.session.execute(
        update(Conversation)
        .where(Conversation.id == row.id)
        .values(subject="", source=None, close_reason=None, customer_id=nobody, purge_time=utcnow()),
        execution_options=_CHANGED,
    )


def _nobody() -> int:
    """The customer who stands for all whose conversations were purged; deleted, so no list shows him."""
    known = db.session.scalar(select(Customer.id).where(Customer.source == NOBODY), execution_options=EVERYTHING)
    if known is not None:
        return known
    row = Customer(name="—", source=NOBODY)
    db.session.add(row)
    db.session.flush()
    mark_deleted(row)
    db.session.flush()
    return row.id
