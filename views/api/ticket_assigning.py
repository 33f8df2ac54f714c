"""工单分配: rules, how much whom has to do and who fits a ticket, transfers to approve (TKT-7; B §2.5.2.1, §3.5)."""

from flask_babel import gettext
from sqlalchemy import select

from models.actor import Actor
from models.ticket_routing import TicketRule
from models.ticket_transfers import TicketTransfer
from models.tickets import Ticket
from services import tickets
from services.operation import OPERATIONS
from services.routing.records import candidate
from services.routing.strategies import TICKET_STRATEGIES
from services.tickets.workload import Fit, Recommendation, Workload
from views.api.conversations import dump_agent_ref
from views.api.endpoint import endpoint, load
from views.api.resource import PAGING, Resource, listing, serve
from views.api.ticket_transfers import dump_transfer
from views.api.tickets import SECTION
from views.assigning import TICKET_STRATEGY_WORDS, facts_of, obstacle_title

SETTINGS_SECTION = "系统配置接口"

serve(
    Resource(
        "ticket-rules",
        "ticket_rule",
        TicketRule,
        SETTINGS_SECTION,
        "工单分配规则",
        out=(
            "id",
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
            "version",
        ),
        filters=("active", "department_id", "team_id"),
        sort=("sort", "id", "name"),
        search=("name",),
    )
)


@endpoint(
    "GET", "/settings/ticket-strategies", section=SETTINGS_SECTION, summary="工单分配策略", right="ticket_rule.read"
)
def strategies(actor: Actor):
    """What the rules of tickets may choose from."""
    return [
        {"name": name, "title": str(TICKET_STRATEGY_WORDS[name][0]), "help": str(TICKET_STRATEGY_WORDS[name][1])}
        for name in TICKET_STRATEGIES
    ]


@endpoint("GET", "/tickets/workload", section=SECTION, summary="客服工作量", right="ticket.assign")
def show_workload(actor: Actor):
    """Open tickets by priority, and how many were solved lately, of the agents one leads; who has least to do first."""
    rows = sorted(tickets.workload_seen_by(actor).values(), key=lambda one: (one.open, one.agent.id))
    return [_dump_workload(one) for one in rows]


@endpoint("GET", "/tickets/<id:id>/candidates", section=SECTION, summary="推荐处理人", right="ticket.assign")
def show_candidates(actor: Actor, row_id: int):
    """The agents who may work on a ticket, the best one by its rule first, with what speaks for and against each."""
    found = tickets.recommend(load(Ticket, row_id, actor))
    return {
        "rule": {"id": found.rule.id, "name": found.rule.name} if found.rule else None,
        "candidates": [_dump_fit(fit, found) for fit in found.fits if fit.ranked.candidate.id in found.workload],
    }


def _dump_workload(one: Workload) -> dict:
    agent = one.agent
    return {
        "agent": dump_agent_ref(agent),
        "presence": agent.presence.value,
        "teamNames": [team.name for team in agent.teams],
        "skills": agent.skills or [],
        "open": one.open,
        "byPriority": one.by_priority,
        "resolvedWeek": one.resolved_week,
        "resolvedMonth": one.resolved_month,
    }


def _dump_fit(fit: Fit, found: Recommendation) -> dict:
    one = fit.ranked.candidate
    facts = candidate(fit.ranked, fit.obstacle, found.best.ranked if found.best else None)
    counts = {each.ranked.candidate.count for each in found.fits}
    # where all have as many nobody stands out
    fewest = [gettext("fewest tickets")] if len(counts) > 1 and one.count == min(counts) else []
    return {
        **_dump_workload(found.workload[one.id]),
        "limit": one.most,
        "level": fit.level,
        "isRecommended": fit is found.best,
        "reasons": [*facts_of(facts), *fewest],
        "obstacle": obstacle_title(fit.obstacle) if fit.obstacle else None,
    }


TRANSFERS = Resource(
    path="ticket-transfers",
    key="ticket_transfer",
    model=TicketTransfer,
    section=SECTION,
    title="工单转派申请",
    out=("id",),
    filters=("state", "ticket_id", "from_agent_id", "to_agent_id"),
    sort=("id", "create_time", "end_time"),
    eager=("ticket", "from_agent.user", "to_agent.user", "decider"),
    enrich=lambda actor, rows: {row.id: dump_transfer(row) for row in rows},
    writes=(),
)


@endpoint(
    "GET",
    "/ticket-transfers",
    section=SECTION,
    summary="工单转派申请列表",
    right="ticket_transfer.read",
    query={**PAGING, "state": str, "ticketId": int, "fromAgentId": int, "toAgentId": int},
)
def list_transfers(actor: Actor, **query):
    """Those of the tickets one sees."""
    return listing(TRANSFERS, actor, statement=select(TicketTransfer), **query)


def _answer(verb: str, summary: str) -> None:
    """An endpoint that is one answer to a request."""
    entry = OPERATIONS[f"ticket.{verb}_transfer"]

    @endpoint(
        "POST",
        f"/ticket-transfers/<id:id>/{verb}",
        section=SECTION,
        summary=summary,
        right=entry.right,
        fields=entry.data_fields,
    )
    def answer(actor: Actor, row_id: int, **data):
        request = load(TicketTransfer, row_id, actor)
        return dump_transfer(entry.call(actor, request.ticket, request, **data))


_answer("approve", "批准转派")
_answer("reject", "驳回转派")
_answer("cancel", "撤回转派申请")
