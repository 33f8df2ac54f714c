"""What happens by itself when a ticket takes too long: warnings, breaches, escalation (TKT-6).

Each happens once, however often the watch comes by: a clock remembers how far it has got, under the ticket's lock.
"""

import logging
from collections.abc import Sequence
from functools import partial

from sqlalchemy import select

from app.errors import DomainError
from app.extensions import db
from models.actor import Actor
from models.organization import Agent
from models.sla import SlaAction, SlaEscalation, SlaPolicy, TicketClock
from models.tickets import Ticket, TicketPriority
from models.types import utcnow
from services import sla
from services.operation import announce, run
from services.sla import keeping
from services.sla.policies import rules
from services.tickets.state import give, staff_rooms, tell

logger = logging.getLogger(__name__)

#: tickets looked at per round; the next one comes soon
AT_ONCE = 200
#: tickets recomputed in one transaction
BATCH = 50


def watch(actor: Actor) -> int:
    """By the timetable: what is due now; returns to how many tickets something happened."""
    due = (
        select(TicketClock.ticket_id)
        .join(TicketClock.ticket)
        .where(TicketClock.next_check_time <= utcnow())
        .order_by(TicketClock.next_check_time)
        .limit(AT_ONCE)
    )
    return sum(_look(actor, number) for number in dict.fromkeys(db.session.scalars(due).all()))


def recompute(actor: Actor, *, customer_id: int | None = None) -> int:
    """Job: the clocks of all tickets that are worked on, by the policies and hours as they are now; returns how many.

    Only those of one customer if one is named.
    """
    done, last = 0, 0
    while True:
        wanted = select(Ticket.id).where(Ticket.status.in_(keeping.OPEN), Ticket.id > last)
        if customer_id is not None:
            wanted = wanted.where(Ticket.customer_id == customer_id)
        numbers = db.session.scalars(wanted.order_by(Ticket.id).limit(BATCH)).all()
        if not numbers:
            return done
        run(actor, "ticket.recompute_sla", partial(_recompute, numbers))
        done, last = done + len(numbers), numbers[-1]


def _recompute(numbers: Sequence[int]) -> None:
    rows = select(Ticket).where(Ticket.id.in_(numbers)).order_by(Ticket.id).with_for_update()
    sla.follow_all(list(db.session.scalars(rows, execution_options={"populate_existing": True})), rules())


def _look(actor: Actor, number: int) -> bool:
    ticket = db.session.get(Ticket, number)
    if ticket is None:
        return False
    try:
        return run(actor, "ticket.watch_sla", partial(_act, actor, ticket), (ticket,))
    except DomainError as refusal:  # somebody else is at it; the next round comes soon
        logger.warning("ticket %s could not be watched: %s", number, refusal.message)
        return False


def _act(actor: Actor, ticket: Ticket) -> bool:
    """Inside an operation: everything that is due now and has not happened. It may have been solved meanwhile."""
    known, now = rules(), utcnow()
    sla.follow_all([ticket], known)
    passed = [
        (row, policy, percents)
        for row in db.session.scalars(select(TicketClock).where(TicketClock.ticket_id == ticket.id)).all()
        if row.next_check_time is not None and (policy := known.policy(row.policy_id)) is not None
        if (percents := keeping.passed(row, policy, known, now))
    ]
    for row, policy, percents in passed:
        row.reached_percent, row.breached = max(percents), max(percents) >= 100
        _tell(ticket, row, policy, percents)
    for row, policy, percents in passed:
        for step in policy.escalations:
            if step.goal is row.goal and step.percent in percents:
                _escalate(actor, ticket, step)
    db.session.flush()
    sla.follow_all([ticket], known)
    return bool(passed)


def _tell(ticket: Ticket, row: TicketClock, policy: SlaPolicy, percents: set[int]) -> None:
    """Of a goal that is missed nobody is warned any more."""
    about = {"rooms": staff_rooms(ticket), "ticket_id": ticket.id, "goal": row.goal.value}
    if 100 in percents:
        announce("ticket.sla_breached", **about)
    elif policy.warn_percent in percents:
        announce("ticket.sla_warned", **about)


def _escalate(actor: Actor, ticket: Ticket, step: SlaEscalation) -> None:
    if step.action is SlaAction.raise_priority:
        ladder = list(TicketPriority)
        if ticket.priority is ladder[-1]:
            return
        ticket.priority = ladder[ladder.index(ticket.priority) + 1]
        tell(ticket, "updated")
    elif step.action is SlaAction.give:
        if not _works(step.agent) or ticket.assignee_id == step.agent_id:
            return
        give(actor, ticket, step.agent, method="escalation")
    # to the staff: what we promise ourselves is nothing for customers to read
    announce(
        "ticket.escalated",
        rooms=staff_rooms(ticket),
        ticket_id=ticket.id,
        goal=step.goal.value,
        percent=step.percent,
        action=step.action.value,
    )


def _works(agent: Agent | None) -> bool:
    return agent is not None and agent.user is not None and bool(agent.user.active)
