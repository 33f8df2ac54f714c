"""Limits on how often something may be tried, shared by every door (form, API, socket, code)."""

import functools
import threading
import time
from collections import deque

from limits import RateLimitItem
from limits import parse as parse_rate
from limits.errors import StorageError
from limits.storage import Storage, storage_from_string
from limits.strategies import MovingWindowRateLimiter
from redis.backoff import NoBackoff
from redis.retry import Retry

from app.breaker import Breaker
from app.errors import TooMany

#: how often keys that nobody uses any more are forgotten, in seconds
TIDY_EVERY = 60.0

parse = functools.cache(parse_rate)


class LocalWindow:
    """Tries per key in a moving window, in this process's memory.

    `limits` keeps such windows too, but looks through all of them in a timer of its own after every try: with some
    thousand visitors that is most of what a process does.
    """

    def __init__(self):
        self._tries: dict[str, tuple[float, deque[float]]] = {}
        self._lock = threading.Lock()
        self._tidied = time.monotonic()

    def hit(self, rate: RateLimitItem, *key: str) -> bool:
        """Count one try, unless the window is full."""
        with self._lock:
            now = time.monotonic()
            if now - self._tidied > TIDY_EVERY:
                self._tidy(now)
            _, tries = self._tries.setdefault(rate.key_for(*key), (float(rate.get_expiry()), deque()))
            if self._is_full(rate, tries, now):
                return False
            tries.append(now)
            return True

    def test(self, rate: RateLimitItem, *key: str) -> bool:
        """Whether there is room for another try."""
        with self._lock:
            known = self._tries.get(rate.key_for(*key))
            return known is None or not self._is_full(rate, known[1], time.monotonic())

    def clear(self, rate: RateLimitItem, *key: str) -> None:
        """Forget the tries of a key."""
        with self._lock:
            self._tries.pop(rate.key_for(*key), None)

    @staticmethod
    def _is_full(rate: RateLimitItem, tries: deque[float], now: float) -> bool:
        begin = now - rate.get_expiry()
        while tries and tries[0] <= begin:
            tries.popleft()
        return len(tries) >= rate.amount

    def _tidy(self, now: float) -> None:
        over = [key for key, (seconds, tries) in self._tries.items() if not tries or tries[-1] <= now - seconds]
        for key in over:
            del self._tries[key]
        self._tidied = now


class Throttle:
    """Counts tries per key in a moving window; in Redis when several processes share the work.

    When Redis is away each process counts for itself: a limit gets laxer by the number of processes but
    never disappears.
    """

    def __init__(self, redis_url: str = ""):
        self._local = LocalWindow()
        self._shared = MovingWindowRateLimiter(_storage(redis_url)) if redis_url else None
        self._redis = Breaker("Redis, which keeps the common limits,")

    def hit(self, rate: str, *key: str) -> None:
        """Count one try; raises TooMany when `key` has used up `rate` ("30 per minute")."""
        if not self.take(rate, *key):
            raise TooMany("Too many attempts, please wait a little and try again")

    def take(self, rate: str, *key: str) -> bool:
        """Count one try; whether it was still allowed."""
        return self._call("hit", parse(rate), key)

    def test(self, rate: str, *key: str) -> bool:
        """Whether another try would be let through."""
        return self._call("test", parse(rate), key)

    def clear(self, rate: str, *key: str) -> None:
        """Forget the tries of `key`, e.g. after a right password."""
        self._call("clear", parse(rate), key)

    def _call(self, method: str, rate, key: tuple[str, ...]):
        if self._shared is not None and self._redis.lets_through():
            try:
                allowed = getattr(self._shared, method)(rate, *key)
            except (StorageError, OSError) as error:
                self._redis.failed(error)
            else:
                self._redis.worked()
                return allowed
        return getattr(self._local, method)(rate, *key)


def _storage(url: str) -> Storage:
    """One try of half a second: what hangs is asked no second time before the breaker says so."""
    return storage_from_string(
        url,
        socket_timeout=0.5,
        socket_connect_timeout=0.5,
        retry=Retry(NoBackoff(), 0),
        wrap_exceptions=True,
    )


throttle = Throttle()


def configure(redis_url: str) -> None:
    """Called once by the factory."""
    throttle.__init__(redis_url)
