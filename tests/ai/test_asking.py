"""Questions on their way into the search: pinyin, slips, sound-alikes, synonyms."""

import numpy as np
import pytest

from ai.asking import Asked, embed_asked, understood, understood_ticket
from ai.lexicon import NO_WORDS, Lexicon
from tests.ai import articles as kb


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("wangji mima", "忘记密码"),
        ("wangjimima", "忘记密码"),
        ("WangJi MiMa", "忘记密码"),
        ("ｗａｎｇｊｉ ｍｉｍａ", "忘记密码"),
        ("shenqing kaiju fapiao", "申请开具发票"),
        ("tuikuan", "退款"),
        ("excel dabukai", "excel 打不开"),  # what is known stays, what stands beside it is read
        ("exel 打不开", "excel 打不开"),
        ("ecxel打不开", "excel打不开"),
    ],
)
def test_what_was_meant_is_read_from_what_the_articles_say(words_only, typed, meant):
    assert understood(typed, words_only).text == meant


@pytest.mark.parametrize(
    "question",
    [
        "忘记登录密码怎么办",
        "可以用 IE 浏览器吗",
        "how do I get a refund",  # English, and nothing near it here
        "change",  # chang e would be pinyin: nobody here speaks of it
        "qwrtp zzz",
        "ABC-1234",
        "?!",
        "",
    ],
)
def test_ordinary_questions_stay_as_they_are(words_only, question):
    asked = understood(question, words_only)
    assert asked.text == question.lower() and asked.wordings == ()


@pytest.mark.parametrize(
    ("typed", "meant"), [("忘记蜜码", "忘记密码"), ("更换绑顶的手机号", "更换绑定的手机号"), ("退宽", "退款")]
)
def test_characters_that_sound_alike_are_another_wording(words_only, typed, meant):
    asked = understood(typed, words_only)
    assert (asked.text, asked.wordings) == (typed, (meant,))


def test_pinyin_finds_by_words_and_by_meaning(knowledge, words_only, embedder):
    for index, model in ((words_only, None), (knowledge, embedder)):
        asked = understood("genghuan shoujihao", index)
        hits = index.search(asked.text, embed_asked(model, asked), 3, wordings=asked.wordings)
        assert hits[0].key == kb.PHONE


def test_a_synonym_finds_what_the_words_do_not(words_only):
    question = "口令忘了"
    lexicon = Lexicon({"口令": ["密码", "password"]}, ["疾控云"])
    asked = understood(question, words_only, lexicon)
    assert asked.wordings[0] == "密码忘了"
    plain = words_only.search(question, None, 1)[0]
    found = words_only.search(asked.text, None, 1, wordings=asked.wordings)[0]
    assert found.key == kb.PASSWORD and found.lexical > plain.lexical
    # both ways, capitals and width of no account, and no word within another
    assert lexicon.wordings("忘记ＰＡＳＳＷＯＲＤ")[0] == "忘记口令"
    assert lexicon.wordings("passwords") == [] and NO_WORDS.wordings(question) == []
    assert lexicon.marks("疾控云的口令") == ["疾控云", "口令", "密码", "password"]


def test_a_question_is_embedded_with_its_first_synonym(embedder):
    asked = Asked("口令忘了", ("密码忘了",), ("口令忘了", "密码忘了"))
    vector, parts = embed_asked(embedder, asked), embedder.encode_queries(asked.embedded)
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)
    assert vector @ parts[0] == pytest.approx(vector @ parts[1], abs=1e-5)
    assert embed_asked(None, asked) is None and embed_asked(embedder, Asked("")) is None


def test_a_ticket_is_asked_by_subject_and_body():
    asked = understood_ticket("无法登录", "昨天起\n提示密码错误" + "很" * 300)
    assert asked.embedded[0] == "无法登录" and asked.embedded[1].startswith("昨天起 提示密码错误")
    assert asked.text.startswith("无法登录 昨天起") and len(asked.text) < 220
    assert understood_ticket("无法登录", "").embedded == ("无法登录",)


def test_pasted_pages_are_not_spelled(words_only):
    long = "wangji mima " * 200
    assert understood(long, words_only).text == long.strip()
