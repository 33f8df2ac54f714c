"""One round of assigning at a time, whatever is assigned."""

import threading
from collections.abc import Callable


class Rounds:
    """One round at a time for a company in this process: who calls meanwhile has it done once more afterwards.

    Otherwise fifty arrivals at once would be fifty rounds that wait for each other, each with a connection.
    """

    def __init__(self):
        self._lock = threading.Lock()
        #: company with a round on → whether it is called for again
        self._called: dict[int, bool] = {}

    def run(self, tenant_id: int, work: Callable[[], int]) -> int:
        with self._lock:
            if tenant_id in self._called:
                self._called[tenant_id] = True
                return 0
            self._called[tenant_id] = True
        done = 0
        try:
            while self._goes_on(tenant_id):
                done += work()
        except BaseException:
            with self._lock:
                self._called.pop(tenant_id, None)
            raise
        return done

    def _goes_on(self, tenant_id: int) -> bool:
        with self._lock:
            if not self._called[tenant_id]:
                del self._called[tenant_id]
                return False
            self._called[tenant_id] = False
            return True
