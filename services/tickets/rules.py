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
_LISTS = ("ticket_types", "priorities", "products", "strategies", "target_teams")


def new_default() -> TicketRule:
    """The rule of a company that has configured nothing: switched off, so that tickets go on waiting in the pool."""
    return TicketRule(name=DEFAULT_NAME, sort=DEFAULT_SORT, active=False, strategies=list(DEFAULT))


def _check_rule(actor: Actor, row: TicketRule, data: dict) -> None:
    row.name = (row.name or "").strip()
    if not row.name:
        raise Invalid("A rule needs a name", fields={"name": "required"})
    for name in _LISTS:
        setattr(row, name, list(dict.fromkeys(getattr(row, name) or ())) or None)
    with db.session.no_autoflush:  # what is refused must not have been stored
        types, products = settings.titles_of("ticket_type"), settings.titles_of("product")
    if not types.keys() >= set(row.ticket_types or ()):
        raise Invalid("This ticket type does not exist", fields={"ticketTypes": "unknown"})
    if not products.keys() >= set(row.products or ()):
        raise Invalid("This product does not exist", fields={"products": "unknown"})
    if not set(TicketPriority) >= set(row.priorities or ()):
        raise Invalid("This priority does not exist", fields={"priorities": "unknown"})
    if not TICKET_STRATEGIES.keys() >= set(row.strategies or ()):
        raise Invalid("This strategy does not exist", fields={"strategies": "unknown"})
    if not row.strategies:
        raise Invalid("Choose at least one strategy", fields={"strategies": "required"})
    if row.vip_from is not None and not 0 <= row.vip_from <= HIGHEST_LEVEL:
        raise Invalid("This number is out of range", fields={"vipFrom": f"0 to {HIGHEST_LEVEL}"})
    row.department = referenced(Department, row.department_id, actor, "departmentId")
    row.team = referenced(Team, row.team_id, actor, "teamId")
    for number in row.target_teams or ():
        referenced(Team, number, actor, "targetTeams")
    row.skill = (row.skill or "").strip() or None


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
