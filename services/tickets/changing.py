"""What is done with a ticket: changing, moving, following up (TKT)."""

from app.errors import Conflict, Invalid, NotAllowed, Reason
from app.extensions import db
from models.actor import Actor
from models.tickets import ENDED, TRANSITIONS, Ticket, TicketFollowUp, TicketPriority, TicketStatus
from services import custom_fields, sla
from services.operation import operation
from services.sensitive import remarks
from services.tickets import workflow
from services.tickets.creating import remember_kind
from services.tickets.facts import clean_title, known_type, names_of, set_facts, tag_ticket
from services.tickets.relations import check_children
from services.tickets.state import drop_request, step_to, tell


@operation("ticket.update", title="Change a ticket")
def update_ticket(
    actor: Actor,
    ticket: Ticket,
    *,
    version: int,
    title: str | None = None,
    description: str | None = None,
    type: str | None = None,
    priority: TicketPriority | None = None,
    product: str | None = None,
    department_id: int | None = None,
    contact_name: str | None = None,
    contact_email: str | None = None,
    contact_phone: str | None = None,
    tags: list[str] | None = None,
    custom: dict | None = None,
) -> Ticket:
    """Change what is given; `version` is the one the editor saw. Raises Conflict when it is no longer current."""
    if ticket.version != version:
        raise Conflict(
            "Somebody else has changed this in the meantime, please reload", kind="stale", version=ticket.version
        )
    said = {"title": title or "", "description": description or ""}
    changed = {name: text for name, text in said.items() if text.strip() not in ("", getattr(ticket, name))}
    caught = remarks.look_at_ticket(actor, changed.get("title", ""), changed.get("description", ""), ticket=ticket)
    if title is not None:
        ticket.title = clean_title(title)
    if description is not None:
        ticket.description = description
    is_other_type = type is not None and type != ticket.type
    if type is not None:
        ticket.type = known_type(type)
    if priority is not None:
        ticket.priority = priority
    facts = {
        "product": product,
        "department_id": department_id,
        "contact_name": contact_name,
        "contact_email": contact_email,
        "contact_phone": contact_phone,
    }
    set_facts(actor, ticket, **facts)
    touched = None if is_other_type else names_of(facts, custom)
    workflow.check_new(actor, ticket, custom, only=touched)
    custom_fields.set_values(actor, ticket, custom, is_complete=is_other_type)
    if tags is not None:
        tag_ticket(actor, ticket, tags)
    if type is not None or priority is not None:
        remember_kind(actor, ticket)
    sla.follow(ticket)
    remarks.mark_ticket(ticket, caught)
    tell(ticket, "updated")
    return ticket


@operation("ticket.flow", title="Move a ticket", right="ticket.read")
def move_ticket(
    actor: Actor,
    ticket: Ticket,
    *,
    status: TicketStatus,
    resolution: str = "",
    reason: str = "",
    product: str | None = None,
    department_id: int | None = None,
    contact_name: str | None = None,
    contact_email: str | None = None,
    contact_phone: str | None = None,
    custom: dict | None = None,
) -> Ticket:
    """One step in the transition table, as far as the workflow of its type allows it (TKT-2, TKT-15).

    The right depends on the step. What the workflow wants to know before it may come along, from who may change
    tickets. Raises Invalid naming what is missing.
    """
    if status is ticket.status:
        return ticket
    right = TRANSITIONS.get((ticket.status, status))
    if right is None or status not in workflow.steps_for(ticket):
        raise Conflict(
            "A ticket cannot go from this state to that one", status=ticket.status.value, wanted=status.value
        )
    actor.require(right)
    if resolution.strip() and actor.sees_as_customer:
        raise NotAllowed("How a ticket was solved is written by staff")  # colleagues are shown it as an answer
    if ticket.merged_into_id is not None:
        raise Conflict("The ticket was merged into another one: undo that first", kind="ticket_merged")
    if status in ENDED:
        check_children(actor, ticket, reason)
    facts = {
        "product": product,
        "department_id": department_id,
        "contact_name": contact_name,
        "contact_email": contact_email,
        "contact_phone": contact_phone,
    }
    if custom or any(value is not None for value in facts.values()):
        actor.require("ticket.update")
    missing = workflow.require_known(actor, ticket, status, names_of(facts, custom, is_filled=True))
    if status is TicketStatus.resolved and not (resolution.strip() or ticket.resolution):
        missing["resolution"] = Reason("required")
    if missing:
        only_the_solution = set(missing) == {"resolution"}
        raise Invalid(
            "Say how the problem was solved" if only_the_solution else "Some things must be known before this step",
            fields=missing,
        )
    set_facts(actor, ticket, **facts)
    custom_fields.set_values(actor, ticket, custom)
    if resolution.strip():
        ticket.resolution = resolution.strip()
    step_to(actor, ticket, status, reason=reason)
    return ticket


@operation("ticket.settle", title="Solve and close a ticket", right="ticket.read")
def settle_ticket(actor: Actor, ticket: Ticket, *, resolution: str) -> Ticket:
    """To the end in one go, as E §5.3 has it: solved by this resolution unless it is solved already, then closed.

    Each step needs its own right and is refused where it cannot be taken. What a customer says to it is his reason,
    the solution stays as staff wrote it. Raises as `move_ticket` does.
    """
    if ticket.status is not TicketStatus.resolved:
        move_ticket(actor, ticket, status=TicketStatus.resolved, resolution=resolution)
    words = {"reason": resolution} if actor.sees_as_customer else {"resolution": resolution}
    return move_ticket(actor, ticket, status=TicketStatus.closed, **words)


@operation("ticket.delete", title="Delete a ticket")
def delete_ticket(actor: Actor, ticket: Ticket) -> None:
    """Out of every list; only a purge removes it for good."""
    drop_request(ticket)
    tell(ticket, "deleted")
    sla.drop(ticket)
    db.session.delete(ticket)


@operation("ticket.follow_up", title="Record a follow-up")
def add_follow_up(actor: Actor, ticket: Ticket, *, content: str, result: str = "") -> TicketFollowUp:
    """What was done and with what result (TKT-5)."""
    if not content.strip():
        raise Invalid("Say what was done", fields={"content": "required"})
    follow_up = TicketFollowUp(
        ticket_id=ticket.id, user_id=actor.user_id, content=content.strip(), result=result.strip()[:255] or None
    )
    db.session.add(follow_up)
    db.session.flush()
    tell(ticket, "followed_up")
    return follow_up
