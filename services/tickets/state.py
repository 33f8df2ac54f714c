"""Where a ticket belongs, who hears of it, whom it is given to, what may be done with it now."""

from sqlalchemy import select

from app.extensions import db
from models.actor import Actor
from models.organization import Agent
from models.ticket_transfers import TicketTransfer, TicketTransferState
from models.tickets import ENDED, SOLVED, TRANSITIONS, Ticket, TicketAssignment, TicketFollowUp, TicketStatus
from models.types import utcnow
from services import settings, sla, threads
from services.operation import announce
from services.places import Place, room
from services.tickets import workflow

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
#: what staff arrange among themselves; customers do not hear that it happened
AMONG_STAFF = frozenset({"linked", "watched", "followed_up"})


def place(ticket: Ticket) -> Place:
    """The ticket as the place of its thread."""
    audience = [
        f"{kind}:{number}"
        for kind, number in (("customer", ticket.customer_id), ("agent", ticket.assignee_id))
        if number
    ]
    return Place({"ticketId": ticket.id}, tuple(audience))


def rooms(ticket: Ticket) -> list[str]:
    """Who hears of changes: the room, the customer, the assignee, those who see all tickets or the team's."""
    audience = [room(ticket.thread_id), f"tickets:{ticket.tenant_id}", *place(ticket).audience]
    if ticket.team_id:
        audience.append(f"team-tickets:{ticket.team_id}")
    return audience


def staff_rooms(ticket: Ticket) -> list[str]:
    """Those of them in which there is no customer."""
    of_customers = {room(ticket.thread_id), f"customer:{ticket.customer_id}"}
    return [room(ticket.thread_id, staff=True), *(name for name in rooms(ticket) if name not in of_customers)]


def tell(ticket: Ticket, event: str, **payload) -> None:
    """Inside an operation: announce "ticket.moved" …, with what clients need to know."""
    announce(
        f"ticket.{event}",
        rooms=staff_rooms(ticket) if event in AMONG_STAFF else rooms(ticket),
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
    if ticket.resolve_time is not None and status not in SOLVED:
        ticket.reopen_count += 1
    now = ticket.status_time = utcnow()
    ticket.resolve_time = (
        now if status is TicketStatus.resolved else (ticket.resolve_time if status is TicketStatus.closed else None)
    )
    ticket.close_time = now if status in ENDED else None
    if status in ENDED:
        drop_request(ticket)
    sla.follow(ticket)
    threads.system_message(
        actor,
        ticket.thread,
        "status",
        f"工单状态由「{TITLES[before]}」变为「{TITLES[status]}」",
        place=place(ticket),
        **{"from": before.value, "to": status.value, "by": actor.name, "reason": reason[:200]},
    )
    _ask_for_rating(actor, ticket)
    tell(ticket, "moved", before=before.value, by_customer=actor.sees_as_customer)


def _ask_for_rating(actor: Actor, ticket: Ticket) -> None:
    """Once a solution, by setting, its customer is asked what he thinks of it (TKT-14); reopened, it is none."""
    if ticket.resolve_time is None:
        ticket.rating_invited_time = None
    elif ticket.status is TicketStatus.resolved and ticket.customer_id and settings.get_setting("rating_invitation"):
        ticket.rating_invited_time = ticket.resolve_time
        threads.system_message(actor, ticket.thread, "rating_invited", "请您评价本次服务", place=place(ticket))


def give(
    actor: Actor,
    ticket: Ticket,
    agent: Agent,
    *,
    method: str,
    reason: str = "",
    detail: dict | None = None,
    by: int | None = None,
) -> None:
    """Inside an operation: hand a ticket to an agent, with a line in its room and a row of its history.

    `by` is the account that wanted it, if not the actor's. A request to pass the ticket on is over.
    """
    drop_request(ticket)
    previous = ticket.assignee
    ticket.assignee = agent
    ticket.unrouted_time = None
    agent.last_ticket_time = utcnow()
    db.session.add(
        TicketAssignment(
            ticket_id=ticket.id,
            method=method,
            from_agent_id=previous.id if previous else None,
            to_agent_id=agent.id,
            reason=reason[:500] or None,
            detail=detail,
            create_by=by,
        )
    )
    sla.follow(ticket)
    threads.system_message(
        actor,
        ticket.thread,
        "assigned",
        f"工单已分配给 {agent.name}",
        place=place(ticket),
        **{"from": previous.name if previous else "", "to": agent.name},
    )
    tell(ticket, "assigned", agent_id=agent.id, from_agent_id=previous.id if previous else None)


def pending_request(ticket: Ticket) -> TicketTransfer | None:
    """The request to pass this ticket on that nobody has decided about."""
    return db.session.scalars(
        select(TicketTransfer).where(
            TicketTransfer.ticket_id == ticket.id, TicketTransfer.state == TicketTransferState.pending
        )
    ).first()


def end_request(request: TicketTransfer, state: TicketTransferState) -> None:
    """Inside an operation: there is an answer to it; the ticket may be asked for again."""
    request.state, request.end_time, request.end_token = state, utcnow(), request.id
    db.session.flush()


def drop_request(ticket: Ticket) -> None:
    """Inside an operation: the ticket went another way, so nobody is asked any more."""
    request = pending_request(ticket)
    if request is not None:
        end_request(request, TicketTransferState.cancelled)
        tell_request(request, "transfer_cancelled")


def tell_request(request: TicketTransfer, event: str) -> None:
    """Inside an operation: announce it to staff alone; customers do not hear who is asked for what."""
    ticket = request.ticket
    staff = [f"tickets:{ticket.tenant_id}", f"agent:{request.from_agent_id}"]
    announce(f"ticket.{event}", rooms=staff, ticket_id=ticket.id, transfer_id=request.id)


def transitions_for(actor: Actor, ticket: Ticket, workflows: workflow.Workflows | None = None) -> list[str]:
    """The states to which this actor may move the ticket now; a merged one has none of its own.

    `workflows` where they are known already.
    """
    if ticket.merged_into_id is not None:
        return []
    steps = workflow.steps_for(ticket, workflows)
    return [to.value for to in steps if actor.may(TRANSITIONS[ticket.status, to])]


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
