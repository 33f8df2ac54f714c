"""Messages that lean on what was said before, and choices by number."""

from pathlib import Path

import pytest

from ai.followup import Leaning, leaning, pick, wants_another, with_topic

CASES = [
    line.split("\t")
    for line in (Path(__file__).parent.parent / "data" / "followups.tsv").read_text(encoding="utf-8").splitlines()
]
#: the odd lines were learned from
JUDGED = CASES[1::2]


def test_follow_ups_are_told_from_questions_with_a_subject_of_their_own():
    told = {kind: [leaning(text) for known, text in JUDGED if known == kind] for kind in "fn"}
    assert len(told["f"]) == len(told["n"]) == 30
    assert told["f"].count(Leaning.none) <= 1 and told["f"].count(Leaning.firm) >= 24
    assert told["n"].count(Leaning.firm) == 0 and told["n"].count(Leaning.none) >= 27


@pytest.mark.parametrize("message", ["", "   ", "？", "这个" * 40, "那" * 600])
def test_nothing_and_much_lean_on_nothing_for_sure(message):
    assert leaning(message) in (Leaning.none, Leaning.maybe)


@pytest.mark.parametrize(
    ("message", "count", "chosen"),
    [
        ("第二个", 3, 1),
        ("2", 3, 1),
        ("２。", 3, 1),
        ("②", 3, 1),
        ("选第三个吧", 3, 2),
        ("我要第一个", 3, 0),
        ("最后一个", 3, 2),
        ("前者", 2, 0),
        ("后者", 2, 1),
        ("the second one", 2, 1),
        ("number 3", 3, 2),
        ("First please", 2, 0),
        ("第四个", 3, None),
        ("0", 3, None),
        ("2021年", 3, None),
        ("第二个不对", 3, None),
        ("怎么登录", 3, None),
        ("2", 0, None),
    ],
)
def test_choices_by_number(message, count, chosen):
    assert pick(message, count) == chosen


def test_wish_for_another_answer():
    wanted = ("还有别的办法吗", "没用", "还是不行啊", "That didn't work", "试过了，不行", "anything else?")
    assert all(map(wants_another, wanted))
    assert not any(map(wants_another, ("没用的账号怎么删除", "取消不了还有别的办法吗", "你好", "")))


def test_topic_is_put_in_without_the_words_of_asking():
    assert with_topic("那怎么取消呢", "如何预约疫苗接种？").startswith("怎么取消呢 预约疫苗接种")
    assert with_topic("and how do I cancel it", "How to book a vaccination") == "how do i cancel book vaccination"
