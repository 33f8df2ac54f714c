"""Copies of conversations for the archive: a compressed file of JSON lines each, with its files beside it.

archive/<company>/<month>/<number>.jsonl.gz     the conversation, then its messages in order
archive/<company>/<month>/<number>.files/       what was sent in it
"""

import gzip
import json
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import select

from app.extensions import db
from app.offload import give_way, offload
from models.conversations import Conversation, ConversationAssignment, Rating
from models.customers import Customer
from models.identity import Tenant
from models.messaging import ChatMessage, FileObject
from models.types import utcnow
from services.files import storage
from services.retention.rules import EVERYTHING

BATCH = 500
_folder = Path("data/archive")


def configure(folder: Path) -> None:
    """Called once by the factory."""
    global _folder
    _folder = folder


def write(row: Conversation) -> Path:
    """Write the copy of a conversation of the bound company; complete or not at all. Raises OSError."""
    company = db.session.scalar(select(Tenant.code).where(Tenant.id == row.tenant_id))
    path = _folder / _safe(company) / f"{row.close_time:%Y-%m}" / f"{_safe(row.no)}.jsonl.gz"
    files = path.with_name(f"{_safe(row.no)}.files")
    part = path.with_suffix(".part")
    head = _conversation(row)
    thread_id = row.thread_id
    offload(_begin, part, head)
    for messages in _batches(thread_id):
        found = _files(messages)
        names = {file.id: f"{file.id}-{_safe(file.name)}"[:120] for file in found.values()}
        lines = [_message(message, found, names) for message in messages]
        keys = [(file.storage_key, names[file.id]) for file in found.values()]
        db.session.rollback()
        offload(_append, part, lines, keys, files)
        give_way()
    offload(_finish, part, path)
    return path


def _conversation(row: Conversation) -> dict:
    customer = db.session.get(Customer, row.customer_id, execution_options=EVERYTHING)
    ratings = db.session.scalars(select(Rating).where(Rating.conversation_id == row.id))
    assignments = db.session.scalars(
        select(ConversationAssignment)
        .where(ConversationAssignment.conversation_id == row.id)
        .order_by(ConversationAssignment.id)
    )
    return {
        "kind": "conversation",
        "archived": utcnow(),
        "no": row.no,
        "customer": {name: getattr(customer, name) for name in ("id", "name", "phone", "email", "vip_level", "note")},
        "agent": row.agent.name if row.agent else None,
        "team": row.team.name if row.team else None,
        **{
            name: getattr(row, name)
            for name in (
                "channel",
                "subject",
                "create_time",
                "queue_time",
                "active_time",
                "first_reply_time",
                "last_message_time",
                "close_time",
                "close_reason",
            )
        },
        "ratings": [{"score": one.score, "comment": one.comment, "time": one.create_time} for one in ratings],
        "assignments": [
            {
                "method": one.method,
                "from": one.from_agent.name if one.from_agent else None,
                "to": one.to_agent.name if one.to_agent else None,
                "reason": one.reason,
                "time": one.create_time,
            }
            for one in assignments
        ],
    }


def _message(message: ChatMessage, files: dict[int, FileObject], names: dict[int, str]) -> dict:
    file = files.get(message.file_id)
    return {
        "kind": "message",
        "seq": message.seq,
        "time": message.create_time,
        "sender": {"kind": message.sender_kind.value, "id": message.sender_id, "name": message.sender_name},
        "type": message.type.value,
        "content": message.content,
        "payload": message.payload,
        "recalled": message.recalled_time,
        "file": {"name": file.name, "mime": file.mime, "sha256": file.sha256, "kept_as": names[file.id]}
        if file
        else None,
    }


def _batches(thread_id: int) -> Iterator[list[ChatMessage]]:
    after = 0
    while True:
        page = list(
            db.session.scalars(
                select(ChatMessage)
                .where(ChatMessage.thread_id == thread_id, ChatMessage.seq > after)
                .order_by(ChatMessage.seq)
                .limit(BATCH),
                execution_options=EVERYTHING,
            )
        )
        if not page:
            return
        after = page[-1].seq
        yield page


def _files(messages: list[ChatMessage]) -> dict[int, FileObject]:
    ids = {message.file_id for message in messages if message.file_id}
    rows = db.session.scalars(select(FileObject).where(FileObject.id.in_(ids)), execution_options=EVERYTHING)
    return {row.id: row for row in rows} if ids else {}


# --- in a native thread -----------------------------------------------------------------------------------------------


def _begin(part: Path, head: dict) -> None:
    part.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part.unlink(missing_ok=True)
    _append(part, [head], [], part)


def _append(part: Path, lines: list[dict], keys: list[tuple[str, str]], files: Path) -> None:
    """More members of one compressed file: readers see a single text."""
    with gzip.open(part, "at", encoding="utf-8") as file:
        for line in lines:
            file.write(json.dumps(line, ensure_ascii=False, default=_plain) + "\n")
    for key, name in keys:
        _keep(storage.path(key), files / name)


def _keep(source: Path, target: Path) -> None:
    """The same bytes under another name; a file that is gone already cannot be kept."""
    if target.exists() or not source.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        os.link(source, target)
    except OSError:  # another file system, or one without links
        shutil.copy2(source, target)


def _finish(part: Path, path: Path) -> None:
    with part.open("rb") as file:
        os.fsync(file.fileno())
    part.replace(path)


def _plain(value):
    return value.isoformat() + "Z" if hasattr(value, "isoformat") else str(value)


def _safe(name: str) -> str:
    return re.sub(r"[^\w.-]", "_", name)[:100].lstrip(".") or "_"
