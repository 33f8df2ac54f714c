"""Engine settings: what makes SQLite and MariaDB durable and alike (SECURITY §E 25)."""

import fcntl
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import event, text
from sqlalchemy.engine import Engine

from app.offload import wait_aside
from config import Config

#: how long SQLite itself waits for others, in milliseconds
BUSY_MS = 5000


class _Connection(sqlite3.Connection):
    """A commit waits for the disk; the event loop serves others meanwhile."""

    _committed = 0

    def commit(self) -> None:
        if self.total_changes != self._committed:
            wait_aside(super().commit)
            self._committed = self.total_changes
        else:
            super().commit()


def engine_options(config: Config) -> dict:
    """Options for `create_engine`, per database."""
    if config.is_sqlite:
        # connections see new statistics (services.maintenance) only when they are made anew
        return {
            "connect_args": {"timeout": BUSY_MS / 1000, "check_same_thread": False, "factory": _Connection},
            "pool_recycle": 3600,
            "pool_timeout": 2,
        }
    return {
        "pool_size": config.DATABASE_POOL_SIZE,
        "max_overflow": 10,
        "pool_timeout": 2,
        "pool_recycle": 1800,
        "pool_pre_ping": True,
        "isolation_level": "READ COMMITTED",
        "connect_args": {
            "charset": "utf8mb4",
            "connect_timeout": 5,
            "read_timeout": 15,
            "write_timeout": 15,
            # whoever finds a row or a table locked is soon told to come again; by itself it would wait for a day
            "init_command": "SET SESSION innodb_lock_wait_timeout = 3, lock_wait_timeout = 3",
        },
    }


@contextmanager
def alone(engine: Engine, folder: Path) -> Iterator[None]:
    """One process at a time for this database; the others wait, however long it takes.

    By a lock of the server, which processes on other machines know too; SQLite has none, but a folder. Whoever dies
    inside loses it with his connection or file.
    """
    if engine.dialect.name == "sqlite":
        with open(folder / "prepare.lock", "w") as turn:
            fcntl.flock(turn, fcntl.LOCK_EX)
            yield
        return
    # nothing is read by this connection, so that it holds no table while structures change
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        name = {"name": f"smartsupport {engine.url.database}"[:64]}
        try:
            # shorter waits than the driver's patience with an answer, as many as it takes
            while not connection.execute(text("SELECT GET_LOCK(:name, 5)"), name).scalar():
                pass
            yield
        finally:
            connection.invalidate()  # closed instead of given back: the lock goes with it


@event.listens_for(Engine, "connect")
def _prepare(connection, record) -> None:
    if not isinstance(connection, sqlite3.Connection):
        return
    # the driver must not open transactions by itself: `_begin` does, and says which kind
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={BUSY_MS}"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


@event.listens_for(Engine, "begin")
def _begin(connection) -> None:
    if connection.dialect.name == "sqlite":
        kind = connection.get_execution_options().get("sqlite_begin", "DEFERRED")
        if kind != "IMMEDIATE":
            connection.exec_driver_sql(f"BEGIN {kind}")
            return
        # SQLite's own wait for another process would stop the event loop: `services.operation` waits itself
        driver = connection.connection.dbapi_connection
        driver.execute("PRAGMA busy_timeout=0")
        try:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        finally:
            driver.execute(f"PRAGMA busy_timeout={BUSY_MS}")
