"""What saying something has in common, in conversations and ticket rooms: files, voice, colleagues who are named."""

from models.actor import Actor
from models.messaging import ChatMessage, FileObject, MessageType
from services import files, mentioning, threads, voice
from services.mentioning import Owner
from services.operation import announce
from services.places import Place


def with_extras(
    actor: Actor,
    owner: Owner,
    type_: MessageType,
    *,
    file_id: int | None,
    seconds: int | None,
    mentions: list[int] | None,
) -> tuple[FileObject | None, dict | None]:
    """The file of a message and its payload. Refuses before anything is changed: raises Invalid or NotFound."""
    file, payload = files.attach(actor, file_id, owner.thread_id)
    payload = voice.with_voice(type_, payload, seconds)
    if mentions:
        payload = mentioning.with_mentions(owner, type_, payload, mentions)
    return file, payload


def append(actor: Actor, owner: Owner, *, place: Place, mentions: list[int] | None, **message) -> ChatMessage:
    """Inside an operation on the owner: `threads.append`, and whoever is named is told."""
    said = threads.append(actor, owner.thread, place=place, **message)
    if mentions:
        announce("message.mentioned", message=said, **place.context)
    return said
