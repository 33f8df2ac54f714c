"""A lock that many want, and some again and again."""

import threading

from app.offload import give_way


class Gate:
    """A mutual exclusion that its holder may enter again.

    An ordinary lock goes to whoever asks first after it was released: with green threads that is a loop that has just
    released it, a thousand times over, while all others wait. A lock that always goes to the next in turn stands idle
    until that one runs. Here it is free for all, but who has just held it lets those who wait go first.
    """

    def __init__(self):
        self._lock = threading.RLock()
        self._waiting: set[int] = set()
        self._last: int | None = None

    def acquire(self, timeout: float) -> bool:
        """Whether it was got within so many seconds."""
        me = threading.get_ident()
        if self._waiting and self._last == me:
            give_way()
        if not self._lock.acquire(blocking=False):
            self._waiting.add(me)
            try:
                if not self._lock.acquire(timeout=timeout):
                    return False
            finally:
                self._waiting.discard(me)
        self._last = None
        return True

    def release(self) -> None:
        """By its holder, as often as it was acquired."""
        self._last = threading.get_ident()
        self._lock.release()
