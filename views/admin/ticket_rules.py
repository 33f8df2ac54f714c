"""How tickets find their agents by themselves (TKT-7; B §2.10.5, §7.3.8)."""

from functools import partial

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from markupsafe import Markup

from models.ticket_routing import TicketRule
from models.tickets import TicketPriority
from services.routing.strategies import TICKET_STRATEGIES
from services.tickets import rules
from services.tickets.plans import DEFAULT
from views.admin import fields, labels
from views.admin.assigning import chain_of, teams_named
from views.admin.base import AdminView
from views.admin.cells import tag
from views.admin.dictionaries import items_of, words_for, words_of
from views.assigning import TICKET_STRATEGY_WORDS

#: this module registers the operations of the screen below
OPERATION_MODULES = (rules,)

_ORDER = partial(
    fields.OrderField, choices=lambda: [(name, *TICKET_STRATEGY_WORDS[name]) for name in TICKET_STRATEGIES]
)
_OFF_HOURS = {
    "duty": _("Who is on duty"),
    "anyone": _("Anybody: he finds it when he comes"),
    "nobody": _("Nobody: it waits until they open"),
}


def _priorities() -> list[tuple[str, object]]:
    return [(one.value, labels.state_title(one)) for one in TicketPriority]


def _priorities_of(row: TicketRule) -> Markup:
    titles = dict(_priorities())
    return Markup(" ").join(tag(titles.get(one, one)) for one in row.priorities or ())


def _off_hours(row: TicketRule) -> Markup:
    return tag(_OFF_HOURS[row.off_hours.value])


def _subject(row: TicketRule) -> Markup:
    """Which tickets a rule is for, in words."""
    titles = dict(_priorities())
    named = [
        *words_for("ticket_type", row.ticket_types),
        *(titles.get(one, one) for one in row.priorities or ()),
        *words_for("product", row.products),
        *filter(None, (row.department, row.team)),
        *([gettext("VIP from %(level)d", level=row.vip_from)] if row.vip_from is not None else ()),
    ]
    return Markup(" ").join(map(tag, named or [gettext("All tickets")]))


class TicketRuleView(AdminView):
    model, resource, icon = TicketRule, "ticket_rule", "fa-route"
    singular, plural = _("Assignment rule"), _("Assignment rules for tickets")
    intro = _(
        "Who gets a ticket that nobody has. The first active rule, in this order, that fits it decides; what no active "
        "rule fits stays in the pool. Its strategies are asked one after the other: the first that tells two agents "
        "apart decides between them. Nobody is given more open tickets than he may have."
    )
    list_columns = ["name", "applies_to", "strategies", "target_teams", "off_hours", "active", "sort", "id"]
    counted = ("applies_to",)
    key_columns = ("applies_to", "strategies", "active", "sort")
    show_columns = [
        "name",
        "active",
        "sort",
        "ticket_types",
        "priorities",
        "products",
        "department_id",
        "team_id",
        "vip_from",
        "strategies",
        "target_teams",
        "skill",
        "skill_required",
        "off_hours",
        "create_time",
        "update_time",
        "id",
    ]
    add_columns = edit_columns = [
        "name",
        "active",
        "ticket_types",
        "priorities",
        "products",
        "department_id",
        "team_id",
        "vip_from",
        "strategies",
        "target_teams",
        "skill",
        "skill_required",
        "off_hours",
        "sort",
    ]
    search_text, search_columns = ("name",), ["active", "department_id", "team_id"]
    base_order = ("sort", "asc")
    choices = {
        "ticket_types": items_of("ticket_type"),
        "priorities": _priorities,
        "products": items_of("product"),
        "off_hours": lambda: list(_OFF_HOURS.items()),
    }
    own_fields = {"strategies": partial(_ORDER, default=list(DEFAULT), explained=True)}
    formatters = {
        "ticket_types": words_of("ticket_type", "ticket_types"),
        "priorities": _priorities_of,
        "products": words_of("product", "products"),
        "strategies": chain_of("strategies", TICKET_STRATEGY_WORDS),
        "target_teams": lambda row: teams_named(row.target_teams),
        "off_hours": _off_hours,
    }
    eager = ("department", "team")
    help_texts = {
        "sort": _("Smaller numbers come first"),
        "ticket_types": _("Leave all boxes empty for any ticket type"),
        "priorities": _("Leave all boxes empty for any priority"),
        "products": _("Leave all boxes empty for any product"),
        "department_id": _("Only tickets of which this department is in charge; empty: all"),
        "team_id": _("Only tickets of which this team is in charge; empty: all"),
        "vip_from": _("Only customers of at least this level; empty: all"),
        "target_teams": _(
            "Leave all boxes empty for any team; supervisors are given tickets only in a team named here"
        ),
        "skill": _("As agents have it; empty: a skill that is called like the ticket's type or product"),
        "skill_required": _("Who lacks the skill does not get it, even if nobody else is there"),
        "off_hours": _("Who is asked when the team does not work, by the working hours and the duty roster"),
    }

    def count(self, rows: list[TicketRule]) -> dict[int, dict[str, object]]:
        """Which tickets each is for."""
        return {row.id: {"applies_to": _subject(row)} for row in rows}
