"""Waiting for what happens in another process, no longer than it takes; and moments that have already passed."""

import datetime as dt
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def eventually(look: Callable[[], T], timeout: float = 10.0) -> T:
    """What `look` returns as soon as it is something. Fails when it is nothing after `timeout`."""
    deadline = time.monotonic() + timeout
    while True:
        found = look()
        if found:
            return found
        assert time.monotonic() < deadline, f"still {found!r} after {timeout} s"
        time.sleep(0.02)


def ago(seconds: int) -> str:
    """A moment of the past, as both databases take it."""
    return (dt.datetime.now(dt.UTC) - dt.timedelta(seconds=seconds)).strftime("%Y-%m-%d %H:%M:%S")
