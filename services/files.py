"""Files: stored under random names, judged by their content, served only by policy (CHT-1; SECURITY §G)."""

import datetime as dt
import hashlib
import io
import secrets
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath

import puremagic
from PIL import Image, UnidentifiedImageError
from sqlalchemy import select

from app.errors import Invalid, NotFound, TooLarge
from app.extensions import db
from app.offload import offload
from models.actor import Actor
from models.articles import ArticleFile
from models.conversations import Conversation
from models.messaging import ChatMessage, FileObject, SenderKind, Thread, ThreadKind
from models.tickets import Ticket
from models.types import utcnow
from services.articles import files as article_files
from services.operation import announce, operation
from services.throttle import throttle

Image.MAX_IMAGE_PIXELS = 40_000_000
#: how long somebody may think about sending what he has uploaded, and how many are removed at once
KEEP_UNSENT, MOST_AT_ONCE = dt.timedelta(days=1), 500
#: how Pillow says that it cannot, or must not, draw what it was given
NOT_A_PICTURE = (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError, SyntaxError)
_IMAGES = {"jpg": "JPEG", "jpeg": "JPEG", "png": "PNG", "gif": "GIF", "webp": "WEBP"}
#: what the first bytes must say for each ending; text has no signature and is checked by decoding
_FAMILIES = {
    "doc": {".doc", ".xls", ".ppt", ".msi", ""},
    "xls": {".doc", ".xls", ".ppt", ""},
    "ppt": {".doc", ".xls", ".ppt", ""},
    "docx": {".docx", ".zip", ".xlsx", ".pptx"},
    "xlsx": {".docx", ".zip", ".xlsx", ".pptx"},
    "pptx": {".docx", ".zip", ".xlsx", ".pptx"},
    "zip": {".zip", ".docx", ".xlsx", ".pptx", ".jar", ".epub"},
    "rar": {".rar"},
    "pdf": {".pdf", ".ai"},
    "mp3": {".mp3", ".mpga"},
    "wav": {".wav"},
    "ogg": {".ogg", ".oga", ".ogv", ".opus"},
    "m4a": {".m4a", ".mp4", ".mov"},
    "mp4": {".mp4", ".m4v", ".mov", ".m4a"},
    "webm": {".webm", ".mkv", ".weba"},
}
_TEXT = {"txt", "csv", "md"}
_MIME = {
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "png": "image/png",
    "gif": "image/gif",
    "webp": "image/webp",
    "pdf": "application/pdf",
    "txt": "text/plain",
    "csv": "text/csv",
    "md": "text/markdown",
    "zip": "application/zip",
    "mp3": "audio/mpeg",
    "wav": "audio/wav",
    "ogg": "audio/ogg",
    "m4a": "audio/mp4",
    "amr": "audio/amr",
    "mp4": "video/mp4",
    "webm": "video/webm",
}


class Storage:
    """Where bytes lie. One folder for now, spread over 256 subfolders."""

    def __init__(self):
        self.folder, self.limit, self.types = Path("data/files"), 10_485_760, frozenset[str]()
        #: how often a customer may upload
        self.rate = "30 per minute"

    def configure(self, folder: Path, limit: int, types: str, rate: str = "") -> None:
        self.folder, self.limit, self.rate = folder, limit, rate or self.rate
        self.types = frozenset(part.strip().lower() for part in types.split(",") if part.strip())

    def path(self, key: str) -> Path:
        return self.folder / key[:2] / key

    def write(self, key: str, data: bytes) -> None:
        """Complete or not at all: a reader never sees half a file."""
        target = self.path(key)
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_suffix(".part")
        part.write_bytes(data)
        part.replace(target)

    def remove(self, key: str) -> None:
        """Gone already is as good as gone."""
        self.path(key).unlink(missing_ok=True)


storage = Storage()


def upload(actor: Actor, *, name: str, data: bytes) -> FileObject:
    """Store an upload of this actor; it belongs to nobody else until a message carries it.

    Raises TooMany, TooLarge, and Invalid when the ending is not accepted or the content is not what the ending says.
    """
    actor.require("file.upload")
    if actor.sees_as_customer:
        throttle.hit(storage.rate, "upload", *map(str, actor.sender))
    return keep(actor, examine(name, data))


@dataclass(frozen=True)
class Examined:
    """Bytes that may be stored, and what is known of them."""

    name: str
    mime: str
    data: bytes
    sha256: str
    width: int | None
    height: int | None


def examine(name: str, data: bytes) -> Examined:
    """What would be stored of these bytes. Raises TooLarge, and Invalid as `upload` does."""
    if len(data) > storage.limit:
        raise TooLarge("The file is too large", limit=storage.limit)
    name = _safe_name(name)
    ending = name.rsplit(".", 1)[-1].lower() if "." in name else ""
    if ending not in storage.types:
        raise Invalid("Files of this type are not accepted", fields={"file": ending or "no ending"})
    data, (width, height) = offload(_examined, ending, data)
    mime = _MIME.get(ending, "application/octet-stream")
    return Examined(name, mime, data, hashlib.sha256(data).hexdigest(), width, height)


def keep(actor: Actor, file: Examined) -> FileObject:
    """Store what was examined."""
    key = secrets.token_hex(20)
    offload(storage.write, key, file.data)
    return store_file(
        actor,
        name=file.name,
        mime=file.mime,
        key=key,
        size=len(file.data),
        sha256=file.sha256,
        width=file.width,
        height=file.height,
    )


