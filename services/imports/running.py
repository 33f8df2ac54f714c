"""The work on an import: reading its file, then storing its rows some at a time; it goes on where it stopped."""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from app.errors import DomainError, NotAllowed, Reason, Unavailable
from app.extensions import db
from app.offload import give_way, offload
from models.actor import Actor, system
from models.base import bind
from models.identity import User
from models.imports import ArticleImport, ArticleImportRow, ImportState, RowResult
from models.types import utcnow
from services import job_rows
from services.documents import reading
from services.documents.found import pack, read_found
from services.identity import rights
from services.imports import jobs, preview
from services.imports.choices import Choices
from services.imports.jobs import FOUND, RIGHT, SOURCE, storage
from services.imports.pictures import Pictures
from services.imports.planning import Planned, planned
from services.imports.storing import Batch, Outcome
from services.operation import announce, run

logger = logging.getLogger(__name__)

#: rows per transaction: few enough that nobody who chats notices; at the terminal nobody chats in this process
BATCH, BATCH_AT_TERMINAL = 20, 200
#: of a larger file only what went wrong is kept row by row
MOST_REPORTED = 20_000


def work(tenant_id: int, import_id: int) -> bool:
    """Do what is next with an import: read its file, or store its rows; False when there is nothing to do."""
    row = db.session.get(ArticleImport, import_id, populate_existing=True)
    if row is None:
        return False
    if row.state in (ImportState.uploaded, ImportState.reading):
        return _attempt(tenant_id, import_id, ImportState.uploaded, ImportState.reading, _read)
    return _attempt(tenant_id, import_id, ImportState.queued, ImportState.running, _store_all)


class Unwanted(Exception):
    """Cancelled while it was being worked on, or somebody else has taken it over."""


def _attempt(
    tenant_id: int,
    import_id: int,
    before: ImportState,
    state: ImportState,
    step: Callable[[Actor, ArticleImport], None],
) -> bool:
    is_free = (ArticleImport.state == before) | ((ArticleImport.state == state) & jobs.is_silent())
    if not job_rows.note(ArticleImport, tenant_id, import_id, is_free, state=state):
        return False
    row = db.session.get(ArticleImport, import_id, populate_existing=True)
    try:
        step(_owner(tenant_id, row), row)
    except Unwanted:
        return False
    except Unavailable as failure:
        # the database is busy or away: what is not stored yet is taken up again (`jobs.waiting`)
        logger.warning("import %s waits: %s", import_id, failure.message)
        return False
    except reading.Unreadable as failure:
        _fail(tenant_id, import_id, failure.reasons)
        return False
    except DomainError as refusal:
        _fail(tenant_id, import_id, [pack(refusal.message)])
        return False
    except Exception:
        _fail(tenant_id, import_id, [pack("Something went wrong on our side")])
        raise
    return True


def _owner(tenant_id: int, row: ArticleImport) -> Actor:
    """Whoever asked for it, with the rights that he has now."""
    if row.create_by is None:
        actor = system(tenant_id)
    else:
        user = db.session.get(User, row.create_by)
        if user is None or not user.active:
            raise NotAllowed("You are not allowed to do this")
        actor = rights.actor_for_user(user)
        actor.require(RIGHT)
    bind(db.session(), actor)
    return actor


def _read(actor: Actor, row: ArticleImport, limits: reading.Limits = reading.UPLOADED) -> None:
    import_id, folder = row.id, storage.folder(row.storage_key)
    name, still = row.name, _still(actor.tenant_id, row.id, ImportState.reading)
    db.session.rollback()  # nothing is held while the file is read
    reading.read(folder / SOURCE, name, folder / FOUND, limits, still)
    if not still():
        raise Unwanted
    shown = offload(preview.of, folder / FOUND)

    def finish() -> None:
        row = db.session.get(ArticleImport, import_id, with_for_update=True, populate_existing=True)
        if row.state is ImportState.reading:
            row.state, row.preview, row.total = ImportState.ready, shown, shown["total"]

    run(actor, "article_import.read", finish)


def _store_all(actor: Actor, row: ArticleImport) -> None:
    folder, choices = storage.folder(row.storage_key) / FOUND, Choices.of(_without_id(row.choices))
    rows = offload(lambda: planned(read_found(folder), choices))
    importing = Importing(actor, row.id, choices, Pictures(actor, folder, is_trial=row.is_trial), is_trial=row.is_trial)
    if not job_rows.note(ArticleImport, actor.tenant_id, row.id, _is_running(), total=len(rows)):
        raise Unwanted
    for _ in importing.store(rows, row.done):
        pass


