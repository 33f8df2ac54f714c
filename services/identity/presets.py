"""Preset roles: what every company's are made with, and what a later release hands them (ID-8, ID-9)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sqlalchemy import select

from app.extensions import db
from models import audit
from models.actor import Scope
from models.identity import Permission, PermissionView, Role, RoleScope, ViewMenu
from services.identity.accounts import SUPER_ROLE
from services.identity.rights import right_name
from services.identity.roles import all_rights, rights_of, set_scopes
from services.operation import announce


@dataclass(frozen=True)
class Preset:
    """A role that every company starts with."""

    code: str
    name: str
    #: operation names; "resource.*" and "*" are expanded when the role is made
    rights: tuple[str, ...]
    scopes: dict[str, Scope]
    description: str = ""


@dataclass(frozen=True)
class Handed:
    """Names of rights, and resources of data scopes."""

    rights: set[str] = field(default_factory=set)
    scopes: set[str] = field(default_factory=set)


def sync_rights(names: Iterable[str]) -> None:
    """Inside a transaction: make FAB's rows for these rights ("conversation.transfer")."""
    wanted = {tuple(name.split(".", 1)) for name in names}
    permissions = _rows_by_name(Permission, {_permission_name(action) for _, action in wanted})
    views = _rows_by_name(ViewMenu, {resource for resource, _ in wanted})
    db.session.flush()
    have = set(db.session.execute(select(PermissionView.view_menu_id, PermissionView.permission_id)).tuples().all())
    pairs = [(views[resource].id, permissions[_permission_name(action)].id) for resource, action in sorted(wanted)]
    db.session.add_all(
        [
            PermissionView(view_menu_id=view, permission_id=permission)
            for view, permission in pairs
            if (view, permission) not in have
        ]
    )
    db.session.flush()


def right_names() -> set[str]:
    """What every right there is is called."""
    pairs = select(ViewMenu.name, Permission.name).select_from(PermissionView).join(ViewMenu).join(Permission)
    return {right_name(*pair) for pair in db.session.execute(pairs)}


def is_super_complete() -> bool:
    """Whether the bound company has its super administrator, with every right there is."""
    role = _role(SUPER_ROLE)
    if role is None:
        return False
    held = select(PermissionView.id).where(PermissionView.role.any(Role.id == role.id))
    return not db.session.scalar(select(PermissionView.id).where(PermissionView.id.not_in(held)).limit(1))


def hand_out(presets: Iterable[Preset], new: Mapping[str, Handed]) -> dict[str, Handed]:
    """Inside a transaction: make the preset roles that are missing, and give each of the others what is `new` to it.

    What an administrator has made of a role stays: rights are only added, and a data scope only where the role sees by
    default as far as delivered. The super administrator always holds every right there is. Returns, by role, what it
    has now and had not before.
    """
    by_name = {right_name(row.view_menu.name, row.permission.name): row for row in all_rights()}
    handed = {}
    for preset in presets:
        role = _role(preset.code)
        everything = expand(preset.rights, by_name)
        if role is None:
            role = _make(preset)
            given = Handed(everything, set(preset.scopes))
            role.permissions = [by_name[name] for name in sorted(everything)]
        else:
            offered = new.get(preset.code, Handed())
            wanted = everything if preset.code == SUPER_ROLE else offered.rights
            given = Handed(wanted - rights_of(role), _widen(role, preset, offered.scopes))
            role.permissions = [*role.permissions, *(by_name[name] for name in sorted(given.rights))]
            _tell(role, preset, given)
        handed[preset.code] = given
    db.session.flush()
    return handed


def expand(patterns: Iterable[str], names: Iterable[str]) -> set[str]:
    """The rights meant by patterns: a name, "resource.*", or "*". Raises KeyError for one that means nothing."""
    names = set(names)
    found: set[str] = set()
    for pattern in patterns:
        # most patterns are plain names, and there are hundreds of either
        matching = {pattern} & names or {name for name in names if is_meant((pattern,), name)}
        if not matching:
            raise KeyError(f"no such right: {pattern}")
        found |= matching
    return found


def is_meant(patterns: Iterable[str], name: str) -> bool:
    """Whether one of these patterns means this right."""
    return any(
        pattern in ("*", name) or (pattern.endswith(".*") and name.startswith(pattern[:-1])) for pattern in patterns
    )


def _role(code: str) -> Role | None:
    return db.session.scalars(select(Role).where(Role.code == code)).first()


def _make(preset: Preset) -> Role:
    """Under its own name, or beside a company's role of that name with the code behind it."""
    taken = db.session.scalar(select(Role.id).where(Role.name == preset.name).limit(1))
    name = f"{preset.name} ({preset.code})" if taken else preset.name
    role = Role(code=preset.code, name=name, description=preset.description or None)
    db.session.add(role)
    db.session.flush()
    set_scopes(role, preset.scopes)
    return role


def _widen(role: Role, preset: Preset, resources: set[str]) -> set[str]:
    known = dict(
        db.session.execute(select(RoleScope.resource, RoleScope.scope).where(RoleScope.role_id == role.id))
        .tuples()
        .all()
    )
    added = resources - known.keys() if known.get("*") is preset.scopes["*"] else set()
    db.session.add_all(
        [RoleScope(role_id=role.id, resource=resource, scope=preset.scopes[resource]) for resource in sorted(added)]
    )
    return added


def _tell(role: Role, preset: Preset, given: Handed) -> None:
    """In the operation log as if somebody had granted it, and to the processes that know the role as it was."""
    if given.rights or given.scopes:
        scopes = {resource: preset.scopes[resource].value for resource in sorted(given.scopes)}
        after = {"added": sorted(given.rights), "scopes": scopes or None}
        audit.record(db.session, "role.grant", target=role, after=after)
        announce("role.updated", role_id=role.id)


def _rows_by_name(model, names: set[str]) -> dict:
    rows = {row.name: row for row in db.session.scalars(select(model))}
    for name in sorted(names - rows.keys()):
        rows[name] = model(name=name)
        db.session.add(rows[name])
    return rows


def _permission_name(action: str) -> str:
    return action if action == "menu_access" else f"can_{action}"
