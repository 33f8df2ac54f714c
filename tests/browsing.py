"""Browser pages for tests: every page is watched, and what a person would call broken fails the test."""

import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright, Request, WebSocket

from tests.people import Person
from tests.servers import AppServer
from views.auth import COOKIE

VIEWPORTS: Mapping[str, dict] = MappingProxyType(
    {
        "phone": {
            "viewport": {"width": 390, "height": 844},
            "device_scale_factor": 2,
            "is_mobile": True,
            "has_touch": True,
        },
        "desktop": {"viewport": {"width": 1440, "height": 900}},
    }
)

CHROMIUM_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    # a microphone that hums, and nobody to ask whether it may be used
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    # no name leads out of this machine; companies of the tests have names below localhost
    "--host-resolver-rules=MAP *.localhost 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)


def launch(playwright: Playwright, chromium: str) -> Browser:
    """The installed Chromium, cut off from the world."""
    return playwright.chromium.launch(executable_path=chromium, args=list(CHROMIUM_ARGUMENTS))


class Pages:
    """The pages one test opens: `page = open_page("/login", viewport="phone")`.

    At the test's end `problems()` holds what went wrong on any of them: errors in the console, exceptions in
    scripts, requests to anything but the servers under test.
    """

    def __init__(self, browser: Browser, server: AppServer):
        self.browser = browser
        self.server = server
        self.contexts: list[BrowserContext] = []
        self._hosts: set[str] = set()
        self._expected: list[re.Pattern] = []
        self._found: list[str] = []

    def __call__(
        self,
        path: str | None = "/",
        *,
        viewport: str = "desktop",
        locale: str = "zh-CN",
        beside: Page | None = None,
        server: AppServer | None = None,
        host: str | None = None,
        **options,
    ) -> Page:
        """A page at this path, or blank with None.

        Each has a browser session of its own, like another person; `beside` another page it is a second tab of the
        same person. `server` names another server than the usual one, `host` another company on it; further options go
        to the browser context.
        """
        base_url = (server or self.server).base_url
        if host:
            base_url = f"http://{host}:{urlsplit(base_url).port}"
        self._hosts.add(urlsplit(base_url).netloc)
        if beside is None:
            context = self.browser.new_context(
                base_url=base_url, locale=locale, timezone_id="Asia/Shanghai", **VIEWPORTS[viewport], **options
            )
            self._watch(context)
        else:
            context = beside.context
        page = context.new_page()
        if path is not None:
            page.goto(path)
        return page

    def signed_in(self, person: Person, path: str, **options) -> Page:
        """A page of somebody who has signed in elsewhere, in the browser's own language."""
        page = self(None, host=person.host, **options)
        address = f"http://{person.host or '127.0.0.1'}:{urlsplit(self.server.base_url).port}"
        page.context.add_cookies([{"name": COOKIE, "value": person.http.cookies[COOKIE], "url": address}])
        page.goto(path)
        return page

    def may_reach(self, origin: str) -> None:
        """Say that pages of another site belong to this test."""
        self._hosts.add(urlsplit(origin).netloc)

    def expect_console_error(self, pattern: str) -> None:
        """Say that this test provokes an error, e.g. the 401 of a wrong password, which browsers put in the console."""
        self._expected.append(re.compile(pattern))

    def problems(self) -> list[str]:
        return [problem for problem in self._found if not any(known.search(problem) for known in self._expected)]

    def keep_screenshots(self, folder: Path) -> list[Path]:
        """Pictures of all open pages, for the report of a failed test."""
        pages = [page for context in self.contexts for page in context.pages]
        paths = [folder / f"page-{number}.png" for number in range(1, len(pages) + 1)]
        for page, path in zip(pages, paths, strict=True):
            page.screenshot(path=path)
        return paths

    def close(self) -> None:
        for context in self.contexts:
            context.close()

    def _watch(self, context: BrowserContext) -> None:
        self.contexts.append(context)
        context.on("console", self._on_console)
        context.on("weberror", lambda error: self._found.append(f"exception on {error.page.url}: {error.error}"))
        context.on("request", self._on_request)
        context.on("page", lambda page: page.on("websocket", self._on_websocket))

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            place = message.location.get("url", "")
            self._found.append(f"console error: {message.text} ({place})")

    def _on_request(self, request: Request) -> None:
        self._on_address(request.url)

    def _on_websocket(self, websocket: WebSocket) -> None:
        self._on_address(websocket.url)

    def _on_address(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme in ("http", "https", "ws", "wss") and parts.netloc not in self._hosts:
            self._found.append(f"request to another host: {url}")
