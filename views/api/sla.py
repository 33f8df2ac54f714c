"""Service levels: policies, escalation, and what a ticket's answer says of its own (TKT-6)."""

from models.actor import Actor
from models.sla import SlaEscalation, SlaGoal, SlaPolicy
from models.tickets import Ticket
from services import sla
from services.sla import policies
from views.api.resource import Resource, plain, serve

SECTION = "工单管理接口"
#: this module registers the operations that the lines below name
OPERATION_MODULES = (policies,)


def dump_levels(actor: Actor, tickets: list[Ticket]) -> dict[int, dict]:
    """{ticket: {"sla": …}}; None for customers, who read nothing of what we promise ourselves."""
    if actor.sees_as_customer:
        return {ticket.id: {"sla": None} for ticket in tickets}
    levels = sla.levels_of([ticket.id for ticket in tickets])
    return {ticket.id: {"sla": _level(ticket, levels[ticket.id])} for ticket in tickets}


def _level(ticket: Ticket, level) -> dict:
    return {
        "state": ticket.sla_state.value,
        "dueTime": plain(ticket.due_time),
        "policy": {"id": level.policy.id, "name": level.policy.name} if level.policy else None,
        "firstResponse": _standing(level.goals.get(SlaGoal.first_response)),
        "resolution": _standing(level.goals.get(SlaGoal.resolution)),
    }


def _standing(one: sla.Standing | None) -> dict | None:
    if one is None:
        return None
    return {
        "targetSeconds": one.target,
        "remainingSeconds": one.remaining,
        "runsFrom": plain(one.runs_from),
        "runsUntil": plain(one.runs_until),
        "dueTime": plain(one.due_time),
        "metTime": plain(one.met_time),
        "breached": one.breached,
        "paused": one.paused,
    }


serve(
    Resource(
        "sla-policies",
        "sla_policy",
        SlaPolicy,
        SECTION,
        "SLA策略",
        out=(
            "id",
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
            "version",
        ),
        filters=("active", "priority"),
        sort=("id", "sort", "name", "create_time"),
        search=("name",),
    )
)
serve(
    Resource(
        "sla-escalations",
        "sla_escalation",
        SlaEscalation,
        SECTION,
        "SLA升级步骤",
        out=("id", "policy_id", "goal", "percent", "action", "agent_id", "create_time", "version"),
        filters=("policy_id", "goal", "action"),
        sort=("id", "percent"),
    )
)
