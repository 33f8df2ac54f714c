"""工单管理接口: tickets and their rooms (B §7.9)."""

from collections.abc import Callable

from sqlalchemy import select

from app.errors import Invalid
from models.actor import Actor
from models.conversations import Conversation
from models.ticket_ratings import TicketRating
from models.tickets import ENDED, Ticket
from services import tickets
from services.customers import mask_email, mask_phone
from services.operation import OPERATIONS, DataField
from services.reach import shown_to
from services.tickets.filters import FILTERS, SORT, filters_of
from views.api.conversations import dump_agent_ref, dump_assignments, dump_customer_ref, dump_rating
from views.api.endpoint import action, endpoint, load, load_all
from views.api.resource import PAGING, Resource, listing, plain
from views.api.sla import dump_levels
from views.api.threads import counters, serve_thread
from views.api.ticket_transfers import dump_transfer

SECTION = "工单管理接口"


def _reach(actor: Actor, text: str | None, mask: Callable[[str | None], str | None]) -> str | None:
    """A number or an address, in full also for whoever gave it."""
    return text if actor.sees_as_customer else shown_to(actor, text, mask)


def _taker(actor: Actor, ticket: Ticket) -> dict | None:
    """Where to go on reading; few tickets were merged, so that lists do not join them."""
    into = tickets.taker_of(actor, ticket)
    return {"id": into.id, "no": into.no} if into is not None else None


def _along(actor: Actor, rows: list[Ticket]) -> dict[int, dict]:
    """What of their rooms is new, how they stand in time, where they may go, and what must be known before that.

    For staff also the transfer that nobody has decided about.
    """
    found, levels, workflows = counters(actor, rows), dump_levels(actor, rows), tickets.workflow.in_force()
    wanted = {} if actor.sees_as_customer else tickets.workflow.requirements_of(rows, workflows)
    asked = {} if actor.sees_as_customer else tickets.pending_requests(rows)
    for row in rows:
        transitions = tickets.transitions_for(actor, row, workflows)
        needed = {status: names for status, names in wanted.get(row.id, {}).items() if status in transitions}
        found[row.id] |= {**levels[row.id], "transitions": transitions, "requirements": needed}
        if not actor.sees_as_customer:
            found[row.id]["pendingTransfer"] = dump_transfer(asked[row.id]) if row.id in asked else None
    return found


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
        "rating_invited_time",
        "version",
    ),
    sort=SORT,
    empty_last=("due_time",),
    search=("no", "title", "customer.name"),
    by_parts=True,
    walked="idx_ticket_listing",
    eager=("customer.user", "assignee.user", "thread"),
    more={
        "tags": lambda actor, row: None if actor.sees_as_customer else row.tags,
        "customer": lambda actor, row: dump_customer_ref(row.customer) if row.customer_id else None,
        "assignee": lambda actor, row: dump_agent_ref(row.assignee),
        "contactEmail": lambda actor, row: _reach(actor, row.contact_email, mask_email),
        "contactPhone": lambda actor, row: _reach(actor, row.contact_phone, mask_phone),
        "mergedInto": lambda actor, row: _taker(actor, row),
    },
    enrich=_along,
    custom=True,
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
    query={**PAGING, **dict.fromkeys(FILTERS, str), "custom": dict},
)
def list_tickets(
    actor: Actor,
    page: int = 1,
    size: int = 20,
    sort: str = "-id",
    after: str = "",
    custom: dict | None = None,
    **given: str,
):
    """Every filter takes several values, separated by commas; times also as today or -6d."""
    if actor.sees_as_customer and sort.endswith("dueTime"):
        raise Invalid("The request is not valid", fields={"sort": "unknown"})
    filters = filters_of(given, custom)
    return listing(
        TICKETS,
        actor,
        # words are looked for by the list itself, which need not find all of them
        statement=select(Ticket).where(*filters.without("q").conditions(actor)),
        q=filters.texts.get("q", ""),
        page=page,
        size=size,
        sort=sort,
        after=after,
        narrow=bool(custom),
    )


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


@endpoint(
    "POST",
    "/tickets/<id:id>/rating",
    section=SECTION,
    summary="评价工单",
    right="ticket.rate",
    fields=OPERATIONS["ticket.rate"].data_fields,
    is_speech=True,
)
def rate(actor: Actor, row_id: int, **data):
    return _dump_rating(tickets.rate_ticket(actor, load(Ticket, row_id, actor), **data))


@endpoint(
    "PUT",
    "/tickets/<id:id>/rating",
    section=SECTION,
    summary="修改工单评价",
    right="ticket.rate",
    fields=OPERATIONS["ticket.change_rating"].data_fields,
    is_speech=True,
)
def change_rating(actor: Actor, row_id: int, **data):
    return _dump_rating(tickets.change_ticket_rating(actor, load(Ticket, row_id, actor), **data))


@endpoint("GET", "/tickets/<id:id>/rating", section=SECTION, summary="工单评价", right="ticket.read")
def show_rating(actor: Actor, row_id: int):
    """What the customer thought of the last solution that he judged; null before he has said so."""
    rating = tickets.rating_of(load(Ticket, row_id, actor))
    return _dump_rating(rating) if rating else None


def _dump_rating(rating: TicketRating) -> dict:
    """`current`: about the solution that the ticket has now, not about an earlier one."""
    return dump_rating(rating) | {"current": tickets.is_current(rating)}


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
