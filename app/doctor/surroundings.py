"""The program itself, its folders, and the model of the assistant."""

import hashlib
import importlib.metadata
import os
import platform
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from ai.model import ModelError, load_embedder
from ai.rebuild import is_rebuilt
from app.doctor.finding import Finding, failure, note, ok, warning
from app.terminal import gettext
from config import ROOT, Config

LIBRARIES = ("flask", "flask-appbuilder", "flask-socketio", "eventlet", "sqlalchemy", "celery", "faiss-cpu")
#: MB below which a disk is full, and below which it soon will be
DISK_FULL, DISK_SHORT = 200, 1000
BUILD = ROOT / "app" / "static" / "dist"


def check_program(config: Config) -> Iterator[Finding]:
    """Versions, for whoever has to help from afar."""
    yield ok(f"Python {platform.python_version()} ({sys.executable}), {platform.platform()}, {os.cpu_count()} CPU")
    yield ok(", ".join(f"{name} {version}" for name in LIBRARIES if (version := _version(name))))


def check_front_end(config: Config) -> Iterator[Finding]:
    """The pages are built, and from the sources that lie beside."""
    if not (BUILD / "manifest.json").is_file():
        yield failure(
            gettext("The pages are not built: %(folder)s has no manifest.json (see frontend/README.md).", folder=BUILD)
        )
        return
    sources = ROOT / "frontend"
    if not (sources / "src").is_dir():
        yield ok(gettext("The pages are built; their sources are not here to compare with."))
    elif (BUILD / "sources.sha256").read_text().strip() == digest_of_sources(sources):
        yield ok(gettext("The pages are built from the present sources."))
    else:
        yield warning(
            gettext(
                "The pages were built from other sources than those in %(folder)s: run `npm run build` there.",
                folder=sources,
            )
        )


def digest_of_sources(folder: Path) -> str:
    """The number that the front end's build writes into sources.sha256 (see frontend/scripts/hash-sources.mjs)."""
    single = [
        path
        for path in folder.iterdir()
        if path.name in ("package.json", "package-lock.json", "vite.config.ts")
        or re.fullmatch(r"tsconfig.*\.json", path.name)
    ]
    paths = [*(path for path in (folder / "src").rglob("*") if path.is_file()), *single]
    digest = hashlib.sha256()
    for name, path in sorted((path.relative_to(folder).as_posix().encode(), path) for path in paths):
        digest.update(name + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def check_data_folder(config: Config) -> Iterator[Finding]:
    """Database, uploads and keys can be written, and there is room for them."""
    yield _writable(config.data_dir)
    free = shutil.disk_usage(_nearest(config.data_dir)).free // 1_000_000
    tell = failure if free < DISK_FULL else warning if free < DISK_SHORT else ok
    yield tell(gettext("Free disk space: %(free)s MB", free=free))


def check_index_folder(config: Config) -> Iterator[Finding]:
    """The folder of snapshots, which may be deleted but must be writable."""
    yield _writable(config.kb_index_dir)


def check_model(config: Config) -> Iterator[Finding]:
    """Load the model that answers questions, as the serving process will."""
    started = time.monotonic()
    try:
        embedder = load_embedder(config.EMBEDDING_MODEL, config.kb_index_dir / "models")
        if embedder is None:
            yield note(gettext("EMBEDDING_MODEL is none: questions are answered by words alone."))
            return
        loaded = time.monotonic()
        embedder.encode_queries(["怎么修改绑定的手机号"])
    except (ModelError, ImportError, OSError) as error:
        yield failure(
            gettext("The model %(model)s cannot be loaded: %(reason)s", model=config.EMBEDDING_MODEL, reason=error)
        )
        return
    yield ok(
        gettext(
            "Model %(model)s: loaded in %(load)s s, a question takes %(question)s ms, %(dim)s dimensions",
            model=embedder.name,
            load=f"{loaded - started:.2f}",
            question=f"{(time.monotonic() - loaded) * 1000:.0f}",
            dim=embedder.dim,
        )
    )


def check_model_interface(config: Config) -> Iterator[Finding]:
    """torch and sentence-transformers are wanted for other models and for large imports only."""
    found = {name: _version(name) for name in ("torch", "sentence-transformers")}
    if not all(found.values()):
        yield note(
            gettext(
                "sentence-transformers is not installed: the bundled model works without it, large imports take longer."
            )
        )
        return
    yield ok(", ".join(f"{name} {version}" for name, version in found.items()))
    if config.EMBEDDING_MODEL == "default" and not is_rebuilt(config.kb_index_dir / "models"):
        yield note(gettext("The bundled model is not yet rebuilt for large imports; the first import does it."))


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _nearest(folder: Path) -> Path:
    """The folder, or the one above it that exists."""
    return next(path for path in (folder, *folder.parents) if path.exists())


def _writable(folder: Path) -> Finding:
    place = _nearest(folder)
    try:
        # asked by doing: permissions alone do not tell about read-only and full disks
        with tempfile.TemporaryFile(dir=place):
            pass
    except OSError as error:
        return failure(gettext("%(folder)s cannot be written: %(reason)s", folder=folder, reason=error.strerror))
    if place != folder:
        return note(gettext("%(folder)s does not exist yet; the first start makes it.", folder=folder))
    return ok(gettext("%(folder)s can be written.", folder=folder))
