"""Articles and their categories as readers and search know them (KB). What search sees changes by `index_version`.

How articles are written and published: `services.articles`.
"""

import json
from collections import Counter

from sqlalchemy import String, func, select, type_coerce, update
from sqlalchemy.orm import joinedload

from app.errors import Conflict, Invalid, Reason
from app.extensions import db
from models.actor import Actor
from models.knowledge import Article, ArticleCategory, ArticleStatus, IndexState, Readership, Visibility
from models.organization import Team
from models.types import in_utc
from services.crud import crud, referenced
from services.index_state import raise_counter
from services.operation import announce, operation, run

MAX_PHRASINGS = 50
MAX_TAGS, LONGEST_TAG = 20, 64
#: tags offered, counted in so many of the newest articles
MOST_TAGS, MOST_TAGGED = 200, 5000
#: levels that customers can have
MAX_LEVEL, MAX_LEVELS = 9, 10
MAX_TEAMS = 50


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
    _check_tags(row)
    _check_audience(actor, row)
    _check_dates(row)
    _check_translation(actor, row)
    if row.id is not None and row.status is ArticleStatus.published:
        touch(row)


def _check_tags(row: Article) -> None:
    tags = [" ".join(str(text).split()) for text in row.tags or []]
    if len(tags) > MAX_TAGS or any(len(text) > LONGEST_TAG for text in tags):
        raise Invalid("Too many or too long tags", fields={"tags": "too long"})
    row.tags = list(dict.fromkeys(text for text in tags if text))


def _check_audience(actor: Actor, row: Article) -> None:
    """Who is addressed by teams or levels is named; lists that nobody asks are not kept."""
    teams = list(dict.fromkeys(row.team_ids or ())) if row.visibility is Visibility.teams else []
    levels = sorted(set(row.levels or ())) if row.visibility is Visibility.levels else []
    if row.visibility is Visibility.teams and not 0 < len(teams) <= MAX_TEAMS:
        raise Invalid("Name the teams that may read this", fields={"teamIds": "required"})
    if row.visibility is Visibility.levels and not 0 < len(levels) <= MAX_LEVELS:
        raise Invalid("Name the customer levels that may read this", fields={"levels": "required"})
    if any(not 0 <= level <= MAX_LEVEL for level in levels):
        raise Invalid("Name the customer levels that may read this", fields={"levels": "not valid"})
    for team_id in teams:
        referenced(Team, team_id, actor, "teamIds")
    row.team_ids, row.levels = teams, levels


def _check_dates(row: Article) -> None:
    if row.valid_from is not None:
        row.valid_from = in_utc(row.valid_from)
    if row.valid_until is not None:
        row.valid_until = in_utc(row.valid_until)
    if row.valid_from and row.valid_until and row.valid_until <= row.valid_from:
        raise Invalid("The end comes after the start", fields={"validUntil": "after the start"})


def _check_translation(actor: Actor, row: Article) -> None:
    """A translation belongs to an original in another language; of each language there is one."""
    original = referenced(Article, row.translation_of_id, actor, "translationOfId")
    if original is None:
        return
    row.translation_of_id = original.translation_of_id or original.id
    with db.session.no_autoflush:
        group = select(Article.locale).where(
            (Article.id == row.translation_of_id) | (Article.translation_of_id == row.translation_of_id),
            Article.id != (row.id or 0),
        )
        taken = row.translation_of_id == row.id or row.locale in set(db.session.scalars(group))
    if taken:
        raise Invalid("There is an article in this language already", fields={"translationOfId": "language"})


def translations(actor: Actor, article: Article) -> list[Article]:
    """The same article in other languages, as far as this actor may read them."""
    root = article.translation_of_id or article.id
    return list(
        db.session.scalars(
            select(Article)
            .where(
                (Article.id == root) | (Article.translation_of_id == root),
                Article.id != article.id,
                Article.visible_to(actor),
            )
            .order_by(Article.id)
        )
    )


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


@operation("article_category.move", title="Move an article category", right="article_category.update")
def move_category(
    actor: Actor, category: ArticleCategory, *, parent_id: int | None = None, position: int = 0
) -> ArticleCategory:
    """Below another category, or to the top, at this place among its new neighbours."""
    category.parent_id = parent_id
    _check_category(actor, category, {})
    neighbours = list(
        db.session.scalars(
            select(ArticleCategory)
            .where(ArticleCategory.parent_id == parent_id, ArticleCategory.id != category.id)
            .order_by(ArticleCategory.sort, ArticleCategory.id)
        )
    )
    neighbours.insert(max(0, position), category)
    for place, neighbour in enumerate(neighbours):
        neighbour.sort = place
    announce("article_category.updated", article_category_id=category.id)
    return category


def with_those_below(category_id: int) -> list[int]:
    """The number of a category and of all below it."""
    children: dict[int | None, list[int]] = {}
    for number, parent_id in db.session.execute(select(ArticleCategory.id, ArticleCategory.parent_id)):
        children.setdefault(parent_id, []).append(number)
    found, waiting = [], [category_id]
    while waiting:
        number = waiting.pop()
        found.append(number)
        waiting += children.pop(number, [])
    return found


def tags_in_use(actor: Actor) -> list[tuple[str, int]]:
    """The tags of the articles that this actor may see, most used first."""
    newest = select(Article.tags).where(Article.visible_to(actor), Article.tags.is_not(None))
    rows = db.session.scalars(newest.order_by(Article.id.desc()).limit(MOST_TAGGED))
    return Counter(tag for tags in rows for tag in tags).most_common(MOST_TAGS)


def tagged(tag: str):
    """The condition for articles with this tag."""
    # as the column holds it: JSON, in which a quote or a character beyond ASCII is written with backslashes
    written = json.dumps(tag).replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return type_coerce(Article.tags, String).like(f"%{written}%", escape="\\")


def count_view(actor: Actor, article: Article) -> None:
    """One more reader. A counter, not a change of the article: no version, no log."""
    run(actor, "article.view", lambda: _count(article.id, Article.view_count))


def touch(article: Article) -> None:
    """Inside an operation: search has to look at this article again."""
    article.index_version = next_index_version()


def next_index_version() -> int:
    """Inside an operation: the company's next change number."""
    return raise_counter(IndexState.version)


def next_index_versions(count: int) -> range:
    """Inside an operation: as many change numbers, for articles that come together."""
    last = raise_counter(IndexState.version, count)
    return range(last - count + 1, last + 1)


def popular(actor: Actor, locale: str, size: int) -> list[Article]:
    """What is read most in this language; in any where nothing was written in it.

    Of what has been read as often the older comes first: a new installation begins with the order in which the help
    centre was filled.
    """
    query = (
        select(Article)
        .where(Article.readable_by(Readership.of(actor)))
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
