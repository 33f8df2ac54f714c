"""Snapshots come back as they went, or are refused with the reason."""

import json
import os
import threading

import numpy as np
import pytest

from ai import snapshot
from ai.index import KnowledgeIndex
from ai.snapshot import Reason, SnapshotError, load, save
from ai.vectors import LinearTransform
from tests.ai.conftest import DIM
from tests.ai.test_index import found

WHOSE = ("tenant-1", "model-a")


@pytest.fixture
def index(random_entry) -> KnowledgeIndex:
    filled = KnowledgeIndex(DIM)
    filled.upsert([random_entry(key, key + 1) for key in range(50)])
    filled.upsert([random_entry(200 + key, 77, vectors=False) for key in range(4)])
    filled.remove([7, 8])
    return filled


@pytest.fixture
def folder(tmp_path, index):
    save(index, tmp_path / "kb", *WHOSE)
    return tmp_path / "kb"


def refused(folder, tenant=WHOSE[0], model=WHOSE[1]) -> Reason:
    with pytest.raises(SnapshotError) as caught:
        load(folder, tenant, model)
    return caught.value.reason


def test_a_snapshot_answers_as_the_index_did(index, folder):
    loaded = load(folder, *WHOSE)
    assert (len(loaded), loaded.version, loaded.versions()) == (52, 77, index.versions())
    assert found(loaded) == found(index)


def test_a_loaded_index_goes_on_changing(folder, random_entry):
    loaded = load(folder, *WHOSE)
    loaded.upsert([random_entry(1, 99), random_entry(500, 98)])
    loaded.remove([2])
    assert len(loaded) == 52
    assert loaded.versions()[1] == 99


@pytest.mark.parametrize("filled", [False, True])
def test_the_lexical_tier_and_an_empty_index_are_saved_too(tmp_path, random_entry, filled):
    words = KnowledgeIndex(0)
    words.upsert([random_entry(key, vectors=False) for key in range(9 * filled)])
    save(words, tmp_path, "t", "none")
    assert found(load(tmp_path, "t", "none")) == found(words)


def test_the_transform_is_part_of_it(tmp_path, random_entry):
    draw = np.random.default_rng(2)
    transform = LinearTransform(
        draw.normal(size=DIM).astype(np.float32) / 9, draw.normal(size=(DIM, DIM)).astype(np.float32)
    )
    moved = KnowledgeIndex(DIM, transform)
    moved.upsert([random_entry(key) for key in range(20)])
    save(moved, tmp_path, *WHOSE)
    assert found(load(tmp_path, *WHOSE)) == found(moved)


def test_nothing_there(tmp_path):
    assert refused(tmp_path / "nowhere") == Reason.missing


def test_another_tenants(folder):
    assert refused(folder, tenant="tenant-2") == Reason.foreign_tenant


def test_another_models(folder):
    assert refused(folder, model="model-b") == Reason.other_model


def data_files(folder) -> list:
    """What can be cut and bent: the second part has no vectors, and files of nothing for them."""
    return sorted(path for path in folder.iterdir() if path.name != snapshot.MANIFEST and path.stat().st_size)


def test_it_has_the_expected_files(folder):
    expected = ["passages", "questions", "words", "words"]
    assert [path.name.split("-")[0] for path in data_files(folder)] == expected


@pytest.mark.parametrize("number", range(4))
def test_a_file_gone(folder, number):
    data_files(folder)[number].unlink()
    assert refused(folder) == Reason.missing


@pytest.mark.parametrize("number", range(4))
def test_a_file_cut_short(folder, number):
    path = data_files(folder)[number]
    os.truncate(path, path.stat().st_size - 1)
    assert refused(folder) == Reason.truncated


@pytest.mark.parametrize("number", range(4))
@pytest.mark.parametrize("place", [0.0, 0.5, 0.999])
def test_a_flipped_bit(folder, number, place):
    path = data_files(folder)[number]
    data = bytearray(path.read_bytes())
    data[int(len(data) * place)] ^= 4
    path.write_bytes(data)
    assert refused(folder) == Reason.damaged


def test_every_flipped_bit_of_the_manifest(folder):
    path = folder / snapshot.MANIFEST
    good = path.read_bytes()
    for place in range(0, len(good), 7):
        bad = bytearray(good)
        bad[place] ^= 1
        if json_or_none(bad) == json_or_none(good):  # a space more or less says the same
            continue
        path.write_bytes(bad)
        assert refused(folder) in {Reason.damaged, Reason.missing}, place


def json_or_none(data: bytes):
    try:
        return json.loads(data)
    except ValueError:
        return None


@pytest.mark.parametrize("content", [b"", b"{", b"[1, 2]", b'{"files": 3}', b"\xff\xfe"])
def test_a_manifest_that_is_none(folder, content):
    (folder / snapshot.MANIFEST).write_bytes(content)
    assert refused(folder) == Reason.damaged


def rewrite(folder, **changes) -> None:
    """Change the manifest and seal it again, as a program of another version would."""
    manifest = json.loads((folder / snapshot.MANIFEST).read_bytes()) | changes
    del manifest["sha256"]
    manifest["sha256"] = snapshot._seal(manifest)
    (folder / snapshot.MANIFEST).write_text(json.dumps(manifest))


def test_another_format(folder):
    rewrite(folder, format=snapshot.FORMAT + 1)
    assert refused(folder) == Reason.foreign_format


@pytest.mark.parametrize("changes", [{"articles": 3}, {"dim": DIM + 1}, {"files": {}}, {"files": 3}, {"version": None}])
def test_a_manifest_that_does_not_fit_its_files(folder, changes):
    rewrite(folder, **changes)
    assert refused(folder) == Reason.damaged


def test_files_outside_the_folder_are_not_read(folder, tmp_path):
    manifest = json.loads((folder / snapshot.MANIFEST).read_bytes())
    for path in data_files(folder):
        os.rename(path, tmp_path / path.name)
    rewrite(folder, files={f"../{name}": facts for name, facts in manifest["files"].items()})
    assert refused(folder) in {Reason.missing, Reason.damaged}


def test_an_interrupted_save_leaves_the_old_snapshot(folder, index, random_entry, monkeypatch):
    before = found(index)
    index.upsert([random_entry(900, 900)])
    monkeypatch.setattr(snapshot.os, "replace", lambda *_: (_ for _ in ()).throw(OSError("power cut")))
    with pytest.raises(OSError, match="power cut"):
        save(index, folder, *WHOSE)
    assert found(load(folder, *WHOSE)) == before


def test_old_files_go_but_not_at_once(folder, index):
    old = data_files(folder)
    save(index, folder, *WHOSE)
    assert all(path.exists() for path in old)  # someone may be reading them
    for path in old:
        os.utime(path, (1, 1))
    stranger = folder / "notes.txt"
    stranger.write_text("not ours")
    os.utime(stranger, (1, 1))
    save(index, folder, *WHOSE)
    assert not any(path.exists() for path in old)
    assert stranger.exists()
    assert found(load(folder, *WHOSE)) == found(index)


def test_saving_and_loading_at_the_same_time(folder, index):
    expected, seen, errors, done = found(index), [], [], threading.Event()

    def read() -> None:
        try:
            while not done.is_set():
                seen.append(found(load(folder, *WHOSE)) == expected)
        except Exception as error:  # shown by the assertion below
            errors.append(error)

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    for _ in range(12):
        save(index, folder, *WHOSE)
    done.set()
    for reader in readers:
        reader.join()
    assert errors == []
    assert seen
    assert all(seen)
