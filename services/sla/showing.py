"""What staff see of the service level of a ticket: how much time each goal has left, and whether it runs (TKT-6)."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from app.extensions import db
from models.hours import WorkCalendar
from models.sla import SlaGoal, SlaPolicy, TicketClock
from models.types import utcnow
from services.routing.hours import ALWAYS, Hours
from services.sla import clock as work
from services.sla.policies import known_hours


@dataclass(frozen=True)
class Standing:
    """One goal of a ticket; lengths are seconds of working time.

    What is left is told as of the moment at which the clock last began to go, not as of now: it stays the same until
    the clock stops, so whoever reads twice reads the same, and a page lets it run down by itself.
    """

    target: int
    #: negative when it is late
    remaining: int
    #: the moment from which `remaining` runs down, and the closing at which it stops; None while it stands still
    runs_from: dt.datetime | None
    runs_until: dt.datetime | None
    due_time: dt.datetime | None
    met_time: dt.datetime | None
    breached: bool
    paused: bool


@dataclass
class Level:
    """The policy that holds for a ticket, and how its goals stand."""

    policy: SlaPolicy | None = None
    goals: dict[SlaGoal, Standing] = field(default_factory=dict)


def levels_of(ticket_ids: Iterable[int]) -> dict[int, Level]:
    """How these tickets stand, in three statements at most however many they are."""
    now = utcnow()
    found = {number: Level() for number in ticket_ids}
    rows = db.session.scalars(
        select(TicketClock)
        .where(TicketClock.ticket_id.in_(found), TicketClock.target_seconds.is_not(None))
        .options(joinedload(TicketClock.policy))
    ).all()
    known = _hours_of(rows)
    for row in rows:
        level = found[row.ticket_id]
        level.goals[row.goal] = _standing(row, known.get(row.calendar_id, ALWAYS), now)
        level.policy = row.policy or level.policy
    return found


def _standing(row: TicketClock, hours: Hours, now: dt.datetime) -> Standing:
    used, runs_from, runs_until = row.spent_seconds, None, None
    if row.running_since is not None:
        if (span := work.stretch(hours, now)) is not None:
            runs_from, runs_until = max(span[0], row.running_since), span[1]
        used += int(work.between(hours, row.running_since, runs_from or now).total_seconds())
    return Standing(
        target=row.target_seconds,
        remaining=row.target_seconds - used,
        runs_from=runs_from,
        runs_until=runs_until,
        due_time=row.due_time,
        met_time=row.met_time,
        breached=bool(row.breached),
        paused=row.running_since is None and row.met_time is None,
    )


def _hours_of(rows: Iterable[TicketClock]) -> dict[int, Hours]:
    wanted = {row.calendar_id for row in rows if row.running_since is not None} - {None}
    if not wanted:
        return {}
    found = select(WorkCalendar).where(WorkCalendar.id.in_(wanted)).options(selectinload(WorkCalendar.days))
    return known_hours(db.session.scalars(found))
