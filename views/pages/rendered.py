"""Pages that are complete as the server sends them: their language, their head, and who may keep them.

What a reader who is not signed in gets may be kept by browsers and proxies, which ask each time whether it still holds.
What somebody gets who is signed in is kept by nobody. So that the same page is the same bytes, nothing in it is new
each time: no key of a form, no word that lets a script run.
"""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from flask import Response, g, make_response, render_template, request, url_for
from flask_babel import force_locale

from app.locale import ARGUMENT, LANGUAGES, current_locale, speaking
from services import settings
from views import headers
from views.api.session import remember_locale
from views.pages.shells import assets, chosen_theme
from views.public_address import public_address

#: the one script that is no file, the same for everybody: see headers.allow_script
FIRST_COLOURS = (
    "if (matchMedia('(prefers-color-scheme: dark)').matches) document.documentElement.dataset.theme = 'dark'"
)
#: languages as browsers and search engines write them
TAGS = {"zh": "zh-CN", "en": "en"}


@dataclass
class Head:
    """What a page says of itself to browsers, search engines, and whoever shows a link to it."""

    title: str
    description: str
    #: where it is found, without the host
    path: str
    indexed: bool = True
    changed: dt.datetime | None = None
    kind: str = "website"
    #: path of a picture
    image: str = ""
    #: language → path of the same page in it
    alternates: dict[str, str] = field(default_factory=dict)
    #: what it is about, for machines (schema.org)
    graph: list[dict] = field(default_factory=list)


@contextmanager
def reading(content: str = "") -> Iterator[str]:
    """Inside, everything is said in the reader's language; in that of the content to who has not said his."""
    locale = current_locale(content)
    with force_locale(locale), speaking(locale):
        yield locale


def answer(template: str, head: Head, status: int = 200, **values) -> Response:
    """The page, with what browsers may do with it."""
    tokens, entry = assets("tokens"), assets("portal")
    response = make_response(
        render_template(
            template,
            head=head,
            base=public_address(g.actor),
            indexed=head.indexed and settings.get_setting("search_engines"),
            locale=current_locale(),
            tags=TAGS,
            theme=chosen_theme(),
            first_colours=FIRST_COLOURS,
            company=settings.get_setting("company_name"),
            entry=entry,
            styles=list(dict.fromkeys(tokens["css"] + entry["css"])),
            other=_other_language(),
            reader=g.actor.name if g.actor.kind == "user" else "",
            **values,
        ),
        status,
    )
    headers.allow_script(FIRST_COLOURS)
    return _kept(response, head)


def _kept(response: Response, head: Head) -> Response:
    response.vary.update(("Cookie", "Accept-Language"))
    chosen = request.args.get(ARGUMENT)
    if chosen in LANGUAGES:
        remember_locale(response, chosen)
    if g.actor.kind != "anonymous" or chosen in LANGUAGES or response.status_code != 200:
        response.headers["Cache-Control"] = "private, no-store"
        return response
    response.headers["Cache-Control"] = "public, no-cache"
    response.last_modified = head.changed
    response.add_etag()
    return response.make_conditional(request)


def _other_language() -> tuple[str, str]:
    """The other language, and the address of this page in it."""
    other = next(language for language in LANGUAGES if language != current_locale())
    arguments = {name: value for name, value in request.args.items() if name != ARGUMENT}
    if request.url_rule is None:
        return other, f"/?{ARGUMENT}={other}"
    return other, url_for(request.endpoint, **{**(request.view_args or {}), **arguments, ARGUMENT: other})
