"""Vectors that were made once are remembered between runs of the measurements, text by text."""

import getpass
import hashlib
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from ai.model import Embedder
from app.kb_import import Threaded, bulk_or_single

#: texts embedded before they are written down: an interrupted run loses no more
BATCH = 512


class Remembered:
    """An embedder that looks texts up before it computes, in files named by the model and the kind of text."""

    def __init__(self, embedder: Embedder, folder: Path):
        self.name, self.dim, self._embedder = embedder.name, embedder.dim, embedder
        self._folder = folder / hashlib.sha256(embedder.name.encode()).hexdigest()[:16]
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._known: dict[str, dict[bytes, np.ndarray]] = {}

    def encode_queries(self, texts: Sequence[str]) -> np.ndarray:
        return self._vectors("query", texts, self._embedder.encode_queries)

    def encode_passages(self, texts: Sequence[str]) -> np.ndarray:
        return self._vectors("passage", texts, self._embedder.encode_passages)

    def _vectors(self, kind: str, texts: Sequence[str], encode: Callable[[Sequence[str]], np.ndarray]) -> np.ndarray:
        known = self._known_of(kind)
        digests = [hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=16).digest() for text in texts]
        missing = {digest: text for digest, text in zip(digests, texts, strict=True) if digest not in known}
        started, new = time.perf_counter(), list(missing.items())
        for first in range(0, len(new), BATCH):
            batch = new[first : first + BATCH]
            self._remember(kind, [digest for digest, _ in batch], encode([text for _, text in batch]))
        if len(new) >= 2 * BATCH:
            print(f"  embedded {len(new)} {kind} texts in {time.perf_counter() - started:.0f} s", file=sys.stderr)
        return np.array([known[digest] for digest in digests], np.float32).reshape(len(texts), self.dim)

    def _known_of(self, kind: str) -> dict[bytes, np.ndarray]:
        if kind not in self._known:
            known = self._known[kind] = {}
            for path in sorted(self._folder.glob(f"{kind}-*.npz")):
                with np.load(path, allow_pickle=False) as archive:
                    known |= zip(map(bytes, archive["digests"]), archive["vectors"], strict=True)
        return self._known[kind]

    def _remember(self, kind: str, digests: list[bytes], vectors: np.ndarray) -> None:
        name = hashlib.sha256(b"".join(digests)).hexdigest()[:24]
        part = self._folder / f".{kind}-{name}-{os.getpid()}.part"
        with part.open("wb") as file:
            np.savez(file, digests=np.array([list(digest) for digest in digests], np.uint8), vectors=vectors)
        part.rename(self._folder / f"{kind}-{name}.npz")
        self._known[kind] |= zip(digests, vectors, strict=True)


def remembering_embedder(model: str, folder: Path | None, threads: int) -> Remembered | None:
    """The quickest embedder of this machine with a memory; None for words only.

    `folder` keeps vectors and the rebuilt model; without it a private one among the temporary files.
    """
    folder = folder or Path(tempfile.gettempdir()) / f"retrieval-bench-{getpass.getuser()}"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    embedder = bulk_or_single(model, folder / "models")
    return None if embedder is None else Remembered(Threaded(embedder, threads), folder)
