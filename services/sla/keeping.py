"""The clocks of a ticket: started with it, stopped while it waits for the customer, met, gone on with (TKT-6).

`follow` brings them in line with the ticket as it is now, however often it is called; whoever changes what a clock
depends on calls it once. What has been counted up to a stop stays counted; the stretch that runs counts by the hours
as they are now, so a holiday that is entered late still makes it longer.
"""

import datetime as dt
from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm.attributes import flag_modified

from app.extensions import db
from models.base import changed
from models.sla import SlaGoal, SlaPolicy, TicketClock
from models.tickets import SOLVED, SlaState, Ticket, TicketStatus
from models.types import utcnow
from services.sla import clock as work
from services.sla.policies import Rules, rules

_OURS = frozenset({"due_time", "sla_state"})
_SECOND = dt.timedelta(seconds=1)
#: in these states it is our turn
RUNNING = (TicketStatus.pending, TicketStatus.processing, TicketStatus.review)
#: its goals are still to be reached
OPEN = (*RUNNING, TicketStatus.waiting)


def follow(ticket: Ticket) -> None:
    """Inside an operation that holds the ticket: its clocks are right from now on, and what lists show of them."""
    db.session.flush()
    follow_all([ticket], rules())


def follow_all(tickets: list[Ticket], known: Rules) -> None:
    """`follow` for several tickets that are held, by rules that are read already."""
    now = utcnow()
    found: dict[int, dict[SlaGoal, TicketClock]] = {ticket.id: {} for ticket in tickets}
    for row in db.session.scalars(select(TicketClock).where(TicketClock.ticket_id.in_(found))):
        found[row.ticket_id][row.goal] = row
    for ticket in tickets:
        policy = known.policy_for(ticket)
        clocks = [
            found[ticket.id].get(goal)
            or TicketClock(ticket_id=ticket.id, goal=goal, spent_seconds=0, reached_percent=0)
            for goal in SlaGoal
        ]
        for row in clocks:
            _bring_in_line(row, ticket, policy, known, now)
        db.session.add_all(clocks)
        _reflect(ticket, clocks, known)


def drop(ticket: Ticket) -> None:
    """Inside an operation: nobody watches a ticket that is deleted."""
    for row in db.session.scalars(select(TicketClock).where(TicketClock.ticket_id == ticket.id)):
        row.running_since = row.next_check_time = row.due_time = None


def _reflect(ticket: Ticket, clocks: Iterable[TicketClock], known: Rules) -> None:
    """What lists show of a ticket, from its clocks."""
    goals = [row for row in clocks if row.target_seconds is not None]
    is_over = ticket.status is TicketStatus.cancelled or ticket.merged_into_id is not None
    still_open = [] if is_over else [row for row in goals if row.met_time is None]
    ticket.due_time = min((row.due_time for row in still_open if row.due_time is not None), default=None)
    if still_open:
        ticket.sla_state = _state_of(still_open, known)
    elif any(row.breached for row in goals):
        ticket.sla_state = SlaState.missed
    else:
        ticket.sla_state = SlaState.met if goals and not is_over else SlaState.none
    if set() < changed(ticket) <= _OURS:
        flag_modified(ticket, "update_time")  # it stays: nobody has done anything about the ticket


def _plan(row: TicketClock, policy: SlaPolicy | None, known: Rules) -> None:
    """When its time is over, and when the watch has to look at it next."""
    row.due_time = row.next_check_time = None
    if row.running_since is None or row.target_seconds is None:
        return
    hours = known.hours(row.calendar_id)
    row.due_time = work.add(hours, row.running_since, _left(row, 100))
    ahead = [] if policy is None else [one for one in _percents(policy, row.goal) if one > row.reached_percent]
    if ahead:
        row.next_check_time = work.add(hours, row.running_since, _left(row, min(ahead)))


def passed(row: TicketClock, policy: SlaPolicy, known: Rules, now: dt.datetime) -> set[int]:
    """After how much of the time something is to happen now, and has not happened yet."""
    used = spent(row, known, now) * 100 // row.target_seconds
    return {percent for percent in _percents(policy, row.goal) if row.reached_percent < percent <= used}


def _percents(policy: SlaPolicy, goal: SlaGoal) -> set[int]:
    """After how much of the time something happens."""
    return {policy.warn_percent, 100, *(step.percent for step in policy.escalations if step.goal is goal)}


def spent(row: TicketClock, known: Rules, now: dt.datetime) -> int:
    """Seconds of working time that a clock has counted so far; one that has begun counts, so that none is lost."""
    if row.running_since is None:
        return row.spent_seconds
    return row.spent_seconds - -work.between(known.hours(row.calendar_id), row.running_since, now) // _SECOND


def _bring_in_line(row: TicketClock, ticket: Ticket, policy: SlaPolicy | None, known: Rules, now: dt.datetime) -> None:
    met = _met_time(row, ticket)
    if met is not None:
        if row.met_time is None:
            _stop(row, known, max(met, row.running_since or met))
            row.met_time = met
            if row.target_seconds is not None:
                row.breached = row.breached or row.spent_seconds > row.target_seconds
            _plan(row, policy, known)
        return
    row.met_time = None
    calendar_id = known.calendar_for(policy, ticket)
    runs = ticket.status in RUNNING
    if not runs or calendar_id != row.calendar_id:
        _stop(row, known, now)  # what was worked by other hours is counted by those
    row.calendar_id = calendar_id
    if runs and row.running_since is None:
        row.running_since = now
    _promise(row, policy, known, now)
    _plan(row, policy, known)


def _promise(row: TicketClock, policy: SlaPolicy | None, known: Rules, now: dt.datetime) -> None:
    """What is promised from now on; what has happened already happens again only if its time is yet to come."""
    minutes = policy.minutes_of(row.goal) if policy is not None else None
    row.policy_id = policy.id if policy is not None else None
    row.target_seconds = None if minutes is None else minutes * 60
    if row.target_seconds is None:
        row.breached, row.reached_percent = False, 0
        return
    used = spent(row, known, now) * 100 // row.target_seconds
    row.reached_percent = min(row.reached_percent or 0, used)
    row.breached = row.reached_percent >= 100


def _met_time(row: TicketClock, ticket: Ticket) -> dt.datetime | None:
    """When its goal was reached. Who is told the solution has been answered, too, and an answer stays one."""
    solved = ticket.resolve_time if ticket.status in SOLVED else None
    if row.goal is SlaGoal.resolution:
        return solved
    return row.met_time or ticket.first_reply_time or solved


def _stop(row: TicketClock, known: Rules, now: dt.datetime) -> None:
    row.spent_seconds = spent(row, known, now)
    row.running_since = None


def _left(row: TicketClock, percent: int) -> dt.timedelta:
    return dt.timedelta(seconds=row.target_seconds * percent / 100 - row.spent_seconds)


def _state_of(clocks: list[TicketClock], known: Rules) -> SlaState:
    """The most urgent thing that there is to say about the goals that are still to be reached."""
    if any(row.breached for row in clocks):
        return SlaState.breached
    if all(row.running_since is None for row in clocks):
        return SlaState.paused
    return SlaState.warned if any(_is_warned(row, known) for row in clocks) else SlaState.running


def _is_warned(row: TicketClock, known: Rules) -> bool:
    policy = known.policy(row.policy_id)
    return policy is not None and row.reached_percent >= policy.warn_percent
