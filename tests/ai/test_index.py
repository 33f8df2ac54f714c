"""KnowledgeIndex: finds, forgets, forbids, and stays consistent while it changes."""

import threading

import numpy as np
import pytest

from ai.articles import embed_question
from ai.index import Entry, KnowledgeIndex, Matched
from ai.vectors import LinearTransform
from tests.ai import articles as kb
from tests.ai.conftest import DIM

QUESTIONS = ["日月盈昃", "天地玄黄宇宙", "寒来暑往秋收冬藏", "金生丽水"]


def vector_of(seed: int) -> np.ndarray:
    drawn = np.random.default_rng(seed).normal(size=DIM).astype(np.float32)
    return drawn / np.linalg.norm(drawn)


def found(index: KnowledgeIndex, k: int = 60) -> list[list[tuple]]:
    """What an index answers to some questions, rounded, with and without vectors."""
    return [
        [
            (hit.key, round(hit.score, 4), round(hit.lexical, 4), hit.matched)
            for hit in index.search(question, vector, k)
        ]
        for number, question in enumerate(QUESTIONS)
        for vector in (None, vector_of(number))
    ]


@pytest.mark.parametrize(
    ("question", "key"),
    [
        ("我的密碼不記得了", kb.PASSWORD),  # traditional script against simplified
        ("发票抬头写错了", kb.INVOICE_TITLE),
        ("下载的EXCEL打不开", kb.EXPORT),
        ("帮新来的同事开个账号", kb.MEMBERS),
        ("可以用ＩＥ浏览器吗", kb.BROWSER),
    ],
)
@pytest.mark.parametrize("tier", ["knowledge", "words_only"])
def test_customers_find_the_article_in_their_own_words(tier, question, key, request, embedder):
    index = request.getfixturevalue(tier)
    vector = embed_question(embedder, question) if tier == "knowledge" else None
    hits = index.search(question, vector, 3)
    assert key == hits[0].key
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


def test_vectors_find_what_shares_no_word(knowledge, words_only, embedder):
    question = "买了以后钱能拿回来不"
    assert kb.REFUND not in [hit.key for hit in words_only.search(question, None, 1)]
    assert knowledge.search(question, embed_question(embedder, question), 1)[0].key == kb.REFUND


def test_a_hit_says_what_it_matched(knowledge, embedder):
    for question, matched in (("怎样申请开具发票", Matched.title), ("我要开票", Matched.phrasing)):
        hit = knowledge.search(question, embed_question(embedder, question), 1)[0]
        assert (hit.key, hit.matched) == (kb.INVOICE, matched)
        assert hit.question == pytest.approx(1.0, abs=1e-3)


def test_a_hit_by_words_says_what_it_matched(words_only):
    for question, matched in (
        ("怎样申请开具发票", Matched.title),
        ("我要开票", Matched.phrasing),
        ("税号作废", Matched.body),
    ):
        assert words_only.search(question, None, 1)[0].matched == matched


@pytest.mark.parametrize("as_test", [False, True])
def test_what_is_forbidden_takes_no_ones_place(random_entry, as_test):
    index = KnowledgeIndex(DIM)
    index.upsert([random_entry(key) for key in range(200)])
    visible = {3, 70, 71, 199}
    allow = visible.__contains__ if as_test else visible
    for number, question in enumerate(QUESTIONS):
        hits = index.search(question, vector_of(number), 10, allow)
        assert {hit.key for hit in hits} == visible
        assert {hit.key for hit in index.search(question, None, 10, allow)} <= visible
    assert index.search(QUESTIONS[0], vector_of(0), 10, set()) == []


def test_an_index_that_grew_bit_by_bit_answers_as_one_built_at_once(random_entry):
    draw = np.random.default_rng(5)
    grown, truth = KnowledgeIndex(DIM), {}
    for step in range(120):
        if truth and draw.random() < 0.3:
            gone = [int(key) for key in draw.choice(list(truth), min(3, len(truth)), replace=False)]
            grown.remove(gone)
            for key in gone:
                del truth[key]
        else:
            batch = [random_entry(int(key), step) for key in draw.integers(0, 60, draw.integers(1, 6))]
            grown.upsert(batch)
            truth |= {entry.key: entry for entry in batch}
        if step % 20 == 19:
            fresh = KnowledgeIndex(DIM)
            fresh.upsert(truth.values())
            assert len(grown) == len(truth)
            assert grown.versions() == {key: entry.version for key, entry in truth.items()}
            assert found(grown) == found(fresh)


