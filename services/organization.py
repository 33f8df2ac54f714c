"""Departments, teams, agents and their presence (ORG)."""

import datetime as dt

from sqlalchemy import func, select, update

from app.errors import Conflict, Invalid, Reason
from app.extensions import db
from models.actor import Actor
from models.audit import AuditLog
from models.base import EVERY_TENANT, mark_restored
from models.identity import User
from models.organization import Agent, Department, Presence, Team, TeamMember
from models.types import utcnow
from services.crud import crud, referenced
from services.operation import announce, operation, write

MAX_DEPTH = 20
#: an agent of whom nothing was heard for so long gets no more conversations
SILENCE = dt.timedelta(seconds=90)
#: who comes back later than this after a lost connection says himself that he works
RETURN_WITHIN = dt.timedelta(hours=1)


def department_tree(actor: Actor) -> list[dict]:
    """[{id, name, code, sort, children: […]}] of everything this actor may see."""
    rows = list(
        db.session.scalars(
            select(Department).where(Department.visible_to(actor)).order_by(Department.sort, Department.id)
        )
    )
    nodes = {
        row.id: {
            "id": row.id,
            "name": row.name,
            "code": row.code,
            "parentId": row.parent_id,
            "sort": row.sort,
            "children": [],
        }
        for row in rows
    }
    roots = []
    for node in nodes.values():
        parent = nodes.get(node["parentId"])
        (parent["children"] if parent else roots).append(node)
    return roots


def _place(actor: Actor, row: Department, data: dict) -> None:
    """Keep the path right: of the row and, when it moves, of everything below it (ORG-1)."""
    row.name = row.name.strip()
    if not row.name or not row.code:
        raise Invalid(
            "A department needs a name and a code",
            fields={"name": "required"} if not row.name else {"code": "required"},
        )
    parent = referenced(Department, row.parent_id, actor, "parentId")
    if parent is not None:
        # of two opposite moves at the same moment one waits for the other and then sees its path
        db.session.refresh(parent, with_for_update=True)
    if row.id is None:
        db.session.add(row)
        row.path = ""
        db.session.flush()
        row.path = f"{parent.path if parent else '/'}{row.id}/"
    old, new = row.path, f"{parent.path if parent else '/'}{row.id}/"
    if new.count("/") > MAX_DEPTH:
        raise Invalid(
            "The tree is too deep", fields={"parentId": Reason("at most %(number)s levels", number=MAX_DEPTH - 1)}
        )
    if old == new:
        return
    if parent is not None and parent.path.startswith(old):
        raise Conflict("A department cannot be moved below itself")
    for below in db.session.scalars(select(Department).where(Department.path.startswith(old, autoescape=True))):
        below.path = new + below.path[len(old) :]


def _empty(actor: Actor, row: Department) -> None:
    if db.session.scalar(select(Department.id).where(Department.parent_id == row.id).limit(1)):
        raise Conflict("The department still has departments below it")
    if db.session.scalar(select(User.id).where(User.department_id == row.id).limit(1)):
        raise Conflict("The department still has members")


crud(
    "department",
    Department,
    title="Department",
    writable=("name", "code", "parent_id", "sort", "description"),
    check=_place,
    before_delete=_empty,
    restorable=True,
)


def _check_team(actor: Actor, row: Team, data: dict) -> None:
    referenced(Department, row.department_id, actor, "departmentId")
    referenced(User, row.leader_id, actor, "leaderId")
    if row.max_conversations is not None and not 0 <= row.max_conversations <= 10_000:
        raise Invalid("This number is out of range", fields={"maxConversations": "0 to 10000"})


def _dissolve(actor: Actor, row: Team) -> None:
    for member in db.session.scalars(select(TeamMember).where(TeamMember.team_id == row.id)):
        db.session.delete(member)


def _gather(actor: Actor, row: Team) -> None:
    """Bring back the members whom the end of the team removed; not those who had left before."""
    gone = select(TeamMember.id).where(TeamMember.team_id == row.id, TeamMember.deleted == 1)
    last = select(func.max(AuditLog.id)).where(
        AuditLog.target_type == TeamMember.__tablename__, AuditLog.target_id.in_(gone)
    )
    dissolved = select(AuditLog.target_id).where(
        AuditLog.id.in_(last.group_by(AuditLog.target_id)), AuditLog.operation == "team.delete"
    )
    wanted = select(TeamMember).join(TeamMember.agent).where(TeamMember.id.in_(dissolved), Agent.deleted == 0)
    for member in db.session.scalars(wanted, execution_options={"include_deleted": True}):
        mark_restored(member)
    db.session.flush()


