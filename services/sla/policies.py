"""Policies and their steps as administrators keep them, and which one holds for a ticket (TKT-6; B §2.5.2.2)."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app.errors import Invalid, Reason
from app.extensions import db
from models.actor import Actor
from models.hours import WorkCalendar
from models.organization import Agent, Team
from models.sla import SlaAction, SlaEscalation, SlaPolicy
from models.tickets import Ticket
from services import settings
from services.crud import crud, referenced
from services.routing.hours import ALWAYS, Hours, hours_of

#: a year
MOST_MINUTES = 366 * 24 * 60
MOST_PERCENT = 1000


@dataclass(frozen=True)
class Rules:
    """What the bound company promises, and when it works, read once for as many tickets as one likes."""

    policies: tuple[SlaPolicy, ...]
    calendars: dict[int, Hours]
    default_calendar: int | None
    #: team → the calendar of its own
    teams: dict[int, int]

    def policy_for(self, ticket: Ticket) -> SlaPolicy | None:
        """The first policy that fits."""
        return next((policy for policy in self.policies if _fits(policy, ticket)), None)

    def policy(self, number: int | None) -> SlaPolicy | None:
        """The policy of this number, if it is in force."""
        return next((policy for policy in self.policies if policy.id == number), None)

    def calendar_for(self, policy: SlaPolicy | None, ticket: Ticket) -> int | None:
        """By whose hours the ticket's clocks run; None: around the clock."""
        if policy is not None and policy.around_the_clock:
            return None
        return self.teams.get(ticket.team_id, self.default_calendar)

    def hours(self, calendar_id: int | None) -> Hours:
        """A company without working hours is always open, and so is a calendar that is gone."""
        return self.calendars.get(calendar_id, ALWAYS)


def rules() -> Rules:
    """The rules in force for the bound company."""
    policies = db.session.scalars(
        select(SlaPolicy)
        .where(SlaPolicy.active == 1)
        .order_by(SlaPolicy.sort, SlaPolicy.id)
        .options(selectinload(SlaPolicy.escalations))
    )
    calendars = list(db.session.scalars(select(WorkCalendar).options(selectinload(WorkCalendar.days))))
    own = db.session.execute(select(Team.id, Team.calendar_id).where(Team.calendar_id.is_not(None)))
    return Rules(
        policies=tuple(policies),
        calendars=known_hours(calendars),
        default_calendar=next((row.id for row in calendars if row.is_default), None),
        teams=dict(own.tuples().all()),
    )


def known_hours(calendars: Iterable[WorkCalendar]) -> dict[int, Hours]:
    """Calendars by number, as plain values."""
    return {row.id: hours_of(row) for row in calendars}


def _fits(policy: SlaPolicy, ticket: Ticket) -> bool:
    level = ticket.customer.vip_level if ticket.customer else 0
    return (
        policy.priority in (None, ticket.priority)
        and policy.ticket_type in (None, ticket.type)
        and policy.product in (None, ticket.product)
        and (policy.min_vip_level is None or level >= policy.min_vip_level)
    )


def _check_policy(actor: Actor, row: SlaPolicy, data: dict) -> None:
    row.name = (row.name or "").strip()
    if not row.name:
        raise Invalid("A service level needs a name", fields={"name": "required"})
    row.ticket_type, row.product = row.ticket_type or None, row.product or None
    if row.ticket_type and row.ticket_type not in settings.dictionary_codes("ticket_type"):
        raise Invalid("This ticket type does not exist", fields={"ticketType": "unknown"})
    if row.product and row.product not in settings.dictionary_codes("product"):
        raise Invalid("This product does not exist", fields={"product": "unknown"})
    if row.first_response_minutes is None and row.resolution_minutes is None:
        raise Invalid(
            "Say how soon somebody answers or how soon it is solved", fields={"firstResponseMinutes": "required"}
        )
    _within(row.first_response_minutes, MOST_MINUTES, "firstResponseMinutes")
    _within(row.resolution_minutes, MOST_MINUTES, "resolutionMinutes")
    _within(row.warn_percent, 99, "warnPercent")
    if row.min_vip_level is not None and not 0 <= row.min_vip_level <= 99:
        raise Invalid("The number is out of range", fields={"minVipLevel": _range(99, least=0)})


def _check_escalation(actor: Actor, row: SlaEscalation, data: dict) -> None:
    row.policy = referenced(SlaPolicy, row.policy_id, actor, "policyId")
    _within(100 if row.percent is None else row.percent, MOST_PERCENT, "percent")
    agent = referenced(Agent, row.agent_id, actor, "agentId")
    if row.action is SlaAction.give:
        if agent is None:
            raise Invalid("Say who gets the ticket", fields={"agentId": "required"})
        row.agent = agent
    else:
        row.agent = None


def _within(number: int | None, most: int, field: str) -> None:
    if number is not None and not 1 <= number <= most:
        raise Invalid("The number is out of range", fields={field: _range(most)})


def _range(most: int, *, least: int = 1) -> Reason:
    return Reason("%(least)s to %(most)s", least=least, most=most)


crud(
    "sla_policy",
    SlaPolicy,
    title="Service level",
    writable=(
        "name",
        "active",
        "sort",
        "priority",
        "ticket_type",
        "product",
        "min_vip_level",
        "first_response_minutes",
        "resolution_minutes",
        "warn_percent",
        "around_the_clock",
    ),
    check=_check_policy,
)
crud(
    "sla_escalation",
    SlaEscalation,
    title="Escalation",
    writable=("policy_id", "goal", "percent", "action", "agent_id"),
    check=_check_escalation,
)
