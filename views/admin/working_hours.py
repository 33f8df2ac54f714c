"""When the company works: weeks, days that differ, duty (RTE-2)."""

import pytz
from flask_babel import lazy_gettext as _
from flask_babel import lazy_pgettext as pgettext

from models.hours import WEEKDAYS, WorkCalendar, WorkDay
from models.routing import DutyShift
from services.routing import hours
from views.admin.base import AdminView

#: this module registers the operations of the screens below
OPERATION_MODULES = (hours,)

_HOW = _("Hours like 09:00-12:00, 13:30-18:00; empty: closed; the whole day: 00:00-24:00")


class WorkDayView(AdminView):
    model, resource, icon = WorkDay, "work_day", "fa-calendar-day"
    singular, plural = _("Day with other hours"), _("Holidays and make-up days")
    intro = _("Dates on which the usual week does not hold: free days, and workdays that make up for them.")
    when_empty = _("Enter public holidays and the workdays that make up for them.")
    list_columns = ["day", "name", "kind", "hours", "calendar_id", "id"]
    key_columns = ("name", "kind", "hours")
    show_columns = [*list_columns, "create_time", "update_time"]
    add_columns = edit_columns = ["calendar_id", "day", "kind", "hours", "name"]
    search_text, search_columns = ("name",), ["calendar_id", "kind"]
    base_order = ("day", "desc")
    formatters = {"day": lambda row: row.day.isoformat()}
    help_texts = {"hours": _("Of a make-up workday, like 09:00-18:00; empty: the hours of a Monday")}


class WorkCalendarView(AdminView):
    model, resource, icon = WorkCalendar, "work_calendar", "fa-clock"
    singular, plural = _("Working hours"), _("Working hours")
    intro = _("The hours of a week. One calendar is the company's own; a team may have another one.")
    list_columns = ["name", "is_default", "monday", "saturday", "sunday", "timezone", "id"]
    key_columns = ("is_default", "monday", "saturday")
    show_columns = ["name", "is_default", *WEEKDAYS, "timezone", "create_time", "update_time", "id"]
    add_columns = edit_columns = ["name", *WEEKDAYS, "timezone", "is_default"]
    search_text = ("name",)
    base_order = ("id", "asc")
    choices = {"timezone": lambda: [(name, name.replace("_", " ")) for name in pytz.common_timezones]}
    beginning = dict.fromkeys(WEEKDAYS[:5], "09:00-12:00, 13:30-18:00")
    help_texts = {
        "monday": _HOW,
        "saturday": _("Empty: closed"),
        "timezone": _("The clock by which these hours are meant"),
        "is_default": _("It holds for every team without one of its own"),
    }
    related_views = [WorkDayView]


class DutyShiftView(AdminView):
    model, resource, icon = DutyShift, "duty_shift", "fa-user-clock"
    singular, plural = _("Duty"), _("Duty roster")
    intro = _("Who answers outside working hours: an agent, or whoever of a team is online.")
    when_empty = _("Enter who is on duty at night, at weekends and on holidays.")
    list_columns = ["start_time", "end_time", "agent_id", "team_id", "note", "id"]
    key_columns = ("end_time", "agent_id", "team_id")
    show_columns = [*list_columns[:-1], "create_time", "update_time", "id"]
    add_columns = edit_columns = ["agent_id", "team_id", "start_time", "end_time", "note"]
    search_text, search_columns = ("note",), ["agent_id", "team_id", "start_time"]
    base_order = ("start_time", "desc")
    label_columns = {"start_time": pgettext("time", "From"), "end_time": pgettext("time", "Until")}
    help_texts = {
        "agent_id": _("One of the two: an agent or a team"),
        "team_id": _("Everybody of the team is on duty then"),
    }

    def heading(self, row) -> str:
        return " · ".join(filter(None, (str(row), f"{row.start_time:%Y-%m-%d}")))
