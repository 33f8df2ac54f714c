"""Which rule a conversation is assigned by, who may get it by that rule, and why somebody may not (RTE-2)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from models.organization import Presence
from models.routing import OffHours, RuleScope
from services.routing.facts import Candidate, Floor, Request, RuleFacts, TeamFacts
from services.routing.strategies import DEFAULT


@dataclass(frozen=True)
class Plan:
    """How one conversation is to be assigned."""

    rule: RuleFacts | None
    strategies: tuple[str, ...]
    #: the teams whose agents may get it; None: everybody
    team_ids: frozenset[int] | None
    #: what named those teams: meant (for this team), rule, first_visit, no_relation, or nothing
    because: str | None
    off_hours: OffHours


def plan_for(request: Request, floor: Floor) -> Plan:
    """What the first fitting rule says; without one, all strategies over everybody."""
    rule = next((rule for rule in floor.rules if fits(rule, request, floor)), None)
    if rule is None:
        return _meant(request) or Plan(None, DEFAULT, None, None, OffHours.duty)
    team_ids, because, strategies = rule.target_teams & floor.teams.keys(), "rule", rule.strategies
    if not request.relations:
        for applies, kind in ((request.is_first_visit, "first_visit"), (True, "no_relation")):
            fallback, others = getattr(rule, f"{kind}_team_id"), getattr(rule, f"{kind}_strategies")
            if applies and (fallback in floor.teams or others):
                team_ids, because = (frozenset({fallback}), kind) if fallback in floor.teams else (team_ids, because)
                strategies = others or strategies
                break
    if request.team_id is not None:
        team_ids, because = frozenset({request.team_id}), "meant"
    return Plan(rule, strategies or DEFAULT, team_ids or None, because if team_ids else None, rule.off_hours)


def fits(rule: RuleFacts, request: Request, floor: Floor) -> bool:
    """Whether a rule is for this conversation."""
    if rule.is_emergency and not request.is_urgent:
        return False
    if rule.applies_to is RuleScope.everybody:
        return True
    if rule.applies_to is RuleScope.problem_type:
        return rule.problem_type is not None and rule.problem_type == request.problem_type
    teams = _teams_of(request, floor)
    if rule.applies_to is RuleScope.team:
        return any(team.id == rule.team_id for team in teams)
    return any(rule.department_id in team.department_ids for team in teams)


def pool(plan: Plan, floor: Floor) -> list[Candidate]:
    """Everybody who may get it by this plan, whether or not he can just now."""
    return [one for one in floor.candidates if plan.team_ids is None or not plan.team_ids.isdisjoint(one.team_ids)]


def teams_for(plan: Plan, request: Request, candidate: Candidate) -> list[TeamFacts]:
    """The teams in whose name this agent would serve it, the customer's own first, then those for the problem."""
    own = {one.team_id: place for place, one in enumerate(request.relations)}
    teams = [team for team in candidate.teams if plan.team_ids is None or team.id in plan.team_ids]
    return sorted(
        teams,
        key=lambda team: (own.get(team.id, len(own)), request.problem_type not in team.problem_types, team.id),
    )


def why_not(
    plan: Plan, request: Request, candidate: Candidate, floor: Floor, among: Collection[int] | None = None
) -> str | None:
    """Why this agent cannot get it just now, or None. `among` are those who had room when the round began."""
    if candidate.presence is not Presence.online:
        return candidate.presence.value
    if not candidate.is_enabled:
        return "disabled"
    if not candidate.has_room:
        return "full"
    teams = teams_for(plan, request, candidate)
    if teams and not any(team.has_room for team in teams):
        return "team_full"
    if not works_now(plan.off_hours, candidate, teams, floor):
        return "off_hours"
    if among is not None and candidate.id not in among:
        return "promised"
    return None


def works_now(off_hours: OffHours, candidate: Candidate, teams: Sequence[TeamFacts], floor: Floor) -> bool:
    """Whether somebody may be given anything at this moment in the name of these teams, of which he may have none."""
    if off_hours is OffHours.anyone:
        return True
    if any(team.is_open for team in teams) if teams else floor.is_open:
        return True
    return off_hours is OffHours.duty and floor.duty.covers(candidate.id, candidate.team_ids)


def _teams_of(request: Request, floor: Floor) -> list[TeamFacts]:
    """The team it is meant for; else those that look after the customer."""
    numbers = [request.team_id] if request.team_id is not None else [one.team_id for one in request.relations]
    return [floor.teams[number] for number in numbers]


def _meant(request: Request) -> Plan | None:
    if request.team_id is None:
        return None
    return Plan(None, DEFAULT, frozenset({request.team_id}), "meant", OffHours.duty)
