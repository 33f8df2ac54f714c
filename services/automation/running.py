"""Rules at work: called by events and by the clock, each at most once per occasion, and never in circles (TKT-15).

What a rule does carries its number (`Actor.rules`), and so do the events of it: no rule answers what it has led to
itself, and a chain of rules is short. Every rule is one transaction of its own: all its actions or none.
"""

import dataclasses
import datetime as dt
import hashlib
import logging
import time

from sqlalchemy import delete, func, select, update

from app.errors import Conflict, DomainError, Invalid, NotFound, Unavailable
from app.extensions import db
from models.actor import Actor, system
from models.automation import AutomationRule, AutomationRun, RuleEvent, RunOutcome
from models.messaging import ChatMessage, MessageType
from models.tickets import ENDED, Ticket
from models.types import utcnow
from services.automation import actions, conditions, criteria
from services.automation.facts import SPEAKERS, Background, Facts, facts_of
from services.operation import Event, announce, run

logger = logging.getLogger(__name__)

#: rules that call each other, and how often one of them acts on the same ticket within an hour
MOST_DEEP, MOST_PER_HOUR = 5, 10
#: so often in a row a rule may fail before it is switched off
GIVES_UP_AFTER = 5
#: tickets read at once; the time one company's rules by time may take in one round, in seconds
BATCH, ROUND = 500, 60.0
KEEP = dt.timedelta(days=90)

EVENTS = {
    "ticket.created": RuleEvent.created,
    "ticket.updated": RuleEvent.updated,
    "ticket.moved": RuleEvent.moved,
    "ticket.assigned": RuleEvent.assigned,
    "ticket.rated": RuleEvent.rated,
    "ticket.sla_warned": RuleEvent.sla_warned,
    "ticket.sla_breached": RuleEvent.sla_breached,
}
_SIDES = {side: event for event, side in SPEAKERS.items()}


# --- called by events -----------------------------------------------------------------------------------------------


def call(event: Event) -> None:
    """From a reaction: have the rules for this event run, if the company has such. May be called twice."""
    occasion = _occasion_of(event)
    if occasion is None or event.payload.get("depth", 0) >= MOST_DEEP:
        return
    wanted, ticket_id, message_id = occasion
    rules = select(AutomationRule.id).where(AutomationRule.active == 1, AutomationRule.event == wanted)
    if db.session.scalar(rules.limit(1)) is None:
        return
    told = {
        "about": event.id,
        "event": wanted.value,
        "ticket_id": ticket_id,
        "message_id": message_id,
        "chain": event.payload.get("rules", []),
        "level": event.payload.get("depth", 0),
    }
    run(system(event.tenant_id), "automation.call", lambda: announce("automation.called", **told))


def _occasion_of(event: Event) -> tuple[RuleEvent, int, int | None] | None:
    if event.name != "message.sent":
        return EVENTS[event.name], event.payload["ticket_id"], None
    if "ticketId" not in event.payload:
        return None
    message = db.session.get(ChatMessage, event.payload["message_id"])
    if message is None or message.type in (MessageType.note, MessageType.system) or message.sender_kind not in _SIDES:
        return None
    return _SIDES[message.sender_kind], event.payload["ticketId"], message.id


def react(tenant_id: int, told: dict) -> int:
    """The job behind `call`: every active rule for the event, in their order; returns how many acted.

    Raises Unavailable when the database is too busy: then the job comes again.
    """
    ticket = db.session.get(Ticket, told["ticket_id"])
    if ticket is None:
        return 0
    event, chain, acted = RuleEvent(told["event"]), tuple(told["chain"]), 0
    for rule in _active(event):
        if rule.id in chain:
            continue
        said = db.session.get(ChatMessage, told["message_id"]) if told["message_id"] else None
        facts = Facts(ticket, event, Background([ticket]), said)
        outcome = _apply(tenant_id, rule, facts, f"event-{told['about']}", chain, told["level"])
        if outcome is not RunOutcome.done:
            continue
        acted += 1
        if rule.stop_after:
            break
        chain = (*chain, rule.id)  # the next rule sees what this one has done, and may not be answered by it
    return acted


