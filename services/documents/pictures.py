"""The pictures and attachments of documents: taken from beside the text or from inside it, never from elsewhere."""

import base64
import binascii
import hashlib
import posixpath
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

from app.errors import Invalid, Reason, TooLarge
from services.documents.archive import Source, safe_name

MOST_BYTES = 20 * 1024 * 1024
#: of all documents of an import together
MOST_OF_ALL = 200 * 1024 * 1024
#: attachments that may stand beside a text; what is accepted at all is decided when they are stored
_ATTACHED = {
    "pdf",
    "doc",
    "docx",
    "xls",
    "xlsx",
    "ppt",
    "pptx",
    "zip",
    "txt",
    "csv",
    "mp3",
    "mp4",
    "webm",
    "m4a",
    "wav",
}
_KINDS = {"image/png": "png", "image/jpeg": "jpg", "image/gif": "gif", "image/webp": "webp"}
#: addresses of what this product keeps itself
_OWN = "/api/v1/files/"
#: beginnings of addresses that are links to elsewhere or within the page
_ELSEWHERE = ("http:", "https:", "mailto:", "tel:", "#", "/")


@dataclass
class Pictures:
    """Where the pictures of one import are put, each content once."""

    folder: Path
    _bytes: int = 0
    _known: dict[str, str] = field(default_factory=dict)

    def keep(self, data: bytes, name: str) -> str:
        """Put the content aside; the name of its file. Raises TooLarge."""
        if len(data) > MOST_BYTES:
            raise TooLarge("The file is too large", limit=MOST_BYTES)
        digest = hashlib.sha256(data).hexdigest()
        if digest not in self._known:
            self._bytes += len(data)
            if self._bytes > MOST_OF_ALL:
                raise TooLarge("The pictures are too large together", limit=MOST_OF_ALL)
            ending = name.rsplit(".", 1)[-1].lower() if "." in name else ""
            self._known[digest] = f"{digest[:40]}.{ending}" if ending.isascii() and ending.isalnum() else digest[:40]
            (self.folder / self._known[digest]).write_bytes(data)
        return self._known[digest]


class Beside:
    """The links of one text: what they name is looked for in the archive that the text comes from."""

    def __init__(self, pictures: Pictures, source: Source, text_name: str):
        self._pictures, self._source = pictures, source
        self._place = posixpath.dirname(text_name)
        self._names = set(source.names())
        #: as `Document` has them
        self.found: dict[str, tuple[str, str]] = {}
        self.remarks: list[Reason] = []

    def link(self, is_picture: bool, words: str, address: str) -> tuple[str, bool] | None:
        """What becomes of a link (see `texts.map_links`)."""
        scheme = address.split(":", 1)[0].lower() if ":" in address else ""
        if scheme == "data":
            return self._inline(is_picture, address)
        if address.startswith(_OWN) or (not is_picture and address.lower().startswith(_ELSEWHERE)):
            return None
        if scheme or address.startswith("//"):
            if is_picture:
                self.remarks.append(
                    Reason("A picture of another site is not fetched: %(address)s", address=address[:200])
                )
                return address, False
            return None
        return self._member(is_picture, address)

    def _member(self, is_picture: bool, address: str) -> tuple[str, bool] | None:
        path = unquote(urlsplit(address).path)
        wanted = safe_name(posixpath.normpath(posixpath.join(self._place, path))) if path else None
        ending = path.rsplit(".", 1)[-1].lower()
        if not is_picture and ending not in _ATTACHED:
            return None
        if wanted not in self._names:
            if is_picture:
                self.remarks.append(Reason("The picture %(name)s does not lie beside the text", name=address[:200]))
                return posixpath.basename(path) or "#", False
            return None
        return self._kept(is_picture, self._source.read(wanted), posixpath.basename(wanted))

    def _inline(self, is_picture: bool, address: str) -> tuple[str, bool]:
        head, _, coded = address.partition(",")
        ending = _KINDS.get(head.removeprefix("data:").split(";")[0].lower())
        try:
            if not (is_picture and ending and head.endswith(";base64")):
                raise ValueError
            data = base64.b64decode(unquote(coded), validate=True)
        except (ValueError, binascii.Error):
            self.remarks.append(Reason("A picture inside the text cannot be read"))
            return "#", False
        return self._kept(True, data, f"picture.{ending}")

    def _kept(self, is_picture: bool, data: bytes, name: str) -> tuple[str, bool]:
        try:
            key = self._pictures.keep(data, name)
        except (TooLarge, Invalid):
            self.remarks.append(Reason("The file %(name)s is too large and is left out", name=name))
            return "#", False
        address = f"import:{key}"
        self.found[address] = (key, name)
        return address, is_picture


Linker = Callable[[bool, str, str], tuple[str, bool] | None]
