"""Labels learnt from examples: told from words and meaning, with probabilities that come true, kept as plain data."""

import io

import numpy as np
import pytest

from ai import classify
from ai.classify import Classifier, TooFewExamples, folds_of, train

EXAMPLES = {
    "登录": ["登录不上", "密码忘了怎么办", "账号被锁定了", "验证码收不到", "一直提示密码错误", "登陆后白屏"],
    "发票": ["怎么开发票", "发票抬头写错了", "电子发票在哪下载", "专票和普票的区别", "发票能重开吗", "申请开票"],
    "报表": ["月报怎么上报", "报表导出失败", "报表数据不对", "催报短信", "统计口径不一致", "导出的表格打不开"],
}
TEXTS = [text for texts in EXAMPLES.values() for text in texts]
LABELS = [label for label, texts in EXAMPLES.items() for _ in texts]


@pytest.fixture(scope="module", params=["semantic", "lexical", "by margins"])
def classifier(request, embedder) -> Classifier:
    if request.param != "by margins":
        return train(TEXTS, LABELS, embedder if request.param == "semantic" else None)
    with pytest.MonkeyPatch.context() as patch:  # bench/retrieval.py shows where it is chosen: on real departments
        patch.setattr("ai.classify._BY_MEANING", classify._BY_WORDS)
        patch.setattr("ai.classify.LEAST_TO_TEMPER", 2)
        return train(TEXTS, LABELS, embedder)


@pytest.mark.parametrize(
    ("text", "label"), [("我的密碼不對", "登录"), ("開票資訊填錯", "发票"), ("报表传不上去", "报表")]
)
def test_a_label_is_told_with_its_probability(classifier, text, label):
    guesses = classifier.predict(text)
    assert guesses[0].label == label and {guess.label for guess in guesses} == set(EXAMPLES)
    assert sum(guess.probability for guess in guesses) == pytest.approx(1)
    assert [guess.probability for guess in guesses] == sorted((g.probability for g in guesses), reverse=True)


def test_meaning_reaches_further_than_words(embedder):
    learnt = train(TEXTS, LABELS, embedder)
    assert learnt.predict("I cannot sign in to my account")[0].label == "登录"
    # a vector that is at hand is used
    vector = embedder.encode_queries(["i cannot sign in to my account"])[0]
    assert learnt.predict("I cannot sign in to my account", vector) == learnt.predict("I cannot sign in to my account")


def test_it_is_stored_and_read_back_and_nothing_else_is_believed(classifier, embedder):
    data = classifier.to_bytes()
    again = Classifier.from_bytes(data, embedder)
    assert again.labels == classifier.labels
    np.testing.assert_allclose(again.probabilities(TEXTS), classifier.probabilities(TEXTS), atol=5e-3)
    if classifier.model_name:
        with pytest.raises(ValueError, match="embedding model"):
            Classifier.from_bytes(data, None)
    for broken in (b"", b"rubbish", data[:200], data[: len(data) // 2]):
        with pytest.raises(ValueError):
            Classifier.from_bytes(broken, embedder)
    pickled = io.BytesIO()
    np.savez(pickled, about=np.array([{"format": 1}], dtype=object))
    with pytest.raises(ValueError):
        Classifier.from_bytes(pickled.getvalue(), embedder)


def test_odd_texts_are_labelled_too(classifier):
    for text in ("", " ", "\0", "🤷", "ﷺ" * 50, "a" * 10_000):
        assert sum(guess.probability for guess in classifier.predict(text)) == pytest.approx(1)
    assert classifier.probabilities([]).shape == (0, len(EXAMPLES))


@pytest.mark.parametrize("labels", [["a", "a", "a"], ["a", "b", "c"], []])
def test_too_few_examples_are_refused(labels):
    with pytest.raises(TooFewExamples):
        train([f"text {number}" for number in range(len(labels))], labels, None)


def test_folds_spread_every_label_evenly():
    labels = ["a"] * 9 + ["b"] * 3 + ["c"]
    parts = folds_of(labels, 3)
    for label, each in (("a", 3), ("b", 1)):
        assert np.bincount(parts[np.array(labels) == label], minlength=3).tolist() == [each] * 3


def test_probabilities_come_true_where_labels_overlap():
    """Half of the examples of two labels say the same words: there nobody can be sure."""
    draw = np.random.default_rng(5)
    texts = [draw.choice(["问题甲", "问题乙", "不明白"]) + str(number) for number in range(300)]
    labels = ["甲" if "甲" in text else "乙" if "乙" in text else draw.choice(["甲", "乙"]) for text in texts]
    chances = {guess.label: guess.probability for guess in train(texts, labels, None).predict("不明白")}
    assert 0.3 < chances["甲"] < 0.7
    assert train(texts, labels, None).predict("问题甲")[0].probability > 0.8
