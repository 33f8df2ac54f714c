"""When agents were there (ORG-8): the intervals, and the days they add up to."""

import datetime as dt
from dataclasses import dataclass

from flask import g, redirect, request
from flask_appbuilder import BaseView, expose
from flask_appbuilder.security.decorators import has_access, permission_name
from flask_babel import lazy_gettext as _
from flask_babel import lazy_pgettext as pgettext
from sqlalchemy import select

from app.errors import Invalid
from app.extensions import db
from models.organization import Agent, Team
from models.presence import PresenceInterval, answered_for
from models.types import utcnow
from views import attendance, tables
from views.admin.base import AdminView
from views.admin.cells import local_day, zone
from views.admin.durations import duration
from views.admin.filters import Control, whole_number
from views.admin.listing import PAGE_SIZES
from views.api.days import days_between

#: days that the page begins with, and the most it shows
DAYS, MOST_DAYS = 7, 92
SIZE = 50


def _length(row) -> str:
    return duration(round(((row.end_time or utcnow()) - row.start_time).total_seconds()))


class PresenceView(AdminView):
    model, resource, icon = PresenceInterval, "presence_interval", "fa-user-clock"
    singular, plural = _("Time at work"), _("Times at work")
    intro = _("When agents were on line or busy, newest first; added up on the page of the days.")
    when_empty = _("Times appear here as soon as an agent goes on line.")
    list_columns = ["agent_id", "presence", "start_time", "end_time", "length", "id"]
    key_columns = ("presence", "start_time", "end_time", "length")
    show_columns = ["id", "agent_id", "presence", "start_time", "end_time", "length"]
    search_columns = ["agent_id", "presence", "start_time"]
    base_order = ("start_time", "desc")
    order_columns = ["start_time", "end_time"]
    label_columns = {"length": _("Length")}
    formatters = {"length": _length}
    list_template = "admin/presence.html"


@dataclass(frozen=True)
class _Page:
    """What the template's pager asks of a list."""

    count: int
    page: int
    size: int
    prefix: str = ""
    more_than: int | None = None

    @property
    def pages(self) -> int:
        return max(1, -(-self.count // self.size))


class PresenceDaysView(BaseView):
    """How long each agent was there on each day, and the same as a file."""

    route_base = "/admin/presence_interval"
    default_view = "days"
    class_permission_name = "presence_interval"
    base_permissions = ["can_read", "can_export"]
    title = _("Time at work per day")

    @expose("/days", methods=["GET"])
    @has_access
    @permission_name("read")
    def days(self):
        try:
            first, last = _days()
        except Invalid:
            return redirect(request.path)
        agent_id, team_id = _number("agent_id"), _number("team_id")
        found = [line for page in attendance.lines(g.actor, zone(), first, last, agent_id, team_id) for line in page]
        found.sort(key=lambda line: line.day, reverse=True)
        size = _number("size")
        page = _Page(len(found), max(1, _number("page") or 1), size if size in PAGE_SIZES else SIZE)
        return self.render_template(
            "admin/presence_days.html",
            title=self.title,
            widgets={"controls": _controls(first, last)},
            lines=found[(page.page - 1) * page.size : page.page * page.size],
            listing=page,
            titles=attendance.TITLES,
            total=sum(line.found.online_seconds for line in found),
            busy=sum(line.found.busy_seconds for line in found),
            agents=len({line.agent.id for line in found}),
            duration=duration,
        )

    @expose("/days/<string:kind>", methods=["GET"])
    @has_access
    @permission_name("export")
    def export(self, kind: str):
        if kind not in tables.KINDS:
            return redirect(f"{self.route_base}/days")
        first, last = _days()
        return attendance.file(g.actor, zone(), first, last, kind, _number("agent_id"), _number("team_id"))


def _days() -> tuple[dt.date, dt.date]:
    """The days that the address names; a week where it names none. Raises Invalid."""
    today = dt.date.fromisoformat(local_day())
    first = request.args.get("from", "") or (today - dt.timedelta(days=DAYS - 1)).isoformat()
    days = days_between(zone(), first, request.args.get("until", "") or max(today.isoformat(), first))
    if (days[1] - days[0]).days >= MOST_DAYS:
        raise Invalid("The request is not valid", fields={"from": "too early"})
    return days


def _number(name: str) -> int | None:
    return whole_number(request.args.get(name, ""))


def _controls(first: dt.date, last: dt.date) -> list[Control]:
    agents = db.session.scalars(
        select(Agent).where(Agent.visible_to(g.actor), answered_for(g.actor, Agent.id)).order_by(Agent.id)
    )
    teams = db.session.scalars(select(Team).where(Team.visible_to(g.actor)).order_by(Team.name))
    return [
        Control("agent_id", _("Agent"), "choice", request.args.get("agent_id", ""), [(a.id, a.name) for a in agents]),
        Control("team_id", _("Team"), "choice", request.args.get("team_id", ""), [(t.id, t.name) for t in teams]),
        Control("from", pgettext("time", "From"), "day", first.isoformat()),
        Control("until", pgettext("time", "Until"), "day", last.isoformat()),
    ]
