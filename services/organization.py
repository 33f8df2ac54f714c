"""Departments, teams and agents (ORG). When agents are there stands in `presence`, what becomes of teams in `teams`."""

from sqlalchemy import func, select

from app.errors import Conflict, Invalid, Reason
from app.extensions import db
from models.actor import Actor
from models.audit import AuditLog
from models.base import mark_restored
from models.hours import WorkCalendar
from models.identity import User
from models.organization import Agent, Department, Presence, Team, TeamMember
from services import presence, teams
from services.crud import crud, referenced

MAX_DEPTH = 20
#: how good somebody is at something: knows it, to teaches it
LEVELS = range(1, 6)
MOST_SKILLS = 50
_SKILL = {"name", "level"}


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
    referenced(WorkCalendar, row.calendar_id, actor, "calendarId")
    if row.max_conversations is not None and not 0 <= row.max_conversations <= 10_000:
        raise Invalid("This number is out of range", fields={"maxConversations": "0 to 10000"})


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
    writable=(
        "name",
        "description",
        "department_id",
        "leader_id",
        "problem_types",
        "skills",
        "max_conversations",
        "calendar_id",
    ),
    check=_check_team,
    before_delete=teams.dissolve,
    restorable=True,
    after_restore=_gather,
)


def _check_agent(actor: Actor, row: Agent, data: dict) -> None:
    referenced(User, row.user_id, actor, "userId")
    if not 1 <= (row.max_conversations or 5) <= 100:
        raise Invalid("This number is out of range", fields={"maxConversations": "1 to 100"})
    if not 0 <= (row.max_tickets or 0) <= 1000:
        raise Invalid("This number is out of range", fields={"maxTickets": "0 to 1000"})
    row.skills = levelled(row.skills)


def levelled(skills: list | None) -> list[dict] | None:
    """Skills as they are stored, [{name, level}], each once; a bare name has the lowest level. Raises Invalid."""
    found = {}
    for skill in skills or ():
        name, level = (skill, 1) if isinstance(skill, str) else (skill.get("name"), skill.get("level", 1))
        if not isinstance(name, str) or not 0 < len(name.strip()) <= 64:
            raise Invalid("A skill has a name of at most 64 characters", fields={"skills": "not valid"})
        if type(level) is not int or level not in LEVELS or set(skill if isinstance(skill, dict) else ()) - _SKILL:
            raise Invalid("The level of a skill goes from 1 to 5", fields={"skills": "1 to 5"})
        found[name.strip()] = level
    if len(found) > MOST_SKILLS:
        raise Invalid("Too many skills", fields={"skills": Reason("at most %(number)s", number=MOST_SKILLS)})
    return [{"name": name, "level": level} for name, level in found.items()] or None


def _leave(actor: Actor, row: Agent) -> None:
    if row.current_count:
        raise Conflict("The agent still has conversations: hand them over first")
    presence.set_presence(row, Presence.offline)


crud(
    "agent",
    Agent,
    title="Agent",
    writable=(
        "user_id",
        "work_no",
        "max_conversations",
        "max_tickets",
        "skills",
        "region",
        "seniority",
        "hire_date",
        "introduction",
    ),
    kinds={"skills": list[str | dict]},
    check=_check_agent,
    before_delete=_leave,
)


def next_work_no() -> str:
    """Inside an operation: a free 工号."""
    count = db.session.scalar(select(func.count()).select_from(Agent), execution_options={"include_deleted": True})
    while True:
        count += 1
        number = f"A{count:04d}"
        if db.session.scalar(select(Agent.id).where(Agent.work_no == number)) is None:
            return number
