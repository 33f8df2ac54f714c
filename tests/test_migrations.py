"""The database's history: up, down and up again with rows in it, on both engines, and equal to the models."""

import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.config import Config as AlembicConfig
from alembic.script import ScriptDirectory

from config import Config
from tests.servers import ROOT, clean_environment, run_cli


@pytest.fixture
def settings(backend, tmp_path: Path) -> Mapping[str, str]:
    """A database of the test's own beside the others' one."""
    own = {**backend.settings, "DATA_DIR": str(tmp_path / "data")}
    if backend.name == "mariadb":
        name = f"migrations_{re.sub(r'[^a-z0-9]', '_', tmp_path.name.lower())}"[:60]
        engine = sa.create_engine(backend.database_url)
        with engine.begin() as connection:
            connection.execute(sa.text(f"CREATE DATABASE `{name}` CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci"))
        engine.dispose()
        own["DATABASE_URL"] = str(backend.settings["DATABASE_URL"]).replace("/smartsupport?", f"/{name}?")
    return own


def flask_db(settings: Mapping[str, str], *arguments: str) -> str:
    """One of Flask-Migrate's commands; fails the test when it does."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "flask", "--app", "app.wsgi", "db", *arguments],
        cwd=ROOT,
        env=clean_environment(**settings),
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert done.returncode == 0, f"flask db {' '.join(arguments)}: {done.stdout[-2000:]}{done.stderr[-4000:]}"
    return done.stdout + done.stderr


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


def test_filled_database_goes_down_and_up_again(settings):
    """Step by step to nothing and back; what a step does not concern keeps its rows, and the end fits the models."""
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
