"""Working hours, the days that differ, who is on duty outside of them (RTE-2)."""

import datetime as dt
import re
from dataclasses import dataclass, field
from itertools import pairwise

import pytz
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app.errors import Conflict, Invalid
from app.extensions import db
from models.actor import Actor
from models.hours import DEFAULT_ZONE, WEEKDAYS, DayKind, WorkCalendar, WorkDay
from models.organization import Agent, Team, TeamMember
from models.routing import DutyShift
from models.types import in_utc, utcnow
from services import company_days
from services.crud import crud, referenced

_SPAN = re.compile(r"(\d{1,2}):(\d{2})\s*(?:-|–|—|~|至)\s*(\d{1,2}):(\d{2})")
_BETWEEN = re.compile(r"[\s,，;；、]+")
END_OF_DAY = 24 * 60
#: how far ahead the next opening is looked for
HORIZON_DAYS = 60
LONGEST_SHIFT = dt.timedelta(days=366)

Span = tuple[dt.datetime, dt.datetime]


def parse_hours(text: str | None) -> list[tuple[int, int]]:
    """ "09:00-12:00, 13:30-18:00" as minutes of the day, in order. Raises ValueError for anything else."""
    spans = []
    rest = _SPAN.sub(lambda found: spans.append(tuple(map(int, found.groups()))) or "", text or "")
    if _BETWEEN.sub("", rest):
        raise ValueError(text)
    minutes = sorted((h1 * 60 + m1, h2 * 60 + m2) for h1, m1, h2, m2 in spans if m1 < 60 and m2 < 60)
    if len(minutes) != len(spans) or any(not 0 <= start < end <= END_OF_DAY for start, end in minutes):
        raise ValueError(text)
    if any(earlier[1] > later[0] for earlier, later in pairwise(minutes)):
        raise ValueError(text)
    return minutes


def written(spans: list[tuple[int, int]]) -> str | None:
    """The one way in which hours are stored; None for a closed day."""
    return ", ".join(f"{start // 60:02}:{start % 60:02}-{end // 60:02}:{end % 60:02}" for start, end in spans) or None


@dataclass(frozen=True)
class Hours:
    """One calendar as plain values: a week, the days that differ, the clock."""

    zone: dt.tzinfo
    week: tuple[str | None, ...]
    #: date → hours of that day
    days: dict[dt.date, str | None] = field(default_factory=dict)

    def spans(self, day: dt.date) -> list[Span]:
        """When it is open on this date of its own clock, in UTC."""
        midnight = dt.datetime.combine(day, dt.time())
        return [
            (self._utc(midnight + dt.timedelta(minutes=start)), self._utc(midnight + dt.timedelta(minutes=end)))
            for start, end in parse_hours(self.days.get(day, self.week[day.weekday()]))
        ]

    def is_open(self, at: dt.datetime) -> bool:
        return any(start <= at < end for start, end in self.spans(self.date_at(at)))

    def next_opening(self, at: dt.datetime) -> dt.datetime | None:
        """When it opens next: `at` itself while it is open; None where nothing opens for a long time."""
        for ahead in range(HORIZON_DAYS):
            for start, end in self.spans(self.date_at(at) + dt.timedelta(days=ahead)):
                if end > at:
                    return max(start, at)
        return None

    def date_at(self, moment: dt.datetime) -> dt.date:
        """The date that its clock shows at this moment."""
        return company_days.date_at(moment, self.zone)

    def _utc(self, local: dt.datetime) -> dt.datetime:
        return self.zone.localize(local).astimezone(pytz.utc).replace(tzinfo=None)


#: a company without a calendar never closes
ALWAYS = Hours(pytz.utc, ("00:00-24:00",) * 7)


@dataclass(frozen=True)
class Duty:
    """Who answers outside working hours at one moment."""

    agent_ids: frozenset[int]
    team_ids: frozenset[int]

    def covers(self, agent_id: int, team_ids: tuple[int, ...]) -> bool:
        return agent_id in self.agent_ids or not self.team_ids.isdisjoint(team_ids)


@dataclass(frozen=True)
class Timetable:
    """The hours of a company and of its teams."""

    company: Hours
    teams: dict[int, Hours]

    def of(self, team_id: int | None) -> Hours:
        return self.teams.get(team_id, self.company)


def timetable() -> Timetable:
    """The hours in force for the bound company."""
    calendars = db.session.scalars(select(WorkCalendar).options(selectinload(WorkCalendar.days)))
    by_id = {row.id: row for row in calendars}
    known = {number: hours_of(row) for number, row in by_id.items()}
    company = next((known[number] for number, row in by_id.items() if row.is_default), ALWAYS)
    own = db.session.execute(select(Team.id, Team.calendar_id).where(Team.calendar_id.is_not(None)))
    return Timetable(company, {team_id: known[number] for team_id, number in own if number in known})


