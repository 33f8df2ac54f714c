"""Articles and categories: writing, publishing, rating (KB). What search sees changes by `index_version`."""

from sqlalchemy import func, select, update
from sqlalchemy.orm import joinedload

from app.errors import Conflict, Invalid, Reason
from app.extensions import db
from models.actor import Actor
from models.knowledge import Article, ArticleCategory, ArticleStatus, IndexState
from models.types import utcnow
from services.crud import crud, referenced
from services.operation import announce, operation, run

WRITABLE = ("title", "body", "phrasings", "category_id", "tags", "visibility", "locale")
MAX_PHRASINGS = 50


def check_article(actor: Actor, row: Article, data: dict) -> None:
    """Refuse or complete an article before it is stored; also for imports. Raises Invalid."""
    row.title = " ".join((row.title or "").split())
    if not row.title:
        raise Invalid("An article needs a title", fields={"title": "required"})
    if row.locale not in (None, "zh", "en"):
        raise Invalid("This language is not known", fields={"locale": "zh or en"})
    referenced(ArticleCategory, row.category_id, actor, "categoryId")
    phrasings = [" ".join(str(text).split()) for text in row.phrasings or []]
    if len(phrasings) > MAX_PHRASINGS or any(len(text) > 255 for text in phrasings):
        raise Invalid(
            "Too many or too long phrasings",
            fields={"phrasings": Reason("at most %(number)s of 255 characters", number=MAX_PHRASINGS)},
        )
    row.phrasings = list(dict.fromkeys(text for text in phrasings if text and text != row.title))
    if row.id is not None and row.status is ArticleStatus.published:
        touch(row)


def _remove_from_index(actor: Actor, row: Article) -> None:
    touch(row)


def _keep_used(actor: Actor, row: ArticleCategory) -> None:
    if db.session.scalar(select(Article.id).where(Article.category_id == row.id).limit(1)):
        raise Conflict("The category still has articles")
    if db.session.scalar(select(ArticleCategory.id).where(ArticleCategory.parent_id == row.id).limit(1)):
        raise Conflict("The category still has categories below it")


def _check_category(actor: Actor, row: ArticleCategory, data: dict) -> None:
    row.name = (row.name or "").strip()
    if not row.name:
        raise Invalid("A category needs a name", fields={"name": "required"})
    parent, seen = referenced(ArticleCategory, row.parent_id, actor, "parentId"), {row.id}
    while parent is not None:
        if parent.id in seen:
            raise Conflict("A category cannot stand below itself")
        seen.add(parent.id)
        parent = parent.parent


crud(
    "article_category",
    ArticleCategory,
    title="Article category",
    writable=("name", "parent_id", "sort"),
    check=_check_category,
    before_delete=_keep_used,
)
crud(
    "article",
    Article,
    title="Article",
    writable=WRITABLE,
    check=check_article,
    before_delete=_remove_from_index,
    restorable=True,
)


@operation("article.publish", title="Publish an article")
def publish_article(actor: Actor, article: Article) -> Article:
    """Customers and the bot find it within two seconds."""
    if not article.body.strip():
        raise Invalid("An article without text cannot be published", fields={"body": "required"})
    if article.status is not ArticleStatus.published:
        article.status, article.publish_time = ArticleStatus.published, utcnow()
        touch(article)
        announce("article.published", article_id=article.id)
    return article


@operation("article.withdraw", title="Withdraw an article")
def withdraw_article(actor: Actor, article: Article) -> Article:
    """Nobody but the editors finds it any more."""
    if article.status is ArticleStatus.published:
        article.status = ArticleStatus.withdrawn
        touch(article)
        announce("article.withdrawn", article_id=article.id)
    return article


@operation("article.rate", title="Rate an article")
def rate_article(actor: Actor, article: Article, *, helpful: bool) -> None:
    """A reader's thumb up or down."""
    column = Article.helpful_count if helpful else Article.unhelpful_count
    _count(article.id, column)


def count_view(actor: Actor, article: Article) -> None:
    """One more reader. A counter, not a change of the article: no version, no log."""
    run(actor, "article.view", lambda: _count(article.id, Article.view_count))


def touch(article: Article) -> None:
    """Inside an operation: search has to look at this article again."""
    article.index_version = next_index_version()


def next_index_version() -> int:
    """Inside an operation: the company's next change number."""
    changed = db.session.execute(
        update(IndexState)
        .values(version=IndexState.version + 1)
        .where(IndexState.tenant_id == db.session().info["tenant_id"]),
        execution_options={"synchronize_session": False},
    ).rowcount
    if not changed:
        db.session.add(IndexState(version=1))
        db.session.flush()
        return 1
    return db.session.scalar(select(IndexState.version))


def popular(actor: Actor, locale: str, size: int) -> list[Article]:
    """What is read most in this language; in any where nothing was written in it.

    Of what has been read as often the older comes first: a new installation begins with the order in which the help
    centre was filled.
    """
    query = (
        select(Article)
        .where(Article.visible_to(actor), Article.status == ArticleStatus.published)
        .options(joinedload(Article.category))
        .order_by(Article.view_count.desc(), Article.id)
        .limit(size)
    )
    return list(db.session.scalars(query.where(Article.locale == locale))) or list(db.session.scalars(query))


def article_counts(actor: Actor, category_ids: list[int], locale: str) -> dict[int, int]:
    """How many articles in a language this actor may read, per category."""
    return dict(
        db.session.execute(
            select(Article.category_id, func.count())
            .where(Article.category_id.in_(category_ids), Article.locale == locale, Article.visible_to(actor))
            .group_by(Article.category_id)
        )
        .tuples()
        .all()
    )


def _count(article_id: int, column) -> None:
    db.session.execute(
        update(Article)
        .where(Article.id == article_id)
        .values({column.key: column + 1, "update_time": Article.update_time}),
        execution_options={"synchronize_session": False},
    )
