"""Who works on a ticket: assigned by a supervisor, taken over (TKT-7; B §2.5.2.1, §3.5)."""

from app.errors import Conflict
from models.actor import Actor
from models.tickets import ENDED, Ticket
from services.conversations import get_agent
from services.operation import operation
from services.tickets.state import give


@operation("ticket.assign", title="Assign a ticket")
def assign_ticket(actor: Actor, ticket: Ticket, *, agent_id: int, reason: str = "") -> Ticket:
    """Give a ticket to an agent."""
    hand(actor, ticket, agent_id, method="assign", reason=reason)
    return ticket


@operation("ticket.batch_assign", title="Assign several tickets", right="ticket.assign")
def batch_assign(actor: Actor, tickets: list, *, agent_id: int, reason: str = "") -> list[Ticket]:
    """All or none: when one cannot be given, nothing changes."""
    for ticket in tickets:
        hand(actor, ticket, agent_id, method="assign", reason=reason)
    return tickets


@operation("ticket.takeover", title="Take a ticket over")
def take_over_ticket(actor: Actor, ticket: Ticket, *, reason: str = "") -> Ticket:
    """A supervisor works on it in person."""
    if actor.agent_id is None:
        raise Conflict("Only agents can work on tickets: your account has no agent profile")
    hand(actor, ticket, actor.agent_id, method="takeover", reason=reason)
    return ticket


def hand(actor: Actor, ticket: Ticket, agent_id: int, *, method: str, reason: str) -> None:
    """Inside an operation: give a ticket to an agent by number. Raises Conflict when it has ended or is his already."""
    if ticket.status in ENDED:
        raise Conflict("The ticket has ended")
    agent = get_agent(agent_id)
    if ticket.assignee_id == agent.id:
        raise Conflict("This agent already has the ticket")
    give(actor, ticket, agent, method=method, reason=reason.strip())
