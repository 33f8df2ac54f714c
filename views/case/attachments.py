"""Attachments of E: a file goes into the ticket's room, and is read by whoever may see it there (TKT-13; E §7)."""

import secrets

from flask import Response, request
from sqlalchemy import select

from app.errors import Invalid, NotFound
from app.extensions import db
from models.actor import Actor
from models.messaging import FileObject, MessageType
from models.tickets import Ticket
from services import files, tickets
from views.api.endpoint import load, sent_file
from views.api.misc import INLINE, send
from views.case.face import CASE, SECTION

#: E's list; of these, what the operator accepts
TYPES = frozenset({"txt", "pdf", "png", "jpg", "jpeg", "gif", "doc", "docx", "zip"})


def address_of(file: FileObject) -> str:
    """Where a file is read. Nobody guesses its name, and who knows it must see the ticket besides."""
    return f"/case/uploads/{file.storage_key}.{_ending(file.name)}"


@CASE.endpoint(
    "POST",
    "/api/upload",
    section=SECTION,
    summary="上传附件",
    right="ticket.message",
    takes_file=True,
    is_speech=True,
)
def upload(actor: Actor) -> dict:
    """multipart/form-data with the parts `file` and `ticket_id`. Both sides find the file in the room."""
    ticket = load(Ticket, _ticket_id(), actor)
    name, data = sent_file(files.storage.limit)
    if _ending(name) not in TYPES:
        raise Invalid("Files of this type are not accepted", fields={"file": _ending(name) or "no ending"})
    file = files.upload(actor, name=name, data=data)
    address = address_of(file)
    tickets.send_message(
        actor,
        ticket,
        client_msg_id=secrets.token_hex(16),
        type=MessageType.image if file.mime in INLINE else MessageType.file,
        file_id=file.id,
    )
    return {"file_url": address}


@CASE.endpoint("GET", "/uploads/<filename>", section=SECTION, summary="下载附件", right="")
def download(actor: Actor, filename: str) -> Response:
    """For whoever may see the ticket, by the same policy as everywhere; for everybody else it does not exist."""
    key, _, ending = filename.rpartition(".")
    file = db.session.scalars(select(FileObject).where(FileObject.storage_key == key)).first() if key else None
    if file is None or ending != _ending(file.name):
        raise NotFound("This file does not exist")
    return send(files.get_readable(actor, file.id), download=True)


def _ticket_id() -> int:
    text = request.form.get("ticket_id", "").strip()
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise Invalid(
            "The request is not valid", fields={"ticket_id": "must be a whole number" if text else "required"}
        )
    return int(text)


def _ending(name: str) -> str:
    return name.rpartition(".")[2].lower() if "." in name else ""
