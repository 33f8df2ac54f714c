"""Texts that rules and macros send: only these names are filled in, once, by what they stand for; no language."""

from collections.abc import Callable
from functools import partial

from app.errors import Invalid, Reason
from models.actor import Actor
from models.tickets import Ticket
from services import settings, threads
from services.placeholders import put_in, unknown_name
from services.visitors import shown_name

LONGEST = 2000

#: {name} in a text → what stands there when it is sent
NAMES: dict[str, Callable[[Actor, Ticket], str]] = {
    "ticket.no": lambda actor, ticket: ticket.no,
    "ticket.title": lambda actor, ticket: ticket.title,
    "customer.name": lambda actor, ticket: shown_name(ticket.customer.name) if ticket.customer else "",
    "agent.name": lambda actor, ticket: ticket.assignee.name if ticket.assignee else "",
    "team.name": lambda actor, ticket: ticket.team.name if ticket.team else "",
    "company.name": lambda actor, ticket: settings.get_setting("company_name"),
}


def checked(text: object, place: str) -> str:
    """A text as it is stored. Raises Invalid for an empty one, one too long, and names that are not known."""
    if not isinstance(text, str) or not text.strip() or "\x00" in text:
        raise Invalid("Write a text", fields={place: "required"})
    if len(text) > LONGEST:
        raise Invalid("Write a text", fields={place: Reason("at most %(number)s characters", number=LONGEST)})
    if unknown := unknown_name(text, NAMES):
        raise Invalid("There is no such variable", fields={place: unknown})
    return text.strip()


def filled(actor: Actor, ticket: Ticket, text: str) -> str:
    """The text with what the names stand for; what that contains is not looked at again.

    Cut to the length of a message: however long a customer's title is, what is said with it can be said.
    """
    words = put_in(text, {name: partial(value_of, actor, ticket) for name, value_of in NAMES.items()})
    return words[: threads.MAX_CHARS]
