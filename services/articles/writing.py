"""Making and changing articles: every save is a version, and what readers see changes only when it is published."""

from app.errors import Conflict
from app.extensions import db
from models.actor import Actor
from models.knowledge import Article, ArticleStatus, Proposal
from services import knowledge
from services.articles import publishing, revisions
from services.crud import refuse_stale, removable
from services.operation import DataField, announce, operation

LONGEST_NOTE = 255


@operation("article.create", title="Create: Article", fields=revisions.TO_CREATE)
def create_article(actor: Actor, **data) -> Article:
    """A draft, with its first version."""
    empty = {field.name: None if field.required else field.default for field in revisions.TO_CREATE}
    article = Article(**revisions.checked(actor, None, empty | data))
    db.session.add(article)
    revisions.record(actor, article)
    announce("article.created", article_id=article.id)
    return article


@operation("article.update", title="Change: Article", fields=revisions.TO_CHANGE)
def update_article(actor: Actor, article: Article, *, version: int | None = None, **data) -> Article:
    """Change an article at once: readers of a published one see it. Where a review is wanted the change waits for it.

    For programs and forms that know no working copies; where there is one, it has to be published or discarded first.
    """
    if article.status is ArticleStatus.published and publishing.is_review_needed(actor):
        return save_article(actor, article, version=version, **data)
    refuse_stale(article, version)
    revisions.refuse_locked(article)
    if article.working_revision is not None and article.proposal is not Proposal.returned:
        raise Conflict("There are changes that are not published: publish or discard them first", kind="working_copy")
    content = revisions.checked(actor, article, revisions.content_of(article) | data)
    if not revisions.is_same(content, revisions.content_of(article)):
        revisions.apply(actor, article, revisions.keep(actor, article, content))
    db.session.flush()
    announce("article.updated", article_id=article.id)
    return article


@operation(
    "article.save",
    title="Save an article without publishing",
    right="article.update",
    fields=(*revisions.TO_CHANGE, DataField("note", str, "", LONGEST_NOTE), DataField("auto", bool, False)),
)
def save_article(
    actor: Actor, article: Article, *, version: int | None = None, note: str = "", auto: bool = False, **data
) -> Article:
    """Keep what an editor has written. Readers see nothing of it before it is published.

    `auto`: the page saves by itself; the same person's next save takes the place of such a version.
    """
    refuse_stale(article, version)
    revisions.refuse_locked(article)
    known = revisions.working(article)
    before = revisions.content_of(known or article)
    content = revisions.checked(actor, article, before | data)
    if revisions.is_same(content, before) and (auto or known is None or not known.is_auto):
        return article
    revision = revisions.keep(actor, article, content, note=note, is_auto=auto)
    if article.status is ArticleStatus.published or auto:
        article.working_revision, article.proposal = revision.number, Proposal.working
    else:
        revisions.apply(actor, article, revision)
    _make_copies_stale(article)
    announce("article.saved", article_id=article.id)
    return article


@operation("article.discard", title="Discard what is not published", right="article.update")
def discard_changes(actor: Actor, article: Article, *, version: int | None = None) -> Article:
    """Back to what readers see, or to what was saved last; the discarded version stays in the history."""
    refuse_stale(article, version)
    revisions.refuse_locked(article)
    article.working_revision, article.proposal = None, Proposal.none
    announce("article.saved", article_id=article.id)
    return article


@operation("article.revert", title="Restore a version of an article", right="article.update")
def revert_article(actor: Actor, article: Article, *, number: int, version: int | None = None) -> Article:
    """Work goes on from an earlier version, as a new one."""
    refuse_stale(article, version)
    old = revisions.content_of(revisions.find(article, number))
    return save_article(actor, article, note=f"#{number}", **old)


def _make_copies_stale(article: Article) -> None:
    """The text of a version lies beside the article; its own columns may be as they were."""
    article.version += 1


def _check_restored(actor: Actor, row: Article, data: dict) -> None:
    if row.status is ArticleStatus.published:
        knowledge.touch(row)


removable(
    "article",
    Article,
    title="Article",
    columns=revisions.CONTENT,
    check=_check_restored,
    before_delete=lambda actor, row: knowledge.touch(row),
    restorable=True,
)
