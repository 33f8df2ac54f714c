"""What the product gives every company, each thing once: rights and data scopes of the preset roles, first contents,
manuals (OPS-3, OPS-7).

A new company gets all of it. When a release has more than a company was given, the company gets the difference at the
next start; what an administrator has taken away or deleted since is remembered as given, and stays away.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import select

from app.extensions import db
from models.actor import Actor, system
from models.base import bind
from models.identity import Tenant
from models.provisions import Provision, ProvisionKind
from services.first_content import CONTENTS
from services.identity import presets
from services.identity.accounts import SUPER_ROLE
from services.identity.presets import Handed, Preset
from services.manuals import import_manuals, manual_names
from services.operation import announce, run


class Item(NamedTuple):
    """One thing; `role_code` is "" where no role is meant."""

    kind: ProvisionKind
    role_code: str
    name: str


class Brought(NamedTuple):
    """What people call it, and whether the company had it not."""

    label: str | None
    is_new: bool


@dataclass(frozen=True)
class Release:
    """What this program has for every company; the first contents are in a table of their own."""

    presets: tuple[Preset, ...]
    manuals: Path

    def items(self) -> set[Item]:
        """Everything, by name. The super administrator has every right there is, which need not be remembered."""
        names = presets.right_names()
        items = {Item(ProvisionKind.content, "", name) for name in CONTENTS}
        items |= {Item(ProvisionKind.manual, "", name) for name in manual_names(self.manuals)}
        for preset in self.presets:
            if preset.code != SUPER_ROLE:
                rights = presets.expand(preset.rights, names)
                items |= {Item(ProvisionKind.right, preset.code, name) for name in rights}
                items |= {Item(ProvisionKind.scope, preset.code, name) for name in preset.scopes}
        return items


def update_companies(release: Release) -> None:
    """Give every company what is new in this release; quick when nothing is. May be called as often as one likes."""
    items = release.items()
    for tenant_id in db.session.scalars(select(Tenant.id).order_by(Tenant.id)).all():
        actor = system(tenant_id)
        bind(db.session(), actor)
        if items - _given() or not presets.is_super_complete():
            run(actor, "company.update", partial(_update, actor, release, items))


def fill(release: Release) -> None:
    """Inside the operation that makes the bound company: everything."""
    _give(release, release.items(), by_update=False)


def _update(actor: Actor, release: Release, items: set[Item]) -> None:
    # several processes may start at once: whoever comes second finds that nothing is left to do
    db.session.execute(select(Tenant.id).where(Tenant.id == actor.tenant_id).with_for_update())
    brought = _give(release, items - _given(), by_update=True)
    if brought:
        announce("company.updated", count=len(brought))


def _given() -> set[Item]:
    """What the bound company was given so far."""
    statement = select(Provision.kind, Provision.role_code, Provision.name)
    return {Item(*row) for row in db.session.execute(statement, execution_options={"include_deleted": True})}


def _give(release: Release, items: set[Item], *, by_update: bool) -> list[Item]:
    """Those of `items` that were really new to the company."""
    brought = _hand_out(release, items) | _fill_in(items)
    manuals = [item.name for item in items if item.kind is ProvisionKind.manual]
    for name, imported in import_manuals(release.manuals, manuals, open_to_customers=not by_update).items():
        brought[Item(ProvisionKind.manual, "", name)] = Brought(imported.title, imported.is_new)
    db.session.add_all(
        [
            Provision(**item._asdict(), label=brought[item].label, by_update=by_update and brought[item].is_new)
            for item in sorted(items)
        ]
    )
    return [item for item in items if brought[item].is_new]


def _hand_out(release: Release, items: Iterable[Item]) -> dict[Item, Brought]:
    new: dict[str, Handed] = defaultdict(Handed)
    for item in items:
        if item.kind is ProvisionKind.right:
            new[item.role_code].rights.add(item.name)
        elif item.kind is ProvisionKind.scope:
            new[item.role_code].scopes.add(item.name)
    handed = presets.hand_out(release.presets, new)
    return {
        item: Brought(None, item.name in (given.rights if item.kind is ProvisionKind.right else given.scopes))
        for item in items
        if (given := handed.get(item.role_code)) is not None
    }


def _fill_in(items: set[Item]) -> dict[Item, Brought]:
    """The first contents, in the order in which they are made."""
    contents = [Item(ProvisionKind.content, "", name) for name in CONTENTS]
    return {
        item: Brought(CONTENTS[item.name].label, CONTENTS[item.name].make() > 0) for item in contents if item in items
    }
