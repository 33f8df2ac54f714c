"""知识库接口: articles, search, questions (B §8.11)."""

from collections.abc import Collection

from sqlalchemy import or_, select

from app.errors import Invalid
from app.extensions import db
from app.locale import LANGUAGES, current_locale
from models.actor import Actor
from models.identity import User
from models.knowledge import Article, Visibility
from services import assistant, help_centre, knowledge
from services.article_filters import Filters
from services.markdown import summary
from services.operation import DataField
from views.api.endpoint import action, endpoint, load
from views.api.help_centre import around
from views.api.resource import PAGING, Resource, listing, moment, plain

SECTION = "知识库接口"
MAX_POPULAR = 20

#: what customers are not told: whom else articles address, and what editors are at
_OF_THE_HOUSE = {"teamIds": "team_ids", "levels": "levels", "proposal": "proposal", "indexError": "index_error"}


def _for_staff(column: str):
    return lambda actor, row: plain(getattr(row, column)) if actor.is_staff else None


def _editors(actor: Actor, rows: list[Article]) -> dict[int, dict]:
    """Who has changed these articles last, for those who write articles too."""
    if not actor.may("article.update"):
        return {}
    named = select(User.id, User.full_name, User.username).where(User.id.in_({row.update_by for row in rows} - {None}))
    names = {
        number: full_name or username
        for number, full_name, username in db.session.execute(named, execution_options={"include_deleted": True})
    }
    return {row.id: {"editedBy": names.get(row.update_by)} for row in rows}


ARTICLES = Resource(
    path="kb/articles",
    key="article",
    model=Article,
    section=SECTION,
    title="文章",
    out=(
        "id",
        "title",
        "category_id",
        "tags",
        "locale",
        "status",
        "visibility",
        "translation_of_id",
        "valid_from",
        "valid_until",
        "view_count",
        "helpful_count",
        "unhelpful_count",
        "publish_time",
        "content_time",
        "create_time",
        "update_time",
        "version",
    ),
    filters=("category_id", "status", "visibility", "locale", "proposal"),
    sort=("id", "title", "view_count", "helpful_count", "create_time", "update_time", "publish_time"),
    search=("title", "body"),
    eager=("category",),
    more={
        "categoryName": lambda actor, row: row.category.name if row.category else None,
        "summary": lambda actor, row: summary(row.body),
        **{name: _for_staff(column) for name, column in _OF_THE_HOUSE.items()},
        "path": lambda actor, row: help_centre.path_of(row),
    },
    enrich=_editors,
    writes=(),
)


def dump(actor: Actor, article: Article) -> dict:
    """One article in full; Markdown and phrasings for those who may edit."""
    data = ARTICLES.dump(actor, article) | {"bodyHtml": help_centre.page_of(article).html}
    if actor.is_staff:
        data |= {"bodyMarkdown": article.body, "phrasings": article.phrasings or []}
    return data


@endpoint(
    "GET",
    "/kb/articles",
    section=SECTION,
    summary="文章列表",
    right="article.read",
    query={
        **PAGING,
        "categoryId": int,
        "withBelow": bool,
        "status": str,
        "visibility": str,
        "locale": str,
        "tag": str,
        "proposal": str,
        "authorId": int,
        "hasIndexError": bool,
    },
)
def list_articles(
    actor: Actor,
    categoryId: int = 0,
    withBelow: bool = False,
    tag: str = "",
    authorId: int = 0,
    hasIndexError: bool | None = None,
    **query,
):
    """`withBelow`: also of the categories below; category -1: of none. `authorId`: who wrote or changed it last."""
    wanted = select(Article)
    if categoryId:
        numbers = knowledge.with_those_below(categoryId) if withBelow else [categoryId]
        wanted = wanted.where(Article.category_id.in_(numbers) if categoryId > 0 else Article.category_id.is_(None))
    if tag:
        wanted = wanted.where(knowledge.tagged(tag))
    if authorId:
        wanted = wanted.where(or_(Article.create_by == authorId, Article.update_by == authorId))
    if hasIndexError is not None:
        wanted = wanted.where(Article.index_error.is_not(None) if hasIndexError else Article.index_error.is_(None))
    narrow = bool(categoryId or tag or authorId or hasIndexError)
    return listing(ARTICLES, actor, statement=wanted, narrow=narrow, **query)


@endpoint(
    "GET",
    "/kb/articles/popular",
    section=SECTION,
    summary="大家常看",
    right="article.read",
    query={"size": int, "locale": str},
)
def popular_articles(actor: Actor, size: int = 8, locale: str = ""):
    """What is read most in the reader's language; whatever there is where nothing was written in it."""
    rows = knowledge.popular(actor, locale if locale in LANGUAGES else current_locale(), max(1, min(size, MAX_POPULAR)))
    return ARTICLES.dump_all(actor, rows)


@endpoint(
    "GET",
    "/kb/articles/search",
    section=SECTION,
    summary="搜索文章",
    right="article.read",
    query={
        "q": str,
        "size": int,
        "categoryId": int,
        "tag": str,
        "locale": str,
        "visibility": str,
        "changedFrom": str,
        "changedTo": str,
    },
)
def search_articles(
    actor: Actor,
    q: str = "",
    size: int = 8,
    categoryId: int = 0,
    tag: str = "",
    locale: str = "",
    visibility: str = "",
    changedFrom: str = "",
    changedTo: str = "",
):
    """Also for search as one types. A category counts with those below it; times in ISO 8601, the later one not
    included.
    """
    filters = Filters(
        category_id=categoryId,
        tag=tag,
        locale=_known("locale", locale, LANGUAGES),
        visibility=Visibility(_known("visibility", visibility, list(Visibility))) if visibility else None,
        since=moment(changedFrom, "changedFrom") if changedFrom else None,
        until=moment(changedTo, "changedTo") if changedTo else None,
    )
    return assistant.search_articles(
        actor, q, max(1, min(size, 20)), locale=filters.locale or current_locale(), filters=filters
    )


def _known(name: str, value: str, values: Collection[str]) -> str:
    if value and value not in values:
        raise Invalid("The request is not valid", fields={name: "unknown"})
    return value


@endpoint("GET", "/kb/articles/<id:id>", section=SECTION, summary="文章详情", right="article.read")
def show_article(actor: Actor, row_id: int):
    article = load(Article, row_id, actor)
    if not actor.may("article.update"):
        knowledge.count_view(actor, article)
    return dump(actor, article) | around(actor, article)


@endpoint(
    "POST",
    "/kb/qa",
    section=SECTION,
    summary="智能问答",
    right="article.ask",
    fields=(DataField("question", str, max_length=2000), DataField("about_article_id", int | None, None)),
)
def ask(actor: Actor, question: str, about_article_id: int | None = None):
    return assistant.ask(actor, question, locale=current_locale(), about_article_id=about_article_id)


action("POST", "/kb/articles", "article.create", dump=dump, section=SECTION, summary="创建文章")
action("PUT", "/kb/articles/<id:id>", "article.update", on=Article, dump=dump, section=SECTION, summary="更新文章")
action("DELETE", "/kb/articles/<id:id>", "article.delete", on=Article, section=SECTION, summary="删除文章")
action(
    "POST",
    "/kb/articles/<id:id>/publish",
    "article.publish",
    on=Article,
    dump=dump,
    section=SECTION,
    summary="发布文章",
)
action(
    "POST",
    "/kb/articles/<id:id>/withdraw",
    "article.withdraw",
    on=Article,
    dump=dump,
    section=SECTION,
    summary="下架文章",
)
