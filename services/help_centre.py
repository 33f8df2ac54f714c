"""What the help centre shows around its articles: shelves, ways on, and what search engines may know (KB-3, KB-5).

Everything is asked for through `Article.readable_by`: what somebody may not read is neither listed nor counted nor
linked.
"""

import datetime as dt
from dataclasses import dataclass, field

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import load_only

from app.extensions import db
from app.offload import offload
from models.actor import Actor
from models.knowledge import Article, ArticleCategory, ArticleStatus, Readership, Visibility
from models.messaging import FileObject
from models.types import utcnow
from services import knowledge, markdown
from services.knowledge_index import readable, search
from services.slugs import address

#: of these a page has a table of contents
CONTENTS_FROM = 3
RELATED = 5
#: addresses in one file of the sitemap; the protocol allows 50,000
SITEMAP_SIZE = 5000
#: pieces of text longer than this are made ready in a native thread
_LONG = 4000


@dataclass
class Shelf:
    """A category as a reader sees it."""

    id: int
    name: str
    #: articles that lie in it, without those of the categories below
    count: int
    parent_id: int | None
    children: list["Shelf"] = field(default_factory=list)

    @property
    def path(self) -> str:
        return address("categories", self.id, self.name)

    @property
    def total(self) -> int:
        return self.count + sum(child.total for child in self.children)


def path_of(article: Article) -> str:
    """The one address under which an article is found."""
    return address("articles", article.id, article.title)


def anybody(tenant_id: int) -> Actor:
    """Who has not said a word yet; for what is the same whoever asks."""
    return Actor(kind="anonymous", tenant_id=tenant_id, permissions=frozenset({"article.read"}))


def shelves(actor: Actor, locale: str) -> list[Shelf]:
    """The categories at the top, each with those below it, in the editors' order; empty ones are left out."""
    rows = list(
        db.session.scalars(
            select(ArticleCategory)
            .where(ArticleCategory.visible_to(actor))
            .order_by(ArticleCategory.sort, ArticleCategory.id)
        )
    )
    counts = knowledge.article_counts(actor, [row.id for row in rows], locale)
    known = {row.id: Shelf(row.id, row.name, counts.get(row.id, 0), row.parent_id) for row in rows}
    tops = []
    for shelf in known.values():
        # one whose parent nobody may see stands at the top itself
        (known[shelf.parent_id].children if shelf.parent_id in known else tops).append(shelf)
    return [shelf for shelf in tops if shelf.total]


def way_to(category: ArticleCategory | None) -> list[ArticleCategory]:
    """The categories from the top down to this one."""
    way: list[ArticleCategory] = []
    while category is not None and category not in way:
        way.insert(0, category)
        category = category.parent
    return way


def find_shelf(tops: list[Shelf], number: int | None) -> list[Shelf]:
    """The way from the top to a category, itself last; [] where it is not shown."""
    for shelf in tops:
        if shelf.id == number:
            return [shelf]
        if below := find_shelf(shelf.children, number):
            return [shelf, *below]
    return []


def articles_of(actor: Actor, category_id: int, locale: str, page: int, size: int) -> tuple[list[Article], int]:
    """A page of a category in the reader's language, in the order of writing; in any where it has none in it."""
    everything = _readable(actor).where(Article.category_id == category_id)
    for query in (everything.where(Article.locale == locale), everything):
        total = db.session.scalar(select(func.count()).select_from(query.with_only_columns(Article.id).subquery()))
        if total:
            rows = query.order_by(Article.id).offset((page - 1) * size).limit(size)
            return list(db.session.scalars(rows)), total
    return [], 0


def neighbours(actor: Actor, article: Article) -> tuple[Article | None, Article | None]:
    """The articles before and after this one in its category."""
    if article.category_id is None:
        return None, None
    others = _readable(actor).where(Article.category_id == article.category_id, Article.locale == article.locale)
    before = others.where(Article.id < article.id).order_by(Article.id.desc()).limit(1)
    after = others.where(Article.id > article.id).order_by(Article.id).limit(1)
    return db.session.scalars(before).first(), db.session.scalars(after).first()


def related(actor: Actor, article: Article) -> list[Article]:
    """What else may be of use to who reads this, in the same language, nearest first."""
    keys = [hit.key for hit in search(actor, article.title, 2 * RELATED) if hit.key != article.id]
    found = readable(actor, keys)
    return [found[key] for key in keys if key in found and found[key].locale == article.locale][:RELATED]


def translations(actor: Actor, article: Article) -> dict[str, Article]:
    """Language → the same article in it, itself included, as far as this actor may read them."""
    origin = article.translation_of_id or article.id
    same = _readable(actor).where(or_(Article.id == origin, Article.translation_of_id == origin))
    return {row.locale: row for row in db.session.scalars(same.order_by(Article.id.desc()))} | {article.locale: article}


def page_of(article: Article) -> markdown.Page:
    """The article's text for a reader: safe HTML, pictures with their sizes, and its headings."""
    numbers, sizes = markdown.picture_ids(article.body), {}
    if numbers:
        rows = db.session.execute(
            select(FileObject.id, FileObject.width, FileObject.height).where(
                FileObject.id.in_(numbers), FileObject.width.is_not(None), FileObject.height.is_not(None)
            )
        )
        sizes = {number: (width, height) for number, width, height in rows}
    if len(article.body) > _LONG:
        return offload(markdown.to_page, article.body, sizes)
    return markdown.to_page(article.body, sizes)


def contents(page: markdown.Page) -> list[markdown.Heading]:
    """The table of contents of a long text; none of a short one."""
    listed = [heading for heading in page.headings if heading.level in (2, 3)]
    return listed if len(listed) >= CONTENTS_FROM else []


def was_public(number: int) -> bool:
    """Whether this was an article for everybody once, and is not any more: gone, not unknown."""
    row = db.session.scalars(
        select(Article).where(Article.id == number), execution_options={"include_deleted": True}
    ).first()
    return (
        row is not None
        and row.visibility is Visibility.public
        and row.publish_time is not None
        and (bool(row.deleted) or row.status is ArticleStatus.withdrawn or _is_over(row))
    )


def changed(article: Article) -> dt.datetime:
    """When readers last saw something else than before."""
    return article.content_time or article.publish_time or article.update_time


def public_count(tenant_id: int) -> int:
    """How many articles everybody may read."""
    return db.session.scalar(
        select(func.count()).select_from(_readable(anybody(tenant_id)).with_only_columns(Article.id).subquery())
    )


def public_articles(tenant_id: int, part: int) -> list[Article]:
    """One part, from 1, of what everybody may read; without the texts."""
    shown = (Article.id, Article.title, Article.locale, Article.translation_of_id)
    times = (Article.content_time, Article.publish_time, Article.update_time)
    rows = _readable(anybody(tenant_id)).options(load_only(*shown, *times)).order_by(Article.id)
    return list(db.session.scalars(rows.offset((part - 1) * SITEMAP_SIZE).limit(SITEMAP_SIZE)))


def last_change(actor: Actor) -> dt.datetime | None:
    """When something that this actor may read was changed last."""
    moment = func.max(func.coalesce(Article.content_time, Article.publish_time, Article.update_time))
    return db.session.scalar(_readable(actor).with_only_columns(moment))


def _is_over(article: Article) -> bool:
    return article.valid_until is not None and article.valid_until <= utcnow()


def _readable(actor: Actor) -> Select:
    """What this actor finds; also of an editor's only what readers see."""
    return select(Article).where(Article.readable_by(Readership.of(actor)))
