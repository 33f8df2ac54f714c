"""Tickets find their agents by themselves: the most urgent first, then the oldest (TKT-7; B §2.5.2.1, §3.5.1)."""

import logging
from collections.abc import Iterator

from sqlalchemy import case, select

from app.errors import Conflict, NotFound
from app.extensions import db
from models.actor import Actor
from models.customers import Customer
from models.ticket_routing import TicketRule
from models.tickets import UNDER_WAY, Ticket, TicketPriority
from models.types import utcnow
from services.conversations import get_agent
from services.operation import announce, operation
from services.routing import records
from services.routing.facts import Floor
from services.routing.rounds import Rounds
from services.routing.strategies import rank
from services.tickets import plans
from services.tickets.floor import about, look_around, open_counts, requests_of
from services.tickets.plans import TicketPlan, TicketRequest
from services.tickets.state import give

logger = logging.getLogger(__name__)

#: tickets looked at together
BATCH = 100
_URGENCY = case((Ticket.priority == TicketPriority.critical, 0), (Ticket.priority == TicketPriority.urgent, 1), else_=2)
_WAITS = (Ticket.assignee_id.is_(None), Ticket.status.in_(UNDER_WAY))

_rounds = Rounds()


def dispatch(actor: Actor) -> int:
    """Give tickets without an agent to those whom the rules name; returns how many found one.

    Called when a ticket comes or changes, an agent may have room, a rule or the hours change, and by the timetable.
    Running it twice at once, in several processes, does no harm: each assignment locks the ticket and the agent.
    """
    return _rounds.run(actor.tenant_id, lambda: _round(actor))


def has_work() -> bool:
    """Whether a round could give anybody anything just now: a rule is in force, and a ticket waits.

    Who asks after his commit misses nothing: a rule, or a ticket, that comes later has an event of its own.
    """
    rule, ticket = select(TicketRule.id).where(TicketRule.active == 1), select(Ticket.id).where(*_WAITS)
    # one after the other: a company without rules does not even look for tickets
    return all(db.session.scalar(wanted.limit(1)) is not None for wanted in (rule, ticket))


def _round(actor: Actor) -> int:
    db.session.rollback()  # a round looks at what is, not at what was when the one before began
    rules = plans.active_rules()
    waiting = list(db.session.scalars(select(Ticket.id).where(*_WAITS).order_by(_URGENCY, Ticket.id))) if rules else []
    if not waiting:
        return 0
    floor, given = look_around(), 0
    for request in _requests(waiting, floor):
        plan = plans.plan_for(request, rules, floor)
        if plan is None:
            continue
        request = plans.asked_by(plan, request)
        obstacles = [plans.why_not(plan, request, one, floor) for one in plans.pool(plan, floor)]
        # for whom it only waits until somebody's hours begin nobody need be called
        is_lost = None not in obstacles and "off_hours" not in obstacles
        if None not in obstacles and not (is_lost and not request.is_told):
            continue
        ticket = db.session.get(Ticket, request.id, populate_existing=True)
        if ticket is None:
            continue
        try:
            if is_lost:
                leave_in_pool(actor, ticket)
                continue
            agent_id = route_ticket(actor, ticket)
        except (Conflict, NotFound) as refusal:
            logger.info("ticket %s stays in the pool: %s", request.id, refusal.kind)
            continue
        if agent_id is not None:
            given += 1
            next(one for one in floor.candidates if one.id == agent_id).count += 1
    return given


@operation("ticket.route", title="Assign a ticket automatically")
def route_ticket(actor: Actor, ticket: Ticket) -> int | None:
    """Find an agent for one ticket without; returns the agent's number, None when there is nobody or nothing to do."""
    if ticket.assignee_id is not None or ticket.status not in UNDER_WAY:
        return None
    floor = look_around()
    request = requests_of([ticket], floor)[0]
    plan = plans.plan_for(request, plans.active_rules(), floor)
    if plan is None:
        return None
    request = plans.asked_by(plan, request)
    candidates = plans.pool(plan, floor)
    obstacles = {one.id: plans.why_not(plan, request, one, floor) for one in candidates}
    ranking = rank(request, candidates, plan.strategies)
    for ranked in ranking:
        one = ranked.candidate
        if obstacles[one.id] is not None:
            continue
        agent = get_agent(one.id)  # held: from here on nobody else gives him anything
        one.count = open_counts(one.id).get(one.id, 0)
        if not one.has_room:
            obstacles[one.id] = "tickets_full"
            continue
        others = [other for other in ranking if other is not ranked]
        detail = {**records.compared(plan, ranked, others, obstacles), **_asked(plan, request)}
        give(actor, ticket, agent, method="auto", detail=detail)
        return one.id
    return None


@operation("ticket.leave_in_pool", title="Leave a ticket in the pool", right="ticket.route")
def leave_in_pool(actor: Actor, ticket: Ticket) -> bool:
    """Nobody can get it by the rules: those who give tickets out are told, once."""
    if ticket.assignee_id is not None or ticket.unrouted_time is not None:
        return False
    ticket.unrouted_time = utcnow()
    announce("ticket.unrouted", ticket_id=ticket.id)
    return True


def is_routed(ticket: Ticket) -> bool:
    """Whether a rule is for this ticket, so that nobody need be asked to assign it yet."""
    customer = db.session.get(Customer, ticket.customer_id) if ticket.customer_id else None
    request = TicketRequest(**about(ticket, customer), team_id=ticket.team_id)
    return any(plans.fits(rule, request) for rule in plans.active_rules())


def _requests(waiting: list[int], floor: Floor) -> Iterator[TicketRequest]:
    """What waits, in order; read some at a time, for often few of many can be given."""
    for start in range(0, len(waiting), BATCH):
        numbers = waiting[start : start + BATCH]
        rows = {
            row.id: row
            for row in db.session.scalars(
                select(Ticket).where(Ticket.id.in_(numbers), *_WAITS), execution_options={"populate_existing": True}
            )
        }
        yield from requests_of([rows[number] for number in numbers if number in rows], floor)


def _asked(plan: TicketPlan, request: TicketRequest) -> dict:
    """What was known of the ticket itself."""
    return {
        "ticketType": request.type,
        "priority": request.priority.value,
        "product": request.product,
        "vipLevel": request.vip_level,
        "skillRequired": request.skills[0] if plan.skill_required and request.skills else None,
    }
