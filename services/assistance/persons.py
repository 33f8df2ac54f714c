"""Whose names stand in a conversation or a ticket, and what stands for them in words that serve others."""

from collections.abc import Iterable

from ai.masking import BLANK, mask
from models.conversations import Conversation
from models.customers import Customer
from models.tickets import Ticket


def without_persons(text: str, place: Conversation | Ticket) -> str:
    """What was said in a conversation or ticket, its customer as {customer}, whoever served him as {agent}."""
    return mask(text, persons_of(place))


def persons_of(place: Conversation | Ticket, speakers: Iterable[str] = ()) -> dict[str, str]:
    """Name → what stands for it; `speakers` are the names under which staff wrote. Plain values, for native threads."""
    agent = place.agent if isinstance(place, Conversation) else place.assignee
    known = {name: "{agent}" for name in (*speakers, agent.user.full_name if agent and agent.user else "") if name}
    known |= dict.fromkeys(_places_of(place.customer), BLANK)
    known |= dict.fromkeys(_names_of(place.customer), "{customer}")
    return known | {place.no: "{number}"}


def _names_of(customer: Customer | None) -> list[str]:
    if customer is None:
        return []
    account, contact = customer.user, customer.contact
    names = (customer.name, account.full_name if account else "", contact.name if contact else "")
    return [name for name in names if name]


def _places_of(customer: Customer | None) -> list[str]:
    if customer is None:
        return []
    return [name for name in (customer.organization_told, customer.organization and customer.organization.name) if name]
