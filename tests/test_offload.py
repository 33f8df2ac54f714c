"""Work in native threads beside the event loop, on every kind of server (app/offload.py)."""

import subprocess
import sys

import pytest

from tests.servers import ROOT, clean_environment


@pytest.mark.parametrize("mode", ["eventlet", "gevent", "threading"])
def test_offloaded_work_and_the_event_loop_may_write_the_log_at_once(mode):
    """A thread that comes to a lock of the log while the loop holds it gets its turn, and so does all that follows."""
    code = f"""
from app.offload import background, give_way, offload, patch
patch({mode!r}, 2)
import logging, time

started, held, coming, said = [], [], [], []

class Slow(logging.Handler):
    def emit(self, record):
        said.append(record.getMessage())
        if said[-1] == "loop":
            held.append(True)
            while not coming:
                pass
            end = time.monotonic() + 0.2
            while time.monotonic() < end:  # without letting the loop go on; the thread comes to the lock meanwhile
                pass

def work():
    started.append(True)
    while not held:
        pass
    coming.append(True)
    logging.error("thread")

logging.getLogger().addHandler(Slow())
background(offload, work)
while not started:
    give_way()
logging.error("loop")
while "thread" not in said:
    give_way()
logging.error("after")
print(*said)
"""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        cwd=ROOT,
        env=clean_environment(),
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.stdout.split() == ["loop", "thread", "after"], done.stderr
