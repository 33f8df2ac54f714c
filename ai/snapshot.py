"""A KnowledgeIndex on disk, so that a process starts in a blink and not by embedding everything anew.

A snapshot is a folder with a manifest and the files it names. The manifest says whose index it is (tenant),
by which model, and the SHA-256 of every file and of itself; `load` checks all of it and refuses what does not fit, and
the caller rebuilds from the database. No file is ever unpickled.

Saving is atomic: the files get new names, and the manifest that names them is replaced last, in one step.
A process that dies while saving leaves the old snapshot as it was. Several processes may save and load
at once; the last manifest counts.
"""

import hashlib
import json
import os
import time
import uuid
import zipfile
from enum import StrEnum
from pathlib import Path

import numpy as np

from ai.index import KnowledgeIndex
from ai.lexical import Postings
from ai.segment import Part, Segment
from ai.vectors import LinearTransform, VectorTable

FORMAT = 2
MANIFEST = "manifest.json"
#: Files no manifest names are deleted after this time: until then someone may be reading or writing them.
STALE_SECONDS = 600
_POSTINGS = ("terms", "starts", "lines", "counts", "lengths")


class Reason(StrEnum):
    """Why a snapshot was refused."""

    missing = "missing"
    truncated = "truncated"
    damaged = "damaged"
    foreign_format = "foreign_format"
    foreign_tenant = "foreign_tenant"
    other_model = "other_model"
    #: from before a rebuild
    other_epoch = "other_epoch"
    #: it knows changes that the database does not: that was restored from a backup
    newer = "newer"


class SnapshotError(Exception):
    """A snapshot that cannot be used; the index is to be rebuilt from the database."""

    def __init__(self, reason: Reason, detail: str):
        super().__init__(f"{reason}: {detail}")
        self.reason = reason


def save(index: KnowledgeIndex, folder: Path, tenant: str, model_name: str, epoch: int = 0) -> None:
    """Write the current state of an index; searches and changes go on meanwhile."""
    version, parts = index.state()
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    run = uuid.uuid4().hex[:12]
    written = [_write_part(folder, part, f"{number}-{run}") for number, part in enumerate(parts)]
    if index.transform is not None:
        written.append({"transform": f"transform-{run}.npz"})
        np.savez(folder / f"transform-{run}.npz", mean=index.transform.mean, matrix=index.transform.matrix)
    names = [name for files in written for name in files.values()]
    articles, passages, vectors = index.counts()
    manifest = {
        "format": FORMAT,
        "tenant": tenant,
        "model": model_name,
        "dim": index.dim,
        "epoch": epoch,
        "version": version,
        "time": int(time.time()),
        "articles": articles,
        "passages": passages,
        "vectors": vectors,
        "parts": written,
        "files": {name: _sealed(folder / name) for name in names},
    }
    manifest["sha256"] = _seal(manifest)
    _write(folder / f"{MANIFEST}.{run}", json.dumps(manifest, indent=2).encode())
    os.replace(folder / f"{MANIFEST}.{run}", folder / MANIFEST)
    _sync_folder(folder)
    _sweep(folder, {*names, MANIFEST})


def load(folder: Path, tenant: str, model_name: str, epoch: int = 0) -> KnowledgeIndex:
    """The index in a folder, if it is this tenant's, by this model, of this epoch, and whole; SnapshotError if not."""
    folder = Path(folder)
    manifest = read_manifest(folder)
    if manifest.get("tenant") != tenant:
        raise SnapshotError(Reason.foreign_tenant, f"it belongs to tenant {manifest.get('tenant')!r}")
    if manifest.get("model") != model_name:
        raise SnapshotError(Reason.other_model, f"its vectors are by {manifest.get('model')!r}")
    if manifest.get("epoch") != epoch:
        raise SnapshotError(
            Reason.other_epoch, f"it was made before the last rebuild (epoch {manifest.get('epoch')!r})"
        )
    try:
        for name, facts in manifest["files"].items():
            _check(folder / Path(name).name, facts)
        return _index(manifest, folder)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, RuntimeError, zipfile.BadZipFile) as error:
        # Sums fit but the contents do not: written by a faulty program, or the manifest was edited.
        raise SnapshotError(Reason.damaged, f"{type(error).__name__}: {error}") from error


def read_manifest(folder: Path) -> dict:
    """What a snapshot says of itself, unless somebody has meddled with that; SnapshotError then. Files are not looked
    at.
    """
    manifest = _manifest(Path(folder))
    if manifest.pop("sha256", None) != _seal(manifest):
        raise SnapshotError(Reason.damaged, f"{MANIFEST} does not match its own SHA-256")
    if manifest.get("format") != FORMAT:
        raise SnapshotError(Reason.foreign_format, f"format {manifest.get('format')!r}, this program reads {FORMAT}")
    return manifest