def test_parts_stay_few_however_many_changes(random_entry):
    index = KnowledgeIndex(DIM)
    for key in range(300):
        index.upsert([random_entry(key)])
    assert len(index) == 300
    assert len(index.state()[1]) <= 8


def test_an_older_version_does_not_replace_a_newer(random_entry):
    index = KnowledgeIndex(DIM)
    index.upsert([random_entry(1, 5), random_entry(2, 4)])
    index.upsert([random_entry(1, 3)])
    assert index.versions() == {1: 5, 2: 4}
    index.upsert([random_entry(1, 6), random_entry(1, 2)])
    assert index.versions() == {1: 6, 2: 4}
    assert index.version == 6
    index.remove([2], version=9)
    assert (index.version, index.versions()) == (9, {1: 6})


def test_an_article_whose_vectors_are_still_to_come_is_found_by_its_words(random_entry):
    index = KnowledgeIndex(DIM)
    index.upsert([random_entry(key) for key in range(30)])
    index.upsert([Entry(99, 1, "玄黄龙师火帝", "始制文字")])
    hit = next(hit for hit in index.search("玄黄龙师火帝", vector_of(1), 40) if hit.key == 99)
    assert hit.dense is None
    assert hit.lexical > 0.5


def test_a_transform_maps_questions_and_articles_alike(random_entry):
    entries = [random_entry(key) for key in range(40)]
    turned = np.linalg.qr(np.random.default_rng(3).normal(size=(DIM, DIM)))[0].astype(np.float32)
    plain = KnowledgeIndex(DIM, LinearTransform(np.zeros(DIM, np.float32), np.eye(DIM, dtype=np.float32)))
    moved = KnowledgeIndex(DIM, LinearTransform(np.zeros(DIM, np.float32), turned))
    plain.upsert(entries)
    moved.upsert(entries)
    assert found(plain) == found(moved)  # a rotation changes no cosine
    flat = KnowledgeIndex(
        DIM, LinearTransform(np.full(DIM, 0.5, np.float32), turned * np.arange(DIM, dtype=np.float32))
    )
    flat.upsert(entries)
    assert found(flat) != found(plain)


@pytest.mark.parametrize(
    "broken",
    [
        {"body_vector": None},  # a title vector alone
        {"title_vector": None},  # a body vector alone
        {"phrasing_vectors": ()},  # a phrasing without its vector
        {"title_vector": np.zeros(DIM + 1, np.float32)},  # of another model
    ],
)
def test_vectors_that_do_not_fit_are_refused(random_entry, broken):
    index = KnowledgeIndex(DIM)
    with pytest.raises(ValueError, match="entry 1"):
        index.upsert([random_entry(1, phrasings=2)._replace(**broken)])
    assert len(index) == 0


def test_an_empty_index_finds_nothing():
    index = KnowledgeIndex(DIM)
    assert index.search("密码", vector_of(1), 5) == []
    index.upsert([])
    index.remove([4])
    assert len(index) == 0


def test_a_search_sees_all_of_a_change_or_nothing(random_entry):
    """One thread swaps all articles again and again while others search: no reader sees a mixture."""
    keys = range(24)
    generations = [[random_entry(key, version) for key in keys] for version in range(1, 13)]
    marked = [
        [entry._replace(title=f"甲乙丙 gen{entry.version}", phrasings=(), phrasing_vectors=()) for entry in generation]
        for generation in generations
    ]
    index = KnowledgeIndex(DIM)
    index.upsert(marked[0])
    mixtures, errors, done = [], [], threading.Event()

    def read() -> None:
        try:
            while not done.is_set():
                hits = index.search("甲乙丙", vector_of(1), 100)
                if sorted(hit.key for hit in hits) != list(keys):
                    mixtures.append(hits)
                versions = set(index.versions().values())
                if len(versions) != 1:
                    mixtures.append(versions)
        except Exception as error:  # shown by the assertion below
            errors.append(error)

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for generation in marked[1:]:
        index.upsert(generation)
    done.set()
    for reader in readers:
        reader.join()
    assert errors == []
    assert mixtures == []
    assert set(index.versions().values()) == {12}


def test_several_writers_lose_nothing(random_entry):
    batches = [[random_entry(start + offset) for offset in range(25)] for start in range(0, 200, 25)]
    index = KnowledgeIndex(DIM)

    def write(batch: list[Entry]) -> None:
        for entry in batch:
            index.upsert([entry])

    writers = [threading.Thread(target=write, args=(batch,)) for batch in batches]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    fresh = KnowledgeIndex(DIM)
    fresh.upsert(entry for batch in batches for entry in batch)
    assert index.versions().keys() == set(range(200))
    assert found(index) == found(fresh)
