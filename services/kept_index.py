"""One company's index in one process: filled from a snapshot or the database, kept up to date, replaced when rebuilt.

The work is done beside whoever asks. He waits a moment for it and then has what there is: while a large index is being
filled, what has arrived so far; while it is being rebuilt, the old one.
"""

import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, Protocol

from flask import current_app
from sqlalchemy import func, select

from ai.answer import Calibration
from ai.index import KnowledgeIndex
from ai.snapshot import Reason, SnapshotError, read_manifest
from ai.snapshot import load as load_snapshot
from ai.snapshot import save as save_snapshot
from app.extensions import db
from app.offload import background, give_way, offload
from models.actor import system
from models.base import bind
from models.knowledge import Article, IndexState
from services import index_rows
from services.index_rows import Changes
from services.serving_models import Model, calibration_of, fresh

logger = logging.getLogger(__name__)

#: how long somebody who asks waits for the index to be up to date
PATIENCE = 1.5
#: entries put into an index at once: few while it is small, so that they are soon found, many when it is large
LEAST, MOST = 200, 5000


class Wanted(NamedTuple):
    """Where the index should be, by the database: up to which change, built since which rebuild, by which model."""

    version: int = 0
    epoch: int = 0
    model: str = ""
    spec: str = ""


class Maker(Protocol):
    """Knows the models: the engine of this process."""

    def serving(self, name: str, spec: str) -> Model: ...

    def snapshot_folder(self, tenant_id: int) -> Path: ...

    def build_aside(self, tenant_id: int, articles: int) -> bool: ...


class Held(NamedTuple):
    """What answers: an index, the model whose vectors it has, and what nearness means in it. Changed as a whole."""

    index: KnowledgeIndex
    model: Model
    calibration: Calibration
    epoch: int


