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
    known, categories = _known(), _categories(head["category"] for _, head, _ in texts)
    made: dict[str, Article] = {}
    for name, head, body in texts:
        locale = name.partition("/")[0]
        if (head["title"], locale) not in known:
            made[name] = _made(locale, head, body, categories[head["category"]], open_to_customers=open_to_customers)
    for article, version in zip(made.values(), knowledge.next_index_versions(len(made)), strict=True):
        article.index_version = version
    db.session.add_all(made.values())
    db.session.flush()
    _link_translations(made)
    return {name: Imported(head["title"], name in made) for name, head, _ in texts}


def _known() -> set[tuple[str, str]]:
    """(title, language) of all articles there are or once were."""
    found = db.session.execute(select(Article.title, Article.locale), execution_options={"include_deleted": True})
    return {(title, locale) for title, locale in found}


def _categories(names: Iterable[str]) -> dict[str, ArticleCategory]:
    """By name; those that are missing are made, in this order."""
    found = {row.name: row for row in db.session.scalars(select(ArticleCategory).order_by(ArticleCategory.id.desc()))}
    for name in names:
        if name not in found:
            found[name] = ArticleCategory(name=name)
            db.session.add(found[name])
            db.session.flush()  # one by one: their order is the order of their numbers
    return found


def _made(locale: str, head: dict, body: str, category: ArticleCategory, *, open_to_customers: bool) -> Article:
    visibility = Visibility(head.get("audience", "public"))
    is_published = open_to_customers or visibility is Visibility.staff
    return Article(
        title=head["title"],
        body=body,
        phrasings=head.get("phrasings", []),
        locale=locale,
        category=category,
        visibility=visibility,
        status=ArticleStatus.published if is_published else ArticleStatus.draft,
        publish_time=(now := utcnow() if is_published else None),
        content_time=now,
    )


def _link_translations(made: dict[str, Article]) -> None:
    """The same manual in another language is a translation of the first."""
    originals: dict[str, Article] = {}
    for name, article in made.items():
        original = originals.setdefault(name.partition("/")[2], article)
        if original is not article:
            article.translation_of_id = original.id


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
