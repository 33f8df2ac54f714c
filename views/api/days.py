"""Days of the reader's calendar in a query: `fromDay`, `toDay`, `zone`."""

import datetime as dt

import pytz
from flask import request

from app.errors import Invalid, Reason
from models.types import utcnow
from services.attendance import Span

#: query parameters of everything that is counted per day
DAYS = {"fromDay": str, "toDay": str, "zone": str}
MAX_DAYS = 366


def zone_of(name: str = "") -> dt.tzinfo:
    """The time zone of this name; without one that of the reader's browser, else UTC. Raises Invalid."""
    if not name:
        try:
            return pytz.timezone(request.cookies.get("tz", "UTC"))
        except pytz.UnknownTimeZoneError:
            return pytz.utc
    try:
        return pytz.timezone(name)
    except pytz.UnknownTimeZoneError:
        raise Invalid("The request is not valid", fields={"zone": "unknown"}) from None


def days_between(zone: dt.tzinfo, first: str = "", last: str = "") -> tuple[dt.date, dt.date]:
    """The days a query names, both included; today where it names none. Raises Invalid."""
    today = pytz.utc.localize(utcnow()).astimezone(zone).date()
    end = _day("toDay", last) if last else max(today, _day("fromDay", first)) if first else today
    start = _day("fromDay", first) if first else end
    if start > end or (end - start).days >= MAX_DAYS:
        raise Invalid(
            "The request is not valid", fields={"fromDay": Reason("at most %(number)s days", number=MAX_DAYS)}
        )
    return start, end


def span_of(zone: str = "", first: str = "", last: str = "") -> Span:
    """The same as a span of stored times."""
    where = zone_of(zone)
    return Span.of_days(where, *days_between(where, first, last))


def _day(field: str, text: str) -> dt.date:
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        raise Invalid("The request is not valid", fields={field: Reason("a date such as 2026-11-21")}) from None
    if not 2000 <= day.year <= 2100:
        raise Invalid("The request is not valid", fields={field: Reason("a date such as 2026-11-21")})
    return day
