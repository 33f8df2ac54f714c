"""A site that is not ours: pages under another origin, with a content policy as strict as a careful site has."""

import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self
from urllib.parse import urlsplit

from tests.servers import HOST


class OtherSite:
    """Pages by path, at `origin`; a path that has none is not found. Use as a context."""

    def __init__(self, pages: Mapping[str, str] | None = None, *, name: str = HOST):
        self.pages = dict(pages or {})
        #: sent with every page, if there is one
        self.policy = ""
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                path = urlsplit(self.path).path
                page = "" if path == "/favicon.ico" else site.pages.get(path)
                self.send_response(200 if page is not None else 404)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                if site.policy:
                    self.send_header("Content-Security-Policy", site.policy)
                self.end_headers()
                self.wfile.write((page or "").encode())

            def log_message(self, *_: object) -> None:
                """Nothing: what is asked for is seen in the browser."""

        self._server = ThreadingHTTPServer((HOST, 0), Handler)
        self.origin = f"http://{name}:{self._server.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *problem: object) -> None:
        self._server.shutdown()
        self._server.server_close()
