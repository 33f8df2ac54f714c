"""By which rule a ticket is given to whom, and why somebody may not get it just now (TKT-7; B §2.5.2.1)."""

from dataclasses import dataclass, replace

from sqlalchemy import select

from app.extensions import db
from models.organization import Agent
from models.routing import OffHours
from models.ticket_routing import TicketRule
from models.tickets import TicketPriority
from services.routing import plans
from services.routing.facts import Candidate, Floor, Request
from services.routing.plans import Plan

#: what the rule of a company that has configured nothing says, and what a supervisor's list goes by without a rule
DEFAULT = ("exclusive", "skill", "senior", "at_work", "fewest", "round_robin")


@dataclass(frozen=True)
class TicketRequest(Request):
    """A ticket that waits, with what rules ask of it."""

    type: str = ""
    priority: TicketPriority = TicketPriority.normal
    product: str = ""
    department_id: int | None = None
    #: its leaders know that nobody was found
    is_told: bool = False


@dataclass(frozen=True)
class RuleFacts:
    """A rule's columns, as `models.ticket_routing.TicketRule` explains them."""

    id: int
    name: str
    ticket_types: tuple[str, ...] = ()
    priorities: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    department_id: int | None = None
    team_id: int | None = None
    vip_from: int | None = None
    strategies: tuple[str, ...] = ()
    target_teams: tuple[int, ...] = ()
    skill: str | None = None
    skill_required: bool = False
    off_hours: OffHours = OffHours.anyone

    @classmethod
    def of(cls, row: TicketRule) -> "RuleFacts":
        values = {name: getattr(row, name) for name in cls.__dataclass_fields__}
        lists = {name: tuple(values[name] or ()) for name in _LISTS}
        return cls(**{**values, **lists})


_LISTS = ("ticket_types", "priorities", "products", "strategies", "target_teams")


@dataclass(frozen=True)
class TicketPlan(Plan):
    """How one ticket is to be assigned."""

    skill_required: bool = False


def active_rules() -> list[RuleFacts]:
    """The rules in force, the first one first."""
    rows = db.session.scalars(select(TicketRule).where(TicketRule.active == 1).order_by(TicketRule.sort, TicketRule.id))
    return [RuleFacts.of(row) for row in rows]


def fits(rule: RuleFacts, request: TicketRequest) -> bool:
    """Whether a rule is for this ticket: everything that it names has to be so."""
    return (
        (not rule.ticket_types or request.type in rule.ticket_types)
        and (not rule.priorities or request.priority.value in rule.priorities)
        and (not rule.products or request.product in rule.products)
        and (rule.department_id is None or rule.department_id == request.department_id)
        and (rule.team_id is None or rule.team_id == request.team_id)
        and (rule.vip_from is None or request.vip_level >= rule.vip_from)
    )


def plan_for(request: TicketRequest, rules: list[RuleFacts], floor: Floor) -> TicketPlan | None:
    """What the first fitting rule says; None: it stays in the pool."""
    rule = next((rule for rule in rules if fits(rule, request)), None)
    if rule is None:
        return None
    named = frozenset(rule.target_teams) & floor.teams.keys()
    return TicketPlan(
        rule, rule.strategies or DEFAULT, *_teams(request, named), rule.off_hours, skill_required=rule.skill_required
    )


def by_hand(request: TicketRequest) -> TicketPlan:
    """What a supervisor's list of candidates goes by when no rule is for the ticket."""
    return TicketPlan(None, DEFAULT, *_teams(request, frozenset()), OffHours.anyone)


def asked_by(plan: TicketPlan, request: TicketRequest) -> TicketRequest:
    """The request with the skill that its rule names."""
    named = plan.rule.skill if plan.rule else None
    return replace(request, skills=(named,)) if named else request


def pool(plan: TicketPlan, floor: Floor) -> list[Candidate]:
    """Everybody who may get it by this plan, whether or not he can just now.

    Who gives tickets out himself is given some only as a member of a team that is named.
    """
    return [one for one in plans.pool(plan, floor) if plan.team_ids is not None or not one.is_leader]


def why_not(plan: TicketPlan, request: TicketRequest, candidate: Candidate, floor: Floor) -> str | None:
    """Why this agent cannot get it just now, or None."""
    if not candidate.is_enabled:
        return "disabled"
    if plan.skill_required and not any(map(candidate.level_of, request.skills)):
        return "no_skill"
    if not candidate.has_room:
        return "tickets_full"
    teams = plans.teams_for(plan, request, candidate)
    return None if plans.works_now(plan.off_hours, candidate, teams, floor) else "off_hours"


def limit_of(agent: Agent, default: int) -> int:
    """Up to how many open tickets an agent is given more."""
    return default if agent.max_tickets is None else agent.max_tickets


def _teams(request: TicketRequest, named: frozenset[int]) -> tuple[frozenset[int] | None, str | None]:
    """The teams that may get it and what named them: it is meant for one, or the rule names some."""
    if request.team_id is not None:
        return frozenset({request.team_id}), "meant"
    return (named, "rule") if named else (None, None)
