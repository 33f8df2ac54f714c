"""The product with a clock on its event loop: how long everybody had to wait for somebody.

python -m bench.watched FILE web --port N

Every wait of more than LEAST is a line of FILE: when it ended (seconds since 1970) and how long it was.
"""

import os
import sys

if __name__ == "__main__":
    from app.offload import patch

    patch("eventlet", int(os.environ.get("OFFLOAD_THREADS", "4")))

import time

import eventlet

from app.cli import cli

#: how often the clock looks, and the least wait that is worth a line, in seconds
TICK, LEAST = 0.002, 0.001


def watch(path: str) -> None:
    """Runs as long as the process."""
    with open(path, "a", buffering=1) as file:
        last = time.perf_counter()
        while True:
            eventlet.sleep(TICK)
            now = time.perf_counter()
            if now - last - TICK > LEAST:
                file.write(f"{time.time():.4f} {now - last - TICK:.5f}\n")
            last = now


if __name__ == "__main__":
    eventlet.spawn_n(watch, sys.argv[1])
    cli(sys.argv[2:], prog_name="manage.py")
