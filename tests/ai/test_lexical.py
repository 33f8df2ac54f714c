"""BM25: right by the formula, the same however the index came about, comparable between questions."""

import math

import numpy as np
import pytest

from ai.lexical import K1, Postings, line_scores, query_terms
from ai.text import char_terms

LINES = ["忘记登录密码", "更换手机号码", "密码错误 账号锁定", "开具发票", "发票抬头 excel 导出"]


def by_the_formula(lines: list[str], query: str, b: float) -> list[float]:
    """BM25 written out, divided by the most that is possible."""
    documents = [char_terms(line) for line in lines]
    average = sum(map(len, documents)) / len(documents)
    terms = char_terms(query)
    idf = {}
    for term in terms:
        frequency = sum(term in document for document in documents)
        idf[term] = math.log(1 + (len(documents) - frequency + 0.5) / (frequency + 0.5))
    best = (K1 + 1) * sum(idf[term] for term in terms)
    return [
        sum(
            idf[term] * document.count(term) * (K1 + 1)
            / (document.count(term) + K1 * (1 - b + b * len(document) / average))
            for term in terms
        ) / best
        for document in documents
    ]  # fmt: skip


@pytest.mark.parametrize("query", ["密码忘记了", "发票发票", "excel导出", "不存在的词语", "登录 excel"])
@pytest.mark.parametrize("b", [0.3, 0.75])
def test_scores_are_those_of_the_formula(query, b):
    (scores,) = line_scores([(Postings.build(LINES), None)], query_terms(query), b=b)
    assert scores == pytest.approx(by_the_formula(LINES, query, b), abs=1e-5)


def test_parts_with_dead_lines_score_as_one_index_of_the_living():
    first, second = Postings.build([*LINES[:3], "已删除的密码说明"]), Postings.build(["旧的发票说明", *LINES[3:]])
    alive = [np.array([True, True, True, False]), np.array([False, True, True])]
    parts = list(zip((first, second), alive, strict=True))
    merged = Postings.merge(parts)
    fresh = Postings.build(LINES)
    for query in ("密码", "发票 excel", "手机登录"):
        terms = query_terms(query)
        (expected,) = line_scores([(fresh, None)], terms, b=0.75)
        in_parts = np.concatenate(
            [scores[mask] for scores, mask in zip(line_scores(parts, terms, b=0.75), alive, strict=True)]
        )
        (in_merged,) = line_scores([(merged, None)], terms, b=0.75)
        assert in_parts == pytest.approx(expected, abs=1e-6)
        assert in_merged == pytest.approx(expected, abs=1e-6)
    for name in ("terms", "starts", "lines", "counts", "lengths"):
        assert np.array_equal(getattr(merged, name), getattr(fresh, name))


def test_a_question_about_unknown_things_stays_low():
    (known,) = line_scores([(Postings.build(LINES), None)], query_terms("忘记登录密码"), b=0.3)
    (unknown,) = line_scores([(Postings.build(LINES), None)], query_terms("火星上能不能种土豆密码"), b=0.3)
    assert known.max() > 0.4
    assert unknown.max() < 0.1


def test_nothing_to_search_in_and_nothing_to_search_for():
    empty, some = Postings.build([]), Postings.build(LINES)
    assert line_scores([], query_terms("密码"), b=0.3) == []
    assert [len(scores) for scores in line_scores([(empty, None)], query_terms("密码"), b=0.3)] == [0]
    (scores,) = line_scores([(some, None)], query_terms("？！"), b=0.3)
    assert not scores.any()
