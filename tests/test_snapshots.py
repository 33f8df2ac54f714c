"""Snapshots of the index that somebody has damaged: none is believed, and no pickle is opened (F32, L07)."""

import hashlib
import json
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from ai import snapshot
from ai.index import Keys, KnowledgeIndex
from ai.segment import Entry
from ai.snapshot import Reason, SnapshotError
from ai.vectors import VectorTable
from tests.people import unique
from tests.servers import AppServer, run_cli
from tests.waiting import eventually

DIM = 16
chance = np.random.default_rng(11)


def vector() -> np.ndarray:
    found = chance.normal(size=DIM)
    return (found / np.linalg.norm(found)).astype(np.float32)


def entry(key: int) -> Entry:
    return Entry(key, key, f"第{key}个问题怎么办", f"第{key}个办法", (), vector(), vector(), (), (vector(),))


def index(first: int = 1, count: int = 30) -> KnowledgeIndex:
    made = KnowledgeIndex(DIM)
    made.upsert([entry(key) for key in range(first, first + count)])
    made.remove([first + 1], first + count)
    return made


@pytest.fixture
def saved(tmp_path) -> Path:
    """A good snapshot, and another company's beside it."""
    snapshot.save(index(), tmp_path / "1", "1", "model", 3)
    snapshot.save(index(100), tmp_path / "2", "2", "model", 3)
    return tmp_path / "1"


def found(made: KnowledgeIndex) -> list[int]:
    return [hit.key for hit in made.search("第7个问题怎么办", None, 3)]


def test_what_was_saved_is_loaded(saved):
    again = snapshot.load(saved, "1", "model", 3)
    assert found(again) == found(index()) and again.counts() == (29, 58, 87) and 2 not in again.versions()


def seal(manifest: dict) -> dict:
    """As somebody would who knows how it is done."""
    body = {key: value for key, value in manifest.items() if key != "sha256"}
    return body | {"sha256": hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()}


def rewrite(folder: Path, change: Callable[[dict], None]) -> None:
    path = folder / snapshot.MANIFEST
    manifest = json.loads(path.read_text())
    change(manifest)
    path.write_text(json.dumps(seal(manifest)))


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-20])


def zero(path: Path) -> None:
    path.write_bytes(bytes(path.stat().st_size))


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(bytes(data))


def empty(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize("kind", ["words", "questions", "passages"])
@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (cut, Reason.truncated),
        (empty, Reason.truncated),
        (zero, Reason.damaged),
        (flip, Reason.damaged),
        (Path.unlink, Reason.missing),
    ],
)
def test_damaged_file_is_refused(saved, kind, damage, reason):
    damage(next(saved.glob(f"{kind}-*")))
    with pytest.raises(SnapshotError) as refused:
        snapshot.load(saved, "1", "model", 3)
    assert refused.value.reason is reason


class Bomb:
    """Leaves a trace if somebody unpickles it."""

    def __init__(self, trace: Path):
        self.trace = trace

    def __reduce__(self):
        return Path.touch, (self.trace,)


def test_no_pickle_is_opened_even_where_all_sums_fit(saved, tmp_path):
    trace = tmp_path / "opened"
    words = next(saved.glob("words-*"))
    np.savez(words.open("wb"), keys=np.array([Bomb(trace)], dtype=object))
    facts = {"bytes": words.stat().st_size, "sha256": hashlib.sha256(words.read_bytes()).hexdigest()}
    rewrite(saved, lambda manifest: manifest["files"].update({words.name: facts}))
    with pytest.raises(SnapshotError) as refused:
        snapshot.load(saved, "1", "model", 3)
    assert refused.value.reason is Reason.damaged and not trace.exists()
    words.write_bytes(pickle.dumps(Bomb(trace)))
    with pytest.raises(SnapshotError):
        snapshot.load(saved, "1", "model", 3)
    assert not trace.exists()


@pytest.mark.parametrize(
    ("tenant", "model", "epoch", "reason"),
    [
        ("2", "model", 3, Reason.foreign_tenant),
        ("1", "other", 3, Reason.other_model),
        ("1", "model", 4, Reason.other_epoch),
    ],
)
def test_snapshot_of_another_is_refused(saved, tenant, model, epoch, reason):
    with pytest.raises(SnapshotError) as refused:
        snapshot.load(saved, tenant, model, epoch)
    assert refused.value.reason is reason


def test_files_of_another_company_do_not_fit_under_this_manifest(saved):
    """Nor does its folder, moved as a whole."""
    for kind in ("words", "questions", "passages"):
        shutil.copy(next((saved.parent / "2").glob(f"{kind}-*")), next(saved.glob(f"{kind}-*")))
    with pytest.raises(SnapshotError) as refused:
        snapshot.load(saved, "1", "model", 3)
    assert refused.value.reason is Reason.damaged
    with pytest.raises(SnapshotError) as refused:
        snapshot.load(saved.parent / "2", "1", "model", 3)
    assert refused.value.reason is Reason.foreign_tenant


