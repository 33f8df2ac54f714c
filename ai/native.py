"""What libraries are told before they are loaded, and a lock that every kind of server honours."""

import _thread
import os

#: A mutual exclusion that holds between native threads whatever the server has patched. eventlet and
#: gevent replace threading.Lock and threading.RLock by locks between green threads, which do not work
#: between the native threads that run this package; the C type itself is left alone by both. Hold it
#: only around code that does not switch green threads.
NativeLock = _thread.RLock


def limit_threads() -> None:
    """Ask the native libraries loaded from now on for one OpenMP thread each.

    Callers get their parallelism from several native threads. OpenMP teams inside each of them would
    wait for one another at barriers, which on a busy machine costs ten times more than it gains. An
    operator who set OMP_NUM_THREADS is obeyed.
    """
    os.environ.setdefault("OMP_NUM_THREADS", "1")


def without_phrases() -> None:
    """Have pypinyin know characters only: its words of several characters would cost 20 MB that nobody asks for."""
    os.environ.setdefault("PYPINYIN_NO_PHRASES", "true")
