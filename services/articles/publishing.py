"""When readers see an article, and when they do not any more (KB-1)."""

import datetime as dt
import logging

from sqlalchemy import select

from app.errors import Conflict, DomainError, Invalid
from app.extensions import db
from models.actor import Actor
from models.articles import ArticleRevision, RevisionState
from models.knowledge import Article, ArticleStatus, Proposal
from models.types import in_utc, utcnow
from services import knowledge, settings
from services.articles import revisions
from services.crud import refuse_stale
from services.operation import DataField, announce, operation, run

logger = logging.getLogger(__name__)

#: who holds this publishes, and approves, what he has written himself
OWN_RIGHT = "article_review.approve_own"
#: articles whose hour has come, published per run
AT_ONCE = 100


@operation(
    "article.publish",
    title="Publish an article",
    fields=(DataField("due_time", dt.datetime | None, None), DataField("version", int | None, None)),
)
def publish_article(
    actor: Actor, article: Article, *, due_time: dt.datetime | None = None, version: int | None = None
) -> Article:
    """Readers and the bot find what editors have written last, within two seconds or from the hour that is given.

    Where a company wants reviews, only what has been approved once is published without asking again.
    """
    refuse_stale(article, version)
    at = hour(due_time)
    if article.status is ArticleStatus.published and article.working_revision is None:
        return article
    revision = proposed(article)
    if is_review_needed(actor) and not is_approved(article):
        raise Conflict("This has to be reviewed before it is published", kind="review_required")
    if article.proposal is Proposal.scheduled and at is None:
        unlock(article)  # not at that hour but now
    revisions.refuse_locked(article)
    refuse_empty(revisions.content_of(revision))
    revision.due_time = at
    release(actor, article, revision)
    return article


@operation("article.withdraw", title="Withdraw an article")
def withdraw_article(actor: Actor, article: Article) -> Article:
    """Nobody but the editors finds it any more."""
    if article.status is ArticleStatus.published:
        article.status = ArticleStatus.withdrawn
        knowledge.touch(article)
        announce("article.withdrawn", article_id=article.id)
    return article


def publish_due(actor: Actor) -> int:
    """Job: publish what waits for an hour that has come; returns how many."""
    due = select(Article).join(
        ArticleRevision,
        (ArticleRevision.article_id == Article.id) & (ArticleRevision.number == Article.working_revision),
    )
    due = due.where(Article.proposal == Proposal.scheduled, ArticleRevision.due_time <= utcnow())
    articles = list(db.session.scalars(due.order_by(ArticleRevision.due_time).limit(AT_ONCE)))
    return sum(_publish_now(actor, article) for article in articles)


def _publish_now(actor: Actor, article: Article) -> bool:
    """One whose hour has come, unless somebody took it back meanwhile; one that cannot be published goes back."""

    def work() -> bool:
        if article.proposal is not Proposal.scheduled:
            return False
        revision = revisions.find(article, article.working_revision)
        if revision.due_time is None or revision.due_time > utcnow():
            return False
        release(actor, article, revision)
        return True

    try:
        return run(actor, "article.publish", work, (article,))
    except DomainError as refusal:
        logger.warning("article %s could not be published at its hour: %s", article.id, refusal.message)
        reason = refusal.message
        return run(actor, "article.send_back", lambda: _cannot(article, reason), (article,))


def _cannot(article: Article, reason: str) -> bool:
    revision = revisions.find(article, article.working_revision)
    revision.state, revision.reason, revision.decide_time = RevisionState.returned, reason[:500], utcnow()
    article.proposal = Proposal.returned
    announce("article.returned", article_id=article.id, number=revision.number)
    return False


def is_review_wanted() -> bool:
    """Whether the company wants four eyes on its articles."""
    return settings.get_setting("article_review")


def is_review_needed(actor: Actor) -> bool:
    """Whether somebody else has to look at what this actor wants to publish."""
    return not actor.may(OWN_RIGHT) and is_review_wanted()


def is_approved(article: Article) -> bool:
    """Whether what would be published now has passed a review, or been public before."""
    if article.proposal is Proposal.scheduled:
        return True
    number = article.working_revision if article.working_revision is not None else article.live_revision
    return number is not None and revisions.find(article, number).publish_time is not None


def unlock(article: Article) -> None:
    """Inside an operation: what was in review, or waited for its hour, is worked on again."""
    revision = revisions.find(article, article.working_revision)
    revision.state, revision.due_time = RevisionState.kept, None
    article.proposal = Proposal.working
    if article.status is not ArticleStatus.published and article.live_revision == revision.number:
        article.working_revision, article.proposal = None, Proposal.none


def proposed(article: Article) -> ArticleRevision:
    """Inside an operation: the version that would be published now."""
    revisions.before(article)
    number = article.working_revision if article.working_revision is not None else article.live_revision
    return revisions.find(article, number)


def release(actor: Actor, article: Article, revision: ArticleRevision) -> None:
    """Inside an operation: this version is published now, or waits for its hour."""
    if revision.due_time is not None and revision.due_time > utcnow():
        revision.state, revision.is_auto = RevisionState.scheduled, False
        article.working_revision, article.proposal = revision.number, Proposal.scheduled
        announce("article.saved", article_id=article.id)
        return
    appears = article.status is not ArticleStatus.published
    article.status = ArticleStatus.published
    revisions.apply(actor, article, revision)
    revision.is_auto, revision.due_time = False, None
    if appears:
        article.publish_time = utcnow()
    announce("article.published", article_id=article.id)


def refuse_empty(content: dict) -> None:
    """Raises Invalid for an article that answers nothing."""
    if not content["body"].strip():
        raise Invalid("An article without text cannot be published", fields={"body": "required"})


def hour(moment: dt.datetime | None) -> dt.datetime | None:
    """When something is to be published; an hour that is over means now."""
    at = in_utc(moment) if moment is not None else None
    return at if at is not None and at > utcnow() else None
