"""What the machine notes along the way, of many rows in one statement.

To PyMySQL every UPDATE of an executemany is a journey of its own: fifty for a batch of messages, a quarter of its cost.
"""

from collections import defaultdict

from sqlalchemy import Dialect, inspect
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from models.base import Entity, bound_actor, changed
from models.types import utcnow

#: from so many rows of a table on
MANY = 4


def write(session: Session) -> None:
    """Inside a transaction, before its flush: store what has been noted of rows that are not changed otherwise.

    They must be locked, for they are written as they are here. Nothing happens on SQLite, where a statement is a
    function call, nor while somebody's name belongs to the change: then the flush writes row by row.
    """
    dialect = session.get_bind().dialect
    if dialect.name == "sqlite" or bound_actor(session) is not None:
        return
    noted: dict[type[Entity], list[tuple[Entity, set[str]]]] = defaultdict(list)
    for row in session.dirty:
        keys = changed(row)
        if keys and keys <= getattr(row, "__bookkeeping__", frozenset()):
            noted[type(row)].append((row, keys))
    for model, rows in noted.items():
        if len(rows) >= MANY and all(row.tenant_id == session.info["tenant_id"] for row, _ in rows):
            _write(session, model, sorted(set().union(*(keys for _, keys in rows))), [row for row, _ in rows])


def _write(session: Session, model: type[Entity], keys: list[str], rows: list[Entity]) -> None:
    dialect, now = session.get_bind().dialect, utcnow()
    for row in rows:
        row.update_time = now
    columns = [inspect(model).column_attrs[key].columns[0] for key in ("id", *keys, "update_time")]
    ready = [_to_driver(column, dialect) for column in columns]
    values = [
        make(getattr(row, key)) for row in rows for key, make in zip(("id", *keys, "update_time"), ready, strict=True)
    ]
    first = ", ".join(f"%s AS {column.name}" for column in columns)
    other = ", ".join("%s" for _ in columns)
    session.connection().exec_driver_sql(
        f"UPDATE {model.__tablename__} AS kept JOIN (SELECT {first}{f' UNION ALL SELECT {other}' * (len(rows) - 1)})"
        f" AS noted ON noted.id = kept.id SET "
        + ", ".join(f"kept.{column.name} = noted.{column.name}" for column in columns[1:]),
        tuple(values),
    )
    for row in rows:
        for key in (*keys, "update_time"):
            set_committed_value(row, key, getattr(row, key))


def _to_driver(column, dialect: Dialect):
    return column.type.dialect_impl(dialect).bind_processor(dialect) or (lambda value: value)
