"""工单模板接口: what the form of a new ticket may begin with, for staff and for customers (TKT-1; B §2.5.1)."""

from models.actor import Actor
from models.automation import TicketTemplate
from services import ticket_templates
from views.api.resource import Resource, serve


def _text(actor: Actor, text: str | None) -> str | None:
    """Staff read what was written, for they may change it; customers what it says to them."""
    return ticket_templates.filled(text, actor.customer_id) if text and actor.sees_as_customer else text


serve(
    Resource(
        "ticket-templates",
        "ticket_template",
        TicketTemplate,
        "工单自动化接口",
        "工单模板",
        out=("id", "name", "type", "priority", "product", "team_id", "is_public", "active", "sort", "version"),
        # into whose pool it leads, to whom and in which order it is offered
        of_staff=("team_id", "is_public", "active", "sort", "version"),
        more={name: lambda actor, row, name=name: _text(actor, getattr(row, name)) for name in ticket_templates.TEXTS},
        filters=("active", "is_public", "type"),
        sort=("id", "sort", "name"),
        search=("name", "title"),
    )
)
