"""Working time against cases computed by hand: weekends, 调休, pauses, midnight, time zones (TKT-6).

Times are written as a clock on the wall of the place shows them. How a figure comes about stands beside it.
"""

import datetime as dt
import time
from dataclasses import dataclass, replace
from itertools import pairwise

import pytest
import pytz
from hypothesis import given, settings
from hypothesis import strategies as st

from services.routing.hours import ALWAYS, Hours
from services.sla.clock import add, between, stretch

OFFICE = "09:00-12:00, 13:30-18:00"  # 3 h + 4 h 30 min = 450 minutes
SHANGHAI, BERLIN, NEW_YORK = "Asia/Shanghai", "Europe/Berlin", "America/New_York"


def week(workday: str | None, weekend: str | None = None, zone: str = SHANGHAI, **days: str | None) -> Hours:
    """Hours of five workdays and a weekend; `days` are dates as d2026_10_01."""
    special = {dt.date(*map(int, name[1:].split("_"))): text for name, text in days.items()}
    return Hours(pytz.timezone(zone), (workday,) * 5 + (weekend,) * 2, special)


#: Monday to Friday with a lunch break: 450 minutes a day, 2250 a week
PLAIN = week(OFFICE)
#: eight hours without a break
EIGHT = week("09:00-17:00")
#: National Day 2026: 1 to 7 October are free (Thursday to Wednesday); Sunday 27 September and Saturday 10 October
#: are worked (调休), the Saturday in the morning alone
NATIONAL = week(
    OFFICE,
    d2026_9_27=OFFICE,
    **{f"d2026_10_{day}": None for day in range(1, 8)},
    d2026_10_10="09:00-12:00",
)
#: a night shift: open until midnight, and again from midnight on, every day
NIGHT = week("00:00-06:00, 22:00-24:00", "00:00-06:00, 22:00-24:00")
#: open all day, by a clock that changes twice a year
ROUND_BERLIN = week("00:00-24:00", "00:00-24:00", BERLIN)
ROUND_NEW_YORK = week("00:00-24:00", "00:00-24:00", NEW_YORK)
NINE_TO_FIVE_BERLIN = week("09:00-17:00", zone=BERLIN)
NINE_TO_FIVE_NEW_YORK = week("09:00-17:00", zone=NEW_YORK)
CLOSED = week(None)
#: nobody works but on one Saturday
ONE_DAY = week(None, d2026_3_14="10:00-11:00")


@dataclass(frozen=True)
class Case:
    """From `start`, `minutes` of working time are over at `end`."""

    name: str
    hours: Hours
    start: str
    minutes: float
    end: str

    @property
    def moments(self) -> tuple[dt.datetime, dt.datetime]:
        return utc(self.hours, self.start), utc(self.hours, self.end)


def utc(hours: Hours, text: str) -> dt.datetime:
    """ "2026-03-02 09:00" by the calendar's clock; "+01:00" behind it where the clock shows an hour twice."""
    moment = dt.datetime.fromisoformat(text)
    moment = hours.zone.localize(moment) if moment.tzinfo is None else moment
    return moment.astimezone(pytz.utc).replace(tzinfo=None)


