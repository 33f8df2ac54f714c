"""The life of an import: a file comes, is read, somebody chooses, its rows are stored; the report stays (KB-4)."""

import datetime as dt
import secrets
import shutil
import time
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import ColumnElement, delete, func, select

from app.errors import Conflict, Invalid, NotFound, TooLarge, TooMany
from app.extensions import db
from app.offload import offload
from models.actor import Actor
from models.imports import COUNTED, ArticleImport, ArticleImportRow, ImportState
from models.knowledge import ArticleCategory, Visibility
from models.types import utcnow
from services.articles import publishing
from services.crud import referenced
from services.documents.columns import NAMES
from services.documents.kinds import ENDINGS
from services.imports.choices import Choices, Existing
from services.operation import announce, operation

RIGHT = "article.import"
#: how long a file waits for somebody to choose, and how long a report is kept
KEEP, KEEP_REPORTS = dt.timedelta(days=1), dt.timedelta(days=90)
MOST_AT_ONCE = 3
#: one of which nothing was heard for so long is taken up anew: its process has died
SILENCE = dt.timedelta(minutes=2)
WORKING = (ImportState.uploaded, ImportState.reading, ImportState.queued, ImportState.running)
#: for whom articles may be when the file does not say; teams and levels only by name
AUDIENCES = (Visibility.public, Visibility.customer, Visibility.staff)
MOST_PURGED = 5_000
#: names within an import's folder
SOURCE, FOUND = "source", "found"


class Storage:
    """Where uploads lie until they are done: a folder for each, with the file and what was read out of it."""

    def __init__(self):
        self.top, self.limit = Path("data/imports"), 52_428_800

    def configure(self, top: Path, limit: int) -> None:
        self.top, self.limit = top, limit

    def folder(self, key: str) -> Path:
        return self.top / key

    def make(self) -> str:
        """A new folder; its key."""
        key = secrets.token_hex(20)
        (self.top / key / FOUND).mkdir(parents=True)
        return key

    def remove(self, key: str) -> None:
        """Gone already is as good as gone."""
        shutil.rmtree(self.top / key, ignore_errors=True)


storage = Storage()


def upload(actor: Actor, *, name: str, stream: BinaryIO) -> ArticleImport:
    """A file comes in and is read in the background. Raises Invalid, TooLarge, TooMany."""
    actor.require(RIGHT)
    name = "".join(character for character in name.replace("\\", "/").rsplit("/", 1)[-1] if character.isprintable())[
        -255:
    ]
    if name.rsplit(".", 1)[-1].lower() not in ENDINGS or "." not in name:
        raise Invalid("This kind of file is not read", fields={"file": "unknown"})
    key = offload(storage.make)
    try:
        size = offload(_copy, stream, storage.folder(key) / SOURCE)
        return _begin(actor, name=name, size=size, key=key)
    except BaseException:
        storage.remove(key)
        raise


@operation("article_import.upload", title="Bring in a file of articles", right=RIGHT)
def _begin(actor: Actor, *, name: str, size: int, key: str) -> ArticleImport:
    """The row for a file that lies ready."""
    _refuse_crowd(actor)
    row = ArticleImport(name=name, size=size, storage_key=key, state=ImportState.uploaded)
    db.session.add(row)
    db.session.flush()
    announce("article_import.uploaded", import_id=row.id)
    return row


@operation("article_import.start", title="Start an import of articles", right=RIGHT)
def start_import(
    actor: Actor,
    row: ArticleImport,
    *,
    columns: list[str] | None = None,
    category_id: int | None = None,
    folders: bool = True,
    locale: str = "",
    visibility: Visibility = Visibility.public,
    publish: bool = False,
    existing: Existing = Existing.update,
    split: int = 0,
    dry_run: bool = False,
) -> ArticleImport:
    """Store the rows of a file that was read, or with `dry_run` only see what would become of them."""
    if row.state is not ImportState.ready and not (row.state is ImportState.done and row.is_trial):
        raise Conflict("This import has been started already")
    if not row.storage_key:
        raise NotFound("This file does not exist")
    if locale not in ("", "zh", "en"):
        raise Invalid("This language is not known", fields={"locale": "zh or en"})
    if visibility not in AUDIENCES:
        raise Invalid("Audiences of teams and levels stand in the file", fields={"visibility": "not valid"})
    if not 0 <= split <= 3:
        raise Invalid("The request is not valid", fields={"split": "not valid"})
    if publish and publishing.is_review_needed(actor):
        raise Conflict("This has to be reviewed before it is published", kind="review_required")
    _check_columns(row, columns)
    _refuse_crowd(actor)
    choices = Choices(
        columns=tuple(columns) if columns else None,
        category=_path_of(referenced(ArticleCategory, category_id, actor, "categoryId")),
        folders=folders,
        locale=locale,
        visibility=visibility.value,
        publish=publish,
        existing=existing,
        split=split,
    )
    _forget_rows(row.id)
    row.choices = choices.packed() | {"category_id": category_id}
    row.is_trial, row.state, row.error = dry_run, ImportState.queued, None
    row.done = row.total = 0
    row.start_time = row.finish_time = None
    for count in COUNTED:
        setattr(row, count, 0)
    announce("article_import.started", import_id=row.id)
    return row


