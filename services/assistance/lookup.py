"""Texts beside the articles that are looked up by meaning: tickets, reply scripts, past answers (AI-3, AI-5).

Each process keeps one index per company and shelf, and catches up with the rows' `update_time` before it searches, at
most once a second. Vectors lie in `text_vector`, made by a job; until then a text is found by its words. Snapshots only
spare the start. What is found is read again through `visible_to` by whoever shows it.
"""

import datetime as dt
import hashlib
import logging
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import numpy as np
from sqlalchemy import func, select

from ai.answer import Calibration, calibration_for
from ai.articles import Piece, embed_pieces, make_entry, pieces_of
from ai.index import Hit, KnowledgeIndex
from ai.segment import Entry
from ai.snapshot import SnapshotError, read_manifest
from ai.snapshot import load as load_snapshot
from ai.snapshot import save as save_snapshot
from ai.tickets import make_ticket_entry, ticket_pieces
from app.extensions import db
from app.offload import give_way, offload
from models.assistance import PastAnswer, TextVector
from models.base import Entity
from models.conversations import QuickReply
from models.tickets import Ticket, TicketStatus
from models.types import utcnow
from services.knowledge_index import ENOUGH_VECTORS, engine
from services.operation import write

logger = logging.getLogger(__name__)

#: rows read, indexed or embedded at a time
BATCH = 100
EMBED_BATCH = 8
#: so many rows are in memory again within a second
WORTH_SAVING = 1000
#: a change is found this many seconds later at the latest
LOOK_EVERY = 1.0
#: how long a transaction may take between naming its time and being seen
OVERLAP = dt.timedelta(seconds=15)
_EPOCH = dt.datetime(1970, 1, 1)


Texts = tuple[str, ...]


def _entry(key: int, version: int, title: str, body: str, vectors: np.ndarray | None) -> Entry:
    return make_entry(key, version, title, body, (), vectors)


@dataclass(frozen=True)
class Shelf:
    """One kind of text: its table, what of a row is looked up as question and as answer, and which rows are."""

    name: str
    model: type[Entity]
    texts: Callable[[Entity], Texts]
    is_kept: Callable[[Entity], bool] = lambda row: True
    #: texts → what of them gets vectors; number, version, texts, vectors → entry of the index
    pieces: Callable[..., list[Piece]] = pieces_of
    entry: Callable[..., Entry] = _entry

    def keeps(self, row: Entity) -> bool:
        return not row.deleted and self.is_kept(row)


TICKETS = Shelf(
    "ticket",
    Ticket,
    lambda row: (row.title, row.description or "", row.resolution or ""),
    lambda row: row.status is not TicketStatus.cancelled,
    ticket_pieces,
    make_ticket_entry,
)
REPLIES = Shelf("reply", QuickReply, lambda row: (row.title, row.content))
ANSWERS = Shelf("answer", PastAnswer, lambda row: (row.question, row.answer))
SHELVES = (TICKETS, REPLIES, ANSWERS)


@dataclass
class _Kept:
    """An index and how far it has come."""

    index: KnowledgeIndex
    model: str
    #: all that was changed up to then is in it
    seen: dt.datetime
    looked: float = 0.0
    #: row → version, of what was taken in last: the overlap is not done twice
    recent: dict[int, int] = field(default_factory=dict)


