"""Satisfaction over time: what customers answered when asked, by day, agent, team and tag (CHT-13, TKT-14)."""

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app.errors import Invalid
from app.extensions import db
from models.actor import Actor
from models.organization import Agent, Team
from services.satisfaction import About, Figures, satisfaction
from views.api.days import DAYS, days_between, zone_of
from views.api.endpoint import endpoint
from views.api.resource import plain

SECTION = "数据统计接口"


@endpoint(
    "GET",
    "/stats/satisfaction",
    section=SECTION,
    summary="满意度统计",
    right="statistics.read",
    query={**DAYS, "agentId": int, "teamId": int, "about": str},
)
def show_satisfaction(
    actor: Actor,
    fromDay: str = "",
    toDay: str = "",
    zone: str = "",
    agentId: int | None = None,
    teamId: int | None = None,
    about: str = "all",
):
    """Ratings given on these days, and of what was asked about on them the share that was rated.

    `about`: conversations, tickets, or all of them.
    """
    if about not in list(About):
        raise Invalid("The request is not valid", fields={"about": "unknown"})
    where = zone_of(zone)
    found = satisfaction(
        actor, where, *days_between(where, fromDay, toDay), agent_id=agentId, team_id=teamId, about=About(about)
    )
    agents = db.session.scalars(select(Agent).where(Agent.id.in_(found.agents)).options(joinedload(Agent.user)))
    agent_names = {agent.id: agent.name for agent in agents}
    teams = db.session.execute(select(Team.id, Team.name).where(Team.id.in_(found.teams)))
    team_names = dict(teams.tuples().all())
    return {
        "total": _dump(found.total),
        "days": [{"day": plain(day), **_dump(figures)} for day, figures in found.days.items()],
        "agents": _named(found.agents, agent_names),
        "teams": _named(found.teams, team_names),
        "tags": [{"code": code, "count": count} for code, count in found.tags.most_common()],
    }


def _dump(figures: Figures) -> dict:
    """`lowShare` is that of one and two stars among the ratings, `answerRate` that of the rated among the invited."""
    return {
        "ratings": figures.ratings,
        "mean": figures.mean,
        "scores": [figures.scores[score] for score in range(1, 6)],
        "low": figures.low,
        "lowShare": _share(figures.low, figures.ratings),
        "invited": figures.invited,
        "answered": figures.answered,
        "answerRate": _share(figures.answered, figures.invited),
    }


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def _named(lines: dict[int | None, Figures], names: dict[int, str]) -> list[dict]:
    """The most rated first; whoever is gone has no name."""
    rows = [{"id": number, "name": names.get(number), **_dump(figures)} for number, figures in lines.items()]
    return sorted(rows, key=lambda row: (-row["ratings"], -row["invited"], row["id"] or 0))
