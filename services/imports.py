"""Articles brought in from files: many at a time, each one whole or not at all, the same file twice without doubles."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum, auto

from sqlalchemy import select

from ai.articles import embed_pieces, pieces_of
from ai.model import Embedder
from app.errors import Conflict, DomainError, Invalid
from app.extensions import db
from models.actor import Actor
from models.knowledge import Article, ArticleCategory, ArticleStatus, Visibility
from models.types import utcnow
from services import knowledge, knowledge_index
from services.markdown import to_text
from services.operation import OPERATIONS, run

#: rows per transaction: few enough that others can write in between
BATCH = 200
#: articles embedded at a time: enough for full batches of texts of like length
EMBED_BATCH = 128
MAX_DEPTH = 8
_LONGEST = {field.name: field.max_length for field in OPERATIONS["article.create"].data_fields if field.max_length}


@dataclass(frozen=True)
class ArticleRow:
    """One row of a file. None: the file does not say, so what is stored stays."""

    title: str
    body: str
    #: names from the top of the tree down; empty: no category
    category: tuple[str, ...] = ()
    phrasings: tuple[str, ...] | None = None
    tags: tuple[str, ...] | None = None
    visibility: str | None = None
    locale: str | None = None


class Result(StrEnum):
    """What became of a row."""

    created = auto()
    updated = auto()
    unchanged = auto()


def import_articles(actor: Actor, rows: Sequence[ArticleRow], *, publish: bool) -> list[Result | DomainError]:
    """Store rows in one transaction, and say of each what became of it.

    An article with the same title in the same category is updated. A row that cannot be stored leaves nothing
    behind and comes back as its refusal. Raises Conflict when somebody else made the same category meanwhile.
    """
    return run(actor, "article.import", lambda: _Batch(actor, rows, publish).store())


def embed_articles(
    actor: Actor, embedder: Embedder, article_ids: Sequence[int], progress: Callable[[int], None]
) -> int:
    """Give vectors to articles (see `knowledge_index.missing_vectors`); `progress` is told how many are done.

    The embedder must give the vectors of the model that answers questions. Returns how many articles were done.
    """
    done = 0
    for start in range(0, len(article_ids), EMBED_BATCH):
        ids = article_ids[start : start + EMBED_BATCH]
        articles = list(db.session.scalars(select(Article).where(Article.id.in_(ids))))
        pieces = [pieces_of(article.title, to_text(article.body), article.phrasings or []) for article in articles]
        vectors = iter(embed_pieces(embedder, [piece for of_one in pieces for piece in of_one]))
        parts = [
            (article, of_one, [next(vectors) for _ in of_one]) for article, of_one in zip(articles, pieces, strict=True)
        ]
        try:
            run(actor, "article.index", lambda: _store_vectors(actor, parts, embedder.name))  # noqa: B023 - called at once
        except Conflict:
            continue  # the running service was quicker with one of them; it does the others as well
        done += len(articles)
        progress(done)
    return done


def _store_vectors(actor: Actor, parts: list[tuple], model: str) -> None:
    for article, pieces, vectors in parts:
        knowledge_index.store_vectors(actor, article, pieces=pieces, vectors=vectors, model=model)


class _Batch:
    """One transaction's worth of rows, with what the database already knows about them."""

    def __init__(self, actor: Actor, rows: Sequence[ArticleRow], publish: bool):
        self.actor, self.rows, self.publish = actor, rows, publish
        self.categories = {(row.parent_id, row.name): row for row in db.session.scalars(select(ArticleCategory))}
        self.names = {name for _, name in self.categories}
        titles = {_one_line(row.title) for row in rows}
        # compared once more by key: the database may take "Á" for "a"
        self.articles = {
            (row.title, row.category_id): row
            for row in db.session.scalars(select(Article).where(Article.title.in_(titles)).order_by(Article.id.desc()))
        }

    def store(self) -> list[Result | DomainError]:
        results: list[Result | DomainError] = []
        for row in self.rows:
            try:
                wanted = self._checked(row)
            except DomainError as refusal:  # nothing of the row has been written yet
                results.append(refusal)
                continue
            wanted.category_id = self._category_id(row.category)
            known = self.articles.get((wanted.title, wanted.category_id))
            results.append(self._create(wanted) if known is None else self._update(known, wanted, row))
        db.session.flush()
        return results

    def _checked(self, row: ArticleRow) -> Article:
        """The row as an article that the database does not know yet. Raises Invalid."""
        for name, text in (("title", row.title), ("body", row.body)):
            if len(text) > _LONGEST[name]:
                raise Invalid("The text is too long", fields={name: "too long"})
        if self.publish and not row.body.strip():
            raise Invalid("An article without text cannot be published", fields={"body": "required"})
        if len(row.category) > MAX_DEPTH or any(not 0 < len(name) <= 64 for name in row.category):
            raise Invalid("This category cannot be made", fields={"categoryId": "not valid"})
        if row.visibility is not None and row.visibility not in list(Visibility):
            raise Invalid("The visibility must be public, customer or staff", fields={"visibility": "unknown"})
        if any(len(tag) > 64 for tag in row.tags or ()) or len(row.tags or ()) > 50:
            raise Invalid("Too many or too long tags", fields={"tags": "too long"})
        article = Article(
            title=row.title,
            body=row.body,
            phrasings=list(row.phrasings or ()),
            tags=list(row.tags or ()),
            visibility=Visibility(row.visibility or Visibility.public),
            locale=row.locale or _language(row.title + row.body),
        )
        knowledge.check_article(self.actor, article, {})
        return article

    def _category_id(self, path: tuple[str, ...]) -> int | None:
        """The category at the end of a path, made where it is missing."""
        category: ArticleCategory | None = None
        for name in path:
            parent_id = category.id if category else None
            # names are unique in a company: one that stands elsewhere is made distinct by its parent's
            distinct = f"{category.name} / {name}"[-64:] if category else f"{name} (2)"[-64:]
            category = (
                self.categories.get((parent_id, name))
                or self.categories.get((parent_id, distinct))
                or self._new_category(name if name not in self.names else distinct, parent_id)
            )
        return category.id if category else None

    def _new_category(self, name: str, parent_id: int | None) -> ArticleCategory:
        made = OPERATIONS["article_category.create"].call(self.actor, name=name, parent_id=parent_id)
        self.categories[parent_id, name] = made
        self.names.add(name)
        return made

    def _create(self, article: Article) -> Result:
        if self.publish:
            article.status, article.publish_time = ArticleStatus.published, utcnow()
            knowledge.touch(article)
        db.session.add(article)
        self.articles[article.title, article.category_id] = article
        return Result.created

    def _update(self, known: Article, wanted: Article, row: ArticleRow) -> Result:
        """Change what the file says otherwise."""
        given = {"body": wanted.body}
        given |= {
            name: getattr(wanted, name)
            for name in ("phrasings", "tags", "visibility", "locale")
            if getattr(row, name) is not None
        }
        changed = {name: value for name, value in given.items() if (getattr(known, name) or None) != (value or None)}
        appears = self.publish and known.status is not ArticleStatus.published
        if not changed and not appears:
            return Result.unchanged
        for name, value in changed.items():
            setattr(known, name, value)
        if appears:
            known.status, known.publish_time = ArticleStatus.published, utcnow()
        if known.status is ArticleStatus.published:
            knowledge.touch(known)
        return Result.updated


def _language(text: str) -> str:
    """What an article is written in, where the file does not say: Chinese as soon as it has Chinese characters."""
    return "zh" if re.search(r"[\u4e00-\u9fff]", text) else "en"


def _one_line(text: str) -> str:
    return " ".join(text.split())
