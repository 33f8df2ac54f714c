"""Moods from words: measured on sentences that the model was not fitted on."""

import time

import pytest

from ai.mood import Mood, hear
from bench.moods import halves


def test_moods_of_sentences_it_has_not_seen():
    _, judged = halves()
    heard = [(kind, hear(text).mood.value) for kind, text in judged]
    assert len(judged) >= 120
    assert sum(kind == mood for kind, mood in heard) / len(heard) >= 0.87
    # nobody who merely asks is taken for somebody in a mood, and nobody content for somebody angry
    assert all(mood == "neutral" for kind, mood in heard if kind == "neutral")
    assert not [kind for kind, mood in heard if mood == "angry" and kind != "angry"]


@pytest.mark.parametrize(
    ("message", "mood"),
    [
        ("不满意", Mood.negative),
        ("不太好用", Mood.negative),
        ("满意度调查怎么填", Mood.neutral),
        ("如何投诉登记", Mood.neutral),
        ("垃圾邮件", Mood.neutral),
        ("垃圾軟體，騙子！", Mood.angry),  # traditional script
        ("", Mood.neutral),
        ("😡", Mood.negative),
    ],
)
def test_words_that_lie(message, mood):
    assert hear(message).mood is mood


def test_quick_enough_for_every_message():
    texts = [text for _, text in halves()[1]] * 10
    texts.append("很生气" * 3000)
    hear("warm")
    began = time.perf_counter()
    for text in texts:
        hear(text)
    assert (time.perf_counter() - began) / len(texts) < 0.001
