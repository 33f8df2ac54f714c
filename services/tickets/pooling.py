"""Tickets in the pool of a team: nobody has them yet, any of the team may be given them (TKT-7)."""

from app.errors import Conflict
from app.extensions import db
from models.actor import Actor
from models.organization import Team
from models.tickets import ENDED, Ticket, TicketAssignment
from services import sla
from services.crud import referenced
from services.operation import operation
from services.tickets.state import drop_request, tell


@operation("ticket.to_team", title="Give a ticket to a team", right="ticket.assign")
def give_to_team(actor: Actor, ticket: Ticket, *, team_id: int, reason: str = "") -> Ticket:
    """Nobody of the team has it yet; whoever had it has it no more. Raises Invalid for a team that is not there."""
    if ticket.status in ENDED:
        raise Conflict("The ticket has ended")
    team, previous = referenced(Team, team_id, actor, "teamId"), ticket.assignee
    if ticket.team_id == team.id and previous is None:
        raise Conflict("This team already has the ticket")
    ticket.team, ticket.assignee = team, None
    if previous is not None:
        db.session.add(
            TicketAssignment(
                ticket_id=ticket.id, method="team", from_agent_id=previous.id, reason=reason.strip()[:500] or None
            )
        )
    drop_request(ticket)
    sla.follow(ticket)
    tell(ticket, "updated")
    return ticket
