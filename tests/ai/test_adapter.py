"""The adapter: learnt where there is something to learn, kept where it helps, and harmless where it does not."""

import numpy as np
import pytest

from ai.adapter import Lesson, learn
from ai.index import KnowledgeIndex
from ai.segment import Entry

DIM, TOPICS, PHRASINGS = 24, 150, 32


def unit(rows: np.ndarray) -> np.ndarray:
    return (rows / np.linalg.norm(rows, axis=-1, keepdims=True)).astype(np.float32)


@pytest.fixture
def draw() -> np.random.Generator:
    return np.random.default_rng(3)


@pytest.fixture
def base(draw) -> list[Entry]:
    """Articles that differ in a few directions, in vectors that are mostly about something else.

    So do those of a general model on one company's articles: what all speak of is loud, what tells them apart is quiet.
    """
    quiet, loud = draw.normal(size=(TOPICS, 6)) * 1.2, slice(6, DIM)

    def seen(topic: int) -> np.ndarray:
        vector = np.empty(DIM)
        vector[:6], vector[loud] = quiet[topic] + draw.normal(size=6) * 0.05, draw.normal(size=DIM - 6)
        return unit(vector)

    return [
        Entry(
            topic,
            1,
            "",
            "",
            tuple(f"{topic} {number}" for number in range(PHRASINGS)),
            seen(topic),
            seen(topic),
            tuple(seen(topic) for _ in range(PHRASINGS)),
        )
        for topic in range(TOPICS)
    ]


def mean_rank(entries: list[Entry], asked: list[Lesson], transform) -> float:
    index = KnowledgeIndex(DIM, transform)
    index.upsert(entries)
    keys = [[hit.key for hit in index.search("", lesson.vector, 10)] for lesson in asked]
    return float(
        np.mean([1 / (1 + run.index(one.key)) if one.key in run else 0 for run, one in zip(keys, asked, strict=True)])
    )


def test_it_learns_which_differences_matter_and_says_by_how_much(base):
    # two phrasings of each article are kept from it altogether
    asked = [Lesson("", vector, entry.key) for entry in base for vector in entry.phrasing_vectors[-2:]]
    known = [
        entry._replace(phrasings=entry.phrasings[:-2], phrasing_vectors=entry.phrasing_vectors[:-2]) for entry in base
    ]
    learnt = learn(known)
    assert learnt.is_kept and learnt.after > learnt.before + 0.05
    assert learnt.questions == TOPICS * (PHRASINGS - 2) and learnt.asked == 600
    assert mean_rank(known, asked, learnt.transform) > mean_rank(known, asked, None)
    again = learn(known[::-1])
    assert again.transform == learnt.transform


def test_confirmed_questions_teach_where_there_are_no_phrasings(base):
    lessons = [Lesson("", vector, entry.key) for entry in base for vector in entry.phrasing_vectors]
    bare = [entry._replace(phrasings=(), phrasing_vectors=()) for entry in base]
    # the knowledge base alone: neither titles nor answers to learn from
    assert learn(bare) == (None, 0, 0, 0.0, 0.0)
    learnt = learn(bare, lessons)
    assert learnt.is_kept and learnt.after > learnt.before
    # an article that has gone teaches nothing
    assert learn(bare, [lesson._replace(key=10_000) for lesson in lessons]).questions == 0


def test_titles_teach_by_the_answers_below_them(base):
    titled = [
        entry._replace(
            title=f"题目{entry.key}", phrasings=(), phrasing_vectors=(), chunk_vectors=entry.phrasing_vectors[:1]
        )
        for entry in base
    ]
    learnt = learn(titled)
    assert learnt.questions == TOPICS and learnt.asked > 0


def test_what_does_not_help_is_not_kept():
    """Every question finds its article already: nothing can be gained."""
    plain = unit(np.eye(40) + 0.01)
    entries = [Entry(place, 1, "", "", ("a", "b", "c"), row, row, (row, row, row)) for place, row in enumerate(plain)]
    learnt = learn(entries)
    assert learnt.asked and learnt.before == learnt.after == 1 and not learnt.is_kept


def test_articles_without_vectors_are_left_out(base):
    words_only = [Entry(entry.key, 1, "标题", "正文") for entry in base]
    assert not learn(words_only).is_kept and not learn([]).is_kept
