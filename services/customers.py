"""Organizations, contacts, customers (CUS)."""

import re

from sqlalchemy import select

from app.errors import Conflict, Invalid
from app.extensions import db
from models.actor import Actor
from models.conversations import OPEN, Conversation
from models.customers import Contact, Customer, Organization
from models.identity import User
from models.organization import Agent
from models.tickets import ENDED, Ticket
from services.crud import crud, referenced
from services.custom_fields import CUSTOM

PHONE = re.compile(r"[+\d][\d\- ]{4,19}")
#: shorter numbers are masked whole
SHORTEST_SHOWN = 7
EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,126}")


def mask_phone(phone: str | None) -> str | None:
    """138****8000: enough to recognise, too little to call (M09)."""
    if not phone or len(phone) < SHORTEST_SHOWN:
        return "****" if phone else phone
    return f"{phone[:3]}****{phone[-4:]}"


def mask_email(email: str | None) -> str | None:
    if not email or "@" not in email:
        return email
    name, _, host = email.partition("@")
    return f"{name[:1]}***@{host}"


def _check_contact(actor: Actor, row: Contact, data: dict) -> None:
    referenced(Organization, row.organization_id, actor, "organizationId")
    _check_reach(row)


def _check_customer(actor: Actor, row: Customer, data: dict) -> None:
    row.name = (row.name or "").strip()
    if not row.name:
        raise Invalid("A customer needs a name", fields={"name": "required"})
    referenced(Organization, row.organization_id, actor, "organizationId")
    referenced(Contact, row.contact_id, actor, "contactId")
    referenced(User, row.user_id, actor, "userId")
    referenced(Agent, row.agent_id, actor, "agentId")
    if row.vip_level is not None and not 0 <= row.vip_level <= 9:
        raise Invalid("The VIP level goes from 0 to 9", fields={"vipLevel": "0 to 9"})
    _check_reach(row)


def _check_reach(row) -> None:
    if row.phone and not PHONE.fullmatch(row.phone):
        raise Invalid("This is not a phone number", fields={"phone": "digits"})
    if row.email and not EMAIL.fullmatch(row.email):
        raise Invalid("This is not an e-mail address", fields={"email": "name@host"})


def _free(actor: Actor, row: Customer) -> None:
    """What is still going on would lose the person it is about."""
    if db.session.scalar(
        select(Conversation.id).where(Conversation.customer_id == row.id, Conversation.status.in_(OPEN)).limit(1)
    ):
        raise Conflict("The customer has a conversation that is still open: close it first")
    if db.session.scalar(select(Ticket.id).where(Ticket.customer_id == row.id, Ticket.status.not_in(ENDED)).limit(1)):
        raise Conflict("The customer has tickets that are not finished: finish them first")


crud(
    "organization",
    Organization,
    title="Organization",
    writable=("name", "credit_code", "region", "address", "phone", "industry", "cooperation_level", "note"),
    beside=CUSTOM,
)
crud(
    "contact",
    Contact,
    title="Contact",
    writable=(
        "organization_id",
        "name",
        "gender",
        "phone",
        "landline",
        "email",
        "position",
        "department_name",
        "emergency_phone",
    ),
    check=_check_contact,
)
crud(
    "customer",
    Customer,
    title="Customer",
    writable=(
        "name",
        "user_id",
        "contact_id",
        "organization_id",
        "phone",
        "email",
        "vip_level",
        "tags",
        "source",
        "is_temporary",
        "agent_id",
        "region",
        "note",
    ),
    beside=CUSTOM,
    check=_check_customer,
    before_delete=_free,
    restorable=True,
)
