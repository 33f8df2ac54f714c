"""`manage.py kb import`: files and folders into the knowledge base, and a line for every row that is not taken."""

import csv
import os
import sys
import tempfile
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import click
import numpy as np
from sqlalchemy import select

from ai.model import Embedder, load_embedder
from ai.rebuild import bulk_embedder
from app.extensions import db
from app.offload import native_pool
from app.terminal import Progress, gettext
from models.actor import Actor, system
from models.base import EVERY_TENANT, bind
from models.identity import Tenant
from models.imports import RowResult
from services.documents import reading
from services.documents.found import read_found, unpack
from services.imports import Choices, Outcome
from services.imports.embedding import embed_articles
from services.imports.planning import Planned, planned
from services.imports.running import Unwanted, begin_at_terminal, remarks_of
from services.knowledge_index import engine, missing_vectors
from services.spreadsheets import harmless

#: whoever sits at the terminal may wait, and may have much
LIMITS = reading.Limits(seconds=4 * 3600, patience=4 * 3600, memory=0, most_rows=10_000_000)
#: more than any knowledge base has: all that lack vectors get them
MOST_ARTICLES = 100_000_000
#: from so many articles on, torch repays the ten seconds that it takes to load
BULK_FROM = 100
_MARKS = {RowResult.refused: "✗", RowResult.skipped: "·"}


def import_files(
    files: Iterable[Path], *, tenant_code: str, choices: Choices, dry_run: bool = False, report: Path | None = None
) -> int:
    """Bring files and folders into a company's knowledge base and make them searchable; how many rows failed.

    Needs an application context.
    """
    actor = _system_of(tenant_code)
    stored = [each for path in files for each in _import_file(actor, path, choices, dry_run)]
    _sum_up([outcome for _, outcome in stored])
    if report is not None:
        _write_report(report, stored)
    if choices.publish and not dry_run:
        _embed(actor)
    return sum(outcome.result is RowResult.refused for _, outcome in stored)


def _import_file(actor: Actor, path: Path, choices: Choices, dry_run: bool) -> list[tuple[Planned, Outcome]]:
    """What became of the rows of one file or folder; those that were not taken as they stand are printed."""
    with tempfile.TemporaryDirectory(prefix="kb-import-") as folder:
        target = Path(folder)
        try:
            reading.read(path, path.name, target, LIMITS)
        except reading.Unreadable as failure:
            refused = Planned(path.name, None, remarks=list(map(unpack, failure.reasons))), Outcome(RowResult.refused)
            _print(*refused)
            return [refused]
        rows = planned(read_found(target), choices)
        stored: list[tuple[Planned, Outcome]] = []
        progress = Progress(gettext("storing"), len(rows), gettext("rows"))
        importing = begin_at_terminal(actor, path.name, target, choices, len(rows), is_trial=dry_run)
        try:
            for batch in importing.store(rows):
                for row, outcome in batch:
                    _print(row, outcome)
                stored += batch
                progress.show(len(stored))
        except Unwanted:
            raise click.ClickException(gettext("The import was cancelled on a screen")) from None
        progress.end(len(stored))
        return stored


def _print(row: Planned, outcome: Outcome) -> None:
    if said := "; ".join(_remarks(row, outcome)):
        print(f"{_MARKS.get(outcome.result, '!')} {row.place}: {said}", flush=True)


def _remarks(row: Planned, outcome: Outcome) -> list[str]:
    return [
        gettext(sentence, **{name: gettext(value) if name == "reason" else value for name, value in values.items()})
        for sentence, values in remarks_of(row, outcome)
    ]


def _sum_up(outcomes: Sequence[Outcome]) -> None:
    counts = {result.value: sum(outcome.result is result for outcome in outcomes) for result in RowResult}
    print(
        gettext(
            "%(created)s created, %(updated)s updated, %(unchanged)s unchanged, "
            "%(skipped)s skipped, %(refused)s failed",
            **counts,
        ),
        flush=True,
    )


def _write_report(path: Path, stored: Sequence[tuple[Planned, Outcome]]) -> None:
    """A line for every row, as a spreadsheet opens it."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("place", "title", "result", "remarks", "article"))
        for row, outcome in stored:
            said = " ".join(_remarks(row, outcome))
            writer.writerow(
                [harmless(text) for text in (row.place, row.title, outcome.result, said, str(outcome.article_id or ""))]
            )


def _system_of(tenant_code: str) -> Actor:
    db.session().info["tenant_id"] = EVERY_TENANT
    tenant = db.session.scalars(select(Tenant).where(Tenant.code == tenant_code)).first()
    if tenant is None:
        raise click.ClickException(gettext("There is no company with the code %(code)s", code=tenant_code))
    actor = system(tenant.id)
    bind(db.session(), actor)
    return actor


def _embed(actor: Actor) -> None:
    """Vectors for what is new, then the index snapshot from which the service starts."""
    if engine.embedder is not None and (missing := missing_vectors(MOST_ARTICLES)):
        embedder = fast_embedder(engine.spec, engine.folder / "models", len(missing))
        progress = Progress(gettext("learning meanings"), len(missing), gettext("articles"))
        progress.end(embed_articles(actor, embedder, missing, progress.show))
    engine.save(actor.tenant_id)


def fast_embedder(spec: str, model_dir: Path, articles: int) -> Embedder:
    """The quickest way this machine has to make vectors for so many articles, on all its processors."""
    # the small engine of the web processes is through with a few before torch has begun
    embedder = load_embedder(spec, model_dir) if articles < BULK_FROM else bulk_or_single(spec, model_dir)
    return Threaded(embedder, os.cpu_count() or 1)


def bulk_or_single(spec: str, model_dir: Path) -> Embedder | None:
    """The model for many texts; where torch is missing, the one for single questions does them too."""
    try:
        return bulk_embedder(spec, model_dir, _tell_rebuilding)
    except ImportError:  # torch is optional, and may be there in part
        return load_embedder(spec, model_dir)


def _tell_rebuilding(share: float, step: str) -> None:
    print(f"  {gettext('preparing the model')}: {share * 100:.0f} %", file=sys.stderr, flush=True)


class Threaded:
    """An embedder whose texts are spread over native threads, each of which computes alone.

    Measured: as fast as one OpenMP team on an idle machine, and twice to three times as fast beside other
    programs, where the members of a team wait for one another.
    """

    #: texts that a thread takes at a time
    SHARE = 32

    def __init__(self, embedder: Embedder, threads: int):
        self.name, self.dim = embedder.name, embedder.dim
        self._embedder = embedder
        self._pool: ThreadPoolExecutor = native_pool(threads)

    def encode_queries(self, texts: Sequence[str]) -> np.ndarray:
        return self._spread(self._embedder.encode_queries, texts)

    def encode_passages(self, texts: Sequence[str]) -> np.ndarray:
        return self._spread(self._embedder.encode_passages, texts)

    def _spread(self, encode, texts: Sequence[str]) -> np.ndarray:
        # texts of like length together, so that short ones need not wait for long ones
        order = sorted(range(len(texts)), key=lambda place: len(texts[place]))
        shares = [order[start : start + self.SHARE] for start in range(0, len(order), self.SHARE)]
        vectors = np.empty((len(texts), self.dim), np.float32)
        for share, part in zip(
            shares, self._pool.map(lambda places: encode([texts[place] for place in places]), shares), strict=True
        ):
            vectors[share] = part
        return vectors
