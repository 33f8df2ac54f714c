"""One form for every way of typing the same words."""

import os
import stat
import subprocess
import sys

import numpy as np
import pytest

from ai import text
from ai.lexical import term_codes
from ai.text import char_terms, highlight_words, keywords, normalise, sentence_spans


@pytest.mark.parametrize(
    ("typed", "form"),
    [
        ("請問怎麼開發票", "请问怎么开发票"),  # traditional
        ("ＡＰＰ　登录１２３", "app 登录123"),  # full width
        ("  多个 \t\n 空格  ", "多个 空格"),
        ("登\u200b录\ufeff", "登录"),  # invisible characters from copy and paste
        ("①㎏ﬁ", "1kgfi"),
        ("坏\ud800字符\x00", "坏字符"),
        ("", ""),
    ],
)
def test_all_ways_of_typing_come_to_one_form(typed, form):
    assert normalise(typed) == form


def test_terms_are_characters_pairs_and_whole_words():
    assert char_terms("导出excel 2019表") == ["导", "出", "导出", "excel", "2019", "表"]
    assert char_terms("，。 !?") == []


@pytest.mark.parametrize("sample", ["导出excel 2019表格", "a登b录", "한국어 テスト", "𠮷野家", "", "émile été", "登"])
def test_numbered_terms_are_the_same_terms(sample):
    numbers = term_codes(sample)
    terms = char_terms(sample)
    assert len(numbers) == len(terms)
    assert len(np.unique(numbers)) == len(set(terms))


def test_sentences_end_where_they_end():
    body = "价格是 3.5 元。“真的吗？”他问。See https://a.example/b.html now. Then stop!\n1. 打开设置\n2. 点击保存；完成"
    assert [body[start:end] for start, end in sentence_spans(body)] == [
        "价格是 3.5 元。", "“真的吗？”", "他问。", "See https://a.example/b.html now.", "Then stop!",
        "1. 打开设置", "2. 点击保存；", "完成",
    ]  # fmt: skip


def test_matched_words_are_given_as_the_article_writes_them():
    article = "在 ＡＰＰ 裡修改密碼。Happy!"
    assert highlight_words("请问怎么在app修改密码", article) == ["ＡＰＰ", "修改", "密碼"]
    for word in highlight_words("请问怎么在app修改密码", article):
        assert word in article


def test_words_that_say_nothing_are_not_marked():
    assert highlight_words("请问这个怎么办", "请问您这个怎么处理") == []


def test_keywords_are_the_telling_words():
    found = keywords("怎么更换绑定的手机号，原来的手机号收不到验证码", 3)
    assert "手机号" in found
    assert len(found) == 3


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="owners and modes are a matter of POSIX")
def test_dictionary_cache_is_not_taken_from_a_folder_others_can_write(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    own = text._private_folder()
    assert stat.S_IMODE(os.stat(own).st_mode) == 0o700
    assert text._private_folder() == own
    os.chmod(own, 0o777)
    assert text._private_folder() != own


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="owners and modes are a matter of POSIX")
def test_process_with_a_folder_of_its_own_leaves_none_behind(tmp_path):
    planted = tmp_path / f"smartsupport-words-{os.getuid()}"
    planted.mkdir()
    planted.chmod(0o777)
    program = "from ai import text; print(text._private_folder())"
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    told = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert told.stdout.strip() != str(planted) and list(tmp_path.iterdir()) == [planted]