#: 2026-03-02 is a Monday
CASES = [
    # --- within a day
    Case("within the morning", PLAIN, "2026-03-02 09:30", 60, "2026-03-02 10:30"),
    Case("the whole morning, due exactly at noon", PLAIN, "2026-03-02 09:00", 180, "2026-03-02 12:00"),
    # one minute more than the morning: the first one after lunch
    Case("over lunch by a minute", PLAIN, "2026-03-02 09:00", 181, "2026-03-02 13:31"),
    # 11:00 to 12:00 is 60, the other 60 begin at 13:30
    Case("over lunch", PLAIN, "2026-03-02 11:00", 120, "2026-03-02 14:30"),
    Case("begun in the lunch break", PLAIN, "2026-03-02 12:40", 30, "2026-03-02 14:00"),
    Case("begun before opening", PLAIN, "2026-03-02 06:00", 30, "2026-03-02 09:30"),
    Case("begun exactly at opening", PLAIN, "2026-03-02 09:00", 1, "2026-03-02 09:01"),
    Case("due exactly at closing", PLAIN, "2026-03-02 17:00", 60, "2026-03-02 18:00"),
    Case("a whole day", PLAIN, "2026-03-02 09:00", 450, "2026-03-02 18:00"),
    # --- overnight
    # 17:30 to 18:00 is 30, the other 30 on Tuesday from 09:00
    Case("over the night", PLAIN, "2026-03-02 17:30", 60, "2026-03-03 09:30"),
    Case("begun exactly at closing", PLAIN, "2026-03-02 18:00", 1, "2026-03-03 09:01"),
    Case("begun in the evening", PLAIN, "2026-03-02 20:00", 180, "2026-03-03 12:00"),
    Case("begun at midnight", PLAIN, "2026-03-03 00:00", 15, "2026-03-03 09:15"),
    # 450 a day: Monday 450, Tuesday 450, 100 of Wednesday
    Case("two days and 100 minutes", PLAIN, "2026-03-02 09:00", 1000, "2026-03-04 10:40"),
    # --- weekends
    Case("over the weekend", PLAIN, "2026-03-06 17:30", 60, "2026-03-09 09:30"),
    Case("begun on Saturday", PLAIN, "2026-03-07 11:00", 60, "2026-03-09 10:00"),
    Case("begun on Sunday night", PLAIN, "2026-03-08 23:59", 1, "2026-03-09 09:01"),
    Case("a whole week, due at Friday's closing", PLAIN, "2026-03-02 09:00", 2250, "2026-03-06 18:00"),
    Case("a week and a minute", PLAIN, "2026-03-02 09:00", 2251, "2026-03-09 09:01"),
    # ten weeks from Wednesday noon: 270 of that Wednesday, 450 each of Thursday and Friday = 1170; 22500 − 1170 =
    # 21330 = nine weeks of 2250 (20250) and 1080 = 450 + 450 + 180: Monday, Tuesday, the morning of Wednesday
    Case("ten weeks of work", PLAIN, "2026-03-04 12:00", 22500, "2026-05-13 12:00"),
    # --- holidays and make-up days
    # Wednesday 30 September has 60 left, then everything is free until Thursday 8 October
    Case("over National Day", NATIONAL, "2026-09-30 17:00", 120, "2026-10-08 10:00"),
    Case("begun on National Day", NATIONAL, "2026-10-01 10:00", 30, "2026-10-08 09:30"),
    # Friday 25 September 17:30: 30; Saturday 26 is free; Sunday 27 is a make-up day
    Case("a Sunday that is worked", NATIONAL, "2026-09-25 17:30", 60, "2026-09-27 09:30"),
    # Friday 9 October has 60 left, Saturday 10 has 180 in the morning, the last 10 come on Monday
    Case("a Saturday that is worked till noon", NATIONAL, "2026-10-09 17:00", 250, "2026-10-12 09:10"),
    Case("due exactly when the make-up day closes", NATIONAL, "2026-10-09 17:00", 240, "2026-10-10 12:00"),
    # Sunday 27 to Wednesday 30 September: 4 × 450 = 1800; Thursday 8 and Friday 9 October: 900; Saturday: 180
    Case("the whole stretch", NATIONAL, "2026-09-27 09:00", 2880, "2026-10-10 12:00"),
    Case("the only day for years", ONE_DAY, "2020-01-01 00:00", 60, "2026-03-14 11:00"),
    # --- midnight
    # 23:00 to 24:00 is 60, and it goes on at 00:00 without a break
    Case("through midnight", NIGHT, "2026-03-02 23:00", 120, "2026-03-03 01:00"),
    Case("due exactly at midnight", NIGHT, "2026-03-02 23:00", 60, "2026-03-03 00:00"),
    Case("begun at midnight while it is open", NIGHT, "2026-03-03 00:00", 360, "2026-03-03 06:00"),
    # a night is 22:00 to 06:00, eight hours; what is left of the second begins at 22:00
    Case("over the day between two nights", NIGHT, "2026-03-02 22:00", 540, "2026-03-03 23:00"),
    Case("around the clock", ALWAYS, "2026-03-06 23:30", 24 * 60, "2026-03-07 23:30"),
    Case("around the clock over a leap day", ALWAYS, "2028-02-28 12:00", 48 * 60, "2028-03-01 12:00"),
    # --- zones
    # 02:00 in Berlin becomes 03:00 on 29 March 2026: that day has 23 hours
    Case("the short day", ROUND_BERLIN, "2026-03-29 00:00", 23 * 60, "2026-03-30 00:00"),
    Case("through the hour that is left out", ROUND_BERLIN, "2026-03-29 01:30", 60, "2026-03-29 03:30"),
    # 03:00 becomes 02:00 on 25 October 2026: that day has 25 hours
    Case("the long day", ROUND_BERLIN, "2026-10-25 00:00", 25 * 60, "2026-10-26 00:00"),
    Case("through the hour that comes twice", ROUND_BERLIN, "2026-10-25 02:30+02:00", 60, "2026-10-25 02:30+01:00"),
    # office hours are by the clock on the wall, before and after: 60 on Friday, 60 on Monday
    Case("office hours over the change in Berlin", NINE_TO_FIVE_BERLIN, "2026-03-27 16:00", 120, "2026-03-30 10:00"),
    Case("office hours over the change back", NINE_TO_FIVE_BERLIN, "2026-10-23 16:00", 120, "2026-10-26 10:00"),
    # 8 March 2026, and 1 November 2026 in New York
    Case("the short day in New York", ROUND_NEW_YORK, "2026-03-08 00:00", 24 * 60, "2026-03-09 01:00"),
    Case("the long day in New York", ROUND_NEW_YORK, "2026-11-01 00:00", 24 * 60, "2026-11-01 23:00"),
    Case("office hours in New York", NINE_TO_FIVE_NEW_YORK, "2026-03-06 16:30", 60, "2026-03-09 09:30"),
    # a year of eight-hour days, 1 January 2026 (a Thursday) to 31 December (a Thursday): 261 workdays × 480
    Case("a year in Berlin", NINE_TO_FIVE_BERLIN, "2026-01-01 00:00", 261 * 480, "2026-12-31 17:00"),
    # parts of a minute
    Case("a second over noon", PLAIN, "2026-03-02 11:59:59", 1, "2026-03-02 13:30:59"),
    Case("half a second", PLAIN, "2026-03-02 17:59:59.500000", 1 / 60, "2026-03-03 09:00:00.500000"),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_due_moment_is_the_one_computed_by_hand(case):
    start, end = case.moments
    assert add(case.hours, start, dt.timedelta(minutes=case.minutes)) == end


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_time_between_is_the_one_computed_by_hand(case):
    start, end = case.moments
    assert between(case.hours, start, end) == dt.timedelta(minutes=case.minutes)


#: (hours, from, until, minutes): stretches that end where nobody works
STRETCHES = {
    "nothing on a weekend": (PLAIN, "2026-03-07 00:00", "2026-03-09 00:00", 0),
    "nothing in the lunch break": (PLAIN, "2026-03-02 12:00", "2026-03-02 13:30", 0),
    "nothing in the golden week": (NATIONAL, "2026-10-01 00:00", "2026-10-08 00:00", 0),
    # 18:00 of Friday until 20:00 of Monday: Monday as a whole
    "until the evening": (PLAIN, "2026-03-06 18:00", "2026-03-09 20:00", 450),
    "backwards": (PLAIN, "2026-03-03 10:00", "2026-03-02 10:00", 0),
    "no time at all": (PLAIN, "2026-03-02 10:00", "2026-03-02 10:00", 0),
    "nobody works": (CLOSED, "2026-03-02 00:00", "2030-03-02 00:00", 0),
    # 261 workdays in 2026 and 2027 each, 260 in 2028 (it begins on a Saturday, leap year: 366 days)
    "three years": (EIGHT, "2026-01-01 00:00", "2029-01-01 00:00", (261 + 261 + 260) * 480),
    # the year 2026 by the hours with National Day: 261 workdays × 450, five of 1 to 7 October are weekdays (Thu, Fri,
    # Mon, Tue, Wed) and free, plus a Sunday of 450 and a Saturday of 180
    "a year with 调休": (NATIONAL, "2026-01-01 00:00", "2027-01-01 00:00", (261 - 5 + 1) * 450 + 180),
    "a year in hours of Berlin": (ROUND_BERLIN, "2026-01-01 00:00", "2027-01-01 00:00", 365 * 24 * 60),
}


@pytest.mark.parametrize("name", STRETCHES)
def test_stretch(name):
    hours, start, end, minutes = STRETCHES[name]
    assert between(hours, utc(hours, start), utc(hours, end)) == dt.timedelta(minutes=minutes)


#: what a clock that is stopped and goes on shows: (hours, stretches in which it runs, minutes promised, due)
PAUSES = {
    # 60 before the pause; the 60 after it end exactly at noon
    "a pause in the morning": (
        PLAIN,
        [("2026-03-02 09:00", "2026-03-02 10:00"), ("2026-03-02 11:00", None)],
        120,
        "2026-03-02 12:00",
    ),
    # stopped on Friday at 17:00 after 60, goes on on Saturday: the next 60 are Monday's
    "a pause across closing": (
        PLAIN,
        [("2026-03-06 16:00", "2026-03-06 17:00"), ("2026-03-07 10:00", None)],
        120,
        "2026-03-09 10:00",
    ),
    # begun and ended while it is closed: nothing is lost, nothing is won
    "a pause at night": (
        PLAIN,
        [("2026-03-02 17:00", "2026-03-02 19:00"), ("2026-03-03 07:00", None)],
        120,
        "2026-03-03 10:00",
    ),
    # 180 on Wednesday morning, then the golden week is slept through; 270 more from Friday 9 October on, 12:00:
    # 13:30 to 18:00
    "a pause over the golden week": (
        NATIONAL,
        [("2026-09-30 09:00", "2026-09-30 12:00"), ("2026-10-09 12:00", None)],
        450,
        "2026-10-09 18:00",
    ),
    # three times 20 minutes are over, 30 remain
    "three pauses": (
        PLAIN,
        [
            ("2026-03-02 09:00", "2026-03-02 09:20"),
            ("2026-03-02 10:00", "2026-03-02 10:20"),
            ("2026-03-02 11:50", "2026-03-02 13:40"),
            ("2026-03-02 17:50", None),
        ],
        90,
        "2026-03-03 09:20",
    ),
    # everything is used up before the pause: due the moment it goes on
    "nothing left": (
        PLAIN,
        [("2026-03-02 09:00", "2026-03-02 10:00"), ("2026-03-02 15:00", None)],
        60,
        "2026-03-02 15:00",
    ),
}


@pytest.mark.parametrize("name", PAUSES)
def test_pause(name):
    hours, stretches, promised, due = PAUSES[name]
    *over, (resumed, _) = stretches
    spent = sum((between(hours, utc(hours, start), utc(hours, end)) for start, end in over), dt.timedelta())
    assert add(hours, utc(hours, resumed), dt.timedelta(minutes=promised) - spent) == utc(hours, due)


def test_policy_that_changes_in_the_middle():
    """100 minutes of an 8-hour promise are over at 10:40; from then on it is 4 hours: 140 more, 12:00 and 13:30 on."""
    start, changed = utc(PLAIN, "2026-03-02 09:00"), utc(PLAIN, "2026-03-02 10:40")
    spent = between(PLAIN, start, changed)
    assert spent == dt.timedelta(minutes=100)
    assert add(PLAIN, changed, dt.timedelta(minutes=240) - spent) == utc(PLAIN, "2026-03-02 14:30")
    # to other hours instead: the 100 stay, 380 of the eight hours are left, by a clock that never stops
    assert add(ALWAYS, changed, dt.timedelta(minutes=480) - spent) == utc(PLAIN, "2026-03-02 17:00")


def test_holiday_entered_late_moves_what_runs():
    """Tuesday becomes a holiday while the ticket of Monday evening runs: the rest falls on Wednesday."""
    start = utc(PLAIN, "2026-03-02 17:00")
    assert add(PLAIN, start, dt.timedelta(minutes=120)) == utc(PLAIN, "2026-03-03 10:00")
    changed = replace(PLAIN, days={dt.date(2026, 3, 3): None})
    assert add(changed, start, dt.timedelta(minutes=120)) == utc(PLAIN, "2026-03-04 10:00")


@pytest.mark.parametrize("hours", [PLAIN, CLOSED, ALWAYS], ids=["office", "closed", "always"])
@pytest.mark.parametrize("minutes", [0, -5])
def test_nothing_left_is_due_at_once_also_at_night(hours, minutes):
    night = utc(PLAIN, "2026-03-02 03:00")
    assert add(hours, night, dt.timedelta(minutes=minutes)) == night


def test_who_never_works_is_never_late():
    start = utc(CLOSED, "2026-03-02 09:00")
    assert add(CLOSED, start, dt.timedelta(minutes=1)) is None
    assert add(ONE_DAY, utc(ONE_DAY, "2026-03-14 10:30"), dt.timedelta(minutes=31)) is None


@pytest.mark.parametrize(
    ("hours", "at", "open_from", "until"),
    [
        (PLAIN, "2026-03-02 09:00", "2026-03-02 09:00", "2026-03-02 12:00"),
        (PLAIN, "2026-03-02 16:20", "2026-03-02 13:30", "2026-03-02 18:00"),
        (PLAIN, "2026-03-02 12:00", None, None),
        (PLAIN, "2026-03-07 10:00", None, None),
        # open from 22:00 to midnight and on until 06:00
        (NIGHT, "2026-03-02 23:00", "2026-03-02 22:00", "2026-03-03 06:00"),
    ],
)
def test_clock_runs_without_a_break(hours, at, open_from, until):
    wanted = (utc(hours, open_from), utc(hours, until)) if until else None
    assert stretch(hours, utc(hours, at)) == wanted


def test_hours_that_the_clock_leaves_out_are_not_counted_twice():
    """01:00 to 02:30 and 03:00 to 05:00 on the day without the hour from two to three: one hour, and two."""
    odd = week("01:00-02:30, 03:00-05:00", "01:00-02:30, 03:00-05:00", BERLIN)
    total = between(odd, utc(odd, "2026-03-29 00:00"), utc(odd, "2026-03-30 00:00"))
    assert dt.timedelta(hours=3) <= total <= dt.timedelta(hours=4)
    assert between(odd, utc(odd, "2026-03-29 00:00"), utc(odd, "2026-03-29 05:00")) == total


def test_ten_years_are_fast():
    start = utc(NATIONAL, "2026-01-01 00:00")
    began = time.process_time()
    for _ in range(20):
        end = add(NATIONAL, start, dt.timedelta(minutes=10 * 250 * 450))
        between(NATIONAL, start, end)
    assert time.process_time() - began < 2.0, "forty walks over ten years"


_MINUTES = st.integers(0, 24 * 60)
_SPANS = st.lists(_MINUTES, min_size=0, max_size=6, unique=True).map(
    lambda numbers: ", ".join(
        f"{start // 60:02}:{start % 60:02}-{end // 60:02}:{end % 60:02}"
        for number, (start, end) in enumerate(pairwise(sorted(numbers)))
        if number % 2 == 0
    )
)
_HOURS = st.builds(
    Hours,
    st.sampled_from([SHANGHAI, BERLIN, NEW_YORK, "Asia/Kathmandu", "Australia/Lord_Howe"]).map(pytz.timezone),
    st.tuples(*[_SPANS] * 7),
    st.dictionaries(st.dates(dt.date(2026, 1, 1), dt.date(2027, 1, 1)), _SPANS, max_size=8),
)
_MOMENTS = st.datetimes(dt.datetime(2026, 1, 1), dt.datetime(2027, 1, 1))


@settings(max_examples=300, deadline=None)
@given(_HOURS, _MOMENTS, st.integers(1, 400 * 3600).map(lambda seconds: dt.timedelta(seconds=seconds)))
def test_what_is_added_is_found_again(hours, start, amount):
    end = add(hours, start, amount)
    if end is not None:
        assert between(hours, start, end) == amount
        assert between(hours, start, end - dt.timedelta(seconds=1)) < amount, "the first such moment"


@settings(max_examples=300, deadline=None)
@given(_HOURS, st.tuples(_MOMENTS, _MOMENTS, _MOMENTS).map(sorted))
def test_parts_make_the_whole(hours, moments):
    first, middle, last = moments
    assert between(hours, first, middle) + between(hours, middle, last) == between(hours, first, last)
