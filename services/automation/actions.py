"""Rules and macros at a ticket: what they do, all or nothing, and what they would do (TKT-15)."""

import dataclasses
from dataclasses import dataclass

from app.errors import Conflict, DomainError, Invalid
from models.actor import Actor
from models.tickets import ENDED, TRANSITIONS, Ticket, TicketStatus
from services import tickets
from services.automation import wording
from services.automation.choices import source_of
from services.automation.steps import Doing, Step, find

REFUSED = "You are not allowed to do this"
GONE = "What is to be set does not exist any more"
OTHER_TYPE = "Tickets of this type do not have this field"
EMPTY = (None, "", [])


@dataclass
class Change:
    """What an action did or would do: what stood there before and stands there afterwards, or why it cannot."""

    action: str
    before: str = ""
    after: str = ""
    reason: str = ""

    @property
    def plain(self) -> dict:
        return {key: value for key, value in dataclasses.asdict(self).items() if key != "reason" or value}


def perform(actor: Actor, ticket: Ticket, actions: list[dict], *, key: str) -> list[Change]:
    """Inside an operation on the ticket: all of them, facts first in one change; the first refusal ends it all.

    The refusal says which action it was (`action`, `position` in its data).
    """
    steps = [_known(item["action"]) for item in actions]
    values = [item["value"] for item in actions]
    changes = _set_facts(
        Doing(actor, ticket, key), [pair for pair in zip(steps, values, strict=True) if pair[0].column]
    )
    for position, (step, value) in enumerate(zip(steps, values, strict=True)):
        if step.act is None:
            continue
        before = _shown(step, step.current(ticket))
        doing = Doing(actor, ticket, f"{key}-{position}")
        try:
            step.act(doing, value)
        except DomainError as refusal:
            refusal.data |= {"action": step.name, "position": position}
            raise
        changes.append(Change(step.name, before, _after(doing, step, value)))
    return changes


def _known(name: str) -> Step:
    step = find(name)
    if step is None:
        raise Invalid(GONE, fields={name: "unknown"}, action=name)
    return step


def _set_facts(doing: Doing, wanted: list[tuple[Step, object]]) -> list[Change]:
    """Only what differs is written, so that rules for changed tickets hear of changes only."""
    ticket, facts, custom, changes = doing.ticket, {}, {}, []
    for step, value in wanted:
        where, name = (custom, step.field.code) if step.field else (facts, step.column)
        before = where.get(name, step.current(ticket))
        now = step.given(doing, before, value)
        if is_same(before, now):
            continue
        if not step.fits(ticket):
            raise Conflict(OTHER_TYPE, action=step.name)
        where[name] = now
        changes.append(Change(step.name, _shown(step, before), _shown(step, now)))
    if changes:
        try:
            tickets.update_ticket(doing.actor, ticket, version=ticket.version, **facts, custom=custom or None)
        except DomainError as refusal:
            refusal.data |= {"action": changes[0].action}
            raise
    return changes


def is_same(before: object, now: object) -> bool:
    """Whether nothing would be changed: empty is empty, however it is written; no and 0 are not."""
    return before == now or (before in EMPTY and now in EMPTY)


def foresee(actor: Actor, ticket: Ticket, actions: list[dict]) -> list[Change]:
    """What they would do to the ticket as it is now, in their order; nothing is changed."""
    changes, values, status, doing = [], {}, ticket.status, Doing(actor, ticket, "")
    for item in actions:
        step, value = find(item["action"]), item["value"]
        if step is None:
            changes.append(Change(item["action"], reason=GONE))
            continue
        reason = REFUSED if not actor.may(step.right) else "" if step.fits(ticket) else OTHER_TYPE
        if step.name == "move":
            wanted = TicketStatus(value["status"])
            reason = _why_not(actor, ticket, status, wanted, value.get("text"))
            status = status if reason else wanted
        elif not reason and status in ENDED and not (step.after_end or step.column):
            reason = "The ticket has ended"
        place = step.column or step.name
        before = values.get(place, step.current(ticket))
        if step.column:
            values[place] = step.given(doing, before, value)
            before, after = _shown(step, before), _shown(step, values[place])
        else:
            values[place] = value["status"] if step.name == "move" else value
            before, after = _shown(step, before), _after(doing, step, value)
        if before != after or reason:
            changes.append(Change(step.name, before, after, reason))
    return changes


def _why_not(actor: Actor, ticket: Ticket, status: TicketStatus, wanted: TicketStatus, words: str | None) -> str:
    """Why the ticket cannot take this step; empty if it can."""
    if wanted is status:
        return ""
    right = TRANSITIONS.get((status, wanted))
    if right is None:
        return "A ticket cannot go from this state to that one"
    if not actor.may(right):
        return REFUSED
    return (
        "Say how the problem was solved" if wanted is TicketStatus.resolved and not (words or ticket.resolution) else ""
    )


def _shown(step: Step, value: object) -> str:
    if value in EMPTY:
        return ""
    if isinstance(value, list):
        return "、".join(_shown(step, one) for one in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if not step.source:
        return str(value)
    source = source_of(step.source, step.field)
    return str(value) if source.is_fixed else source.name_of(value)


def _after(doing: Doing, step: Step, value: object) -> str:
    if step.kind in ("text", "notice"):
        text = value if step.kind == "text" else value["text"]
        return wording.filled(doing.actor, doing.ticket, text)
    return _shown(step, value["status"] if step.kind == "move" else value)
