"""Several reads of one request at the same time, so that who asks waits for the longest and not for all of them."""

from collections.abc import Callable
from functools import partial

from flask import Flask, current_app

from app.extensions import db
from app.offload import at_once
from models.actor import Actor
from models.base import bind


def read_side_by_side(actor: Actor, *reads: Callable[[], None]) -> None:
    """Run these, each but the first on a connection of its own, on behalf of the actor.

    They must not write, nor hand rows to one another: each has a session of its own. One after another where the
    database computes in this process (SQLite), or where so many connections are at work that others may need the rest.
    """
    if not _are_connections_free(len(reads) - 1):
        for read in reads:
            read()
        return
    app = current_app._get_current_object()
    first, *others = reads
    at_once(first, *(partial(_apart, app, actor, read) for read in others))


def _are_connections_free(wanted: int) -> bool:
    """Of those that are kept open; what goes beyond them is for who has none yet."""
    engine = db.engine
    return engine.dialect.name != "sqlite" and engine.pool.checkedout() + wanted <= engine.pool.size()


def _apart(app: Flask, actor: Actor, read: Callable[[], None]) -> None:
    with app.app_context():
        bind(db.session(), actor)
        read()
