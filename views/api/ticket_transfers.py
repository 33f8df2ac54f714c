"""A request to pass a ticket on, as REST shows it (TKT-7)."""

from models.ticket_transfers import TicketTransfer
from views.api.conversations import dump_agent_ref
from views.api.resource import plain


def dump_transfer(request: TicketTransfer) -> dict:
    """With as much of the ticket as somebody needs who decides about it."""
    ticket, decider = request.ticket, request.decider
    return {
        "id": request.id,
        "ticketId": request.ticket_id,
        "state": request.state.value,
        "fromAgent": dump_agent_ref(request.from_agent),
        "toAgent": dump_agent_ref(request.to_agent),
        "reason": request.reason,
        "note": request.note,
        "decidedBy": {"id": decider.id, "name": decider.full_name} if decider else None,
        "createTime": plain(request.create_time),
        "endTime": plain(request.end_time),
        "ticket": {
            "id": ticket.id,
            "no": ticket.no,
            "title": ticket.title,
            "priority": ticket.priority.value,
            "status": ticket.status.value,
        },
    }
