"""When the bot answers, offers a choice or stands back; and that it only ever quotes."""

import random

import pytest

from ai.answer import DECISION_HITS, DecisionKind, calibration_for, decide, extract, measure_background
from ai.articles import embed_question
from ai.index import Hit, Matched
from ai.model import DEFAULT_MODEL_NAME
from tests.ai import articles as kb
from tests.ai.articles import ARTICLES

OFF_TOPIC = [
    "今天天气怎么样",
    "你叫什么名字呀",
    "给我讲个笑话",
    "晚上吃火锅还是烧烤",
    "苹果和香蕉哪个好吃",
    "你是男生还是女生",
]
CLEAR = [
    ("忘记登录密码怎么办", kb.PASSWORD),
    ("密码忘了登录不了系统", kb.PASSWORD),
    ("请问在哪里申请发票", kb.INVOICE),
    ("导出来的excel打不开", kb.EXPORT),
    ("怎么更换手机号", kb.PHONE),
    ("怎么添加新成员", kb.MEMBERS),
    ("支持什么浏览器", kb.BROWSER),
]


def ask(index, embedder, question):
    hits = index.search(question, embed_question(embedder, question), DECISION_HITS)
    return decide(question, hits, calibration_for(embedder)), hits


@pytest.mark.parametrize(("question", "key"), CLEAR)
def test_a_clear_question_is_answered_by_the_right_article(knowledge, embedder, question, key):
    decision, hits = ask(knowledge, embedder, question)
    assert (decision.kind, hits[0].key) == (DecisionKind.answer, key)
    assert decision.confidence >= 0.8


@pytest.mark.parametrize(
    ("question", "key"), [("我要申请开发票", kb.INVOICE), ("钱能退吗", kb.REFUND), ("报表改不了", kb.REPORT_SUBMIT)]
)
def test_a_vague_question_gets_the_right_article_at_least_offered(knowledge, embedder, question, key):
    decision, hits = ask(knowledge, embedder, question)
    assert decision.kind != DecisionKind.none
    assert key in [hit.key for hit in hits[:3]]


@pytest.mark.parametrize("title_of", list(ARTICLES))
def test_an_articles_own_title_is_always_answered(knowledge, embedder, title_of):
    decision, hits = ask(knowledge, embedder, ARTICLES[title_of][0])
    assert (decision.kind, hits[0].key) == (DecisionKind.answer, title_of)


@pytest.mark.parametrize("question", OFF_TOPIC)
@pytest.mark.parametrize("tier", ["knowledge", "words_only"])
def test_what_is_not_about_us_is_not_answered(tier, request, embedder, question):
    decision, _ = ask(request.getfixturevalue(tier), embedder if tier == "knowledge" else None, question)
    assert decision.kind != DecisionKind.answer
    if tier == "knowledge":
        assert decision.kind == DecisionKind.none


@pytest.mark.parametrize("size", [1, 2, 3])
def test_off_topic_is_refused_even_where_there_is_little_to_compare_with(make_index, embedder, size):
    few = make_index(dict(list(ARTICLES.items())[:size]))
    for question in OFF_TOPIC:
        assert ask(few, embedder, question)[0].kind == DecisionKind.none
    assert ask(few, embedder, ARTICLES[kb.PASSWORD][0])[0].kind == DecisionKind.answer


@pytest.mark.parametrize("semantic", [True, False])
def test_two_near_ties_are_offered_as_choices(make_index, embedder, semantic):
    twins = {
        1: ("安卓手机如何安装客户端", "在应用市场搜索客户端名称并安装。", ()),
        2: ("苹果手机如何安装客户端", "在 App Store 搜索客户端名称并安装。", ()),
        **{key + 100: article for key, article in ARTICLES.items()},
    }
    index = make_index(twins, semantic=semantic)
    decision, hits = ask(index, embedder if semantic else None, "手机如何安装客户端")
    assert decision.kind == DecisionKind.choices
    assert {hits[0].key, hits[1].key} == {1, 2}


