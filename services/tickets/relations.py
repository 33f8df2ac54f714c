"""Tickets that have to do with each other: related, duplicate, parent and child (TKT-5)."""

from sqlalchemy import case, or_, select

from app.errors import Conflict, Invalid, NotFound
from app.extensions import db
from models.actor import Actor
from models.ticket_relations import LinkKind, TicketLink
from models.tickets import ENDED, Ticket
from services.operation import operation
from services.tickets.state import tell

#: no family has as many generations; a longer way up is a circle
DEEPEST = 20


@operation("ticket.link", title="Link tickets")
def link_tickets(actor: Actor, ticket: Ticket, other: Ticket, *, kind: LinkKind = LinkKind.related) -> TicketLink:
    """`ticket` is `kind` of `other`. Raises Conflict for a second link between the two and for circles of parents."""
    if ticket.id == other.id:
        raise Invalid("A ticket cannot be linked with itself", fields={"otherId": "another ticket"})
    if link_between(ticket, other) is not None:
        raise Conflict("These tickets are linked already")
    if kind is LinkKind.parent:
        if parent_of(other) is not None:
            raise Conflict("That ticket is part of another one already")
        if other.id in _ancestors(ticket):
            raise Conflict("A ticket cannot be part of its own part")
    link = TicketLink(ticket_id=ticket.id, other_id=other.id, kind=kind)
    db.session.add(link)
    db.session.flush()
    for one in (ticket, other):
        tell(one, "linked")
    return link


@operation("ticket.unlink", title="Remove a link between tickets", right="ticket.link")
def unlink_tickets(actor: Actor, ticket: Ticket, *, link_id: int) -> None:
    """Raises NotFound when it is no link of this ticket, or one to a ticket that does not exist for this actor."""
    link = db.session.scalars(
        select(TicketLink).where(
            TicketLink.id == link_id,
            or_(TicketLink.ticket_id == ticket.id, TicketLink.other_id == ticket.id),
            TicketLink.visible_to(actor),
        )
    ).first()
    if link is None:
        raise NotFound("This does not exist")
    db.session.delete(link)
    for one in (link.ticket, link.other):
        tell(one, "linked")


def links_of(actor: Actor, ticket: Ticket) -> list[TicketLink]:
    """Its links to tickets that this actor may see, the oldest first."""
    mine = or_(TicketLink.ticket_id == ticket.id, TicketLink.other_id == ticket.id)
    return list(
        db.session.scalars(select(TicketLink).where(mine, TicketLink.visible_to(actor)).order_by(TicketLink.id))
    )


def link_between(one: Ticket, other: Ticket) -> TicketLink | None:
    """The link of these two, whichever of them it begins with."""
    return db.session.scalars(
        select(TicketLink).where(
            TicketLink.ticket_id.in_((one.id, other.id)),
            TicketLink.other_id.in_((one.id, other.id)),
        )
    ).first()


def parent_of(ticket: Ticket) -> int | None:
    """The number of the ticket of which this one is a part."""
    return _parent(ticket.id)


def check_children(actor: Actor, ticket: Ticket, reason: str) -> None:
    """A whole ends after its parts, or somebody says why not.

    Raises Conflict of the kind open_children, with the numbers of those parts that this actor may see.
    """
    waiting = [] if reason.strip() else _open_children(actor, ticket)
    if waiting:
        raise Conflict(
            "Parts of this ticket are still open: finish them first, or say why it ends now",
            kind="open_children",
            tickets=[no for no, is_seen in waiting if is_seen],
        )


def _open_children(actor: Actor, ticket: Ticket) -> list[tuple[str, bool]]:
    """The numbers of its parts that have not ended, each with whether this actor may see it."""
    parts = (
        select(Ticket.no, case((Ticket.visible_to(actor), 1), else_=0))
        .join(TicketLink, TicketLink.other_id == Ticket.id)
        .where(TicketLink.ticket_id == ticket.id, TicketLink.kind == LinkKind.parent, Ticket.status.not_in(ENDED))
    )
    return list(db.session.execute(parts.order_by(Ticket.id)).tuples())


def _parent(ticket_id: int) -> int | None:
    of_it = TicketLink.other_id == ticket_id, TicketLink.kind == LinkKind.parent
    return db.session.scalar(select(TicketLink.ticket_id).where(*of_it, TicketLink.ticket.has()))


def _ancestors(ticket: Ticket) -> set[int]:
    found, at = {ticket.id}, _parent(ticket.id)
    while at is not None and at not in found and len(found) < DEEPEST:
        found.add(at)
        at = _parent(at)
    return found
