"""Who works on a ticket: assigned by a supervisor, passed on by an agent, taken over (TKT-7; B §2.5.2.1, §3.5)."""

from app.errors import Conflict, Invalid, NotAllowed
from models.actor import Actor
from models.tickets import ENDED, Ticket
from services.conversations import get_agent
from services.operation import operation
from services.tickets.state import give


@operation("ticket.assign", title="Assign a ticket")
def assign_ticket(actor: Actor, ticket: Ticket, *, agent_id: int, reason: str = "") -> Ticket:
    """Give a ticket to an agent."""
    _hand(actor, ticket, agent_id, method="assign", reason=reason)
    return ticket


@operation("ticket.batch_assign", title="Assign several tickets", right="ticket.assign")
def batch_assign(actor: Actor, tickets: list, *, agent_id: int, reason: str = "") -> list[Ticket]:
    """All or none: when one cannot be given, nothing changes."""
    for ticket in tickets:
        _hand(actor, ticket, agent_id, method="assign", reason=reason)
    return tickets


@operation("ticket.transfer", title="Pass a ticket on")
def transfer_ticket(actor: Actor, ticket: Ticket, *, to_agent_id: int, reason: str) -> Ticket:
    """Whoever works on a ticket gives it to a colleague and says why; who assigns tickets may do it for others.

    Raises NotAllowed when it is somebody else's, Invalid without a reason.
    """
    is_mine = ticket.assignee_id is not None and ticket.assignee_id == actor.agent_id
    if not is_mine and not actor.may("ticket.assign"):
        raise NotAllowed("Only who works on the ticket can pass it on")
    if not reason.strip():
        raise Invalid("Say why", fields={"reason": "required"})
    _hand(actor, ticket, to_agent_id, method="transfer", reason=reason)
    return ticket


@operation("ticket.takeover", title="Take a ticket over")
def take_over_ticket(actor: Actor, ticket: Ticket, *, reason: str = "") -> Ticket:
    """A supervisor works on it in person."""
    if actor.agent_id is None:
        raise Conflict("Only agents can work on tickets: your account has no agent profile")
    _hand(actor, ticket, actor.agent_id, method="takeover", reason=reason)
    return ticket


def _hand(actor: Actor, ticket: Ticket, agent_id: int, *, method: str, reason: str) -> None:
    if ticket.status in ENDED:
        raise Conflict("The ticket has ended")
    agent = get_agent(agent_id)
    if ticket.assignee_id == agent.id:
        raise Conflict("This agent already has the ticket")
    give(actor, ticket, agent, method=method, reason=reason.strip())
