"""Legal holds: a conversation, or all that was said with a customer, is kept until somebody lifts it."""

from app.errors import Conflict, Invalid
from models.actor import Actor
from models.conversations import Conversation
from models.customers import Customer
from models.types import utcnow
from services.operation import announce, operation


@operation("conversation.preserve", title="Place a legal hold on a conversation")
def preserve_conversation(actor: Actor, conversation: Conversation, *, reason: str) -> Conversation:
    """Retention passes it by. The customer is not told."""
    if conversation.purge_time is not None:
        raise Conflict("What was said here has already been purged")
    _hold(conversation, reason)
    tell(conversation, "preserved")
    return conversation


@operation("conversation.release", title="Lift the legal hold of a conversation", right="conversation.preserve")
def release_conversation(actor: Actor, conversation: Conversation) -> Conversation:
    """From now on its age counts again."""
    _lift(conversation)
    tell(conversation, "released")
    return conversation


@operation("customer.preserve", title="Place a legal hold on a customer")
def preserve_customer(actor: Actor, customer: Customer, *, reason: str) -> Customer:
    """Retention passes all his conversations by, those to come as well."""
    _hold(customer, reason)
    announce("customer.preserved", customer_id=customer.id)
    return customer


@operation("customer.release", title="Lift the legal hold of a customer", right="customer.preserve")
def release_customer(actor: Actor, customer: Customer) -> Customer:
    """From now on the age of his conversations counts again."""
    _lift(customer)
    announce("customer.released", customer_id=customer.id)
    return customer


def _hold(row: Conversation | Customer, reason: str) -> None:
    if not reason.strip():
        raise Invalid("Say why it must be kept", fields={"reason": "required"})
    row.legal_hold_time, row.legal_hold_reason = row.legal_hold_time or utcnow(), reason.strip()[:500]


def _lift(row: Conversation | Customer) -> None:
    if row.legal_hold_time is None:
        raise Conflict("There is no legal hold on it")
    row.legal_hold_time = row.legal_hold_reason = None


def tell(conversation: Conversation, event: str) -> None:
    """Those who watch it and who serves it; not the customer."""
    rooms = [f"monitor:{conversation.tenant_id}"]
    if conversation.agent_id:
        rooms.append(f"agent:{conversation.agent_id}")
    announce(
        f"conversation.{event}",
        rooms=rooms,
        conversation_id=conversation.id,
        customer_id=conversation.customer_id,
        status=conversation.status.value,
    )
