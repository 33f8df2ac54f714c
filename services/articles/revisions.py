"""The versions of an article: what was saved, by whom and when; put into force and compared (KB-1)."""

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import func, select

from app.errors import Conflict, NotFound
from app.extensions import db
from models.actor import Actor
from models.articles import ArticleRevision, RevisionState
from models.knowledge import Article, ArticleCategory, ArticleStatus, Proposal, Visibility
from models.types import utcnow
from services import knowledge
from services.articles import files
from services.crud import fields_of

#: what an editor fills in, and so what a version keeps
CONTENT = (
    "title",
    "body",
    "phrasings",
    "category_id",
    "tags",
    "visibility",
    "team_ids",
    "levels",
    "locale",
    "translation_of_id",
    "valid_from",
    "valid_until",
)
TO_CREATE, TO_CHANGE = fields_of(Article, CONTENT, {"team_ids": list[int], "levels": list[int]})
#: while somebody else decides about it, a version stays as it is
LOCKED = frozenset({Proposal.in_review, Proposal.scheduled})
_MOMENTS = ("valid_from", "valid_until")
#: what may be empty, and is then compared as such
_EMPTY = (None, "", [], {})


def content_of(row: Article | ArticleRevision) -> dict:
    """What an editor filled in, by name, of an article or of one of its versions."""
    if isinstance(row, Article):
        return {name: getattr(row, name) for name in CONTENT}
    stored = {name: row.properties.get(name) for name in CONTENT}
    moments = {name: dt.datetime.fromisoformat(stored[name]) if stored[name] else None for name in _MOMENTS}
    return stored | moments | {"visibility": Visibility(stored["visibility"]), "title": row.title, "body": row.body}


def checked(actor: Actor, article: Article | None, content: dict) -> dict:
    """The content as it may be stored, completed as `knowledge.check_article` does. Raises Invalid.

    It is tried on a row that the database never sees: what readers see stays as it is.
    """
    trial = Article(id=article.id if article is not None else None, **content)
    knowledge.check_article(actor, trial, {})
    return content_of(trial)


def is_same(one: dict, other: dict) -> bool:
    """Whether two contents say the same; an emptied field is like one that nobody has filled in."""
    return all((one[name] or None) == (other[name] or None) for name in CONTENT)


def is_locked(article: Article) -> bool:
    return article.proposal in LOCKED


def refuse_locked(article: Article) -> None:
    """Raises Conflict while the article is in review or waits for its hour."""
    if is_locked(article):
        raise Conflict("This is in review or scheduled: take it back first", kind="locked")


def working(article: Article) -> ArticleRevision | None:
    """The version on which editors work, when it is another than the one in the article's columns."""
    return find(article, article.working_revision) if article.working_revision is not None else None


def find(article: Article, number: int) -> ArticleRevision:
    """Raises NotFound."""
    row = db.session.scalars(
        select(ArticleRevision).where(ArticleRevision.article_id == article.id, ArticleRevision.number == number)
    ).first()
    if row is None:
        raise NotFound("This version does not exist")
    return row


def all_of(article: Article) -> list[ArticleRevision]:
    """Newest first."""
    return list(
        db.session.scalars(
            select(ArticleRevision)
            .where(ArticleRevision.article_id == article.id)
            .order_by(ArticleRevision.number.desc())
        )
    )


def keep(actor: Actor, article: Article, content: dict, *, note: str = "", is_auto: bool = False) -> ArticleRevision:
    """Inside an operation: a version with this content; what the same person's page has saved by itself gives way."""
    _keep_beginning(article)
    row = working(article)
    if row is None or not row.is_auto or row.create_by != actor.user_id or row.state is not RevisionState.kept:
        row = ArticleRevision(article_id=article.id, number=_next_number(article), state=RevisionState.kept)
        db.session.add(row)
    row.title, row.body, row.properties = content["title"], content["body"], _properties(content)
    row.note, row.is_auto, row.create_time = note or None, is_auto, utcnow()
    db.session.flush()
    files.claim(actor, article, row.body)
    return row


def apply(actor: Actor, article: Article, revision: ArticleRevision) -> None:
    """Inside an operation: the article's columns say what this version says. Raises Invalid for what holds no more."""
    content = content_of(revision)
    if content["category_id"] is not None and db.session.get(ArticleCategory, content["category_id"]) is None:
        content["category_id"] = None  # deleted since the version was written
    for name, value in checked(actor, article, content).items():
        if (getattr(article, name) or None) != (value or None):
            setattr(article, name, value)
    article.live_revision, article.working_revision, article.proposal = revision.number, None, Proposal.none
    if article.status is ArticleStatus.published:
        shown(article, revision)
    files.show(article)


def shown(article: Article, revision: ArticleRevision | None) -> None:
    """Inside an operation: from now on readers see this."""
    article.content_time = utcnow()
    knowledge.touch(article)
    if revision is not None:
        revision.state, revision.publish_time = RevisionState.published, utcnow()


def record(actor: Actor, article: Article, *, note: str = "") -> None:
    """Inside an operation that has set the article's columns itself, as an import does: keep them as a version.

    Call `before` first, where the article existed already.
    """
    db.session.flush()
    revision = ArticleRevision(
        article_id=article.id,
        number=_next_number(article),
        state=RevisionState.kept,
        note=note or None,
        title=article.title,
        body=article.body,
        properties=_properties(content_of(article)),
    )
    db.session.add(revision)
    article.live_revision = revision.number
    if article.status is ArticleStatus.published:
        revision.state, revision.publish_time, article.content_time = RevisionState.published, utcnow(), utcnow()
    db.session.flush()
    files.claim(actor, article, article.body)
    files.show(article)


def record_new(actor: Actor, articles: Sequence[Article], *, note: str = "") -> None:
    """Inside an operation that has just stored these new articles: their first versions, all at once."""
    for article in articles:
        is_public = article.status is ArticleStatus.published
        db.session.add(
            ArticleRevision(
                article_id=article.id,
                number=1,
                state=RevisionState.published if is_public else RevisionState.kept,
                note=note or None,
                title=article.title,
                body=article.body,
                properties=_properties(content_of(article)),
                publish_time=article.publish_time,
            )
        )
        article.live_revision = 1
        if is_public:
            article.content_time = utcnow()
            knowledge.touch(article)
    db.session.flush()
    for article in articles:
        if files.named_in(article.body):
            files.claim(actor, article, article.body)
            files.show(article)


def before(article: Article) -> None:
    """Inside an operation that is about to set the columns of an existing article itself: see `record`."""
    _keep_beginning(article)


def _keep_beginning(article: Article) -> None:
    """Articles that came without versions (manuals, earlier releases) have theirs from the first change on."""
    if article.live_revision is not None:
        return
    is_public = article.status is not ArticleStatus.draft
    beginning = ArticleRevision(
        article_id=article.id,
        number=1,
        state=RevisionState.published if is_public else RevisionState.kept,
        title=article.title,
        body=article.body,
        properties=_properties(content_of(article)),
        create_by=article.create_by,
        create_time=article.create_time,
        publish_time=article.publish_time,
    )
    db.session.add(beginning)
    db.session.flush()
    article.live_revision = 1


def _next_number(article: Article) -> int:
    highest = select(func.max(ArticleRevision.number)).where(ArticleRevision.article_id == article.id)
    return (db.session.scalar(highest) or 0) + 1


def _properties(content: dict) -> dict:
    """What a version keeps beside title and text, as JSON knows it."""
    kept = {name: value for name, value in content.items() if name not in ("title", "body") and value not in _EMPTY}
    return kept | {name: kept[name].isoformat() for name in _MOMENTS if name in kept}
