"""Articles as files (KB-4): Markdown with its pictures, which the import reads back, or a table for spreadsheets."""

import datetime as dt
import posixpath
import re
import time
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import xlsxwriter
from sqlalchemy import Select, func, select

from app.errors import Invalid, TooLarge
from app.extensions import db
from app.offload import give_way, offload
from models.actor import Actor
from models.articles import ArticleFile
from models.base import bind
from models.exports import ExportContent, ExportFormat, ExportJob
from models.knowledge import Article, ArticleCategory, ArticleStatus, Visibility
from models.organization import Team
from services import files, knowledge
from services.documents.columns import HEADINGS, SEVERAL
from services.documents.front_matter import join_head
from services.exports.jobs import ARTICLES_RIGHT, refuse_crowd, request_file
from services.operation import operation
from services.spreadsheets import harmless

BATCH = 50
#: an archive of more is no file to send around
MOST_ARTICLES = 50_000
PROGRESS_SECONDS = 0.5
#: what a cell of Excel holds
CELL_CHARS = 32_000
FORMATS = (ExportFormat.zip, ExportFormat.xlsx)
_FILES = "files"
_ADDRESS = re.compile(r"/api/v1/files/([0-9]{1,18})/content")
#: what no file system, or not every one, takes in a name
_UNFIT = re.compile(r'[\\/:*?"<>|\x00-\x1f\x7f]+')
#: what ends an address in Markdown, or means something in it
_TO_QUOTE = re.compile(r"[%#?()<>\s\\\[\]\"]")
_MOMENTS = ("valid_from", "valid_until")


@dataclass(frozen=True)
class Exported:
    """One article as it is written. `files` are those that stand in its text: (number, name, checksum, where)."""

    head: dict[str, str | list[str]]
    body: str
    files: tuple[tuple[int, str, str, Path], ...]


@operation(ARTICLES_RIGHT, title="Export articles")
def start_article_export(
    actor: Actor,
    *,
    format: ExportFormat = ExportFormat.zip,
    q: str = "",
    category_id: int | None = None,
    status: str = "",
    visibility: str = "",
    locale: str = "",
    tag: str = "",
) -> ExportJob:
    """Have a file made of all articles that this actor sees and that fit; a category means those below it as well."""
    if format not in FORMATS:
        raise Invalid("The request is not valid", fields={"format": "unknown"})
    params = {
        "q": q,
        "category_id": category_id,
        "status": status,
        "visibility": visibility,
        "locale": locale,
        "tag": tag,
    }
    params = {name: value for name, value in params.items() if value not in (None, "")}
    refuse_crowd(actor)
    total = db.session.scalar(select(func.count()).select_from(wanted(actor, params).subquery()))
    if not total:
        raise Invalid("There is nothing to export")
    if total > MOST_ARTICLES:
        raise TooLarge("These are more articles than one file may hold: choose fewer", limit=MOST_ARTICLES)
    return request_file("articles", ExportContent.articles, format, params, total, "UTC")


def wanted(actor: Actor, params: dict) -> Select:
    """SELECT of the ids of the articles that a file is of, as this actor sees them now."""
    statement = select(Article.id).where(Article.visible_to(actor))
    if number := params.get("category_id"):
        below = knowledge.with_those_below(number)
        statement = statement.where(Article.category_id.in_(below) if number > 0 else Article.category_id.is_(None))
    for name, states in (("status", ArticleStatus), ("visibility", Visibility)):
        if name in params:
            named = [states(value) for value in params[name].split(",") if value in list(states)]
            statement = statement.where(getattr(Article, name).in_(named))
    if "locale" in params:
        statement = statement.where(Article.locale == params["locale"])
    if "tag" in params:
        statement = statement.where(knowledge.tagged(params["tag"]))
    if "q" in params:
        statement = statement.where(
            Article.title.contains(params["q"], autoescape=True) | Article.body.contains(params["q"], autoescape=True)
        )
    return statement


def fill(actor: Actor, job: ExportJob, part: Path) -> Iterator[tuple[int, int]]:
    """Write the articles into the file; now and then how many of how many are in it."""
    ids = list(db.session.scalars(wanted(actor, job.params).order_by(Article.id)))
    writer = offload(MarkdownWriter, part) if job.format is ExportFormat.zip else offload(TableWriter, part, job.locale)
    told = time.monotonic()
    try:
        for start in range(0, len(ids), BATCH):
            bind(db.session(), actor)
            batch = list(_exported(actor, ids[start : start + BATCH]))
            db.session.rollback()
            offload(writer.add, batch)
            give_way()
            if time.monotonic() - told > PROGRESS_SECONDS:
                yield start + len(batch), len(ids)
                told = time.monotonic()
    finally:
        offload(writer.close)
    yield len(ids), len(ids)