class Lookup:
    """The indexes of one process."""

    def __init__(self):
        self._kept: dict[tuple[int, str], _Kept] = {}
        self._embedded: dict[tuple[int, str, str], dt.datetime] = {}
        self._calibrations: dict[str, Calibration] = {}

    @property
    def calibration(self) -> Calibration:
        """What nearness means here: vectors of the configured model as they are, for adapters are for articles."""
        model = engine.model_name
        if model not in self._calibrations:
            self._calibrations[model] = offload(calibration_for, engine.embedder)
        return self._calibrations[model]

    def forget(self) -> None:
        """Begin anew: another database, another model."""
        self.__init__()

    def search(
        self,
        tenant_id: int,
        shelf: Shelf,
        query: str,
        vector: np.ndarray | None,
        k: int,
        allow: Collection[int] | None = None,
    ) -> list[Hit]:
        """The k best of the rows in `allow` (None: of all); by words alone while most have no vectors yet."""
        index = self.index(tenant_id, shelf)
        by_meaning = vector is not None and index.vector_share >= ENOUGH_VECTORS
        return offload(index.search, query, vector if by_meaning else None, k, allow)

    def index(self, tenant_id: int, shelf: Shelf) -> KnowledgeIndex:
        """The company's index of a shelf, brought up to what the database has."""
        key, model = (tenant_id, shelf.name), engine.model_name
        kept = self._kept.get(key)
        if kept is None or kept.model != model:
            kept = self._from_snapshot(tenant_id, shelf, model)
        if time.monotonic() >= kept.looked + LOOK_EVERY or not kept.looked:
            self._catch_up(kept, shelf)
            self._kept[key] = kept
        return kept.index

    def save(self, tenant_id: int) -> None:
        """Write the snapshots from which the next start goes on; an index that has lost touch is built anew."""
        for shelf in SHELVES:
            number = _number_of(shelf)
            if (tenant_id, shelf.name) not in self._kept and number < WORTH_SAVING:
                continue  # nobody has looked here, and whoever will does not wait long
            index = self.index(tenant_id, shelf)
            if len(index) != number:
                logger.info("the index %s of company %s is built anew", shelf.name, tenant_id)
                kept = self._empty(engine.model_name)
                self._catch_up(kept, shelf)
                self._kept[tenant_id, shelf.name], index = kept, kept.index
            folder, owner = self._folder(tenant_id, shelf), f"{tenant_id}:{shelf.name}"
            if not offload(_is_saved, folder, owner, engine.model_name, index.version):
                offload(save_snapshot, index, folder, owner, engine.model_name)

    def _from_snapshot(self, tenant_id: int, shelf: Shelf, model: str) -> _Kept:
        try:
            index = offload(load_snapshot, self._folder(tenant_id, shelf), f"{tenant_id}:{shelf.name}", model)
        except SnapshotError as reason:
            logger.info("index %s of company %s is built from the database: %s", shelf.name, tenant_id, reason)
            return self._empty(model)
        seen = _EPOCH + dt.timedelta(microseconds=index.version)
        # a snapshot from the future belongs to a database that was restored from a backup
        return _Kept(index, model, seen) if seen <= utcnow() else self._empty(model)

    @staticmethod
    def _empty(model: str) -> _Kept:
        return _Kept(KnowledgeIndex(engine.embedder.dim if engine.embedder is not None else 0), model, _EPOCH)

    @staticmethod
    def _folder(tenant_id: int, shelf: Shelf) -> Path:
        return engine.folder / "lookup" / f"{tenant_id}-{shelf.name}"

    @staticmethod
    def _catch_up(kept: _Kept, shelf: Shelf) -> None:
        now, since, recent = utcnow(), max(kept.seen - OVERLAP, _EPOCH), {}
        for rows in chain(_changed(shelf.model, since), _newly_embedded(shelf, since, kept.seen)):
            stored = _vectors_of(shelf, [row.id for row in rows], kept.model)
            versions = {row.id: _version(row, stored.get(row.id)) for row in rows}
            rows = [row for row in rows if kept.recent.get(row.id) != versions[row.id]]
            recent |= versions
            living = [row for row in rows if shelf.keeps(row)]
            texts = {row.id: shelf.texts(row) for row in living}
            if living:
                offload(_take, kept.index, shelf, texts, versions, stored)
            gone = [row.id for row in rows if row.id not in texts]
            if gone:
                offload(kept.index.remove, gone, max(versions[number] for number in gone))
            give_way()
        kept.seen, kept.recent, kept.looked = now, recent, time.monotonic()

    def embed_pending(self, tenant_id: int) -> int:
        """Job: give vectors to texts that have none from the present model; returns how many texts."""
        if engine.embedder is None:
            return 0
        return sum(self._embed(tenant_id, shelf) for shelf in SHELVES)

    def _embed(self, tenant_id: int, shelf: Shelf) -> int:
        model, done = engine.model_name, 0
        key = (tenant_id, shelf.name, model)
        now = utcnow()
        for rows in _changed(shelf.model, max(self._embedded.get(key, _EPOCH) - OVERLAP, _EPOCH)):
            texts = {row.id: shelf.texts(row) for row in rows if shelf.keeps(row)}
            known = {row_id: vector.text_hash for row_id, vector in _vectors_of(shelf, list(texts), model).items()}
            wanted = {row_id: text for row_id, text in texts.items() if known.get(row_id) != _hash(*text)}
            ids = list(wanted)
            for start in range(0, len(ids), EMBED_BATCH):
                batch = {row_id: wanted[row_id] for row_id in ids[start : start + EMBED_BATCH]}
                db.session.rollback()  # no connection is held while a thread computes
                _store(tenant_id, shelf, offload(_embedded, shelf, batch), batch, model)
                done += len(batch)
        self._embedded[key] = now
        return done


lookup = Lookup()


def _is_saved(folder: Path, owner: str, model: str, version: int) -> bool:
    """Whether the snapshot that is there says the same."""
    try:
        known = read_manifest(folder)
    except SnapshotError:
        return False
    return (known.get("tenant"), known.get("model"), known.get("version")) == (owner, model, version)


