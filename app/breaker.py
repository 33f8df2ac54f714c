"""For neighbours one can do without: whoever has just failed to answer is not asked again for a while."""

import logging
import time

logger = logging.getLogger(__name__)


class Breaker:
    """Closed while all is well. A failure opens it for `seconds`; then one caller may try whether it works again."""

    def __init__(self, name: str, seconds: float = 5.0):
        self._name, self._seconds = name, seconds
        self._closed_from = 0.0
        self._is_open = False

    def lets_through(self) -> bool:
        """Whether the neighbour may be asked now. Whoever is let through an open breaker keeps it open for others."""
        if not self._is_open:
            return True
        now = time.monotonic()
        if now < self._closed_from:
            return False
        self._closed_from = now + self._seconds
        return True

    def worked(self) -> None:
        """The neighbour has answered."""
        if self._is_open:
            self._is_open = False
            logger.warning("%s answers again", self._name)

    def failed(self, error: Exception) -> None:
        """The neighbour has not."""
        self._closed_from = time.monotonic() + self._seconds
        if not self._is_open:
            self._is_open = True
            logger.warning("%s does not answer (%s): done without it for now", self._name, type(error).__name__)