@operation("file.upload", title="Upload a file")
def store_file(
    actor: Actor, *, name: str, mime: str, key: str, size: int, sha256: str, width: int | None, height: int | None
) -> FileObject:
    """The row for bytes that are already in the storage."""
    kind, owner_id = actor.sender
    file = FileObject(
        owner_kind=SenderKind(kind),
        owner_id=owner_id,
        storage_key=key,
        name=name,
        mime=mime,
        size=size,
        sha256=sha256,
        width=width,
        height=height,
    )
    db.session.add(file)
    db.session.flush()
    return file


def attach(actor: Actor, file_id: int | None, thread_id: int) -> tuple[FileObject | None, dict | None]:
    """The actor's own upload for a message in this thread, with the message's payload. Raises NotFound."""
    if file_id is None:
        return None, None
    kind, owner_id = actor.sender
    file = db.session.get(FileObject, file_id)
    if file is None or (file.owner_kind, file.owner_id) != (kind, owner_id) or file.thread_id not in (None, thread_id):
        raise NotFound("This file does not exist")
    return file, {
        "fileId": file.id,
        "name": file.name,
        "size": file.size,
        "mime": file.mime,
        "url": f"/api/v1/files/{file.id}/content",
    }


def get_readable(actor: Actor, file_id: int) -> FileObject:
    """A file this actor may read: his own, of a thread whose owner he may see, or of an article that he may read.

    Raises NotFound.
    """
    file = db.session.get(FileObject, file_id)
    if file is None or not _may_read(actor, file):
        raise NotFound("This file does not exist")
    return file


def remove_unsent() -> int:
    """Inside a transaction: remove uploads that no message and no article carries after a day, or whose message was
    recalled."""
    kept = select(ArticleFile.id).where(ArticleFile.file_id == FileObject.id).exists()
    over = FileObject.thread_id.is_(None) & (FileObject.create_time < utcnow() - KEEP_UNSENT) & ~kept
    rows = list(db.session.scalars(select(FileObject).where(over).order_by(FileObject.id).limit(MOST_AT_ONCE)))
    for row in rows:
        db.session.delete(row)
    if rows:
        announce("file.removed", keys=[row.storage_key for row in rows])
    return len(rows)


def _may_read(actor: Actor, file: FileObject) -> bool:
    if (file.owner_kind.value, file.owner_id) == actor.sender and actor.kind != "anonymous":
        return True
    return _is_of_a_thread_of(actor, file) or article_files.is_readable(actor, file.id)


def _is_of_a_thread_of(actor: Actor, file: FileObject) -> bool:
    """Whether it lies in a conversation or ticket that this actor sees, and is meant for his eyes there."""
    if file.thread_id is None or (file.is_internal and actor.sees_as_customer):
        return False
    thread = db.session.get(Thread, file.thread_id)
    owner = {ThreadKind.conversation: Conversation, ThreadKind.ticket: Ticket}.get(thread.kind)
    if owner is None:
        return False
    if db.session.scalar(select(owner.id).where(owner.thread_id == thread.id, owner.visible_to(actor))) is not None:
        return True
    return not file.is_internal and _went_along(actor, file)


def _went_along(actor: Actor, file: FileObject) -> bool:
    """Whether a file of a conversation or ticket was carried into a ticket that this actor sees."""
    return (
        db.session.scalar(
            select(Ticket.id)
            .join(ChatMessage, ChatMessage.thread_id == Ticket.thread_id)
            .where(ChatMessage.file_id == file.id, ChatMessage.recalled_time.is_(None), Ticket.visible_to(actor))
            .limit(1)
        )
        is not None
    )


def _safe_name(name: str) -> str:
    """The last part of whatever the client called it, without control characters."""
    base = PureWindowsPath(PurePosixPath(name.replace("\x00", "")).name).name
    cleaned = "".join(c for c in base if c.isprintable()).strip(". ")
    if not cleaned:
        raise Invalid("The file needs a name", fields={"file": "name"})
    stem, dot, ending = cleaned.rpartition(".")
    return f"{stem[:200]}{dot}{ending[:16]}" if dot else cleaned[:200]


def _examined(ending: str, data: bytes) -> tuple[bytes, tuple[int | None, int | None]]:
    """The bytes to store and the picture's size. Pictures are drawn anew, which drops EXIF and smuggled parts."""
    if not data:
        raise Invalid("The file is empty", fields={"file": "empty"})
    if ending in _IMAGES:
        return _redrawn(_IMAGES[ending], data)
    if ending in _TEXT:
        if b"\x00" in data:
            raise Invalid("The content is not what the file's ending says", fields={"file": "content"})
        return data, (None, None)
    try:
        found = {match.extension for match in puremagic.magic_string(data)}
    except puremagic.PureError:
        found = set()
    if not found & _FAMILIES.get(ending, {f".{ending}"}):
        raise Invalid("The content is not what the file's ending says", fields={"file": "content"})
    return data, (None, None)


def _redrawn(kind: str, data: bytes) -> tuple[bytes, tuple[int, int]]:
    try:
        with Image.open(io.BytesIO(data), formats=[kind]) as picture:
            if kind == "GIF":
                picture.seek(0)  # animation stays: only the header is verified
                picture.load()
                return data, picture.size
            picture.load()
            output = io.BytesIO()
            keep = {"quality": 90} if kind in ("JPEG", "WEBP") else {}
            upright = picture.convert("RGB") if kind == "JPEG" and picture.mode not in ("RGB", "L") else picture
            upright.save(output, kind, **keep)
            return output.getvalue(), picture.size
    except NOT_A_PICTURE:
        raise Invalid("The content is not what the file's ending says", fields={"file": "content"}) from None