def _exported(actor: Actor, ids: Sequence[int]) -> Iterator[Exported]:
    """Some articles as plain values; one that has vanished meanwhile, or may not be seen any more, is left out."""
    rows = db.session.scalars(
        select(Article).where(Article.id.in_(ids), Article.visible_to(actor)).order_by(Article.id)
    )
    articles = list(rows)
    categories = {row.id: row for row in db.session.scalars(select(ArticleCategory))}
    teams = dict(db.session.execute(select(Team.id, Team.name)).tuples().all())
    originals = {row.translation_of_id for row in articles} - {None}
    keys = {
        number: key or _key(number)
        for number, key in db.session.execute(select(Article.id, Article.external_key).where(Article.id.in_(originals)))
    }
    links: dict[int, list[ArticleFile]] = {}
    for link in db.session.scalars(
        select(ArticleFile).where(ArticleFile.article_id.in_(ids), ArticleFile.visible_to(actor))
    ):
        links.setdefault(link.article_id, []).append(link)
    for row in articles:
        head = {
            "title": row.title,
            "key": row.external_key or _key(row.id),
            "category": list(_path(categories, row.category_id)),
            "language": row.locale,
            "status": "published" if row.status is ArticleStatus.published else "draft",
            "visibility": row.visibility.value,
            "teams": [teams[number] for number in row.team_ids or () if number in teams],
            "levels": [str(level) for level in row.levels or ()],
            **{name: _moment(getattr(row, name)) for name in _MOMENTS},
            "translation_of": keys.get(row.translation_of_id, ""),
            "tags": list(row.tags or ()),
            "phrasings": list(row.phrasings or ()),
        }
        named = {int(number) for number in _ADDRESS.findall(row.body)}
        kept = [link.file for link in links.get(row.id, ()) if link.file_id in named]
        yield Exported(
            head,
            row.body,
            tuple((file.id, file.name, file.sha256, files.storage.path(file.storage_key)) for file in kept),
        )


class MarkdownWriter:
    """A ZIP archive: a text for each article in the folders of its category, and the files that stand in them."""

    def __init__(self, path: Path):
        self._archive = zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED)
        self._names: set[str] = set()

    def add(self, articles: Iterable[Exported]) -> None:
        for article in articles:
            name = self._free([*map(_fit, article.head["category"]), _fit(article.head["title"])], "md")
            self._names.add(name.lower())
            head = {key: value for key, value in article.head.items() if value}
            self._archive.writestr(_member(name), join_head(head, self._with_files(article, posixpath.dirname(name))))

    def close(self) -> None:
        self._archive.close()

    def _with_files(self, article: Exported, folder: str) -> str:
        """The text with the addresses under which its files lie in the archive."""
        addresses: dict[int, str] = {}
        for number, called, checksum, path in article.files:
            name = posixpath.join(_FILES, checksum[:16], _fit(called))
            if name.lower() not in self._names and path.is_file():
                self._names.add(name.lower())
                self._archive.writestr(_member(name), path.read_bytes(), compress_type=zipfile.ZIP_STORED)
            if name.lower() in self._names:
                beside = posixpath.relpath(name, folder or ".")
                addresses[number] = _TO_QUOTE.sub(lambda found: f"%{ord(found[0]):02X}", beside)
        return _ADDRESS.sub(lambda found: addresses.get(int(found[1]), found[0]), article.body)

    def _free(self, parts: list[str], ending: str) -> str:
        stem, count = posixpath.join(*parts), 1
        name = f"{stem}.{ending}"
        while name.lower() in self._names:
            count += 1
            name = f"{stem}-{count}.{ending}"
        return name


class TableWriter:
    """A workbook with a line for each article; the first line has the names that the import knows."""

    def __init__(self, path: Path, locale: str):
        self._names = HEADINGS.get(locale, HEADINGS["en"])
        self._book = xlsxwriter.Workbook(str(path), {"constant_memory": True})
        self._sheet = self._book.add_worksheet()
        self._sheet.freeze_panes(1, 0)
        bold = self._book.add_format({"bold": True, "bg_color": "#F1EFEA", "bottom": 1})
        for column, (field, name) in enumerate(self._names.items()):
            self._sheet.set_column(column, column, 60 if field == "body" else 18)
            self._sheet.write_string(0, column, name, bold)
        self._line = 1

    def add(self, articles: Iterable[Exported]) -> None:
        for article in articles:
            values = article.head | {"body": article.body, "locale": article.head["language"]}
            for column, field in enumerate(self._names):
                value = values.get(field, "")
                text = SEVERAL[field][0].join(value) if isinstance(value, list) else value
                self._sheet.write_string(self._line, column, harmless(text)[:CELL_CHARS])
            self._line += 1

    def close(self) -> None:
        self._book.close()


def _member(name: str) -> zipfile.ZipInfo:
    """A member without a time: the same articles make the same file."""
    made = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    made.compress_type, made.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
    return made


def _fit(name: str) -> str:
    """A name for a file or folder on every system."""
    cleaned = " ".join(_UNFIT.sub(" ", name).split()).strip(". ")
    return cleaned.encode()[:150].decode(errors="ignore").rstrip(". ") or "_"


def _path(categories: dict[int, ArticleCategory], number: int | None) -> tuple[str, ...]:
    path: list[str] = []
    while number in categories and len(path) < 20:
        path.insert(0, categories[number].name)
        number = categories[number].parent_id
    return tuple(path)


def _key(number: int) -> str:
    """What an article is called elsewhere that has no name of its own."""
    return f"article-{number}"


def _moment(moment: dt.datetime | None) -> str:
    return moment.isoformat(sep=" ", timespec="seconds") if moment else ""
