"""Sensitive words are found however they are written, and only where they are meant."""

import pytest

from ai import sensitive
from ai.sensitive import MOST_KNOWN, MOST_PLACES, Found, Scanner, fold, prepare

WORDS = ["投诉", "投诉到底", "315", "refund", "报警", "credit card", "V信"]


@pytest.fixture(scope="module")
def scanner() -> Scanner:
    prepare()
    return Scanner(enumerate(WORDS))


def found(scanner: Scanner, text: str) -> dict[str, str]:
    """word of the list → as it is written in the text"""
    return {WORDS[one.key]: text[one.start : one.end] for one in scanner.find(text)}


@pytest.mark.parametrize(
    ("text", "word", "written"),
    [
        ("我要投诉你们", "投诉", "投诉"),
        ("我要投訴你們", "投诉", "投訴"),  # traditional characters
        ("報警", "报警", "報警"),
        ("投 诉", "投诉", "投 诉"),
        ("投\u3000诉", "投诉", "投\u3000诉"),
        ("投\n诉", "投诉", "投\n诉"),
        ("投*-_·.，诉", "投诉", "投*-_·.，诉"),
        ("投\u200b\u200d\ufeff诉", "投诉", "投\u200b\u200d\ufeff诉"),  # invisible characters
        ("投😀👨‍👩‍👧诉", "投诉", "投😀👨‍👩‍👧诉"),
        ("投\u0336诉\u0336", "投诉", "投\u0336诉"),  # struck through
        ("Ｖ信", "V信", "Ｖ信"),
        ("加我v 信", "V信", "v 信"),
        ("ＲＥＦＵＮＤ please", "refund", "ＲＥＦＵＮＤ"),
        ("Refund!", "refund", "Refund"),
        ("r e f u n d", "refund", "r e f u n d"),
        ("r.e-f*u_n~d", "refund", "r.e-f*u_n~d"),
        ("réfund", "refund", "réfund"),
        ("𝐫𝐞𝐟𝐮𝐧𝐝", "refund", "𝐫𝐞𝐟𝐮𝐧𝐝"),  # letters of mathematics
        ("my credit  card", "credit card", "credit  card"),
        ("creditcard", "credit card", "creditcard"),
        ("打315举报", "315", "315"),
        ("3·15 晚会", "315", "3·15"),
        ("③①⑤", "315", "③①⑤"),
        ("😀我要投诉", "投诉", "投诉"),  # places count characters, not units of some encoding
    ],
)
def test_words_are_found_however_they_are_written(scanner, text, word, written):
    assert found(scanner, text)[word] == written


@pytest.mark.parametrize(
    "text",
    [
        "",
        "您好，请问发票怎么开？",
        "13155512345",  # a telephone number
        "订单A3150",
        "2026-3-15 10:00",
        "12:3 15",
        "refunded",
        "are funds there",  # two words side by side
        "诉投",
        "credit me a card",
    ],
)
def test_other_words_are_left_alone(scanner, text):
    assert found(scanner, text) == {}


def test_words_within_words_are_all_found_the_longest_first(scanner):
    assert list(found(scanner, "我要投诉到底")) == ["投诉到底", "投诉"]


def test_of_one_word_the_first_places_are_told(scanner):
    assert len(scanner.find("投诉" * 1000)) == MOST_PLACES


def test_empty_list_and_words_of_signs_only_find_nothing():
    assert Scanner([]).find("投诉") == []
    assert Scanner([(1, "***"), (2, "")]).find("***") == []
    assert fold("😀*** ") == ""


def test_one_spelling_may_be_two_entries():
    assert set(Scanner([(1, "投诉"), (2, "投 訴")]).find("投诉")) == {Found(1, 0, 2), Found(2, 0, 2)}


def test_characters_nobody_uses_fill_no_memory():
    scanner = Scanner([(1, "投诉")])
    for start in range(0x10000, 0x30000, 8000):
        scanner.find("".join(map(chr, range(start, start + 8000))))
    assert len(sensitive._FORMS) <= MOST_KNOWN
    assert scanner.find("\U0003ffff投诉\U0003fffe") == [Found(1, 1, 3)]
