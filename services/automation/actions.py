"""What rules and macros do to a ticket, each through the operation that people use (TKT-15).

A further action is one more line of `STEPS`: how it is called, what value it takes, how it is done and foreseen.
"""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass, field

from sqlalchemy import select

from app.errors import DomainError, Invalid, Reason
from app.extensions import db
from models.actor import Actor, bot, system
from models.messaging import MessageType
from models.organization import Agent
from models.tickets import ENDED, TRANSITIONS, Ticket, TicketPriority, TicketStatus
from services import mentioning, tickets
from services.automation import wording
from services.automation.choices import SOURCES, require
from services.identity import rights
from services.notices import LOOKS_AFTER_TICKETS
from services.notifications import notify

MOST_ACTIONS = 10
MOST_TOLD = 20
#: whom an action may notify beside single colleagues: only people who may see the ticket, never an address
GROUPS = ("assignee", "leader", "supervisors")

REFUSED = "You are not allowed to do this"


@dataclass
class Doing:
    """One action about to be taken: by whom, on what, and a key that is the same when it is tried again."""

    actor: Actor
    ticket: Ticket
    key: str

    @property
    def is_person(self) -> bool:
        return self.actor.kind == "user"


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


@dataclass(frozen=True)
class Step:
    """One kind of action. With a `column` it is a fact of the ticket, changed as people change it."""

    name: str
    title: str
    #: choice, optional, text, move, notice: the shape of its value
    kind: str
    source: str = ""
    column: str = ""
    #: the value as the operation takes it
    given: Callable = field(default=lambda value: value)
    act: Callable[[Doing, object], None] | None = None
    #: value as it stands in the ticket now
    current: Callable[[Ticket], object] = field(default=lambda ticket: "")
    #: the right whoever does it needs
    right: str = "ticket.update"
    #: whether it still makes sense once the ticket has ended
    after_end: bool = False


def _assign(doing: Doing, agent_id: int) -> None:
    if doing.ticket.assignee_id != agent_id:
        tickets.assign_ticket(doing.actor, doing.ticket, agent_id=agent_id, reason=_reason(doing))


def _to_team(doing: Doing, team_id: int) -> None:
    if (doing.ticket.team_id, doing.ticket.assignee_id) != (team_id, None):
        tickets.give_to_team(doing.actor, doing.ticket, team_id=team_id, reason=_reason(doing))


def _reason(doing: Doing) -> str:
    """In the history of assignments a rule is named; a person stands there himself."""
    return "" if doing.is_person else doing.actor.name


def _move(doing: Doing, value: dict) -> None:
    words = wording.filled(doing.actor, doing.ticket, value["text"]) if value.get("text") else ""
    solved = {"resolution": words} if value["status"] == TicketStatus.resolved else {"reason": words}
    tickets.move_ticket(doing.actor, doing.ticket, status=TicketStatus(value["status"]), **solved)


def _follow_up(doing: Doing, text: str) -> None:
    tickets.add_follow_up(doing.actor, doing.ticket, content=wording.filled(doing.actor, doing.ticket, text))


def _say(doing: Doing, text: str, type_: MessageType) -> None:
    """A person speaks himself; for a rule the assistant does, and that is no first reply of the staff.

    Only in notes, which customers do not read, it says which rule it was.
    """
    speaker = doing.actor
    if not doing.is_person:
        named = {"name": doing.actor.name} if type_ is MessageType.note else {}
        speaker = dataclasses.replace(
            bot(doing.actor.tenant_id), permissions=frozenset({"ticket.message"}), rules=doing.actor.rules, **named
        )
    words = wording.filled(doing.actor, doing.ticket, text)
    tickets.send_message(speaker, doing.ticket, client_msg_id=doing.key[:64], type=type_, content=words)


def _notify(doing: Doing, value: dict) -> None:
    text = wording.filled(doing.actor, doing.ticket, value["text"])
    reached = _people(doing.ticket, value["to"])
    for user_id in reached & {user.id for user in mentioning.colleagues_of(doing.ticket)}:
        notify(
            system(doing.actor.tenant_id),
            user_id=user_id,
            event_key=f"automation-{doing.key}"[:190],
            kind="ticket.automation",
            params={"no": doing.ticket.no, "title": doing.ticket.title, "note": text},
            link=f"/desk/tickets/{doing.ticket.id}",
        )