def test_manifest_is_not_believed_once_somebody_has_edited_it(saved):
    path = saved / snapshot.MANIFEST
    path.write_text(path.read_text().replace('"version": 31', '"version": 32'))
    with pytest.raises(SnapshotError) as refused:
        snapshot.load(saved, "1", "model", 3)
    assert refused.value.reason is Reason.damaged
    path.write_text("{")
    with pytest.raises(SnapshotError):
        snapshot.load(saved, "1", "model", 3)


def test_whoever_dies_while_saving_leaves_the_old_one(saved):
    (saved / "words-0-deadbeef0000.npz").write_bytes(b"half")
    (saved / f"{snapshot.MANIFEST}.deadbeef0000").write_text('{"format":')
    assert found(snapshot.load(saved, "1", "model", 3)) == found(index())


def test_large_tables_are_searched_by_lists_and_within_what_is_allowed(tmp_path, monkeypatch):
    """What the lists propose is what looking at every row finds, for who may see all and for who may see a tenth."""
    monkeypatch.setattr("ai.vectors.EXACT_ROWS", 400)
    middles = [vector() for _ in range(12)]

    def near(place: int) -> np.ndarray:
        moved = middles[place % 12] + 0.2 * vector()
        return (moved / np.linalg.norm(moved)).astype(np.float32)

    made = KnowledgeIndex(DIM)
    made.upsert([Entry(key, key, f"标题 {key}", f"正文 {key}", (), near(key), near(key)) for key in range(1, 6001)])
    questions, some = [near(place) for place in range(40)], Keys(range(1, 6001, 5))
    exact = [[[hit.key for hit in made.search("", each, 10, allow)] for each in questions] for allow in (None, some)]
    assert made.is_slow
    made.quicken()
    assert not made.is_slow
    snapshot.save(made, tmp_path, "1", "model", 0)
    for quick in (made, snapshot.load(tmp_path, "1", "model", 0)):
        quick.upsert([Entry(9001, 9001, "新的", "刚刚发布", (), near(0), near(0))])  # beside the large part
        quick.remove([9001], 9002)
        for allow, before in zip((None, some), exact, strict=True):
            now = [[hit.key for hit in quick.search("", each, 10, allow)] for each in questions]
            same = np.mean([len(set(one) & set(other)) / 10 for one, other in zip(now, before, strict=True)])
            assert same > 0.9
            assert allow is None or all(key in some for keys in now for key in keys)


def test_table_without_rows_needs_no_file_of_its_own(tmp_path):
    VectorTable.build(np.empty((0, DIM), np.float32), np.zeros(1, np.int64)).write(
        tmp_path / "rows", tmp_path / "lists"
    )
    assert len(VectorTable.read(tmp_path / "rows", None, np.zeros(1, np.int64), DIM)) == 0


def test_service_goes_on_with_damaged_and_exchanged_files(backend, own_settings, tmp_path):
    """Two companies whose snapshots were exchanged and cut short: each still finds its own articles and no others."""
    from tests.people import Company

    if backend.name != "sqlite":
        pytest.skip("files are the same beside every database")
    settings = {**own_settings, "KB_INDEX_DIR": str(tmp_path / "kb_index")}
    run_cli("migrate", settings=settings)
    run_cli("company", "second", "第二公司", "--host", "second.localhost", settings=settings)
    marks = {"1": unique("alpha"), "2": unique("beta")}

    def companies(server: AppServer) -> dict[str, Company]:
        password = settings["ADMIN_PASSWORD"]
        return {
            "1": Company(server.base_url, "admin", password),
            "2": Company(server.base_url, "admin@second", password, host="second.localhost"),
        }

    def hits(company: Company, mark: str) -> list[str]:
        return [
            hit["title"] for hit in company.visitor().get("/kb/articles/search", q=mark)["list"] if mark in hit["title"]
        ]

    with AppServer(tmp_path / "first", settings) as server:
        for number, company in companies(server).items():
            article = company.admin.post("/kb/articles", {"title": f"问题 {marks[number]}", "body": "请重新登录。"})
            company.admin.post(f"/kb/articles/{article['id']}/publish")
    nothing = tmp_path / "nothing.csv"
    nothing.write_text("title,text\n")
    for tenant in ("default", "second"):
        run_cli("kb", "import", str(nothing), "--tenant", tenant, settings=settings)
    one, two = tmp_path / "kb_index" / "1", tmp_path / "kb_index" / "2"
    assert (one / snapshot.MANIFEST).exists() and (two / snapshot.MANIFEST).exists()
    one.rename(tmp_path / "kept")
    shutil.copytree(two, one)  # company 1 gets the files of company 2
    cut(next(two.glob("words-*")))
    with AppServer(tmp_path / "second", settings) as server:
        known = companies(server)
        for number, other in (("1", "2"), ("2", "1")):
            assert eventually(lambda number=number: hits(known[number], marks[number]))
            assert hits(known[number], marks[other]) == []
        told = [company.admin.get("/kb/index")["snapshot"]["refused"] for company in known.values()]
        assert ["foreign_tenant" in told[0], "truncated" in told[1]] == [True, True], told
