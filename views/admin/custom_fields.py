"""What a company defines itself: its own fields, the workflow of each ticket type (SET-4, TKT-15)."""

from functools import partial

from flask import g
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from markupsafe import Markup

from models.custom_fields import CustomField, FieldSubject
from models.ticket_types import TicketWorkflow
from models.tickets import TicketStatus
from services.custom_fields import PREFIX, definitions, reading
from services.tickets import workflow
from views.admin import labels
from views.admin.base import AdminView
from views.admin.cells import EMPTY, tag
from views.admin.dictionaries import items_of, word_of, words_of
from views.admin.option_fields import OptionsField, RequiredBeforeField, StepsField, step_title

#: these modules register the operations of the screens below
OPERATION_MODULES = (definitions, workflow)


def _options(row: CustomField) -> Markup:
    return (
        Markup(" ").join(
            tag(reading.option_title(option), "" if option["active"] else "quiet") for option in row.options or []
        )
        or EMPTY
    )


class CustomFieldView(AdminView):
    model, resource, icon = CustomField, "custom_field", "fa-table-list"
    singular, plural = _("Custom field"), _("Custom fields")
    intro = _(
        "Fields of your own for tickets, customers, organizations and conversations. They appear in forms, lists, "
        "filters, the API and exported files at once."
    )
    when_empty = _("Add what your company needs to know, such as a contract number or a software version.")
    list_columns = ["label", "code", "subject", "kind", "required", "shown_to_customers", "active", "sort", "id"]
    key_columns = ("subject", "kind", "active")
    show_columns = [
        "label",
        "label_en",
        "subject",
        "kind",
        "options",
        "code",
        "help_text",
        "ticket_types",
        "required",
        "shown_to_customers",
        "fillable_by_customers",
        "in_list",
        "sort",
        "active",
        "create_time",
        "update_time",
        "id",
    ]
    add_columns = edit_columns = [
        "subject",
        "label",
        "label_en",
        "code",
        "kind",
        "options",
        "help_text",
        "ticket_types",
        "required",
        "shown_to_customers",
        "fillable_by_customers",
        "in_list",
        "active",
        "sort",
    ]
    label_columns = {"label": _("Name"), "label_en": _("English name"), "subject": _("Field of")}
    search_text, search_columns = ("code", "label", "label_en"), ["subject", "kind", "active"]
    base_order = ("sort", "asc")
    beginning = {"subject": FieldSubject.ticket.value}
    choices = {"ticket_types": items_of("ticket_type")}
    own_fields = {"options": OptionsField}
    asked_when = {
        "options": ("kind", "select|multi_select"),
        "ticket_types": ("subject", "ticket"),
        "fillable_by_customers": ("subject", "ticket"),
    }
    formatters = {"options": _options, "ticket_types": words_of("ticket_type", "ticket_types")}
    help_texts = {
        "code": _("How programs call it: small letters, digits, - and _. It stays when the field is in use."),
        "kind": _("It stays when the field is in use."),
        "options": _("What somebody chose already keeps its name, even when it is no longer offered."),
        "help_text": _("Shown below the field in forms"),
        "required": _("Nothing is created without it by those who can fill it in"),
        "ticket_types": _("Leave all boxes empty for any type"),
        "shown_to_customers": _("Customers see it on their own tickets and conversations"),
        "fillable_by_customers": _("Customers fill it in when they create a ticket"),
        "in_list": _("Lists have a column for it"),
        "active": _("Switched off, it disappears from forms and lists; what stands in it is kept"),
        "sort": _("Smaller numbers come first"),
    }


def _facts() -> list[tuple[str, str]]:
    """What a workflow may require, in words."""
    standard = [(name, str(labels.label_of(_COLUMNS[name]))) for name in workflow.FACTS]
    own = definitions.fields_of(FieldSubject.ticket, g.actor)
    return standard + [(f"{PREFIX}{field.code}", reading.title_of(field)) for field in own]


_COLUMNS = {
    "product": "product",
    "departmentId": "department_id",
    "contactName": "contact_name",
    "contactEmail": "contact_email",
    "contactPhone": "contact_phone",
}


def _fact_words(names: list[str] | None) -> Markup:
    known = dict(_facts())
    return Markup(" ").join(tag(known.get(name, name)) for name in names or [])


def _steps(row: TicketWorkflow) -> Markup:
    if row.steps is None:
        return tag(gettext("All steps"))
    return Markup(" ").join(tag(step_title(step)) for step in row.steps)


def _before(row: TicketWorkflow) -> Markup:
    lines = (
        Markup("<li>{}: {}</li>").format(labels.state_title(TicketStatus(status)), _fact_words(names))
        for status, names in (row.required_before or {}).items()
    )
    shown = Markup("").join(lines)
    return Markup('<ul class="ad-lines">{}</ul>').format(shown) if shown else EMPTY


class TicketWorkflowView(AdminView):
    model, resource, icon = TicketWorkflow, "ticket_workflow", "fa-diagram-project"
    singular, plural = _("Ticket workflow"), _("Ticket workflows")
    intro = _(
        "Which steps tickets of one type may take, and what must be filled in before. Types without a workflow may "
        "take every step. Nobody gets more rights by a workflow."
    )
    when_empty = _("Choose a ticket type, take away the steps it does not need, and say what must be known when.")
    list_columns = ["ticket_type", "steps", "needs_review", "required_at_creation", "active", "id"]
    key_columns = ("steps", "needs_review", "active")
    show_columns = [
        "ticket_type",
        "active",
        "needs_review",
        "steps",
        "required_at_creation",
        "required_before",
        "create_time",
        "update_time",
        "id",
    ]
    add_columns = edit_columns = [
        "ticket_type",
        "active",
        "needs_review",
        "steps",
        "required_at_creation",
        "required_before",
    ]
    search_columns = ["ticket_type", "active"]
    choices = {"ticket_type": items_of("ticket_type"), "required_at_creation": _facts}
    own_fields = {"steps": StepsField, "required_before": partial(RequiredBeforeField, facts=_facts)}
    formatters = {
        "ticket_type": word_of("ticket_type", "ticket_type"),
        "steps": _steps,
        "required_at_creation": lambda row: _fact_words(row.required_at_creation) or EMPTY,
        "required_before": _before,
    }
    help_texts = {
        "needs_review": _("A ticket gets to “Resolved” only out of “In review”"),
        "steps": _(
            "Untick what tickets of this type shall not do. From every state a way must lead to an end. A customer's "
            "answer always brings a waiting ticket back to “In progress”."
        ),
        "required_at_creation": _("Asked of staff who create a ticket of this type"),
        "required_before": _("Tick what must be filled in before a ticket gets to a state; agents are asked for it."),
    }

    def heading(self, row) -> str:
        return word_of("ticket_type", "ticket_type")(row)