class KeptIndex:
    """The index of one company in this process."""

    def __init__(self, tenant_id: int, maker: Maker, on_damage: Callable[[int, list[int]], None]):
        self.tenant_id = tenant_id
        self.held: Held | None = None
        self.wanted = Wanted()
        #: articles still to be read into it
        self.behind = 0
        #: why the last snapshot was of no use
        self.refused = ""
        self._maker, self._on_damage = maker, on_damage
        self._starting = threading.Lock()
        self._working: threading.Event | None = None
        self.failure: Exception | None = None
        self._quickening = threading.Lock()

    @property
    def index(self) -> KnowledgeIndex | None:
        """The index that answers; None before anybody has asked."""
        return self.held.index if self.held else None

    @property
    def meaning(self) -> Calibration:
        """What nearness means in it."""
        return (self.held or self._empty(self.wanted)).calibration

    @property
    def epoch(self) -> int:
        """Since which rebuild it is built."""
        return self.held.epoch if self.held else 0

    def current(self, patience: float = PATIENCE) -> Held:
        """What answers, up to date or as far as it has come in the time one may wait."""
        self.look()
        if not self.is_current:
            self._work_beside().wait(patience)
        return self.held or self._empty(self.wanted)

    def complete(self) -> Held:
        """The same, up to date however long it takes: for jobs and commands."""
        self.look()
        while not self.is_current:
            self._work_beside().wait()
            if self.failure is not None:
                raise self.failure
        return self.held

    def look(self) -> Wanted:
        """Read where the index should be."""
        row = db.session.execute(
            select(IndexState.version, IndexState.epoch, IndexState.serving_model, IndexState.serving_spec)
        ).first()
        self.wanted = Wanted(*row) if row else Wanted()
        return self.wanted

    def follow(self, wanted: Wanted) -> None:
        """Somebody has read where the index should be: get there, without waiting."""
        self.wanted = wanted
        if not self.is_current:
            self._work_beside()

    @property
    def is_current(self) -> bool:
        return self.held is not None and self.epoch == self.wanted.epoch and self.index.version >= self.wanted.version

    def save(self) -> bool:
        """Write the snapshot from which the next start goes on; False where the one there is says the same."""
        held, folder = self.complete(), self._maker.snapshot_folder(self.tenant_id)
        self._quicken()
        try:
            known = offload(read_manifest, folder)
        except SnapshotError:
            known = {}
        now = (str(self.tenant_id), held.model.name, held.epoch, held.index.version)
        if tuple(known.get(name) for name in ("tenant", "model", "epoch", "version")) == now and not self.refused:
            return False
        offload(save_snapshot, held.index, folder, str(self.tenant_id), held.model.name, held.epoch)
        self.refused = ""
        return True

    def _work_beside(self) -> threading.Event:
        """The event of the work that is under way; begin one if there is none."""
        with self._starting:
            if self._working is None or self._working.is_set():
                self._working = threading.Event()
                self.failure = None
                background(self._work, current_app._get_current_object(), self._working)
            return self._working

    def _work(self, app, done: threading.Event) -> None:
        try:
            with app.app_context():
                bind(db.session(), system(self.tenant_id))
                self._get_there()
        except Exception as error:
            self.failure = error
            logger.exception("the index of company %s could not be brought up to date", self.tenant_id)
        finally:
            self.behind = 0
            done.set()
        if self.failure is None:
            self._quicken()

    def _quicken(self) -> None:
        """Beside those who search: what has grown large is made quick to search."""
        with self._quickening:
            if self.index.is_slow:
                offload(self.index.quicken)

    def _get_there(self) -> None:
        wanted = self.look()
        if self.held is None:
            self.held = self._begin(wanted)
        if self.held.epoch != wanted.epoch:
            # beside the one in use, which answers until this one knows everything
            self.held = self._anew(wanted)
        else:
            self._fill(self.held, wanted)

    def _anew(self, wanted: Wanted) -> Held:
        """A complete index since a rebuild. A large one comes from a process of its own, as a snapshot: made here it
        would leave those who are served half of the interpreter for minutes.
        """
        self.behind = len(self.held.index)
        db.session.rollback()  # nobody waits for minutes with a connection in his hand
        is_left = self._maker.build_aside(self.tenant_id, self.behind)
        held = self._begin(self.look()) if is_left else self._empty(wanted)
        self._fill(held, wanted)
        return held

    def _empty(self, wanted: Wanted) -> Held:
        model = self._maker.serving(wanted.model, wanted.spec)
        index, calibration = fresh(model)
        return Held(index, model, calibration, wanted.epoch)

    def _begin(self, wanted: Wanted) -> Held:
        folder, tenant = self._maker.snapshot_folder(self.tenant_id), str(self.tenant_id)
        model = self._maker.serving(wanted.model, wanted.spec)
        try:
            index = offload(load_snapshot, folder, tenant, model.name, wanted.epoch)
            if index.version > wanted.version:
                raise SnapshotError(Reason.newer, "it knows changes that the database does not")
            held = Held(index, model, calibration_of(model, index), wanted.epoch)
            self._compare(held)
            return held
        except SnapshotError as reason:
            self.refused = str(reason)
            logger.info("index of company %s is built from the database: %s", tenant, reason)
            return self._empty(wanted)

    def _compare(self, held: Held) -> None:
        """A snapshot is believed article by article: what the database has otherwise is read anew."""
        superfluous, differing, until = held.index.versions(), [], held.index.version
        for known in index_rows.versions_of_searchable(until):
            differing += [key for key, version in known.items() if superfluous.pop(key, None) != version]
            give_way()
        if superfluous:
            held.index.remove(list(superfluous))
        for start in range(0, len(differing), index_rows.READ):
            found = index_rows.these(differing[start : start + index_rows.READ], held.model.name)
            if found:
                self._take(held, [found])
        if superfluous or differing:
            logger.warning(
                "the snapshot of company %s differed from the database in %s articles",
                self.tenant_id,
                len(superfluous) + len(differing),
            )

    def _fill(self, held: Held, wanted: Wanted) -> None:
        """Read what was changed since, oldest change first."""
        index = held.index
        self.behind = db.session.scalar(select(func.count(Article.id)).where(Article.index_version > index.version))
        version, waiting = index.version, []
        while changes := index_rows.changed_since(version, held.model.name):
            version = changes.version
            waiting.append(changes)
            count = sum(len(one.articles) for one in waiting)
            if count >= min(max(LEAST, len(index) // 4), MOST):
                self._take(held, waiting)
                self.behind = max(self.behind - count, 0)
                waiting = []
            give_way()
        if waiting:
            self._take(held, waiting)
        if index.version < wanted.version:
            index.remove([], wanted.version)

    def _take(self, held: Held, several: list[Changes]) -> None:
        damaged = offload(_take, held.index, several, held.model.dim)
        if damaged:
            self._on_damage(self.tenant_id, damaged)


def _take(index: KnowledgeIndex, several: list[Changes], dim: int) -> list[int]:
    """In a native thread: put what was read into an index; articles with damaged vectors."""
    taken = [index_rows.entries_of(changes, dim) for changes in several]
    index.upsert([entry for one in taken for entry in one.entries])
    index.remove([key for one in taken for key in one.gone], several[-1].version)
    return [key for one in taken for key in one.damaged]
