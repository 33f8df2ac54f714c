"""The public side of the help centre: whole pages, readable without scripts and by search engines (KB-3, KB-5).

Where there are scripts the portal takes over the page that stands here, under the same address.
"""

import datetime as dt
import math
import re
from urllib.parse import unquote

import pytz
from babel.dates import format_date
from flask import Blueprint, Response, current_app, g, redirect, request
from flask_babel import gettext
from markupsafe import Markup, escape
from sqlalchemy import select

from app.extensions import db
from app.locale import ARGUMENT, LANGUAGES, current_locale
from models.hours import DEFAULT_ZONE
from models.knowledge import Article
from services import assistant, help_centre, knowledge, markdown, settings
from services.help_centre import Shelf
from services.slugs import address
from services.throttle import throttle
from views import auth
from views.pages import structured
from views.pages.rendered import TAGS, Head, answer, reading
from views.public_address import public_address

blueprint = Blueprint("help_centre", __name__)

HOT = 8
PAGE_SIZE = 30
FOUND = 20
DESCRIPTION = 155


@blueprint.get("/")
def home() -> Response:
    with reading() as locale:
        base, company = public_address(g.actor), settings.get_setting("company_name")
        variants = {language: f"/?{ARGUMENT}={language}" for language in LANGUAGES}
        head = Head(
            gettext("Help centre"),
            gettext("Answers to frequent questions, by subject. Ask a question of your own, or talk to a person."),
            variants.get(request.args.get(ARGUMENT, ""), "/"),
            changed=help_centre.last_change(g.actor),
            alternates={TAGS[language]: path for language, path in variants.items()} | {"x-default": "/"},
            graph=[structured.of_home(base, company)],
        )
        hot = [
            _line(row) | {"note": row.category.name if row.category else ""}
            for row in knowledge.popular(g.actor, locale, HOT)
        ]
        return answer("help/home.html", head, shelves=help_centre.shelves(g.actor, locale), hot=hot)


@blueprint.get("/categories/<id:number>", strict_slashes=False)
@blueprint.get("/categories/<id:number>-<words>", strict_slashes=False)
def category(number: int, words: str = "") -> Response:
    """A category with what lies in it, thirty at a time."""
    with reading() as locale:
        way, language = _find_shelf(number, locale)
        if not way:
            return _nothing(404)
        shelf, current = way[-1], request.args.get("page", 1, type=int)
        rows, total = help_centre.articles_of(g.actor, number, language, max(current, 1), PAGE_SIZE)
        pages = max(1, math.ceil(total / PAGE_SIZE))
        if not 1 <= current <= pages:
            return _nothing(404)
        if request.path != unquote(shelf.path):
            return _moved(shelf.path)
        base, steps = public_address(g.actor), [(gettext("Home"), "/"), *((one.name, one.path) for one in way)]
        head = Head(
            shelf.name,
            gettext("Help articles about “%(name)s”", name=shelf.name),
            shelf.path + (f"?page={current}" if current > 1 else ""),
            changed=max(map(help_centre.changed, rows), default=None),
            graph=[structured.way(base, steps), structured.of_list(base, shelf.name, rows)],
        )
        lines = [_line(row) | {"text": markdown.summary(row.body)} for row in rows]
        return answer("help/category.html", head, steps=steps, shelf=shelf, articles=lines, page=current, pages=pages)


@blueprint.get("/articles/<id:number>", strict_slashes=False)
@blueprint.get("/articles/<id:number>-<words>", strict_slashes=False)
def article(number: int, words: str = "") -> Response:
    """One article; who may not read it is told the same as if there were none."""
    row = db.session.scalars(select(Article).where(Article.id == number, Article.visible_to(g.actor))).first()
    with reading(row.locale if row is not None else "") as locale:
        if row is None:
            return _nothing(410 if help_centre.was_public(number) else 404)
        path = help_centre.path_of(row)
        if request.path != unquote(path):
            return _moved(path)
        text, steps = help_centre.page_of(row), _way_to(row)
        before, after = help_centre.neighbours(g.actor, row)
        return answer(
            "help/article.html",
            _head_of(row, steps, text.html),
            article=row,
            tag=TAGS[row.locale],
            is_foreign=row.locale != locale,
            changed=_day(help_centre.changed(row)),
            text=text,
            contents=help_centre.contents(text),
            steps=steps,
            before=_line(before),
            after=_line(after),
            related=[_line(other) for other in help_centre.related(g.actor, row)],
        )


