"""The board of tickets: columns by state or by agent, each with its count and its first cards (TKT-8; B §7.3.2)."""

from dataclasses import dataclass
from enum import StrEnum, auto

from sqlalchemy import ColumnElement, func, literal, select, union_all

from app.extensions import db
from models.actor import Actor
from models.organization import Agent
from models.tickets import Ticket, TicketStatus
from services.tickets.filters import TicketFilters, ordering

S = TicketStatus
#: from left to right; what has ended is in the list
STATES = (S.pending, S.processing, S.waiting, S.review, S.resolved)
#: columns of people: those with most to do
MOST_AGENTS = 60


class Grouping(StrEnum):
    """What the columns of a board are."""

    status = auto()
    agent = auto()


@dataclass(frozen=True)
class Column:
    """One column; `key` is the state, or the agent's number ("none": nobody's). `ids` are its first cards, in order."""

    key: str
    agent: Agent | None
    count: int
    ids: list[int]


def columns_of(actor: Actor, filters: TicketFilters, *, by: Grouping, size: int, sort: str) -> list[Column]:
    """The columns of what this actor sees. Three queries, however many columns. Raises NotAllowed, Invalid."""
    order = ordering(sort)
    if by is Grouping.agent:
        actor.require("ticket.assign")
    shown = [state for state in STATES if state in filters.values.get("status", STATES)]
    filters = filters.without("status")
    mine = [Ticket.visible_to(actor), *filters.conditions(actor), Ticket.status.in_(shown)]
    group = Ticket.status if by is Grouping.status else Ticket.assignee_id
    counts = dict(db.session.execute(select(group, func.count()).where(*mine).group_by(group)).tuples().all())
    keys: list[TicketStatus | int | None] = list(shown)
    agents: dict[int, Agent] = {}
    if by is Grouping.agent:
        agents = _agents(actor, counts, only_counted="assigneeId" in filters.values)
        keys = [None, *agents]
    cards = _first_cards(group, [key for key in keys if counts.get(key)], mine, order, size)
    return [Column(str(key or "none"), agents.get(key), counts.get(key, 0), cards.get(str(key), [])) for key in keys]


def _agents(actor: Actor, counts: dict, *, only_counted: bool) -> dict[int, Agent]:
    """Who has a column: those with most to do first."""
    rows = db.session.scalars(select(Agent).where(Agent.visible_to(actor)).order_by(Agent.id))
    found = [agent for agent in rows if not only_counted or counts.get(agent.id)]
    found.sort(key=lambda agent: -counts.get(agent.id, 0))
    return {agent.id: agent for agent in found[:MOST_AGENTS]}


def _first_cards(group, keys: list, mine: list[ColumnElement[bool]], order: list, size: int) -> dict[str, list[int]]:
    """The first ids of each column, from one statement; each part stops after `size` rows of an index."""
    parts = []
    for key in keys:
        place = func.row_number().over(order_by=order).label("place")
        first = select(literal(str(key)).label("key"), Ticket.id.label("id"), place)
        here = group.is_(None) if key is None else group == key
        parts.append(select(first.where(here, *mine).order_by(*order).limit(size).subquery()))
    found: dict[str, list[int]] = {}
    if parts:
        for key, number, _ in sorted(db.session.execute(union_all(*parts)), key=lambda row: row.place):
            found.setdefault(key, []).append(number)
    return found
