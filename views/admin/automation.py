"""Automation rules, what they did, macros and templates of tickets (TKT-1, TKT-15).

Conditions and actions are written on the desk's page, where each has its pickers; here they are read.
"""

from collections.abc import Callable

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from markupsafe import Markup

from models.automation import AutomationRule, AutomationRun, Macro, TicketTemplate
from services import automation, ticket_templates
from services.automation.conditions import leaves
from views.admin.base import AdminView
from views.admin.cells import EMPTY, tag
from views.admin.dictionaries import items_of, word_of
from views.admin.row_actions import RowAction


def _tags(found: list) -> Markup:
    """What of it there still is."""
    return Markup(" ").join(tag(one.shown_title) for one in found if one) or EMPTY


def _asked(row) -> Markup:
    """What a rule asks for, by name; with which values stands on the desk's page."""
    fields = dict.fromkeys(leaf["field"] for leaf in leaves(row.conditions))
    background = automation.Background(())
    return _tags([automation.criteria.find(name, background) for name in fields])


def _done(column: str) -> Callable:
    def shown(row) -> Markup:
        names = [item["action"] for item in getattr(row, column) or ()]
        return _tags([automation.steps.find(name) for name in names])

    return shown


class AutomationRuleView(AdminView):
    model, resource, icon = AutomationRule, "automation_rule", "fa-wand-magic-sparkles"
    singular, plural = _("Automation rule"), _("Automation rules")
    intro = _(
        "What happens to tickets by itself: on an event, if the conditions hold, the actions are taken. Rules are "
        "written and tried on the desk; here they are switched on and off and put in order."
    )
    when_empty = _("Write the first rule on the desk, at Automation.")
    exclude_route_methods = {"add"}  # conditions and actions are made on the desk
    list_columns = ["name", "event", "active", "sort", "conditions", "actions", "run_count", "last_run_time", "id"]
    key_columns = ("event", "active", "run_count")
    show_columns = [
        "name",
        "active",
        "event",
        "sort",
        "conditions",
        "actions",
        "stop_after",
        "run_count",
        "last_run_time",
        "failures",
        "create_by",
        "create_time",
        "update_time",
        "id",
    ]
    edit_columns = ["name", "active", "sort", "stop_after"]
    search_text, search_columns = ("name",), ["event", "active", "last_run_time"]
    base_order = ("sort", "asc")
    desk_path = "/desk/automation?rule={id}"
    formatters = {"conditions": _asked, "actions": _done("actions")}


class AutomationRunView(AdminView):
    model, resource, icon = AutomationRun, "automation_run", "fa-list-check"
    singular, plural = _("Run of a rule"), _("Runs of automation rules")
    intro = _("What rules did to tickets, and why they could not. Kept for 90 days.")
    when_empty = _("No rule has acted yet.")
    list_columns = ["rule_id", "ticket_id", "outcome", "steps", "reason", "create_time", "id"]
    key_columns = ("ticket_id", "outcome", "create_time")
    label_columns = {"steps": _("What was done")}
    show_columns = list_columns
    search_text, search_columns = ("reason",), ["rule_id", "ticket_id", "outcome", "create_time"]
    formatters = {
        "steps": _done("steps"),
        "reason": lambda row: Markup.escape(gettext(row.reason)) if row.reason else EMPTY,
    }

    def heading(self, row) -> str:
        return " · ".join(str(one) for one in (row.rule, row.ticket and row.ticket.no) if one) or f"#{row.id}"


class MacroView(AdminView):
    model, resource, icon = Macro, "macro", "fa-bolt-lightning"
    singular, plural = _("Macro"), _("Macros")
    intro = _("Several actions on a ticket by one click. Macros are written on the desk, at Automation.")
    when_empty = _("Write the first macro on the desk, at Automation.")
    exclude_route_methods = {"add"}
    list_columns = ["name", "description", "actions", "owner_id", "team_id", "active", "sort", "id"]
    key_columns = ("description", "actions", "active")
    show_columns = [*list_columns, "create_time", "update_time"]
    edit_columns = ["name", "description", "team_id", "active", "sort"]
    search_text, search_columns = ("name", "description"), ["owner_id", "team_id", "active"]
    base_order = ("sort", "asc")
    desk_path = "/desk/automation?tab=macros&macro={id}"
    formatters = {"actions": _done("actions")}
    row_actions = (
        RowAction("share", _("Give to everybody"), "macro.share", "fa-users", when=lambda row: row.scope != "global"),
    )


class TicketTemplateView(AdminView):
    model, resource, icon = TicketTemplate, "ticket_template", "fa-file-lines"
    singular, plural = _("Ticket template"), _("Ticket templates")
    intro = _("What the form of a new ticket begins with. Those for customers are offered on the portal too.")
    when_empty = _("Write a template for what is reported again and again.")
    list_columns = ["name", "title", "type", "priority", "product", "team_id", "is_public", "active", "sort", "id"]
    key_columns = ("title", "type", "is_public", "active")
    show_columns = [*list_columns, "description", "create_time", "update_time"]
    add_columns = edit_columns = [
        "name",
        "title",
        "description",
        "type",
        "priority",
        "product",
        "team_id",
        "is_public",
        "active",
        "sort",
    ]
    search_text, search_columns = ("name", "title"), ["type", "priority", "is_public", "active"]
    base_order = ("sort", "asc")
    desk_path = "/desk/automation?tab=templates&template={id}"
    help_texts = {
        "team_id": _("Tickets made from it come into the pool of this team"),
        **dict.fromkeys(
            ticket_templates.TEXTS,
            _("May contain {customer.name}, {customer.organization} and {company.name}"),
        ),
    }
    choices = {"type": items_of("ticket_type"), "product": items_of("product")}
    formatters = {"type": word_of("ticket_type", "type"), "product": word_of("product", "product")}
