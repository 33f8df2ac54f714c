"""组织架构接口 and agents: what goes beyond plain tables."""

from collections.abc import Iterable

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import selectinload

from app.errors import NotFound
from app.extensions import db
from models.actor import Actor
from models.conversations import Conversation, Rating
from models.customers import Customer
from models.identity import User
from models.organization import Agent
from models.ticket_ratings import TicketRating
from models.tickets import Ticket
from services import organization, presence, statistics
from services.operation import OPERATIONS
from views.api.conversations import SESSIONS, dump_agent_ref
from views.api.endpoint import action, endpoint, load
from views.api.resource import PAGING, Resource, listing, plain
from views.api.tickets import TICKETS

AGENTS = Resource(
    path="agents",
    key="agent",
    model=Agent,
    section="客服接口",
    title="客服",
    out=(
        "id",
        "user_id",
        "work_no",
        "name",
        "presence",
        "presence_time",
        "current_count",
        "region",
        "seniority",
        "hire_date",
        "introduction",
        "version",
    ),
    filters=("presence", "region"),
    sort=("id", "work_no", "current_count", "presence"),
    search=("work_no",),
    eager=("user.roles", "memberships.team"),
    more={
        "avatarUrl": lambda actor, row: row.user.avatar_url if row.user else None,
        "roles": lambda actor, row: [role.code for role in row.user.roles if role.code] if row.user else [],
        "lastLoginTime": lambda actor, row: plain(row.user.last_login) if row.user else None,
        "maxCount": lambda actor, row: row.max_conversations,
        "maxTickets": lambda actor, row: row.max_tickets,
        "skills": lambda actor, row: row.skills or [],
        "teamIds": lambda actor, row: [team.id for team in row.teams],
        "teamNames": lambda actor, row: [team.name for team in row.teams],
    },
    writes=(),
)


def dump_agent(actor: Actor, agent: Agent) -> dict:
    return AGENTS.dump(actor, agent)


@endpoint(
    "GET",
    "/agents",
    section="客服接口",
    summary="客服列表",
    right="agent.read",
    query={**PAGING, "presence": str, "region": str, "teamId": int},
)
def list_agents(actor: Actor, q: str = "", teamId: int | None = None, **query):
    return listing(AGENTS, actor, statement=agents_query(q, teamId), **query)


def agents_query(q: str, team_id: int | None) -> Select:
    """Agents by what people know of them: name, staff number or number, and the team they are in."""
    statement = select(Agent).join(Agent.user)
    if q:
        known = [User.full_name.contains(q, autoescape=True), Agent.work_no.contains(q, autoescape=True)]
        if q.isascii() and q.isdigit():
            known.append(Agent.id == int(q[:18]))
        statement = statement.where(or_(*known))
    if team_id is not None:
        statement = statement.where(Agent.memberships.any(team_id=team_id))
    return statement


@endpoint("GET", "/agents/<id:id>", section="客服接口", summary="客服详情", right="agent.read")
def show_agent(actor: Actor, row_id: int):
    return dump_agent(actor, load(Agent, row_id, actor))


@endpoint(
    "PUT",
    "/agents/me/presence",
    section="客服接口",
    summary="设置本人状态",
    right="agent.set_presence",
    fields=OPERATIONS["agent.set_presence"].data_fields,
)
def set_own_presence(actor: Actor, **data):
    if actor.agent_id is None:
        raise NotFound("Your account has no agent profile")
    return dump_agent(actor, presence.set_own_presence(actor, load(Agent, actor.agent_id, actor), **data))


action(
    "PUT",
    "/agents/<id:id>/presence",
    "agent.set_presence_of_others",
    on=Agent,
    dump=dump_agent,
    section="客服接口",
    summary="设置客服状态",
)
action("POST", "/agents", "agent.create", dump=dump_agent, section="客服接口", summary="创建客服")
action("PUT", "/agents/<id:id>", "agent.update", on=Agent, dump=dump_agent, section="客服接口", summary="更新客服")
action("DELETE", "/agents/<id:id>", "agent.delete", on=Agent, section="客服接口", summary="删除客服")


@endpoint("GET", "/departments/tree", section="组织架构接口", summary="部门树", right="department.read")
def department_tree(actor: Actor):
    return organization.department_tree(actor)


@endpoint("GET", "/customers/<id:id>/services", section="客户管理接口", summary="服务记录", right="customer.read")
def customer_services(actor: Actor, row_id: int):
    customer = load(Customer, row_id, actor)
    conversations = db.session.scalars(
        select(Conversation)
        .where(Conversation.customer_id == customer.id, Conversation.visible_to(actor))
        .order_by(Conversation.id.desc())
        .limit(20)
    )
    tickets = db.session.scalars(
        select(Ticket)
        .where(Ticket.customer_id == customer.id, Ticket.visible_to(actor))
        .order_by(Ticket.id.desc())
        .limit(20)
    )
    ratings = sorted(
        [rating for kind in (Rating, TicketRating) for rating in _ratings_of(actor, customer, kind)],
        key=lambda rating: rating.create_time,
        reverse=True,
    )
    return {
        "sessions": SESSIONS.dump_all(actor, list(conversations)),
        "tickets": TICKETS.dump_all(actor, list(tickets)),
        "ratings": [
            {
                "id": rating.id,
                "conversationId": rating.conversation_id if isinstance(rating, Rating) else None,
                "ticketId": rating.ticket_id if isinstance(rating, TicketRating) else None,
                "agent": dump_agent_ref(rating.agent),
                "score": rating.score,
                "comment": rating.comment,
                "createTime": plain(rating.create_time),
            }
            for rating in ratings[:20]
        ],
    }


def _ratings_of(actor: Actor, customer: Customer, kind: type[Rating] | type[TicketRating]) -> Iterable:
    return db.session.scalars(
        select(kind)
        .where(kind.customer_id == customer.id, kind.visible_to(actor))
        .order_by(kind.id.desc())
        .limit(20)
        .options(selectinload(kind.agent))
    )


@endpoint("GET", "/stats/overview", section="数据统计接口", summary="监控台概览", right="statistics.read")
def stats_overview(actor: Actor):
    return statistics.overview(actor)
