"""Voice messages: a file that can be heard in a page, and how long it is (CHT-1)."""

from app.errors import Invalid, Reason
from models.messaging import MessageType

#: what browsers play; MediaRecorder writes WebM, Ogg or MP4
MIMES = frozenset({"audio/mpeg", "audio/wav", "audio/ogg", "audio/mp4", "video/webm"})
MAX_SECONDS = 300


def with_voice(type_: MessageType, payload: dict | None, seconds: int | None) -> dict | None:
    """The payload of a message with how long it is to be heard. Raises Invalid for what is no voice message."""
    if type_ is not MessageType.voice:
        if seconds is not None:
            raise Invalid("Only voice messages have a duration", fields={"seconds": "not allowed"})
        return payload
    if seconds is None or not 1 <= seconds <= MAX_SECONDS:
        raise Invalid(
            "A voice message says how long it is",
            fields={"seconds": Reason("1 to %(number)s", number=MAX_SECONDS)},
        )
    if payload is None or payload["mime"] not in MIMES:
        raise Invalid("This file cannot be played as a voice message", fields={"fileId": "no sound"})
    return payload | {"seconds": seconds}
