"""Create, change, delete and restore for tables whose rows carry no business of their own (dictionaries, categories …).

The operations are made from the table's columns, so REST, the admin screens and the documentation
agree without a second description. What needs more than a check has operations written by hand.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from inspect import Parameter

from flask_appbuilder import Model
from sqlalchemy import JSON, inspect, select
from sqlalchemy.types import String, Text

from app.errors import Conflict, Invalid, NotFound
from app.extensions import db
from models.actor import Actor
from models.base import MACHINE_COLUMNS, Entity, mark_restored
from models.types import Code, Flag
from services.operation import DataField, announce, operation

Check = Callable[[Actor, Entity, dict], None]


@dataclass(frozen=True)
class Beside:
    """A datum of a row that stands in another table: its type, and `store(actor, row, value, is_new)`, which refuses
    or writes it once the row has its number; None was not given."""

    annotation: object
    store: Callable[[Actor, Entity, object, bool], None]


def crud(
    resource: str,
    model: type[Entity],
    *,
    title: str,
    writable: Iterable[str],
    kinds: Mapping[str, object] | None = None,
    beside: Mapping[str, Beside] | None = None,
    check: Check | None = None,
    before_delete: Callable[[Actor, Entity], None] | None = None,
    restorable: bool = False,
    after_restore: Callable[[Actor, Entity], None] | None = None,
) -> None:
    """Register `<resource>.create/.update/.delete` for `model`, and `.restore` if its rows may come back.

    `kinds` says of lists what is in them, where it is not texts: {"target_teams": list[int]}.
    `beside` are data that stand in other tables.
    `check(actor, row, data)` refuses or completes the row before it is stored, on creation and on change.
    `after_restore(actor, row)` brings back what went along when the row was deleted.
    """
    columns = tuple(writable)
    create_fields, change_fields = fields_of(model, columns, kinds)
    parts = dict(beside or {})
    further = tuple(DataField(name, part.annotation, None) for name, part in parts.items())

    def store(actor: Actor, row: Entity, given: dict, is_new: bool) -> None:
        for name, part in parts.items():
            part.store(actor, row, given[name], is_new)

    @operation(f"{resource}.create", title=f"Create: {title}", fields=(*create_fields, *further))
    def create(actor: Actor, **data) -> Entity:
        row, given = model(), {name: data.pop(name, None) for name in parts}
        _fill(row, data, columns)
        if check:
            check(actor, row, data)
        db.session.add(row)
        db.session.flush()
        store(actor, row, given, True)
        announce(f"{resource}.created", **{f"{resource}_id": row.id})
        return row

    @operation(f"{resource}.update", title=f"Change: {title}", fields=(*change_fields, *further))
    def update(actor: Actor, row: Entity, **data) -> Entity:
        refuse_stale(row, data.pop("version", None))
        given = {name: data.pop(name, None) for name in parts}
        _fill(row, data, columns)
        if check:
            check(actor, row, data)
        store(actor, row, given, False)
        db.session.flush()
        announce(f"{resource}.updated", **{f"{resource}_id": row.id})
        return row

    removable(
        resource,
        model,
        title=title,
        columns=columns,
        check=check,
        before_delete=before_delete,
        restorable=restorable,
        after_restore=after_restore,
    )


def removable(
    resource: str,
    model: type[Entity],
    *,
    title: str,
    columns: tuple[str, ...],
    check: Check | None = None,
    before_delete: Callable[[Actor, Entity], None] | None = None,
    restorable: bool = False,
    after_restore: Callable[[Actor, Entity], None] | None = None,
) -> None:
    """Register `<resource>.delete`, and `.restore` if its rows may come back; for tables that are written by hand."""

    @operation(f"{resource}.delete", title=f"Delete: {title}")
    def delete(actor: Actor, row: Entity) -> None:
        if before_delete:
            before_delete(actor, row)
        db.session.delete(row)
        announce(f"{resource}.deleted", **{f"{resource}_id": row.id})

    if not restorable:
        return

    @operation(f"{resource}.restore", title=f"Restore: {title}", right=f"{resource}.delete")
    def restore(actor: Actor, *, row_id: int) -> Entity:
        row = _deleted(model, row_id, actor)
        mark_restored(row)
        _forget_what_is_gone(row, columns)
        if check:
            check(actor, row, {})
        db.session.flush()
        if after_restore:
            after_restore(actor, row)
        announce(f"{resource}.updated", **{f"{resource}_id": row.id})
        return row


def fields_of(
    model: type[Entity], columns: Iterable[str], kinds: Mapping[str, object] | None = None
) -> tuple[tuple[DataField, ...], tuple[DataField, ...]]:
    """What a request says to make a row of `model`, and to change one; `kinds` as for `crud`."""
    to_create = tuple(_field(model, name, (kinds or {}).get(name)) for name in columns)
    to_change = tuple(
        DataField(f.name, f.annotation, None if f.required else f.default, f.max_length) for f in to_create
    )
    if hasattr(model, "version"):
        to_change = (*to_change, DataField("version", int | None, None))
    return to_create, to_change


def refuse_stale(row: Entity, seen: int | None) -> None:
    """Raises Conflict when somebody else has changed the row since version `seen`; None: the caller does not mind."""
    if seen is not None and seen != row.version:
        raise Conflict(
            "Somebody else has changed this in the meantime, please reload", kind="stale", version=row.version
        )


def referenced(model: type[Entity], row_id: int | None, actor: Actor, field: str) -> Entity | None:
    """The row another row wants to point to, if this actor may see it. Raises Invalid otherwise."""
    if row_id is None:
        return None
    with (
        db.session.no_autoflush
    ):  # the pointing row must not meet the foreign key first: its error tells what exists elsewhere
        found = db.session.scalars(select(model).where(model.id == row_id, model.visible_to(actor))).first()
    if found is None:
        raise Invalid("This does not exist", fields={field: "unknown"})
    return found


def _deleted(model: type[Entity], row_id: int, actor: Actor) -> Entity:
    """A deleted row that this actor may see, locked. Raises NotFound."""
    wanted = select(model).where(model.id == row_id, model.deleted == 1, model.visible_to(actor)).with_for_update()
    found = db.session.scalars(wanted, execution_options={"include_deleted": True, "populate_existing": True}).first()
    if found is None:
        raise NotFound("This does not exist")
    return found


def _forget_what_is_gone(row: Entity, columns: tuple[str, ...]) -> None:
    """A row that comes back may point to others that were deleted meanwhile: it comes without them."""
    with db.session.no_autoflush:
        for name in columns:
            value, column = getattr(row, name), inspect(type(row)).columns[name]
            for key in column.foreign_keys if value is not None and column.nullable else ():
                target = next(mapper for mapper in Model.registry.mappers if mapper.local_table is key.column.table)
                if db.session.scalar(select(target.class_.id).where(target.class_.id == value)) is None:
                    setattr(row, name, None)


def _fill(row: Entity, data: dict, columns: tuple[str, ...]) -> None:
    for name, value in data.items():
        if name not in columns or name in MACHINE_COLUMNS:
            raise Invalid("This field cannot be set", fields={name: "unknown"})
        setattr(row, name, value)


def _field(model: type[Entity], name: str, given: object = None) -> DataField:
    column = inspect(model).columns[name]
    kind: object
    if given is not None:
        kind = given
    elif isinstance(column.type, Code):
        kind = column.type.enum
    elif isinstance(column.type, Flag):
        kind = bool
    elif isinstance(column.type, JSON):
        kind = list[str] if "list" in str(model.__annotations__.get(name, "list")) else dict
    else:
        kind = column.type.python_type
    length = column.type.length if isinstance(column.type, String) else None
    if isinstance(column.type, Text):
        length = 200_000
    if column.default is not None and not callable(column.default.arg):
        return DataField(name, kind, column.default.arg, length)
    if column.nullable:
        return DataField(name, kind | None, None, length)
    return DataField(name, kind, Parameter.empty, length)