@dataclass
class Importing:
    """Storing the planned rows of one import."""

    actor: Actor
    import_id: int
    choices: Choices
    pictures: Pictures
    is_trial: bool
    #: others may begin to work with what was stored; at the terminal that is done right away
    is_told: bool = True
    batch: int = BATCH

    def store(self, rows: Sequence[Planned], done: int = 0) -> Iterator[list[tuple[Planned, Outcome]]]:
        """Batch by batch what became of the rows; then the import is done. Raises Unwanted when it is cancelled."""
        is_reported = len(rows) <= MOST_REPORTED
        while done < len(rows):
            batch = rows[done : done + self.batch]
            outcomes = self._store_batch(batch, done, is_reported)
            done += len(batch)
            yield list(zip(batch, outcomes, strict=True))
            give_way()

        def finish() -> None:
            row = db.session.get(ArticleImport, self.import_id, with_for_update=True, populate_existing=True)
            if row.state is ImportState.running:
                jobs.finish(row, ImportState.done)
                if self.is_told and not self.is_trial:
                    announce("article_import.stored", import_id=row.id)

        run(self.actor, "article_import.finish", finish)

    def _store_batch(self, batch: Sequence[Planned], done: int, is_reported: bool) -> list[Outcome]:
        bind(db.session(), self.actor)
        wanted = [replace(each.row, body=self.pictures.put(each)) for each in batch if each.row is not None]

        def work() -> list[Outcome]:
            self._take(done)
            stored = Batch(self.actor, wanted, self.choices).store()
            if self.is_trial:
                raise _Tried(stored)
            return self._note(batch, stored, done, is_reported)

        try:
            return run(self.actor, "article.import", work)
        except _Tried as trial:
            tried = trial.outcomes
        except Unavailable:
            raise
        except DomainError as refusal:  # of the whole transaction
            tried = [Outcome(RowResult.refused, refusal=refusal) for _ in wanted]

        def note() -> list[Outcome]:
            self._take(done)
            return self._note(batch, tried, done, is_reported)

        return run(self.actor, "article.import", note)

    def _take(self, done: int) -> None:
        """Inside the transaction: the import is still wanted, and nobody else has stored these rows."""
        row = db.session.get(ArticleImport, self.import_id, with_for_update=True, populate_existing=True)
        if row.state is not ImportState.running or row.done != done:
            raise Unwanted

    def _note(self, batch: Sequence[Planned], stored: list[Outcome], done: int, is_reported: bool) -> list[Outcome]:
        """Inside the transaction: the report of these rows, together with them."""
        left = iter(stored)
        outcomes = [next(left) if each.row is not None else Outcome(_left_out(each)) for each in batch]
        job = db.session.get(ArticleImport, self.import_id)
        for number, (each, outcome) in enumerate(zip(batch, outcomes, strict=True), start=done + 1):
            setattr(job, outcome.result, getattr(job, outcome.result) + 1)
            remarks = remarks_of(each, outcome)
            if is_reported or remarks:
                db.session.add(
                    ArticleImportRow(
                        import_id=self.import_id,
                        number=number,
                        place=each.place[-500:],
                        title=each.title[:255],
                        result=outcome.result,
                        article_id=outcome.article_id
                        if not self.is_trial or outcome.result is not RowResult.created
                        else None,
                        remarks=remarks or None,
                    )
                )
        job.done = done + len(batch)
        return outcomes


class _Tried(Exception):
    """Ends a trial's transaction, so that nothing of it is kept."""

    def __init__(self, outcomes: list[Outcome]):
        super().__init__()
        self.outcomes = outcomes


def _left_out(row: Planned) -> RowResult:
    return RowResult.skipped if row.is_double else RowResult.refused


def begin_at_terminal(
    actor: Actor, name: str, folder: Path, choices: Choices, total: int, *, is_trial: bool
) -> Importing:
    """An import whose rows are stored by the caller; `folder` is where the file was read into."""

    def begin() -> int:
        row = ArticleImport(name=name[-255:], state=ImportState.running, is_trial=is_trial, total=total)
        row.choices, row.start_time = choices.packed(), utcnow()
        db.session.add(row)
        db.session.flush()
        return row.id

    number = run(actor, "article_import.upload", begin)
    return Importing(
        actor, number, choices, Pictures(actor, folder, is_trial=is_trial), is_trial, False, BATCH_AT_TERMINAL
    )


def remarks_of(row: Planned, outcome: Outcome) -> list[list]:
    """Why a row was refused, and what of it was left out."""
    said = [pack(remark) for remark in row.remarks]
    if outcome.refusal is not None:
        fields = [reason for reason in outcome.refusal.fields.values() if isinstance(reason, Reason)]
        said = [*map(pack, (outcome.refusal.message, *fields)), *said]
    return said


def _without_id(choices: dict) -> dict:
    return {name: value for name, value in choices.items() if name != "category_id"}


def _is_running():
    return ArticleImport.state == ImportState.running


def _still(tenant_id: int, import_id: int, state: ImportState) -> Callable[[], bool]:
    """Whether it is still wanted; says at the same time that somebody works on it."""
    return lambda: job_rows.note(ArticleImport, tenant_id, import_id, ArticleImport.state == state)


def _fail(tenant_id: int, import_id: int, reasons: list) -> None:
    actor = system(tenant_id)
    bind(db.session(), actor)

    def fail() -> None:
        row = db.session.get(ArticleImport, import_id, with_for_update=True, populate_existing=True)
        if row.state in (ImportState.reading, ImportState.running):
            jobs.finish(row, ImportState.failed, reasons)

    run(actor, "article_import.fail", fail)
