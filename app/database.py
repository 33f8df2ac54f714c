"""Engine settings: what makes SQLite and MariaDB durable and alike (SECURITY §E 25)."""

import sqlite3

from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.pool import NullPool

from config import Config


def engine_options(config: Config) -> dict:
    """Options for `create_engine`, per database."""
    if config.is_sqlite:
        # connections see new statistics (services.maintenance) only when they are made anew
        return {"connect_args": {"timeout": 5, "check_same_thread": False}, "pool_recycle": 3600}
    return {
        "pool_size": config.DATABASE_POOL_SIZE,
        "max_overflow": 10,
        "pool_timeout": 3,
        "pool_recycle": 1800,
        "pool_pre_ping": True,
        "isolation_level": "READ COMMITTED",
        "connect_args": {"charset": "utf8mb4", "connect_timeout": 5, "read_timeout": 15, "write_timeout": 15},
    }


def offline_options(config: Config) -> dict:
    """For commands that open and leave at once."""
    return {"poolclass": NullPool} if config.is_sqlite else {}


@event.listens_for(Engine, "connect")
def _prepare(connection, record) -> None:
    if not isinstance(connection, sqlite3.Connection):
        return
    # the driver must not open transactions by itself: `_begin` does, and says which kind
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=5000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


@event.listens_for(Engine, "begin")
def _begin(connection) -> None:
    if connection.dialect.name == "sqlite":
        kind = connection.get_execution_options().get("sqlite_begin", "DEFERRED")
        connection.exec_driver_sql(f"BEGIN {kind}")
