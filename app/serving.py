"""Serving: sockets, pages and, when there is no broker, jobs from one process; a clean end on SIGTERM."""

import logging
import signal
import sys
import time

from flask import Flask

from app.extensions import db, socketio
from app.jobs import jobs
from app.offload import background
from app.reactions import flush_marks
from views.sockets.connections import connections

logger = logging.getLogger(__name__)


def serve(app: Flask, host: str, port: int, started: float, *, timetable: bool) -> None:
    """Serve until SIGTERM or Ctrl-C."""
    _warm_up(app)
    background(connections.keep, app)
    if timetable:
        background(jobs.run_timetable)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    url = f"http://{'127.0.0.1' if host == '0.0.0.0' else host}:{port}"
    print(f"SmartSupport 已就绪 / ready: {url}  ({time.monotonic() - started:.1f} s)", flush=True)
    options = {"allow_unsafe_werkzeug": True} if app.smartsupport.SOCKETIO_ASYNC_MODE == "threading" else {"log_output": False}
    try:
        socketio.run(app, host=host, port=port, debug=False, use_reloader=False, **options)
    except (KeyboardInterrupt, SystemExit):
        pass
    finally:
        with app.app_context():
            flush_marks()
            db.engine.dispose()
        logger.info("stopped")


def _warm_up(app: Flask) -> None:
    """Load what the first visitor would otherwise wait for: templates, schema models, the model of the assistant."""
    background(_load_assistant, app)


def _load_assistant(app: Flask) -> None:
    from sqlalchemy import select

    from models.actor import system
    from models.base import bind
    from models.identity import Tenant
    from services.assistant import engine
    with app.app_context():
        for tenant_id in db.session.scalars(select(Tenant.id)).all():
            bind(db.session(), system(tenant_id))
            engine.index(tenant_id)
            jobs.send("assistant.embed", tenant_id=tenant_id)
