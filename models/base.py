"""What every table has, and the two filters that no query escapes: tenant and soft delete.

The acting person stands in ``session.info["actor"]``; `bind` puts it there. A session to which nobody was
bound sees no tenant's rows (fail closed); `unbound` reads say so with ``all_tenants=True``.
"""

import datetime as dt
import functools
from typing import ClassVar

from flask_appbuilder import Model
from sqlalchemy import String, event, false, inspect
from sqlalchemy.orm import Mapped, Session, mapped_column, with_loader_criteria
from sqlalchemy.orm.attributes import PASSIVE_NO_INITIALIZE, get_history

from models.actor import Actor
from models.types import BigId, Flag, Json, Moment, TinyInt, utcnow

Model.registry.update_type_annotation_map(
    {int: BigId, str: String(255), bool: Flag, dict: Json, list: Json, dt.datetime: Moment}
)

#: bound instead of a tenant id by commands that work across tenants
EVERY_TENANT = -2
#: what a session without anybody sees: the rows of no company
NO_TENANT = -1


def bind(session: Session, actor: Actor | None, tenant_id: int | None = None) -> None:
    """Say on whose behalf this session works. One session serves one tenant in its life."""
    known = session.info.get("tenant_id")
    wanted = actor.tenant_id if actor else tenant_id
    if known is not None and wanted is not None and known != wanted:
        session.expunge_all()  # the identity map would hand out the other tenant's rows unfiltered
    session.info["actor"] = actor
    session.info["tenant_id"] = wanted


def bound_actor(session: Session) -> Actor | None:
    return session.info.get("actor")


class SoftDelete:
    """Rows are marked, not removed. `delete_token` is 0 while alive, the id afterwards: unique keys include it."""

    deleted: Mapped[int] = mapped_column(TinyInt, default=0, server_default="0", sort_order=96)
    delete_token: Mapped[int] = mapped_column(default=0, server_default="0", sort_order=97)

    def on_soft_delete(self) -> None:
        """Give back what must be free for others, e.g. a user name."""


class Tenanted:
    """Rows of one company; never shown to another (OPS-7)."""

    tenant_id: Mapped[int] = mapped_column(sort_order=98)


class Entity(SoftDelete, Tenanted):
    """The common columns of B §6.3.2. Concrete tables inherit ``Entity, Model``."""

    #: None keeps a table out of the operation log (messages, counters, the log itself)
    __audit__: ClassVar[str | None] = ""
    #: columns whose values never appear in the log
    __secret__: ClassVar[frozenset[str]] = frozenset()
    #: columns that the machine keeps along the way: neither logged nor a new version
    __bookkeeping__: ClassVar[frozenset[str]] = frozenset()

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True, sort_order=-10)
    create_time: Mapped[dt.datetime] = mapped_column(default=utcnow, sort_order=92)
    update_time: Mapped[dt.datetime] = mapped_column(default=utcnow, onupdate=utcnow, sort_order=93)
    create_by: Mapped[int | None] = mapped_column(sort_order=94)
    update_by: Mapped[int | None] = mapped_column(sort_order=95)

    @classmethod
    def visible_to(cls, actor: Actor):
        """The SQL condition for the rows this actor may see. Staff of the tenant by default; customers nothing."""
        return false() if actor.sees_as_customer else cls.id.is_not(None)


class Versioned:
    """For what two people may edit at once: a stale `version` is refused by the flush."""

    version: Mapped[int] = mapped_column(default=1, server_default="1", sort_order=91)


#: columns set by the machine, hidden from forms and refused in request bodies
MACHINE_COLUMNS = (
    "id",
    "create_time",
    "update_time",
    "create_by",
    "update_by",
    "deleted",
    "delete_token",
    "tenant_id",
    "version",
)

#: FAB's own classes that carry our columns without inheriting our mixins (see models.identity)
_adopted: list[type] = []


def adopt(model: type) -> None:
    """Put a foreign mapped class with our common columns under the same two filters."""
    _adopted.append(model)
    _criteria.cache_clear()


