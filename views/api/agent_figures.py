"""Figures of agents: in their list, for one of them, for all of a time (ORG-7, ORG-8; C §2.1.3, §2.2.2)."""

import datetime as dt

from flask import Response
from sqlalchemy import select

from app.errors import NotFound
from app.extensions import db
from models.actor import Actor
from models.organization import Agent
from models.presence import PresenceInterval, answered_for
from services import agent_figures
from services.agent_figures import Figures
from services.attendance import Attendance, Span, days_of
from views import attendance
from views.api.days import DAYS, days_between, span_of, zone_of
from views.api.endpoint import endpoint, load
from views.api.organization import AGENTS, agents_query
from views.api.resource import PAGING, listing, plain

SECTION = "客服接口"
#: of an agent himself, beside his figures
SHOWN = ("workNo", "presence", "teamNames", "currentCount", "maxCount", "lastLoginTime")


@endpoint(
    "GET", "/agents/<id:id>/summary", section=SECTION, summary="客服详情数据", right="agent.read", query={"zone": str}
)
def show_summary(actor: Actor, row_id: int, zone: str = ""):
    """What C §2.1.3 names: one's own, or of people one leads."""
    agent = _answered_for(actor, row_id)
    figures = agent_figures.figures_of([agent.id], span_of(zone))[agent.id]
    return AGENTS.dump(actor, agent) | dump_figures(figures)


@endpoint("GET", "/agents/<id:id>/presence", section=SECTION, summary="在线时长", right="agent.read", query=DAYS)
def show_attendance(actor: Actor, row_id: int, fromDay: str = "", toDay: str = "", zone: str = ""):
    """Time at work for each day of the reader's calendar, and the intervals it is made of."""
    agent, where = _answered_for(actor, row_id), zone_of(zone)
    first, last = days_between(where, fromDay, toDay)
    span = Span.of_days(where, first, last)
    intervals = db.session.scalars(
        select(PresenceInterval)
        .where(
            PresenceInterval.agent_id == agent.id,
            PresenceInterval.start_time < span.end,
            PresenceInterval.end_time.is_(None) | (PresenceInterval.end_time > span.start),
        )
        .order_by(PresenceInterval.start_time)
    )
    return {
        "days": dump_days(days_of([agent.id], where, first, last)[agent.id]),
        "intervals": [
            {"presence": plain(row.presence), "startTime": plain(row.start_time), "endTime": plain(row.end_time)}
            for row in intervals
        ],
    }


@endpoint(
    "GET",
    "/stats/agents/attendance",
    section="数据统计接口",
    summary="客服每日在线时长",
    right="presence_interval.read",
    query={**PAGING, **DAYS, "teamId": int},
)
def agents_attendance(
    actor: Actor, q: str = "", teamId: int | None = None, fromDay: str = "", toDay: str = "", zone: str = "", **query
):
    """Time at work of each agent whom the reader leads, day by day; of today where no days are named."""
    where = zone_of(zone)
    first, last = days_between(where, fromDay, toDay)
    page = listing(AGENTS, actor, statement=agents_query(q, teamId).where(answered_for(actor, Agent.id)), **query)
    found = days_of([row["id"] for row in page["list"]], where, first, last)
    page["list"] = [
        {
            "agent": {key: row[key] for key in ("id", "userId", "name", "avatarUrl")},
            "days": dump_days(found[row["id"]]),
        }
        for row in page["list"]
    ]
    return page


@endpoint(
    "GET",
    "/stats/agents/attendance/content",
    section="数据统计接口",
    summary="导出每日在线时长",
    right="presence_interval.export",
    query={**DAYS, "agentId": int, "teamId": int, "format": str},
)
def export_attendance(
    actor: Actor,
    agentId: int | None = None,
    teamId: int | None = None,
    fromDay: str = "",
    toDay: str = "",
    zone: str = "",
    format: str = "csv",
) -> Response:
    """The same as a file, a line for each agent and day on which he was there (CSV or Excel)."""
    where = zone_of(zone)
    return attendance.file(actor, where, *days_between(where, fromDay, toDay), format, agentId, teamId)


@endpoint("GET", "/stats/agents/status", section="数据统计接口", summary="客服状态", right="statistics.read")
def agents_status(actor: Actor):
    return agent_figures.status_summary(actor)


@endpoint(
    "GET",
    "/stats/agents/performance",
    section="数据统计接口",
    summary="客服绩效",
    right="statistics.read",
    query={**PAGING, **DAYS, "presence": str, "teamId": int},
)
def agents_performance(
    actor: Actor,
    q: str = "",
    teamId: int | None = None,
    fromDay: str = "",
    toDay: str = "",
    zone: str = "",
    **query,
):
    """One line per agent whom the reader leads; of today where no days are named."""
    span = span_of(zone, fromDay, toDay)
    statement = agents_query(q, teamId).where(answered_for(actor, Agent.id))
    page = listing(AGENTS, actor, statement=statement, **query)
    found = agent_figures.figures_of([row["id"] for row in page["list"]], span)
    page["list"] = [
        {
            "agent": {key: row[key] for key in ("id", "userId", "name", "avatarUrl")},
            **{key: row[key] for key in SHOWN},
            **dump_figures(found[row["id"]]),
        }
        for row in page["list"]
    ]
    return page


def dump_figures(figures: Figures) -> dict:
    """Of all time: `totalCount`, `satisfaction`; of the days asked for: the rest."""
    return {
        "totalCount": figures.total,
        "satisfaction": figures.satisfaction,
        "servedCount": figures.served,
        "closedCount": figures.closed,
        "firstReplySeconds": figures.first_reply_seconds,
        "rating": figures.rating,
        **dump_attendance(figures.attendance),
    }


def dump_attendance(found: Attendance) -> dict:
    return {
        "onlineSeconds": round(found.online_seconds),
        "busySeconds": round(found.busy_seconds),
        "firstTime": plain(found.first_time),
        "lastTime": plain(found.last_time),
    }


def dump_days(days: dict[dt.date, Attendance]) -> list[dict]:
    return [{"day": plain(day), **dump_attendance(found)} for day, found in days.items()]


def _answered_for(actor: Actor, row_id: int) -> Agent:
    """An agent whose figures this actor may see. Raises NotFound."""
    agent = load(Agent, row_id, actor)
    if db.session.scalar(select(Agent.id).where(Agent.id == agent.id, answered_for(actor, Agent.id))) is None:
        raise NotFound("This does not exist")
    return agent
