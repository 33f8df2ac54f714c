"""Passing a ticket on: at once, or once a supervisor has approved it (TKT-7; B §3.5.3).

Until then whoever asks goes on working. Supervisors are answerable for what they do: theirs are done at once.
"""

from sqlalchemy import select

from app.errors import Conflict, Invalid, NotAllowed
from app.extensions import db
from models.actor import Actor
from models.organization import Agent
from models.ticket_transfers import TicketTransfer, TicketTransferState
from models.tickets import ENDED, Ticket
from services import settings
from services.conversations import get_agent
from services.operation import operation
from services.tickets.assigning import hand
from services.tickets.state import end_request, give, pending_request, tell_request

#: whoever holds this right need not ask, and answers those who do
DECIDES = "ticket.assign"


@operation("ticket.transfer", title="Pass a ticket on")
def transfer_ticket(actor: Actor, ticket: Ticket, *, to_agent_id: int, reason: str) -> Ticket:
    """Whoever works on a ticket gives it to a colleague and says why; who assigns tickets may do it for others.

    With the setting `ticket_transfer_approval` an agent asks for it, and keeps the ticket until somebody approves.
    Raises NotAllowed when it is somebody else's, Invalid without a reason.
    """
    is_mine = ticket.assignee_id is not None and ticket.assignee_id == actor.agent_id
    if not is_mine and not actor.may(DECIDES):
        raise NotAllowed("Only who works on the ticket can pass it on")
    reason = reason.strip()
    if not reason:
        raise Invalid("Say why", fields={"reason": "required"})
    if actor.may(DECIDES) or not settings.get_setting("ticket_transfer_approval"):
        hand(actor, ticket, to_agent_id, method="transfer", reason=reason)
    else:
        _ask(ticket, to_agent_id, reason)
    return ticket


@operation("ticket.approve_transfer", title="Approve a ticket's transfer", right="ticket.assign")
def approve_transfer(actor: Actor, ticket: Ticket, request: TicketTransfer, *, note: str = "") -> TicketTransfer:
    """The ticket changes hands; why, and what was said to it, stand in its history."""
    _check_open(actor, request)
    agent = _able(get_agent(request.to_agent_id))
    request.decided_by, request.note = actor.user_id, note.strip()[:500] or None
    end_request(request, TicketTransferState.approved)
    tell_request(request, "transfer_approved")
    give(
        actor,
        ticket,
        agent,
        method="transfer",
        reason=request.reason,
        detail={"approval": {"transferId": request.id, "by": actor.name, "note": request.note}},
        by=request.create_by,
    )
    return request


@operation("ticket.reject_transfer", title="Reject a ticket's transfer", right="ticket.assign")
def reject_transfer(actor: Actor, ticket: Ticket, request: TicketTransfer, *, note: str) -> TicketTransfer:
    """The ticket stays where it is. Raises Invalid when whoever asked would not learn why."""
    _check_open(actor, request)
    if not note.strip():
        raise Invalid("Say why", fields={"note": "required"})
    request.decided_by, request.note = actor.user_id, note.strip()[:500]
    end_request(request, TicketTransferState.rejected)
    tell_request(request, "transfer_rejected")
    return request


@operation("ticket.cancel_transfer", title="Take a request to pass a ticket on back", right="ticket.transfer")
def cancel_transfer(actor: Actor, ticket: Ticket, request: TicketTransfer) -> TicketTransfer:
    """Whoever asked keeps it after all."""
    _check_pending(request)
    if request.from_agent_id != actor.agent_id:
        raise NotAllowed("Only who asked for it can take it back")
    end_request(request, TicketTransferState.cancelled)
    tell_request(request, "transfer_cancelled")
    return request


def pending_requests(tickets: list[Ticket]) -> dict[int, TicketTransfer]:
    """ticket → the request that nobody has decided about, in one statement for any number of them."""
    rows = db.session.scalars(
        select(TicketTransfer).where(
            TicketTransfer.ticket_id.in_([ticket.id for ticket in tickets]),
            TicketTransfer.state == TicketTransferState.pending,
        )
    )
    return {row.ticket_id: row for row in rows}


def _ask(ticket: Ticket, to_agent_id: int, reason: str) -> None:
    if ticket.status in ENDED:
        raise Conflict("The ticket has ended")
    if pending_request(ticket) is not None:
        raise Conflict("It is being decided already who gets this ticket", kind="transfer_pending")
    agent = _able(get_agent(to_agent_id))
    if agent.id == ticket.assignee_id:
        raise Conflict("This agent already has the ticket")
    request = TicketTransfer(ticket=ticket, from_agent=ticket.assignee, to_agent=agent, reason=reason[:500])
    db.session.add(request)
    db.session.flush()
    tell_request(request, "transfer_requested")


def _able(agent: Agent) -> Agent:
    if agent.user is None or not agent.user.active:
        raise Conflict("This account is disabled: choose somebody else", kind="agent_disabled")
    return agent


def _check_open(actor: Actor, request: TicketTransfer) -> None:
    _check_pending(request)
    if request.from_agent_id == actor.agent_id:
        raise NotAllowed("Somebody else decides about your own request")


def _check_pending(request: TicketTransfer) -> None:
    if request.state is not TicketTransferState.pending:
        raise Conflict("This request is over", kind="transfer_over")
