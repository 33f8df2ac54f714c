"""Values of the operation log as its reader may see them: what is masked on a screen is masked in the log too (M09)."""

from collections.abc import Callable, Mapping

from models.actor import Actor
from services.customers import mask_email, mask_phone
from services.identity.accounts import real_email

#: tables of how customers are reached; our own accounts are no secret among us
_OF_CUSTOMERS = frozenset({"customer", "contact", "ticket"})
_MASKS: Mapping[str, Callable[[str | None], str | None]] = {
    "phone": mask_phone,
    "landline": mask_phone,
    "emergency_phone": mask_phone,
    "contact_phone": mask_phone,
    "email": mask_email,
    "contact_email": mask_email,
}


def shown_values(actor: Actor, table: str | None, logged: dict | None) -> dict | None:
    """What stood in a row of `table` before or after, by column; an account without an address has none here either."""
    if logged is None:
        return None
    if "email" in logged:
        logged = logged | {"email": real_email(logged["email"])}
    if table not in _OF_CUSTOMERS or actor.sees_as_customer or actor.may("customer.read_pii"):
        return logged
    return {name: _MASKS[name](value) if name in _MASKS else value for name, value in logged.items()}
