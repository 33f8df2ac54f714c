"""The one module that knows which async server runs: CPU work goes to native threads, never onto the event loop."""

import contextlib
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

#: threads beyond those of OFFLOAD_THREADS, for what only waits
SPARE_THREADS = 2

P = ParamSpec("P")
T = TypeVar("T")

_slots = contextlib.nullcontext()


def offload(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run `function` in a native thread and wait without blocking the event loop.

    The function must not touch the database session or anything else bound to the calling greenlet. When as many as
    OFFLOAD_THREADS are under way, it waits for its turn.
    """
    with _slots:
        return wait_aside(function, *args, **kwargs)


def wait_aside(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """The same for what waits rather than computes, such as for the disk: there is always a thread left for it."""
    if _patched("eventlet"):
        from eventlet import tpool

        return tpool.execute(function, *args, **kwargs)
    if _patched("gevent"):
        from gevent import get_hub

        # gevent prints every exception of its threads, also those that the caller expects
        result, error = get_hub().threadpool.apply(_outcome, (function, args, kwargs))
        if error is not None:
            raise error
        return result
    return function(*args, **kwargs)


def _outcome(function: Callable, args: tuple, kwargs: dict) -> tuple:
    try:
        return function(*args, **kwargs), None
    except Exception as error:
        return None, error


def _patched(name: str) -> bool:
    if name == "eventlet" and "eventlet" in sys.modules:
        from eventlet import patcher

        return bool(patcher.is_monkey_patched("socket"))
    if name == "gevent" and "gevent" in sys.modules:
        from gevent import monkey

        return monkey.is_module_patched("socket")
    return False


def give_way() -> None:
    """Let others run in the midst of long work: queries on SQLite never wait, so nobody else would get a turn."""
    time.sleep(0)


def background(function: Callable, *args) -> None:
    """Start `function` beside the caller; in threading mode in a daemon thread."""
    if _patched("eventlet"):
        import eventlet

        eventlet.spawn_n(function, *args)
    elif _patched("gevent"):
        import gevent

        gevent.spawn(function, *args)
    else:
        import threading

        threading.Thread(target=function, args=args, daemon=True).start()


def at_once(*functions: Callable[[], T]) -> list[T]:
    """What these answer, in order. Where waiting gives way they wait together, elsewhere one after another.

    Every one has come to its end before the first error of any is raised.
    """
    if _patched("eventlet"):
        import eventlet

        others = [eventlet.spawn(_outcome, one, (), {}) for one in functions[1:]]
        outcomes = [_outcome(functions[0], (), {}), *(one.wait() for one in others)]
    elif _patched("gevent"):
        import gevent

        others = [gevent.spawn(_outcome, one, (), {}) for one in functions[1:]]
        outcomes = [_outcome(functions[0], (), {}), *(one.get() for one in others)]
    else:
        outcomes = [(one(), None) for one in functions]
    for _, error in outcomes:
        if error is not None:
            raise error
    return [result for result, _ in outcomes]


def native_pool(workers: int) -> ThreadPoolExecutor:
    """A pool of threads for commands that run without an event loop (imports, index builds)."""
    return ThreadPoolExecutor(max_workers=workers)


def patch(mode: str, threads: int) -> None:
    """Monkey-patch for the serving entry; its very first act. Everything else runs unpatched."""
    global _slots
    import os

    if mode == "eventlet":
        os.environ["EVENTLET_THREADPOOL_SIZE"] = str(threads + SPARE_THREADS)
        import warnings

        with warnings.catch_warnings():
            # it says at every start that it is in maintenance; our decision record says why we know
            warnings.simplefilter("ignore")
            import eventlet
        eventlet.monkey_patch()
        _keep_the_log_native()
    elif mode == "gevent":
        from gevent import config, monkey

        config.threadpool_size = threads + SPARE_THREADS
        monkey.patch_all()
    if mode != "threading":
        import threading

        _slots = threading.BoundedSemaphore(threads)


def _keep_the_log_native() -> None:
    """Locks of `logging` that hold between native threads, too: offloaded work and its libraries write the log.

    A native thread that waits for one of eventlet's locks is never woken, and with it nobody who comes later: the
    process would stand still. What is done under these locks never switches green threads.
    """
    import _thread
    import logging

    def create_lock(handler: logging.Handler) -> None:
        handler.lock = _thread.RLock()  # the C type, which eventlet leaves alone

    logging._lock = _thread.RLock()
    logging.Handler.createLock = create_lock
    logging.lastResort.createLock()
