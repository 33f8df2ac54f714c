"""A rule tried against tickets of the past, before it is switched on: what it would have done; nothing is changed."""

import time
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app.extensions import db
from models.actor import Actor, system
from models.automation import RuleEvent
from models.tickets import ENDED, Ticket
from services.automation import actions, conditions, shapes
from services.automation.actions import Change
from services.automation.facts import facts_of

#: tickets that are looked at, those of them told in full, and how long it may take in seconds
MOST, SHOWN, PATIENCE = 5000, 50, 8.0
BATCH = 250


@dataclass
class Match:
    ticket: Ticket
    changes: list[Change]


@dataclass
class Trial:
    """How many tickets were looked at and fitted; the newest of those with what would have been done."""

    looked: int = 0
    matched: int = 0
    #: whether there was no time for all of them
    is_cut: bool = False
    shown: list[Match] = field(default_factory=list)


def try_rule(actor: Actor, *, event: RuleEvent, given: dict | None, todo: list | None, most: int) -> Trial:
    """Ask the newest tickets that this actor may see. Raises Invalid for a rule that could not be stored."""
    asked, wanted = conditions.checked(actor, given), shapes.checked(actor, todo)
    trial, last, until = Trial(), None, time.monotonic() + PATIENCE
    machine = system(actor.tenant_id)  # what a rule may do, not what whoever tries it may
    while trial.looked < most:
        batch = _batch(actor, event, last, min(BATCH, most - trial.looked))
        if not batch:
            break
        last = batch[-1].id
        for facts in facts_of(batch, event):
            trial.looked += 1
            if not conditions.holds(asked, facts):
                continue
            trial.matched += 1
            if len(trial.shown) < SHOWN:
                trial.shown.append(Match(facts.ticket, actions.foresee(machine, facts.ticket, wanted)))
        if time.monotonic() > until:
            trial.is_cut = True
            break
    return trial


def _batch(actor: Actor, event: RuleEvent, before: int | None, size: int) -> list[Ticket]:
    statement = select(Ticket).where(Ticket.visible_to(actor)).options(joinedload(Ticket.customer))
    if before is not None:
        statement = statement.where(Ticket.id < before)
    if event is RuleEvent.time:
        statement = statement.where(Ticket.status.not_in(ENDED))
    return list(db.session.scalars(statement.order_by(Ticket.id.desc()).limit(size)))
