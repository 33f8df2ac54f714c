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
    for column, dictionary, objection in (
        ("type", "ticket_type", "This ticket type does not exist"),
        ("product", "product", "This product does not exist"),
    ):
        code = getattr(row, column)
        if (row.id is None or column in data) and code and code not in settings.dictionary_codes(dictionary):
            raise Invalid(objection, fields={column: "unknown"})
    row.team = referenced(Team, row.team_id, actor, "teamId")


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
