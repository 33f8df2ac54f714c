"""Agents' days at work as lines of a table: on the administration's page and in the files made of it (ORG-8)."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

import pytz
from flask import Response
from flask_babel import lazy_gettext as _
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app.extensions import db
from models import audit
from models.actor import Actor
from models.organization import Agent
from models.presence import answered_for
from services.attendance import Attendance, days_of
from services.operation import run
from views import tables
from views.api.organization import agents_query

RESOURCE = "presence_interval"
TITLES = (_("Day"), _("Agent"), _("Staff number"), _("On line"), _("Of it busy"), _("First there"), _("Last there"))
#: agents whose days are read at once
BATCH = 50


@dataclass(frozen=True)
class Line:
    """One agent on one day on which he was there; the times on the reader's clock."""

    agent: Agent
    day: dt.date
    found: Attendance
    zone: dt.tzinfo

    @property
    def first(self) -> str:
        return self._clock(self.found.first_time)

    @property
    def last(self) -> str:
        return self._clock(self.found.last_time)

    def texts(self) -> tuple[str, ...]:
        return (
            self.day.isoformat(),
            self.agent.name,
            self.agent.work_no or "",
            clock_of(self.found.online_seconds),
            clock_of(self.found.busy_seconds),
            self.first,
            self.last,
        )

    def _clock(self, moment: dt.datetime | None) -> str:
        local = pytz.utc.localize(moment).astimezone(self.zone) if moment else None
        if local is None:
            return ""
        # who stayed until midnight was there until the end of the day
        return "24:00" if local.date() > self.day else f"{local:%H:%M}"


def clock_of(seconds: float) -> str:
    """Hours, minutes and seconds as spreadsheets add them up: 7:45:10."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}"


def lines(
    actor: Actor,
    zone: dt.tzinfo,
    first: dt.date,
    last: dt.date,
    agent_id: int | None = None,
    team_id: int | None = None,
) -> Iterator[list[Line]]:
    """Some agents at a time, in the order of their names' accounts; within one the newest day first."""
    wanted = agents_query("", team_id).where(Agent.visible_to(actor), answered_for(actor, Agent.id))
    if agent_id is not None:
        wanted = wanted.where(Agent.id == agent_id)
    ids = list(db.session.scalars(wanted.with_only_columns(Agent.id).order_by(Agent.id)))
    for start in range(0, len(ids), BATCH):
        batch = ids[start : start + BATCH]
        agents = db.session.scalars(select(Agent).where(Agent.id.in_(batch)).options(joinedload(Agent.user)))
        known = {agent.id: agent for agent in agents}
        found = days_of(batch, zone, first, last)
        yield [
            Line(known[agent_id], day, attendance, zone)
            for agent_id in batch
            for day, attendance in reversed(found[agent_id].items())
            if attendance.online_seconds
        ]


def file(
    actor: Actor,
    zone: dt.tzinfo,
    first: dt.date,
    last: dt.date,
    kind: str,
    agent_id: int | None = None,
    team_id: int | None = None,
) -> Response:
    """The lines as a file; that they left the house is written into the log. Raises Invalid for another kind."""
    pages = [[line.texts() for line in page] for page in lines(actor, zone, first, last, agent_id, team_id)]
    answer = tables.answer("presence-days", kind, [str(title) for title in TITLES], pages)
    note = f"{kind}; {first} – {last}" + (f"; agent {agent_id}" if agent_id else "")
    run(actor, f"{RESOURCE}.export", lambda: audit.record(db.session, f"{RESOURCE}.export", note=note))
    return answer
