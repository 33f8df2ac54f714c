"""The database's history: up, down and up again with rows in it, on both engines, and equal to the models."""

import json
import re
import subprocess
import sys
from collections.abc import Mapping

import sqlalchemy as sa
from alembic.config import Config as AlembicConfig
from alembic.script import ScriptDirectory

from config import Config
from tests.servers import ROOT, clean_environment, flask_db, run_cli, run_module
from tests.stepping import counts


def walk(settings: Mapping[str, str], *steps: str) -> list[dict[str, int]]:
    """Take these steps through the history; rows per table after each. Fails the test when one does."""
    return json.loads(run_module("tests.stepping", *steps, settings=settings, seconds=300).splitlines()[-1])


def rows(settings: Mapping[str, str]) -> dict[str, int]:
    engine = sa.create_engine(Config(settings).database_url)
    found = counts(engine)
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
    filled = rows(settings)
    run_cli("migrate", settings=settings)
    assert rows(settings) == filled, "migrating again changed something"
    assert filled["ab_user"] > 5 and filled["article"] > 10 and filled["operation_log"] > 10
    flask_db(settings, "check")
    down = ["down"] * (len(revisions()) - 1)  # each step, with all those rows in the tables
    *below, again, nothing, _, _ = walk(settings, *down, "up", "base", "up", "check")
    for number, found in enumerate(below, start=1):
        kept = (found.keys() & filled.keys()) - {"alembic_version"}
        assert {table: found[table] for table in kept} == {table: filled[table] for table in kept}, f"step {number}"
    assert set(again) == set(filled) and again["ab_user"] == filled["ab_user"] and again["article"] == filled["article"]
    assert nothing == {"alembic_version": 0}
    run_cli("migrate", settings=settings)  # and an empty one is filled again
    assert rows(settings)["ab_user"] > 0


def test_upgrade_that_was_killed_is_finished_by_the_next(own_settings):
    """F33: from an old release, killed at several statements; in the end nothing is missing or there twice."""
    settings = own_settings
    run_cli("migrate", settings=settings)
    down = ["down"] * (len(revisions()) - 6)
    *_, whole, _ = walk(settings, *down, "up", "check")
    walk(settings, *down)
    for number in (4, 19, 41):
        killed = subprocess.run(
            [sys.executable, "-W", "ignore", "-m", "tests.stepping", f"up:{number}"],
            cwd=ROOT,
            env=clean_environment(**settings),
            capture_output=True,
            timeout=300,
        )
        assert killed.returncode == 9, killed.stderr.decode()[-2000:]
    again, _ = walk(settings, "up", "check")
    assert again == whole


def test_migrations_import_no_model():
    """A migration describes the tables of its time; models go on."""
    for path in (ROOT / "migrations" / "versions").glob("*.py"):
        assert not re.search(
            r"^\s*(from|import) (models|services|app|views)\b", path.read_text(encoding="utf-8"), re.M
        ), path.name
