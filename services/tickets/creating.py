"""Tickets come into being: reported, recorded, made from a conversation (TKT-1, CHT-14)."""

from sqlalchemy import select

from app.errors import Conflict, NotAllowed, NotFound
from app.extensions import db
from models.actor import Actor
from models.conversations import Conversation
from models.customers import Customer
from models.messaging import ThreadKind
from models.organization import Team
from models.tickets import Ticket, TicketPriority, TicketStatus
from models.types import utcnow
from models.understanding import Subject
from services import custom_fields, sla, threads, ticket_templates
from services.conversations import get_agent
from services.conversations import place as conversation_place
from services.numbers import next_number
from services.operation import operation
from services.sensitive import remarks
from services.tickets import workflow
from services.tickets.facts import clean_title, known_type, set_facts, tag_ticket
from services.tickets.state import give, place, tell
from services.transcripts import carry_files, with_transcript
from services.understanding import labels


@operation("ticket.create", title="Create a ticket")
def create_ticket(
    actor: Actor,
    *,
    title: str,
    description: str = "",
    type: str = "",
    priority: TicketPriority = TicketPriority.normal,
    product: str = "",
    customer_id: int | None = None,
    assignee_id: int | None = None,
    department_id: int | None = None,
    contact_name: str = "",
    contact_email: str = "",
    contact_phone: str = "",
    tags: list[str] | None = None,
    custom: dict | None = None,
    template_id: int | None = None,
) -> Ticket:
    """A customer reports a problem for himself, or staff records one for a customer and may keep it.

    Of a template the ticket has the team; its texts are those of the request (see `services.ticket_templates`).
    """
    if assignee_id is not None and assignee_id != actor.agent_id:
        actor.require("ticket.assign")
    if actor.sees_as_customer:
        if actor.customer_id is None or customer_id not in (None, actor.customer_id):
            raise NotAllowed("You can only create tickets for yourself")
        customer_id = actor.customer_id
    elif (
        customer_id is not None
        and db.session.scalar(select(Customer.id).where(Customer.id == customer_id, Customer.visible_to(actor))) is None
    ):
        raise NotFound("This customer does not exist")
    template = ticket_templates.chosen(actor, template_id)
    if template is not None and not actor.sees_as_customer:
        title, description = (ticket_templates.filled(text, customer_id) for text in (title, description))
    caught = remarks.look_at_ticket(actor, title, description, customer_id=customer_id)
    ticket = new_ticket(
        actor,
        title=title,
        description=description,
        type_=type,
        priority=priority,
        customer_id=customer_id,
        source="customer" if actor.sees_as_customer else "agent",
        product=product,
        department_id=department_id,
        contact_name=contact_name,
        contact_email=contact_email,
        contact_phone=contact_phone,
        custom=custom,
        team=template.team if template is not None else None,
    )
    if tags:
        tag_ticket(actor, ticket, tags)
    if assignee_id is not None:
        give(actor, ticket, get_agent(assignee_id), method="create")
    remarks.mark_ticket(ticket, caught)
    return ticket


@operation("ticket.from_conversation", title="Turn a conversation into a ticket")
def create_from_conversation(
    actor: Actor,
    conversation: Conversation,
    *,
    title: str,
    description: str = "",
    type: str = "",
    priority: TicketPriority = TicketPriority.normal,
    product: str = "",
    department_id: int | None = None,
    contact_name: str = "",
    contact_email: str = "",
    contact_phone: str = "",
    custom: dict | None = None,
) -> Ticket:
    """What could not be solved while talking goes on as a ticket, assigned to the agent who talked (CHT-14)."""
    existing = db.session.scalars(select(Ticket).where(Ticket.conversation_id == conversation.id)).first()
    if existing is not None:
        raise Conflict("A ticket was already made from this conversation", ticket_id=existing.id)
    # what was said has been looked at when it was said
    caught = remarks.look_at_ticket(actor, title, description, customer_id=conversation.customer_id)
    ticket = new_ticket(
        actor,
        title=title,
        description=with_transcript(description, conversation),
        type_=type,
        priority=priority,
        customer_id=conversation.customer_id,
        source="conversation",
        conversation_id=conversation.id,
        product=product,
        department_id=department_id,
        contact_name=contact_name,
        contact_email=contact_email,
        contact_phone=contact_phone,
        custom=custom,
    )
    carry_files(conversation, ticket, place=place(ticket))
    if conversation.agent_id:
        give(actor, ticket, get_agent(conversation.agent_id), method="conversation")
    remarks.mark_ticket(ticket, caught)
    threads.system_message(
        actor,
        conversation.thread,
        "ticket_created",
        f"已创建工单 {ticket.no}",
        place=conversation_place(conversation),
        ticketId=ticket.id,
        no=ticket.no,
    )
    return ticket


def remember_kind(actor: Actor, ticket: Ticket) -> None:
    """Inside an operation: the type and priority that somebody of the staff gave a ticket are learned from."""
    labels.remember(actor, Subject.ticket_type, ticket.id, ticket.type)
    labels.remember(actor, Subject.ticket_priority, ticket.id, ticket.priority.value)


def new_ticket(
    actor: Actor,
    *,
    title: str,
    description: str,
    type_: str,
    priority: TicketPriority,
    customer_id: int | None,
    source: str,
    conversation_id: int | None = None,
    team: Team | None = None,
    custom: dict | None,
    **facts,
) -> Ticket:
    """Inside an operation: a stored ticket with its number and its room; `facts` as for `set_facts`."""
    ticket = Ticket(
        no=next_number("TK", utcnow()),
        title=clean_title(title),
        description=description.strip(),
        type=known_type(type_),
        priority=priority,
        customer_id=customer_id,
        source=source,
        conversation_id=conversation_id,
        team=team,
        thread=threads.new_thread(ThreadKind.ticket),
        status=TicketStatus.pending,
    )
    set_facts(actor, ticket, **facts)
    workflow.check_new(actor, ticket, custom)
    db.session.add(ticket)
    db.session.flush()
    custom_fields.set_values(actor, ticket, custom, is_complete=True)
    remember_kind(actor, ticket)
    sla.follow(ticket)
    threads.system_message(
        actor, ticket.thread, "created", f"工单 {ticket.no} 已创建", place=place(ticket), by=actor.name
    )
    tell(ticket, "created")
    return ticket
