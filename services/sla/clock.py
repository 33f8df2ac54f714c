"""Working time as plain values: how much of it lies between two moments, and when so much of it is over (TKT-6).

Moments are naive UTC, as everywhere; `Hours` knows the clock on the wall, so holidays, make-up days, nights that are
worked through and the two days of the year with 23 and 25 hours come out as people count them. Ordinary weeks are
counted as a whole: ten years take milliseconds.
"""

import datetime as dt

import pytz

from services.company_days import midnight
from services.routing.hours import Hours, Span

NOTHING = dt.timedelta()
_DAY, _WEEK = dt.timedelta(days=1), dt.timedelta(days=7)
#: nobody promises anything for later than this
FAR = dt.timedelta(days=366 * 30)
_SOME_MONDAY = dt.date(2024, 1, 1)


def between(hours: Hours, start: dt.datetime, end: dt.datetime) -> dt.timedelta:
    """The working time from `start` to `end`; none where the end comes first."""
    total, cursor = NOTHING, start
    first = day = hours.date_at(start)
    week = _length_of_week(hours)
    while (dawn := midnight(day, hours.zone)) < end:
        if day != first and dawn + _WEEK <= end and _is_ordinary(hours, day):
            total += week
            day += _WEEK
            continue
        for opens, closes in hours.spans(day):
            opens, closes = max(opens, cursor), min(closes, end)
            if opens < closes:  # else over, yet to come, or an hour that the clock leaves out in spring
                total += closes - opens
                cursor = closes
        day += _DAY
    return total


def add(hours: Hours, start: dt.datetime, amount: dt.timedelta) -> dt.datetime | None:
    """The first moment at which `amount` of working time has passed since `start`; `start` itself for none.

    An amount that is used up exactly at closing ends at closing, not at the next opening. None where it never ends,
    because nobody works any more.
    """
    if amount <= NOTHING:
        return start
    cursor = start
    first = day = hours.date_at(start)
    week, last_special = _length_of_week(hours), max(hours.days, default=first)
    while day - first < FAR and (week or day <= last_special):
        if day != first and week < amount and _is_ordinary(hours, day):
            amount -= week
            day += _WEEK
            continue
        for opens, closes in hours.spans(day):
            opens = max(opens, cursor)
            if amount <= closes - opens:
                return opens + amount
            if opens < closes:
                amount -= closes - opens
                cursor = closes
        day += _DAY
    return None


def stretch(hours: Hours, at: dt.datetime) -> Span | None:
    """From when until when it is open without a break around `at`, today and tomorrow; None while it is closed."""
    today = hours.date_at(at)
    found: Span | None = None
    for opens, closes in (*hours.spans(today), *hours.spans(today + _DAY)):
        if found is None and opens <= at < closes:
            found = opens, closes
        elif found is not None and opens <= found[1]:
            found = found[0], max(found[1], closes)
    return found


def _is_ordinary(hours: Hours, day: dt.date) -> bool:
    """Whether the seven days from this one on are as every week: no special day, no change of the clock."""
    if midnight(day + _WEEK, hours.zone) - midnight(day, hours.zone) != _WEEK:
        return False
    return not any(day + _DAY * number in hours.days for number in range(7))


def _length_of_week(hours: Hours) -> dt.timedelta:
    """The working time of an ordinary week: by a clock that never changes."""
    plain = Hours(pytz.utc, hours.week)
    days = (_SOME_MONDAY + _DAY * number for number in range(7))
    return sum((end - start for day in days for start, end in plain.spans(day)), NOTHING)
