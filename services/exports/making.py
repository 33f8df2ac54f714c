"""Making an exported file: conversations read some at a time, worded, and written by a native thread."""

import os
import secrets
import time
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from flask_babel import force_locale
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import joinedload

from app.errors import DomainError, NotAllowed
from app.extensions import db
from app.locale import speaking
from app.offload import give_way, offload
from models.actor import Actor, system
from models.base import bind
from models.conversations import Conversation
from models.custom_fields import FieldSubject
from models.customers import Customer
from models.exports import ExportContent, ExportFormat, ExportJob, ExportState
from models.identity import User
from models.messaging import ChatMessage, MessageType
from models.organization import Agent
from models.types import utcnow
from services import channels, custom_fields, history
from services.exports import articles, tickets
from services.exports.jobs import KEEP, RIGHTS, SILENCE, storage, wanted
from services.exports.talks import Talk, Wording
from services.exports.writers import writer_for
from services.identity import rights
from services.job_rows import note

#: conversations read at once, and messages of one of them
BATCH, MESSAGES = 20, 500
PROGRESS_SECONDS = 0.5
#: of the company's own fields, for which a page is wide enough beside what stands in every table
OWN_ON_PAPER = 9


def make_file(tenant_id: int, job_id: int, wording: Wording) -> bool:
    """Make one file from the beginning; False when somebody else makes it or nobody wants it any more."""
    if not _note(tenant_id, job_id, _free(), state=ExportState.running, start_time=utcnow(), done=0, error=None):
        return False
    try:
        _make(tenant_id, job_id, wording)
    except _Unwanted:
        return False
    except DomainError as refusal:
        _fail(tenant_id, job_id, refusal.kind)
        return False
    except Exception:
        _fail(tenant_id, job_id, "internal")
        raise
    return True


class _Unwanted(Exception):
    """Removed while it was being made."""


def _make(tenant_id: int, job_id: int, wording: Wording) -> None:
    job = db.session.get(ExportJob, job_id, populate_existing=True)
    owner = db.session.get(User, job.create_by)
    if owner is None or not owner.active:
        raise NotAllowed("You are not allowed to do this")
    actor = rights.actor_for_user(owner)
    actor.require(RIGHTS[job.content])
    bind(db.session(), actor)
    key = secrets.token_hex(20)
    part = storage.path(key).with_suffix(".part")
    part.parent.mkdir(parents=True, exist_ok=True)
    try:
        total = 0
        with force_locale(job.locale), speaking(job.locale):
            for done, total in _filling(actor, job, part, wording, owner.full_name):
                _tell_progress(tenant_id, job_id, done, total)
        size = part.stat().st_size
        os.replace(part, storage.path(key))
    finally:
        part.unlink(missing_ok=True)
    finished = {"done": total, "total": total, "finish_time": utcnow(), "expire_time": utcnow() + KEEP}
    if not _note(tenant_id, job_id, _made(), state=ExportState.done, storage_key=key, size=size, **finished):
        storage.remove(key)
        raise _Unwanted


def _filling(actor: Actor, job: ExportJob, part: Path, wording: Wording, owner: str) -> Iterator[tuple[int, int]]:
    if job.content is ExportContent.articles:
        return articles.fill(actor, job, part)
    if job.content is ExportContent.tickets:
        return tickets.fill(actor, job, part, wording, owner)
    return _fill(actor, job, part, wording, owner)


def _fill(actor: Actor, job: ExportJob, part: Path, wording: Wording, owner: str) -> Iterator[tuple[int, int]]:
    """Write conversations into the file; now and then how many of how many are in it."""
    ids = list(db.session.scalars(wanted(actor, job.params).order_by(Conversation.id.desc())))
    titles = _own_titles(actor, job)
    head = wording.head(job, owner, list(titles.values()))
    writer = offload(writer_for, part, job.format, job.content, head)
    try:
        for done, talks in _talks(actor, job, ids, wording, list(titles)):
            offload(writer.add, talks)
            yield done, len(ids)
    finally:
        offload(writer.close)


