"""Work in native threads beside the event loop, on every kind of server (app/offload.py)."""

import subprocess
import sys

import pytest

from tests.servers import ROOT, clean_environment


def in_process(code: str, *, seconds: int) -> subprocess.CompletedProcess[str]:
    """Run Python in a process of its own, which may patch itself for a kind of server."""
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        cwd=ROOT,
        env=clean_environment(),
        capture_output=True,
        text=True,
        timeout=seconds,
    )


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
    done = in_process(code, seconds=30)
    assert done.stdout.split() == ["loop", "thread", "after"], done.stderr


@pytest.mark.parametrize("mode", ["eventlet", "gevent", "threading"])
def test_who_writes_a_thousand_times_lets_the_others_in(mode):
    """On SQLite there is one writer at a time: a job that writes row after row does not make everybody else wait."""
    code = f"""
from app.offload import background, give_way, offload, patch
patch({mode!r}, 2)
import time
from services.gate import Gate

gate, done, others = Gate(), [], []

def job():
    for number in range(1000):
        assert gate.acquire(5) and gate.acquire(5)
        offload(time.sleep, 0.002)
        gate.release()
        gate.release()
        done.append(number)

def other():
    assert gate.acquire(5)
    others.append(len(done))
    gate.release()

background(job)
while not done:
    give_way()
for _ in range(3):
    background(other)
assert not (gate.acquire(0) and done.append("wrong"))
while len(others) < 3 or len(done) < 1000:
    time.sleep(0.01)
assert gate.acquire(0)
print(max(others) < 900)
"""
    told = in_process(code, seconds=60)
    assert told.stdout.strip() == "True", told.stdout + told.stderr


@pytest.mark.parametrize("mode", ["eventlet", "gevent", "threading"])
def test_what_waits_at_once_waits_together_and_answers_in_order(mode):
    """Each goes on when another waits, where waiting gives way; an error is told when all have come to their end."""
    code = f"""
from app.offload import at_once, patch
patch({mode!r}, 2)
import time

began, ended = [], []

def wait(name, error=None):
    began.append(name)
    time.sleep(0.01)
    ended.append(name)
    if error:
        raise error
    return name

together = {mode!r} != "threading"
print(at_once(lambda: wait("a"), lambda: wait("b"), lambda: wait("c")))
assert began == ["a", "b", "c"] and sorted(ended) == began
try:
    at_once(lambda: wait("d", ValueError("first")), lambda: wait("e", KeyError("second")))
except ValueError as error:
    print(error, "e" in ended or not together)
first = []
at_once(lambda: (first.append(1), time.sleep(0.01), first.append(2)), lambda: first.append(3))
print(first == ([1, 3, 2] if together else [1, 2, 3]))
"""
    told = in_process(code, seconds=30)
    assert told.stdout.splitlines() == ["['a', 'b', 'c']", "first True", "True"], told.stdout + told.stderr
