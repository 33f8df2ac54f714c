"""`manage.py doctor`, as an operator runs it: it looks at everything, changes nothing and never gives up half-way."""

import subprocess
import sys

import pytest

from app.doctor.surroundings import digest_of_sources
from config import SETTINGS
from tests import programs
from tests.servers import ROOT, AppServer, Redis, clean_environment

SECTIONS = ("Settings", "Program", "Safety", "Database", "Redis and jobs", "Folders", "Assistant", "Network")


def doctor(settings: dict[str, str], *options: str, language: str = "C.UTF-8") -> tuple[int, str]:
    """Its exit code and report. Without a model unless a test asks for one: loading it is slow."""
    environment = clean_environment(**{"EMBEDDING_MODEL": "none", **settings})
    environment = {name: value for name, value in environment.items() if not name.startswith("LC_")} | {
        "LANG": language
    }
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "app.cli", "doctor", *options],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.stderr == ""
    return done.returncode, done.stdout


@pytest.fixture
def settings(tmp_path) -> dict[str, str]:
    return {"DATA_DIR": str(tmp_path / "data"), "KB_INDEX_DIR": str(tmp_path / "kb_index")}


def test_a_good_installation_passes(backend):
    code, report = doctor({**backend.settings, "EMBEDDING_MODEL": "default"})
    assert code == 0, report
    assert "Its structure is up to date" in report
    assert ("The database answers: SQLite" if backend.name == "sqlite" else "The database answers: MariaDB") in report
    assert "multilingual-e5-small-q4: loaded in" in report and "384 dimensions" in report


def test_durability_is_judged(backend):
    _, report = doctor(dict(backend.settings))
    if backend.name == "sqlite":
        assert "What it confirms survives a power cut." in report
    else:  # the tests' own server trades it for speed
        assert "innodb_flush_log_at_trx_commit=2" in report


@pytest.mark.skipif(not programs.has_redis(), reason="Redis is not installed")
def test_redis_and_missing_workers_are_told(settings, tmp_path):
    with Redis(tmp_path / "redis") as server:
        code, report = doctor({**settings, "REDIS_URL": server.url})
    assert code == 0
    assert "It may be emptied at any time" in report
    assert "The broker of jobs answers." in report
    assert "! No worker answers" in report


def test_secrets_stay_secret(settings):
    secrets = {
        "SECRET_KEY": "k" * 40,
        "ADMIN_PASSWORD": "hidden-1",
        "REDIS_URL": "redis://:hidden-2@127.0.0.1:1/0",
        "DATABASE_URL": "mysql+pymysql://somebody:hidden-3@127.0.0.1:1/db",
    }
    _, report = doctor({**settings, **secrets})
    assert "hidden" not in report and "k" * 40 not in report
    assert "somebody:******@127.0.0.1" in report


def shown_settings(report: str) -> dict[str, str]:
    lines = [line for line in report.splitlines() if line.startswith("    ")]
    return {line.split()[0]: line for line in lines if line.split()[0].isupper()}


def test_only_settings_that_were_set_are_shown(settings):
    _, report = doctor({**settings, "BROWSER_SESSION_HOURS": "8"})
    lines = shown_settings(report)
    assert set(lines) == {*settings, "EMBEDDING_MODEL", "BROWSER_SESSION_HOURS"}
    assert "8  (environment)" in lines["BROWSER_SESSION_HOURS"]
    assert f"{len(SETTINGS) - len(lines)} settings have their default; --all lists them." in report


def test_with_all_every_setting_is_shown_those_that_were_set_first(settings):
    _, report = doctor({**settings, "BROWSER_SESSION_HOURS": "8"}, "--all")
    lines = shown_settings(report)
    assert set(lines) == {setting.name for setting in SETTINGS}
    assert "7  (default)" in lines["REFRESH_TOKEN_DAYS"]
    origins = ["(environment)" in line for line in lines.values()]
    assert origins == sorted(origins, reverse=True)


def test_wrong_settings_are_all_named_and_the_rest_is_still_examined(settings):
    code, report = doctor(
        {**settings, "BCRYPT_ROUNDS": "twelve", "COOKIE_SECURE": "maybe", "SOCKETIO_ASYNC_MODE": "magic"}
    )
    assert code == 1
    assert "BCRYPT_ROUNDS must be a whole number, not 'twelve'" in report
    assert "COOKIE_SECURE must be true or false, not 'maybe'" in report
    assert "SOCKETIO_ASYNC_MODE must be eventlet, gevent or threading" in report
    assert [section for section in SECTIONS if f"\n{section}\n" not in report] == []


