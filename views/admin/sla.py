"""Service levels of tickets: policies, escalation, and the clocks as they stand (TKT-6)."""

from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _
from markupsafe import Markup

from models.sla import SlaAction, SlaEscalation, SlaPolicy, TicketClock
from services.sla import policies
from views.admin import labels
from views.admin.base import AdminView
from views.admin.cells import EMPTY, tag
from views.admin.dictionaries import items_of, word_of
from views.admin.durations import duration

#: this module registers the operations of the screens below
OPERATION_MODULES = (policies,)


def _minutes(column: str):
    """Minutes of working time, for people."""
    return lambda row: EMPTY if (number := getattr(row, column)) is None else duration(number * 60)


def _seconds(column: str):
    return lambda row: EMPTY if (number := getattr(row, column)) is None else duration(number)


def _percent(column: str):
    return lambda row: f"{getattr(row, column)}%"


def _level(row: SlaPolicy) -> Markup | str:
    return EMPTY if row.min_vip_level is None else gettext("From level %(level)s", level=row.min_vip_level)


class SlaEscalationView(AdminView):
    model, resource, icon = SlaEscalation, "sla_escalation", "fa-arrow-up-right-dots"
    singular, plural = _("Escalation"), _("Escalation")
    intro = _("What happens by itself when so much of the promised time is over. Each step is taken once per ticket.")
    when_empty = _("Say who is told, or what happens, when a ticket is late.")
    list_columns = ["policy_id", "goal", "percent", "action", "agent_id", "id"]
    key_columns = ("goal", "percent", "action")
    related_columns = ("goal", "percent", "action", "agent_id")
    show_columns = [*list_columns[:-1], "create_time", "update_time", "id"]
    add_columns = edit_columns = ["policy_id", "goal", "percent", "action", "agent_id"]
    search_columns = ["policy_id", "goal", "action"]
    base_order = ("percent", "asc")
    label_columns = {"agent_id": _("Goes to")}
    asked_when = {"agent_id": ("action", SlaAction.give.value)}
    formatters = {"percent": _percent("percent")}
    help_texts = {
        "percent": _("Of the promised time, in percent: 100 when it is over, 150 when it is half as late again")
    }

    def heading(self, row) -> str:
        return f"{row.policy or ''} · {row.percent}% · {labels.state_title(row.action)}"


class SlaPolicyView(AdminView):
    model, resource, icon = SlaPolicy, "sla_policy", "fa-stopwatch"
    singular, plural = _("Service level"), _("Service levels")
    intro = _(
        "How soon a ticket is answered and solved, in working time. The first active policy, in this order, that fits "
        "a ticket holds. Its clocks stand still while the ticket waits for the customer, and outside working hours."
    )
    when_empty = _("Say how soon customers get their first answer and their solution.")
    list_columns = [
        "name",
        "priority",
        "ticket_type",
        "min_vip_level",
        "first_response_minutes",
        "resolution_minutes",
        "active",
        "sort",
        "id",
    ]
    key_columns = ("priority", "first_response_minutes", "resolution_minutes", "active")
    show_columns = [
        "name",
        "active",
        "sort",
        "priority",
        "ticket_type",
        "product",
        "min_vip_level",
        "first_response_minutes",
        "resolution_minutes",
        "warn_percent",
        "around_the_clock",
        "create_time",
        "update_time",
        "id",
    ]
    add_columns = edit_columns = [
        "name",
        "active",
        "first_response_minutes",
        "resolution_minutes",
        "warn_percent",
        "priority",
        "ticket_type",
        "product",
        "min_vip_level",
        "around_the_clock",
        "sort",
    ]
    search_text, search_columns = ("name",), ["active", "priority"]
    base_order = ("sort", "asc")
    choices = {"ticket_type": items_of("ticket_type"), "product": items_of("product")}
    formatters = {
        "ticket_type": word_of("ticket_type", "ticket_type"),
        "product": word_of("product", "product"),
        "min_vip_level": _level,
        "first_response_minutes": _minutes("first_response_minutes"),
        "resolution_minutes": _minutes("resolution_minutes"),
        "warn_percent": _percent("warn_percent"),
    }
    help_texts = {
        "first_response_minutes": _("Minutes of working time; empty: nothing is promised"),
        "resolution_minutes": _("Minutes of working time; empty: nothing is promised"),
        "warn_percent": _("Of the promised time, in percent: then the assignee is warned"),
        "priority": _("Empty: any"),
        "ticket_type": _("Empty: any"),
        "product": _("Empty: any"),
        "min_vip_level": _("Only for customers of this level and above; empty: for all"),
        "around_the_clock": _("Nights and holidays count too; otherwise the hours of the team, else of the company"),
        "sort": _("Smaller numbers come first"),
    }
    related_views = [SlaEscalationView]

    def goes_along(self, row) -> list[str]:
        count = len(row.escalations)
        if not count:
            return []
        return [ngettext("Its %(num)d step disappears too.", "Its %(num)d steps disappear too.", count)]


class TicketClockView(AdminView):
    model, resource, icon = TicketClock, "ticket_clock", "fa-hourglass-half"
    singular, plural = _("Clock of a ticket"), _("Clocks of tickets")
    intro = _("How much working time tickets have used for each goal of their service level.")
    when_empty = _("Clocks begin with tickets.")
    list_columns = ["ticket_id", "goal", "policy_id", "target_seconds", "due_time", "met_time", "breached", "id"]
    key_columns = ("goal", "due_time", "breached")
    related_columns = ("goal", "policy_id", "target_seconds", "due_time", "met_time", "breached")
    show_columns = [
        "ticket_id",
        "goal",
        "policy_id",
        "calendar_id",
        "target_seconds",
        "spent_seconds",
        "running_since",
        "due_time",
        "met_time",
        "breached",
        "reached_percent",
        "next_check_time",
        "create_time",
        "id",
    ]
    search_columns = ["ticket_id", "goal", "policy_id", "breached"]
    formatters = {
        "target_seconds": _seconds("target_seconds"),
        "spent_seconds": _seconds("spent_seconds"),
        "reached_percent": _percent("reached_percent"),
        "breached": lambda row: tag(gettext("Yes"), "danger") if row.breached else tag(gettext("No"), "quiet"),
    }

    def heading(self, row) -> str:
        return f"{row.ticket.no if row.ticket else ''} · {labels.state_title(row.goal)}"
