"""Who has an article open for writing, so that two do not write against each other without knowing (KB-1)."""

import datetime as dt

from sqlalchemy import select

from app.extensions import db
from models.actor import Actor
from models.articles import ArticleEditing
from models.identity import User
from models.knowledge import Article
from models.types import utcnow
from services.operation import run

#: a page says every twenty seconds that it is still there; after this time it is not
GONE_AFTER = dt.timedelta(seconds=50)


def here(actor: Actor, article: Article) -> list[User]:
    """This actor writes on this article; returns who else does."""
    run(actor, "article.open", lambda: _note(actor, article))
    since = utcnow() - GONE_AFTER
    others = (
        select(User)
        .join(ArticleEditing, ArticleEditing.user_id == User.id)
        .where(
            ArticleEditing.article_id == article.id,
            ArticleEditing.seen_time > since,
            ArticleEditing.deleted == 0,
            User.id != actor.user_id,
        )
    )
    return list(db.session.scalars(others.order_by(User.id)))


def gone(actor: Actor, article: Article) -> None:
    """He has closed it."""

    def work() -> None:
        if (row := _own(actor, article)) is not None:
            row.seen_time = utcnow() - GONE_AFTER

    run(actor, "article.close", work)


def _note(actor: Actor, article: Article) -> None:
    row = _own(actor, article)
    if row is None:
        db.session.add(ArticleEditing(article_id=article.id, user_id=actor.user_id, seen_time=utcnow()))
    else:
        row.seen_time = utcnow()


def _own(actor: Actor, article: Article) -> ArticleEditing | None:
    return db.session.scalars(
        select(ArticleEditing).where(ArticleEditing.article_id == article.id, ArticleEditing.user_id == actor.user_id)
    ).first()
