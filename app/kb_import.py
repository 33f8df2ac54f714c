"""`manage.py kb import`: CSV and JSON lines into the knowledge base, and a line for every row that is not taken."""

import csv
import io
import json
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np
from sqlalchemy import select

from ai.model import Embedder, load_embedder
from ai.rebuild import bulk_embedder
from app.errors import DomainError
from app.extensions import db
from app.kb_columns import NAMES
from app.offload import native_pool
from app.terminal import Progress, gettext
from models.actor import Actor, system
from models.base import EVERY_TENANT, bind
from models.identity import Tenant
from services.imports import BATCH, ArticleRow, Result, embed_articles, import_articles
from services.knowledge_index import engine, missing_vectors

_FIELD_OF = {name: field for field, names in NAMES.items() for name in names}
_VISIBILITIES = {
    "公开": "public",
    "公開": "public",
    "客户": "customer",
    "客戶": "customer",
    "员工": "staff",
    "內部": "staff",
    "内部": "staff",
}
#: a text in a cell may be as long as an article may be
LONGEST_CELL = 1_000_000
#: more than any knowledge base has: all that lack vectors get them
MOST_ARTICLES = 100_000_000
#: from so many articles on, torch repays the ten seconds that it takes to load
BULK_FROM = 100


@dataclass(frozen=True)
class Read:
    """One row of a file: where it stood, and either what it says or why it cannot be read."""

    place: str
    row: ArticleRow | None
    problem: str = ""


def import_files(files: Iterable[Path], *, tenant_code: str, category: str = "", publish: bool = True) -> int:
    """Bring files into a company's knowledge base and make them searchable; returns how many rows failed.

    Needs an application context. `category` ("a|b" for b below a) is for rows that name none.
    """
    actor = _system_of(tenant_code)
    read = _without_doubles([found for path in files for found in read_file(path, category)])
    failed = _store(actor, read, publish)
    if publish:
        _embed(actor)
    return failed


def read_file(path: Path, category: str = "") -> Iterator[Read]:
    """The rows of a file, by its ending: .jsonl, .ndjson and .json hold JSON lines, everything else is CSV."""
    try:
        text = _decoded(path.read_bytes())
    except UnicodeDecodeError:
        yield Read(path.name, None, gettext("The file is neither UTF-8 nor GBK"))
        return
    is_json = path.suffix.lower() in (".jsonl", ".ndjson", ".json")
    for line, values in _json_rows(text) if is_json else _csv_rows(text):
        place = f"{path.name}:{line}"
        if isinstance(values, str):
            yield Read(place, None, values)
        else:
            yield Read(place, _row(values, category))


