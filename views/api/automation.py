"""自动化接口: rules, their trial and their runs, macros (TKT-15; B §2.10.4)."""

from flask_babel import gettext

from app.errors import Invalid, Reason
from models.actor import Actor
from models.automation import AutomationRule, AutomationRun, Macro, RuleEvent
from models.tickets import Ticket
from services import automation, ticket_templates
from services.automation.actions import Change
from services.operation import OPERATIONS, DataField
from views.api.endpoint import action, endpoint, load
from views.api.resource import Resource, plain, serve
from views.api.tickets import dump as dump_ticket

SECTION = "工单自动化接口"

serve(
    Resource(
        "automation-rules",
        "automation_rule",
        AutomationRule,
        SECTION,
        "自动化规则",
        out=(
            "id",
            "name",
            "active",
            "sort",
            "event",
            "conditions",
            "actions",
            "stop_after",
            "run_count",
            "last_run_time",
            "failures",
            "create_time",
            "update_time",
            "version",
        ),
        filters=("active", "event"),
        sort=("id", "sort", "name", "run_count", "last_run_time"),
        search=("name",),
    )
)
serve(
    Resource(
        "automation-runs",
        "automation_run",
        AutomationRun,
        SECTION,
        "自动化执行记录",
        out=("id", "rule_id", "ticket_id", "outcome", "create_time"),
        filters=("rule_id", "ticket_id", "outcome"),
        sort=("id", "create_time"),
        eager=("rule", "ticket"),
        more={
            "ruleName": lambda actor, row: row.rule.name if row.rule else None,
            "ticket": lambda actor, row: {"id": row.ticket_id, "no": row.ticket.no, "title": row.ticket.title},
            "steps": lambda actor, row: [dump_step(step) for step in row.steps or ()],
            "reason": lambda actor, row: gettext(row.reason) if row.reason else None,
        },
        writes=(),
    )
)
MACROS = serve(
    Resource(
        "macros",
        "macro",
        Macro,
        SECTION,
        "宏",
        out=("id", "name", "description", "actions", "owner_id", "team_id", "sort", "active", "version"),
        filters=("active", "team_id"),
        sort=("id", "sort", "name"),
        search=("name", "description"),
        eager=("team", "owner"),
        more={
            "scope": lambda actor, row: row.scope,
            "teamName": lambda actor, row: row.team.name if row.team else None,
            "ownerName": lambda actor, row: row.owner.full_name if row.owner else None,
            "mayChange": automation.may_change,
        },
    )
)


def dump_step(step: dict) -> dict:
    """What an action did or would do, with the reason of a refusal in the reader's language."""
    reason, known = step.get("reason"), automation.steps.find(step["action"])
    return {
        "action": step["action"],
        "title": known.shown_title if known else "",
        "before": step.get("before", ""),
        "after": step.get("after", ""),
        "reason": gettext(reason) if reason else None,
    }


def _dump_changes(changes: list[Change]) -> list[dict]:
    return [dump_step(change.plain) for change in changes]


@endpoint("GET", "/automation-rules/vocabulary", section=SECTION, summary="规则与宏的条件和操作", right="macro.read")
def vocabulary(actor: Actor):
    """Everything that can be asked and done, with what may be chosen: the editor is made from it."""
    asked = list(automation.criteria.everything(automation.Background(())))
    done = list(automation.steps.everything())
    sources = automation.SOURCES | {
        one.source: automation.source_of(one.source, one.field)
        for one in (*asked, *done)
        if one.source and one.source not in automation.SOURCES
    }
    return {
        "events": [event.value for event in RuleEvent],
        "fields": [
            {
                "name": one.name,
                "title": one.shown_title,
                "kind": one.kind,
                "source": one.source,
                "operators": list(automation.KINDS[one.kind]),
            }
            for one in asked
        ],
        "actions": [
            {"name": one.name, "title": one.shown_title, "kind": one.kind, "source": one.source} for one in done
        ],
        "options": {
            name: [{"value": value, "label": label} for value, label in source.options(actor)]
            for name, source in sources.items()
        },
        "fixed": [name for name, source in sources.items() if source.is_fixed],
        "free": [name for name, source in sources.items() if source.is_free],
        "groups": list(automation.GROUPS),
        "variables": list(automation.NAMES),
        "templateVariables": list(ticket_templates.NAMES),
    }


@endpoint(
    "POST",
    "/automation-rules/try",
    section=SECTION,
    summary="用历史工单试运行规则",
    right="automation_rule.read",
    fields=(
        DataField("event", RuleEvent),
        DataField("actions", list[dict]),
        DataField("conditions", dict | None, None),
        DataField("most", int, 500),
    ),
)
def try_rule(
    actor: Actor, event: RuleEvent, actions: list[dict], conditions: dict | None = None, most: int = 500
) -> dict:
    if not 1 <= most <= automation.MOST:
        raise Invalid("The request is not valid", fields={"most": Reason("1 to %(number)s", number=automation.MOST)})
    trial = automation.try_rule(actor, event=event, given=conditions, todo=actions, most=most)
    return {
        "looked": trial.looked,
        "matched": trial.matched,
        "isCut": trial.is_cut,
        "list": [
            {
                "id": match.ticket.id,
                "no": match.ticket.no,
                "title": match.ticket.title,
                "status": match.ticket.status.value,
                "createTime": plain(match.ticket.create_time),
                "changes": _dump_changes(match.changes),
            }
            for match in trial.shown
        ],
    }


@endpoint(
    "POST",
    "/tickets/<id:id>/macro-preview",
    section=SECTION,
    summary="预览宏的效果",
    right="ticket.update",
    fields=OPERATIONS["ticket.macro"].data_fields,
)
def preview_macro(actor: Actor, row_id: int, macro_id: int):
    return _dump_changes(automation.foresee(actor, load(Ticket, row_id, actor), macro_id))


action("POST", "/tickets/<id:id>/macro", "ticket.macro", on=Ticket, dump=dump_ticket, section=SECTION, summary="应用宏")
action("POST", "/macros/<id:id>/share", "macro.share", on=Macro, dump=MACROS.dump, section=SECTION, summary="共享宏")
