"""Templates of tickets: what the form of a new one begins with, for staff and, where marked, for customers (TKT-1).

Title and description may contain names, which stand for whom the ticket is of. Customers read them filled in for
themselves; what staff records for a customer is filled in when it is stored.
"""

from collections.abc import Callable
from functools import partial

from app.errors import Conflict, Invalid
from app.extensions import db
from models.actor import Actor
from models.automation import TicketTemplate
from models.customers import Customer
from models.organization import Team
from services import settings
from services.crud import crud, referenced
from services.placeholders import put_in, unknown_name
from services.visitors import is_named

#: {name} in a text → what stands there; nothing where it is not known
NAMES: dict[str, Callable[[Customer | None], str]] = {
    "customer.name": lambda customer: customer.name if customer and is_named(customer) else "",
    "customer.organization": lambda customer: customer.organization.name if customer and customer.organization else "",
    "company.name": lambda customer: settings.get_setting("company_name"),
}
#: columns whose texts have names
TEXTS = ("title", "description")


def _check(actor: Actor, row: TicketTemplate, data: dict) -> None:
    row.name = " ".join((row.name or "").split())
    if not row.name:
        raise Invalid("A template needs a name", fields={"name": "required"})
    row.title = " ".join((row.title or "").split())
    if _is_unknown(row, data, "type", "ticket_type"):
        raise Invalid("This ticket type does not exist", fields={"type": "unknown"})
    if _is_unknown(row, data, "product", "product"):
        raise Invalid("This product does not exist", fields={"product": "unknown"})
    for column in TEXTS:
        if column in data and (unknown := unknown_name(data[column] or "", NAMES)):
            raise Invalid("There is no such variable", fields={column: unknown})
    row.team = referenced(Team, row.team_id, actor, "teamId")


def _is_unknown(row: TicketTemplate, data: dict, column: str, dictionary: str) -> bool:
    """Whether a code was given that the dictionary has not; one that has gone meanwhile may stay."""
    code = getattr(row, column)
    return (row.id is None or column in data) and bool(code) and code not in settings.dictionary_codes(dictionary)


def chosen(actor: Actor, template_id: int | None) -> TicketTemplate | None:
    """The template that a new ticket is made from, None where there is none.

    Raises Invalid for a template that this actor is not offered, Conflict for one that is switched off.
    """
    template = referenced(TicketTemplate, template_id, actor, "templateId")
    if template is not None and not template.active:
        raise Conflict("This template is switched off")
    return template


def filled(text: str, customer_id: int | None) -> str:
    """The text of a template with what its names stand for, for a ticket of this customer, or of nobody known."""
    customer = db.session.get(Customer, customer_id) if customer_id else None
    return put_in(text, {name: partial(value_of, customer) for name, value_of in NAMES.items()})


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
