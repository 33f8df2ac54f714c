"""Time that has really passed: a clock set forward, or a night switched off, has let nobody wait (F27).

The timetable comes by every few seconds and notes it. Where it did not come by there is a gap, whether the system stood
still or its clock jumped; gaps do not count. So what happens "after 24 hours" happens after 24 hours of service.
"""

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import select

from app.extensions import db
from models.actor import Actor
from models.observed_time import ObservedTime
from models.types import utcnow
from services.operation import run

#: the timetable comes by more often than this, also on a busy machine
MAX_SILENCE = dt.timedelta(minutes=2)
#: no setting asks for what was longer ago
KEEP_GAPS = dt.timedelta(days=60)

Gap = tuple[dt.datetime, dt.datetime]


@dataclass(frozen=True)
class ObservedClock:
    """Now, since when there is anything to tell, and the gaps in between, oldest first."""

    now: dt.datetime
    began: dt.datetime
    gaps: tuple[Gap, ...] = ()

    def before(self, span: dt.timedelta) -> dt.datetime | None:
        """The moment since which this much time has been observed; None when that is more than was ever observed."""
        until = self.now
        for start, end in reversed(self.gaps):
            if until - end >= span:
                break
            span -= until - end
            until = start
        moment = until - span
        return moment if moment >= self.began else None

    def at(self, now: dt.datetime) -> "ObservedClock":
        """This clock, come by at `now`."""
        if now < self.now:  # set back: what lies ahead of now has not happened
            gaps = tuple((start, min(end, now)) for start, end in self.gaps if start < now)
            return ObservedClock(now, min(self.began, now), gaps)
        gaps = tuple(gap for gap in self.gaps if gap[1] > now - KEEP_GAPS)
        if now - self.now > MAX_SILENCE:
            gaps += ((self.now, now),)
        return ObservedClock(now, self.began, gaps)


def come_by(actor: Actor) -> ObservedClock:
    """Note that the system is running, and say what has been observed of this company's time."""
    return run(actor, "observed_time.come_by", _come_by)


def _come_by() -> ObservedClock:
    now = utcnow()
    row = db.session.scalars(select(ObservedTime).with_for_update()).first()
    if row is None:
        row = ObservedTime(began=now, seen_time=now, gaps=[])
        db.session.add(row)
    known = ObservedClock(row.seen_time, row.began, tuple(map(_read, row.gaps)))
    clock = known.at(now)
    row.seen_time, row.began = clock.now, clock.began
    if clock.gaps != known.gaps:
        row.gaps = [[start.isoformat(), end.isoformat()] for start, end in clock.gaps]
    return clock


def _read(gap: list[str]) -> Gap:
    start, end = map(dt.datetime.fromisoformat, gap)
    return start, end
