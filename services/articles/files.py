"""Pictures and attachments of articles: whoever may read the text may fetch what stands in it (KB-2, G01)."""

import re

from sqlalchemy import exists, select

from app.extensions import db
from models.actor import Actor
from models.articles import ArticleFile
from models.knowledge import Article
from models.messaging import FileObject

#: how a text names a file
_ADDRESS = re.compile(r"/api/v1/files/([0-9]{1,18})/content")


def named_in(body: str) -> set[int]:
    """The numbers of the files that a text names."""
    return {int(number) for number in _ADDRESS.findall(body)}


def claim(actor: Actor, article: Article, body: str) -> None:
    """Inside an operation: the files named in a text belong to its article from now on.

    Only the actor's own uploads, and files of articles that he may see: to name somebody else's file gives nobody
    access to it.
    """
    wanted = named_in(body) - set(_of(article))
    if not wanted:
        return
    kind, owner_id = actor.sender
    for file in db.session.scalars(select(FileObject).where(FileObject.id.in_(wanted))):
        own = (file.owner_kind, file.owner_id) == (kind, owner_id) and file.thread_id is None
        if own or _is_of_an_article(actor, file.id):
            db.session.add(ArticleFile(article_id=article.id, file_id=file.id))
    db.session.flush()


def show(article: Article) -> None:
    """Inside an operation: readers may fetch the files that stand in the article's text now, and no others."""
    named = named_in(article.body)
    for link in _of(article).values():
        if link.is_live != (link.file_id in named):
            link.is_live = link.file_id in named


def is_readable(actor: Actor, file_id: int) -> bool:
    """Whether the file stands in an article that this actor may read."""
    return db.session.scalar(
        select(exists().where(ArticleFile.file_id == file_id, ArticleFile.deleted == 0, ArticleFile.visible_to(actor)))
    )


def of(article: Article) -> list[FileObject]:
    """Those that stand in what readers see, or in one of the versions."""
    return [link.file for link in _of(article).values()]


def _of(article: Article) -> dict[int, ArticleFile]:
    links = db.session.scalars(
        select(ArticleFile).where(ArticleFile.article_id == article.id).order_by(ArticleFile.file_id)
    )
    return {link.file_id: link for link in links}


def _is_of_an_article(actor: Actor, file_id: int) -> bool:
    return actor.may("article.update") and is_readable(actor, file_id)
