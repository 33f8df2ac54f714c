"""Pictures and attachments of imported texts: stored once, and found again when the same file comes another time."""

from pathlib import Path

from sqlalchemy import select

from app.errors import DomainError, Reason
from app.extensions import db
from app.offload import offload
from models.actor import Actor
from models.articles import ArticleFile
from models.messaging import FileObject
from services import files
from services.documents.found import PICTURES
from services.imports.planning import Planned


class Pictures:
    """Those of one import. In a trial nothing is stored: what is new keeps the address it has in the import."""

    def __init__(self, actor: Actor, folder: Path, *, is_trial: bool):
        self._actor, self._folder, self._is_trial = actor, folder / PICTURES, is_trial
        self._known: dict[tuple[str, str], str | Reason] = {}

    def put(self, planned: Planned) -> str:
        """The row's text with the addresses under which its files are from now on; what is left out is remarked."""
        body = planned.row.body
        for address, (key, name) in planned.pictures.items():
            if address not in body:
                continue
            if (key, name) not in self._known:
                self._known[key, name] = self._stored(key, name)
            stored = self._known[key, name]
            if isinstance(stored, Reason):
                planned.remarks.append(Reason("The file %(name)s is left out: %(reason)s", name=name, reason=stored))
                stored = "#"
            # the address is a hash: nothing else in the text looks like it
            body = body.replace(address, stored)
        return body

    def _stored(self, key: str, name: str) -> str | Reason:
        data = offload((self._folder / key).read_bytes)
        try:
            examined = files.examine(name, data)
        except DomainError as refusal:
            return Reason(refusal.message)
        known = db.session.scalar(
            select(FileObject.id)
            .join(ArticleFile, ArticleFile.file_id == FileObject.id)
            .where(FileObject.sha256 == examined.sha256, FileObject.name == examined.name)
            .order_by(FileObject.id)
            .limit(1)
        )
        if known is None and self._is_trial:
            return f"import:{key}"
        return f"/api/v1/files/{known or files.keep(self._actor, examined).id}/content"
