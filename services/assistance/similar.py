"""Tickets like this one and how they were solved (AI-5, TKT-12), as far as whoever asks may see them."""

from sqlalchemy import ColumnElement, select

from ai.alike import sameness
from ai.asking import embed_asked, understood_ticket
from ai.smalltalk import recognise
from app.extensions import db
from app.offload import offload
from models.actor import Actor, Scope
from models.conversations import Conversation
from models.messaging import ChatMessage, MessageType, SenderKind
from models.tickets import ENDED, Ticket
from services import quick_replies
from services.assistance.lookup import TICKETS, lookup
from services.assistance.persons import without_persons
from services.knowledge_index import engine

#: less like it than this is another problem
FLOOR = 0.3
MOST = 5
#: how much of a description is compared
TEXT = 500
#: the customer's last messages that tell what a conversation is about
LOOKED_AT = 3


def similar_to_ticket(actor: Actor, ticket: Ticket) -> list[dict]:
    """The tickets most like this one, best first."""
    return _similar(actor, ticket.title, ticket.description, without=ticket, conversation=ticket.conversation)


def similar_to_conversation(actor: Actor, conversation: Conversation) -> list[dict]:
    """The tickets about what this customer talks about."""
    said = db.session.scalars(
        select(ChatMessage.content)
        .where(
            ChatMessage.thread_id == conversation.thread_id,
            ChatMessage.sender_kind == SenderKind.customer,
            ChatMessage.type == MessageType.text,
            ChatMessage.recalled_time.is_(None),
        )
        .order_by(ChatMessage.seq.desc())
        .limit(LOOKED_AT)
    )
    text = " ".join([words for words in said if recognise(words) is None][::-1])
    # the subject is what he said first, unless somebody has written another
    subject = "" if conversation.subject in text else conversation.subject
    return _similar(actor, subject, text, conversation=conversation)


def similar_to_text(actor: Actor, title: str, text: str) -> list[dict]:
    """Before a ticket is made (TKT-12): what staff may see of such tickets, of a customer his own that can go on."""
    if not actor.sees_as_customer:
        return _similar(actor, title, text)
    found = _similar(actor, title, text, among=Ticket.status.not_in(ENDED))
    return [{name: value for name, value in one.items() if name != "reply"} for one in found]


def _similar(
    actor: Actor,
    title: str,
    text: str,
    *,
    without: Ticket | None = None,
    conversation: Conversation | None = None,
    among: ColumnElement[bool] | None = None,
) -> list[dict]:
    conditions = [Ticket.visible_to(actor), *([among] if among is not None else [])]
    asked = offload(understood_ticket, title, text[:TEXT])
    if not asked.text:
        return []
    allowed = None
    if actor.sees_as_customer or actor.scope("ticket") is not Scope.all:
        allowed = list(db.session.scalars(select(Ticket.id).where(*conditions)))
        if not allowed:
            return []
    vector = offload(embed_asked, engine.embedder, asked)
    hits = lookup.search(actor.tenant_id, TICKETS, asked.text, vector, 3 * MOST, allowed)
    likely = {hit.key: sameness(hit, lookup.calibration) for hit in hits}
    wanted = [number for number, how in likely.items() if how >= FLOOR and (without is None or number != without.id)]
    rows = db.session.scalars(select(Ticket).where(Ticket.id.in_(wanted), *conditions))
    # what was solved helps, the others only say that somebody else has it too
    ranked = sorted(rows, key=lambda row: (not row.resolution, -likely[row.id], -row.id))
    values = quick_replies.values_for(actor, conversation)
    return [_dump(row, values) for row in ranked[:MOST]]


def _dump(ticket: Ticket, values: dict[str, str]) -> dict:
    return {
        "ticketId": ticket.id,
        "no": ticket.no,
        "title": ticket.title,
        "status": ticket.status.value,
        "type": ticket.type,
        "resolution": ticket.resolution,
        # for another customer: whoever it was solved for is nobody's business
        "reply": quick_replies.fill_in(without_persons(ticket.resolution or "", ticket), values) or None,
        "createTime": ticket.create_time,
        "resolveTime": ticket.resolve_time,
    }
