"""Statistics of tickets: over days, and at this moment (B §7.11; RPT-4)."""

from collections import Counter
from collections.abc import Iterable

from sqlalchemy import select

from app.extensions import db
from models.actor import Actor
from models.identity import User
from models.organization import Agent
from models.tickets import TicketPriority, TicketStatus
from services.tickets import analysis
from services.tickets.analysis import Day, Durations
from views.api.days import DAYS, days_between, zone_of
from views.api.endpoint import endpoint
from views.api.resource import plain

SECTION = "数据统计接口"


@endpoint(
    "GET",
    "/stats/tickets",
    section=SECTION,
    summary="工单分析",
    right="statistics.read",
    query={**DAYS, "agentId": int, "teamId": int},
)
def show_statistics(
    actor: Actor,
    fromDay: str = "",
    toDay: str = "",
    zone: str = "",
    agentId: int | None = None,
    teamId: int | None = None,
):
    """Tickets created, solved and closed on these days; how they are spread; who solved how many and how soon.

    Seconds are counted from the creation. `agents` come in the order of what they solved.
    """
    where = zone_of(zone)
    found = analysis.statistics(actor, where, *days_between(where, fromDay, toDay), agent_id=agentId, team_id=teamId)
    names = _names(found.agents)
    agents = [
        {
            "id": number,
            "name": names.get(number),
            "resolved": handled.resolved,
            "handlingSeconds": _seconds(handled.handling_seconds),
        }
        for number, handled in found.agents.items()
    ]
    return {
        "total": {
            **_dump_day(found.total),
            "solved": found.solved,
            "resolutionRate": _share(found.resolution_rate),
            "reopened": found.reopened,
            "reopenedShare": _share(found.reopened_share),
            "firstReply": _dump_durations(found.first_reply),
            "handling": _dump_durations(found.handling),
        },
        "days": [{"day": plain(day), **_dump_day(figures)} for day, figures in found.days.items()],
        "statuses": {status.value: found.statuses[status] for status in TicketStatus},
        "priorities": {priority.value: found.priorities[priority] for priority in TicketPriority},
        "types": [{"code": code, "count": count} for code, count in found.types.most_common()],
        "agents": sorted(agents, key=lambda row: (-row["resolved"], row["handlingSeconds"], row["id"] or 0)),
    }


@endpoint(
    "GET",
    "/stats/realtime/tickets",
    section=SECTION,
    summary="实时工单",
    right="statistics.read",
    query={"zone": str, "teamId": int},
)
def show_moment(actor: Actor, zone: str = "", teamId: int | None = None):
    """Open tickets by state and by agent, what nobody is in charge of and since when, what came and went today."""
    found = analysis.at_this_moment(actor, zone_of(zone), team_id=teamId)
    names = _names(found.agents)
    agents = [
        {
            "id": number,
            "name": names.get(number),
            "open": load.open,
            "states": _dump_open(load.states),
            "resolvedToday": load.resolved_today,
        }
        for number, load in found.agents.items()
        if number is not None
    ]
    return {
        "states": _dump_open(found.states),
        "open": found.states.total(),
        "unassigned": found.unassigned,
        "waitingSince": plain(found.waiting_since),
        "createdToday": found.created_today,
        "resolvedToday": found.resolved_today,
        "agents": sorted(agents, key=lambda row: (-row["open"], -row["resolvedToday"], row["id"])),
    }


def _names(ids: Iterable[int | None]) -> dict[int, str]:
    """Whoever is gone has no name."""
    named = select(Agent.id, User.full_name).join(Agent.user).where(Agent.id.in_(ids))
    return dict(db.session.execute(named).tuples().all())


def _dump_day(day: Day) -> dict[str, int]:
    return {"created": day.created, "resolved": day.resolved, "closed": day.closed}


def _dump_open(states: Counter) -> dict[str, int]:
    return {status.value: states[status] for status in analysis.OPEN}


def _dump_durations(found: Durations) -> dict:
    return {"count": found.count, "mean": _seconds(found.mean), "median": _seconds(found.median)}


def _seconds(value: float | None) -> float | None:
    return None if value is None else round(max(0.0, value), 1)


def _share(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
