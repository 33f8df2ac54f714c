"""Four eyes on an article before readers see it, where a company wants that (KB-1): asked for, approved, sent back."""

import datetime as dt

from app.errors import Conflict, Invalid, NotAllowed
from app.extensions import db
from models.actor import Actor
from models.articles import ArticleRevision, RevisionState
from models.knowledge import Article, Proposal
from models.types import utcnow
from services.articles import publishing, revisions
from services.crud import refuse_stale
from services.operation import DataField, announce, operation

LONGEST_REASON = 500


@operation(
    "article.submit",
    title="Submit an article for review",
    right="article.update",
    fields=(
        DataField("note", str, "", LONGEST_REASON),
        DataField("due_time", dt.datetime | None, None),
        DataField("version", int | None, None),
    ),
)
def submit_article(
    actor: Actor, article: Article, *, note: str = "", due_time: dt.datetime | None = None, version: int | None = None
) -> Article:
    """Ask for a review of what is not published yet; those who may decide are told."""
    refuse_stale(article, version)
    revisions.refuse_locked(article)
    revision = publishing.proposed(article)
    publishing.refuse_empty(revisions.content_of(revision))
    revision.state, revision.is_auto = RevisionState.in_review, False
    revision.submitted_by, revision.submit_time, revision.submit_note = actor.user_id, utcnow(), note or None
    revision.due_time = publishing.hour(due_time)
    revision.decided_by = revision.decide_time = revision.reason = None
    article.working_revision, article.proposal = revision.number, Proposal.in_review
    announce("article.submitted", article_id=article.id, number=revision.number)
    return article


@operation(
    "article.approve",
    title="Approve an article",
    right="article.review",
    fields=(
        DataField("revision", int),
        DataField("note", str, "", LONGEST_REASON),
        DataField("due_time", dt.datetime | None, None),
    ),
)
def approve_article(
    actor: Actor, article: Article, *, revision: int, note: str = "", due_time: dt.datetime | None = None
) -> Article:
    """Publish the version that was read, at once or at the hour asked for. Nobody approves what he wrote himself."""
    row = _in_review(article, revision)
    if actor.user_id in (row.submitted_by, row.create_by) and not actor.may(publishing.OWN_RIGHT):
        raise NotAllowed("Somebody else has to review what you have written")
    _decide(actor, row, note)
    row.due_time = publishing.hour(due_time) or row.due_time
    publishing.release(actor, article, row)
    announce("article.approved", article_id=article.id, number=row.number)
    return article


@operation(
    "article.send_back",
    title="Send an article back",
    right="article.review",
    fields=(DataField("revision", int), DataField("reason", str, max_length=LONGEST_REASON)),
)
def send_back_article(actor: Actor, article: Article, *, revision: int, reason: str) -> Article:
    """Not like this: the author is told why."""
    if not reason.strip():
        raise Invalid("Please say why", fields={"reason": "required"})
    row = _in_review(article, revision)
    _decide(actor, row, reason.strip())
    row.state, article.proposal = RevisionState.returned, Proposal.returned
    announce("article.returned", article_id=article.id, number=row.number)
    return article


@operation("article.take_back", title="Take an article back from review", right="article.update")
def take_back_article(actor: Actor, article: Article) -> Article:
    """Out of the review, or off the timetable; work goes on."""
    if not revisions.is_locked(article):
        raise Conflict("This is neither in review nor scheduled")
    publishing.unlock(article)
    announce("article.saved", article_id=article.id)
    return article


def _in_review(article: Article, number: int) -> ArticleRevision:
    """The version that was read, if it is still the one to be decided about."""
    if article.proposal is not Proposal.in_review or article.working_revision != number:
        raise Conflict("This version is no longer in review, please reload", kind="stale", version=article.version)
    return revisions.find(article, number)


def _decide(actor: Actor, row: ArticleRevision, reason: str) -> None:
    row.decided_by, row.decide_time, row.reason = actor.user_id, utcnow(), reason or None
    db.session.flush()
