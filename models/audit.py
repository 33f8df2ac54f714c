"""操作日志: who did what, from where, before and after (ID-13). Written by one flush listener, never by hand."""

import datetime as dt
import json
from decimal import Decimal

from flask_appbuilder import Model
from sqlalchemy import Index, String, Text, event, inspect
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.actor import Actor, Scope
from models.base import Entity, bound_actor, people_columns, touched_columns
from models.types import Json

MASK = "***"
_ALWAYS_SECRET = frozenset({"password", "totp_secret", "token_hash", "refresh_hash", "code_hash", "secret"})


class AuditLog(Entity, Model):
    """One change of one row, or one act without a row (sign-in, export, refusal)."""

    __tablename__ = "operation_log"
    __audit__ = None
    __table_args__ = (
        Index("idx_operation_log_target", "tenant_id", "target_type", "target_id"),
        Index("idx_operation_log_user_id", "tenant_id", "user_id", "id"),
        Index("idx_operation_log_operation", "tenant_id", "operation", "id"),
        Index("idx_operation_log_listing", "tenant_id", "deleted", "id"),
        Index("idx_operation_log_create_time", "tenant_id", "deleted", "create_time"),
    )

    user_id: Mapped[int | None]
    #: kept as text: the log must stay readable after the account is gone
    user_name: Mapped[str] = mapped_column(String(128), default="")
    operation: Mapped[str] = mapped_column(String(64))
    target_type: Mapped[str] = mapped_column(String(64), default="")
    target_id: Mapped[int | None]
    #: what a person would call the row, as it was at the time
    target_name: Mapped[str] = mapped_column(String(255), default="")
    ip: Mapped[str] = mapped_column(String(64), default="")
    before: Mapped[dict | None] = mapped_column(Json)
    after: Mapped[dict | None] = mapped_column(Json)
    note: Mapped[str | None] = mapped_column(Text)

    @classmethod
    def visible_to(cls, actor: Actor):
        condition = super().visible_to(actor)
        return condition if actor.scope("operation_log") is Scope.all else cls.user_id == actor.user_id

    def __repr__(self) -> str:
        return f"{self.operation} {self.target_name}"


def record(
    session: Session,
    operation: str,
    *,
    target: object | None = None,
    note: str | None = None,
    actor: Actor | None = None,
    before: dict | None = None,
    after: dict | None = None,
) -> None:
    """Write down an act that changes no row of its own: a sign-in, an export, a refusal."""
    actor = actor or bound_actor(session)
    session.add(
        AuditLog(
            **_who(actor),
            operation=operation,
            note=note,
            before=before,
            after=after,
            tenant_id=actor.tenant_id if actor else session.info.get("tenant_id"),
            **(_what(target) if target is not None else {}),
        )
    )


def changed_beside(session: Session, row, before: dict, after: dict) -> None:
    """Values of `row` that stand in another table: they join the line of its own columns at the next flush."""
    session.info.setdefault("audit_pending", []).append((row, "update", before, after))


def _who(actor: Actor | None) -> dict:
    if actor is None:
        return {"user_name": "system"}
    return {"user_id": actor.user_id, "user_name": actor.name[:128], "ip": actor.ip}


def _what(row) -> dict:
    return {"target_type": row.__tablename__, "target_id": row.id, "target_name": str(row)[:255]}


@event.listens_for(Session, "before_flush")
def _remember_changes(session, flush_context, instances) -> None:
    """Collect before and after while SQLAlchemy still knows both; new rows have no id yet, so write later."""
    pending = session.info.setdefault("audit_pending", [])
    for row in session.dirty:
        if _audited(row):
            before, after = _difference(row)
            if after:
                pending.append((row, "delete" if row.deleted and "deleted" in after else "update", before, after))
    for row in session.new:
        if _audited(row):
            pending.append((row, "create", None, None))


@event.listens_for(Session, "after_flush")
def _write_changes(session, flush_context) -> None:
    pending = session.info.pop("audit_pending", [])
    if not pending:
        return
    actor = bound_actor(session)
    operation = session.info.get("operation")
    rows = []
    for row, verb, before, after in _line_per_row(pending):
        if verb == "create":
            after = {
                key: _plain(row, key, getattr(row, key))
                for key in people_columns(type(row))
                if getattr(row, key) is not None
            } | (after or {})
        rows.append(
            {
                **_who(actor),
                **_what(row),
                "operation": operation or f"{row.__tablename__}.{verb}",
                "before": before,
                "after": after,
                "tenant_id": row.tenant_id,
                "create_by": actor.user_id if actor else None,
            }
        )
    # a Core insert: adding objects to the session inside a flush is not allowed
    session.execute(AuditLog.__table__.insert(), rows)


def _line_per_row(pending: list[tuple]) -> list[tuple]:
    """What happened to the same row in this flush is one line; a row that is new has no before."""
    lines: dict[int, tuple] = {}
    for row, verb, before, after in pending:
        _, known_verb, known_before, known_after = lines.get(id(row), (row, verb, None, None))
        is_new = "create" in (verb, known_verb)
        lines[id(row)] = (
            row,
            "create" if is_new else known_verb,
            None if is_new else {**(known_before or {}), **(before or {})},
            {**(known_after or {}), **(after or {})},
        )
    return list(lines.values())


def _audited(row) -> bool:
    return getattr(row, "__audit__", None) is not None


def _difference(row) -> tuple[dict, dict]:
    before, after = {}, {}
    state = inspect(row)
    for key in touched_columns(row):
        history = state.attrs[key].history
        if history.has_changes() and history.deleted != history.added:
            old, new = (values[0] if values else None for values in (history.deleted, history.added))
            if _is_nothing(old) and _is_nothing(new):
                continue  # an emptied form says [] or "" where the row had NULL: nobody has changed anything
            before[key], after[key] = _plain(row, key, old), _plain(row, key, new)
    return before, after


def _is_nothing(value) -> bool:
    return value is None or value in ("", [], {})


def _plain(row, key: str, value):
    if value is not None and (key in _ALWAYS_SECRET or key in getattr(row, "__secret__", ())):
        return MASK
    if isinstance(value, dt.datetime | dt.date):
        return value.isoformat()
    if isinstance(value, Decimal | bytes):
        return str(value)
    if isinstance(value, str) and len(value) > 2000:
        return value[:2000] + "…"
    if isinstance(value, list | dict):
        return json.loads(json.dumps(value, default=str))
    return value
