"""Templates of tickets: what the form of a new one begins with, for staff and, where marked, for customers (TKT-1)."""

from app.errors import Conflict, Invalid
from models.actor import Actor
from models.automation import TicketTemplate
from models.organization import Team
from services import settings
from services.crud import crud, referenced


def _check(actor: Actor, row: TicketTemplate, data: dict) -> None:
    row.name = " ".join((row.name or "").split())
    if not row.name:
        raise Invalid("A template needs a name", fields={"name": "required"})
    row.title = " ".join((row.title or "").split())
    if _is_unknown(row, data, "type", "ticket_type"):
        raise Invalid("This ticket type does not exist", fields={"type": "unknown"})
    if _is_unknown(row, data, "product", "product"):
        raise Invalid("This product does not exist", fields={"product": "unknown"})
    row.team = referenced(Team, row.team_id, actor, "teamId")


def _is_unknown(row: TicketTemplate, data: dict, column: str, dictionary: str) -> bool:
    """Whether a code was given that the dictionary has not; one that has gone meanwhile may stay."""
    code = getattr(row, column)
    return (row.id is None or column in data) and bool(code) and code not in settings.dictionary_codes(dictionary)


def team_of(actor: Actor, template_id: int | None) -> Team | None:
    """Into whose pool a ticket made from this template comes.

    Raises Invalid for a template that this actor is not offered, Conflict for one that is switched off.
    """
    template = referenced(TicketTemplate, template_id, actor, "templateId")
    if template is None:
        return None
    if not template.active:
        raise Conflict("This template is switched off")
    return template.team


crud(
    "ticket_template",
    TicketTemplate,
    title="Ticket template",
    writable=(
        "name",
        "title",
        "description",
        "type",
        "priority",
        "product",
        "team_id",
        "is_public",
        "active",
        "sort",
    ),
    check=_check,
)
