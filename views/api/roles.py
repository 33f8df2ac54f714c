"""角色权限接口: roles, rights, data scopes (B §7.3)."""

from sqlalchemy import select

from app.extensions import db
from models.actor import Actor, Scope
from models.identity import Role, RoleScope
from services.identity import roles
from services.identity.rights import right_name
from services.operation import OPERATIONS
from views.api.endpoint import action, endpoint, load
from views.api.resource import PAGING, Resource, listing

SECTION = "角色权限接口"

ROLES = Resource(
    path="roles",
    key="role",
    model=Role,
    section=SECTION,
    title="角色",
    out=("id", "name", "code", "description", "create_time"),
    filters=("code",),
    sort=("id", "name"),
    search=("name", "description"),
    more={"isPreset": lambda actor, row: row.code is not None},
    writes=(),
)


def dump(actor: Actor, role: Role) -> dict:
    """A role with its rights and scopes."""
    scopes = db.session.execute(select(RoleScope.resource, RoleScope.scope).where(RoleScope.role_id == role.id))
    return ROLES.dump(actor, role) | {
        "permissions": [_right(row) for row in role.permissions],
        "scopes": {resource: scope.value for resource, scope in scopes},
    }


def _right(row) -> dict:
    name = right_name(row.view_menu.name, row.permission.name)
    entry = OPERATIONS.get(name)
    kind = "menu" if name.endswith(".menu_access") else "operation"
    return {
        "id": row.id,
        "name": name,
        "resource": row.view_menu.name,
        "kind": kind,
        "title": entry.title if entry else name,
    }


@endpoint("GET", "/roles", section=SECTION, summary="角色列表", right="role.read", query={**PAGING, "code": str})
def list_roles(actor: Actor, **query):
    return listing(ROLES, actor, **query)


@endpoint("GET", "/roles/<id:id>", section=SECTION, summary="角色详情", right="role.read")
def show_role(actor: Actor, row_id: int):
    return dump(actor, load(Role, row_id, actor))


@endpoint("GET", "/permissions", section=SECTION, summary="权限列表", right="role.read")
def list_permissions(actor: Actor):
    return [_right(row) for row in roles.all_rights()]


@endpoint("GET", "/permissions/tree", section=SECTION, summary="权限树", right="role.read")
def permission_tree(actor: Actor):
    """Rights by resource, and the data scopes a role may have."""
    tree: dict[str, list] = {}
    for row in roles.all_rights():
        tree.setdefault(row.view_menu.name, []).append(_right(row))
    return {
        "resources": [{"resource": name, "permissions": rights} for name, rights in tree.items()],
        "scopes": [scope.value for scope in Scope],
    }


action("POST", "/roles", "role.create", dump=dump, section=SECTION, summary="创建角色")
action("PUT", "/roles/<id:id>", "role.update", on=Role, dump=dump, section=SECTION, summary="更新角色")
action("DELETE", "/roles/<id:id>", "role.delete", on=Role, section=SECTION, summary="删除角色")
action("POST", "/roles/<id:id>/permissions", "role.grant", on=Role, dump=dump, section=SECTION, summary="角色授权")
action(
    "POST",
    "/roles/<id:id>/users",
    "role.assign_users",
    on=Role,
    dump=lambda actor, count: {"changed": count},
    section=SECTION,
    summary="批量授予用户",
)
