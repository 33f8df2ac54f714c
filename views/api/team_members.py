"""团队成员: who is in a team (ORG-4). The paths name members by their accounts, as the interface list has them."""

from sqlalchemy import select

from app.errors import Invalid, NotFound
from app.extensions import db
from models.actor import Actor
from models.organization import Agent, Team, TeamMember
from services import teams
from services.operation import OPERATIONS, DataField
from views.api.endpoint import action, endpoint, load
from views.api.organization import AGENTS, dump_agent
from views.api.resource import RESOURCES, plain

SECTION = "客服团队接口"


def dump_team(actor: Actor, team: Team) -> dict:
    return RESOURCES["team"].dump(actor, team)


@endpoint("GET", "/teams/<id:id>/members", section=SECTION, summary="团队成员", right="team.read")
def list_members(actor: Actor, team_id: int):
    members = teams.members_of(load(Team, team_id, actor))
    agents = AGENTS.dump_all(actor, [member.agent for member in members])
    return [
        agent | {"memberId": member.id, "joinTime": plain(member.create_time)}
        for member, agent in zip(members, agents, strict=True)
    ]


@endpoint(
    "POST",
    "/teams/<id:id>/members",
    section=SECTION,
    summary="添加成员",
    right="team_member.create",
    fields=(DataField("agent_id", int | None, None), DataField("user_id", int | None, None)),
)
def add_member(actor: Actor, team_id: int, agent_id: int | None = None, user_id: int | None = None):
    """Named by the number of the agent or of the account; agents of any department."""
    team = load(Team, team_id, actor)
    if (agent_id is None) == (user_id is None):
        raise Invalid("Name an agent or an account", fields={"agentId": "or userId"})
    agent = load(Agent, agent_id, actor) if agent_id is not None else _agent_of(actor, user_id)
    OPERATIONS["team_member.create"].call(actor, team_id=team.id, agent_id=agent.id)
    return dump_agent(actor, agent)


@endpoint(
    "PUT",
    "/teams/<id:id>/members/<id:user_id>",
    section=SECTION,
    summary="调整成员",
    right="team_member.update",
    fields=(DataField("team_id", int),),
)
def move_member(actor: Actor, row_id: int, user_id: int, team_id: int):
    """Into another team."""
    member = _membership(actor, row_id, user_id)
    moved = OPERATIONS["team_member.update"].call(actor, member, team_id=load(Team, team_id, actor).id)
    return dump_agent(actor, moved.agent)


@endpoint(
    "DELETE",
    "/teams/<id:id>/members/<id:user_id>",
    section=SECTION,
    summary="移除成员",
    right="team_member.delete",
)
def remove_member(actor: Actor, row_id: int, user_id: int):
    OPERATIONS["team_member.delete"].call(actor, _membership(actor, row_id, user_id))


action("POST", "/teams/<id:id>/merge", "team.merge", on=Team, dump=dump_team, section=SECTION, summary="合并团队")


def _agent_of(actor: Actor, user_id: int) -> Agent:
    found = db.session.scalars(select(Agent).where(Agent.user_id == user_id, Agent.visible_to(actor))).first()
    if found is None:
        raise NotFound("This agent does not exist")
    return found


def _membership(actor: Actor, team_id: int, user_id: int) -> TeamMember:
    team, agent = load(Team, team_id, actor), _agent_of(actor, user_id)
    found = db.session.scalars(
        select(TeamMember).where(TeamMember.team_id == team.id, TeamMember.agent_id == agent.id)
    ).first()
    if found is None:
        raise NotFound("This agent is not in the team")
    return found