def test_a_fresh_folder_is_no_fault_and_stays_untouched(settings, tmp_path):
    code, report = doctor(settings)
    assert code == 0
    assert "There is no database yet" in report
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"DATABASE_URL": "mysql+pymysql://a:b@127.0.0.1:1/db"}, "The database cannot be used"),
        ({"DATABASE_URL": "nonsense"}, "The database cannot be used"),
        ({"REDIS_URL": "redis://127.0.0.1:1/0"}, "Redis cannot be reached"),
        ({"EMBEDDING_MODEL": "/no/such/folder"}, "The model /no/such/folder cannot be loaded"),
        ({"DATA_DIR": "/proc/nowhere"}, "/proc/nowhere cannot be written"),
    ],
)
def test_what_does_not_work_fails_the_examination(settings, wrong, sentence):
    code, report = doctor({**settings, **wrong})
    assert code == 1
    assert f"✗ {sentence}" in report


def test_what_only_production_asks_for_is_a_note_while_developing_and_fails_in_production(settings):
    code, report = doctor({**settings, "ENVIRONMENT": "development"})
    assert code == 0 and "· Before production: SECRET_KEY is not set" in report and "  ! " not in report
    code, report = doctor({**settings, "ENVIRONMENT": "production"})
    assert code == 1 and "✗ SECRET_KEY is not set" in report and "✗ TRUSTED_HOSTS is not set" in report


def test_the_last_line_counts_the_problems_and_says_the_exit_code(settings):
    code, report = doctor(settings)
    assert (code, report.splitlines()[-1]) == (0, "Everything works, no problem was found. Exit code 0.")
    code, report = doctor({**settings, "WECHAT_APP_ID": "wx"})
    assert code == 0 and report.splitlines()[-1].startswith("Everything needed works, 1 things deserve a look")
    code, report = doctor({**settings, "BCRYPT_ROUNDS": "twelve", "WECHAT_APP_ID": "wx"})
    assert code == 1 and report.splitlines()[-1] == "1 things do not work (✗), 1 deserve a look (!). Exit code 1."


def test_a_process_that_serves_this_data_is_noticed(tmp_path):
    settings = {
        "DATA_DIR": str(tmp_path / "data"),
        "KB_INDEX_DIR": str(tmp_path / "kb_index"),
        "EMBEDDING_MODEL": "none",
        "BCRYPT_ROUNDS": "4",
    }
    with AppServer(tmp_path / "server", settings):
        _, report = doctor(settings)
        assert "✓ SmartSupport is running on this data." in report
        _, other = doctor({**settings, "DATA_DIR": str(tmp_path / "other")})
    _, after = doctor(settings)
    assert "running on this data" not in other + after


def test_it_speaks_the_language_of_the_terminal(settings):
    _, report = doctor(settings, language="zh_CN.UTF-8")
    assert "未设置 SECRET_KEY" in report and "SECRET_KEY is not set" not in report


def test_the_number_of_the_sources_is_the_one_the_build_wrote():
    # whether the committed build is fresh is tested elsewhere; here, that both sides count alike
    assert (
        len(digest_of_sources(ROOT / "frontend"))
        == len((ROOT / "app/static/dist/sources.sha256").read_text().strip())
        == 64
    )


def test_ways_that_reach_nobody_are_told(settings):
    _, report = doctor({**settings, "SMS_SENDER": "log", "MAIL_SENDER": "log", "WECHAT_APP_ID": "wx"})
    assert "· SMS_SENDER is log: what is sent is only written to a file" in report
    assert "· MAIL_SENDER is log" in report
    assert "! Of WECHAT_APP_ID and WECHAT_APP_SECRET only one is set" in report
    _, report = doctor({**settings, "MAIL_SENDER": "log", "ENVIRONMENT": "production"})
    assert "! MAIL_SENDER is log, which in production sends nothing" in report
    _, report = doctor(settings)
    assert "_SENDER is log" not in report and "only one is set" not in report