def _write_part(folder: Path, part: Part, run: str) -> dict[str, str]:
    """Write one part; its files by what is in them."""
    segment = part.segment
    files = {"words": f"words-{run}.npz", "questions": f"questions-{run}.faiss", "passages": f"passages-{run}.faiss"}
    arrays = {"keys": segment.keys, "versions": segment.versions, "alive": part.alive}
    arrays |= {"line_starts": segment.line_starts}
    arrays |= {"question_starts": segment.questions.starts, "passage_starts": segment.passages.starts}
    for field, postings in (("lines", segment.lines), ("bodies", segment.bodies)):
        arrays |= {f"{field}_{name}": getattr(postings, name) for name in _POSTINGS}
    np.savez(folder / files["words"], **arrays)
    for table, name in ((segment.questions, "questions"), (segment.passages, "passages")):
        lists = f"{name}_lists-{run}.faiss"
        if table.write(folder / files[name], folder / lists):
            files[f"{name}_lists"] = lists
    return files


def _index(manifest: dict, folder: Path) -> KnowledgeIndex:
    dim, version = manifest["dim"], manifest["version"]
    if not isinstance(dim, int) or not isinstance(version, int):
        raise TypeError("dim and version are whole numbers")
    # only what was checked is opened
    written = [
        {what: folder / Path(name).name for what, name in files.items() if name in manifest["files"]}
        for files in manifest["parts"]
    ]
    transform = None
    for files in written:
        if "transform" in files:
            with np.load(files["transform"], allow_pickle=False) as archive:
                transform = LinearTransform(archive["mean"], archive["matrix"])
    parts = [_read_part(files, dim) for files in written if "words" in files]
    index = KnowledgeIndex(dim, transform, parts, version)
    if list(index.counts()) != [manifest[name] for name in ("articles", "passages", "vectors")]:
        raise ValueError("it does not hold as much as the manifest says")
    return index


def _read_part(files: dict[str, Path], dim: int) -> Part:
    with np.load(files["words"], allow_pickle=False) as archive:
        arrays = dict(archive)
    questions, passages = (
        VectorTable.read(files[name], files.get(f"{name}_lists"), arrays[f"{name[:-1]}_starts"], dim)
        for name in ("questions", "passages")
    )
    segment = Segment(
        keys=arrays["keys"],
        versions=arrays["versions"],
        line_starts=arrays["line_starts"],
        lines=Postings(*(arrays[f"lines_{name}"] for name in _POSTINGS)),
        bodies=Postings(*(arrays[f"bodies_{name}"] for name in _POSTINGS)),
        questions=questions,
        passages=passages,
    )
    segment.check()
    if arrays["alive"].dtype != bool or len(arrays["alive"]) != len(segment):
        raise ValueError("the mask of living documents does not fit")
    return Part(segment, arrays["alive"])


def _seal(manifest: dict) -> str:
    return hashlib.sha256(json.dumps(manifest, sort_keys=True).encode()).hexdigest()


def _manifest(folder: Path) -> dict:
    try:
        manifest = json.loads((folder / MANIFEST).read_bytes())
    except FileNotFoundError as error:
        raise SnapshotError(Reason.missing, f"no {MANIFEST}") from error
    except ValueError as error:
        raise SnapshotError(Reason.damaged, f"{MANIFEST} is not JSON") from error
    if not isinstance(manifest, dict):
        raise SnapshotError(Reason.damaged, f"{MANIFEST} is not a JSON object")
    return manifest


def _check(path: Path, facts: dict) -> None:
    try:
        size = path.stat().st_size
        if size < facts["bytes"]:
            raise SnapshotError(Reason.truncated, f"{path.name} has {size} of {facts['bytes']} bytes")
        if _sha256(path) != facts["sha256"]:
            raise SnapshotError(Reason.damaged, f"{path.name} does not match its SHA-256")
    except FileNotFoundError as error:
        raise SnapshotError(Reason.missing, f"{path.name} is not there") from error


def _sealed(path: Path) -> dict:
    """Have a written file on the disk for good; its size and its SHA-256."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
    return {"bytes": path.stat().st_size, "sha256": _sha256(path)}


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """Have the renaming itself survive a power cut, where the system lets a folder be synced."""
    if hasattr(os, "O_DIRECTORY"):
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _sweep(folder: Path, named: set[str]) -> None:
    horizon = time.time() - STALE_SECONDS
    for path in folder.iterdir():
        is_ours = path.suffix in (".npz", ".faiss") or path.name.startswith(f"{MANIFEST}.")
        if is_ours and path.name not in named and path.stat().st_mtime < horizon:
            path.unlink(missing_ok=True)
