"""Roles: presets and custom ones, rights and data scopes (ID-8, ID-9)."""

from sqlalchemy import select

from app.errors import Conflict, Invalid, NotAllowed
from app.extensions import db
from models import audit
from models.actor import Actor, Scope
from models.base import mark_deleted
from models.identity import Permission, PermissionView, Role, RoleScope, User, ViewMenu
from services.identity.accounts import SUPER_ROLE, ensure_profile, refuse_role
from services.identity.rights import right_name
from services.identity.signin import end_sign_ins_of
from services.operation import announce, operation


@operation("role.create", title="Create a role")
def create_role(actor: Actor, *, name: str, description: str = "") -> Role:
    """A role without any right yet."""
    role = Role(name=_name(name), description=description[:255] or None)
    _refuse_taken(role)
    db.session.add(role)
    db.session.flush()
    db.session.add(RoleScope(role_id=role.id, resource="*", scope=Scope.own))
    announce("role.updated", role_id=role.id)
    return role


@operation("role.update", title="Change a role")
def update_role(actor: Actor, role: Role, *, name: str | None = None, description: str | None = None) -> Role:
    if name is not None:
        role.name = _name(name)
        _refuse_taken(role)
    if description is not None:
        role.description = description[:255] or None
    db.session.flush()
    announce("role.updated", role_id=role.id)
    return role


@operation("role.delete", title="Delete a role")
def delete_role(actor: Actor, role: Role) -> None:
    """A role in use or a preset one stays."""
    if role.code:
        raise Conflict("A preset role cannot be deleted")
    if role.user:
        raise Conflict("The role is still given to users")
    for scope in role.scopes:
        mark_deleted(scope)
    mark_deleted(role)
    announce("role.updated", role_id=role.id)


@operation("role.grant", title="Grant rights to a role")
def grant_rights(
    actor: Actor, role: Role, *, permission_ids: list[int], scopes: dict[str, Scope] | None = None
) -> Role:
    """Set exactly these rights (and, if given, data scopes); users of the role obey at their next click.

    Nobody grants what he does not hold himself.
    """
    if role.code == SUPER_ROLE:
        raise NotAllowed("The super administrator's rights cannot be changed")
    wanted = list(db.session.scalars(select(PermissionView).where(PermissionView.id.in_(permission_ids))))
    if len(wanted) != len(set(permission_ids)):
        raise Invalid("This right does not exist", fields={"permissionIds": "unknown"})
    before = rights_of(role)
    after = {right_name(row.view_menu.name, row.permission.name) for row in wanted}
    if actor.kind != "system" and (beyond := sorted(after - before - actor.permissions)):
        raise NotAllowed("You cannot grant rights that you do not have", rights=beyond)
    role.permissions = wanted
    if scopes is not None:
        if wider := sorted(name for name, scope in scopes.items() if scope.width > actor.scope(name).width):
            raise NotAllowed("You cannot grant a wider view than you have", resources=wider)
        set_scopes(role, scopes)
    audit.record(
        db.session,
        "role.grant",
        target=role,
        before={"removed": sorted(before - after)},
        after={"added": sorted(after - before), "scopes": {k: v.value for k, v in (scopes or {}).items()} or None},
    )
    db.session.flush()
    announce("role.updated", role_id=role.id)
    return role


@operation("role.copy", title="Copy a role", right="role.create")
def copy_role(actor: Actor, role: Role, *, name: str) -> Role:
    """A role of one's own with the rights and data scopes of another, to go on from there."""
    copy = create_role(actor, name=name, description=role.description or "")
    grant_rights(
        actor,
        copy,
        permission_ids=[row.id for row in role.permissions],
        scopes={row.resource: row.scope for row in role.scopes if not row.deleted},
    )
    return copy


@operation("role.assign_users", title="Give a role to several users", right="role.grant")
def give_to_users(actor: Actor, role: Role, *, user_ids: list[int]) -> int:
    """Bulk grant (ID-8): add `role` to these users; returns how many did not have it."""
    refuse_role(actor, role)
    users = list(db.session.scalars(select(User).where(User.id.in_(user_ids), User.visible_to(actor))))
    if len(users) != len(set(user_ids)):
        raise Invalid("This user does not exist", fields={"userIds": "unknown"})
    changed = [user for user in users if role not in user.roles]
    for user in changed:
        user.roles.append(role)
        ensure_profile(user)
        end_sign_ins_of(user, reason="roles_changed")
    announce("role.updated", role_id=role.id)
    return len(changed)


def rights_of(role: Role) -> set[str]:
    return {right_name(row.view_menu.name, row.permission.name) for row in role.permissions}


def set_scopes(role: Role, scopes: dict[str, Scope]) -> None:
    """Inside a transaction: exactly these data scopes; what a role sees by default stays unless it is given."""
    known = {row.resource: row for row in db.session.scalars(select(RoleScope).where(RoleScope.role_id == role.id))}
    for resource, scope in scopes.items():
        if resource in known:
            known[resource].scope = scope
        else:
            db.session.add(RoleScope(role_id=role.id, resource=resource[:64], scope=scope))
    for resource in known.keys() - scopes.keys() - {"*"}:
        mark_deleted(known[resource])


def all_rights() -> list[PermissionView]:
    """Every right there is, ordered by resource."""
    return list(
        db.session.scalars(
            select(PermissionView).join(ViewMenu).join(Permission).order_by(ViewMenu.name, Permission.name)
        )
    )


def _name(name: str) -> str:
    name = " ".join(name.split())
    if not 1 <= len(name) <= 64:
        raise Invalid("A role needs a name of at most 64 characters", fields={"name": "1 to 64 characters"})
    return name


def _refuse_taken(role: Role) -> None:
    with db.session.no_autoflush:
        if db.session.scalar(select(Role.id).where(Role.name == role.name, Role.id != (role.id or 0)).limit(1)):
            raise Conflict("A role of this name exists already")