def _active(event: RuleEvent) -> list[AutomationRule]:
    rules = select(AutomationRule).where(AutomationRule.active == 1, AutomationRule.event == event)
    return list(db.session.scalars(rules.order_by(AutomationRule.sort, AutomationRule.id)))


# --- called by the clock --------------------------------------------------------------------------------------------


def run_due(tenant_id: int) -> int:
    """From the timetable: rules by time, over every ticket that has not ended; returns how many acts there were."""
    until, acted = time.monotonic() + ROUND, 0
    for rule_id in [rule.id for rule in _active(RuleEvent.time)]:
        last = 0
        while time.monotonic() < until:
            rule = db.session.get(AutomationRule, rule_id, populate_existing=True)
            if rule is None or not rule.active:
                break
            batch = _next_batch(rule, last)
            if not batch:
                break
            last = batch[-1].id
            acted += _run_batch(tenant_id, rule, batch)
    return acted


def _next_batch(rule: AutomationRule, after: int) -> list[Ticket]:
    narrowed = conditions.narrowed(rule.conditions, utcnow())
    wanted = select(Ticket).where(Ticket.id > after, Ticket.status.not_in(ENDED))
    if narrowed is not None:
        wanted = wanted.where(narrowed)
    return list(db.session.scalars(wanted.order_by(Ticket.id).limit(BATCH)))


def _run_batch(tenant_id: int, rule: AutomationRule, batch: list[Ticket]) -> int:
    try:
        due = {
            _moment_of(rule, facts): facts
            for facts in facts_of(batch, RuleEvent.time)
            if conditions.holds(rule.conditions, facts)
        }
    except Exception as error:
        logger.exception("rule %s cannot be asked", rule.id)
        _remember_failure(tenant_id, rule, batch[0], f"broken-{utcnow():%Y%m%d%H}", error)
        return 0
    known = select(AutomationRun.occasion).where(AutomationRun.rule_id == rule.id, AutomationRun.occasion.in_(due))
    for occasion in db.session.scalars(known) if due else ():
        del due[occasion]
    return sum(_apply(tenant_id, rule, facts, occasion) is RunOutcome.done for occasion, facts in due.items())


def _moment_of(rule: AutomationRule, facts: Facts) -> str:
    """A ticket as a rule by time sees it: the same until its state, or a moment that the rule looks at, is another."""
    ticket = facts.ticket
    fields = {leaf["field"] for leaf in conditions.leaves(rule.conditions)}
    asked = [criteria.find(name, facts.background) for name in sorted(fields)]
    moments = [ticket.status.value, ticket.status_time, *(one.since(facts) for one in asked if one.since)]
    return f"ticket-{ticket.id}-{hashlib.sha256(repr(moments).encode()).hexdigest()[:32]}"


# --- one rule, one ticket -------------------------------------------------------------------------------------------


def _apply(
    tenant_id: int, rule: AutomationRule, facts: Facts, occasion: str, chain: tuple = (), level: int = 0
) -> RunOutcome | None:
    """All actions of the rule or none; None when it has nothing to do here."""
    actor = dataclasses.replace(system(tenant_id), name=rule.name, rules=(*chain, rule.id), depth=level + 1)
    number, ticket = rule.id, facts.ticket
    try:
        if not conditions.holds(rule.conditions, facts):
            return None
        return run(actor, "automation.run", lambda: _act(actor, rule, facts, occasion), rows=(ticket,))
    except Unavailable:
        raise
    except Exception as error:
        if _is_known(number, occasion):
            return None
        is_broken = not isinstance(error, DomainError) or isinstance(error, Invalid | NotFound)
        if isinstance(error, NotFound) and db.session.get(Ticket, ticket.id) is None:
            return None  # the ticket has gone, the rule is well
        if not isinstance(error, DomainError):
            logger.exception("rule %s failed on ticket %s", number, ticket.id)
        if is_broken:
            _remember_failure(tenant_id, rule, ticket, occasion, error)
            return RunOutcome.broken
        _remember(tenant_id, rule, ticket, occasion, RunOutcome.refused, error)
        return RunOutcome.refused