def _decoded(data: bytes) -> str:
    """Spreadsheets on Chinese Windows write GBK, or UTF-8 with a mark in front."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("gb18030")


def _json_rows(text: str) -> Iterator[tuple[int, dict | str]]:
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            yield number, gettext("Not JSON: %(reason)s", reason=error)
            continue
        if not isinstance(row, dict):
            yield number, gettext("Not a JSON object")
            continue
        values = {
            _FIELD_OF[name.strip().lower()]: value for name, value in row.items() if name.strip().lower() in _FIELD_OF
        }
        yield number, _objection(values) or values


def _objection(values: dict) -> str | None:
    """What is wrong with the kinds of values, None when nothing is."""
    if "title" not in values or "body" not in values:
        return gettext("Title or text is missing")
    for field, value in values.items():
        texts = value if isinstance(value, list) and field in ("phrasings", "tags", "category") else [value]
        if value is not None and not all(isinstance(text, str) for text in texts):
            return gettext("%(field)s must be a text", field=field)
    return None


def _csv_rows(text: str) -> Iterator[tuple[int, dict | str]]:
    csv.field_size_limit(LONGEST_CELL)
    header_line = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=header_line.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    header = [_FIELD_OF.get(name.strip().lower()) for name in next(reader, [])]
    if "title" not in header or "body" not in header:
        yield 1, gettext("The first line must name the columns title and text (or 标题 and 答案)")
        return
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield line, gettext("Not CSV: %(reason)s", reason=error)
            continue
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(header):
            yield line, gettext("%(found)s cells instead of %(wanted)s", found=len(cells), wanted=len(header))
        else:
            yield line, {field: cell for field, cell in zip(header, cells, strict=True) if field}


def _row(values: dict, category: str) -> ArticleRow:
    def text(field: str) -> str:
        return (values.get(field) or "").strip()

    def several(field: str, marks: str) -> tuple[str, ...] | None:
        value = values.get(field)
        return None if value is None else tuple(_split(value, marks))

    visibility = text("visibility").lower()
    return ArticleRow(
        title=text("title"),
        body=text("body"),
        category=several("category", "|｜") or tuple(_split(category, "|｜")),
        phrasings=several("phrasings", "|;｜；\n"),
        tags=several("tags", "|;,｜；，、"),
        visibility=_VISIBILITIES.get(visibility, visibility) or None,
        locale=text("locale").lower() or None,
    )


def _split(value: str | list[str], marks: str) -> list[str]:
    """The parts of a cell, or the texts of a list, without empty ones."""
    if isinstance(value, str):
        for mark in marks[1:]:
            value = value.replace(mark, marks[0])
        value = value.split(marks[0])
    return [part.strip() for part in value if part.strip()]


def _system_of(tenant_code: str) -> Actor:
    db.session().info["tenant_id"] = EVERY_TENANT
    tenant = db.session.scalars(select(Tenant).where(Tenant.code == tenant_code)).first()
    if tenant is None:
        raise click.ClickException(gettext("There is no company with the code %(code)s", code=tenant_code))
    actor = system(tenant.id)
    bind(db.session(), actor)
    return actor


def _without_doubles(read: Sequence[Read]) -> list[Read]:
    """Of rows with the same title in the same category the last; else each further import would change it twice."""
    last = {_key(found.row): found for found in read if found.row is not None}
    kept = []
    for found in read:
        if found.row is None or last[_key(found.row)] is found:
            kept.append(found)
        else:
            print(
                gettext(
                    "· %(place)s: left out, the same title stands again in %(other)s",
                    place=found.place,
                    other=last[_key(found.row)].place,
                ),
                flush=True,
            )
    return kept


def _key(row: ArticleRow) -> tuple:
    return " ".join(row.title.split()), row.category


def _store(actor: Actor, read: Sequence[Read], publish: bool) -> int:
    """Write the rows batch by batch; returns how many failed."""
    counts = dict.fromkeys(Result, 0)
    failed = 0
    progress = Progress(gettext("storing"), len(read), gettext("rows"))
    for number, batch in enumerate(_batched(read, BATCH)):
        outcomes = iter(_store_batch(actor, [found.row for found in batch if found.row is not None], publish))
        for found in batch:
            outcome = found.problem if found.row is None else next(outcomes)
            if isinstance(outcome, Result):
                counts[outcome] += 1
            else:
                failed += 1
                print(f"✗ {found.place}: {outcome}", flush=True)
        progress.show(number * BATCH + len(batch))
    progress.end(len(read))
    print(
        gettext(
            "%(created)s created, %(updated)s updated, %(unchanged)s unchanged, %(failed)s failed",
            failed=failed,
            **{result.value: count for result, count in counts.items()},
        ),
        flush=True,
    )
    return failed


def _store_batch(actor: Actor, rows: list[ArticleRow], publish: bool) -> list[Result | str]:
    """What became of each row: stored, or why not."""
    try:
        outcomes = import_articles(actor, rows, publish=publish)
    except DomainError as refusal:  # of the whole transaction
        outcomes = [refusal] * len(rows)
    return [gettext(each.message) if isinstance(each, DomainError) else each for each in outcomes]


def _batched(rows: Sequence[Read], size: int) -> Iterator[Sequence[Read]]:
    return (rows[start : start + size] for start in range(0, len(rows), size))


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
    embedder = load_embedder(spec, model_dir) if articles < BULK_FROM else _bulk_embedder(spec, model_dir)
    return Threaded(embedder, os.cpu_count() or 1)


def _bulk_embedder(spec: str, model_dir: Path) -> Embedder | None:
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
