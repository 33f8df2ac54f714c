"""Limits on how often something may be tried, shared by every door (form, API, socket, code)."""

import logging

from limits import parse
from limits.errors import StorageError
from limits.storage import MemoryStorage, Storage, storage_from_string
from limits.strategies import MovingWindowRateLimiter

from app.errors import TooMany

logger = logging.getLogger(__name__)


class Throttle:
    """Counts tries per key in a moving window; in Redis when several processes share the work.

    When Redis is away each process counts for itself: a limit gets laxer by the number of processes but
    never disappears.
    """

    def __init__(self, redis_url: str = ""):
        self._local = MovingWindowRateLimiter(MemoryStorage())
        self._shared = MovingWindowRateLimiter(_storage(redis_url)) if redis_url else None

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
        if self._shared is not None:
            try:
                return getattr(self._shared, method)(rate, *key)
            except (StorageError, ConnectionError, TimeoutError, OSError) as error:
                logger.warning("limits fall back to this process: %s", type(error).__name__)
        return getattr(self._local, method)(rate, *key)


def _storage(url: str) -> Storage:
    return storage_from_string(url, socket_timeout=0.5, socket_connect_timeout=0.5, wrap_exceptions=True)


throttle = Throttle()


def configure(redis_url: str) -> None:
    """Called once by the factory."""
    throttle.__init__(redis_url)