def _act(actor: Actor, rule: AutomationRule, facts: Facts, occasion: str) -> RunOutcome | None:
    ticket = facts.ticket
    if _is_known(rule.id, occasion) or not conditions.holds(
        rule.conditions, dataclasses.replace(facts, background=Background([ticket]))
    ):
        return None
    recent = select(func.count()).where(
        AutomationRun.ticket_id == ticket.id,
        AutomationRun.rule_id == rule.id,
        AutomationRun.create_time > utcnow() - dt.timedelta(hours=1),
    )
    if db.session.scalar(recent) >= MOST_PER_HOUR:
        raise Conflict("The rule has acted on this ticket too often within the hour")
    changes = actions.perform(actor, ticket, rule.actions, key=f"rule-{rule.id}-{occasion}"[:56])
    db.session.add(
        AutomationRun(
            rule_id=rule.id,
            ticket_id=ticket.id,
            occasion=occasion,
            outcome=RunOutcome.done,
            steps=[change.plain for change in changes],
        )
    )
    _count(rule.id, run_count=AutomationRule.run_count + 1, last_run_time=utcnow(), failures=0)
    return RunOutcome.done


def _is_known(rule_id: int, occasion: str) -> bool:
    known = select(AutomationRun.id).where(AutomationRun.rule_id == rule_id, AutomationRun.occasion == occasion)
    return db.session.scalar(known) is not None


def _count(rule_id: int, **values) -> None:
    """Past the session: counting is no change of the rule, so no new version and no entry in the log."""
    db.session.execute(
        update(AutomationRule)
        .where(AutomationRule.id == rule_id)
        .values(**values, update_time=AutomationRule.update_time),
        execution_options={"synchronize_session": False},
    )


def _remember(tenant_id: int, rule: AutomationRule, ticket: Ticket, occasion: str, outcome, error: Exception) -> None:
    """A run that changed nothing, and why; in a transaction of its own, for the other one was rolled back."""
    number, ticket_id = rule.id, ticket.id
    refused = getattr(error, "data", {}).get("action")

    def write() -> None:
        if not _is_known(number, occasion):
            db.session.add(
                AutomationRun(
                    rule_id=number,
                    ticket_id=ticket_id,
                    occasion=occasion,
                    outcome=outcome,
                    steps=[{"action": refused}] if refused else None,
                    reason=(str(error) if isinstance(error, DomainError) else type(error).__name__)[:500],
                )
            )

    run(system(tenant_id), "automation.note", write)


def _remember_failure(tenant_id: int, rule: AutomationRule, ticket: Ticket, occasion: str, error: Exception) -> None:
    """The rule cannot work, for something it names has gone; after several times it is switched off."""
    _remember(tenant_id, rule, ticket, occasion, RunOutcome.broken, error)

    def count() -> None:
        _count(rule.id, failures=AutomationRule.failures + 1)
        db.session.refresh(rule)
        if rule.active and rule.failures >= GIVES_UP_AFTER:
            rule.active = False
            announce("automation_rule.gave_up", automation_rule_id=rule.id, title=rule.name)

    run(system(tenant_id), "automation.note", count, rows=(rule,))


def forget_old(actor: Actor) -> int:
    """What rules did long ago, in the hourly clean-up."""

    def remove() -> int:
        old = delete(AutomationRun).where(AutomationRun.create_time < utcnow() - KEEP)
        return db.session.execute(old, execution_options={"purge": True, "synchronize_session": False}).rowcount

    return run(actor, "automation.clean", remove)
