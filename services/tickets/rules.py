"""Rules of assignment of tickets as administrators keep them (TKT-7; B §2.10.5, §7.3.8)."""

from app.errors import Invalid
from app.extensions import db
from models.actor import Actor
from models.organization import Department, Team
from models.ticket_routing import TicketRule
from models.tickets import TicketPriority
from services import settings
from services.crud import crud, referenced
from services.routing.strategies import TICKET_STRATEGIES
from services.tickets.plans import DEFAULT

#: the name of the rule that a company begins with, and its place behind those that are added
DEFAULT_NAME, DEFAULT_SORT = "默认规则", 1000
HIGHEST_LEVEL = 100


def new_default() -> TicketRule:
    """The rule of a company that has configured nothing: switched off, so that tickets go on waiting in the pool."""
    return TicketRule(name=DEFAULT_NAME, sort=DEFAULT_SORT, active=False, strategies=list(DEFAULT))


def _check_rule(actor: Actor, row: TicketRule, data: dict) -> None:
    row.name = (row.name or "").strip()
    if not row.name:
        raise Invalid("A rule needs a name", fields={"name": "required"})
    with db.session.no_autoflush:  # what is refused must not have been stored
        types, products = settings.titles_of("ticket_type"), settings.titles_of("product")
    row.ticket_types = _known(row.ticket_types, types, "ticketTypes", "This ticket type does not exist")
    row.products = _known(row.products, products, "products", "This product does not exist")
    row.priorities = _known(
        row.priorities, [one.value for one in TicketPriority], "priorities", "This priority does not exist"
    )
    row.strategies = _known(row.strategies, TICKET_STRATEGIES, "strategies", "This strategy does not exist")
    if not row.strategies:
        raise Invalid("Choose at least one strategy", fields={"strategies": "required"})
    if row.vip_from is not None and not 0 <= row.vip_from <= HIGHEST_LEVEL:
        raise Invalid("This number is out of range", fields={"vipFrom": f"0 to {HIGHEST_LEVEL}"})
    row.department = referenced(Department, row.department_id, actor, "departmentId")
    row.team = referenced(Team, row.team_id, actor, "teamId")
    teams = list(dict.fromkeys(row.target_teams or ()))
    for number in teams:
        referenced(Team, number, actor, "targetTeams")
    row.target_teams = teams or None
    row.skill = (row.skill or "").strip() or None


def _known(names: list[str] | None, known, field: str, refusal: str) -> list[str] | None:
    """Each once, all of them known. Raises Invalid."""
    names = list(dict.fromkeys(names or ()))
    if not set(names) <= set(known):
        raise Invalid(refusal, fields={field: "unknown"})
    return names or None


crud(
    "ticket_rule",
    TicketRule,
    title="Assignment rule for tickets",
    writable=(
        "name",
        "active",
        "sort",
        "ticket_types",
        "priorities",
        "products",
        "department_id",
        "team_id",
        "vip_from",
        "strategies",
        "target_teams",
        "skill",
        "skill_required",
        "off_hours",
    ),
    kinds={"target_teams": list[int]},
    check=_check_rule,
)
