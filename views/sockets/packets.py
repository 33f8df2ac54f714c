"""What arrives on the wire: one of our events, or nothing that anybody would act on."""

from socketio.packet import CONNECT, DISCONNECT, EVENT, Packet

from views.sockets.handlers import HANDLERS, UNKNOWN

#: a packet that we make has no text yet; one that arrives may even be null
OURS = object()


class CheckedPacket(Packet):
    """A packet as clients may send it. Everything else becomes the event UNKNOWN, which is answered with a refusal.

    python-socketio calls its handlers by whatever name a client gives, its own `disconnect` included: a socket that
    said so was forgotten here, but went on hearing. Binary parts are waited for, and packets that are none end in
    tracebacks. None of it has a use for us.
    """

    def __init__(self, *given, encoded_packet=OURS, **named):
        super().__init__(*given, **named)
        if encoded_packet is OURS:
            return
        try:
            self.decode(encoded_packet)
        except (ValueError, TypeError, IndexError, AttributeError, KeyError, RecursionError):
            self.data = None
        if self.packet_type not in (CONNECT, DISCONNECT) and not self._is_event():
            self.packet_type, self.data = EVENT, [UNKNOWN]

    def _is_event(self) -> bool:
        if self.packet_type != EVENT or not isinstance(self.data, list) or not self.data:
            return False
        return isinstance(self.data[0], str) and self.data[0] in HANDLERS
