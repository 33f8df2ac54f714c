"""What rules and macros may do to a ticket, each through the operation that people use (TKT-15).

A further action is one more line of `STEPS`: how it is called, what value it takes, how it is done and foreseen. The
fields that a company defines for its tickets (SET-4) are set by the names `custom.<code>`.
"""

import dataclasses
import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from flask_babel import gettext
from sqlalchemy import select

from app.errors import Conflict
from app.extensions import db
from models.actor import Actor, bot, system
from models.custom_fields import CustomField, FieldKind, FieldSubject
from models.messaging import MessageType
from models.organization import Agent
from models.tickets import Ticket, TicketPriority, TicketStatus
from models.types import utcnow
from services import custom_fields, mentioning, tickets
from services.automation import wording
from services.automation.choices import own_source_name
from services.company_days import company_zone, date_at
from services.identity import rights
from services.notices import LOOKS_AFTER_TICKETS
from services.notifications import notify


@dataclass
class Doing:
    """One action about to be taken: by whom, on what, and a key that is the same when it is tried again."""

    actor: Actor
    ticket: Ticket
    key: str

    @property
    def is_person(self) -> bool:
        return self.actor.kind == "user"


def _as_it_is(doing: Doing, before: object, value: object) -> object:
    return value


def _nothing(ticket: Ticket) -> str:
    return ""


@dataclass(frozen=True)
class Step:
    """One kind of action. With a `column` it is a fact of the ticket, changed as people change it."""

    name: str
    title: str
    #: a key of `_SHAPES`: the shape of its value
    kind: str
    source: str = ""
    column: str = ""
    #: what stands there afterwards, from what stands there and the value
    given: Callable[[Doing, object, object], object] = _as_it_is
    act: Callable[[Doing, object], None] | None = None
    #: value as it stands in the ticket now
    current: Callable[[Ticket], object] = _nothing
    #: the right whoever does it needs
    right: str = "ticket.update"
    #: whether it still makes sense once the ticket has ended
    after_end: bool = False
    #: what the company has defined itself
    field: CustomField | None = None

    @property
    def shown_title(self) -> str:
        """In the reader's language."""
        if self.field:
            return gettext("Set “%(name)s”", name=self.title)
        return gettext(self.title)

    def fits(self, ticket: Ticket) -> bool:
        """Whether tickets of this type have the fact at all."""
        return self.field is None or self.field.applies_to(ticket.type)


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


def _watch(doing: Doing, agent_id: int) -> None:
    user_id = db.session.scalar(select(Agent.user_id).where(Agent.id == agent_id))
    if user_id not in {user.id for user in mentioning.colleagues_of(doing.ticket)}:
        raise Conflict("This colleague cannot see the ticket")
    if user_id not in {row.user_id for row in tickets.watchers_of(doing.ticket)}:
        tickets.watch_ticket(doing.actor, doing.ticket, user_id=user_id)


def _with_tags(doing: Doing, before: list, tags: list) -> list:
    return [*before, *(tag for tag in tags if tag not in before)]


def _without_tags(doing: Doing, before: list, tags: list) -> list:
    return [tag for tag in before if tag not in tags]


def _tags_of(ticket: Ticket) -> list:
    return list(ticket.tags or ())


STEPS: dict[str, Step] = {
    entry.name: entry
    for entry in (
        Step(
            "set_priority",
            "Set the priority",
            "choice",
            "priority",
            "priority",
            given=lambda doing, before, value: TicketPriority(value),
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
            given=lambda doing, before, value: value or 0,
            current=lambda ticket: ticket.department_id or 0,
        ),
        Step("add_tags", "Add tags", "tags", "ticket_tag", "tags", given=_with_tags, current=_tags_of),
        Step("remove_tags", "Take tags away", "tags", "ticket_tag", "tags", given=_without_tags, current=_tags_of),
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
        Step("watch", "Have a colleague watch it", "choice", "agent", act=_watch, right="ticket.watch", after_end=True),
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


#: kind of a company's own field → shape of the value that is written into it
_OWN_KINDS = {
    FieldKind.text: "line",
    FieldKind.long_text: "line",
    FieldKind.number: "decimal",
    FieldKind.date: "days",
    FieldKind.select: "optional",
    FieldKind.multi_select: "several",
    FieldKind.person: "optional",
    FieldKind.organization: "optional",
    FieldKind.yes_no: "answer",
}


def find(name: str) -> Step | None:
    """The action of this name; None for what cannot be done, or not any more."""
    if name in STEPS or not name.startswith(custom_fields.PREFIX):
        return STEPS.get(name)
    return next((step for step in _own_steps() if step.name == name), None)


def everything() -> Iterator[Step]:
    """All that may be done, the company's own fields of tickets last."""
    yield from STEPS.values()
    yield from _own_steps()


def _own_steps() -> Iterator[Step]:
    for field_ in custom_fields.fields_of(FieldSubject.ticket):
        yield Step(
            f"{custom_fields.PREFIX}{field_.code}",
            custom_fields.title_of(field_),
            _OWN_KINDS[field_.kind],
            own_source_name(custom_fields.PREFIX, field_),
            f"{custom_fields.PREFIX}{field_.code}",
            given=_OWN_GIVEN.get(field_.kind, _as_it_is),
            current=lambda ticket, code=field_.code: custom_fields.values_of(ticket).get(code),
            field=field_,
        )


def _text_given(doing: Doing, before: object, text: str) -> str:
    return wording.filled(doing.actor, doing.ticket, text) if text else ""


def _date_given(doing: Doing, before: object, days: int | str) -> str:
    """So many days from today, by the company's clock."""
    return "" if days == "" else (date_at(utcnow(), company_zone()) + dt.timedelta(days=days)).isoformat()


_OWN_GIVEN = {FieldKind.text: _text_given, FieldKind.long_text: _text_given, FieldKind.date: _date_given}
