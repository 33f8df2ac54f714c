"""Between the web processes: what one emits, the sockets of the others hear, over Redis.

python-socketio's own manager waits for Redis within each emit, drops what Redis did not take, and does not tell what it
missed while it was not subscribed. Here an emit never waits; and since an event is only a hint, nothing is repeated
either: whoever may have missed hints has its clients catch up with the database (`catch_up`), spread over so much time
that the process can bear it. While Redis stays away that happens again and again, so everybody still learns everything,
only later.
"""

import logging
import random
import threading
from collections import deque
from collections.abc import Iterator

import redis
from redis.backoff import NoBackoff
from redis.client import PubSub
from redis.exceptions import RedisError
from redis.retry import Retry
from socketio import RedisManager

from views.sockets.rooms import ToConnected

logger = logging.getLogger(__name__)

#: one try, no longer than this, in seconds
OPTIONS = {"socket_timeout": 0.5, "socket_connect_timeout": 0.5, "retry": Retry(NoBackoff(), 0)}
#: hints that wait to be published; more than that and they are worth less than one `catch_up`
MOST, BATCH = 5000, 100
#: a subscription of which nothing is heard for so long is asked whether it is there; as long again, and it is not
QUIET = 2.0
#: clients per second that may catch up, and how often while Redis is away, in seconds
CLIENTS_PER_SECOND, EVERY = 25, 5.0
AWAY = (RedisError, OSError)


class Relay(ToConnected, RedisManager):
    """The client manager of processes that share their sockets' rooms; `write_only` for those without sockets."""

    name = "relay"

    def __init__(self, url: str, channel: str, *, write_only: bool = False):
        super().__init__(url, channel=channel, write_only=write_only)
        self._redis = redis.Redis.from_url(url, **OPTIONS)
        self._waiting: deque[str] = deque()
        self._lock = threading.Lock()
        self._is_sending = False
        #: others have missed something of ours
        self._owes = False

    # --- to the others ------------------------------------------------------------------------------------------

    def _publish(self, data: dict) -> None:
        text = self.json.dumps(data)
        if self.write_only:  # a job: it may wait, and what fails is told again by the sweep
            self._redis.publish(self.channel, self._packed([text]))
            return
        with self._lock:
            if len(self._waiting) < MOST and not self._owes:
                self._waiting.append(text)
            else:
                self._owes = True
            if self._is_sending:
                return
            self._is_sending = True
        self.server.start_background_task(self._send)

    def _send(self) -> None:
        """Publish until nothing is left."""
        while batch := self._next():
            try:
                self._redis.publish(self.channel, self._packed(batch))
            except AWAY as error:
                self._miss(error)
                self.server.sleep(random.uniform(0.2, 0.6))
            else:
                self._sent(len(batch))

    def _packed(self, batch: list[str]) -> str:
        """Many emits in one message: who said it, a space, a list. To Redis and to its client a message costs as much
        as what is in it."""
        return f"{self.host_id} [{','.join(batch)}]"

    def _next(self) -> list[str]:
        with self._lock:
            if self._owes:
                return [self.json.dumps(self._catch_up())]
            batch = [self._waiting[place] for place in range(min(BATCH, len(self._waiting)))]
            self._is_sending = bool(batch)
            return batch

    def _sent(self, count: int) -> None:
        with self._lock:
            if self._owes:
                self._owes = False
                logger.warning("Redis takes events again")
            for _ in range(min(count, len(self._waiting))):
                self._waiting.popleft()

    def _miss(self, error: Exception) -> None:
        with self._lock:
            if not self._owes:
                logger.error("Redis takes no events (%s): the others' clients will catch up", type(error).__name__)
            self._owes = True
            self._waiting.clear()

    def _catch_up(self) -> dict:
        """The order to the other processes, as python-socketio reads it."""
        return {
            "method": "emit",
            "event": "catch_up",
            "data": [{"within": self._spread()}],
            "binary": False,
            "namespace": "/",
            "room": None,
            "skip_sid": None,
            "callback": None,
            "host_id": self.host_id,
        }

    # --- from the others ----------------------------------------------------------------------------------------

    def _listen(self) -> Iterator[dict]:
        """What the others publish, for as long as the process lives."""
        has_missed, waited = False, 0.0
        while True:
            try:
                with self._redis.pubsub() as subscription:
                    subscription.subscribe(self.channel)
                    self._confirm(subscription)
                    if has_missed:
                        logger.warning("Redis is heard again")
                        self._let_catch_up()
                    has_missed, waited = False, 0.0
                    yield from self._hear(subscription)
            except AWAY as error:
                if not has_missed:
                    logger.error("Redis is not heard (%s): our clients catch up by themselves", type(error).__name__)
                has_missed = True
            pause = random.uniform(0.2, 0.6)
            self.server.sleep(pause)
            waited += pause + OPTIONS["socket_timeout"]
            if waited > max(EVERY, self._spread()):
                self._let_catch_up()
                waited = 0.0

    def _confirm(self, subscription: PubSub) -> None:
        message = subscription.get_message(timeout=OPTIONS["socket_timeout"])
        if message is None or message["type"] != "subscribe":
            raise TimeoutError("no subscription")

    def _hear(self, subscription: PubSub) -> Iterator[dict]:
        """What others say on a subscription; raises TimeoutError when it has gone silent, as one that hangs does."""
        is_asked, own = False, self.host_id.encode()
        while True:
            message = subscription.get_message(timeout=QUIET)
            if message is not None:
                is_asked = False
                if message["type"] == "message" and not message["data"].startswith(own):
                    yield from self.json.loads(message["data"].partition(b" ")[2])
            elif is_asked:
                raise TimeoutError("no answer")
            else:
                subscription.ping()
                is_asked = True

    def _let_catch_up(self) -> None:
        self.emit("catch_up", {"within": self._spread()}, namespace="/", ignore_queue=True)

    def _spread(self) -> float:
        """Over how many seconds the clients of this process may spread their questions."""
        return round(len(self.rooms.get("/", {}).get(None, ())) / CLIENTS_PER_SECOND + 1.0, 1)
