"""From an account to an `Actor`: the one place where rights and data scopes are read."""

import time
from collections import defaultdict
from dataclasses import dataclass
from types import MappingProxyType

from flask_appbuilder.security.sqla.models import assoc_user_role
from sqlalchemy import CompoundSelect, bindparam, literal, select, union_all

from app.extensions import db
from models.actor import Actor, Scope
from models.base import bind
from models.customers import Customer
from models.identity import LoginSession, Permission, PermissionView, Role, RoleScope, User, ViewMenu
from models.organization import Agent, Department, Team, TeamMember
from models.types import BigId

#: how long another process may still use rights that were changed here; in this process changes hold at once
RIGHTS_SECONDS = 2.0
#: the preset role of everybody without a staff account
CUSTOMER_ROLE = "customer"


@dataclass(frozen=True)
class RoleRights:
    """What one role allows, and how it is called in an actor's `roles`."""

    name: str
    permissions: frozenset[str]
    scopes: dict[str, Scope]


_role_rights: dict[int, tuple[float, RoleRights]] = {}


def forget_rights() -> None:
    """Called after a role was changed."""
    _role_rights.clear()


def actor_for_user(user: User, sign_in: LoginSession | None = None, ip: str = "") -> Actor:
    """Who this account is now. Binds the session to the account's tenant."""
    bind(db.session(), None, user.tenant_id)
    return _actor(user, sign_in, ip)


def colleague(user: User) -> Actor:
    """Somebody else of the company that is bound already: what he may see, while the actor stays who acts."""
    return _actor(user, None, "")


def _actor(user: User, sign_in: LoginSession | None, ip: str) -> Actor:
    belongs_to = _belongings(user)
    roles = [_rights_of_role(role_id) for role_id in sorted(belongs_to["role"])]
    permissions, scopes = _combined(roles)
    is_staff = any(role.name != CUSTOMER_ROLE for role in roles)
    return Actor(
        kind="user",
        tenant_id=user.tenant_id,
        name=user.full_name or user.username,
        avatar_url=user.avatar_url,
        user_id=user.id,
        customer_id=None if is_staff else next(iter(belongs_to["customer"]), None),
        customer_level=0 if is_staff else next(iter(belongs_to["level"]), 0),
        agent_id=next(iter(belongs_to["agent"]), None) if is_staff else None,
        is_staff=is_staff,
        permissions=permissions,
        scopes=MappingProxyType(scopes),
        team_ids=frozenset(belongs_to["team"]) if is_staff else frozenset(),
        department_ids=frozenset(belongs_to["department"]) if is_staff else frozenset(),
        roles=tuple(role.name for role in roles),
        sign_in_id=sign_in.id if sign_in else None,
        must_change_password=user.must_change_password,
        ip=ip,
    )


def actor_for_visitor(customer: Customer, sign_in: LoginSession | None, ip: str = "") -> Actor:
    """A portal visitor without account: the customer role's rights over his own things. Who writes to us from
    another app has not signed in here."""
    bind(db.session(), None, customer.tenant_id)
    permissions, scopes = _combined(_customer_role())
    return Actor(
        kind="visitor",
        tenant_id=customer.tenant_id,
        name=customer.name,
        customer_id=customer.id,
        customer_level=customer.vip_level,
        permissions=permissions,
        scopes=MappingProxyType(scopes),
        roles=(CUSTOMER_ROLE,),
        sign_in_id=sign_in.id if sign_in else None,
        ip=ip,
    )


def anonymous(tenant_id: int, ip: str = "") -> Actor:
    """Somebody who has not said a word yet: may read the public help centre and see the form of a new ticket."""
    bind(db.session(), None, tenant_id)
    permissions, _ = _combined(_customer_role())
    help_centre = {"article.read", "article.ask", "article_category.read", "article.rate"}
    readable = {*help_centre, "dictionary.read", "ticket_template.read"}
    return Actor(kind="anonymous", tenant_id=tenant_id, permissions=permissions & readable, ip=ip)


def holders_of(right: str) -> list[int]:
    """The active accounts of the bound company that hold `right` through one of their roles."""
    every_role = db.session.scalars(select(Role.id)).all()
    roles = [role_id for role_id in every_role if right in _rights_of_role(role_id).permissions]
    return list(
        db.session.scalars(
            select(User.id).where(User.active.is_(True), User.roles.any(Role.id.in_(roles))).order_by(User.id)
        )
    )


