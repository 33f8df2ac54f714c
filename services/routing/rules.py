"""Rules of assignment as administrators keep them, and the one for everybody as a setting (RTE-2)."""

from collections.abc import Iterable

from sqlalchemy import select

from app.errors import Conflict, Invalid
from app.extensions import db
from models.actor import Actor
from models.organization import Department, Team
from models.routing import OffHours, RoutingRule, RuleScope
from services import problems
from services.crud import crud, referenced
from services.operation import announce, operation
from services.routing.strategies import DEFAULT, STRATEGIES

#: which column says what a rule of this kind is for
_SUBJECT = {RuleScope.department: "department_id", RuleScope.team: "team_id", RuleScope.problem_type: "problem_type"}
_LISTS = ("strategies", "first_visit_strategies", "no_relation_strategies")
#: the name of the rule that a company begins with, and its place behind those that are added
DEFAULT_NAME, DEFAULT_SORT = "默认规则", 1000


def default_rule() -> RoutingRule | None:
    """The rule for everything that no other rule is for: the last one for everybody."""
    return db.session.scalars(
        select(RoutingRule)
        .where(
            RoutingRule.active == 1,
            RoutingRule.is_emergency == 0,
            RoutingRule.applies_to == RuleScope.everybody,
        )
        .order_by(RoutingRule.sort.desc(), RoutingRule.id.desc())
    ).first()


def new_default() -> RoutingRule:
    """The rule of a company that has configured nothing."""
    return RoutingRule(name=DEFAULT_NAME, sort=DEFAULT_SORT, strategies=list(DEFAULT))


@operation("routing_rule.set_default", title="Set the rule for everybody", right="routing_rule.update")
def set_default(
    actor: Actor,
    *,
    strategies: list[str] | None = None,
    off_hours: OffHours | None = None,
    first_visit_team_id: int | None = None,
    first_visit_strategies: list[str] | None = None,
    no_relation_team_id: int | None = None,
    no_relation_strategies: list[str] | None = None,
    given: Iterable[str] = (),
) -> RoutingRule:
    """Change what is `given` of the rule for everybody; a company without one gets it."""
    wanted = {
        "strategies": strategies,
        "off_hours": off_hours,
        "first_visit_team_id": first_visit_team_id,
        "first_visit_strategies": first_visit_strategies,
        "no_relation_team_id": no_relation_team_id,
        "no_relation_strategies": no_relation_strategies,
    }
    rule = default_rule()
    if rule is None:
        rule = new_default()
        db.session.add(rule)
    for name in given:
        setattr(rule, name, wanted[name] if name != "off_hours" else off_hours or OffHours.duty)
    _check_rule(actor, rule, {})
    db.session.flush()
    announce("routing_rule.updated", routing_rule_id=rule.id)
    return rule


def _check_rule(actor: Actor, row: RoutingRule, data: dict) -> None:
    row.name = (row.name or "").strip()
    if not row.name:
        raise Invalid("A rule needs a name", fields={"name": "required"})
    for name in _LISTS:
        setattr(row, name, _strategies(getattr(row, name), name))
    if not row.strategies:
        raise Invalid("Choose at least one strategy", fields={"strategies": "required"})
    _check_subject(actor, row)
    teams = list(dict.fromkeys(row.target_teams or ()))
    for number in teams:
        referenced(Team, number, actor, "targetTeams")
    row.target_teams = teams or None
    row.first_visit_team = referenced(Team, row.first_visit_team_id, actor, "firstVisitTeamId")
    row.no_relation_team = referenced(Team, row.no_relation_team_id, actor, "noRelationTeamId")


def _check_subject(actor: Actor, row: RoutingRule) -> None:
    """A rule for a team names the team and nothing else."""
    wanted = _SUBJECT.get(row.applies_to or RuleScope.everybody)
    # all of it has to exist, also what is not kept
    department = referenced(Department, row.department_id, actor, "departmentId")
    team = referenced(Team, row.team_id, actor, "teamId")
    problems.check_type(row.problem_type)
    if wanted is not None and getattr(row, wanted) is None:
        field = {"department_id": "departmentId", "team_id": "teamId", "problem_type": "problemType"}[wanted]
        raise Invalid("Say what the rule is for", fields={field: "required"})
    row.department = department if wanted == "department_id" else None
    row.team = team if wanted == "team_id" else None
    row.problem_type = row.problem_type if wanted == "problem_type" else None


def _strategies(names: list[str] | None, field: str) -> list[str] | None:
    names = list(dict.fromkeys(names or ()))
    if not set(names) <= STRATEGIES.keys():
        camel = field.split("_")[0] + "".join(part.title() for part in field.split("_")[1:])
        raise Invalid("This strategy does not exist", fields={camel: "unknown"})
    return names or None


def _keep_last(actor: Actor, row: RoutingRule) -> None:
    """Somebody must answer what no other rule is for."""
    if default_rule() is row:
        others = select(RoutingRule.id).where(
            RoutingRule.id != row.id,
            RoutingRule.active == 1,
            RoutingRule.is_emergency == 0,
            RoutingRule.applies_to == RuleScope.everybody,
        )
        if db.session.scalar(others.limit(1)) is None:
            raise Conflict("This is the last rule for everybody: change it instead")


crud(
    "routing_rule",
    RoutingRule,
    title="Assignment rule",
    writable=(
        "name",
        "active",
        "sort",
        "applies_to",
        "department_id",
        "team_id",
        "problem_type",
        "is_emergency",
        "strategies",
        "target_teams",
        "first_visit_team_id",
        "first_visit_strategies",
        "no_relation_team_id",
        "no_relation_strategies",
        "off_hours",
    ),
    kinds={"target_teams": list[int]},
    check=_check_rule,
    before_delete=_keep_last,
)
