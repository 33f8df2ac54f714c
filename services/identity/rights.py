"""From an account to an `Actor`: the one place where rights and data scopes are read."""

import time
from types import MappingProxyType

from sqlalchemy import select

from app.extensions import db
from models.actor import Actor, Scope
from models.base import bind
from models.customers import Customer
from models.identity import LoginSession, Permission, PermissionView, Role, RoleScope, User, ViewMenu
from models.organization import Agent, Department, Team, TeamMember

#: how long another process may still use rights that were changed here; in this process changes hold at once
RIGHTS_SECONDS = 2.0
#: the preset role of everybody without a staff account
CUSTOMER_ROLE = "customer"

_role_rights: dict[int, tuple[float, frozenset[str], dict[str, Scope]]] = {}


def forget_rights() -> None:
    """Called after a role was changed."""
    _role_rights.clear()


def actor_for_user(user: User, sign_in: LoginSession | None = None, ip: str = "") -> Actor:
    """Who this account is now. Binds the session to the account's tenant."""
    bind(db.session(), None, user.tenant_id)
    roles = [role for role in user.roles if not role.deleted]
    permissions, scopes = _combined([role.id for role in roles])
    is_staff = any(role.code != CUSTOMER_ROLE for role in roles)
    agent_id = customer_id = None
    team_ids: set[int] = set()
    department_ids: set[int] = set()
    if is_staff:
        agent_id = db.session.scalar(select(Agent.id).where(Agent.user_id == user.id))
        team_ids.update(db.session.scalars(select(Team.id).where(Team.leader_id == user.id)))
        if agent_id:
            team_ids.update(db.session.scalars(select(TeamMember.team_id).where(TeamMember.agent_id == agent_id)))
        if user.department_id:
            department_ids = _subtree(user.department_id)
    else:
        customer_id = db.session.scalar(select(Customer.id).where(Customer.user_id == user.id))
    return Actor(
        kind="user",
        tenant_id=user.tenant_id,
        name=user.full_name or user.username,
        user_id=user.id,
        customer_id=customer_id,
        agent_id=agent_id,
        is_staff=is_staff,
        permissions=permissions,
        scopes=MappingProxyType(scopes),
        team_ids=frozenset(team_ids),
        department_ids=frozenset(department_ids),
        roles=tuple(role.code or role.name for role in roles),
        sign_in_id=sign_in.id if sign_in else None,
        must_change_password=bool(user.must_change_password),
        ip=ip,
    )


def actor_for_visitor(customer: Customer, sign_in: LoginSession, ip: str = "") -> Actor:
    """A portal visitor without account: the customer role's rights over his own things."""
    bind(db.session(), None, customer.tenant_id)
    permissions, scopes = _combined(_customer_role())
    return Actor(
        kind="visitor",
        tenant_id=customer.tenant_id,
        name=customer.name,
        customer_id=customer.id,
        permissions=permissions,
        scopes=MappingProxyType(scopes),
        roles=(CUSTOMER_ROLE,),
        sign_in_id=sign_in.id,
        ip=ip,
    )


def anonymous(tenant_id: int, ip: str = "") -> Actor:
    """Somebody who has not said a word yet: may read the public help centre."""
    bind(db.session(), None, tenant_id)
    permissions, _ = _combined(_customer_role())
    readable = {"article.read", "article.ask", "article_category.read", "article.rate", "dictionary.read"}
    return Actor(kind="anonymous", tenant_id=tenant_id, permissions=permissions & readable, ip=ip)


def may_give(actor: Actor, role: Role) -> bool:
    """Whether this actor may hand `role` out: nobody gives a right, or a wider view, than he has himself."""
    if actor.kind == "system":
        return True
    names, scopes = _rights_of_role(role.id)
    if not names <= actor.permissions:
        return False
    return all(scope.width <= actor.scope(resource).width for resource, scope in scopes.items())


def _customer_role() -> list[int]:
    return list(db.session.scalars(select(Role.id).where(Role.code == CUSTOMER_ROLE)))


def _combined(role_ids: list[int]) -> tuple[frozenset[str], dict[str, Scope]]:
    permissions: set[str] = set()
    scopes: dict[str, Scope] = {}
    for role_id in role_ids:
        names, role_scopes = _rights_of_role(role_id)
        permissions |= names
        for resource, scope in role_scopes.items():
            if resource not in scopes or scopes[resource].width < scope.width:
                scopes[resource] = scope
    # a resource named by one role never narrows what another role's "*" allows
    if "*" in scopes:
        scopes = {
            resource: max(scope, scopes["*"], key=lambda s: s.width) if len(role_ids) > 1 else scope
            for resource, scope in scopes.items()
        }
    return frozenset(permissions), scopes


def _rights_of_role(role_id: int) -> tuple[frozenset[str], dict[str, Scope]]:
    known = _role_rights.get(role_id)
    if known and known[0] > time.monotonic():
        return known[1], known[2]
    rows = db.session.execute(
        select(ViewMenu.name, Permission.name)
        .select_from(PermissionView)
        .join(ViewMenu, ViewMenu.id == PermissionView.view_menu_id)
        .join(Permission, Permission.id == PermissionView.permission_id)
        .where(PermissionView.role.any(Role.id == role_id))
    ).all()
    names = frozenset(right_name(view, permission) for view, permission in rows)
    scopes = dict(
        db.session.execute(select(RoleScope.resource, RoleScope.scope).where(RoleScope.role_id == role_id))
        .tuples()
        .all()
    )
    _role_rights[role_id] = (time.monotonic() + RIGHTS_SECONDS, names, scopes)
    return names, scopes


def right_name(view: str, permission: str) -> str:
    """FAB's pair ("conversation", "can_transfer") as one word: "conversation.transfer"."""
    return f"{view}.{permission.removeprefix('can_')}"


def _subtree(department_id: int) -> set[int]:
    """The department with everything below it."""
    path = select(Department.path).where(Department.id == department_id).scalar_subquery()
    below = db.session.scalars(select(Department.id).where(Department.path.like(path.concat("%"))))
    return {department_id, *below}