def _changed(model: type[Entity], since: dt.datetime) -> Iterator[list[Entity]]:
    """The rows of the bound company that were changed since then, deleted ones too, in batches."""
    last, number = since, 0
    while True:
        rows = list(
            db.session.scalars(
                select(model)
                # the first condition is where to begin in the index; MariaDB finds no such place in an "or"
                .where(model.update_time >= last, (model.update_time > last) | (model.id > number))
                .order_by(model.update_time, model.id)
                .limit(BATCH)
                .execution_options(include_deleted=True, populate_existing=True)
            )
        )
        if not rows:
            return
        # before they are given away: whoever writes meanwhile makes them forget what they know
        last, number = rows[-1].update_time, rows[-1].id
        yield rows
        if len(rows) < BATCH:
            return


def _newly_embedded(shelf: Shelf, since: dt.datetime, seen: dt.datetime) -> Iterator[list[Entity]]:
    """The rows whose vectors have come since then; when an index is built they come with the rows."""
    if seen == _EPOCH:
        return
    ids = list(
        db.session.scalars(
            select(TextVector.row_id).where(TextVector.shelf == shelf.name, TextVector.update_time > since)
        )
    )
    for start in range(0, len(ids), BATCH):
        yield list(db.session.scalars(select(shelf.model).where(shelf.model.id.in_(ids[start : start + BATCH]))))


class _Stored(NamedTuple):
    """The vectors of a text as plain values."""

    row_id: int
    text_hash: str
    vectors: bytes
    update_time: dt.datetime


def _vectors_of(shelf: Shelf, ids: list[int], model: str) -> dict[int, _Stored]:
    if not model or not ids:
        return {}
    columns = (TextVector.row_id, TextVector.text_hash, TextVector.vectors, TextVector.update_time)
    rows = db.session.execute(
        select(*columns).where(TextVector.shelf == shelf.name, TextVector.row_id.in_(ids), TextVector.model == model)
    )
    return {row.row_id: _Stored(*row) for row in rows}


def _take(
    index: KnowledgeIndex,
    shelf: Shelf,
    texts: dict[int, Texts],
    versions: dict[int, int],
    stored: dict[int, "_Stored"],
) -> None:
    """In a native thread: put texts into an index, with vectors where they are of this very text."""
    entries = []
    for row_id, given in texts.items():
        kept, vectors = stored.get(row_id), None
        if kept is not None and kept.text_hash == _hash(*given) and len(kept.vectors) % (4 * index.dim) == 0:
            vectors = np.frombuffer(kept.vectors, "<f4").reshape(-1, index.dim)
            if len(vectors) != len(shelf.pieces(*given)) or not np.isfinite(vectors).all():
                vectors = None  # damaged, or cut otherwise by an earlier release: found by words
        entries.append(shelf.entry(row_id, versions[row_id], *given, vectors))
    index.upsert(entries)


def _embedded(shelf: Shelf, texts: dict[int, Texts]) -> dict[int, np.ndarray]:
    """In a native thread: the vectors of the pieces of each text, all embedded together."""
    pieces = {row_id: shelf.pieces(*given) for row_id, given in texts.items()}
    vectors = embed_pieces(engine.embedder, [piece for some in pieces.values() for piece in some])
    found, start = {}, 0
    for row_id, some in pieces.items():
        found[row_id] = vectors[start : start + len(some)]
        start += len(some)
    return found


def _store(tenant_id: int, shelf: Shelf, vectors: dict[int, np.ndarray], texts: dict[int, Texts], model: str) -> None:
    with write(tenant_id) as session:
        known = {
            row.row_id: row
            for row in session.scalars(
                select(TextVector).where(TextVector.shelf == shelf.name, TextVector.row_id.in_(list(vectors)))
            )
        }
        for row_id, found in vectors.items():
            row = known.get(row_id)
            if row is None:
                row = TextVector(shelf=shelf.name, row_id=row_id)
                session.add(row)
            row.text_hash, row.model = _hash(*texts[row_id]), model
            row.vectors = np.ascontiguousarray(found, "<f4").tobytes()


def _number_of(shelf: Shelf) -> int:
    statement = select(func.count()).select_from(shelf.model)
    if shelf is TICKETS:
        statement = statement.where(Ticket.status != TicketStatus.cancelled)
    return db.session.scalar(statement)


def _version(row: Entity, vector: _Stored | None) -> int:
    newest = max(row.update_time, vector.update_time) if vector is not None else row.update_time
    return (newest - _EPOCH) // dt.timedelta(microseconds=1)


def _hash(*texts: str) -> str:
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()
