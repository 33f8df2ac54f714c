"""E's ticket endpoints: list, report, look at, move, give, close, read, count (TKT-13; E §2-§5, §8)."""

import datetime as dt

from flask_babel import gettext
from sqlalchemy import Select, select

from app.errors import Invalid
from app.extensions import db
from models.actor import Actor
from models.customers import Customer
from models.messaging import ChatMessage, MessageType, SenderKind
from models.tickets import Ticket
from services import thread_pages, tickets, visitors
from services.operation import DataField
from services.tickets import wording
from views.api.endpoint import load
from views.api.resource import listing
from views.api.tickets import TICKETS
from views.case.attachments import address_of
from views.case.face import CASE, SECTION, Clock

#: how much of a room is told at once, of its end
MOST_MESSAGES, PAGE = 2000, 200
#: the names of E's body that `ticket.create` knows by others
CREATE_FIELDS = (
    DataField("customer_name", str, max_length=100),
    DataField("customer_email", str, max_length=255),
    DataField("customer_phone", str, "", 32),
    DataField("title", str, max_length=255),
    DataField("type", str, "", 64),
    DataField("priority", str, "普通", 20),
    DataField("description", str),
)
LIST_QUERY = {
    **dict.fromkeys(("status", "priority", "type", "search", "start_date", "end_date"), str),
    **dict.fromkeys(("page", "per_page"), int),
}


@CASE.endpoint("GET", "/api/tickets", section=SECTION, summary="工单列表", right="ticket.read", query=LIST_QUERY)
def list_tickets(actor: Actor, page: int = 1, per_page: int = 20, search: str = "", **filters) -> dict:
    clock = Clock()
    found = listing(
        TICKETS,
        actor,
        statement=_narrowed(select(Ticket), clock, **filters),
        dump_all=lambda actor, rows: [_line(row, clock) for row in rows],
        page=page,
        size=per_page,
        q=search,
    )
    return {"tickets": found["list"], "total": found["total"], "page": page, "per_page": per_page}


@CASE.endpoint(
    "POST",
    "/api/tickets",
    section=SECTION,
    summary="提交工单",
    right="ticket.create",
    fields=CREATE_FIELDS,
    is_speech=True,
)
def create(
    actor: Actor,
    customer_name: str,
    customer_email: str,
    title: str,
    description: str,
    customer_phone: str = "",
    type: str = "",
    priority: str = "普通",
) -> dict:
    """A customer reports for himself, whatever address he gives; for staff the address says whom it concerns."""
    _require(customer_name=customer_name, customer_email=customer_email, title=title, description=description)
    ticket = tickets.create_ticket(
        actor,
        title=title,
        description=description,
        type=wording.type_called(type),
        priority=wording.priority_called(priority),
        customer_id=None if actor.sees_as_customer else _customer_at(actor, customer_email.strip()),
        contact_name=customer_name,
        contact_email=customer_email,
        contact_phone=customer_phone,
    )
    return {"message": gettext("Your ticket has been submitted"), "ticket_id": ticket.id}


@CASE.endpoint("GET", "/api/tickets/<id:id>", section=SECTION, summary="工单详情", right="ticket.read")
def show(actor: Actor, row_id: int) -> dict:
    return {"ticket": _card(actor, load(Ticket, row_id, actor), Clock())}


@CASE.endpoint("GET", "/api/tickets/<id:id>/messages", section=SECTION, summary="消息列表", right="ticket.read")
def messages(actor: Actor, row_id: int) -> dict:
    """What was said to each other, oldest first. Notes of staff have no name in E and are not told here to anybody."""
    ticket, clock = load(Ticket, row_id, actor), Clock()
    return {
        "messages": [
            _message(row, clock)
            for row in _said(actor, ticket)
            if row.type is not MessageType.note and row.recalled_time is None
        ]
    }


@CASE.endpoint(
    "POST",
    "/api/tickets/<id:id>/status",
    section=SECTION,
    summary="更新状态",
    right="ticket.read",
    fields=(DataField("status", str, max_length=20), DataField("resolution", str, "")),
    is_speech=True,
)
def move(actor: Actor, row_id: int, status: str, resolution: str = "") -> dict:
    """E moves a ticket by its state alone; where ours must say how it was solved, `resolution` says it."""
    ticket = load(Ticket, row_id, actor)
    tickets.move_ticket(actor, ticket, status=wording.status_called(status), resolution=resolution)
    return {"message": gettext("The state has been changed")}


@CASE.endpoint(
    "POST",
    "/api/tickets/<id:id>/assign",
    section=SECTION,
    summary="分配工单",
    right="ticket.assign",
    fields=(DataField("assignee", str, max_length=100),),
)
def assign(actor: Actor, row_id: int, assignee: str) -> dict:
    ticket = load(Ticket, row_id, actor)
    tickets.assign_ticket(actor, ticket, agent_id=wording.agent_called(actor, assignee).id)
    return {"message": gettext("The ticket has been assigned")}


