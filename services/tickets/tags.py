"""Tags of tickets: short words that staff choose, offered from the dictionary ticket_tag (TKT-3; B §2.10.6)."""

from sqlalchemy import ColumnElement, delete, func, select

from app.errors import Invalid, Reason
from app.extensions import db
from models.actor import Actor
from models.settings import Dictionary, DictionaryItem
from models.ticket_relations import TicketTag
from models.tickets import Ticket

MOST_TAGS, LONGEST_TAG = 20, 32


def clean_tags(tags: list[str]) -> list[str]:
    """Each once, in their order, without blanks around. Raises Invalid for too many or too long ones."""
    found = list(dict.fromkeys(tag for tag in (" ".join(one.split()) for one in tags) if tag))
    if len(found) > MOST_TAGS:
        raise Invalid("Too many tags", fields={"tags": Reason("at most %(number)s", number=MOST_TAGS)})
    if any(len(tag) > LONGEST_TAG for tag in found):
        raise Invalid("A tag is too long", fields={"tags": Reason("at most %(number)s characters", number=LONGEST_TAG)})
    return found


def set_tags(ticket: Ticket, tags: list[str]) -> None:
    """Inside an operation on a stored ticket: these are its tags from now on."""
    ticket.tags = clean_tags(tags) or None
    db.session.execute(delete(TicketTag).where(TicketTag.ticket_id == ticket.id))
    db.session.add_all(TicketTag(ticket_id=ticket.id, tag=tag) for tag in ticket.tags or ())
    db.session.flush()


def tagged(tag: str) -> ColumnElement[bool]:
    """The condition that a ticket has this tag."""
    return Ticket.id.in_(select(TicketTag.ticket_id).where(TicketTag.tag == tag))


def known_tags(actor: Actor, limit: int = 100) -> list[str]:
    """Those of the dictionary first, then those in use on tickets this actor may see, the most used first."""
    offered = list(
        db.session.scalars(
            select(DictionaryItem.label)
            .join(Dictionary)
            .where(Dictionary.code == "ticket_tag", DictionaryItem.active == 1)
            .order_by(DictionaryItem.sort)
        )
    )
    used = db.session.scalars(
        select(TicketTag.tag)
        .join(Ticket, Ticket.id == TicketTag.ticket_id)
        .where(Ticket.visible_to(actor))
        .group_by(TicketTag.tag)
        .order_by(func.count().desc(), TicketTag.tag)
        .limit(limit)
    )
    return list(dict.fromkeys([*offered, *used]))[:limit]
