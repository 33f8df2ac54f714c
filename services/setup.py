"""The usable start of an installation: its companies and their first accounts."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select

from app.extensions import db
from models.actor import system
from models.base import bind
from models.identity import Tenant, User
from models.organization import Agent, Department, Team, TeamMember
from services import provisions
from services.identity import accounts
from services.operation import run, write
from services.provisions import Release

ACCOUNTS = (
    ("admin", "系统管理员", "super_admin"),
    ("supervisor", "赵主管", "supervisor"),
    ("agent1", "王敏", "agent"),
    ("agent2", "李雷", "agent"),
    ("customer", "张三", "customer"),
)


@dataclass(frozen=True)
class NewAccount:
    """An account that was just made, to be shown once."""

    username: str
    password: str
    role: str
    must_change: bool


def create_company(code: str, name: str, release: Release, host: str | None = None) -> Tenant:
    """A company with everything the release has for it; without any account."""
    with write(0) as session:
        tenant = Tenant(code=code, name=name, host=host)
        session.add(tenant)
    run(system(tenant.id), "company.create", lambda: provisions.fill(release))
    return tenant


def create_first_accounts(tenant: Tenant, admin_password: str = "") -> list[NewAccount]:
    """The accounts of a new installation; passwords are random but for a configured one of the administrator."""
    chosen = {"admin": admin_password}
    return create_accounts(tenant, [(*account, chosen.get(account[0], "")) for account in ACCOUNTS])


def create_accounts(tenant: Tenant, wanted: Iterable[tuple[str, str, str, str]]) -> list[NewAccount]:
    """Accounts (user name, full name, role, password), staff placed in the service department; existing ones stay.

    Without a password a random one is made, to be changed at the first sign-in. Returns those that were made.
    """
    actor = system(tenant.id)
    bind(db.session(), actor)
    made = []
    for username, full_name, role, password in wanted:
        if db.session.scalar(select(User.id).where(User.username == username), execution_options={"all_tenants": True}):
            continue
        _, random_password = accounts.create_user(
            actor,
            username=username,
            password=password or None,
            full_name=full_name,
            role_codes=[role],
            must_change=not password,
        )
        made.append(NewAccount(username, random_password or password, role, not password))
    run(actor, "company.place_accounts", _place_accounts)
    return made


def create_administrator(tenant: Tenant, password: str = "") -> NewAccount:
    """The first account of a further company, "admin@" and its code; with a random password unless one is given."""
    actor = system(tenant.id)
    bind(db.session(), actor)
    username = f"admin@{tenant.code}"
    _, made = accounts.create_user(
        actor,
        username=username,
        password=password or None,
        full_name=ACCOUNTS[0][1],
        role_codes=["super_admin"],
        must_change=not password,
    )
    return NewAccount(username, made or password, "super_admin", not password)


def _place_accounts() -> None:
    """Agents into the department and the after-sales team."""
    department = db.session.scalars(select(Department).where(Department.code == "service")).first()
    team = db.session.scalars(select(Team).where(Team.name == "售后服务组")).first()
    for agent in db.session.scalars(select(Agent).join(User, User.id == Agent.user_id)).all():
        if department is not None and agent.user.department_id is None:
            agent.user.department_id = department.id
        codes = {role.code for role in agent.user.roles}
        if team is not None and codes & {"agent", "supervisor"} and not agent.memberships:
            db.session.add(TeamMember(team_id=team.id, agent_id=agent.id))
    db.session.flush()
