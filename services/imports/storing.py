"""Rows become articles: each one whole or not at all, the same file twice without doubles."""

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from app.errors import Conflict, DomainError, Invalid
from app.extensions import db
from app.offload import give_way
from models.actor import Actor
from models.imports import RowResult
from models.knowledge import Article, ArticleCategory, ArticleStatus, Proposal, Visibility
from models.organization import Team
from models.types import utcnow
from services.articles import publishing, revisions
from services.imports.choices import Choices, Existing
from services.imports.planning import ArticleRow
from services.operation import OPERATIONS, run

MAX_DEPTH = 8
LONGEST_KEY = 191
_LONGEST = {field.name: field.max_length for field in OPERATIONS["article.create"].data_fields if field.max_length}
#: what of a row becomes content of the article as it stands there; the rest is looked up
_CONTENT = {
    "phrasings": "phrasings",
    "tags": "tags",
    "visibility": "visibility",
    "teams": "team_ids",
    "levels": "levels",
    "locale": "locale",
    "valid_from": "valid_from",
    "valid_until": "valid_until",
    "translation_of": "translation_of_id",
}


@dataclass
class Outcome:
    """What became of one row."""

    result: RowResult
    article_id: int | None = None
    refusal: DomainError | None = None


def import_articles(actor: Actor, rows: Sequence[ArticleRow], choices: Choices) -> list[Outcome]:
    """Store rows in one transaction, and say of each what became of it.

    An article with the same key, or without one with the same title in the same category, is the same article. A row
    that cannot be stored leaves nothing behind and comes back as its refusal. Raises Conflict when somebody else made
    the same category meanwhile.
    """
    return run(actor, "article.import", lambda: Batch(actor, rows, choices).store())


