"""The machinery the other tests stand on: servers that keep what they must, and the guard around them."""

import signal
import socket
import subprocess
import sys

import httpx
import pymysql
import pytest
import redis

from tests import network, programs
from tests.servers import ROOT, AppProcess, MariaDB, Redis, ServerFailed, clean_environment

needs_mariadb = pytest.mark.skipif(not programs.has_mariadb(), reason="MariaDB is not installed")
needs_redis = pytest.mark.skipif(not programs.has_redis(), reason="Redis is not installed")


@needs_mariadb
def test_mariadb_keeps_committed_rows_when_it_is_killed(tmp_path):
    with MariaDB(tmp_path) as database:
        database.create_database("kept")
        with database.connect("kept") as connection, connection.cursor() as cursor:
            cursor.execute("CREATE TABLE note (text VARCHAR(20))")
            cursor.execute("INSERT INTO note VALUES ('你好 😀')")
        database.kill9()
        database.start()
        with database.connect("kept") as connection, connection.cursor() as cursor:
            cursor.execute("SELECT text FROM note")
            assert cursor.fetchall() == (("你好 😀",),)


@needs_mariadb
def test_mariadb_lets_nobody_in_without_the_password(tmp_path):
    with MariaDB(tmp_path) as database:
        for user in ("root", "", MariaDB.user):
            with pytest.raises(pymysql.OperationalError, match="Access denied"):
                pymysql.connect(host="127.0.0.1", port=database.port, user=user, password="")


@needs_redis
def test_redis_wants_its_password(tmp_path):
    with Redis(tmp_path) as server:
        assert redis.Redis.from_url(server.url).ping()
        with socket.create_connection(("127.0.0.1", server.port)) as stranger:
            stranger.sendall(b"PING\r\n")
            assert stranger.recv(100).startswith(b"-NOAUTH")


@needs_redis
def test_server_that_ended_by_itself_is_reported(tmp_path):
    server = Redis(tmp_path).start()
    server.process.send_signal(signal.SIGTERM)
    server.process.wait(timeout=10)
    with pytest.raises(ServerFailed, match="ended by itself with code 0"):
        server.stop()


def test_process_that_cannot_start_shows_the_end_of_its_log(tmp_path):
    process = AppProcess(tmp_path, {}, "no-such-command", ready="ready")
    with pytest.raises(ServerFailed, match="no-such-command"):
        process.start()
    assert process not in AppProcess.running


def test_database_of_the_person_who_runs_the_tests_stays_unknown(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "mysql+pymysql://real")
    assert "DATABASE_URL" not in clean_environment()
    assert clean_environment(DATABASE_URL="sqlite://")["DATABASE_URL"] == "sqlite://"


def reach(code: str, log) -> subprocess.CompletedProcess:
    """Run code under the guard, as servers are run."""
    (log.parent / "visitor.py").write_text(f"import socket\n{code}\n")
    return subprocess.run(
        [sys.executable, "-c", "import runpy; runpy.run_module('tests.network', run_name='__main__')", "visitor"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env=clean_environment(PYTHONPATH=str(log.parent), **{network.LOG_VARIABLE: str(log)}),
    )


@pytest.mark.parametrize(
    ("code", "destination"),
    [
        ("socket.create_connection(('192.0.2.1', 80))", "192.0.2.1 port 80"),
        ("socket.create_connection(('example.org', 80))", "example.org"),
        ("socket.socket(type=socket.SOCK_DGRAM).sendto(b'', ('192.0.2.1', 53))", "192.0.2.1 port 53"),
        ("socket.create_connection(('2001:db8::1', 80))", "2001:db8::1 port 80"),
    ],
)
def test_guarded_process_cannot_reach_another_machine(tmp_path, code, destination):
    log = tmp_path / "network.log"
    done = reach(code, log)
    assert "tests do not leave this machine" in done.stderr
    assert log.read_text().splitlines() == [destination]


def test_guarded_process_may_ask_for_a_name_that_never_exists(tmp_path):
    log = tmp_path / "network.log"
    done = reach("socket.create_connection(('nowhere.invalid', 80))", log)
    assert "tests do not leave this machine" in done.stderr
    assert not log.exists()


def test_tests_reach_servers_on_this_machine():
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"http://127.0.0.1:{server.getsockname()[1]}/"
        with pytest.raises(httpx.ReadTimeout):  # connected; nobody answers
            httpx.get(address, timeout=0.2)
