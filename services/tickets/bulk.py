"""Several tickets at once, all or none: given to somebody, moved, given another priority or type (TKT-9)."""

from collections.abc import Callable, Iterable
from enum import StrEnum, auto

from app.errors import Conflict, DomainError, Invalid, NotAllowed, Reason
from models.actor import Actor
from models.tickets import Ticket, TicketPriority, TicketStatus
from services.operation import operation
from services.tickets.assigning import assign_ticket
from services.tickets.changing import move_ticket, update_ticket

MOST = 200


class BulkAction(StrEnum):
    """What `POST /tickets/batch` does with the tickets it names."""

    assign = auto()
    flow = auto()
    change = auto()
    macro = auto()


def refuse_too_many(ids: Iterable[int]) -> None:
    """Raises Invalid before anything is read: so many are no selection any more."""
    if len(set(ids)) > MOST:
        raise Invalid("These are too many tickets at once", fields={"ids": Reason("at most %(number)s", number=MOST)})


@operation("ticket.batch_give", title="Assign several tickets", right="ticket.assign")
def batch_give(actor: Actor, tickets: list, *, agent_id: int, reason: str = "") -> list[Ticket]:
    """Give the tickets to an agent; those he has already stay as they are. Returns the others."""
    return each(
        [ticket for ticket in tickets if ticket.assignee_id != agent_id],
        lambda ticket: assign_ticket(actor, ticket, agent_id=agent_id, reason=reason),
    )


@operation("ticket.batch_flow", title="Move several tickets", right="ticket.update")
def batch_flow(
    actor: Actor, tickets: list, *, status: TicketStatus, resolution: str = "", reason: str = ""
) -> list[Ticket]:
    """Take the same step with all that are not there yet; each needs the right of its step. Returns those moved."""
    return each(
        [ticket for ticket in tickets if ticket.status is not status],
        lambda ticket: move_ticket(actor, ticket, status=status, resolution=resolution, reason=reason),
    )


@operation("ticket.batch_update", title="Change several tickets", right="ticket.update")
def batch_update(
    actor: Actor, tickets: list, *, priority: TicketPriority | None = None, type: str | None = None
) -> list[Ticket]:
    """Give tickets another priority or type; those that have it stay as they are. Returns the others."""
    if priority is None and type is None:
        raise Invalid("Say what to change", fields={"priority": "required"})
    given = {name: value for name, value in (("priority", priority), ("type", type)) if value is not None}
    return each(
        [ticket for ticket in tickets if any(getattr(ticket, name) != value for name, value in given.items())],
        lambda ticket: update_ticket(actor, ticket, version=ticket.version, **given),
    )


def each(tickets: list[Ticket], act: Callable[[Ticket], object]) -> list[Ticket]:
    """Inside an operation: do it with every ticket, or with none.

    Raises Conflict with all refusals, [{id, no, message}]; what is wrong with the request itself is raised as it is.
    """
    refused: list[tuple[Ticket, DomainError]] = []
    for ticket in tickets:
        try:
            act(ticket)
        except (Conflict, NotAllowed) as refusal:
            refused.append((ticket, refusal))
    if refused:
        raise Conflict(
            "Nothing was changed: not all of these tickets can be",
            kind="refused",
            refused=[{"id": ticket.id, "no": ticket.no, "message": refusal.message} for ticket, refusal in refused],
        )
    return tickets