def staff_with(right: str, resource: str) -> list[tuple[User, Scope]]:
    """The active staff of the bound company who hold `right`, each with how far he sees `resource`."""
    found: dict[int, tuple[User, list[RoleRights]]] = {}
    rows = db.session.execute(
        select(User, assoc_user_role.c.role_id)
        .join(assoc_user_role, assoc_user_role.c.user_id == User.id)
        .where(User.active.is_(True))
    )
    for user, role_id in rows:
        found.setdefault(user.id, (user, []))[1].append(_rights_of_role(role_id))
    staff = []
    for user, roles in found.values():
        permissions, scopes = _combined(roles)
        if right in permissions and any(role.name != CUSTOMER_ROLE for role in roles):
            staff.append((user, scopes.get(resource) or scopes.get("*") or Scope.own))
    return staff


def may_give(actor: Actor, role: Role) -> bool:
    """Whether this actor may hand `role` out: nobody gives a right, or a wider view, than he has himself."""
    if actor.kind == "system":
        return True
    given = _rights_of_role(role.id)
    if not given.permissions <= actor.permissions:
        return False
    return all(scope.width <= actor.scope(resource).width for resource, scope in given.scopes.items())


def _customer_role() -> list[RoleRights]:
    return [
        _rights_of_role(role_id) for role_id in db.session.scalars(select(Role.id).where(Role.code == CUSTOMER_ROLE))
    ]


def _combined(roles: list[RoleRights]) -> tuple[frozenset[str], dict[str, Scope]]:
    permissions: set[str] = set()
    scopes: dict[str, Scope] = {}
    for role in roles:
        permissions |= role.permissions
        for resource, scope in role.scopes.items():
            if resource not in scopes or scopes[resource].width < scope.width:
                scopes[resource] = scope
    # a resource named by one role never narrows what another role's "*" allows
    if "*" in scopes:
        scopes = {
            resource: max(scope, scopes["*"], key=lambda s: s.width) if len(roles) > 1 else scope
            for resource, scope in scopes.items()
        }
    return frozenset(permissions), scopes


def _rights_of_role(role_id: int) -> RoleRights:
    until, known = _role_rights.get(role_id, (0.0, None))
    if known is not None and until > time.monotonic():
        return known
    code, name = db.session.execute(select(Role.code, Role.name).where(Role.id == role_id)).one()
    rows = db.session.execute(
        select(ViewMenu.name, Permission.name)
        .select_from(PermissionView)
        .join(ViewMenu, ViewMenu.id == PermissionView.view_menu_id)
        .join(Permission, Permission.id == PermissionView.permission_id)
        .where(PermissionView.role.any(Role.id == role_id))
    )
    permissions = frozenset(right_name(view, permission) for view, permission in rows)
    scopes = db.session.execute(select(RoleScope.resource, RoleScope.scope).where(RoleScope.role_id == role_id))
    rights = RoleRights(code or name, permissions, dict(iter(scopes)))
    _role_rights[role_id] = (time.monotonic() + RIGHTS_SECONDS, rights)
    return rights


def right_name(view: str, permission: str) -> str:
    """FAB's pair ("conversation", "can_transfer") as one word: "conversation.transfer"."""
    return f"{view}.{permission.removeprefix('can_')}"


def _belongings(user: User) -> dict[str, set[int]]:
    """Ids of the account's roles, agent, customer, teams and departments with all below; and the customer's level."""
    found = defaultdict(set)
    rows = db.session.execute(_BELONGINGS, {"user_id": user.id, "department_id": user.department_id})
    for kind, row_id in rows:
        found[kind].add(row_id)
    if user.department_id:
        found["department"].add(user.department_id)
    return found


def _all_belongings() -> CompoundSelect:
    user_id = bindparam("user_id", type_=BigId)
    agent_id = select(Agent.id).where(Agent.user_id == user_id).scalar_subquery()
    path = select(Department.path).where(Department.id == bindparam("department_id", type_=BigId)).scalar_subquery()
    return union_all(
        select(literal("role"), Role.id)
        .join(assoc_user_role, assoc_user_role.c.role_id == Role.id)
        .where(assoc_user_role.c.user_id == user_id),
        select(literal("agent"), Agent.id).where(Agent.user_id == user_id),
        select(literal("customer"), Customer.id).where(Customer.user_id == user_id),
        select(literal("level"), Customer.vip_level).where(Customer.user_id == user_id),
        select(literal("team"), Team.id).where(Team.leader_id == user_id),
        select(literal("team"), TeamMember.team_id).where(TeamMember.agent_id == agent_id),
        select(literal("department"), Department.id).where(Department.path.like(path.concat("%"))),
    )


#: one statement, made once: every request of everybody asks this first
_BELONGINGS = _all_belongings()
