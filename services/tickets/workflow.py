"""Which steps a ticket of this type may take, and what must be known before them (TKT-2, TKT-15).

`TRANSITIONS` is the law; the workflow of a type narrows it. Customers are not asked for what staff must know, and
their answer brings a waiting ticket back whatever a workflow says.
"""

from collections.abc import Collection, Iterable

from sqlalchemy import select

from app.errors import Conflict, Invalid, Reason
from app.extensions import db
from models.actor import Actor
from models.custom_fields import FieldSubject
from models.ticket_types import TicketWorkflow
from models.tickets import ENDED, TRANSITIONS, Ticket, TicketStatus
from services import custom_fields, settings
from services.crud import crud
from services.custom_fields.definitions import PREFIX, fields_of
from services.custom_fields.kinds import is_empty

#: facts that may be required, as REST calls them → where they stand
FACTS = {
    "product": "product",
    "departmentId": "department",
    "contactName": "contact_name",
    "contactEmail": "contact_email",
    "contactPhone": "contact_phone",
}
#: states before which something may be required; what is required of a new ticket is said apart
BEFORE = (
    TicketStatus.processing,
    TicketStatus.waiting,
    TicketStatus.review,
    TicketStatus.resolved,
    TicketStatus.closed,
    TicketStatus.cancelled,
)
_STUCK = {
    TicketStatus.pending: Reason("Tickets would be stuck in “Pending”: allow steps from there that lead to an end"),
    TicketStatus.processing: Reason(
        "Tickets would be stuck in “In progress”: allow steps from there that lead to an end"
    ),
    TicketStatus.waiting: Reason("Tickets would be stuck in “Waiting”: allow steps from there that lead to an end"),
    TicketStatus.review: Reason("Tickets would be stuck in “In review”: allow steps from there that lead to an end"),
    TicketStatus.resolved: Reason("Tickets would be stuck in “Resolved”: allow steps from there that lead to an end"),
}

Step = tuple[TicketStatus, TicketStatus]
Workflows = dict[str, TicketWorkflow]


def in_force() -> Workflows:
    """The workflow of each ticket type that has one."""
    rows = db.session.scalars(select(TicketWorkflow).where(TicketWorkflow.active == 1))
    return {row.ticket_type: row for row in rows}


def steps_for(ticket: Ticket, workflows: Workflows | None = None) -> list[TicketStatus]:
    """The states to which a ticket may go from where it is, whoever moves it.

    One that a later workflow found in a state it does not know keeps every lawful way out.
    """
    law = [to for start, to in TRANSITIONS if start is ticket.status]
    workflow = (in_force() if workflows is None else workflows).get(ticket.type)
    if workflow is None:
        return law
    allowed = _narrowed(workflow.steps, workflow.needs_review)
    left = [to for to in law if (ticket.status, to) in allowed]
    return left or ([] if ticket.status in ENDED else law)


def missing_for(ticket: Ticket, status: TicketStatus) -> list[str]:
    """What must be known before the ticket gets to this state and is not: "product", "custom.<code>" …"""
    return requirements_of([ticket], in_force()).get(ticket.id, {}).get(status.value, [])


def requirements_of(tickets: Iterable[Ticket], workflows: Workflows) -> dict[int, dict[str, list[str]]]:
    """{ticket id: {state it may go to: what is missing for that}}, states that lack nothing left out."""
    asked = {
        ticket: {
            status.value: names
            for status in steps_for(ticket, workflows)
            if (names := (workflows[ticket.type].required_before or {}).get(status.value))
        }
        for ticket in tickets
        if ticket.type in workflows
    }
    asked = {ticket: by_status for ticket, by_status in asked.items() if by_status}
    values = custom_fields.values_of_many(FieldSubject.ticket, [ticket.id for ticket in asked]) if asked else {}
    fields = fields_of(FieldSubject.ticket) if asked else []
    found = {}
    for ticket, by_status in asked.items():
        known = values.get(ticket.id, {})
        codes = {field.code for field in fields if field.applies_to(ticket.type)}
        missing = {status: _missing(ticket, names, known, codes) for status, names in by_status.items()}
        found[ticket.id] = {status: names for status, names in missing.items() if names}
    return found


def require_known(actor: Actor, ticket: Ticket, status: TicketStatus, given: Collection[str]) -> dict[str, Reason]:
    """Why this actor cannot move the ticket there yet, by field; `given` comes along with the step."""
    if actor.sees_as_customer:
        return {}
    return {name: Reason("required") for name in missing_for(ticket, status) if name not in given}