def _people(ticket: Ticket, named: list) -> set[int]:
    """The accounts behind names of groups and numbers of agents."""
    found: set[int | None] = set()
    for one in named:
        if one == "assignee":
            found.add(ticket.assignee.user_id if ticket.assignee else None)
        elif one == "leader":
            found.add(ticket.team.leader_id if ticket.team else None)
        elif one == "supervisors":
            found.update(rights.holders_of(LOOKS_AFTER_TICKETS))
        else:
            found.add(db.session.scalar(select(Agent.user_id).where(Agent.id == one)))
    return found - {None}


STEPS: dict[str, Step] = {
    entry.name: entry
    for entry in (
        Step(
            "set_priority",
            "Set the priority",
            "choice",
            "priority",
            "priority",
            given=TicketPriority,
            current=lambda ticket: ticket.priority.value,
        ),
        Step("set_type", "Set the type", "optional", "type", "type", current=lambda ticket: ticket.type),
        Step("set_product", "Set the product", "optional", "product", "product", current=lambda ticket: ticket.product),
        Step(
            "set_department",
            "Set the department",
            "optional",
            "department",
            "department_id",
            given=lambda value: value or 0,
            current=lambda ticket: ticket.department_id,
        ),
        Step(
            "assign",
            "Assign to an agent",
            "choice",
            "agent",
            act=_assign,
            current=lambda ticket: ticket.assignee_id,
            right="ticket.assign",
        ),
        Step(
            "to_team",
            "Put into a team's pool",
            "choice",
            "team",
            act=_to_team,
            current=lambda ticket: None if ticket.assignee_id else ticket.team_id,
            right="ticket.assign",
        ),
        Step(
            "message",
            "Write to the customer",
            "text",
            act=lambda doing, text: _say(doing, text, MessageType.text),
            right="ticket.message",
        ),
        Step(
            "note",
            "Write an internal note",
            "text",
            act=lambda doing, text: _say(doing, text, MessageType.note),
            right="ticket.message",
        ),
        Step("follow_up", "Record a follow-up", "text", act=_follow_up, right="ticket.follow_up", after_end=True),
        Step("notify", "Notify colleagues", "notice", act=_notify, right="ticket.read", after_end=True),
        Step(
            "move",
            "Move to a state",
            "move",
            "status",
            act=_move,
            current=lambda ticket: ticket.status.value,
            right="ticket.read",
            after_end=True,
        ),
    )
}


def perform(actor: Actor, ticket: Ticket, actions: list[dict], *, key: str) -> list[Change]:
    """Inside an operation on the ticket: all of them, facts first in one change; the first refusal ends it all.

    The refusal says which action it was (`action`, `position` in its data).
    """
    changes = _set_facts(actor, ticket, [item for item in actions if STEPS[item["action"]].column])
    for position, item in enumerate(actions):
        step = STEPS[item["action"]]
        if step.act is None:
            continue
        before = _shown(step, step.current(ticket))
        try:
            step.act(Doing(actor, ticket, f"{key}-{position}"), item["value"])
        except DomainError as refusal:
            refusal.data |= {"action": step.name, "position": position}
            raise
        changes.append(Change(step.name, before, _after(actor, ticket, step, item["value"])))
    return changes


def _set_facts(actor: Actor, ticket: Ticket, items: list[dict]) -> list[Change]:
    """Only what differs is written, so that rules for changed tickets hear of changes only."""
    wanted, changes = {}, []
    for item in items:
        step = STEPS[item["action"]]
        now = step.current(ticket)
        if (now or None) != (item["value"] or None):
            wanted[step.column] = step.given(item["value"])
            changes.append(Change(step.name, _shown(step, now), _shown(step, item["value"])))
    if wanted:
        try:
            tickets.update_ticket(actor, ticket, version=ticket.version, **wanted)
        except DomainError as refusal:
            refusal.data |= {"action": changes[0].action}
            raise
    return changes


