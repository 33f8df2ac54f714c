"""Greetings, thanks and the wish for a person are told from questions."""

import pytest

from ai.smalltalk import LONGEST, SmallTalk, language_of, recognise

SAID = {
    SmallTalk.greeting: ("你好", "您好！", "你好，在吗？", "  Hello  ", "hi there", "HEY", "在吗", "Good morning!"),
    SmallTalk.thanks: ("谢谢", "好的，谢谢您！", "thanks a lot", "Thank you very much!", "謝謝你", "ok thx"),
    SmallTalk.goodbye: ("再见", "谢谢，再见", "bye bye", "See you later!", "88", "好的 拜拜"),
    SmallTalk.identity: ("你是谁", "你好，你是机器人吗？", "Who are you?", "are you a real person", "你是AI吗"),
    SmallTalk.acknowledgement: ("好的", "OK", "知道了。", "Got it", "没事了", "嗯嗯"),
    SmallTalk.person: (
        "人工",
        "转人工",
        "我要人工客服！！",
        "你好，帮我转人工",
        "找客服",
        "真人",
        "轉人工",
        "有人工客服吗",
        "麻烦转接一下人工谢谢",
        "转 人 工".replace(" ", ""),
        "human",
        "AGENT",
        "I want to talk to a human, please.",
        "can I speak with a real person",
        "customer service",
        "Let me talk to someone",
        "I’d like to speak to an agent",
    ),
}  # fmt: skip
QUESTIONS = (
    "你好，怎么重置密码",
    "怎么转人工",  # how it is done is a question, and there is an article
    "人工智能是什么",
    "人工服务收费吗",
    "不要人工",
    "客服电话是多少",
    "什么时间有人工客服值班",
    "agent went offline",
    "is this covered",
    "how do I say thank you in the app",
    "who can see my tickets",
    "谢谢你上次的帮助，今天又登录不上了",
    "这个",
    "可以",
    "please help",
    "我想咨询一下",
    "密码",
    "hip",
    "",
    "？？？",
    "你好" * LONGEST,
)


@pytest.mark.parametrize(("kind", "message"), [(kind, message) for kind in SAID for message in SAID[kind]])
def test_small_talk_is_recognised(kind: SmallTalk, message: str):
    assert recognise(message) is kind


@pytest.mark.parametrize("message", QUESTIONS)
def test_a_question_stays_a_question(message: str):
    assert recognise(message) is None


@pytest.mark.parametrize(
    ("message", "page", "language"),
    [("你好", "en", "zh"), ("hi", "zh", "zh"), ("hi", "en", "en"), ("VPN 连不上", "en", "zh"), ("12345", "en", "en")],
)
def test_answers_come_in_the_language_of_the_message_or_else_of_the_page(message: str, page: str, language: str):
    assert language_of(message, page) == language
