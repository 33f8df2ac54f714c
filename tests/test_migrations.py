"""The database's history: up, down and up again with rows in it, on both engines, and equal to the models."""

import re
from collections.abc import Mapping

import sqlalchemy as sa
from alembic.config import Config as AlembicConfig
from alembic.script import ScriptDirectory

from config import Config
from tests.servers import ROOT, flask_db, run_cli


def counts(settings: Mapping[str, str]) -> dict[str, int]:
    """Rows per table."""
    engine = sa.create_engine(Config(settings).database_url)
    with engine.connect() as connection:
        tables = sa.inspect(connection).get_table_names()
        found = {table: connection.execute(sa.text(f"SELECT COUNT(*) FROM `{table}`")).scalar() for table in tables}
    engine.dispose()
    return found


def revisions() -> list[str]:
    """Newest first."""
    config = AlembicConfig()
    config.set_main_option("script_location", str(ROOT / "migrations"))
    return [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()]


def test_history_has_one_end():
    config = AlembicConfig()
    config.set_main_option("script_location", str(ROOT / "migrations"))
    assert len(ScriptDirectory.from_config(config).get_heads()) == 1


def test_filled_database_goes_down_and_up_again(own_settings):
    """Step by step to nothing and back; what a step does not concern keeps its rows, and the end fits the models."""
    settings = own_settings
    run_cli("migrate", settings=settings)
    run_cli("company", "second", "第二公司", "--host", "second.localhost", settings=settings)
    filled = counts(settings)
    run_cli("migrate", settings=settings)
    assert counts(settings) == filled, "migrating again changed something"
    assert filled["ab_user"] > 5 and filled["article"] > 10 and filled["operation_log"] > 10
    flask_db(settings, "check")
    for _ in revisions()[:-1]:  # each step back and forth, with all those rows in the tables
        flask_db(settings, "downgrade")  # one revision
        below = counts(settings)
        assert {table: below[table] for table in below if table in filled and table != "alembic_version"} == {
            table: filled[table] for table in below if table in filled and table != "alembic_version"
        }
    flask_db(settings, "upgrade")
    again = counts(settings)
    assert set(again) == set(filled) and again["ab_user"] == filled["ab_user"] and again["article"] == filled["article"]
    flask_db(settings, "downgrade", "base")
    assert set(counts(settings)) == {"alembic_version"} and counts(settings)["alembic_version"] == 0
    flask_db(settings, "upgrade")
    flask_db(settings, "check")
    run_cli("migrate", settings=settings)  # and an empty one is filled again
    assert counts(settings)["ab_user"] > 0


def test_migrations_import_no_model():
    """A migration describes the tables of its time; models go on."""
    for path in (ROOT / "migrations" / "versions").glob("*.py"):
        assert not re.search(
            r"^\s*(from|import) (models|services|app|views)\b", path.read_text(encoding="utf-8"), re.M
        ), path.name