@CASE.endpoint(
    "POST",
    "/api/tickets/<id:id>/close",
    section=SECTION,
    summary="关闭工单",
    right="ticket.read",
    fields=(DataField("resolution", str),),
    is_speech=True,
)
def close(actor: Actor, row_id: int, resolution: str) -> dict:
    tickets.settle_ticket(actor, load(Ticket, row_id, actor), resolution=resolution)
    return {"message": gettext("The ticket has been closed")}


@CASE.endpoint("GET", "/api/statistics", section=SECTION, summary="工单统计", right="ticket.read")
def statistics(actor: Actor) -> dict:
    """Of what the reader sees; E's four states add up to all. No first reply yet: no average."""
    found = tickets.figures(actor)
    counts = dict.fromkeys(("待处理", "处理中", "已解决", "已关闭"), 0)
    for status, number in found.by_status.items():
        counts[wording.STATUS_WORDS[status]] += number
    wait = found.first_reply_seconds
    return {
        "total_tickets": found.total,
        "pending": counts["待处理"],
        "processing": counts["处理中"],
        "resolved": counts["已解决"],
        "closed": counts["已关闭"],
        "avg_response_time": None if wait is None else f"{wait / 3600:.1f} hours",
    }


def _narrowed(
    statement: Select,
    clock: Clock,
    status: str = "",
    priority: str = "",
    type: str = "",
    start_date: str = "",
    end_date: str = "",
) -> Select:
    """By E's filters; a span of days includes its last."""
    if status.strip() not in wording.ANY:
        statement = statement.where(Ticket.status.in_(wording.statuses_called(status)))
    if priority.strip() not in wording.ANY:
        statement = statement.where(Ticket.priority == wording.priority_called(priority))
    if type.strip() not in wording.ANY:
        statement = statement.where(Ticket.type == wording.type_called(type))
    if start_date:
        statement = statement.where(Ticket.create_time >= clock.begin_of(_day("start_date", start_date)))
    if end_date:
        day_after = _day("end_date", end_date) + dt.timedelta(days=1)
        statement = statement.where(Ticket.create_time < clock.begin_of(day_after))
    return statement


def _day(name: str, text: str) -> dt.date:
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        day = dt.date.min
    if not 2000 <= day.year <= 2999:
        raise Invalid("The request is not valid", fields={name: "a day, e.g. 2026-02-06"})
    return day


def _require(**texts: str) -> None:
    """Raises Invalid for whatever is empty; names and the rest of it are checked by the operation."""
    if missing := {name: "required" for name, text in texts.items() if not text.strip()}:
        raise Invalid("The request is not valid", fields=missing)


def _customer_at(actor: Actor, email: str) -> int | None:
    """The one customer who is reached by this address and whom this member of staff sees; of several none.

    Nor for whoever reads addresses masked, as in searches: he could try them out.
    """
    if not actor.may("customer.read_pii"):
        return None
    found = select(Customer.id).where(Customer.email == email, Customer.visible_to(actor)).limit(2)
    ids = list(db.session.scalars(found))
    return ids[0] if len(ids) == 1 else None


def _said(actor: Actor, ticket: Ticket) -> list[ChatMessage]:
    """The end of a room, oldest first."""
    rows, before = [], None
    while True:
        page = thread_pages.page_before(actor, ticket.thread_id, before, PAGE)
        rows = [*page.messages, *rows]
        if not page.has_more or len(rows) >= MOST_MESSAGES:
            return rows
        before = rows[0].seq


def _line(ticket: Ticket, clock: Clock) -> dict:
    return {
        "id": ticket.id,
        "ticket_number": ticket.no,
        "title": ticket.title,
        "status": wording.STATUS_WORDS[ticket.status],
        "priority": wording.PRIORITY_WORDS[ticket.priority],
        "created_at": clock.shows(ticket.create_time),
    }


def _card(actor: Actor, ticket: Ticket, clock: Clock) -> dict:
    """The columns of E's table of tickets; how to reach somebody in full only for whoever may see that anywhere."""
    told = TICKETS.dump(actor, ticket)
    return {
        "id": ticket.id,
        "ticket_number": ticket.no,
        "customer_name": told["contactName"] or (told["customer"] or {}).get("name"),
        "customer_email": told["contactEmail"],
        "customer_phone": told["contactPhone"],
        "title": ticket.title,
        "description": ticket.description,
        "type": wording.type_word(ticket.type),
        "priority": wording.PRIORITY_WORDS[ticket.priority],
        "status": wording.STATUS_WORDS[ticket.status],
        "assignee": ticket.assignee.name if ticket.assignee else None,
        "created_at": clock.shows(ticket.create_time),
        "updated_at": clock.shows(ticket.update_time),
        "resolved_at": clock.shows(ticket.resolve_time),
        "closed_at": clock.shows(ticket.close_time),
        "resolution": ticket.resolution,
    }


def _message(row: ChatMessage, clock: Clock) -> dict:
    """With the file that it carries, and marked if the system said it."""
    told = {
        "id": row.id,
        "sender_name": visitors.shown_name(row.sender_name),
        "sender_type": "customer" if row.sender_kind is SenderKind.customer else "admin",
        "content": row.content,
        "created_at": clock.shows(row.create_time),
    }
    if row.type is MessageType.system:
        told["is_system"] = True
    if row.file is not None:
        told["attachment_url"] = address_of(row.file)
    return told
