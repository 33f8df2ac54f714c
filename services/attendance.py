"""How long agents were there, counted from the intervals of their presence (ORG-8; C §2.2.2 工作时长)."""

import datetime as dt
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select

from app.extensions import db
from models.organization import Agent, Presence
from models.presence import PresenceInterval
from models.types import utcnow
from services.company_days import midnight
from services.presence import SILENCE


@dataclass
class Attendance:
    """One agent within one span: seconds at work, seconds of these busy, when he first came and last left."""

    online_seconds: float = 0.0
    busy_seconds: float = 0.0
    first_time: dt.datetime | None = None
    last_time: dt.datetime | None = None

    def add(self, presence: Presence, start: dt.datetime, end: dt.datetime) -> None:
        seconds = (end - start).total_seconds()
        self.online_seconds += seconds
        if presence is Presence.busy:
            self.busy_seconds += seconds
        self.first_time = min(self.first_time or start, start)
        self.last_time = max(self.last_time or end, end)


@dataclass(frozen=True)
class Span:
    """From one moment to another, as times are stored."""

    start: dt.datetime
    end: dt.datetime

    @classmethod
    def of_days(cls, zone: dt.tzinfo, first: dt.date, last: dt.date) -> "Span":
        """Whole days of a calendar, both ends included; a day of changing clocks has 23 or 25 hours."""
        return cls(midnight(first, zone), midnight(last + dt.timedelta(days=1), zone))


def attendance_of(agent_ids: Iterable[int], span: Span) -> dict[int, Attendance]:
    """How long each of these agents was there within `span`; all of them, by one statement."""
    found = {agent_id: Attendance() for agent_id in agent_ids}
    for agent_id, presence, start, end in _intervals(found, span):
        found[agent_id].add(presence, start, end)
    return found


def days_of(
    agent_ids: Iterable[int], zone: dt.tzinfo, first: dt.date, last: dt.date
) -> dict[int, dict[dt.date, Attendance]]:
    """The same for each day of the calendar from `first` to `last`; what lasts over midnight counts for both."""
    days = days_between(first, last)
    spans = {day: Span.of_days(zone, day, day) for day in days}
    ends = [span.end for span in spans.values()]
    found = {agent_id: {day: Attendance() for day in days} for agent_id in agent_ids}
    for agent_id, presence, start, end in _intervals(found, Span.of_days(zone, first, last)):
        for day in days[bisect_right(ends, start) :]:
            span = spans[day]
            if end <= span.start:
                break
            found[agent_id][day].add(presence, max(start, span.start), min(end, span.end))
    return found


def days_between(first: dt.date, last: dt.date) -> list[dt.date]:
    """All days of the calendar, both ends included."""
    return [first + dt.timedelta(days=number) for number in range((last - first).days + 1)]


def _intervals(agent_ids: Iterable[int], span: Span):
    """(agent, presence, start, end) of what lies within, cut to it; what still lasts ends now, or when last seen."""
    now = utcnow()
    rows = db.session.execute(
        select(
            PresenceInterval.agent_id,
            PresenceInterval.presence,
            PresenceInterval.start_time,
            PresenceInterval.end_time,
            Agent.seen_time,
        )
        .join(Agent, Agent.id == PresenceInterval.agent_id)
        .where(
            PresenceInterval.agent_id.in_(list(agent_ids)),
            PresenceInterval.start_time < min(span.end, now),
            PresenceInterval.end_time.is_(None) | (PresenceInterval.end_time > span.start),
        )
        .order_by(PresenceInterval.start_time)
    )
    for agent_id, presence, start, end, seen_time in rows:
        if end is None:
            end = now if seen_time is not None and seen_time > now - SILENCE else max(start, seen_time or start)
        start, end = max(start, span.start), min(end, span.end)
        if end > start:
            yield agent_id, presence, start, end
