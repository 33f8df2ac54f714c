"""工单管理接口: what connects tickets: links, merging, splitting, watchers, tags."""

from models.actor import Actor
from models.ticket_relations import LinkKind, TicketLink
from models.tickets import Ticket, TicketPriority
from services import tickets
from services.operation import DataField
from views.api.conversations import dump_agent_ref
from views.api.endpoint import action, endpoint, load
from views.api.tickets import SECTION, dump


def dump_ref(ticket: Ticket) -> dict:
    """A ticket as another one names it."""
    return {
        "id": ticket.id,
        "no": ticket.no,
        "title": ticket.title,
        "status": ticket.status.value,
        "priority": ticket.priority.value,
        "assignee": dump_agent_ref(ticket.assignee),
    }


def _dump_link(ticket: Ticket, link: TicketLink) -> dict:
    """A link as it looks from this ticket: "child" is the other end of "parent", "duplicated" that of "duplicate"."""
    is_first = link.ticket_id == ticket.id
    turned = {LinkKind.parent: ("child", "parent"), LinkKind.duplicate: ("duplicate", "duplicated")}
    first, second = turned.get(link.kind, ("related", "related"))
    return {
        "id": link.id,
        "is": first if is_first else second,
        "ticket": dump_ref(link.other if is_first else link.ticket),
    }


@endpoint("GET", "/tickets/<id:id>/relations", section=SECTION, summary="关联、合并与关注", right="ticket_link.read")
def relations(actor: Actor, row_id: int):
    """Links as they look from this ticket, tickets merged into it, colleagues who watch it."""
    ticket = load(Ticket, row_id, actor)
    watchers = tickets.watchers_of(ticket)
    return {
        "links": [_dump_link(ticket, link) for link in tickets.links_of(actor, ticket)],
        "merged": [
            {**dump_ref(one), "description": one.description[:300]} for one in tickets.taken_up_by(actor, ticket)
        ],
        "watchers": [
            {"userId": row.user_id, "name": row.user.full_name or row.user.username, "avatarUrl": row.user.avatar_url}
            for row in watchers
        ],
        "isWatching": actor.user_id in {row.user_id for row in watchers},
    }


@endpoint(
    "POST",
    "/tickets/<id:id>/links",
    section=SECTION,
    summary="关联工单",
    right="ticket.link",
    fields=(DataField("other_id", int), DataField("kind", LinkKind, LinkKind.related)),
)
def link(actor: Actor, row_id: int, other_id: int, **data):
    ticket, other = load(Ticket, row_id, actor), load(Ticket, other_id, actor)
    return _dump_link(ticket, tickets.link_tickets(actor, ticket, other, **data))


@endpoint("DELETE", "/tickets/<id:id>/links/<id:link_id>", section=SECTION, summary="取消关联", right="ticket.link")
def unlink(actor: Actor, row_id: int, link_id: int):
    tickets.unlink_tickets(actor, load(Ticket, row_id, actor), link_id=link_id)


@endpoint(
    "POST",
    "/tickets/<id:id>/merge",
    section=SECTION,
    summary="合并工单",
    right="ticket.merge",
    fields=(DataField("into_id", int), DataField("reason", str, "", 500)),
)
def merge(actor: Actor, row_id: int, into_id: int, **data):
    ticket, into = load(Ticket, row_id, actor), load(Ticket, into_id, actor)
    return dump(actor, tickets.merge_tickets(actor, ticket, into, **data))


action("POST", "/tickets/<id:id>/unmerge", "ticket.unmerge", on=Ticket, dump=dump, section=SECTION, summary="撤销合并")


@endpoint(
    "POST",
    "/tickets/<id:id>/split",
    section=SECTION,
    summary="拆分工单",
    right="ticket.split",
    is_speech=True,
    fields=(
        DataField("title", str),
        DataField("message_ids", list[int]),
        DataField("description", str, "", 20_000),
        DataField("type", str, "", 64),
        DataField("priority", TicketPriority | None, None),
    ),
)
def split(actor: Actor, row_id: int, **data):
    return dump(actor, tickets.split_ticket(actor, load(Ticket, row_id, actor), **data))


action("POST", "/tickets/<id:id>/watch", "ticket.watch", on=Ticket, dump=dump, section=SECTION, summary="关注工单")
action("POST", "/tickets/<id:id>/unwatch", "ticket.unwatch", on=Ticket, dump=dump, section=SECTION, summary="取消关注")


@endpoint("GET", "/tickets/tags", section=SECTION, summary="工单标签", right="ticket_link.read")
def tags(actor: Actor):
    """What is offered while one types a tag."""
    return tickets.known_tags(actor)
