"""工单管理接口: the board of tickets, and what is done with several of them at once (TKT-8, TKT-9)."""

import re

from app.errors import Invalid, Reason
from models.actor import Actor
from models.tickets import Ticket, TicketPriority, TicketStatus
from services.automation import batch_macro
from services.operation import DataField
from services.tickets import board, bulk
from services.tickets.filters import FILTERS, filters_of
from views.api.conversations import dump_agent_ref
from views.api.endpoint import endpoint, load_all
from views.api.resource import rows_of, to_camel
from views.api.tickets import SECTION, TICKETS

MOST_CARDS = 50
#: a column of the board by agent
_PERSON = re.compile(r"none|[1-9][0-9]{0,9}")


@endpoint(
    "GET",
    "/tickets/board",
    section=SECTION,
    summary="工单看板",
    right="ticket.process",
    query={**dict.fromkeys(FILTERS, str), "custom": dict, "by": str, "columns": str, "size": int, "sort": str},
)
def show_board(
    actor: Actor,
    by: str = "status",
    columns: str = "",
    size: int = 20,
    sort: str = "-priority",
    custom: dict | None = None,
    **filters: str,
):
    """Each column with its count, and those in `columns` with their first `size` cards.

    Without `columns` the first eight have cards. More cards of a column come from the list.
    """
    if by not in set(board.Grouping) or not 1 <= size <= MOST_CARDS:
        reason = Reason("1 to %(number)s", number=MOST_CARDS)
        raise Invalid("The request is not valid", fields={"by": "status or agent", "size": reason})
    found = board.columns_of(
        actor,
        filters_of(filters, custom),
        by=board.Grouping(by),
        size=size,
        sort=sort,
        shown=_keys(by, columns) if columns else None,
    )
    ids = [number for column in found for number in column.ids]
    cards = {card["id"]: card for card in TICKETS.dump_all(actor, rows_of(TICKETS, ids))}
    return {
        "by": by,
        "columns": [
            {
                "key": column.key,
                "agent": dump_agent_ref(column.agent),
                "count": column.count,
                "list": [cards[number] for number in column.ids if number in cards],
            }
            for column in found
        ],
    }


def _keys(by: str, columns: str) -> frozenset[str]:
    """Raises Invalid for what cannot be the key of a column; one that is gone by now does no harm."""
    keys = frozenset(columns.split(","))
    wrong = [key for key in keys if (key not in board.STATES if by == "status" else not _PERSON.fullmatch(key))]
    if wrong or len(keys) > board.MOST_AGENTS + 1:
        reason = Reason("at most %(number)s of the board's keys", number=board.MOST_AGENTS + 1)
        raise Invalid("The request is not valid", fields={"columns": reason})
    return keys


@endpoint(
    "POST",
    "/tickets/batch",
    section=SECTION,
    summary="批量处理",
    right="ticket.update",
    fields=(
        DataField("ids", list[int]),
        DataField("action", bulk.BulkAction),
        DataField("agent_id", int | None, None),
        DataField("status", TicketStatus | None, None),
        DataField("priority", TicketPriority | None, None),
        DataField("type", str | None, None, 64),
        DataField("macro_id", int | None, None),
        DataField("resolution", str, ""),
        DataField("reason", str, "", 500),
    ),
)
def batch(actor: Actor, ids: list[int], action: bulk.BulkAction, **data):
    """All or none. Answers which were changed and which needed no change; a refusal names each ticket and why."""
    bulk.refuse_too_many(ids)
    wanted, act = _ACTS[action]
    if extra := sorted(data.keys() - set(wanted)):
        raise Invalid("The request is not valid", fields=dict.fromkeys(map(to_camel, extra), "unknown"))
    if action is not bulk.BulkAction.change and data.get(wanted[0]) is None:
        raise Invalid("The request is not valid", fields={to_camel(wanted[0]): "required"})
    rows = load_all(Ticket, ids, actor)
    known = {row.id for row in rows}
    changed = {row.id for row in act(actor, rows, **{name: data[name] for name in wanted if name in data})}
    return {"changed": sorted(changed), "unchanged": sorted(known - changed)}


#: action → what it takes (the first it cannot do without), and the operation
_ACTS = {
    bulk.BulkAction.assign: (("agent_id", "reason"), bulk.batch_give),
    bulk.BulkAction.flow: (("status", "resolution", "reason"), bulk.batch_flow),
    bulk.BulkAction.change: (("priority", "type"), bulk.batch_update),
    bulk.BulkAction.macro: (("macro_id",), batch_macro),
}