@operation("article_import.cancel", title="Cancel an import of articles", right=RIGHT)
def cancel_import(actor: Actor, row: ArticleImport) -> ArticleImport:
    """It stops after the rows that are being stored now; what is stored stays, and so does the report."""
    if row.state in WORKING or row.state is ImportState.ready or (row.state is ImportState.done and row.is_trial):
        finish(row, ImportState.cancelled)
    return row


def finish(row: ArticleImport, state: ImportState, error: list | None = None) -> None:
    """Inside an operation: this is its end, unless it was a trial; its file goes."""
    row.state, row.finish_time, row.error = state, utcnow(), error
    if not (state is ImportState.done and row.is_trial) and row.storage_key:
        announce("article_import.finished", import_id=row.id, key=row.storage_key)
        row.storage_key = None


def is_silent() -> ColumnElement[bool]:
    """Whoever worked on it has died."""
    return ArticleImport.update_time < utcnow() - SILENCE


def waiting() -> list[int]:
    """Those of the bound company that nobody works on: their process has died, or never heard of them."""
    handed_over = ArticleImport.state.in_((ImportState.uploaded, ImportState.queued))
    is_late = handed_over & (ArticleImport.update_time < utcnow() - SILENCE / 4)
    is_left = ArticleImport.state.in_((ImportState.reading, ImportState.running)) & is_silent()
    wanted = select(ArticleImport.id).where(ArticleImport.storage_key.is_not(None), is_late | is_left)
    return list(db.session.scalars(wanted.order_by(ArticleImport.id)))


def expire(actor: Actor) -> int:
    """Cancel what nobody has chosen for within a day, and forget reports after three months."""
    idle = ArticleImport.state.in_((ImportState.ready, ImportState.done)) & ArticleImport.storage_key.is_not(None)
    # at a terminal that was closed
    lost = (ArticleImport.state == ImportState.running) & ArticleImport.storage_key.is_(None)
    over = select(ArticleImport).where(idle | lost, ArticleImport.update_time < utcnow() - KEEP).limit(100)
    gone = [cancel_import(actor, row) for row in list(db.session.scalars(over))]
    return len(gone) + _purge(actor)


def clear_leftovers() -> int:
    """Folders that no import knows any more, because its process died before it could say so."""
    oldest = time.time() - 2 * KEEP.total_seconds()
    left = [path for path in storage.top.glob("*") if path.is_dir() and path.stat().st_mtime < oldest]
    for path in left:
        storage.remove(path.name)
    return len(left)


@operation("article_import.purge", title="Forget old reports of imports", right=RIGHT)
def _purge(actor: Actor) -> int:
    old = select(ArticleImport.id).where(ArticleImport.create_time < utcnow() - KEEP_REPORTS)
    options = {"purge": True, "synchronize_session": False}
    ids = list(db.session.scalars(old.order_by(ArticleImport.id).limit(20)))
    if not ids:
        return 0
    rows = list(
        db.session.scalars(select(ArticleImportRow.id).where(ArticleImportRow.import_id.in_(ids)).limit(MOST_PURGED))
    )
    if rows:
        db.session.execute(delete(ArticleImportRow).where(ArticleImportRow.id.in_(rows)), execution_options=options)
        return len(rows)
    db.session.execute(delete(ArticleImport).where(ArticleImport.id.in_(ids)), execution_options=options)
    return len(ids)


def _refuse_crowd(actor: Actor) -> None:
    if actor.kind == "system":
        return
    working = select(func.count()).where(ArticleImport.create_by == actor.user_id, ArticleImport.state.in_(WORKING))
    if db.session.scalar(working) >= MOST_AT_ONCE:
        raise TooMany("Some of your imports are not finished yet, please wait for them")


def _check_columns(row: ArticleImport, columns: list[str] | None) -> None:
    """Every column is a field or nothing, each field at most once, title and text among them."""
    known = (row.preview or {}).get("columns")
    if columns is None or known is None:
        return
    named = [name for name in columns if name]
    is_known = len(columns) == len(known) and set(named) <= set(NAMES) and len(named) == len(set(named))
    if not is_known or not {"title", "body"} <= set(named):
        raise Invalid("Say which columns are the title and the text", fields={"columns": "required"})


def _path_of(category: ArticleCategory | None) -> tuple[str, ...]:
    path: list[str] = []
    while category is not None and len(path) < 20:
        path.insert(0, category.name)
        category = category.parent
    return tuple(path)


def _forget_rows(import_id: int) -> None:
    db.session.execute(
        delete(ArticleImportRow).where(ArticleImportRow.import_id == import_id),
        execution_options={"purge": True, "synchronize_session": False},
    )


def _copy(stream: BinaryIO, target: Path) -> int:
    """The upload as a file, as long as it may be; its size."""
    size = 0
    with target.open("wb") as file:
        while piece := stream.read(1024 * 1024):
            size += len(piece)
            if size > storage.limit:
                raise TooLarge("The file is too large", limit=storage.limit)
            file.write(piece)
    if not size:
        raise Invalid("The file is empty", fields={"file": "empty"})
    return size
