"""What is remembered of questions: their vectors, for a moment, for one company alone (L05)."""

import pickle

import numpy as np

from services.recent_vectors import MOST, RecentVectors

VECTOR = np.ones(4, np.float32)


def test_the_same_question_in_another_spelling_is_known_to_its_company_only():
    recent = RecentVectors()
    recent.keep(1, "我的手机号是 13800000000，怎么登录？", VECTOR)
    assert recent.get(1, "我的手机號是 １３８００００００００，怎么登錄？") is VECTOR
    assert recent.get(2, "我的手机号是 13800000000，怎么登录？") is None
    assert RecentVectors().get(1, "我的手机号是 13800000000，怎么登录？") is None
    kept = pickle.dumps(list(recent._vectors.items()))
    assert b"13800000000" not in kept and "登录".encode() not in kept


def test_the_oldest_are_forgotten():
    recent = RecentVectors()
    for number in range(MOST + 1):
        recent.keep(1, f"question {number}", VECTOR)
    assert recent.get(1, "question 0") is None and recent.get(1, f"question {MOST}") is VECTOR
    recent.keep(1, "nothing", None)
    assert recent.get(1, "nothing") is None
