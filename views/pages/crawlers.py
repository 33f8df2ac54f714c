"""What search engines ask for before they read: what they may fetch, and the list of all that everybody may read."""

import math

from flask import Blueprint, Response, abort, g, make_response, render_template, request

from models.knowledge import Article
from services import help_centre, settings
from views.pages.rendered import TAGS
from views.public_address import public_address

blueprint = Blueprint("crawlers", __name__)

#: places that are no reading matter: work, sign-in, conversations, searches
CLOSED = ("/admin", "/api/", "/c/", "/cards/", "/chat", "/desk", "/login", "/ask", "/search", "/tickets", "/widget/")


@blueprint.get("/robots.txt")
def robots() -> Response:
    """Everything or, where the company does not want to be found, nothing."""
    closed = CLOSED if settings.get_setting("search_engines") else ("/",)
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in closed)]
    if settings.get_setting("search_engines"):
        lines += ["", f"Sitemap: {public_address(g.actor)}/sitemap.xml"]
    return _kept(Response("\n".join(lines) + "\n", mimetype="text/plain"))


@blueprint.get("/sitemap.xml")
def index() -> Response:
    """The parts of the sitemap; the same for everybody, whoever asks."""
    _require_open()
    parts = max(1, math.ceil(help_centre.public_count(g.actor.tenant_id) / help_centre.SITEMAP_SIZE))
    changed = help_centre.last_change(help_centre.anybody(g.actor.tenant_id))
    return _xml("help/sitemaps.xml", parts=parts, changed=changed)


@blueprint.get("/sitemap-<int:part>.xml")
def sitemap(part: int) -> Response:
    """Articles by their numbers; the first part also has the home page and the categories."""
    _require_open()
    anybody = help_centre.anybody(g.actor.tenant_id)
    rows = help_centre.public_articles(g.actor.tenant_id, part)
    if not rows and part != 1:
        abort(404)
    shelves = []
    if part == 1:
        found = {shelf.id: shelf for locale in TAGS for shelf in _all(help_centre.shelves(anybody, locale))}
        shelves = [found[number] for number in sorted(found)]
    groups = _groups(rows)
    articles = [
        (help_centre.path_of(row), help_centre.changed(row), groups.get(row.translation_of_id or row.id, {}))
        for row in rows
    ]
    return _xml("help/sitemap.xml", is_first=part == 1, shelves=shelves, articles=articles)


def _groups(rows: list[Article]) -> dict[int, dict[str, str]]:
    """Number of an original → language → path, of what stands here in several languages."""
    groups: dict[int, dict[str, str]] = {}
    for row in rows:
        groups.setdefault(row.translation_of_id or row.id, {})[TAGS[row.locale]] = help_centre.path_of(row)
    return {number: paths for number, paths in groups.items() if len(paths) > 1}


def _all(shelves: list[help_centre.Shelf]) -> list[help_centre.Shelf]:
    return [one for shelf in shelves for one in (shelf, *_all(shelf.children))]


def _require_open() -> None:
    if not settings.get_setting("search_engines"):
        abort(404)


def _xml(template: str, **values) -> Response:
    text = render_template(template, base=public_address(g.actor), tags=TAGS, **values)
    return _kept(make_response(text, {"Content-Type": "application/xml; charset=utf-8"}))


def _kept(response: Response) -> Response:
    response.headers["Cache-Control"] = "public, no-cache"
    response.add_etag()
    return response.make_conditional(request)
