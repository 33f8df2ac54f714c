"""会话转接: what is offered, to whom, and the answers (CHT-6)."""

from sqlalchemy import select

from models.actor import Actor
from models.conversations import Conversation
from models.transfers import ConversationTransfer
from services import conversations
from services.operation import DataField
from views.api.conversations import SECTION, dump, dump_transfer
from views.api.endpoint import endpoint, load
from views.api.resource import PAGING, Resource, listing

TRANSFERS = Resource(
    path="transfers",
    key="conversation_transfer",
    model=ConversationTransfer,
    section=SECTION,
    title="转接",
    out=("id",),
    filters=("state", "conversation_id", "from_agent_id", "to_agent_id", "to_team_id"),
    sort=("id", "create_time", "expire_time"),
    eager=("conversation.customer.user", "from_agent.user", "to_agent.user", "to_team"),
    enrich=lambda actor, rows: {row.id: dump_transfer(row) for row in rows},
    writes=(),
)


@endpoint(
    "GET",
    "/transfers",
    section=SECTION,
    summary="转接列表",
    right="conversation.transfer",
    query={**PAGING, "state": str, "sessionId": int, "offeredTo": str},
)
def list_transfers(actor: Actor, sessionId: int | None = None, offeredTo: str = "", **query):
    """Those of the conversations one sees; `offeredTo=me` those one is asked to accept just now."""
    statement = select(ConversationTransfer)
    if sessionId is not None:
        statement = statement.where(ConversationTransfer.conversation_id == sessionId)
    if offeredTo == "me":
        statement = statement.where(ConversationTransfer.offered_to(actor))
    return listing(TRANSFERS, actor, statement=statement, **query)


@endpoint(
    "GET", "/sessions/<id:id>/transfers", section=SECTION, summary="转接记录", right="conversation_assignment.read"
)
def list_transfers_of(actor: Actor, row_id: int):
    return [dump_transfer(row) for row in conversations.transfers_of(load(Conversation, row_id, actor))]


@endpoint("POST", "/sessions/<id:id>/accept", section=SECTION, summary="接受转接", right="conversation.transfer")
def accept(actor: Actor, row_id: int):
    """Whoever is asked need not see the conversation before; from now on he serves it."""
    transfer = conversations.find_offer(actor, row_id)
    return dump(actor, conversations.accept_transfer(actor, transfer.conversation, transfer))


@endpoint(
    "POST",
    "/sessions/<id:id>/decline",
    section=SECTION,
    summary="拒绝转接",
    right="conversation.transfer",
    fields=(DataField("reason", str, "", 500),),
)
def decline(actor: Actor, row_id: int, reason: str = ""):
    transfer = conversations.find_offer(actor, row_id)
    conversations.decline_transfer(actor, transfer.conversation, transfer, reason=reason)
