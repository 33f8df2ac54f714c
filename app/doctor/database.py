"""The database: can it be reached, does it keep what it confirms, has it the present structure?"""

from collections.abc import Iterator

from alembic.config import Config as AlembicConfig
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from app.database import engine_options
from app.doctor.finding import Finding, failure, note, ok, warning
from app.terminal import gettext
from config import ROOT, Config

#: what MariaDB must answer so that a committed change survives a power cut
DURABLE = {
    "innodb_flush_log_at_trx_commit": "1",
    "default_storage_engine": "InnoDB",
    "character_set_database": "utf8mb4",
}
_POOL_OPTIONS = ("pool_size", "max_overflow", "pool_timeout", "pool_recycle", "pool_pre_ping")


def check_database(config: Config) -> Iterator[Finding]:
    """Connect as the program does, and look."""
    if config.is_sqlite and not config.DATABASE_URL and not (config.data_dir / "smartsupport.db").exists():
        yield note(gettext("There is no database yet in %(folder)s; the first start makes it.", folder=config.data_dir))
        return
    options = {name: value for name, value in engine_options(config).items() if name not in _POOL_OPTIONS}
    try:
        engine = create_engine(config.database_url, poolclass=NullPool, **options)
        with engine.connect() as connection:
            yield ok(
                gettext(
                    "The database answers: %(name)s %(version)s",
                    name=_product(connection),
                    version=".".join(map(str, connection.dialect.server_version_info or ())),
                )
            )
            yield from _check_durability(connection)
            yield from _check_structure(connection)
    except (SQLAlchemyError, ImportError) as error:
        reason = str(getattr(error, "orig", None) or error)
        yield failure(gettext("The database cannot be used: %(reason)s", reason=reason))


def _product(connection: Connection) -> str:
    if connection.dialect.name == "sqlite":
        return "SQLite"
    return "MariaDB" if getattr(connection.dialect, "is_mariadb", False) else "MySQL"


def _check_durability(connection: Connection) -> Iterator[Finding]:
    if connection.dialect.name == "sqlite":
        found = {name: str(connection.scalar(text(f"PRAGMA {name}"))) for name in ("journal_mode", "synchronous")}
        wrong = [
            f"{name}={found[name]}"
            for name, wanted in (("journal_mode", "wal"), ("synchronous", "2"))
            if found[name] != wanted
        ]
    else:
        wanted = dict(DURABLE)
        found = dict(
            connection.execute(
                text("SHOW VARIABLES WHERE Variable_name IN :names").bindparams(
                    names=(*wanted, "log_bin", "sync_binlog")
                )
            )
            .tuples()
            .all()
        )
        if found.get("log_bin") == "ON":
            wanted["sync_binlog"] = "1"
        wrong = [f"{name}={found.get(name)}" for name in wanted if found.get(name) != wanted[name]]
    if wrong:
        yield warning(
            gettext(
                "A power cut may lose confirmed changes, or texts may be damaged: %(settings)s",
                settings=", ".join(wrong),
            )
        )
    else:
        yield ok(gettext("What it confirms survives a power cut."))


def _check_structure(connection: Connection) -> Iterator[Finding]:
    settings = AlembicConfig()
    settings.set_main_option("script_location", str(ROOT / "migrations"))
    scripts = ScriptDirectory.from_config(settings)
    newest, present = scripts.get_current_head(), MigrationContext.configure(connection).get_current_revision()
    if present == newest:
        yield ok(gettext("Its structure is up to date (%(revision)s).", revision=present))
    elif present is None:
        yield note(gettext("It is empty; `manage.py run` or `manage.py migrate` fills it."))
    else:
        try:
            scripts.get_revision(present)
        except CommandError:
            yield failure(
                gettext("Its structure (%(revision)s) belongs to a newer program than this one.", revision=present)
            )
        else:
            yield warning(
                gettext(
                    "Its structure (%(revision)s) is older than the program; `manage.py migrate` brings it up to date.",
                    revision=present,
                )
            )