def test_the_lexical_tier_answers_what_is_nearly_word_for_word(words_only):
    for question, key in (("忘记登录密码怎么办", kb.PASSWORD), ("系统支持哪些浏览器", kb.BROWSER)):
        decision, hits = ask(words_only, None, question)
        assert (decision.kind, hits[0].key) == (DecisionKind.answer, key)


@pytest.mark.parametrize("question", ["", "   ", "\u200b"])
def test_an_empty_question_has_no_answer(knowledge, embedder, question):
    assert ask(knowledge, embedder, question)[0] == (DecisionKind.none, 0.0)


def test_no_hits_no_answer():
    assert decide("怎么开发票", []) == (DecisionKind.none, 0.0)


def test_an_article_without_vectors_is_judged_by_its_words_among_others_that_have_them():
    own = Hit(1, 0.9, None, 0.4, Matched.title)
    others = [Hit(key, 0.9 - key / 100, 0.8, 0.02, Matched.body, 0.8) for key in range(2, 8)]
    assert decide("怎么开发票", [own, *others]).kind == DecisionKind.answer
    assert decide("怎么开发票", [own._replace(lexical=0.03), *others]).kind == DecisionKind.none


@pytest.mark.parametrize("count", range(1, DECISION_HITS + 3))
def test_any_number_of_hits_gives_a_probability(count):
    hits = [Hit(key, 0.9 - key / 50, 0.9 - key / 50, 0.3, Matched.title, 0.9) for key in range(count)]
    assert 0 <= decide("怎么开发票", hits).confidence <= 1


def test_another_model_is_judged_by_its_own_background(embedder):
    class Other:
        name, dim = "another-model", embedder.dim
        encode_queries, encode_passages = embedder.encode_queries, embedder.encode_passages

    assert embedder.name == DEFAULT_MODEL_NAME
    background = measure_background(embedder)
    assert calibration_for(Other()).background == background
    assert calibration_for(embedder).background == pytest.approx(background, abs=0.01)


LONG = (
    "本系统用于各单位的日常报表管理。请妥善保管账号，不要借给他人使用，离职时应及时交还并由管理员停用。\n"
    "一、登录。打开首页，输入用户名和密码。首次登录须修改初始密码，并完善个人资料与联系方式。\n"
    "二、填报。进入“我的报表”，选择对应月份，逐项填写后保存。系统会自动校验数据之间的逻辑关系。\n"
    "三、撤回。审核通过之前可以点击“撤回”按钮。撤回之后报表回到草稿状态，可以修改后再次提交。\n"
    "四、导出。在列表右上角点击“导出”，可以选择 Excel 或 PDF 格式。单次最多导出一万条记录。\n"
)


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("报表提交了还能撤回吗", "点击“撤回”按钮"),
        ("可以导出PDF吗", "Excel 或 PDF"),
        ("第一次登录要改密码吗", "首次登录须修改初始密码"),
        ("最多能导出多少条记录", "一万条记录"),
    ],
)
def test_the_quote_holds_the_answer(question, words):
    quote = extract(question, "系统使用手册", LONG)
    assert words in quote.text
    assert len(quote.text) < len(LONG) / 2


def test_a_quote_is_always_a_stretch_of_the_body():
    draw = random.Random(4)
    bodies = [
        LONG,
        *(body for _, body, _ in ARTICLES.values()),
        "",
        "\n\n",
        "无标点" * 200,
        "A. B. C.",
        " 前后有空格。 ",
    ]
    for body in bodies:
        for _ in range(12):
            question = "".join(draw.choices(LONG, k=draw.randint(0, 20)))
            for size in (1, 2, 3):
                quote = extract(question, "标题", body, size)
                assert quote.text == body[quote.start : quote.end]
                assert quote.text == quote.text.strip()
                assert quote.text or not body.strip()


def test_a_short_body_is_quoted_whole():
    for title, body, _ in ARTICLES.values():
        assert extract("怎么办", title, body).text == body


def test_vectors_may_point_at_the_sentence():
    quote = extract("？", "手册", LONG, 1, similarity=lambda sentences: ["四、" in one for one in sentences])
    assert "四、" in quote.text
