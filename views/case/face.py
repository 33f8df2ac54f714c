"""What all of `/case` has in common: E's spelling of bodies and answers, its clock, its pages of a list."""

import datetime as dt
import functools

import pytz

from services import company_days
from views import auth
from views.api import schema
from views.api.endpoint import Face
from views.case.envelope import success

SECTION = "工单系统接口 (/case)"


def _as_it_is(name: str) -> str:
    return name


CASE = Face(
    "case",
    "/case",
    functools.partial(schema.read_body, spelled=_as_it_is),
    success,
    check_csrf=auth.check_csrf_of_browsers,
)


class Clock:
    """The company's own clock: "2026-02-06 10:00:00" for a moment, and the moment at which a day begins."""

    def __init__(self):
        self._zone = company_days.company_zone()

    def shows(self, moment: dt.datetime | None) -> str | None:
        if moment is None:
            return None
        return pytz.utc.localize(moment).astimezone(self._zone).strftime("%Y-%m-%d %H:%M:%S")

    def begin_of(self, day: dt.date) -> dt.datetime:
        return company_days.midnight(day, self._zone)
