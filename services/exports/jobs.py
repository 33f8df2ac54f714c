"""The life of an exported file: asked for, made in the background (`making`), fetched by its owner, gone next day."""

import datetime as dt
import time
from pathlib import Path

import pytz
from sqlalchemy import Select, func, select

from app.errors import Invalid, NotFound, Reason, TooLarge, TooMany
from app.extensions import db
from app.locale import current_locale
from models import audit
from models.actor import Actor
from models.conversations import Conversation
from models.exports import ExportContent, ExportFormat, ExportJob, ExportState
from models.identity import User
from models.types import utcnow
from services import history
from services.files import Storage
from services.operation import announce, operation, run
from services.settings import get_setting

KEEP = dt.timedelta(days=1)
#: unfinished ones that one person may have
MOST_AT_ONCE = 3
#: columns for which a page is wide enough
MOST_ON_PAPER = 24
UNFINISHED = (ExportState.queued, ExportState.running)
#: one of which nothing was heard for so long is made anew: its process has died
SILENCE = dt.timedelta(minutes=2)
RIGHT, ARTICLES_RIGHT, TICKETS_RIGHT = "conversation.export", "article.export", "ticket.export"
#: what belongs to which right
RIGHTS = {
    ExportContent.conversations: RIGHT,
    ExportContent.messages: RIGHT,
    ExportContent.articles: ARTICLES_RIGHT,
    ExportContent.tickets: TICKETS_RIGHT,
}

storage = Storage()


@operation(RIGHT, title="Export conversations")
def start_export(
    actor: Actor,
    *,
    content: ExportContent = ExportContent.conversations,
    format: ExportFormat = ExportFormat.xlsx,
    session_id: int | None = None,
    q: str = "",
    since: str = "",
    until: str = "",
    status: str = "",
    agent_id: str = "",
    customer_id: int | None = None,
    channel: str = "",
    rating: str = "",
    with_notes: bool = False,
    time_zone: str = "UTC",
) -> ExportJob:
    """Have a file made: of one conversation, or of all that a search of the history finds.

    What staff noted among themselves is left out unless it is asked for: files are passed on.
    """
    if time_zone not in pytz.all_timezones_set:
        raise Invalid("The request is not valid", fields={"timeZone": Reason("unknown")})
    params = {
        "session_id": session_id,
        "q": q,
        "since": since,
        "until": until,
        "status": status,
        "agent_id": agent_id,
        "customer_id": customer_id,
        "channel": channel,
        "rating": rating,
        "with_notes": with_notes or None,
    }
    params = {name: value for name, value in params.items() if value not in (None, "")}
    refuse_crowd(actor)
    total = db.session.scalar(select(func.count()).select_from(wanted(actor, params).subquery()))
    if not total:
        raise NotFound("There is nothing to export") if session_id else Invalid("There is nothing to export")
    most = get_setting("export_max_conversations")
    if total > most:
        raise TooLarge("These are more conversations than one file may hold: narrow the search", limit=most)
    name = db.session.scalar(select(Conversation.no).where(Conversation.id == session_id)) if session_id else "history"
    return request_file(name, content, format, params, total, time_zone)


def refuse_crowd(actor: Actor) -> None:
    """Inside an operation: nobody has many files made at once. Raises TooMany."""
    # the person's row is the lock: of two at once each counts the other
    db.session.get(User, actor.user_id, with_for_update=True)
    running = select(func.count()).where(ExportJob.create_by == actor.user_id, ExportJob.state.in_(UNFINISHED))
    if db.session.scalar(running) >= MOST_AT_ONCE:
        raise TooMany("Some of your exports are not finished yet, please wait for them")


def request_file(
    name: str, content: ExportContent, format: ExportFormat, params: dict, total: int, time_zone: str
) -> ExportJob:
    """Inside an operation: have the file made."""
    now = utcnow()
    job = ExportJob(
        content=content,
        format=format,
        params=params,
        locale=current_locale(),
        time_zone=time_zone,
        state=ExportState.queued,
        total=total,
        name=f"{name}-{_local(now, time_zone):%Y%m%d-%H%M%S}.{format.value}",
        expire_time=now + KEEP,
    )
    db.session.add(job)
    db.session.flush()
    announce("export.requested", export_id=job.id)
    return job


@operation("export.remove", title="Remove an exported file", right=RIGHT)
def remove_export(actor: Actor, job: ExportJob) -> ExportJob:
    """Its day is over, or its owner does not want it any more; one that is being made stops."""
    return _remove(actor, job)


@operation("article_export.remove", title="Remove an exported file", right=ARTICLES_RIGHT)
def remove_articles_export(actor: Actor, job: ExportJob) -> ExportJob:
    """The same for a file of articles."""
    return _remove(actor, job)


@operation("ticket_export.remove", title="Remove an exported file", right=TICKETS_RIGHT)
def remove_tickets_export(actor: Actor, job: ExportJob) -> ExportJob:
    """The same for a file of tickets."""
    return _remove(actor, job)


def _remove(actor: Actor, job: ExportJob) -> ExportJob:
    if actor.kind != "system" and job.create_by != actor.user_id:
        raise NotFound("This does not exist")
    if job.state is not ExportState.removed:
        announce("export.removed", export_id=job.id, key=job.storage_key)
        job.state, job.storage_key, job.size = ExportState.removed, None, None
    return job


def get_fetchable(actor: Actor, job: ExportJob) -> Path:
    """Where a finished file lies, for its owner alone. Raises NotFound."""
    actor.require(RIGHTS[job.content])
    is_there = job.state is ExportState.done and job.expire_time > utcnow() and job.storage_key
    if job.create_by != actor.user_id or not is_there or not storage.path(job.storage_key).is_file():
        raise NotFound("This file does not exist")
    return storage.path(job.storage_key)


def note_fetched(actor: Actor, job: ExportJob) -> None:
    """Write down that the file left the house."""
    run(actor, "export.fetch", lambda: audit.record(db.session, "export.fetch", target=job))


def unfinished() -> list[int]:
    """Those of the bound company that nobody is making: their process has died, or never heard of them."""
    waiting = (ExportJob.state == ExportState.queued) & (ExportJob.create_time < utcnow() - SILENCE / 4)
    silent = (ExportJob.state == ExportState.running) & (ExportJob.update_time < utcnow() - SILENCE)
    return list(db.session.scalars(select(ExportJob.id).where(waiting | silent).order_by(ExportJob.id)))


def expire(actor: Actor) -> int:
    """Remove the files whose day is over."""
    over = select(ExportJob).where(ExportJob.state == ExportState.done, ExportJob.expire_time < utcnow()).limit(500)
    return len([remove_export(actor, job) for job in list(db.session.scalars(over))])


def clear_leftovers() -> int:
    """Files that no export knows any more: half of one, or a whole one whose maker died before he could say so."""
    oldest = time.time() - 2 * KEEP.total_seconds()
    left = [path for path in storage.folder.glob("*/*") if path.is_file() and path.stat().st_mtime < oldest]
    for path in left:
        path.unlink(missing_ok=True)
    return len(left)


def wanted(actor: Actor, params: dict) -> Select:
    """SELECT of the ids of the conversations that a file is of, as this actor sees them now."""
    search = {name: value for name, value in params.items() if name not in ("session_id", "with_notes")}
    session_id = params.get("session_id")
    statement = select(Conversation.id).where(*history.conditions(actor, history.search_of(actor, **search)))
    return statement.where(Conversation.id == session_id) if session_id else statement


def _local(moment: dt.datetime, zone: str) -> dt.datetime:
    return pytz.utc.localize(moment).astimezone(pytz.timezone(zone))