def hours_of(calendar: WorkCalendar) -> Hours:
    """A calendar's rows as plain values."""
    days = {day.day: None if day.kind is DayKind.holiday else day.hours or calendar.monday for day in calendar.days}
    return Hours(pytz.timezone(calendar.timezone), tuple(getattr(calendar, name) for name in WEEKDAYS), days)


def duty(at: dt.datetime | None = None) -> Duty:
    """Who is on duty at this moment."""
    at = at or utcnow()
    shifts = list(db.session.scalars(select(DutyShift).where(DutyShift.start_time <= at, DutyShift.end_time > at)))
    return Duty(
        frozenset(shift.agent_id for shift in shifts if shift.agent_id is not None),
        frozenset(shift.team_id for shift in shifts if shift.team_id is not None),
    )


def is_open(team_id: int | None = None, at: dt.datetime | None = None) -> bool:
    """Whether a team, or the company, works at this moment."""
    return timetable().of(team_id).is_open(at or utcnow())


def next_opening(team_id: int | None = None, at: dt.datetime | None = None) -> dt.datetime | None:
    """When a team, or the company, works next."""
    return timetable().of(team_id).next_opening(at or utcnow())


def somebody_on_duty(team_id: int | None = None, at: dt.datetime | None = None) -> bool:
    """Whether anybody of a team, or of the company, is on duty at this moment."""
    now = duty(at)
    if team_id is None:
        return bool(now.agent_ids or now.team_ids)
    if team_id in now.team_ids:
        return True
    member = select(TeamMember.id).where(TeamMember.team_id == team_id, TeamMember.agent_id.in_(now.agent_ids))
    return db.session.scalar(member.limit(1)) is not None


def _check_calendar(actor: Actor, row: WorkCalendar, data: dict) -> None:
    row.name = (row.name or "").strip()
    if not row.name:
        raise Invalid("A calendar needs a name", fields={"name": "required"})
    row.timezone = row.timezone or DEFAULT_ZONE
    if row.timezone not in pytz.all_timezones_set:
        raise Invalid("This time zone does not exist", fields={"timezone": "unknown"})
    for name in WEEKDAYS:
        setattr(row, name, _hours(getattr(row, name), name))
    with db.session.no_autoflush:
        others = [one for one in db.session.scalars(select(WorkCalendar)) if one is not row and one.is_default]
    if row.is_default:  # there is one for the company
        for other in others:
            other.is_default = False
    elif not others:
        raise Conflict("One calendar must be the company's own: choose another one as that first")


def _keep_default(actor: Actor, row: WorkCalendar) -> None:
    if row.is_default:
        raise Conflict("One calendar must be the company's own: choose another one as that first")
    if db.session.scalar(select(Team.id).where(Team.calendar_id == row.id).limit(1)):
        raise Conflict("Teams still work by this calendar")


def _check_day(actor: Actor, row: WorkDay, data: dict) -> None:
    row.calendar = referenced(WorkCalendar, row.calendar_id, actor, "calendarId")
    row.hours, row.kind = _hours(row.hours, "hours"), row.kind or DayKind.holiday
    if row.kind is DayKind.holiday:
        row.hours = None


def _hours(text: str | None, name: str) -> str | None:
    try:
        return written(parse_hours(text))
    except ValueError:
        raise Invalid("Write hours like 09:00-12:00, 13:30-18:00", fields={name: "not valid"}) from None


def _check_shift(actor: Actor, row: DutyShift, data: dict) -> None:
    if (row.agent_id is None) == (row.team_id is None):
        raise Invalid("Name an agent or a team", fields={"agentId": "one of the two", "teamId": "one of the two"})
    # as objects: the log names them while the row is being stored
    row.agent = referenced(Agent, row.agent_id, actor, "agentId")
    row.team = referenced(Team, row.team_id, actor, "teamId")
    row.start_time, row.end_time = in_utc(row.start_time), in_utc(row.end_time)
    if not dt.timedelta() < row.end_time - row.start_time <= LONGEST_SHIFT:
        raise Invalid("The end comes after the start, within a year", fields={"endTime": "after the start"})


crud(
    "work_calendar",
    WorkCalendar,
    title="Working hours",
    writable=("name", "is_default", "timezone", *WEEKDAYS),
    check=_check_calendar,
    before_delete=_keep_default,
)
crud(
    "work_day",
    WorkDay,
    title="Day with other hours",
    writable=("calendar_id", "day", "kind", "hours", "name"),
    check=_check_day,
)
crud(
    "duty_shift",
    DutyShift,
    title="Duty",
    writable=("agent_id", "team_id", "start_time", "end_time", "note"),
    check=_check_shift,
)
