"""Around an article: what a reader finds beside it, and what he says about it (KB-5)."""

from models.actor import Actor
from models.article_verdicts import ArticleVerdict
from models.knowledge import Article
from services import article_verdicts, help_centre
from services.operation import OPERATIONS
from services.slugs import address
from services.throttle import throttle
from views import auth
from views.api.endpoint import endpoint, load
from views.api.resource import Resource, serve

SECTION = "知识库接口"
#: more than somebody reads; without it one who is nobody could fill the table
_VERDICTS_PER_IP = "60 per hour"

VERDICTS = serve(
    Resource(
        path="kb/verdicts",
        key="article_verdict",
        model=ArticleVerdict,
        section=SECTION,
        title="文章评价",
        out=("id", "article_id", "helpful", "reason", "comment", "create_time", "update_time"),
        filters=("article_id", "helpful", "reason"),
        search=("comment",),
        eager=("article",),
        more={"articleTitle": lambda actor, row: row.article.title},
        writes=(),
    )
)


def around(actor: Actor, article: Article) -> dict:
    """What a page shows beside the text: the way to it, its contents, and where to read on."""
    before, after = help_centre.neighbours(actor, article)
    return {
        "path": help_centre.path_of(article),
        "contentTime": help_centre.changed(article).isoformat(timespec="milliseconds") + "Z",
        "way": [
            {"id": one.id, "name": one.name, "path": address("categories", one.id, one.name)}
            for one in help_centre.way_to(article.category)
        ],
        "contents": [
            {"level": heading.level, "id": heading.id, "text": heading.text}
            for heading in help_centre.contents(help_centre.page_of(article))
        ],
        "previous": _named(before),
        "next": _named(after),
        "related": [_named(other) for other in help_centre.related(actor, article)],
    }


@endpoint(
    "POST",
    "/kb/articles/<id:id>/feedback",
    section=SECTION,
    summary="文章评价",
    right="article.rate",
    fields=OPERATIONS["article.rate"].data_fields,
)
def feedback(actor: Actor, row_id: int, **data):
    """What this reader thinks of an article; said again, it takes the place of what he said before."""
    if actor.kind == "anonymous":
        throttle.hit(_VERDICTS_PER_IP, "verdict", auth.client_ip())
    verdict = article_verdicts.rate_article(actor, load(Article, row_id, actor), **data)
    return {"helpful": verdict.helpful, "reason": verdict.reason, "comment": verdict.comment}


def _named(article: Article | None) -> dict | None:
    return article and {"id": article.id, "title": article.title}
