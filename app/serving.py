"""Serving: sockets, pages and, when there is no broker, jobs from one process; a clean end on SIGTERM."""

import gc
import logging
import os
import signal
import socket
import sys
import time

from flask import Flask

from app.delivery import flush_marks
from app.extensions import db
from app.jobs import TURN, jobs
from app.offload import background
from services import index_status
from views.sockets.connections import connections

logger = logging.getLogger(__name__)

#: New objects before the young ones are looked through for garbage, and how many times that happens before the middle
#: and before the old ones are, too. Each socket keeps a thousand objects: with Python's own numbers the old ones of a
#: thousand sockets are looked through every few seconds, for 150 ms in which nobody is answered.
COLLECT_AFTER = (10_000, 20, 1_000)
#: How long a native thread that works in Python (a question being answered) may keep the interpreter from the event
#: loop, each time that wakes up. With Python's own 5 ms every message beside a question waited 6 ms more at each turn
#: of its way; now 1 ms.
TURN_SECONDS = 0.0005


def serve(app: Flask, host: str, port: int, started: float, *, timetable: bool) -> None:
    """Serve until SIGTERM or Ctrl-C."""
    _warm_up(app)
    background(connections.keep, app)
    background(index_status.keep, app)
    if timetable:
        background(jobs.run_timetable, app.smartsupport.data_dir / TURN)
    _end_on_sigterm()
    gc.set_threshold(*COLLECT_AFTER)
    sys.setswitchinterval(TURN_SECONDS)
    url = f"http://{'127.0.0.1' if host == '0.0.0.0' else host}:{port}"
    print(f"SmartSupport 已就绪 / ready: {url}  ({time.monotonic() - started:.1f} s)", flush=True)
    try:
        _SERVERS[app.smartsupport.SOCKETIO_ASYNC_MODE](app, _listener(host, port))
    except (KeyboardInterrupt, SystemExit):
        pass
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        with app.app_context():
            flush_marks()
            db.engine.dispose()
        logger.info("stopped")
        _end_anyway()


def _end_on_sigterm() -> None:
    """SIGTERM ends the main loop by an exception. Python drops one that is raised in a callback of its own (a weak
    reference, a finaliser), so the handler rings again until the loop has ended."""

    def end(*_) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        sys.exit(0)

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGALRM, end)


def _end_anyway(seconds: float = 5.0) -> None:
    """All is written. If a thread of some library keeps the interpreter from ending, it ends without it."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGALRM, lambda *_: os._exit(0))
    signal.setitimer(signal.ITIMER_REAL, seconds)


def _listener(host: str, port: int) -> socket.socket:
    """The listening socket. An acknowledgement and an event are two small packets: without TCP_NODELAY (which accepted
    sockets inherit) the second would wait 40 ms for the first to be confirmed."""
    listener = socket.create_server(
        (host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET, backlog=1024
    )
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def _serve_eventlet(app: Flask, listener: socket.socket) -> None:
    import eventlet.wsgi

    eventlet.wsgi.server(listener, app, log_output=False, max_size=20_000, keepalive=75, debug=False)


def _serve_gevent(app: Flask, listener: socket.socket) -> None:
    from gevent.pywsgi import WSGIServer

    WSGIServer(listener, app, log=None).serve_forever()


def _serve_threading(app: Flask, listener: socket.socket) -> None:
    from werkzeug.serving import WSGIRequestHandler, make_server

    host, port = listener.getsockname()[:2]
    quiet = type("QuietHandler", (WSGIRequestHandler,), {"log_request": lambda *args, **kwargs: None})
    make_server(host, port, app, threaded=True, request_handler=quiet, fd=listener.fileno()).serve_forever()


#: each async server of SOCKETIO_ASYNC_MODE; only the chosen one is imported
_SERVERS = {"eventlet": _serve_eventlet, "gevent": _serve_gevent, "threading": _serve_threading}


def _warm_up(app: Flask) -> None:
    """Load what the first visitor would otherwise wait for: templates, schema models, the model of the assistant."""
    background(_load_assistant, app)


def _load_assistant(app: Flask) -> None:
    from sqlalchemy import select

    from app import aside
    from models.actor import system
    from models.base import bind
    from models.identity import Tenant
    from services.knowledge_index import engine

    engine.serve_with(aside.build)
    with app.app_context():
        for tenant_id in db.session.scalars(select(Tenant.id)).all():
            bind(db.session(), system(tenant_id))
            engine.index(tenant_id)
            jobs.send("assistant.embed", tenant_id=tenant_id)
