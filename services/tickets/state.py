"""Where a ticket belongs, who hears of it, whom it is given to, what may be done with it now."""

from sqlalchemy import select

from app.extensions import db
from models.actor import Actor
from models.organization import Agent
from models.tickets import ENDED, TRANSITIONS, Ticket, TicketAssignment, TicketFollowUp, TicketStatus
from models.types import utcnow
from services import threads
from services.operation import announce
from services.places import Place, room

#: who comes back from these is taken up again
SOLVED = (TicketStatus.resolved, TicketStatus.closed)
#: the states as the room's lines and the older protocol name them
TITLES = {
    TicketStatus.pending: "待处理",
    TicketStatus.processing: "处理中",
    TicketStatus.waiting: "等待客户",
    TicketStatus.review: "待审核",
    TicketStatus.resolved: "已解决",
    TicketStatus.closed: "已关闭",
    TicketStatus.cancelled: "已取消",
}


def place(ticket: Ticket) -> Place:
    """The ticket as the place of its thread."""
    audience = [
        f"{kind}:{number}"
        for kind, number in (("customer", ticket.customer_id), ("agent", ticket.assignee_id))
        if number
    ]
    return Place({"ticketId": ticket.id}, tuple(audience))


def rooms(ticket: Ticket) -> list[str]:
    """Who hears of changes: the room, the customer, the assignee, the supervisors."""
    audience = [room(ticket.thread_id), f"monitor:{ticket.tenant_id}", *place(ticket).audience]
    if ticket.team_id:
        audience.append(f"team:{ticket.team_id}")
    return audience


def tell(ticket: Ticket, event: str, **payload) -> None:
    """Inside an operation: announce "ticket.moved" …, with what clients need to know."""
    announce(
        f"ticket.{event}",
        rooms=rooms(ticket),
        ticket_id=ticket.id,
        status=ticket.status.value,
        customer_id=ticket.customer_id,
        **payload,
    )


def step_to(actor: Actor, ticket: Ticket, status: TicketStatus, *, reason: str = "") -> None:
    """Inside an operation that has made sure of the right: the ticket is in this state from now on.

    Its room gets a line, its times of solution and end are kept.
    """
    before, ticket.status = ticket.status, status
    if before in SOLVED and status not in SOLVED:
        ticket.reopen_count += 1
    now = utcnow()
    ticket.resolve_time = (
        now if status is TicketStatus.resolved else (ticket.resolve_time if status is TicketStatus.closed else None)
    )
    ticket.close_time = now if status in ENDED else None
    threads.system_message(
        actor,
        ticket.thread,
        "status",
        f"工单状态由「{TITLES[before]}」变为「{TITLES[status]}」",
        place=place(ticket),
        **{"from": before.value, "to": status.value, "by": actor.name, "reason": reason[:200]},
    )
    tell(ticket, "moved", before=before.value)


def give(actor: Actor, ticket: Ticket, agent: Agent, *, method: str, reason: str = "") -> None:
    """Inside an operation: hand a ticket to an agent, with a line in its room and a row of its history."""
    previous = ticket.assignee
    ticket.assignee = agent
    db.session.add(
        TicketAssignment(
            ticket_id=ticket.id,
            method=method,
            from_agent_id=previous.id if previous else None,
            to_agent_id=agent.id,
            reason=reason[:500] or None,
        )
    )
    db.session.flush()
    threads.system_message(
        actor,
        ticket.thread,
        "assigned",
        f"工单已分配给 {agent.name}",
        place=place(ticket),
        **{"from": previous.name if previous else "", "to": agent.name},
    )
    tell(ticket, "assigned", agent_id=agent.id, from_agent_id=previous.id if previous else None)


def transitions_for(actor: Actor, ticket: Ticket) -> list[str]:
    """The states to which this actor may move the ticket now."""
    return [to.value for (start, to), right in TRANSITIONS.items() if start is ticket.status and actor.may(right)]


def assignments_of(ticket: Ticket) -> list[TicketAssignment]:
    return list(
        db.session.scalars(
            select(TicketAssignment).where(TicketAssignment.ticket_id == ticket.id).order_by(TicketAssignment.id)
        )
    )


def follow_ups_of(ticket: Ticket) -> list[TicketFollowUp]:
    return list(
        db.session.scalars(
            select(TicketFollowUp).where(TicketFollowUp.ticket_id == ticket.id).order_by(TicketFollowUp.id.desc())
        )
    )
