"""Where a thread belongs, and who hears of what happens in it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    """Where a thread belongs: `context` ({"sessionId": 7}) goes with its events, `audience` hears beside the room."""

    context: dict
    #: rooms of people who need not have the thread open, e.g. "agent:3", "customer:7"
    audience: tuple[str, ...] = ()

    def rooms(self, thread_id: int, *, internal: bool) -> list[str]:
        """Internal notes reach the staff's room and agents, never a customer."""
        if internal:
            return [room(thread_id, staff=True), *(name for name in self.audience if name.startswith("agent:"))]
        return [room(thread_id), *self.audience]


def room(thread_id: int, *, staff: bool = False) -> str:
    """Socket room of a thread; internal notes go to the staff's room only."""
    return f"thread:{thread_id}:staff" if staff else f"thread:{thread_id}"
