"""How much work tickets make and how it gets done: over days, and at this moment (RPT-4; B §2.5.2.1, §2.7.3, §7.3.2).

Everything is counted from the rows, each statement in one index that holds all it asks for (docs/performance.md).
"""

import datetime as dt
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from statistics import fmean

from sqlalchemy import ColumnElement, Select, case, func, or_, select

from app.errors import Invalid, Reason
from app.extensions import db
from models.actor import Actor, Scope
from models.organization import TeamMember
from models.presence import answered_for
from models.tickets import ENDED, Ticket, TicketStatus
from models.types import utcnow
from services.attendance import Span, days_between
from services.company_days import date_at
from services.durations import seconds_between
from services.satisfaction import place_of_day
from services.side_by_side import read_side_by_side

MOST_DAYS = 92
#: what somebody still has to do something about
OPEN = tuple(status for status in TicketStatus if status not in (*ENDED, TicketStatus.resolved))


@dataclass
class Day:
    """How many tickets came, were solved, were closed on a day of the reader's calendar."""

    created: int = 0
    resolved: int = 0
    closed: int = 0


@dataclass
class Handled:
    """What one agent has solved within a time, and how long it took from the ticket's creation, in seconds."""

    resolved: int = 0
    handling_seconds: float | None = None


@dataclass
class Durations:
    """Mean and median of some seconds; None where there is nothing to take them of."""

    count: int = 0
    mean: float | None = None
    median: float | None = None


@dataclass
class Statistics:
    """Of a time. States, priorities, types and what was reopened: of the tickets created within it, as they are now."""

    days: dict[dt.date, Day]
    statuses: Counter = field(default_factory=Counter)
    priorities: Counter = field(default_factory=Counter)
    #: code of the dictionary → tickets
    types: Counter = field(default_factory=Counter)
    #: of those created within it: solved by now; solved by now or once before; taken up again after that
    solved: int = 0
    settled: int = 0
    reopened: int = 0
    #: creation to first answer, of those created within it
    first_reply: Durations = field(default_factory=Durations)
    #: creation to solution, of those solved within it
    handling: Durations = field(default_factory=Durations)
    #: None: solved without anybody in charge
    agents: dict[int | None, Handled] = field(default_factory=dict)

    @property
    def total(self) -> Day:
        days = self.days.values()
        return Day(sum(day.created for day in days), sum(day.resolved for day in days), sum(day.closed for day in days))

    @property
    def resolution_rate(self) -> float | None:
        """Solved by now, of those created and not cancelled."""
        wanted = self.statuses.total() - self.statuses[TicketStatus.cancelled]
        return self.solved / wanted if wanted else None

    @property
    def reopened_share(self) -> float | None:
        """Taken up again, of those that have ever been solved."""
        return self.reopened / self.settled if self.settled else None


@dataclass
class Load:
    """What an agent has to do, by state, and what he has solved today."""

    states: Counter = field(default_factory=Counter)
    resolved_today: int = 0

    @property
    def open(self) -> int:
        return self.states.total()


@dataclass
class Moment:
    """What there is to do now; `agents` has None for what nobody is in charge of."""

    agents: dict[int | None, Load]
    created_today: int
    resolved_today: int
    #: creation of the open ticket without anybody in charge that has waited longest
    waiting_since: dt.datetime | None

    @property
    def states(self) -> Counter:
        return sum((load.states for load in self.agents.values()), Counter())

    @property
    def unassigned(self) -> int:
        return self.agents[None].open if None in self.agents else 0


def statistics(
    actor: Actor,
    zone: dt.tzinfo,
    first: dt.date,
    last: dt.date,
    *,
    agent_id: int | None = None,
    team_id: int | None = None,
) -> Statistics:
    """From `first` to `last`, days of the reader's calendar, of what this actor may see. Raises Invalid for too many.

    A team's tickets are those given to it and those its members are in charge of.
    """
    actor.require("statistics.read")
    days = days_between(first, last)
    if len(days) > MOST_DAYS:
        too_many = Reason("at most %(number)s days", number=MOST_DAYS)
        raise Invalid("The request is not valid", fields={"fromDay": too_many})
    found = Statistics({day: Day() for day in days})
    span, mine = Span.of_days(zone, first, last), _mine(actor, agent_id, team_id)
    created, resolved, closed = (
        (*mine, *_within(moment, span)) for moment in (Ticket.create_time, Ticket.resolve_time, Ticket.close_time)
    )
    read_side_by_side(
        actor,
        partial(_count_days, found, zone, days, created, resolved, closed),
        partial(_count_created, found, created),
        partial(_count_resolved, found, resolved),
    )
    return found


