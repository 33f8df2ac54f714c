"""The product's own manuals as the first articles of a company's help centre (KB-5, OPS-9)."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from app.extensions import db
from models.knowledge import Article, ArticleCategory, ArticleStatus, Visibility
from models.types import utcnow
from services import knowledge

LOCALES = ("zh", "en")


@dataclass(frozen=True)
class Imported:
    """What became of one manual: the article's title, and whether it was made now."""

    title: str
    is_new: bool


def manual_names(folder: Path) -> list[str]:
    """Like "zh/rate-the-service" for every text of the folder."""
    return [f"{locale}/{path.stem}" for locale in LOCALES for path in sorted((folder / locale).glob("*.md"))]


def import_manuals(folder: Path, names: Iterable[str], *, open_to_customers: bool) -> dict[str, Imported]:
    """Inside a transaction: make articles of these manuals; one whose title the company has, or once had, is left out.

    What only staff read is published; what customers read stays a draft without `open_to_customers`.
    """
    texts = [(name, *_front_matter((folder / f"{name}.md").read_text(encoding="utf-8"))) for name in names]
    texts.sort(key=lambda text: _place(text[1]))
    imported = {}
    for name, head, body in texts:
        locale = name.partition("/")[0]
        is_new = not _is_known(head["title"], locale)
        if is_new:
            _make(locale, head, body, open_to_customers=open_to_customers)
        imported[name] = Imported(head["title"], is_new)
    return imported


def _is_known(title: str, locale: str) -> bool:
    statement = select(Article.id).where(Article.title == title, Article.locale == locale).limit(1)
    return db.session.scalar(statement, execution_options={"include_deleted": True}) is not None


def _make(locale: str, head: dict, body: str, *, open_to_customers: bool) -> None:
    visibility = Visibility(head.get("audience", "public"))
    is_published = open_to_customers or visibility is Visibility.staff
    article = Article(
        title=head["title"],
        body=body,
        phrasings=head.get("phrasings", []),
        locale=locale,
        category=_category(head["category"]),
        visibility=visibility,
        status=ArticleStatus.published if is_published else ArticleStatus.draft,
        publish_time=utcnow() if is_published else None,
        index_version=knowledge.next_index_version(),
    )
    db.session.add(article)
    db.session.flush()


def _category(name: str) -> ArticleCategory:
    found = db.session.scalars(select(ArticleCategory).where(ArticleCategory.name == name)).first()
    if found is None:
        found = ArticleCategory(name=name)
        db.session.add(found)
        db.session.flush()
    return found


def _place(head: dict) -> tuple[int, int]:
    """First what most people ask, which is what a help centre shows that nobody has read yet; then by subjects."""
    return int(head.get("popular", 1000)), int(head.get("order", 1000))


def _front_matter(text: str) -> tuple[dict, str]:
    """The block between the two --- lines as {key: text or list}, and what follows it."""
    _, block, body = text.split("---\n", 2)
    head: dict = {}
    key = ""
    for line in block.splitlines():
        if line.startswith("  - "):
            head.setdefault(key, []).append(line[4:].strip())
        elif ":" in line:
            key, _, value = line.partition(":")
            if value.strip():
                head[key.strip()] = value.strip()
    return head, body.strip()