def foresee(actor: Actor, ticket: Ticket, actions: list[dict]) -> list[Change]:
    """What they would do to the ticket as it is now, in their order; nothing is changed."""
    changes, values, status = [], {}, ticket.status
    for item in actions:
        step, value = STEPS[item["action"]], item["value"]
        reason = "" if actor.may(step.right) else REFUSED
        if step.name == "move":
            wanted = TicketStatus(value["status"])
            reason = _why_not(actor, ticket, status, wanted, value.get("text"))
            status = status if reason else wanted
        elif not reason and status in ENDED and not (step.after_end or step.column):
            reason = "The ticket has ended"
        before = _shown(step, values.get(step.name, step.current(ticket)))
        after = _after(actor, ticket, step, value)
        values[step.name] = value["status"] if step.name == "move" else value
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
    if value is None or value == "":
        return ""
    if not step.source:
        return str(value)
    return str(value) if SOURCES[step.source].is_fixed else SOURCES[step.source].name_of(value)


def _after(actor: Actor, ticket: Ticket, step: Step, value: object) -> str:
    if step.kind == "text":
        return wording.filled(actor, ticket, value)
    if step.kind == "notice":
        return wording.filled(actor, ticket, value["text"])
    return _shown(step, value["status"] if step.kind == "move" else value)


# --- checking what somebody wrote -----------------------------------------------------------------------------------


def checked(actor: Actor, actions: list | None) -> list[dict]:
    """Actions as they are stored. Raises Invalid with one reason per place ("actions.0.value")."""
    if not actions:
        raise Invalid("Say what is to be done", fields={"actions": "required"})
    if len(actions) > MOST_ACTIONS:
        raise Invalid("Too many actions", fields={"actions": Reason("at most %(number)s", number=MOST_ACTIONS)})
    return [_action(actor, item, f"actions.{number}") for number, item in enumerate(actions)]


def _action(actor: Actor, item: object, place: str) -> dict:
    step = STEPS.get(str(item.get("action"))) if isinstance(item, dict) else None
    if step is None or set(item) - {"action", "value"}:
        raise Invalid("Choose what is to be done", fields={f"{place}.action": "unknown"})
    return {"action": step.name, "value": _SHAPES[step.kind](actor, step, item.get("value"), f"{place}.value")}


def _choice(actor: Actor, step: Step, value: object, place: str) -> object:
    if value is None or value == "":
        raise Invalid("Choose what is to be done", fields={place: "required"})
    require(actor, step.source, value, place)
    return value


def _optional(actor: Actor, step: Step, value: object, place: str) -> object:
    return "" if value in (None, "") else _choice(actor, step, value, place)


def _text(actor: Actor, step: Step, value: object, place: str) -> str:
    return wording.checked(value, place)


def _moving(actor: Actor, step: Step, value: object, place: str) -> dict:
    if not isinstance(value, dict) or set(value) - {"status", "text"}:
        raise Invalid("Choose what is to be done", fields={place: "unknown"})
    status = _choice(actor, step, value.get("status"), f"{place}.status")
    text = value.get("text")
    return {"status": status} | ({"text": wording.checked(text, f"{place}.text")} if text else {})


def _telling(actor: Actor, step: Step, value: object, place: str) -> dict:
    if not isinstance(value, dict) or set(value) - {"to", "text"}:
        raise Invalid("Choose what is to be done", fields={place: "unknown"})
    named = value.get("to")
    if not isinstance(named, list) or not 1 <= len(named) <= MOST_TOLD:
        raise Invalid("Say who is notified", fields={f"{place}.to": "required"})
    for one in named:
        if one not in GROUPS:
            require(actor, "agent", one, f"{place}.to")
    return {"to": list(dict.fromkeys(named)), "text": wording.checked(value.get("text"), f"{place}.text")}


_SHAPES: dict[str, Callable] = {
    "choice": _choice,
    "optional": _optional,
    "text": _text,
    "move": _moving,
    "notice": _telling,
}
