"""What stands beside the process: Redis, workers, the port."""

import fcntl
import json
import socket
import urllib.error
import urllib.request
from collections.abc import Iterator

import redis
from kombu.exceptions import OperationalError as BrokerError

from app.doctor.finding import Finding, failure, note, ok, warning
from app.jobs import TURN
from app.terminal import gettext
from celery_app import celery_app, configure
from config import Config

HOST, PORT = "127.0.0.1", 5000
#: seconds to wait for an answer
PATIENCE = 2


def check_running(config: Config) -> Iterator[Finding]:
    """Whether a process serves this data just now: the one that runs the timetable holds a file."""
    try:
        file = (config.data_dir / TURN).open()
    except FileNotFoundError:
        return
    except OSError as error:
        yield warning(gettext("%(file)s cannot be read: %(reason)s", file=error.filename, reason=error.strerror))
        return
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)  # given back when the file is closed
        except BlockingIOError:
            yield ok(gettext("SmartSupport is running on this data."))


def check_redis(config: Config) -> Iterator[Finding]:
    """Redis joins processes; it holds nothing that would be missed."""
    if not config.REDIS_URL:
        yield note(gettext("No Redis is configured: one process serves everybody."))
        return
    try:
        with redis.Redis.from_url(config.REDIS_URL, socket_connect_timeout=PATIENCE, socket_timeout=PATIENCE) as server:
            version = server.info("server")["redis_version"]
    except (redis.RedisError, ValueError, OSError) as error:
        yield failure(gettext("Redis cannot be reached: %(reason)s", reason=error))
        return
    yield ok(
        gettext(
            "Redis %(version)s answers. It may be emptied at any time: the database holds the truth.", version=version
        )
    )


def check_jobs(config: Config) -> Iterator[Finding]:
    """Where jobs run, and whether somebody is there to do them."""
    if not config.broker_url:
        yield note(gettext("No broker is configured: jobs and the timetable run inside `manage.py run`."))
        return
    configure(config.broker_url)
    try:
        with celery_app.connection_for_write(connect_timeout=PATIENCE) as connection:
            connection.ensure_connection(max_retries=1, interval_start=0, timeout=PATIENCE)
        answers = celery_app.control.ping(timeout=PATIENCE)
    except (BrokerError, OSError) as error:
        yield failure(gettext("The broker of jobs cannot be reached: %(reason)s", reason=error))
        return
    yield ok(gettext("The broker of jobs answers."))
    if answers:
        yield ok(gettext("Workers that answer: %(count)s", count=len(answers)))
    else:
        yield warning(gettext("No worker answers: jobs wait until one is started with `manage.py worker`."))


def check_port(config: Config) -> Iterator[Finding]:
    """Whether `run` can listen where it does by default."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, PORT))
        except OSError as error:
            reason = error
        else:
            yield ok(gettext("Port %(port)s is free.", port=PORT))
            return
    if _is_ours():
        yield ok(gettext("SmartSupport is running on port %(port)s.", port=PORT))
    else:
        yield warning(
            gettext(
                "Port %(port)s cannot be used (%(reason)s): start with --port and another number.",
                port=PORT,
                reason=reason.strerror,
            )
        )


def _is_ours() -> bool:
    """Whether the program on the port answers in our envelope."""
    try:
        with urllib.request.urlopen(f"http://{HOST}:{PORT}/api/v1/session", timeout=PATIENCE) as answer:
            data = json.load(answer)
    except (urllib.error.URLError, OSError, ValueError):
        return False
    return isinstance(data, dict) and {"code", "message", "data", "timestamp"} <= data.keys()
