"""What is known when a ticket is assigned: the agents with their open tickets, and what waits (TKT-7)."""

from collections.abc import Iterable

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from app.extensions import db
from models.customers import Customer
from models.organization import Agent
from models.routing import OffHours
from models.tickets import UNDER_WAY, Ticket, TicketPriority
from services import settings
from services.identity import rights
from services.routing import facts, plans
from services.routing.facts import Floor
from services.tickets.plans import TicketRequest, limit_of

#: whoever may do this works on tickets; whoever may do that gives them out
WORKS, LEADS = "ticket.process", "ticket.assign"
#: dictionary → the column that holds one of its codes
_SUBJECTS = {"ticket_type": "type", "product": "product"}


def look_around() -> Floor:
    """The floor of the bound company as far as tickets go, read anew: who works on them, and how many he has."""
    floor = facts.look_at_staff()
    works, leads = set(rights.holders_of(WORKS)), set(rights.holders_of(LEADS))
    held, most = open_counts(), settings.get_setting("default_max_tickets")
    agents = {row.id: row for row in db.session.scalars(select(Agent))}
    floor.candidates = [one for one in floor.candidates if one.user_id in works]
    for one in floor.candidates:
        one.count, one.most = held.get(one.id, 0), limit_of(agents[one.id], most)
        one.last_assigned = agents[one.id].last_ticket_time
        one.is_leader = one.user_id in leads
        one.is_at_work = plans.works_now(OffHours.duty, one, one.teams, floor)
    return floor


def open_counts(agent_id: int | None = None) -> dict[int, int]:
    """agent → open tickets; of one agent alone if he is named."""
    statement = (
        select(Ticket.assignee_id, func.count())
        .where(Ticket.status.in_(UNDER_WAY), Ticket.assignee_id.is_not(None))
        .group_by(Ticket.assignee_id)
    )
    if agent_id is not None:
        statement = statement.where(Ticket.assignee_id == agent_id)
    return dict(db.session.execute(statement).tuples().all())


def requests_of(tickets: Iterable[Ticket], floor: Floor) -> list[TicketRequest]:
    """What assigning these needs to know, in few statements however many they are."""
    rows = list(tickets)
    customer_ids = {row.customer_id for row in rows if row.customer_id}
    customers = {
        row.id: row
        for row in db.session.scalars(
            select(Customer).where(Customer.id.in_(customer_ids)).options(joinedload(Customer.organization))
        )
    }
    relations, last = facts.relations_of(customer_ids, floor.today), _last_agents(customer_ids)
    words = {code: settings.titles_of(code) for code in _SUBJECTS}
    found = []
    for row in rows:
        customer = customers.get(row.customer_id)
        organization = customer.organization if customer else None
        found.append(
            TicketRequest(
                **about(row, customer),
                region=(customer.region if customer else None) or (organization.region if organization else None),
                team_id=row.team_id if row.team_id in floor.teams else None,
                skills=_skills(row, words),
                relations=tuple(one for one in relations[row.customer_id] if one.team_id in floor.teams),
                exclusive_ids=(customer.agent_id,) if customer and customer.agent_id else (),
                last_agent_id=last.get(row.customer_id),
                is_told=row.unrouted_time is not None,
            )
        )
    return found


def about(row: Ticket, customer: Customer | None) -> dict:
    """What rules ask of a ticket."""
    return {
        "id": row.id,
        "customer_id": row.customer_id,
        "vip_level": customer.vip_level if customer else 0,
        "is_urgent": row.priority in (TicketPriority.urgent, TicketPriority.critical),
        "type": row.type,
        "priority": row.priority,
        "product": row.product,
        "department_id": row.department_id,
    }


def _skills(row: Ticket, words: dict[str, dict[str, tuple[str, str]]]) -> tuple[str, ...]:
    """Any skill that is called like the ticket's type or its product."""
    codes = {dictionary: getattr(row, column) for dictionary, column in _SUBJECTS.items()}
    names = [name for dictionary, code in codes.items() if code for name in (code, *words[dictionary].get(code, ()))]
    return tuple(dict.fromkeys(names))


def _last_agents(customer_ids: set[int]) -> dict[int, int]:
    """customer → who has, or had, his last ticket that anybody had."""
    last = (
        select(func.max(Ticket.id))
        .where(Ticket.customer_id.in_(customer_ids), Ticket.assignee_id.is_not(None))
        .group_by(Ticket.customer_id)
    )
    rows = db.session.execute(select(Ticket.customer_id, Ticket.assignee_id).where(Ticket.id.in_(last)))
    return dict(rows.tuples().all())
