"""Rules as administrators keep them: checked when they are stored, off until somebody switches them on (TKT-15)."""

from app.errors import Invalid, NotAllowed
from models.actor import Actor, Scope
from models.automation import AutomationRule, RuleEvent
from models.tickets import TRANSITIONS
from services.automation import conditions, shapes, steps
from services.automation.criteria import DISTANCES, find
from services.automation.facts import Background
from services.crud import crud


def _check(actor: Actor, row: AutomationRule, data: dict) -> None:
    row.name = " ".join((row.name or "").split())
    if not row.name:
        raise Invalid("A rule needs a name", fields={"name": "required"})
    row.sort = 100 if row.sort is None else row.sort
    row.event = row.event or RuleEvent.created
    if row.id is None or "conditions" in data or "event" in data:
        row.conditions = conditions.checked(actor, row.conditions)
        _refuse_endless(row)
    if row.id is None or "actions" in data:
        row.actions = shapes.checked(actor, row.actions)
    if data.get("active"):
        # whoever switches it on gets to know what has gone meanwhile
        conditions.checked(actor, row.conditions)
        shapes.checked(actor, row.actions)
        row.failures = 0
    _refuse_reaching_further(actor, row)


def _refuse_reaching_further(actor: Actor, row: AutomationRule) -> None:
    """A rule acts as the system, on every ticket: who keeps it could do by hand whatever it does.

    Raises NotAllowed otherwise; by a rule he would give himself what he neither sees nor may.
    """
    if actor.scope("ticket") is not Scope.all:
        raise NotAllowed("A rule acts on every ticket: only who sees them all can keep rules")
    for item in row.actions:
        for right in _rights(item):
            actor.require(right)


def _rights(item: dict) -> set[str]:
    """What somebody needs who takes this action himself, whatever state the ticket is in."""
    if item["action"] == "move":
        return {right for (_, to), right in TRANSITIONS.items() if to == item["value"]["status"]}
    step = steps.find(item["action"])
    return {step.right} if step else set()  # what has gone does nothing


def _refuse_endless(row: AutomationRule) -> None:
    """A rule by time without a time would act on every ticket there is."""
    if row.event is not RuleEvent.time:
        return
    background = Background(())
    if not any(
        leaf["operator"] in DISTANCES or find(leaf["field"], background).kind == "hours"
        for leaf in conditions.leaves(row.conditions)
    ):
        raise Invalid("A rule by time needs a condition about hours or days", fields={"conditions": "required"})


crud(
    "automation_rule",
    AutomationRule,
    title="Automation rule",
    writable=("name", "active", "sort", "event", "conditions", "actions", "stop_after"),
    kinds={"actions": list[dict]},
    check=_check,
)
