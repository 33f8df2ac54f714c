"""工单管理接口: tickets and their rooms (B §7.9)."""

from sqlalchemy import select

from app.errors import Invalid
from models.actor import Actor
from models.conversations import Conversation
from models.tickets import ENDED, Ticket
from services import tickets
from services.customers import mask_email, mask_phone
from services.operation import DataField
from views.api.conversations import dump_agent_ref, dump_assignments, dump_customer_ref
from views.api.endpoint import action, endpoint, load, load_all
from views.api.resource import PAGING, Resource, listing, plain
from views.api.threads import counters, serve_thread

SECTION = "工单管理接口"


def _reach(actor: Actor, ticket: Ticket, text: str | None, mask) -> str | None:
    """An address as given: in full for whoever gave it and who may see such, as everywhere."""
    return text if actor.sees_as_customer or actor.may("customer.read_pii") else mask(text)


TICKETS = Resource(
    path="tickets",
    key="ticket",
    model=Ticket,
    section=SECTION,
    title="工单",
    out=(
        "id",
        "no",
        "title",
        "description",
        "status",
        "priority",
        "type",
        "product",
        "source",
        "contact_name",
        "department_id",
        "conversation_id",
        "thread_id",
        "team_id",
        "resolution",
        "create_time",
        "update_time",
        "first_reply_time",
        "resolve_time",
        "close_time",
        "version",
    ),
    filters=("status", "priority", "type", "product", "customer_id", "team_id", "department_id"),
    sort=("id", "create_time", "update_time", "priority", "status"),
    search=("no", "title", "customer.name"),
    walked="idx_ticket_listing",
    eager=("customer.user", "assignee.user", "thread"),
    more={
        "customer": lambda actor, row: dump_customer_ref(row.customer) if row.customer_id else None,
        "assignee": lambda actor, row: dump_agent_ref(row.assignee),
        "contactEmail": lambda actor, row: _reach(actor, row, row.contact_email, mask_email),
        "contactPhone": lambda actor, row: _reach(actor, row, row.contact_phone, mask_phone),
        "transitions": tickets.transitions_for,
    },
    enrich=counters,
    writes=(),
)


def dump(actor: Actor, ticket: Ticket) -> dict:
    return TICKETS.dump(actor, ticket)


@endpoint(
    "GET",
    "/tickets",
    section=SECTION,
    summary="工单列表",
    right="ticket.read",
    query={
        **PAGING,
        **dict.fromkeys(("status", "priority", "type", "product", "assigneeId"), str),
        **dict.fromkeys(("customerId", "teamId", "departmentId"), int),
    },
)
def list_tickets(actor: Actor, assigneeId: str = "", **query):
    statement = select(Ticket)
    if assigneeId == "me":
        statement = statement.where(Ticket.assignee_id == (actor.agent_id or 0))
    elif assigneeId == "none":
        statement = statement.where(Ticket.assignee_id.is_(None))
    elif assigneeId:
        if not assigneeId.isdigit():
            raise Invalid("The request is not valid", fields={"assigneeId": "a number, me or none"})
        statement = statement.where(Ticket.assignee_id == int(assigneeId[:18]))
    return listing(TICKETS, actor, statement=statement, **query)


@endpoint("GET", "/tickets/unassigned", section=SECTION, summary="待分配列表", right="ticket.assign", query=PAGING)
def unassigned(actor: Actor, **query):
    return listing(
        TICKETS,
        actor,
        statement=select(Ticket).where(Ticket.assignee_id.is_(None), Ticket.status.not_in(ENDED)),
        **query,
    )


@endpoint(
    "POST",
    "/tickets/batch-assign",
    section=SECTION,
    summary="批量分配",
    right="ticket.assign",
    fields=(DataField("ids", list[int]), DataField("agent_id", int), DataField("reason", str, "", 500)),
)
def batch_assign(actor: Actor, ids: list[int], agent_id: int, reason: str = ""):
    rows = load_all(Ticket, ids, actor)
    return [dump(actor, row) for row in tickets.batch_assign(actor, rows, agent_id=agent_id, reason=reason)]


@endpoint("GET", "/tickets/<id:id>", section=SECTION, summary="工单详情", right="ticket.read")
def show_ticket(actor: Actor, row_id: int):
    return dump(actor, load(Ticket, row_id, actor))


@endpoint("GET", "/tickets/<id:id>/assign-history", section=SECTION, summary="分配历史", right="ticket_assignment.read")
def assign_history(actor: Actor, row_id: int):
    return dump_assignments(tickets.assignments_of(load(Ticket, row_id, actor)))


def _dump_follow_up(actor: Actor, row) -> dict:
    return {
        "id": row.id,
        "userId": row.user_id,
        "content": row.content,
        "result": row.result,
        "createTime": plain(row.create_time),
    }


@endpoint("GET", "/tickets/<id:id>/follow-ups", section=SECTION, summary="跟进记录", right="ticket_follow_up.read")
def follow_ups(actor: Actor, row_id: int):
    return [_dump_follow_up(actor, row) for row in tickets.follow_ups_of(load(Ticket, row_id, actor))]


action("POST", "/tickets", "ticket.create", dump=dump, section=SECTION, summary="创建工单", is_speech=True)
action("PUT", "/tickets/<id:id>", "ticket.update", on=Ticket, dump=dump, section=SECTION, summary="更新工单")
action("DELETE", "/tickets/<id:id>", "ticket.delete", on=Ticket, section=SECTION, summary="删除工单")
action(
    "POST",
    "/tickets/<id:id>/flow",
    "ticket.flow",
    on=Ticket,
    dump=dump,
    section=SECTION,
    summary="工单流转",
    is_speech=True,
)
action("POST", "/tickets/<id:id>/assign", "ticket.assign", on=Ticket, dump=dump, section=SECTION, summary="分配工单")
action(
    "POST", "/tickets/<id:id>/transfer", "ticket.transfer", on=Ticket, dump=dump, section=SECTION, summary="转派工单"
)
action(
    "POST", "/tickets/<id:id>/takeover", "ticket.takeover", on=Ticket, dump=dump, section=SECTION, summary="接管工单"
)
action(
    "POST",
    "/tickets/<id:id>/follow-ups",
    "ticket.follow_up",
    on=Ticket,
    dump=_dump_follow_up,
    section=SECTION,
    summary="添加跟进",
)
action(
    "POST",
    "/sessions/<id:id>/ticket",
    "ticket.from_conversation",
    on=Conversation,
    dump=dump,
    section=SECTION,
    summary="会话转工单",
)

serve_thread(
    "tickets",
    Ticket,
    section=SECTION,
    place=tickets.place,
    read_right="ticket.read",
    send="ticket.message",
    recall="ticket.message_recall",
    read="ticket.message_read",
)
