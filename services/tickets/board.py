"""The board of tickets: columns by state or by agent, each with its count and its first cards (TKT-8; B §7.3.2)."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum, auto

from sqlalchemy import ColumnElement, func, literal, select, union_all
from sqlalchemy.orm import joinedload

from app.extensions import db
from models.actor import Actor
from models.organization import Agent
from models.tickets import Ticket, TicketStatus
from services.tickets.filters import TicketFilters, in_order, sort_keys

S = TicketStatus
#: from left to right; what has ended is in the list
STATES = (S.pending, S.processing, S.waiting, S.review, S.resolved)
#: columns of people: those with most to do
MOST_AGENTS = 40
#: columns that come with cards unless others are named; those to their right are asked for when somebody looks there
FIRST_COLUMNS = 8
#: cards of all columns together; of many columns each begins with fewer
MOST_CARDS, FEWEST_CARDS = 80, 4


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


def columns_of(
    actor: Actor, filters: TicketFilters, *, by: Grouping, size: int, sort: str, shown: Collection[str] | None = None
) -> list[Column]:
    """The columns of what this actor sees, each with its count.

    The first of them have their first `size` cards, or fewer where these are many; with `shown` the columns with these
    keys have them, as far as they exist. Three queries, however many columns. Raises NotAllowed, Invalid.
    """
    order = sort_keys(sort)
    if by is Grouping.agent:
        actor.require("ticket.assign")
    states = [state for state in STATES if state in filters.values.get("status", STATES)]
    filters = filters.without("status")
    mine = [Ticket.visible_to(actor), *filters.conditions(actor), Ticket.status.in_(states)]
    group = Ticket.status if by is Grouping.status else Ticket.assignee_id
    counts = dict(db.session.execute(select(group, func.count()).where(*mine).group_by(group)).tuples().all())
    keys: list[TicketStatus | int | None] = list(states)
    agents: dict[int, Agent] = {}
    if by is Grouping.agent:
        agents = _agents(actor, counts, only_counted="assigneeId" in filters.values)
        keys = [None, *agents]
    filled = [key for key in keys if counts.get(key)]
    filled = filled[:FIRST_COLUMNS] if shown is None else [key for key in filled if str(key or "none") in shown]
    size = min(size, max(FEWEST_CARDS, MOST_CARDS // max(1, len(filled))))
    cards = _first_cards(group, filled, mine, order, size)
    return [Column(str(key or "none"), agents.get(key), counts.get(key, 0), cards.get(str(key), [])) for key in keys]


def _agents(actor: Actor, counts: dict, *, only_counted: bool) -> dict[int, Agent]:
    """Who has a column: those with most to do first."""
    everybody = db.session.scalars(select(Agent.id).where(Agent.visible_to(actor)).order_by(Agent.id))
    found = [number for number in everybody if not only_counted or counts.get(number)]
    found.sort(key=lambda number: -counts.get(number, 0))
    found = found[:MOST_AGENTS]
    named = select(Agent).where(Agent.id.in_(found)).options(joinedload(Agent.user))
    agents = {agent.id: agent for agent in db.session.scalars(named)}
    return {number: agents[number] for number in found if number in agents}


def _first_cards(
    group, keys: list, mine: list[ColumnElement[bool]], order: tuple[list, bool], size: int
) -> dict[str, list[int]]:
    """The first ids of each column, from one statement; each part stops after `size` rows of an index."""
    sorted_by, down = order
    parts = []
    for key in keys:
        again = (one.label(f"key_{place}") for place, one in enumerate(sorted_by))
        first = select(literal(str(key)).label("key"), Ticket.id.label("id"), *again)
        here = group.is_(None) if key is None else group == key
        parts.append(select(first.where(here, *mine).order_by(*in_order(sorted_by, down)).limit(size).subquery()))
    found: dict[str, list[int]] = {}
    if parts:
        cards = union_all(*parts).subquery()
        wanted = select(cards.c.key, cards.c.id).order_by(*in_order(list(cards.c)[2:], down))
        for key, number in db.session.execute(wanted).tuples():
            found.setdefault(key, []).append(number)
    return found
