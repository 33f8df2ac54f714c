"""Readers say whether an article helped (KB-5). Each counts once and may change his mind."""

import hashlib

from sqlalchemy import select, update

from app.errors import Invalid, Reason
from app.extensions import db
from models.actor import Actor
from models.article_verdicts import ArticleReason, ArticleVerdict
from models.knowledge import Article
from services.operation import operation
from services.sensitive import remarks

LONGEST_COMMENT = 500


@operation("article.rate", title="Rate an article")
def rate_article(
    actor: Actor,
    article: Article,
    *,
    helpful: bool,
    reason: ArticleReason | None = None,
    comment: str = "",
    reader: str = "",
) -> ArticleVerdict:
    """A reader's thumb up or down, and why; again, it takes the place of what he said before.

    `reader` tells readers apart who have no session: a word that their browser keeps.
    """
    comment = " ".join(comment.split())
    if len(comment) > LONGEST_COMMENT:
        raise Invalid(
            "The comment is too long", fields={"comment": Reason("at most %(number)s", number=LONGEST_COMMENT)}
        )
    caught = remarks.look_at_verdict(actor, comment)
    key = _key(actor, reader)
    verdict = db.session.scalars(
        select(ArticleVerdict).where(ArticleVerdict.article_id == article.id, ArticleVerdict.reader == key)
    ).first()
    if verdict is None:
        verdict = ArticleVerdict(article_id=article.id, reader=key, helpful=helpful)
        db.session.add(verdict)
        _count(article.id, helpful, 1)
    elif verdict.helpful != helpful:
        _count(article.id, verdict.helpful, -1)
        _count(article.id, helpful, 1)
    verdict.helpful, verdict.comment = helpful, comment or None
    verdict.reason = None if helpful else reason
    remarks.mark_verdict(caught)
    return verdict


def _key(actor: Actor, reader: str) -> str:
    """A name for this reader that leads to nobody who has no account with us."""
    if actor.user_id is not None:
        return f"user:{actor.user_id}"
    if actor.customer_id is not None:
        return f"customer:{actor.customer_id}"
    return "browser:" + hashlib.sha256(f"{actor.tenant_id}:{reader[:64] or actor.ip}".encode()).hexdigest()[:40]


def _count(article_id: int, helpful: bool, by: int) -> None:
    """A counter, not a change of the article: its time and version stay."""
    column = Article.helpful_count if helpful else Article.unhelpful_count
    db.session.execute(
        update(Article)
        .where(Article.id == article_id)
        .values({column.key: column + by, "update_time": Article.update_time}),
        execution_options={"synchronize_session": False},
    )
