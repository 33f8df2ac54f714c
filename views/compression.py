"""Scripts and styles of the pages go packed: on a slow phone that is more than half of the waiting.

Behind a proxy that packs by itself nothing is lost: what is packed already, it passes on.
"""

import functools
import gzip
from pathlib import Path

from flask import Flask, Response, current_app, request

#: these files have names that change with their content, so each is packed once
FOLDER = "/static/dist/assets/"
KINDS = frozenset({"text/javascript", "application/javascript", "text/css", "image/svg+xml"})


def install(app: Flask) -> None:
    app.after_request(pack)


def pack(response: Response) -> Response:
    """The same answer, gzipped, where the browser takes it and the file gains by it."""
    if not request.path.startswith(FOLDER) or response.mimetype not in KINDS:
        return response
    response.vary.add("Accept-Encoding")
    if response.status_code == 200 and request.method == "GET" and "gzip" in request.accept_encodings:
        response.response.close()  # the file that would have been sent
        response.direct_passthrough = False
        response.set_data(_packed(Path(current_app.static_folder) / request.path.removeprefix("/static/")))
        response.headers["Content-Encoding"] = "gzip"
        for header in ("Accept-Ranges", "ETag"):  # they speak of the bytes of the file
            response.headers.pop(header, None)
    return response


@functools.lru_cache(maxsize=200)
def _packed(path: Path) -> bytes:
    return gzip.compress(path.read_bytes(), compresslevel=6, mtime=0)