def _own_titles(actor: Actor, job: ExportJob) -> dict[str, str]:
    """{code: title} of the company's own fields that go along; in a table on paper some of those that lists show."""
    is_narrow = job.format is ExportFormat.pdf and job.content is ExportContent.conversations
    titles = custom_fields.titles_of(actor, FieldSubject.conversation, only_in_list=is_narrow)
    return dict(islice(titles.items(), OWN_ON_PAPER)) if is_narrow else titles


def _talks(
    actor: Actor, job: ExportJob, ids: Sequence[int], wording: Wording, codes: Sequence[str]
) -> Iterator[tuple[int, list[Talk]]]:
    """Some conversations at a time, as plain values: neither rows nor a view of the database outlive a batch.

    `codes`: of the fields that go along.
    """
    told = time.monotonic()
    talks: list[Talk] = []
    with_notes = bool(job.params.get("with_notes"))
    for start in range(0, len(ids), BATCH):
        bind(db.session(), actor)
        rows = _rows(ids[start : start + BATCH])
        ratings, counts = history.ratings_of(rows), _message_counts(rows, with_notes)
        names = channels.names_of(row.channel for row in rows)
        filled = custom_fields.shown_of_many(actor, FieldSubject.conversation, rows)
        for row in rows:
            messages = list(_messages(row, with_notes)) if job.content is ExportContent.messages else []
            channel = names.get(row.channel, "")
            count, texts = counts.get(row.thread_id, 0), filled[row.id]["customText"]
            own = [texts.get(code, "") for code in codes]
            talks.append(wording.talk(job, row, ratings.get(row.id), messages, count, channel, own))
        db.session.rollback()
        give_way()
        if time.monotonic() - told > PROGRESS_SECONDS:
            yield start + len(rows), talks
            told, talks = time.monotonic(), []
    yield len(ids), talks


def _rows(ids: Sequence[int]) -> list[Conversation]:
    links = (
        joinedload(Conversation.customer).joinedload(Customer.organization),
        joinedload(Conversation.agent).joinedload(Agent.user),
        joinedload(Conversation.team),
    )
    rows = db.session.scalars(select(Conversation).where(Conversation.id.in_(ids)).options(*links))
    found = {row.id: row for row in rows}
    return [found[number] for number in ids if number in found]


def _messages(row: Conversation, with_notes: bool) -> Iterator[ChatMessage]:
    after = 0
    while True:
        page = list(
            db.session.scalars(
                select(ChatMessage)
                .where(ChatMessage.thread_id == row.thread_id, ChatMessage.seq > after, _told(with_notes))
                .order_by(ChatMessage.seq)
                .limit(MESSAGES)
            )
        )
        yield from page
        if len(page) < MESSAGES:
            return
        after = page[-1].seq


def _message_counts(rows: Sequence[Conversation], with_notes: bool) -> dict[int, int]:
    threads = [row.thread_id for row in rows]
    counted = select(ChatMessage.thread_id, func.count()).where(ChatMessage.thread_id.in_(threads), _told(with_notes))
    return dict(db.session.execute(counted.group_by(ChatMessage.thread_id)).tuples().all())


def _told(with_notes: bool) -> ColumnElement[bool]:
    return ChatMessage.id.is_not(None) if with_notes else ChatMessage.type != MessageType.note


def _free() -> ColumnElement[bool]:
    """What may be begun: nobody makes it, or who did has died."""
    silent = (ExportJob.state == ExportState.running) & (ExportJob.update_time < utcnow() - SILENCE)
    return (ExportJob.state == ExportState.queued) | silent


def _made() -> ColumnElement[bool]:
    return ExportJob.state == ExportState.running


def _note(tenant_id: int, job_id: int, condition: ColumnElement[bool], **values) -> bool:
    """Bookkeeping of a job that is still as it should be."""
    return note(ExportJob, tenant_id, job_id, condition, **values)


def _tell_progress(tenant_id: int, job_id: int, done: int, total: int) -> None:
    if not _note(tenant_id, job_id, _made(), done=done, total=total):
        raise _Unwanted


def _fail(tenant_id: int, job_id: int, kind: str) -> None:
    bind(db.session(), system(tenant_id))
    _note(tenant_id, job_id, _made(), state=ExportState.failed, finish_time=utcnow(), error=kind)
