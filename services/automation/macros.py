"""Macros: several actions on a ticket by one click, with the rights of whoever clicks (TKT-15)."""

from uuid import uuid4

from sqlalchemy import inspect

from app.errors import Conflict, Invalid, NotAllowed
from models.actor import Actor
from models.automation import Macro
from models.organization import Team
from models.tickets import Ticket
from services.automation import actions, shapes
from services.automation.actions import Change
from services.crud import crud, referenced
from services.operation import operation
from services.tickets import each


def _check(actor: Actor, row: Macro, data: dict) -> None:
    row.name = " ".join((row.name or "").split())
    if not row.name:
        raise Invalid("A macro needs a name", fields={"name": "required"})
    if row.id is None or "actions" in data:
        row.actions = shapes.checked(actor, row.actions)
    if row.id is not None and not _keeps(actor, _before(row, "owner_id"), _before(row, "team_id")):
        raise NotAllowed("You can only change macros of your own")
    if row.owner_id is not None and row.team_id is not None:
        raise Invalid("A macro is one's own or a team's, not both", fields={"teamId": "or ownerId"})
    referenced(Team, row.team_id, actor, "teamId")
    if row.id is None and row.owner_id is None and row.team_id is None and not actor.may("macro.share"):
        row.owner_id = actor.user_id  # without the right to share a new one is one's own
    if not _keeps(actor, row.owner_id, row.team_id):
        raise NotAllowed("You can only keep macros of your own")


def _keeps(actor: Actor, owner_id: int | None, team_id: int | None) -> bool:
    return owner_id == actor.user_id if owner_id is not None else actor.may("macro.share")


def _before(row: Macro, name: str) -> int | None:
    changed = inspect(row).attrs[name].history
    return changed.deleted[0] if changed.deleted else getattr(row, name)


def may_change(actor: Actor, row: Macro) -> bool:
    """Whether this actor keeps the macro: its owner, or of shared ones who shares macros."""
    return _keeps(actor, row.owner_id, row.team_id)


def _own(actor: Actor, row: Macro) -> None:
    if not may_change(actor, row):
        raise NotAllowed("You can only delete macros of your own")


crud(
    "macro",
    Macro,
    title="Macro",
    writable=("name", "description", "actions", "owner_id", "team_id", "sort", "active"),
    kinds={"actions": list[dict]},
    check=_check,
    before_delete=_own,
)


@operation("macro.share", title="Keep macros for everybody")
def share(actor: Actor, macro: Macro) -> Macro:
    """Give a personal or a team's macro to all."""
    macro.owner_id = macro.team_id = None
    return macro


@operation("ticket.macro", title="Apply a macro", right="ticket.update")
def apply_macro(actor: Actor, ticket: Ticket, *, macro_id: int) -> Ticket:
    """All actions of the macro as this person, or none: the first that he may not take refuses the whole."""
    actions.perform(actor, ticket, _usable(actor, macro_id).actions, key=f"macro-{macro_id}-{uuid4().hex}")
    return ticket


@operation("ticket.batch_macro", title="Apply a macro to several tickets", right="ticket.update")
def batch_macro(actor: Actor, tickets: list, *, macro_id: int) -> list[Ticket]:
    """The macro on every one of the tickets, or on none. Raises Conflict with what each refused."""
    wanted = _usable(actor, macro_id).actions
    return each(
        list(tickets),
        lambda ticket: actions.perform(actor, ticket, wanted, key=f"macro-{macro_id}-{uuid4().hex}"),
    )


def foresee(actor: Actor, ticket: Ticket, macro_id: int) -> list[Change]:
    """What the macro would do to the ticket, and which action this person may not take."""
    return actions.foresee(actor, ticket, _usable(actor, macro_id).actions)


def _usable(actor: Actor, macro_id: int) -> Macro:
    macro = referenced(Macro, macro_id, actor, "macroId")
    if not macro.active:
        raise Conflict("This macro is switched off")
    return macro
