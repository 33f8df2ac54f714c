"""Frames from which new articles begin (KB-1)."""

from app.errors import Invalid
from models.actor import Actor
from models.articles import ArticleTemplate
from models.knowledge import ArticleCategory
from services.crud import crud, referenced

MAX_TAGS = 20


def _check(actor: Actor, row: ArticleTemplate, data: dict) -> None:
    row.name = " ".join((row.name or "").split())
    if not row.name:
        raise Invalid("A template needs a name", fields={"name": "required"})
    if row.locale not in (None, "zh", "en"):
        raise Invalid("This language is not known", fields={"locale": "zh or en"})
    if len(row.tags or ()) > MAX_TAGS:
        raise Invalid("Too many or too long tags", fields={"tags": "too long"})
    row.category = referenced(ArticleCategory, row.category_id, actor, "categoryId")


crud(
    "article_template",
    ArticleTemplate,
    title="Article template",
    writable=("name", "locale", "title", "body", "tags", "category_id", "sort"),
    check=_check,
)
