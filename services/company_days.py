"""Which day it is for a company, by the clock of its own working hours: for what bears a date or is counted by days."""

import datetime as dt

import pytz
from sqlalchemy import select

from app.extensions import db
from models.hours import DEFAULT_ZONE, WorkCalendar


def company_zone() -> dt.tzinfo:
    """The clock of the bound company."""
    name = db.session.scalar(select(WorkCalendar.timezone).where(WorkCalendar.is_default == 1).limit(1))
    return pytz.timezone(name or DEFAULT_ZONE)


def date_at(moment: dt.datetime, zone: dt.tzinfo) -> dt.date:
    """The date that this clock shows at a moment in UTC."""
    return pytz.utc.localize(moment).astimezone(zone).date()


def midnight(day: dt.date, zone: dt.tzinfo) -> dt.datetime:
    """When a day begins by this clock, in UTC."""
    moment = dt.datetime.combine(day, dt.time())
    # pytz knows the clock of a day only when asked this way
    local = zone.localize(moment) if hasattr(zone, "localize") else moment.replace(tzinfo=zone)
    return local.astimezone(pytz.utc).replace(tzinfo=None)
