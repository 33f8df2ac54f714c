"""Who hears what is emitted, within one process."""

from collections.abc import Iterator

from socketio import Manager


class ToConnected:
    """Nothing is sent to a client before it knows that it is connected: by the protocol it may drop what comes earlier.

    It enters its rooms before, so that nothing is missed afterwards. What is left out here had been stored before it
    was told, and a client fetches once it is connected: it learns that as it learns what happened while it was away.
    """

    def get_participants(self, namespace: str, room) -> Iterator[tuple[str, str]]:
        waiting = set(self.pending_connect.get(namespace, ()))
        for sid, eio_sid in super().get_participants(namespace, room):
            if sid not in waiting:
                yield sid, eio_sid


class Rooms(ToConnected, Manager):
    """The client manager of a process that is alone."""