def check_new(actor: Actor, ticket: Ticket, custom: dict | None, *, only: Collection[str] | None = None) -> None:
    """Inside an operation: what staff must say about a new ticket of this type has been said.

    `only`: names that were touched by a change. Raises Invalid with a reason per field.
    """
    if actor.kind != "user" or actor.sees_as_customer:
        return
    workflow = in_force().get(ticket.type)
    required = (workflow.required_at_creation if workflow else None) or ()
    asked = [name for name in required if only is None or name in only]
    if not asked:
        return
    values = custom_fields.values_of(ticket) if ticket.id else {}
    values |= {code: None if is_empty(value) else value for code, value in (custom or {}).items()}
    codes = {field.code for field in fields_of(FieldSubject.ticket) if field.applies_to(ticket.type)}
    if missing := _missing(ticket, asked, values, codes):
        raise Invalid("Please check what was filled in", fields={name: Reason("required") for name in missing})


def _missing(ticket: Ticket, names: Iterable[str], values: dict, codes: Collection[str]) -> list[str]:
    """A field that was switched off since is not asked for."""
    with db.session.no_autoflush:
        return [
            name
            for name in names
            if (
                (code := name.removeprefix(PREFIX)) in codes and values.get(code) is None
                if name.startswith(PREFIX)
                else not getattr(ticket, FACTS[name])
            )
        ]


def _narrowed(steps: list[str] | None, needs_review: bool) -> set[Step]:
    allowed = set(TRANSITIONS) if steps is None else {_step(text) for text in steps}
    if needs_review:
        solved, review = TicketStatus.resolved, TicketStatus.review
        allowed = {(start, to) for start, to in allowed if to is not solved or start is review}
    return allowed


def _step(text: str) -> Step:
    """ "pending>processing" as a pair of the table. Raises Invalid."""
    start, _, to = text.partition(">")
    states = set(TicketStatus)
    if start in states and to in states and (step := (TicketStatus(start), TicketStatus(to))) in TRANSITIONS:
        return step
    raise Invalid("A ticket cannot go from this state to that one", fields={"steps": Reason("unknown")})


def _check(actor: Actor, row: TicketWorkflow, data: dict) -> None:
    if row.ticket_type not in settings.dictionary_codes("ticket_type"):
        raise Invalid("This ticket type does not exist", fields={"ticketType": Reason("unknown")})
    if row.steps is not None:
        order = list(TRANSITIONS)
        row.steps = [">".join(step) for step in sorted({_step(text) for text in row.steps}, key=order.index)]
    _refuse_dead_ends(_narrowed(row.steps, bool(row.needs_review)))
    with db.session.no_autoflush:
        fields = fields_of(FieldSubject.ticket)
    known = {*FACTS, *(f"{PREFIX}{field.code}" for field in fields if field.applies_to(row.ticket_type))}
    row.required_at_creation = _cleaned(row.required_at_creation, known, "requiredAtCreation") or None
    before = row.required_before or {}
    if set(before) - set(BEFORE):
        raise Invalid("This state does not exist", fields={"requiredBefore": Reason("unknown")})
    cleaned = {status.value: _cleaned(before.get(status), known, "requiredBefore") for status in BEFORE}
    row.required_before = {status: names for status, names in cleaned.items() if names} or None


def _cleaned(names: object, known: Collection[str], field: str) -> list[str]:
    if not isinstance(names, list | None) or not all(isinstance(name, str) for name in names or ()):
        raise Invalid("The request is not valid", fields={field: Reason("must be a list")})
    if unknown := sorted(set(names or ()) - set(known)):
        raise Invalid(
            "There is no such field for this ticket type",
            fields={field: Reason("unknown: %(names)s", names=", ".join(unknown)[:100])},
        )
    return list(dict.fromkeys(names or ()))


def _refuse_dead_ends(allowed: set[Step]) -> None:
    """From wherever a new ticket may get to, it can be brought to an end; and it can be solved."""
    reached = _reachable(TicketStatus.pending, allowed)
    stuck = [
        status
        for status in TicketStatus
        if status in reached and status not in ENDED and _reachable(status, allowed).isdisjoint(ENDED)
    ]
    if stuck:  # named is the one that nothing leaves, rather than those that lead there
        status = next((status for status in stuck if _reachable(status, allowed) == {status}), stuck[0])
        raise Conflict(
            "Tickets would be stuck: from every state steps must lead to an end",
            kind="stuck",
            status=status.value,
            fields={"steps": _STUCK[status]},
        )
    if TicketStatus.resolved not in reached:
        raise Conflict("By these steps no ticket could ever be resolved: allow a way there", kind="stuck")


def _reachable(start: TicketStatus, allowed: set[Step]) -> set[TicketStatus]:
    found, queue = {start}, [start]
    while queue:
        here = queue.pop()
        new = {to for origin, to in allowed if origin is here} - found
        found |= new
        queue += new
    return found


crud(
    "ticket_workflow",
    TicketWorkflow,
    title="Ticket workflow",
    writable=("ticket_type", "steps", "needs_review", "required_at_creation", "required_before", "active"),
    kinds={"steps": list[str] | None, "required_at_creation": list[str] | None, "required_before": dict | None},
    check=_check,
)
