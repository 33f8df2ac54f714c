"""Embedders: unit vectors, one name for one model, safe with any text, the same from any thread."""

import importlib.util
import threading

import numpy as np
import pytest

from ai.articles import PieceKind, embed_pieces, embed_question, make_entry, pieces_of
from ai.e5_file import E5File, WeightFileError
from ai.model import DEFAULT_MODEL_NAME, ModelError, SentenceTransformerEmbedder, load_embedder
from ai.rebuild import bulk_embedder, check_agreement, default_model_folder, is_rebuilt

ODD_TEXTS = ["", " ", "😀🎉", "ﷺ" * 400, "a\0b", "\ud800", "\u0000", "长" * 5000, "\n\t"]


def test_vectors_are_of_length_one(embedder):
    for encode in (embedder.encode_queries, embedder.encode_passages):
        vectors = encode(["怎么开发票", "How to pay"])
        assert (vectors.shape, vectors.dtype) == ((2, embedder.dim), np.float32)
        assert np.linalg.norm(vectors, axis=1) == pytest.approx(1.0, abs=1e-4)
        assert encode([]).shape == (0, embedder.dim)


@pytest.mark.parametrize("text", ODD_TEXTS, ids=range(len(ODD_TEXTS)))
def test_any_text_has_a_vector(embedder, text):
    assert np.linalg.norm(embedder.encode_queries([text])[0]) == pytest.approx(1.0, abs=1e-4)


def test_batches_change_nothing(embedder):
    texts = [f"第{number}个问题怎么处理" for number in range(19)]
    together = embedder.encode_queries(texts)
    alone = np.concatenate([embedder.encode_queries([text]) for text in texts])
    assert together == pytest.approx(alone, abs=1e-5)


def test_threads_change_nothing(embedder):
    texts = [f"第{number}个问题怎么处理" for number in range(24)]
    expected, got = embedder.encode_queries(texts), [None] * 4

    def encode(place: int) -> None:
        got[place] = np.concatenate([embedder.encode_queries([text]) for text in texts])

    threads = [threading.Thread(target=encode, args=(place,)) for place in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for vectors in got:
        assert vectors == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("spec", ["", "none", " None "])
def test_no_model_is_a_choice(tmp_path, spec):
    assert load_embedder(spec, tmp_path) is None
    assert bulk_embedder(spec, tmp_path) is None
    assert embed_question(None, "怎么开发票") is None


def test_the_default_is_loaded_once(tmp_path):
    assert load_embedder("default", tmp_path) is load_embedder("default", tmp_path)
    assert load_embedder("default", tmp_path).name == DEFAULT_MODEL_NAME


def test_a_model_that_is_not_there_says_so(tmp_path):
    pytest.importorskip("sentence_transformers")
    (tmp_path / "broken").mkdir()
    for spec in ("no-such/model-anywhere", "broken"):
        with pytest.raises(ModelError, match=r"model-anywhere|broken"):
            load_embedder(spec, tmp_path)


def test_without_sentence_transformers_the_engine_does_bulk_work_and_other_models_are_refused(tmp_path, monkeypatch):
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "sentence_transformers" else find(name)
    )
    assert bulk_embedder("default", tmp_path) is load_embedder("default", tmp_path)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ModelError, match="needs sentence-transformers"):
        load_embedder("some-model", tmp_path)


def test_a_file_that_is_no_weight_file_is_refused(tmp_path):
    path = tmp_path / "weights.bin"
    for content in (b"", b"GGUF" + bytes(100), b"E5S1" + bytes(6)):
        path.write_bytes(content)
        with pytest.raises(WeightFileError):
            E5File(path)


def test_pieces_and_vectors_come_together_again(embedder):
    body = "正文" * 300
    pieces = pieces_of("標題", body, ("第一種問法", "第二種問法"))
    kinds = [piece.kind for piece in pieces]
    chunk_count = kinds.count(PieceKind.chunk)
    assert kinds[:4] == [PieceKind.title, PieceKind.phrasing, PieceKind.phrasing, PieceKind.body]
    assert chunk_count == 3
    assert "".join(piece.text for piece in pieces if piece.kind == PieceKind.chunk) == body
    vectors = embed_pieces(embedder, pieces)
    entry = make_entry(1, 1, "標題", body, ("第一種問法", "第二種問法"), vectors)
    assert entry.title_vector == pytest.approx(embedder.encode_queries(["标题"])[0], abs=1e-6)
    assert entry.phrasing_vectors[1] == pytest.approx(embedder.encode_queries(["第二种问法"])[0], abs=1e-6)
    assert entry.body_vector == pytest.approx(embedder.encode_passages([f"标题 {body[:300]}"])[0], abs=1e-6)
    assert len(entry.chunk_vectors) == chunk_count


@pytest.mark.slow
def test_the_rebuilt_folder_gives_the_engines_vectors(tmp_path, embedder):
    pytest.importorskip("sentence_transformers")
    told: list[float] = []
    assert not is_rebuilt(tmp_path)
    folder = default_model_folder(tmp_path, lambda share, step: told.append(share))
    assert told == sorted(told)
    assert told[-1] == 1.0
    assert [path.name for path in tmp_path.iterdir()] == [folder.name]  # nothing half made is left
    assert default_model_folder(tmp_path, lambda *_: pytest.fail("made twice")) == folder
    assert check_agreement(folder) > 0.999
    bulk = bulk_embedder("default", tmp_path)
    assert (bulk.name, bulk.dim) == (embedder.name, embedder.dim)
    texts = [
        "请问发票什么时候可以开？",
        "数据导出以后打不开 excel 2019",
        "how do i get a refund",
        "报表\t提交 之后",
        "短",
    ]
    for ours, theirs in (("encode_queries", "encode_queries"), ("encode_passages", "encode_passages")):
        cosines = np.sum(getattr(bulk, ours)(texts) * getattr(embedder, theirs)(texts), axis=1)
        assert cosines.min() > 0.999
    as_any_other = SentenceTransformerEmbedder(folder)
    assert as_any_other.name.startswith(f"{DEFAULT_MODEL_NAME}@")
    assert as_any_other.name == SentenceTransformerEmbedder(folder).name
    config = folder / "config.json"
    config.write_text(config.read_text() + "\n")
    assert SentenceTransformerEmbedder(folder).name != as_any_other.name