crud(
    "team",
    Team,
    title="Team",
    writable=("name", "description", "department_id", "leader_id", "problem_types", "skills", "max_conversations"),
    check=_check_team,
    before_delete=_dissolve,
    restorable=True,
    after_restore=_gather,
)


def _check_member(actor: Actor, row: TeamMember, data: dict) -> None:
    # as objects: the log names both while the row is being stored
    row.team = referenced(Team, row.team_id, actor, "teamId")
    row.agent = referenced(Agent, row.agent_id, actor, "agentId")


crud("team_member", TeamMember, title="Team member", writable=("team_id", "agent_id"), check=_check_member)


def _check_agent(actor: Actor, row: Agent, data: dict) -> None:
    referenced(User, row.user_id, actor, "userId")
    if not 1 <= (row.max_conversations or 5) <= 100:
        raise Invalid("This number is out of range", fields={"maxConversations": "1 to 100"})


def _idle(actor: Actor, row: Agent) -> None:
    if row.current_count:
        raise Conflict("The agent still has conversations: hand them over first")


crud(
    "agent",
    Agent,
    title="Agent",
    writable=("user_id", "work_no", "max_conversations", "skills", "region", "seniority", "hire_date", "introduction"),
    check=_check_agent,
    before_delete=_idle,
)


@operation("agent.set_presence", title="Set own presence")
def set_own_presence(actor: Actor, agent: Agent, *, presence: Presence) -> Agent:
    """The agent says whether new conversations may come (ORG-8)."""
    if agent.id != actor.agent_id:
        actor.require("agent.set_presence_of_others")
        return set_presence_of(actor, agent, presence=presence)
    if presence is not Presence.offline:
        agent.seen_time = utcnow()
    return _choose(agent, presence)


@operation("agent.set_presence_of_others", title="Set another agent's presence")
def set_presence_of(actor: Actor, agent: Agent, *, presence: Presence) -> Agent:
    """A supervisor sets it for somebody (C: 管理客服状态). Raises Conflict where nobody would be there to answer."""
    if presence is not Presence.offline and (agent.seen_time is None or agent.seen_time < utcnow() - SILENCE):
        raise Conflict("This agent has no workbench open", kind="agent_absent")
    return _choose(agent, presence)


@operation("agent.connection_lost", title="Offline after a lost connection")
def connection_lost(actor: Actor, agent: Agent) -> Agent:
    """Nobody reaches this agent any more: no further conversation may be given."""
    return _set_presence(agent, Presence.offline)


@operation("agent.connection_back", title="Back after a lost connection")
def connection_back(actor: Actor, agent: Agent) -> Agent:
    """A reload, a tunnel, a sleeping laptop: whoever did not leave by himself goes on as before."""
    if may_come_back(agent):
        agent.seen_time = utcnow()
        _set_presence(agent, agent.chosen_presence)
    return agent


def may_come_back(agent: Agent) -> bool:
    """Whether it was the connection that set this agent off line, and not long ago."""
    return (
        agent.presence is Presence.offline
        and agent.chosen_presence is not Presence.offline
        and agent.presence_time is not None
        and agent.presence_time > utcnow() - RETURN_WITHIN
    )


def _choose(agent: Agent, presence: Presence) -> Agent:
    """What people choose stands until they choose again, also over a lost connection."""
    agent.chosen_presence = presence
    return _set_presence(agent, presence)


def _set_presence(agent: Agent, presence: Presence) -> Agent:
    if agent.presence is not presence:
        agent.presence, agent.presence_time = presence, utcnow()
        announce("agent.presence", rooms=[f"staff:{agent.tenant_id}"], agent_id=agent.id, presence=presence.value)
    return agent


def seen(agent_ids: list[int]) -> None:
    """These agents' sockets are alive. Bookkeeping, not a change: no version, no log."""
    with write(EVERY_TENANT) as session:
        session.execute(
            update(Agent).where(Agent.id.in_(agent_ids)).values(seen_time=utcnow(), update_time=Agent.update_time),
            execution_options={"synchronize_session": False, "all_tenants": True},
        )


def lost(silence: dt.timedelta = SILENCE) -> list[Agent]:
    """Agents who count as present but have not been heard of for `silence`."""
    return list(
        db.session.scalars(
            select(Agent).where(
                Agent.presence != Presence.offline, (Agent.seen_time.is_(None)) | (Agent.seen_time < utcnow() - silence)
            )
        )
    )


def next_work_no() -> str:
    """Inside an operation: a free 工号."""
    count = db.session.scalar(select(func.count()).select_from(Agent), execution_options={"include_deleted": True})
    while True:
        count += 1
        number = f"A{count:04d}"
        if db.session.scalar(select(Agent.id).where(Agent.work_no == number)) is None:
            return number
