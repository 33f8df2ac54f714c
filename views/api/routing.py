"""客户团队关系接口, 分配策略, and what else assigning goes by: problem types, working hours, duty (RTE)."""

from sqlalchemy import select

from models.actor import Actor
from models.conversations import Conversation
from models.customers import Customer
from models.hours import WEEKDAYS, WorkCalendar, WorkDay
from models.organization import Team
from models.routing import CustomerTeamRelation, DutyShift, ProblemProfile, RoutingRule
from services import problems, routing
from services.operation import OPERATIONS
from services.routing import relations, rules
from services.routing.strategies import DEFAULT
from views.api.conversations import SECTION, dump
from views.api.endpoint import action, endpoint, load
from views.api.resource import PAGING, Resource, listing, serve
from views.assigning import STRATEGY_WORDS

#: these modules register the operations that the lines below name
OPERATION_MODULES = (problems, relations, rules)

RELATIONS_SECTION, SETTINGS_SECTION = "客户团队关系接口", "系统配置接口"

RELATIONS = serve(
    Resource(
        "customer-team-relations",
        "customer_team_relation",
        CustomerTeamRelation,
        RELATIONS_SECTION,
        "服务关系",
        out=(
            "id",
            "customer_id",
            "team_id",
            "kind",
            "problem_types",
            "effective_date",
            "expiry_date",
            "note",
            "create_time",
            "version",
        ),
        filters=("customer_id", "team_id", "kind"),
        sort=("id", "effective_date", "expiry_date", "create_time"),
        search=("note", "customer.name", "team.name"),
        eager=("customer", "team"),
        more={
            "customerName": lambda actor, row: row.customer.name if row.customer else None,
            "teamName": lambda actor, row: row.team.name if row.team else None,
        },
    )
)
action(
    "POST",
    "/customer-team-relations/batch",
    "customer_team_relation.batch_create",
    dump=RELATIONS.dump_all,
    section=RELATIONS_SECTION,
    summary="批量创建",
)


@endpoint(
    "GET",
    "/customers/<id:id>/teams",
    section=RELATIONS_SECTION,
    summary="客户的服务团队",
    right="customer_team_relation.read",
    query=PAGING,
)
def teams_of_customer(actor: Actor, row_id: int, **query):
    customer = load(Customer, row_id, actor)
    statement = select(CustomerTeamRelation).where(CustomerTeamRelation.customer_id == customer.id)
    return listing(RELATIONS, actor, statement=statement, **query)


@endpoint(
    "GET",
    "/teams/<id:id>/customers",
    section=RELATIONS_SECTION,
    summary="团队的客户",
    right="customer_team_relation.read",
    query=PAGING,
)
def customers_of_team(actor: Actor, row_id: int, **query):
    team = load(Team, row_id, actor)
    statement = select(CustomerTeamRelation).where(CustomerTeamRelation.team_id == team.id)
    return listing(RELATIONS, actor, statement=statement, **query)


RULES = serve(
    Resource(
        "routing-rules",
        "routing_rule",
        RoutingRule,
        SETTINGS_SECTION,
        "分配规则",
        out=(
            "id",
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
            "version",
        ),
        filters=("active", "applies_to", "team_id", "department_id", "problem_type"),
        sort=("sort", "id", "name"),
        search=("name",),
    )
)
_DEFAULT_FIELDS = tuple(field for field in OPERATIONS["routing_rule.set_default"].data_fields if field.name != "given")


@endpoint("GET", "/settings/assignment", section=SETTINGS_SECTION, summary="分配策略", right="routing_rule.read")
def show_assignment(actor: Actor):
    """The rule for everybody, and what one may choose from."""
    return _assignment(actor, rules.default_rule() or rules.new_default())


@endpoint(
    "PUT",
    "/settings/assignment",
    section=SETTINGS_SECTION,
    summary="更新策略",
    right="routing_rule.update",
    fields=_DEFAULT_FIELDS,
)
def change_assignment(actor: Actor, **data):
    return _assignment(actor, rules.set_default(actor, **data, given=tuple(data)))


def _assignment(actor: Actor, rule: RoutingRule) -> dict:
    shown = RULES.dump(actor, rule)
    return {
        "ruleId": rule.id,
        **{key: shown[key] for key in ("strategies", "offHours", *_FALLBACKS)},
        "available": [
            {"name": name, "title": str(STRATEGY_WORDS[name][0]), "help": str(STRATEGY_WORDS[name][1])}
            for name in routing.STRATEGIES
        ],
        "default": list(DEFAULT),
    }


_FALLBACKS = ("firstVisitTeamId", "firstVisitStrategies", "noRelationTeamId", "noRelationStrategies")

serve(
    Resource(
        "problem-profiles",
        "problem_profile",
        ProblemProfile,
        SETTINGS_SECTION,
        "问题类型识别",
        out=("id", "problem_type", "keywords", "skill", "is_urgent", "version"),
        filters=("problem_type", "is_urgent"),
        sort=("id", "problem_type"),
        search=("problem_type", "skill"),
    )
)
serve(
    Resource(
        "work-calendars",
        "work_calendar",
        WorkCalendar,
        SETTINGS_SECTION,
        "工作时间",
        out=("id", "name", "is_default", "timezone", *WEEKDAYS, "version"),
        filters=("is_default",),
        sort=("id", "name"),
        search=("name",),
    )
)
serve(
    Resource(
        "work-days",
        "work_day",
        WorkDay,
        SETTINGS_SECTION,
        "节假日与补班",
        out=("id", "calendar_id", "day", "kind", "hours", "name", "version"),
        filters=("calendar_id", "kind"),
        sort=("id", "day"),
        search=("name",),
    )
)
serve(
    Resource(
        "duty-shifts",
        "duty_shift",
        DutyShift,
        SETTINGS_SECTION,
        "值班表",
        out=("id", "agent_id", "team_id", "start_time", "end_time", "note", "version"),
        filters=("agent_id", "team_id"),
        sort=("id", "start_time", "end_time"),
        search=("note",),
    )
)
action(
    "PUT",
    "/sessions/<id:id>/problem-type",
    "conversation.classify",
    on=Conversation,
    dump=dump,
    section=SECTION,
    summary="修正问题类型",
)
