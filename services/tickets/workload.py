"""What each agent has on his desk, and who fits a ticket best: for whoever gives tickets out (B §2.5.2.1, §3.5.2)."""

import datetime as dt
from dataclasses import dataclass, field

from sqlalchemy import case, func, or_, select
from sqlalchemy.orm import joinedload, selectinload

from app.extensions import db
from models.actor import Actor, Scope
from models.identity import User
from models.organization import Agent, TeamMember, agents_within
from models.tickets import UNDER_WAY, Ticket, TicketPriority
from models.types import utcnow
from services.routing.strategies import Ranked, rank
from services.tickets import plans
from services.tickets.floor import look_around, requests_of
from services.tickets.plans import RuleFacts

WEEK, MONTH = dt.timedelta(days=7), dt.timedelta(days=30)


@dataclass
class Workload:
    """One agent's tickets: the open ones by priority, and how many he has solved lately."""

    agent: Agent
    by_priority: dict[str, int] = field(default_factory=lambda: dict.fromkeys(TicketPriority, 0))
    resolved_week: int = 0
    resolved_month: int = 0

    @property
    def open(self) -> int:
        return sum(self.by_priority.values())


@dataclass(frozen=True)
class Fit:
    """How well one agent fits a ticket."""

    ranked: Ranked
    #: the rules would ask him; who gives tickets out himself is only ever chosen by hand
    is_asked: bool
    #: why he is not given it by the rules just now, or None
    obstacle: str | None
    #: how good he is in what it needs; 0: he is not known for it
    level: int


@dataclass(frozen=True)
class Recommendation:
    """The agents who may work on a ticket, the best one first."""

    rule: RuleFacts | None
    fits: list[Fit]
    workload: dict[int, Workload]

    @property
    def best(self) -> Fit | None:
        return next((fit for fit in self.fits if fit.is_asked and fit.obstacle is None), None)


def workload(agent_ids: set[int] | None = None) -> dict[int, Workload]:
    """agent → what he has to do, of all whose accounts are in use or of these; in three statements."""
    statement = (
        select(Agent)
        .join(Agent.user)
        .where(User.active.is_(True))
        .options(joinedload(Agent.user), selectinload(Agent.memberships).joinedload(TeamMember.team))
        .order_by(Agent.id)
    )
    if agent_ids is not None:
        statement = statement.where(Agent.id.in_(agent_ids))
    found = {row.id: Workload(row) for row in db.session.scalars(statement)}
    now = utcnow()
    is_open, solved = Ticket.status.in_(UNDER_WAY), Ticket.resolve_time
    rows = db.session.execute(
        select(
            Ticket.assignee_id,
            Ticket.priority,
            func.sum(case((is_open, 1), else_=0)),
            func.sum(case((solved >= now - WEEK, 1), else_=0)),
            func.sum(case((solved >= now - MONTH, 1), else_=0)),
        )
        .where(Ticket.assignee_id.in_(found), or_(is_open, solved >= now - MONTH))
        .group_by(Ticket.assignee_id, Ticket.priority)
    )
    for agent_id, priority, open_, week, month in rows:
        one = found[agent_id]
        one.by_priority[priority.value] += int(open_)
        one.resolved_week += int(week)
        one.resolved_month += int(month)
    return found


def workload_seen_by(actor: Actor) -> dict[int, Workload]:
    """Of all agents; for whoever sees but some tickets, of those he leads."""
    scope = actor.scope("ticket")
    return workload(None if scope is Scope.all else set(db.session.scalars(agents_within(actor, scope))))


def recommend(ticket: Ticket) -> Recommendation:
    """Who should get this ticket by the rule for it, else by skill and by who has least to do."""
    floor = look_around()
    request = requests_of([ticket], floor)[0]
    plan = plans.plan_for(request, plans.active_rules(), floor) or plans.by_hand(request)
    request = plans.asked_by(plan, request)
    allowed = {one.id for one in plans.pool(plan, floor)}
    fits = []
    for ranked in rank(request, [one for one in floor.candidates if one.is_enabled], plan.strategies):
        one = ranked.candidate
        is_asked = one.id in allowed
        obstacle = plans.why_not(plan, request, one, floor) if is_asked or not plan.rule else "not_meant"
        level = max(map(one.level_of, request.skills), default=0)
        fits.append(Fit(ranked, is_asked, obstacle, level))
    fits.sort(key=lambda fit: (not fit.is_asked, fit.obstacle is not None))
    return Recommendation(plan.rule, fits, workload({fit.ranked.candidate.id for fit in fits}))
