"""How conversations find their agents: rules, problem types, customers' teams (RTE)."""

from functools import partial

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from markupsafe import Markup
from sqlalchemy import select

from app.extensions import db
from models.organization import Team
from models.routing import CustomerTeamRelation, ProblemProfile, RoutingRule, RuleScope
from services import problems
from services.routing import STRATEGIES, relations, rules
from views.admin import fields
from views.admin.base import AdminView
from views.admin.cells import EMPTY, badge, tag
from views.admin.dictionaries import items_of, word_of, words_of
from views.assigning import STRATEGY_WORDS

#: these modules register the operations of the screens below
OPERATION_MODULES = (problems, relations, rules)

_ORDER = partial(fields.OrderField, choices=lambda: [(name, *STRATEGY_WORDS[name]) for name in STRATEGIES])
problem_word = word_of("problem_type", "problem_type")


def chain_of(column: str, words: dict[str, tuple]):
    """A list of strategies as a chain of words, each of which says what it does when it is pointed at."""

    def shown(row) -> Markup:
        links = [
            Markup('<span class="ad-tag" title="{}">{}</span>').format(meaning, title)
            for title, meaning in (words.get(name, (name, "")) for name in getattr(row, column) or [])
        ]
        return Markup('<span class="ad-chain">{}</span>').format(Markup("").join(links)) if links else EMPTY

    return shown


def _subject(row: RoutingRule) -> Markup:
    """What a rule is for, by name."""
    names = {
        RuleScope.department: row.department,
        RuleScope.team: row.team,
        RuleScope.problem_type: problem_word(row),
    }
    name = names.get(row.applies_to)
    urgent = [tag(gettext("Urgent"), "danger")] if row.is_emergency else []
    return Markup(" ").join([tag(name) if name else badge(row.applies_to), *urgent])


def teams_named(numbers: list[int] | None) -> Markup:
    """Teams by name, in a cell."""
    numbers = numbers or []
    names = dict(db.session.execute(select(Team.id, Team.name).where(Team.id.in_(numbers))).tuples().all())
    return Markup(" ").join(tag(names[number]) for number in numbers if number in names) or EMPTY


class RoutingRuleView(AdminView):
    model, resource, icon = RoutingRule, "routing_rule", "fa-route"
    singular, plural = _("Assignment rule"), _("Assignment rules")
    intro = _(
        "Who gets a waiting conversation. The first active rule, in this order, that fits it decides. Its strategies "
        "are asked one after the other: the first that tells two agents apart decides between them. Nobody ever gets "
        "more conversations than he may hold."
    )
    list_columns = ["name", "applies_to", "strategies", "target_teams", "off_hours", "active", "sort", "id"]
    key_columns = ("applies_to", "strategies", "active", "sort")
    show_columns = [
        "name",
        "active",
        "sort",
        "applies_to",
        "department_id",
        "team_id",
        "problem_type",
        "is_emergency",
        "strategies",
        "target_teams",
        "first_visit_team_id",
        "first_visit_strategies",
        "no_relation_team_id",
        "no_relation_strategies",
        "off_hours",
        "create_time",
        "update_time",
        "id",
    ]
    add_columns = edit_columns = [
        "name",
        "active",
        "applies_to",
        "department_id",
        "team_id",
        "problem_type",
        "is_emergency",
        "strategies",
        "target_teams",
        "off_hours",
        "sort",
        "first_visit_team_id",
        "no_relation_team_id",
        "first_visit_strategies",
        "no_relation_strategies",
    ]
    search_text, search_columns = ("name",), ["active", "applies_to", "team_id"]
    base_order = ("sort", "asc")
    choices = {"problem_type": items_of("problem_type")}
    own_fields = {
        "strategies": partial(_ORDER, default=["skill", "fewest", "round_robin"], explained=True),
        "first_visit_strategies": _ORDER,
        "no_relation_strategies": _ORDER,
    }
    asked_when = {
        "department_id": ("applies_to", "department"),
        "team_id": ("applies_to", "team"),
        "problem_type": ("applies_to", "problem_type"),
    }
    formatters = {
        "applies_to": _subject,
        "problem_type": problem_word,
        "strategies": chain_of("strategies", STRATEGY_WORDS),
        "first_visit_strategies": chain_of("first_visit_strategies", STRATEGY_WORDS),
        "no_relation_strategies": chain_of("no_relation_strategies", STRATEGY_WORDS),
        "target_teams": lambda row: teams_named(row.target_teams),
    }
    eager = ("department", "team")
    help_texts = {
        "sort": _("Smaller numbers come first"),
        "is_emergency": _("Urgent are the problem types marked so, and what a supervisor puts to the front"),
        "target_teams": _("Leave all boxes empty for any team"),
        "first_visit_team_id": _("Who has never been served goes to this team; empty: like everybody"),
        "first_visit_strategies": _("Empty: the strategies above"),
        "no_relation_team_id": _("Who has no team of his own goes to this team; empty: like everybody"),
        "no_relation_strategies": _("Empty: the strategies above"),
        "off_hours": _("Who is asked when the team does not work, by the working hours and the duty roster"),
    }


class ProblemProfileView(AdminView):
    model, resource, icon = ProblemProfile, "problem_profile", "fa-magnifying-glass-chart"
    singular, plural = _("Problem type"), _("Problem recognition")
    intro = _(
        "By which words a problem type is recognised when a customer asks for a person, and which skill it needs. "
        "Agents correct it in the conversation. The types themselves are kept under Dictionaries."
    )
    when_empty = _("Say which words of a customer mean which problem type.")
    list_columns = ["problem_type", "keywords", "skill", "is_urgent", "id"]
    show_columns = [*list_columns, "create_time", "update_time"]
    add_columns = edit_columns = ["problem_type", "keywords", "skill", "is_urgent"]
    search_text, search_columns = ("problem_type", "skill"), ["is_urgent"]
    choices = {"problem_type": items_of("problem_type")}
    formatters = {"problem_type": problem_word}
    help_texts = {
        "keywords": _(
            "One per line. Full and half width, capital letters and traditional characters make no difference."
        ),
        "skill": _("As agents have it; empty: a skill that is called like the problem type"),
        "is_urgent": _("Such conversations go to the front of the queue and by the emergency rules"),
    }

    def heading(self, row) -> str:
        return problem_word(row)


class CustomerTeamRelationView(AdminView):
    model, resource, icon = CustomerTeamRelation, "customer_team_relation", "fa-handshake"
    singular, plural = _("Customer's team"), _("Customers' teams")
    intro = _("Which team looks after a customer, first or as help, for which problems and from when to when.")
    when_empty = _("Give a customer a team, so that his conversations go there first.")
    list_columns = ["customer_id", "team_id", "kind", "problem_types", "effective_date", "expiry_date", "id"]
    key_columns = ("team_id", "kind", "problem_types")
    show_columns = [*list_columns[:-1], "note", "create_time", "update_time", "id"]
    add_columns = edit_columns = [
        "customer_id",
        "team_id",
        "kind",
        "problem_types",
        "effective_date",
        "expiry_date",
        "note",
    ]
    search_text, search_columns = ("note",), ["customer_id", "team_id", "kind"]
    choices = {"problem_types": items_of("problem_type")}
    formatters = {"problem_types": words_of("problem_type", "problem_types")}
    help_texts = {
        "problem_types": _("Leave all boxes empty for any problem type"),
        "kind": _("A new primary team makes the former one secondary"),
        "effective_date": _("Empty: from now on"),
        "expiry_date": _("The last day; empty: without end"),
    }