@blueprint.get("/search", strict_slashes=False)
def search() -> Response:
    """What fits the words in the address; the form of every page leads here where there are no scripts."""
    query = " ".join(request.args.get("q", "").split())[: assistant.MAX_QUESTION]
    with reading() as locale:
        found = []
        if query:
            throttle.hit(current_app.config["REQUEST_RATE_PER_IP"], "request", auth.client_ip())
            found = assistant.search_articles(g.actor, query, FOUND, locale=locale)["list"]
        head = Head(query or gettext("Search"), "", "/search", indexed=False)
        return answer("help/search.html", head, query=query, found=[_hit(hit) for hit in found])


def _find_shelf(number: int | None, locale: str) -> tuple[list[Shelf], str]:
    """The way to a category and the language in which it is shown: the other one where this one has nothing there."""
    for language in sorted(LANGUAGES, key=lambda language: language != locale):
        if way := help_centre.find_shelf(help_centre.shelves(g.actor, language), number):
            return way, language
    return [], locale


def _head_of(row: Article, steps: list[tuple[str, str]], html: str) -> Head:
    base, pictures = public_address(g.actor), markdown.picture_ids(row.body)
    head = Head(
        row.title,
        markdown.summary(row.body, DESCRIPTION),
        help_centre.path_of(row),
        indexed=row.is_shown,
        changed=help_centre.changed(row),
        kind="article",
        image=f"/api/v1/files/{pictures[0]}/content" if pictures else "",
    )
    others = help_centre.translations(g.actor, row)
    if len(others) > 1:
        head.alternates = {TAGS[locale]: help_centre.path_of(other) for locale, other in others.items()}
    asked = structured.of_question(row, html)
    head.graph = [
        structured.of_article(base, row, head.description, settings.get_setting("company_name")),
        structured.way(base, [*steps, (row.title, head.path)]),
        *([asked] if asked else []),
    ]
    return head


def _way_to(row: Article) -> list[tuple[str, str]]:
    above = help_centre.way_to(row.category)
    return [(gettext("Home"), "/"), *((one.name, address("categories", one.id, one.name)) for one in above)]


def _day(moment: dt.datetime) -> str:
    """The company's day, as the portal writes it too."""
    local = pytz.utc.localize(moment).astimezone(pytz.timezone(DEFAULT_ZONE))
    return format_date(local, "long", locale="zh_CN" if current_locale() == "zh" else "en_GB")


def _line(row: Article | None) -> dict | None:
    return row and {"title": row.title, "path": help_centre.path_of(row)}


def _hit(hit: dict) -> dict:
    return {
        "path": f"/articles/{hit['articleId']}",
        "title": _marked(hit["title"], hit["highlights"]),
        "text": _marked(hit["snippet"], hit["highlights"]),
    }


def _marked(text: str, words: list[str]) -> Markup:
    """The words that were looked for, marked; everything else as it was written."""
    if not words:
        return escape(text)
    pattern = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
    parts = re.split(f"({pattern})", text, flags=re.IGNORECASE)
    return Markup("").join(
        Markup("<mark>{}</mark>").format(part) if place % 2 else escape(part) for place, part in enumerate(parts)
    )


def _moved(path: str) -> Response:
    """To the one address of this page. Its name may change again, so nobody keeps this for good."""
    query = request.query_string.decode()
    response = redirect(path + (f"?{query}" if query else ""), 301)
    response.headers["Cache-Control"] = "no-cache"
    return response


def _nothing(status: int) -> Response:
    """404 or 410; whoever has an account may try again with it."""
    title = gettext("This article is no longer available") if status == 410 else gettext("Page not found")
    return answer("help/nothing.html", Head(title, "", "/", indexed=False), status, withdrawn=status == 410)
