"""Portal visitors without an account: what they are called, and what they say about themselves (CUS-3)."""

import re
import unicodedata

from flask_babel import gettext

from app.errors import Invalid, NotAllowed
from app.extensions import db
from models.actor import Actor
from models.customers import Customer
from services.customers import EMAIL, PHONE
from services.operation import announce, operation

MAX_NAME = 64
#: who gives no name is stored as a number, which is the same in every language: "#0007"
_NUMBER = re.compile(r"#(\d{4,})")


def number_for(customer: Customer) -> str:
    """What a visitor is stored as who has not said his name."""
    return f"#{customer.id:04d}"


def is_named(customer: Customer) -> bool:
    """Whether he has said his name, or somebody has for him."""
    return not _NUMBER.fullmatch(customer.name)


def shown_name(name: str) -> str:
    """A customer's name for people to read: a number becomes "Visitor 0007" in their language."""
    numbered = _NUMBER.fullmatch(name)
    return gettext("Visitor %(number)s", number=numbered[1]) if numbered else name


@operation("customer.introduce", title="Say who one is and how to be reached", right="")
def introduce(actor: Actor, customer: Customer, *, name: str = "", contact: str = "") -> Customer:
    """A customer says what to call him, and the phone number or e-mail address at which he can be reached.

    Only about himself; what is left empty stays as it is, and so does what is known of him for certain.
    """
    if actor.customer_id != customer.id:
        raise NotAllowed("You can only say this about yourself")
    name = " ".join(name.split())
    if len(name) > MAX_NAME:
        raise Invalid("The name is too long", fields={"name": "too long"})
    contact = unicodedata.normalize("NFKC", contact).strip()
    is_email, is_phone = bool(EMAIL.fullmatch(contact)), bool(PHONE.fullmatch(contact))
    if contact and not (is_email or is_phone):
        raise Invalid(
            "Please give a phone number or an e-mail address", fields={"contact": "a phone number or an e-mail address"}
        )
    tell_of_oneself(customer, name=name, email=contact if is_email else "", phone=contact if is_phone else "")
    return customer


def tell_of_oneself(
    customer: Customer, *, name: str = "", phone: str = "", email: str = "", organization: str = ""
) -> None:
    """Inside an operation: put into the profile what a customer says of himself; what is empty says nothing.

    Of somebody we know - by an account, by another site's signature, by what our people have written - only what is
    missing is filled in: whoever sits at his screen does not change how he is reached.
    """
    told = {"phone": phone, "email": email, "organization_told": organization}
    if customer.is_temporary:  # the name of an account is the account's
        told["name"] = name
    for column, text in told.items():
        if text and (customer.is_temporary or not getattr(customer, column)):
            setattr(customer, column, text)
    db.session.flush()
    announce("customer.updated", customer_id=customer.id)
