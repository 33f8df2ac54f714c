"""How waiting conversations find their agents: rules, strategies, working hours, the queue (RTE)."""

from services.routing import hours, relations, rules
from services.routing.dispatch import dispatch, left_alone, requeue_left_alone, route_conversation
from services.routing.queue import queue_position, queue_positions
from services.routing.strategies import STRATEGIES

__all__ = [
    "STRATEGIES",
    "dispatch",
    "hours",
    "left_alone",
    "queue_position",
    "queue_positions",
    "relations",
    "requeue_left_alone",
    "route_conversation",
    "rules",
]
