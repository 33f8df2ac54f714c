"""What the page of a role's rights shows: every right that a person can use, in the order of the menu (ID-8, ID-9)."""

from dataclasses import dataclass

from flask import g, request
from sqlalchemy import select

from app.extensions import db
from app.menu import MENU
from app.security import ROLES
from models.actor import Scope
from models.identity import Role, RoleScope
from services.identity import presets, roles
from services.identity.rights import right_name
from views import titles

#: resources whose rows a data scope limits; all others are seen whole or not at all
SCOPED = ("conversation", "ticket", "customer", "user", "operation_log")
#: rights that no person can use: the system itself acts so, or there is no screen and no call for it
MACHINE = frozenset(
    {
        "agent.connection_back",
        "agent.connection_lost",
        "article.index",
        "conversation.answer",
        "conversation.requeue",
        "conversation.route",
        "conversation.summarise",
        "notification.create",
        "role_scope.export",
        "role_scope.read",
        "statistics.export",
        "system_setting.export",
        "ticket.route",
        "ticket_link.export",
    }
)
#: resources without an entry in the menu → the category where people look for them
_ELSEWHERE = {"message": "service", "statistics": "service", "file": "service", "admin": "system"}
#: usual verbs first, the special ones after them
_ORDER = ("menu_access", "read", "create", "update", "delete", "export")


@dataclass(frozen=True)
class Right:
    """One check box."""

    id: int
    name: str
    title: object
    held: bool
    #: nobody grants what he does not hold; what the role has already may stay
    mine: bool
    #: whether the preset role has it as delivered; None for roles made on screen
    in_preset: bool | None


@dataclass
class Group:
    """The rights over one resource."""

    resource: str
    title: object
    rights: list[Right]

    @property
    def scoped(self) -> bool:
        return self.resource in SCOPED


def sections_of(role: Role) -> list[tuple[object, list[Group]]]:
    """(title of the menu's category, its groups), in the order of the menu."""
    by_resource = _by_resource(role)
    found = []
    for category in MENU:
        names = [entry.name for entry in category.entries]
        names += [name for name, place in _ELSEWHERE.items() if place == category.name]
        groups = [_group(name, by_resource.pop(name)) for name in names if name in by_resource]
        found.append((category.label, groups))
    rest = [_group(name, rights) for name, rights in by_resource.items()]
    found[-1][1].extend(rest)  # what has no place yet must not vanish from the page
    return [section for section in found if section[1]]


def scopes_of(role: Role) -> dict[str, Scope]:
    statement = select(RoleScope.resource, RoleScope.scope).where(RoleScope.role_id == role.id)
    return dict(db.session.execute(statement).tuples().all())


def machine_rights_held(role: Role) -> list[int]:
    """What the page does not show stays as it is."""
    return [row.id for row in role.permissions if _name(row) in MACHINE]


def _by_resource(role: Role) -> dict[str, list[Right]]:
    chosen = request.form.getlist("right", type=int) if request.method == "POST" else None
    held = {row.id for row in role.permissions}
    rows = [row for row in roles.all_rights() if _name(row) not in MACHINE]
    preset = _preset_rights(role, {_name(row) for row in rows})
    found: dict[str, list[Right]] = {}
    for row in rows:
        name = _name(row)
        right = Right(
            id=row.id,
            name=name,
            title=titles.action_title(name),
            held=row.id in (held if chosen is None else chosen),
            mine=g.actor.may(name) or row.id in held,
            in_preset=name in preset if preset is not None else None,
        )
        found.setdefault(row.view_menu.name, []).append(right)
    return found


def _preset_rights(role: Role, names: set[str]) -> set[str] | None:
    """The rights with which a preset role is delivered."""
    preset = next((preset for preset in ROLES if preset.code == role.code), None)
    return None if preset is None else {name for name in names if presets.is_meant(preset.rights, name)}


def _group(resource: str, rights: list[Right]) -> Group:
    return Group(resource, titles.resource_title(resource), sorted(rights, key=_place))


def _place(right: Right) -> tuple[int, str]:
    verb = right.name.partition(".")[2]
    return (_ORDER.index(verb), "") if verb in _ORDER else (len(_ORDER), verb)


def _name(row) -> str:
    return right_name(row.view_menu.name, row.permission.name)