@event.listens_for(Session, "do_orm_execute")
def _filter_every_query(state) -> None:
    if state.is_column_load or not (state.is_select or state.is_update or state.is_delete):
        return
    options = state.execution_options
    if state.is_delete and not options.get("purge"):
        mapper = state.bind_mapper
        if mapper is not None and issubclass(mapper.class_, SoftDelete):
            raise RuntimeError(f"bulk DELETE on {mapper.class_.__name__}: delete the rows one by one, or say purge")
    tenant_id = state.session.info.get("tenant_id")
    if options.get("all_tenants"):
        tenant_id = EVERY_TENANT
    criteria = _criteria(NO_TENANT if tenant_id is None else tenant_id, bool(options.get("include_deleted")))
    if criteria:
        state.statement = state.statement.options(*criteria)


@functools.lru_cache(maxsize=1024)
def _criteria(tenant_id: int, include_deleted: bool) -> tuple:
    """The options that narrow a statement. Kept: making them anew for each statement costs more than using them."""
    criteria = []
    if not include_deleted:
        criteria += [
            with_loader_criteria(kind, lambda cls: cls.deleted == 0, include_aliases=True)
            for kind in (SoftDelete, *_adopted)
        ]
    if tenant_id != EVERY_TENANT:
        criteria += [
            with_loader_criteria(kind, lambda cls: cls.tenant_id == tenant_id, include_aliases=True)
            for kind in (Tenanted, *_adopted)
        ]
    return tuple(criteria)


@event.listens_for(Session, "before_flush")
def _stamp_and_guard(session, flush_context, instances) -> None:
    actor = bound_actor(session)
    tenant_id = session.info.get("tenant_id")
    adopted = tuple(_adopted)
    for row in list(session.deleted):
        if isinstance(row, (SoftDelete, *adopted)) and not session.info.get("purge"):
            session.add(row)
            mark_deleted(row)
    for row in session.new:
        if isinstance(row, (Tenanted, *adopted)) and row.tenant_id is None and tenant_id not in (None, EVERY_TENANT):
            row.tenant_id = tenant_id
        if isinstance(row, (Entity, *adopted)) and row.create_by is None and actor is not None:
            row.create_by = actor.user_id
    for row in [*session.new, *session.dirty]:
        if (
            isinstance(row, (Tenanted, *adopted))
            and tenant_id not in (None, EVERY_TENANT)
            and row.tenant_id != tenant_id
        ):
            raise PermissionError(f"{type(row).__name__} of another tenant")
    for row in session.dirty:
        if isinstance(row, (Entity, *adopted)) and changed(row):
            if actor is not None:
                row.update_by = actor.user_id
            if isinstance(row, Versioned) and row.version is not None and is_edited(row):
                row.version += 1


def is_edited(row: Entity) -> bool:
    """Whether an editor's copy is stale now; what the machine counts and notes makes none so."""
    return not changed(row).isdisjoint({*people_columns(type(row)), "deleted"})


def touched_columns(row) -> list[str]:
    """Which of the columns that people fill in, and whether it is deleted, were set since the row was read."""
    untouched = inspect(row).unmodified
    return [key for key in (*people_columns(type(row)), "deleted") if key not in untouched]


def changed(row) -> set[str]:
    """What of a row differs from what was read. Only what was touched is asked."""
    touched = inspect(row).committed_state
    return {key for key in touched if get_history(row, key, PASSIVE_NO_INITIALIZE).has_changes()}


@functools.cache
def people_columns(model: type) -> tuple[str, ...]:
    """The columns of a table that people fill in: neither the machine's own nor what it notes along the way."""
    unseen = {*MACHINE_COLUMNS, *getattr(model, "__bookkeeping__", ())}
    return tuple(attribute.key for attribute in inspect(model).column_attrs if attribute.key not in unseen)


def mark_deleted(row: SoftDelete) -> None:
    """Delete a row the way everything is deleted here."""
    row.deleted, row.delete_token = 1, row.id
    row.on_soft_delete()


def mark_restored(row: SoftDelete) -> None:
    """Take back `mark_deleted`; what the row gave back then, it must win anew."""
    row.deleted, row.delete_token = 0, 0