class Batch:
    """One transaction's worth of rows, with what the database already knows about them."""

    def __init__(self, actor: Actor, rows: Sequence[ArticleRow], choices: Choices):
        self.actor, self.rows, self.choices = actor, rows, choices
        self.categories = {(row.parent_id, row.name): row for row in db.session.scalars(select(ArticleCategory))}
        self.names = {name for _, name in self.categories}
        self.teams = dict(db.session.execute(select(Team.name, Team.id).where(Team.visible_to(actor))).tuples().all())
        titles = {_one_line(row.title) for row in rows}
        keys = {key for row in rows for key in (row.key, row.translation_of) if key}
        # compared once more by key: the database may take "Á" for "a"
        self.articles = {
            (row.title, row.category_id): row
            for row in db.session.scalars(select(Article).where(Article.title.in_(titles)).order_by(Article.id.desc()))
        }
        self.by_key = {
            row.external_key: row
            for row in db.session.scalars(
                select(Article).where(Article.external_key.in_(keys)).order_by(Article.id.desc())
            )
        }
        #: made by this batch; their ids and first versions come at the end, all at once
        self.made: list[Article] = []

    def store(self) -> list[Outcome]:
        outcomes: list[Outcome | Article] = []
        for row in self.rows:
            try:
                outcomes.append(self._store(row))
            except DomainError as refusal:  # nothing of the row has been written yet
                outcomes.append(Outcome(RowResult.refused, refusal=refusal))
            give_way()
        db.session.flush()
        revisions.record_new(self.actor, self.made)
        return [Outcome(RowResult.created, each.id) if isinstance(each, Article) else each for each in outcomes]

    def _store(self, row: ArticleRow) -> "Outcome | Article":
        known = self._known(row)
        if known is not None and self.choices.existing is Existing.skip:
            return Outcome(RowResult.skipped, known.id)
        if known is not None and known.id is None:
            db.session.flush()  # made a moment ago by this very batch
        if self.choices.existing is Existing.new:
            known = None
        content = self._checked(row, known)
        if known is None:
            content["category_id"] = self._category_id(row.category)
            return self._create(content, row)
        return self._update(known, content, row)

    def _known(self, row: ArticleRow) -> Article | None:
        if row.key and (known := self.by_key.get(row.key)):
            return known
        category_id = self._found_category(row.category)
        known = self.articles.get((_one_line(row.title), category_id)) if category_id is not _ABSENT else None
        # another one that only has the same title
        return None if known is not None and row.key and known.external_key not in (None, row.key) else known

    def _checked(self, row: ArticleRow, known: Article | None) -> dict:
        """The row as content of an article, a new one or the known one. Raises Invalid."""
        for name, text in (("title", row.title), ("body", row.body)):
            if len(text) > _LONGEST[name]:
                raise Invalid("The text is too long", fields={name: "too long"})
        if self._is_published(row) and not row.body.strip():
            raise Invalid("An article without text cannot be published", fields={"body": "required"})
        if len(row.category) > MAX_DEPTH or any(not 0 < len(name) <= 64 for name in row.category):
            raise Invalid("This category cannot be made", fields={"categoryId": "not valid"})
        if row.key and len(row.key) > LONGEST_KEY:
            raise Invalid("The text is too long", fields={"key": "too long"})
        content = {
            "title": row.title,
            "body": row.body,
            "category_id": None,
            "phrasings": list(row.phrasings or ()),
            "tags": list(row.tags or ()),
            "visibility": _visibility(row.visibility or self.choices.visibility),
            "team_ids": self._team_ids(row.teams or ()),
            "levels": _levels(row.levels or ()),
            "locale": row.locale or self.choices.locale or _language(row.title + row.body),
            "valid_from": _moment(row.valid_from, "validFrom"),
            "valid_until": _moment(row.valid_until, "validUntil"),
            "translation_of_id": self._original_id(row.translation_of),
        }
        return revisions.checked(self.actor, known, content)

    def _is_published(self, row: ArticleRow) -> bool:
        return self.choices.publish and not row.is_draft

    def _team_ids(self, names: Sequence[str]) -> list[int]:
        if unknown := next((name for name in names if name not in self.teams), None):
            raise Invalid("This team does not exist", fields={"teams": unknown[:64]})
        return [self.teams[name] for name in names]

    def _original_id(self, key: str | None) -> int | None:
        original = self.by_key.get(key) if key else None
        if original is not None and original.id is None:
            db.session.flush()
        return original.id if original is not None else None

    def _category_id(self, path: tuple[str, ...]) -> int | None:
        """The category at the end of a path, made where it is missing."""
        category: ArticleCategory | None = None
        for name in path:
            category = self._child(category, name) or self._new_category(category, name)
        return category.id if category else None

    def _found_category(self, path: tuple[str, ...]) -> int | None:
        """The same without making any; `_ABSENT` when there is none."""
        category: ArticleCategory | None = None
        for name in path:
            category = self._child(category, name)
            if category is None:
                return _ABSENT
        return category.id if category else None

    def _child(self, parent: ArticleCategory | None, name: str) -> ArticleCategory | None:
        parent_id = parent.id if parent else None
        return self.categories.get((parent_id, name)) or self.categories.get((parent_id, _distinct(parent, name)))

    def _new_category(self, parent: ArticleCategory | None, name: str) -> ArticleCategory:
        parent_id = parent.id if parent else None
        called = name if name not in self.names else _distinct(parent, name)
        made = OPERATIONS["article_category.create"].call(self.actor, name=called, parent_id=parent_id)
        self.categories[parent_id, called] = made
        self.names.add(called)
        return made

    def _create(self, content: dict, row: ArticleRow) -> Article:
        article = Article(**content, external_key=row.key)
        if self._is_published(row):
            article.status, article.publish_time = ArticleStatus.published, utcnow()
        db.session.add(article)
        self.made.append(article)
        self._remember(article)
        return article

    def _remember(self, article: Article) -> None:
        self.articles[article.title, article.category_id] = article
        if article.external_key:
            self.by_key[article.external_key] = article

    def _update(self, known: Article, wanted: dict, row: ArticleRow) -> Outcome:
        """Change what the file says otherwise."""
        revisions.refuse_locked(known)
        current = revisions.working(known)
        before = revisions.content_of(current or known)
        said = {"title", "body"} | {field for name, field in _CONTENT.items() if getattr(row, name) is not None}
        if "visibility" in said:
            said |= {"team_ids", "levels"}
        if wanted["translation_of_id"] is None:
            said.discard("translation_of_id")  # nobody here has the original
        content = revisions.checked(self.actor, known, before | {name: wanted[name] for name in said})
        appears = self._is_published(row) and known.status is not ArticleStatus.published
        if row.key and known.external_key is None:
            known.external_key = row.key
            self.by_key[row.key] = known
        if revisions.is_same(content, before) and not appears:
            return Outcome(RowResult.unchanged, known.id)
        self._keep(known, content, appears)
        self._remember(known)
        return Outcome(RowResult.updated, known.id)

    def _keep(self, known: Article, content: dict, appears: bool) -> None:
        is_public = known.status is ArticleStatus.published
        if is_public and publishing.is_review_needed(self.actor):
            # what readers see changes when somebody has looked at it
            revision = revisions.keep(self.actor, known, content)
            known.working_revision, known.proposal = revision.number, Proposal.working
            known.version += 1
            return
        if known.working_revision is not None and known.proposal is not Proposal.returned and is_public:
            raise Conflict("There are changes that are not published: publish or discard them first")
        revision = revisions.keep(self.actor, known, content)
        if appears:
            publishing.refuse_empty(content)
            known.status, known.publish_time = ArticleStatus.published, utcnow()
        revisions.apply(self.actor, known, revision)


class _Absent:
    """Stands for a category that is not there."""


_ABSENT = _Absent()


def _distinct(parent: ArticleCategory | None, name: str) -> str:
    # names are unique in a company: one that stands elsewhere is told apart by its parent's
    return f"{parent.name} / {name}"[-64:] if parent else f"{name} (2)"[-64:]


def _visibility(name: str) -> Visibility:
    if name not in list(Visibility):
        raise Invalid(
            "The visibility must be public, customer, staff, teams or levels", fields={"visibility": "unknown"}
        )
    return Visibility(name)


def _levels(texts: Sequence[str]) -> list[int]:
    if any(not (text.isascii() and text.isdigit() and len(text) < 3) for text in texts):
        raise Invalid("Name the customer levels that may read this", fields={"levels": "not valid"})
    return [int(text) for text in texts]


def _moment(text: str | None, field: str) -> dt.datetime | None:
    """A day or a moment; without a zone it is in UTC."""
    if not text:
        return None
    try:
        return dt.datetime.fromisoformat(text.replace("/", "-"))
    except ValueError:
        raise Invalid("A date is written like 2026-11-30 or 2026-11-30 18:00", fields={field: "not valid"}) from None


def _language(text: str) -> str:
    """What an article is written in, where nobody says: Chinese as soon as it has Chinese characters."""
    return "zh" if re.search(r"[\u4e00-\u9fff]", text) else "en"


def _one_line(text: str) -> str:
    return " ".join(text.split())
