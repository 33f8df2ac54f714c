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
    """One goal of a ticket at this moment; all lengths are seconds, of working time where nothing else is said."""

    target: int
    #: negative when it is late
    remaining: int
    #: for how long the clock goes on without a break from now; 0 while it stands still or nobody works
    runs_for: int
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
    used, closes = row.spent_seconds, None
    if row.running_since is not None:
        used += int(work.between(hours, row.running_since, now).total_seconds())
        closes = work.closing(hours, now)
    return Standing(
        target=row.target_seconds,
        remaining=row.target_seconds - used,
        runs_for=int((closes - now).total_seconds()) if closes is not None else 0,
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
