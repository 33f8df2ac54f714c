"""Tickets as files (TKT-9): a line for each, with the columns that were chosen."""

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytz
from sqlalchemy import Select, func, select
from sqlalchemy.orm import joinedload

from app.errors import Invalid, Reason, TooLarge
from app.extensions import db
from app.offload import give_way, offload
from models.actor import Actor
from models.base import bind
from models.custom_fields import FieldSubject
from models.customers import Customer
from models.exports import ExportContent, ExportFormat, ExportJob
from models.organization import Agent
from models.tickets import Ticket
from services import custom_fields
from services.exports.jobs import MOST_ON_PAPER, TICKETS_RIGHT, refuse_crowd, request_file
from services.exports.talks import Talk, Wording
from services.exports.writers import writer_for
from services.operation import operation
from services.settings import get_setting
from services.ticket_columns import USUAL, known_columns
from services.tickets.bulk import refuse_too_many
from services.tickets.filters import filters_of, ordering

FORMATS = (ExportFormat.xlsx, ExportFormat.csv, ExportFormat.pdf)
#: rows read at once
BATCH = 200
PROGRESS_SECONDS = 0.5
LINKS = (
    joinedload(Ticket.customer).joinedload(Customer.user),
    joinedload(Ticket.assignee).joinedload(Agent.user),
    joinedload(Ticket.team),
    joinedload(Ticket.department),
)


@operation(TICKETS_RIGHT, title="Export tickets")
def start_ticket_export(
    actor: Actor,
    *,
    format: ExportFormat = ExportFormat.xlsx,
    filters: dict | None = None,
    ids: list[int] | None = None,
    columns: list[str] | None = None,
    sort: str = "-id",
    time_zone: str = "UTC",
) -> ExportJob:
    """Have a file made of the tickets of these numbers, or of all that fit the filters and that this actor sees.

    Raises Invalid for what does not exist or finds nothing, TooLarge for more than the setting export_max_tickets.
    """
    if format not in FORMATS:
        raise Invalid("The request is not valid", fields={"format": "unknown"})
    if time_zone not in pytz.all_timezones_set:
        raise Invalid("The request is not valid", fields={"timeZone": Reason("unknown")})
    refuse_too_many(ids or ())
    ordering(sort)
    chosen = known_columns(actor, columns or USUAL)
    if format is ExportFormat.pdf and len(chosen) > MOST_ON_PAPER:
        raise Invalid(
            "A page is too narrow for so many columns: choose fewer, or Excel or CSV",
            fields={"columns": Reason("at most %(number)s", number=MOST_ON_PAPER)},
        )
    params = {
        "filters": filters_of(filters or {}).texts,
        "ids": sorted(set(ids or ())),
        "columns": chosen,
        "sort": sort,
    }
    refuse_crowd(actor)
    total = db.session.scalar(select(func.count()).select_from(wanted(actor, params).subquery()))
    if not total:
        raise Invalid("There is nothing to export")
    most = get_setting("export_max_tickets")
    if total > most:
        raise TooLarge("These are more tickets than one file may hold: narrow the filters", limit=most)
    return request_file("tickets", ExportContent.tickets, format, params, total, time_zone)


def wanted(actor: Actor, params: dict) -> Select:
    """SELECT of the ids of the tickets that a file is of, as this actor sees them now."""
    statement = filters_of(params["filters"]).wanted(actor)
    return statement.where(Ticket.id.in_(params["ids"])) if params["ids"] else statement


def fill(actor: Actor, job: ExportJob, part: Path, wording: Wording, owner: str) -> Iterator[tuple[int, int]]:
    """Write the tickets into the file; now and then how many of how many are in it."""
    ids = list(db.session.scalars(wanted(actor, job.params).order_by(*ordering(job.params["sort"]))))
    titles, told = custom_fields.titles_of(actor, FieldSubject.ticket), time.monotonic()
    head = wording.ticket_head(job, owner, titles)
    writer = offload(writer_for, part, job.format, job.content, head)
    try:
        for start in range(0, len(ids), BATCH):
            bind(db.session(), actor)
            rows = _rows(actor, ids[start : start + BATCH])
            own = custom_fields.shown_of_many(actor, FieldSubject.ticket, rows)
            lines = [Talk(wording.ticket_line(actor, job, row, own[row.id]["customText"])) for row in rows]
            db.session.rollback()
            offload(writer.add, lines)
            give_way()
            if time.monotonic() - told > PROGRESS_SECONDS:
                yield start + len(rows), len(ids)
                told = time.monotonic()
    finally:
        offload(writer.close)
    yield len(ids), len(ids)


def _rows(actor: Actor, ids: Sequence[int]) -> list[Ticket]:
    """In this order; one that has vanished meanwhile, or may not be seen any more, is left out."""
    rows = db.session.scalars(select(Ticket).where(Ticket.id.in_(ids), Ticket.visible_to(actor)).options(*LINKS))
    found = {row.id: row for row in rows}
    return [found[number] for number in ids if number in found]
