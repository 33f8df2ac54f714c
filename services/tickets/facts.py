"""What a ticket is about and whom it concerns, checked: title, type, product, department, contact (TKT-1, TKT-3)."""

from pydantic.alias_generators import to_camel

from app.errors import Invalid, NotAllowed
from models.actor import Actor
from models.organization import Department
from models.tickets import Ticket
from services import settings
from services.crud import referenced
from services.custom_fields.kinds import is_empty
from services.customers import EMAIL, PHONE
from services.tickets.tags import set_tags

LONGEST_NAME = 100


def clean_title(title: str) -> str:
    """One line of at most 255 characters. Raises Invalid."""
    title = " ".join(title.split())
    if not 1 <= len(title) <= 255:
        raise Invalid("The title must have 1 to 255 characters", fields={"title": "1 to 255 characters"})
    return title


def known_type(type_: str) -> str:
    """A code of the dictionary of ticket types; empty is allowed."""
    if type_ and type_ not in settings.dictionary_codes("ticket_type"):
        raise Invalid("This ticket type does not exist", fields={"type": "unknown"})
    return type_


def set_facts(
    actor: Actor,
    ticket: Ticket,
    *,
    product: str | None = None,
    department_id: int | None = None,
    contact_name: str | None = None,
    contact_email: str | None = None,
    contact_phone: str | None = None,
) -> None:
    """Inside an operation: write down what is given; None leaves as it is, "" takes away, department 0 takes away.

    Raises Invalid for what is not known or no address, NotAllowed when a customer names a department of ours.
    """
    if product is not None:
        if product and product not in settings.dictionary_codes("product"):
            raise Invalid("This product does not exist", fields={"product": "unknown"})
        ticket.product = product
    if department_id is not None:
        if actor.sees_as_customer:
            raise NotAllowed("Departments are given by staff")
        ticket.department = referenced(Department, department_id or None, actor, "departmentId")
    if contact_name is not None:
        ticket.contact_name = _short(" ".join(contact_name.split()), LONGEST_NAME, "contactName")
    if contact_email is not None:
        ticket.contact_email = _address(contact_email.strip())
    if contact_phone is not None:
        ticket.contact_phone = _number(contact_phone.strip())


def tag_ticket(actor: Actor, ticket: Ticket, tags: list[str]) -> None:
    """Inside an operation on a stored ticket. Raises NotAllowed for customers: by tags staff find their way."""
    if actor.sees_as_customer:
        raise NotAllowed("Tags are given by staff")
    set_tags(ticket, tags)


def names_of(facts: dict[str, object], custom: dict | None, *, is_filled: bool = False) -> set[str]:
    """What of a ticket is said here, as REST calls it: "departmentId", "custom.<code>"; `is_filled`: not emptied."""
    said = {to_camel(name): value or "" for name, value in facts.items() if value is not None}
    said |= {f"custom.{code}": value for code, value in (custom or {}).items()}
    return {name for name, value in said.items() if not (is_filled and is_empty(value))}


def _short(text: str, longest: int, name: str) -> str | None:
    if len(text) > longest:
        raise Invalid("A value is too large or too long to be stored", fields={name: "too long"})
    return text or None


def _address(text: str) -> str | None:
    if text and not EMAIL.fullmatch(text):
        raise Invalid("This is not an e-mail address", fields={"contactEmail": "name@host"})
    return _short(text, 255, "contactEmail")


def _number(text: str) -> str | None:
    if text and not PHONE.fullmatch(text):
        raise Invalid("This is not a phone number", fields={"contactPhone": "digits"})
    return _short(text, 32, "contactPhone")