def at_this_moment(actor: Actor, zone: dt.tzinfo, *, team_id: int | None = None) -> Moment:
    """Open tickets by state and by who is in charge, of what this actor may see; today is the reader's."""
    actor.require("statistics.read")
    mine = _mine(actor, None, team_id)
    today = date_at(utcnow(), zone)
    span = Span.of_days(zone, today, today)
    agents: dict[int | None, Load] = {}
    waiting_since = None
    open_ones = (
        select(Ticket.assignee_id, Ticket.status, func.count(), func.min(Ticket.create_time))
        .where(*mine, Ticket.status.in_(OPEN))
        .group_by(Ticket.assignee_id, Ticket.status)
    )
    for agent, status, count, since in _rows(open_ones):
        agents.setdefault(agent, Load()).states[status] = count
        if agent is None:
            waiting_since = min(waiting_since or since, since)
    resolved = (
        select(Ticket.assignee_id, func.count())
        .where(*mine, *_within(Ticket.resolve_time, span))
        .group_by(Ticket.assignee_id)
    )
    for agent, count in _rows(resolved):
        agents.setdefault(agent, Load()).resolved_today = count
    created = select(func.count()).select_from(Ticket).where(*mine, *_within(Ticket.create_time, span))
    return Moment(
        agents, db.session.scalar(created) or 0, sum(load.resolved_today for load in agents.values()), waiting_since
    )


def _count_days(
    found: Statistics, zone: dt.tzinfo, days: list[dt.date], created: tuple, resolved: tuple, closed: tuple
) -> None:
    by_day = _by_day(Ticket.create_time, zone, days, Ticket.priority, Ticket.status).where(*created)
    for place, priority, status, count in _rows(by_day):
        found.days[days[place]].created += count
        found.priorities[priority] += count
        found.statuses[status] += count
    for place, count in _rows(_by_day(Ticket.resolve_time, zone, days).where(*resolved)):
        found.days[days[place]].resolved = count
    ended = _by_day(Ticket.close_time, zone, days).where(*closed, Ticket.status == TicketStatus.closed)
    for place, count in _rows(ended):
        found.days[days[place]].closed = count


def _count_created(found: Statistics, given: tuple) -> None:
    reply = seconds_between(Ticket.create_time, Ticket.first_reply_time)
    by_type = (
        select(
            Ticket.type,
            func.count(),
            func.count(Ticket.resolve_time),
            func.sum(case((or_(Ticket.resolve_time.is_not(None), Ticket.reopen_count > 0), 1), else_=0)),
            func.sum(case((Ticket.reopen_count > 0, 1), else_=0)),
            func.count(Ticket.first_reply_time),
            func.coalesce(func.sum(reply), 0.0),
        )
        .where(*given)
        .group_by(Ticket.type)
    )
    seconds = 0.0
    for type_, count, solved, settled, reopened, replied, replies in _rows(by_type):
        found.types[type_] = count
        found.solved += solved
        found.settled += int(settled)  # MariaDB's SUM is a Decimal
        found.reopened += int(reopened)
        found.first_reply.count += replied
        seconds += float(replies)
    _average(found.first_reply, seconds, reply, (*given, Ticket.first_reply_time.is_not(None)))


def _count_resolved(found: Statistics, given: tuple) -> None:
    handling = seconds_between(Ticket.create_time, Ticket.resolve_time)
    by_agent = select(Ticket.assignee_id, func.count(), func.sum(handling)).where(*given).group_by(Ticket.assignee_id)
    total = 0.0
    for agent, count, seconds in _rows(by_agent):
        found.agents[agent] = Handled(count, float(seconds) / count)
        found.handling.count += count
        total += float(seconds)
    _average(found.handling, total, handling, given)


def _average(durations: Durations, total: float, seconds: ColumnElement[float], given: tuple) -> None:
    """Mean and median. The database orders the seconds; only those in the middle come over."""
    if not durations.count:
        return
    durations.mean = total / durations.count
    middle = select(seconds).select_from(Ticket).where(*given).order_by(seconds)
    after, even = (durations.count - 1) // 2, durations.count % 2 == 0
    durations.median = fmean(map(float, db.session.scalars(middle.offset(after).limit(2 if even else 1))))


def _by_day(moment, zone: dt.tzinfo, days: list[dt.date], *more) -> Select:
    """Day's place, then `more`, then how many tickets."""
    day = place_of_day(moment, zone, days).label("day")
    return select(day, *more, func.count()).group_by("day", *more)


def _rows(statement: Select) -> list[tuple]:
    return db.session.execute(statement).tuples().all()


def _within(moment, span: Span) -> tuple[ColumnElement[bool], ...]:
    return moment >= span.start, moment < span.end


def _mine(actor: Actor, agent_id: int | None, team_id: int | None) -> tuple[ColumnElement[bool], ...]:
    """Of the tickets this actor may see those of agents he answers for; narrowed to an agent or a team."""
    conditions = [Ticket.visible_to(actor)]
    if actor.scope("statistics") is not Scope.all:
        conditions.append(answered_for(actor, Ticket.assignee_id))
    if agent_id is not None:
        conditions.append(Ticket.assignee_id == agent_id)
    if team_id is not None:
        members = list(db.session.scalars(select(TeamMember.agent_id).where(TeamMember.team_id == team_id)))
        conditions.append(or_(Ticket.team_id == team_id, Ticket.assignee_id.in_(members)))
    return tuple(conditions)
