"""Vectors of the questions that were asked a moment ago: popular ones come again and again, and embedding is dear."""

import hashlib
import secrets
from collections import OrderedDict

import numpy as np

from ai.native import NativeLock
from ai.text import normalise

#: some hundred kilobytes
MOST = 512


class RecentVectors:
    """In the memory of one process, and without the questions themselves; for any thread.

    Keys are digests under a secret of this process, apart for each company: no text is kept, and nobody can tell by
    the time an answer takes what another company was asked.
    """

    def __init__(self):
        self._secret = secrets.token_bytes(32)
        self._vectors: OrderedDict[bytes, np.ndarray] = OrderedDict()
        self._lock = NativeLock()

    def get(self, tenant_id: int, question: str) -> np.ndarray | None:
        """The vector of this question, if this company was asked it lately."""
        key = self._key(tenant_id, question)
        with self._lock:
            if key in self._vectors:
                self._vectors.move_to_end(key)
            return self._vectors.get(key)

    def keep(self, tenant_id: int, question: str, vector: np.ndarray | None) -> None:
        if vector is None:
            return
        key = self._key(tenant_id, question)
        with self._lock:
            self._vectors[key] = vector
            if len(self._vectors) > MOST:
                self._vectors.popitem(last=False)

    def _key(self, tenant_id: int, question: str) -> bytes:
        said = f"{tenant_id}:{normalise(question)}".encode()
        return hashlib.blake2b(said, key=self._secret, digest_size=16).digest()
