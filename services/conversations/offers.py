"""The pending offer of a conversation: at most one, which ends with whatever moves the conversation (CHT-6)."""

from sqlalchemy import select

from app.extensions import db
from models.actor import Actor
from models.conversations import HELD, Conversation
from models.messaging import MessageType
from models.organization import TeamMember
from models.transfers import ConversationTransfer, TransferState
from models.types import utcnow
from services import threads
from services.conversations.state import place
from services.operation import announce
from services.places import room


def pending_offer(conversation: Conversation) -> ConversationTransfer | None:
    """Whom it is offered to just now. Whoever holds the conversation's row holds its offer."""
    return db.session.scalars(
        select(ConversationTransfer).where(
            ConversationTransfer.conversation_id == conversation.id, ConversationTransfer.state == TransferState.pending
        )
    ).first()


def pending_offers(actor: Actor, conversations: list[Conversation]) -> dict[int, ConversationTransfer]:
    """The same for many at once, by conversation id. Customers hear of a transfer when it has happened."""
    held = [row.id for row in conversations if row.status in HELD]
    if actor.sees_as_customer or not held:
        return {}
    rows = db.session.scalars(
        select(ConversationTransfer).where(
            ConversationTransfer.conversation_id.in_(held), ConversationTransfer.state == TransferState.pending
        )
    )
    return {row.conversation_id: row for row in rows}


def withdraw_offer(conversation: Conversation) -> bool:
    """Inside an operation that moves the conversation: nobody is asked any more. Whether anybody was."""
    offer = pending_offer(conversation)
    if offer is None:
        return False
    end_offer(offer, TransferState.cancelled)
    tell_offer(offer, "transfer_cancelled")
    return True


def end_offer(offer: ConversationTransfer, state: TransferState) -> None:
    offer.state, offer.end_time = state, utcnow()
    db.session.flush()


def tell_offer(offer: ConversationTransfer, event: str) -> None:
    """To who is asked, who asks, and the supervisors; never to the customer."""
    asked = {offer.from_agent_id, offer.to_agent_id}
    if offer.to_team_id is not None:
        asked |= set(db.session.scalars(select(TeamMember.agent_id).where(TeamMember.team_id == offer.to_team_id)))
    announce(
        f"conversation.{event}",
        rooms=[room(offer.conversation.thread_id, staff=True), f"monitor:{offer.tenant_id}"],
        asked=[f"agent:{number}" for number in sorted(asked - {None})],
        conversation_id=offer.conversation_id,
        transfer_id=offer.id,
    )


def note_offer(actor: Actor, offer: ConversationTransfer, event: str, text: str | None) -> None:
    """What became of it, as a note among staff by whoever did it: `text` is the reason that was given."""
    name = offer.to_agent.name if offer.to_agent else offer.to_team.name
    conversation = offer.conversation
    threads.store(
        actor,
        conversation.thread,
        client_msg_id=f"{event}-{offer.id}",
        type_=MessageType.note,
        content=text or name,
        payload={"event": event, "by": actor.name, "params": {"to": name, "reason": text or ""}},
        place=place(conversation),
    )
