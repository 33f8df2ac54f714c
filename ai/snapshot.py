"""A KnowledgeIndex on disk, so that a process starts in a blink and not by embedding everything anew.

A snapshot is a folder with a manifest and the files it names. The manifest says whose index it is (tenant),
by which model, and the SHA-256 of every file and of itself; `load` checks all of it and refuses what does not fit, and
the caller rebuilds from the database. No file is ever unpickled.

Saving is atomic: the files get new names, and the manifest that names them is replaced last, in one step.
A process that dies while saving leaves the old snapshot as it was. Several processes may save and load
at once; the last manifest counts.
"""

import hashlib
import io
import json
import os
import time
import uuid
from enum import StrEnum
from pathlib import Path

import numpy as np

from ai.index import KnowledgeIndex
from ai.lexical import Postings
from ai.segment import Part, Segment, merge
from ai.vectors import LinearTransform, VectorTable

FORMAT = 1
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


class SnapshotError(Exception):
    """A snapshot that cannot be used; the index is to be rebuilt from the database."""

    def __init__(self, reason: Reason, detail: str):
        super().__init__(f"{reason}: {detail}")
        self.reason = reason


def save(index: KnowledgeIndex, folder: Path, tenant: str, model_name: str) -> None:
    """Write the current state of an index; searches and changes go on meanwhile."""
    version, parts = index.state()
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    run = uuid.uuid4().hex[:12]
    segments = [merge(parts)] if parts else []
    contents: dict[str, bytes] = {f"words-{run}.npz": _archive(_arrays(segments, index.transform))}
    for segment in segments:
        contents[f"questions-{run}.faiss"] = segment.questions.to_bytes()
        contents[f"passages-{run}.faiss"] = segment.passages.to_bytes()
    for name, data in contents.items():
        _write(folder / name, data)
    manifest = {
        "format": FORMAT,
        "tenant": tenant,
        "model": model_name,
        "dim": index.dim,
        "version": version,
        "articles": sum(len(segment) for segment in segments),
        "questions": sum(len(segment.questions) for segment in segments),
        "passages": sum(len(segment.passages) for segment in segments),
        "files": {
            name: {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()} for name, data in contents.items()
        },
    }
    manifest["sha256"] = _seal(manifest)
    _write(folder / f"{MANIFEST}.{run}", json.dumps(manifest, indent=2).encode())
    os.replace(folder / f"{MANIFEST}.{run}", folder / MANIFEST)
    _sync_folder(folder)
    _sweep(folder, set(contents) | {MANIFEST})


def load(folder: Path, tenant: str, model_name: str) -> KnowledgeIndex:
    """The index in a folder, if it is this tenant's, by this model, and whole; SnapshotError if not."""
    folder = Path(folder)
    manifest = _manifest(folder)
    if manifest.pop("sha256", None) != _seal(manifest):
        raise SnapshotError(Reason.damaged, f"{MANIFEST} does not match its own SHA-256")
    if manifest.get("format") != FORMAT:
        raise SnapshotError(Reason.foreign_format, f"format {manifest.get('format')!r}, this program reads {FORMAT}")
    if manifest.get("tenant") != tenant:
        raise SnapshotError(Reason.foreign_tenant, f"it belongs to tenant {manifest.get('tenant')!r}")
    if manifest.get("model") != model_name:
        raise SnapshotError(Reason.other_model, f"its vectors are by {manifest.get('model')!r}")
    try:
        files = {
            name.split("-")[0]: _checked(folder / Path(name).name, facts) for name, facts in manifest["files"].items()
        }
        return _index(manifest, files)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, RuntimeError) as error:
        # Sums fit but the contents do not: written by a faulty program, or the manifest was edited.
        raise SnapshotError(Reason.damaged, f"{type(error).__name__}: {error}") from error


def _arrays(segments: list[Segment], transform: LinearTransform | None) -> dict[str, np.ndarray]:
    arrays = {}
    for segment in segments:
        arrays |= {"keys": segment.keys, "versions": segment.versions, "line_starts": segment.line_starts}
        arrays |= {"question_starts": segment.questions.starts, "passage_starts": segment.passages.starts}
        for field, postings in (("lines", segment.lines), ("bodies", segment.bodies)):
            arrays |= {f"{field}_{name}": getattr(postings, name) for name in _POSTINGS}
    if transform is not None:
        arrays |= {"transform_mean": transform.mean, "transform_matrix": transform.matrix}
    return arrays


def _archive(arrays: dict[str, np.ndarray]) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def _index(manifest: dict, files: dict[str, bytes]) -> KnowledgeIndex:
    dim, version = manifest["dim"], manifest["version"]
    if not isinstance(dim, int) or not isinstance(version, int):
        raise TypeError("dim and version are whole numbers")
    with np.load(io.BytesIO(files["words"]), allow_pickle=False) as archive:
        arrays = dict(archive)
    transform = None
    if "transform_mean" in arrays:
        transform = LinearTransform(arrays["transform_mean"], arrays["transform_matrix"])
    parts = []
    if "keys" in arrays:
        segment = Segment(
            keys=arrays["keys"],
            versions=arrays["versions"],
            line_starts=arrays["line_starts"],
            lines=Postings(*(arrays[f"lines_{name}"] for name in _POSTINGS)),
            bodies=Postings(*(arrays[f"bodies_{name}"] for name in _POSTINGS)),
            questions=VectorTable.from_bytes(files["questions"], arrays["question_starts"], dim),
            passages=VectorTable.from_bytes(files["passages"], arrays["passage_starts"], dim),
        )
        segment.check()
        parts.append(Part.whole(segment))
    if sum(len(part.segment) for part in parts) != manifest["articles"]:
        raise ValueError("the number of articles is not what the manifest says")
    return KnowledgeIndex(dim, transform, parts, version)


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


def _checked(path: Path, facts: dict) -> bytes:
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise SnapshotError(Reason.missing, f"{path.name} is not there") from error
    if len(data) < facts["bytes"]:
        raise SnapshotError(Reason.truncated, f"{path.name} has {len(data)} of {facts['bytes']} bytes")
    if hashlib.sha256(data).hexdigest() != facts["sha256"]:
        raise SnapshotError(Reason.damaged, f"{path.name} does not match its SHA-256")
    return data


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
