"""Alembic's entry: one history for SQLite and MariaDB, batch mode for SQLite."""

from alembic import context
from flask import current_app
from sqlalchemy import Engine, NullPool, String, create_engine
from sqlalchemy.dialects import mysql

from migrations import repeatable
from models.types import Code, Encrypted, Flag

database = current_app.extensions["migrate"].db


def render_item(kind: str, item, autogenerate):
    """Our column types as plain ones: a migration imports no model."""
    if kind == "type" and isinstance(item, Code | Flag):
        autogenerate.imports.add("from sqlalchemy.dialects import mysql")
        return "sa.SmallInteger().with_variant(mysql.TINYINT(), 'mysql', 'mariadb')"
    if kind == "type" and isinstance(item, Encrypted):
        return f"sa.String({item.impl.length})"
    return False


def compare_type(migration, inspected, column, found, wanted):
    """What only looks different: our decorated types, JSON on MariaDB."""
    if isinstance(wanted, Code | Flag):
        return False
    if isinstance(wanted, Encrypted):
        return not isinstance(found, String | mysql.VARCHAR)
    return None


def patient_engine() -> Engine:
    """Where the application soon gives up, a change of structure takes as long as its table is long."""
    engine = database.engine
    if engine.dialect.name == "sqlite":
        return engine
    return create_engine(engine.url, poolclass=NullPool, connect_args={"charset": "utf8mb4", "connect_timeout": 5})


def run() -> None:
    with patient_engine().connect() as connection:
        if connection.dialect.name != "sqlite":  # a change of structure may wait until everybody has finished
            connection.exec_driver_sql("SET SESSION lock_wait_timeout = 3600")
            connection.commit()
        context.configure(
            connection=connection,
            target_metadata=database.metadata,
            render_item=render_item,
            compare_type=compare_type,
            render_as_batch=True,
        )
        with context.begin_transaction():
            context.run_migrations()
        connection.commit()


repeatable.install()
run()
