"""Which conversations have been kept long enough, and what a run would take."""

import calendar
import datetime as dt
from dataclasses import dataclass

from sqlalchemy import ColumnElement, extract, func, or_, select

from app.extensions import db
from models.conversations import Conversation, ConversationStatus
from models.customers import Customer
from models.messaging import ChatMessage, FileObject
from models.tickets import ENDED, Ticket
from models.types import utcnow
from services.settings import get_setting

#: what was deleted on screen is due like all the rest
EVERYTHING = {"include_deleted": True}


@dataclass(frozen=True)
class Month:
    """What a run would take of the conversations that ended in one month."""

    year: int
    month: int
    conversations: int
    messages: int
    files: int
    file_bytes: int
    #: old enough, but kept: by a legal hold or for a ticket that is not finished
    kept: int


def cutoff() -> dt.datetime | None:
    """What ended before this moment is due; None where everything is kept for ever."""
    months = get_setting("retention_months")
    return _months_before(utcnow(), months) if months else None


def due(before: dt.datetime) -> list[ColumnElement[bool]]:
    """For a SELECT of conversations with `EVERYTHING`: ended, old, and neither held nor needed."""
    return [*_old(before), ~_kept()]


def plan(before: dt.datetime) -> list[Month]:
    """Month by month, oldest first, what a run would take of the bound company."""
    going = due(before)
    talks = _by_month(select(func.count()), going)
    messages = _by_month(select(func.count()).join(ChatMessage, ChatMessage.thread_id == Conversation.thread_id), going)
    files = _by_month(
        select(func.count(), func.sum(FileObject.size)).join(
            FileObject, FileObject.thread_id == Conversation.thread_id
        ),
        going,
    )
    kept = _by_month(select(func.count()), [*_old(before), _kept()])
    return [
        Month(
            year,
            month,
            conversations=talks.get((year, month), (0,))[0],
            messages=messages.get((year, month), (0,))[0],
            files=files.get((year, month), (0, 0))[0],
            file_bytes=int(files.get((year, month), (0, 0))[1] or 0),
            kept=kept.get((year, month), (0,))[0],
        )
        for year, month in sorted({*talks, *kept})
    ]


def _old(before: dt.datetime) -> list[ColumnElement[bool]]:
    return [
        Conversation.purge_time.is_(None),
        Conversation.close_time < before,
        Conversation.status == ConversationStatus.closed,
        or_(Conversation.last_message_time.is_(None), Conversation.last_message_time < before),
    ]


def _kept() -> ColumnElement[bool]:
    """Held itself, or with its customer; or a ticket made out of it is still being worked on."""
    held = select(Customer.id).where(Customer.legal_hold_time.is_not(None))
    worked_on = select(Ticket.conversation_id).where(
        Ticket.conversation_id.is_not(None), Ticket.status.not_in(ENDED), Ticket.deleted == 0
    )
    return or_(
        Conversation.legal_hold_time.is_not(None),
        Conversation.customer_id.in_(held),
        Conversation.id.in_(worked_on),
    )


def _by_month(figures, conditions: list[ColumnElement[bool]]) -> dict[tuple[int, int], tuple]:
    year, month = (extract(part, Conversation.close_time) for part in ("year", "month"))
    rows = db.session.execute(
        figures.select_from(Conversation).add_columns(year, month).where(*conditions).group_by(year, month),
        execution_options=EVERYTHING,
    )
    return {(row[-2], row[-1]): tuple(row[:-2]) for row in rows}


def _months_before(moment: dt.datetime, months: int) -> dt.datetime:
    """The same day of an earlier month, or its last one."""
    place = moment.year * 12 + moment.month - 1 - months
    year, month = place // 12, place % 12 + 1
    return moment.replace(year=year, month=month, day=min(moment.day, calendar.monthrange(year, month)[1]))
