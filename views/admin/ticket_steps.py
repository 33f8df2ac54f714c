"""Moving a ticket on its screen: the states it may go to, what its workflow wants to know before (TKT-2, TKT-15)."""

from flask import g
from flask_appbuilder.forms import DynamicForm
from flask_babel import gettext
from pydantic.alias_generators import to_snake

from models.tickets import Ticket, TicketStatus
from services.tickets import transitions_for, workflow
from views.admin import forms, labels
from views.admin.custom_values import PREFIX, CustomValuesView, form_field, from_form
from views.admin.row_actions import RowAction


def _workflows() -> workflow.Workflows:
    """Read once per request."""
    if "ticket_workflows" not in g:
        g.ticket_workflows = workflow.in_force()
    return g.ticket_workflows


def transitions(row: Ticket) -> list[str]:
    """Where the reader may move it."""
    return transitions_for(g.actor, row, _workflows())


def _wanted(row: Ticket) -> dict[str, list[str]]:
    """{what is missing: the states that want it}, of those to which the reader may move it and if he may fill it in."""
    if not g.actor.may("ticket.update"):
        return {}
    wanted: dict[str, list[str]] = {}
    possible = transitions(row)
    for status, names in workflow.requirements_of([row], _workflows()).get(row.id, {}).items():
        for name in names if status in possible else ():
            wanted.setdefault(name if name.startswith(PREFIX) else to_snake(name), []).append(status)
    return wanted


class StepView(CustomValuesView):
    """The part of the tickets' screen that asks for a step: its form has what any of the possible states wants."""

    def action_form(self, action: RowAction, row: Ticket) -> type[DynamicForm]:
        if action.name != "flow":
            return super().action_form(action, row)
        wanted = _wanted(row)
        facts = tuple(name for name in wanted if not name.startswith(PREFIX))
        first, *words = action.ask
        plain = forms.form_of(self, action.operation, (first, *facts))
        own = {field.code: field for field in self._fields() if f"{PREFIX}{field.code}" in wanted}
        made = {f"{PREFIX}{code}": form_field(field, "update") for code, field in own.items()}
        last = forms.form_of(self, action.operation, tuple(words))
        return type("StepForm", (last, plain), made)

    def action_data(self, action: RowAction, form: DynamicForm) -> dict:
        data = super().action_data(action, form)
        given = {
            field.code: from_form(field, form[f"{PREFIX}{field.code}"].data)
            for field in self._fields()
            if f"{PREFIX}{field.code}" in form
        }
        filled = {code: value for code, value in given.items() if value is not None}
        return data | {"custom": filled} if filled else data

    def action_asks_when(self, action: RowAction, row: Ticket) -> dict[str, tuple[str, str]]:
        asked = super().action_asks_when(action, row)
        if action.name != "flow":
            return asked
        return asked | {name: ("status", "|".join(states)) for name, states in _wanted(row).items()}

    def narrow_form(self, form, action: RowAction, row: Ticket) -> None:
        """A ticket can go only where the table of transitions and the actor's rights let it."""
        if action.name != "flow":
            return
        possible = [TicketStatus(value) for value in transitions(row)]
        nothing_yet = [("", "—")] if len(possible) > 1 else []
        choices = [(status.value, labels.state_title(status)) for status in possible]
        form["status"].choices = [*nothing_yet, *choices]
        form["status"].label.text = gettext("New state")
        solution = [] if row.resolution else ["resolution"]
        for name in (*_wanted(row), *solution):
            form[name].flags.required = True
