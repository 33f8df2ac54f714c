"""知识库接口: articles, search, questions (B §8.11)."""

from sqlalchemy import select

from app.extensions import db
from app.locale import LANGUAGES, current_locale
from models.actor import Actor
from models.knowledge import Article, ArticleStatus
from services import assistant, knowledge, knowledge_index
from services.markdown import summary, to_html
from services.operation import OPERATIONS, DataField
from views.api.endpoint import action, endpoint, load
from views.api.resource import PAGING, Resource, listing

SECTION = "知识库接口"
MAX_POPULAR = 20

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
        "view_count",
        "helpful_count",
        "unhelpful_count",
        "publish_time",
        "create_time",
        "update_time",
        "version",
    ),
    filters=("category_id", "status", "visibility", "locale"),
    sort=("id", "title", "view_count", "create_time", "update_time"),
    search=("title",),
    eager=("category",),
    more={
        "categoryName": lambda actor, row: row.category.name if row.category else None,
        "summary": lambda actor, row: summary(row.body),
    },
    writes=(),
)


def dump(actor: Actor, article: Article) -> dict:
    """One article in full; Markdown and phrasings for those who may edit."""
    data = ARTICLES.dump(actor, article) | {"bodyHtml": to_html(article.body)}
    if actor.is_staff:
        data |= {"bodyMarkdown": article.body, "phrasings": article.phrasings or [], "indexError": article.index_error}
    return data


@endpoint(
    "GET",
    "/kb/articles",
    section=SECTION,
    summary="文章列表",
    right="article.read",
    query={**PAGING, "categoryId": int, "status": str, "visibility": str, "locale": str},
)
def list_articles(actor: Actor, **query):
    return listing(ARTICLES, actor, **query)


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
    query={"q": str, "size": int},
)
def search_articles(actor: Actor, q: str = "", size: int = 8):
    return assistant.search_articles(actor, q, max(1, min(size, 20)), locale=current_locale())


@endpoint("GET", "/kb/articles/<id:id>", section=SECTION, summary="文章详情", right="article.read")
def show_article(actor: Actor, row_id: int):
    article = load(Article, row_id, actor)
    if article.status is ArticleStatus.published and not actor.may("article.update"):
        knowledge.count_view(actor, article)
    hits = knowledge_index.search(actor, article.title, 8)
    titles = dict(
        db.session.execute(
            select(Article.id, Article.title).where(
                Article.id.in_([hit.key for hit in hits if hit.key != row_id]),
                Article.locale == article.locale,
                Article.visible_to(actor),
            )
        )
        .tuples()
        .all()
    )
    return dump(actor, article) | {
        "related": [{"id": hit.key, "title": titles[hit.key]} for hit in hits if hit.key in titles][:5]
    }


@endpoint(
    "POST",
    "/kb/qa",
    section=SECTION,
    summary="智能问答",
    right="article.ask",
    fields=(DataField("question", str, max_length=2000),),
)
def ask(actor: Actor, question: str):
    return assistant.ask(actor, question, locale=current_locale())


@endpoint(
    "POST",
    "/kb/articles/<id:id>/feedback",
    section=SECTION,
    summary="文章评价",
    right="article.rate",
    fields=OPERATIONS["article.rate"].data_fields,
)
def feedback(actor: Actor, row_id: int, helpful: bool):
    knowledge.rate_article(actor, load(Article, row_id, actor), helpful=helpful)


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
