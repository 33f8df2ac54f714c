"""The bot in a conversation: follow-ups, clarifying, menu, anger, verdicts (AI-1, AI-2, AI-10)."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa

from tests.people import Company, Person, unique
from tests.test_portal import CHINESE, ENGLISH, speaks
from tests.waiting import eventually

BOOK = ("如何预约青霉素皮试", "请在预约页面选择青霉素皮试，填写就诊卡号后提交。")
UNDO = ("如何取消预约青霉素皮试", "打开我的预约，找到青霉素皮试，点击取消预约并确认，号源会自动释放。")
DESK = ("如何修改窗口缴费密码", "在缴费设置里选择窗口缴费密码，输入旧密码后修改。")
SELF = ("如何修改自助缴费密码", "在缴费设置里选择自助缴费密码，输入旧密码后修改。")


class Talk:
    """A customer and the bot."""

    def __init__(self, visitor: Person, channel: str = "portal"):
        self.visitor = visitor
        self.path = f"/sessions/{visitor.post('/sessions', {'channel': channel})['id']}"
        self.heard = 0

    def say(self, words: str) -> dict:
        """The bot's answer to these words."""
        self.visitor.say(self.path, words)
        answers = eventually(lambda: self.answers() if len(self.answers()) > self.heard else None)
        self.heard = len(answers)
        return answers[-1]

    def answers(self) -> list[dict]:
        return [one for one in self.visitor.messages(self.path)["list"] if one["type"] == "answer"]

    @property
    def status(self) -> str:
        return self.visitor.get(self.path)["status"]


@pytest.fixture(scope="module")
def company(new_company: Callable[[], Company]) -> Company:
    made = new_company()
    for title, body in (BOOK, UNDO, DESK, SELF):
        article = made.admin.post("/kb/articles", {"title": title, "body": body, "visibility": "public"})
        made.admin.post(f"/kb/articles/{article['id']}/publish")
    return made


@pytest.fixture
def talk(company: Company) -> Callable[..., Talk]:
    return lambda headers=CHINESE, **more: Talk(speaks(company.visitor(), headers), **more)


def cited(answer: dict) -> list[str]:
    return [one["title"] for one in answer["payload"]["citations"]]


def offered(answer: dict) -> list[str]:
    return [one["title"] for one in answer["payload"]["choices"]]


def test_follow_up_is_about_what_was_talked_about_in_this_conversation(talk):
    one, other = talk(), talk()
    assert cited(one.say("如何预约青霉素皮试")) == [BOOK[0]]
    assert cited(other.say("如何修改窗口缴费密码")) == [DESK[0]]
    # the same words, each in its own conversation (L05)
    assert cited(one.say("那怎么取消呢")) == [UNDO[0]]
    answer = other.say("那怎么取消呢")
    assert UNDO[0] not in cited(answer) and "皮试" not in answer["content"]
    assert "皮试" not in answer["payload"]["question"]
    # without anything before it the words are taken as they are
    assert talk().say("那怎么取消呢")["payload"]["question"] == "那怎么取消呢"


@pytest.mark.parametrize("choice", ["第二个", "2", SELF[0]])
def test_of_two_that_tie_one_is_chosen(talk, database, choice):
    customer = talk()
    asked = customer.say("怎么修改缴费密码")
    assert asked["payload"]["kind"] == "clarify" and sorted(offered(asked)) == sorted([DESK[0], SELF[0]])
    wanted = offered(asked)[1] if choice != SELF[0] else SELF[0]
    answer = customer.say(choice)
    assert cited(answer) == [wanted] and answer["payload"]["answered"] is True
    # it was one question, and now it is known what answered it
    assert answer["payload"]["questionId"] == asked["payload"]["questionId"]
    with database.connect() as connection:
        statement = "SELECT answered, article_id, outcome FROM question WHERE id = :id"
        row = connection.execute(sa.text(statement), {"id": asked["payload"]["questionId"]}).one()
    assert (row.answered, row.outcome) == (0, 1) and row.article_id == answer["payload"]["citations"][0]["articleId"]


def test_whoever_wants_none_of_the_two_is_handed_over_after_two_misses(talk):
    customer = talk()
    assert customer.say("怎么修改缴费密码")["payload"]["kind"] == "clarify"
    assert customer.say("怎么修改缴费密码")["payload"]["kind"] == "choices"
    assert customer.status == "bot"
    last = customer.say("还有别的办法吗")
    assert last["content"].endswith("转接人工客服。") and last["payload"]["answered"] is False
    eventually(lambda: customer.status in ("queued", "active"))
    order = [(one["type"], one["seq"]) for one in customer.visitor.messages(customer.path)["list"]]
    assert order[-2][0] == "answer" and order[-1][0] == "system", "it says so before"


@pytest.mark.parametrize(
    ("words", "kind"),
    [("你们这什么破系统，骗子！", "angry"), ("this is ridiculous, you idiots", "angry"), ("转人工", "person")],
)
def test_anger_and_the_wish_call_a_person_at_once(talk, words, kind):
    customer = talk(CHINESE if words[0] > "z" else ENGLISH)
    assert customer.say(words)["payload"]["kind"] == kind
    eventually(lambda: customer.status in ("queued", "active"))
    # with a person asked for, the bot says nothing more
    customer.visitor.say(customer.path, "如何预约青霉素皮试")
    customer.visitor.post(f"{customer.path}/to-bot")
    assert cited(customer.say("如何取消预约青霉素皮试")) == [UNDO[0]]
    assert len(customer.answers()) == 2


def test_anger_may_be_left_to_the_customer(new_company):
    calm = new_company()
    calm.admin.put("/settings", {"values": {"bot_hands_over_anger": False}})
    customer = Talk(calm.visitor())
    assert customer.say("你们这什么破系统，骗子！")["payload"]["kind"] in ("choices", "none")
    assert customer.status == "bot"


def test_verdict_belongs_to_who_asked(talk, company, database):
    customer = talk()
    number = customer.say("如何预约青霉素皮试")["payload"]["questionId"]
    path = f"/kb/questions/{number}/verdict"
    company.visitor().post(path, {"helpful": True}, expect=404)
    company.agent.post(path, {"helpful": True}, expect=403)
    customer.visitor.post(path, {"helpful": True, "reason": "wrong"}, expect=400)
    customer.visitor.post(path, {"helpful": False, "reason": "nonsense"}, expect=400)
    assert customer.visitor.post(path, {"helpful": True})["helpful"] is True
    statement = sa.text("SELECT outcome, helpful, verdict_reason, verdict_comment FROM question WHERE id = :id")
    with database.connect() as connection:
        assert tuple(connection.execute(statement, {"id": number}).one()) == (5, 1, None, None)
    customer.visitor.post(path, {"helpful": False, "reason": "outdated", "comment": " 已改版 "})
    with database.connect() as connection:
        assert tuple(connection.execute(statement, {"id": number}).one()) == (1, 0, 3, "已改版")
    # and what is asked on the page of its own, where the article that was read is what a follow-up is about
    asked = speaks(company.visitor(), CHINESE)
    told = asked.post("/kb/qa", {"question": "如何预约青霉素皮试"})
    asked.post(f"/kb/questions/{told['questionId']}/verdict", {"helpful": True})
    read = told["citations"][0]["articleId"]
    further = asked.post("/kb/qa", {"question": "那怎么取消呢", "aboutArticleId": read})
    assert [one["title"] for one in further["citations"]] == [UNDO[0]]


def test_what_came_of_questions(talk, database):
    """Called to a person, the last answer was not enough; ended without one, it was."""
    left, content = talk(), talk()
    first = left.say("如何预约青霉素皮试")["payload"]["questionId"]
    last = left.say("如何取消预约青霉素皮试")["payload"]["questionId"]
    left.say("转人工")
    done = content.say("如何预约青霉素皮试")["payload"]["questionId"]
    content.visitor.put(f"{content.path}/close", {})
    statement = sa.text("SELECT id, outcome FROM question WHERE id IN (:first, :last, :done)")

    def outcomes() -> dict[int, int]:
        with database.connect() as connection:
            found = connection.execute(statement, {"first": first, "last": last, "done": done})
            return {row.id: row.outcome for row in found}

    eventually(lambda: outcomes() == {first: 1, last: 4, done: 5})


# --- the menu --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def with_menu(new_company: Callable[[], Company]) -> Company:
    made = new_company()
    admin = made.admin
    article = admin.post("/kb/articles", {"title": BOOK[0], "body": BOOK[1], "visibility": "public"})
    hidden = admin.post("/kb/articles", {"title": unique("staff"), "body": "秘密", "visibility": "staff"})
    for one in (article, hidden):
        admin.post(f"/kb/articles/{one['id']}/publish")

    def entry(label: str, kind: str, **more) -> dict:
        return admin.post("/bot-menu-entries", {"labelZh": label, "kind": kind, **more})

    entry("预约", "article", articleId=article["id"], sort=1)
    more = entry("更多", "menu", labelEn="More", sort=2)
    entry("官网", "link", url="https://example.org/a", parentId=more["id"])
    entry("登录问题", "person", problemType="login", parentId=more["id"])
    entry("内部", "article", articleId=hidden["id"], sort=3)
    entry("空的", "menu", sort=4)
    entry("停用", "question", active=False, sort=5)
    made.menu = {"more": more["id"], "article": article["id"]}
    return made


def test_menu_is_walked_by_numbers_and_words(with_menu):
    visitor = speaks(with_menu.visitor(), CHINESE)
    tree = visitor.get("/bot/menu")
    # what one may not read is not in it, nor what is empty or switched off
    assert [(one["label"], one["kind"]) for one in tree] == [("预约", "article"), ("更多", "menu")]
    assert [one["label"] for one in tree[1]["children"]] == ["官网", "登录问题"]
    customer = Talk(visitor)
    greeting = customer.say("你好")
    assert [one["label"] for one in greeting["payload"]["menu"]] == ["预约", "更多"]
    assert cited(customer.say("1")) == [BOOK[0]]
    shown = customer.say("菜单")
    assert shown["payload"]["kind"] == "menu" and "children" not in shown["payload"]["menu"][1]
    below = customer.say("2")
    assert [one["label"] for one in below["payload"]["menu"]] == ["官网", "登录问题"]
    assert [one["label"] for one in customer.say("0")["payload"]["menu"]] == ["预约", "更多"]
    assert customer.say("官网")["payload"]["link"] == {"label": "官网", "url": "https://example.org/a"}
    assert customer.say("登录问题")["payload"]["kind"] == "person"
    eventually(lambda: customer.status == "queued")
    seen = with_menu.admin.get(customer.path)
    assert (seen["problemType"], seen["problemSource"]) == ("login", "customer")
    assert visitor.get(customer.path)["problemSource"] is None, "none of a customer's business"


def test_a_channel_has_its_own_menu_and_readers_their_language(with_menu):
    admin = with_menu.admin
    channel = admin.post("/channels", {"code": unique("shop"), "name": "商店", "origins": ["https://shop.example.org"]})
    admin.post("/bot-menu-entries", {"labelZh": "退货", "kind": "question", "channelId": channel["id"]})
    visitor = speaks(with_menu.visitor(), ENGLISH)
    assert [one["label"] for one in visitor.get("/bot/menu", channel=channel["code"])] == ["退货"]
    assert [one["label"] for one in visitor.get("/bot/menu")] == ["预约", "More"]


def test_what_is_no_menu_is_refused(with_menu, strangers):
    admin, more = with_menu.admin, with_menu.menu["more"]
    foreign = strangers.admin.post("/bot-menu-entries", {"labelZh": unique(), "kind": "menu"})["id"]
    for wrong in (
        {"labelZh": " ", "kind": "menu"},
        {"labelZh": "a", "kind": "link", "url": "javascript:alert(1)"},
        {"labelZh": "a", "kind": "link", "url": "//evil.example"},
        {"labelZh": "a", "kind": "link"},
        {"labelZh": "a", "kind": "article"},
        {"labelZh": "a", "kind": "person", "problemType": "nonsense"},
        {"labelZh": "a", "kind": "question", "parentId": foreign},
        {"labelZh": "a", "kind": "question", "articleId": 10**9},
    ):
        admin.post("/bot-menu-entries", wrong, expect=400)
    leaf = admin.get("/bot-menu-entries", parentId=more)["list"][0]["id"]
    admin.post("/bot-menu-entries", {"labelZh": "a", "kind": "question", "parentId": leaf}, expect=400)
    admin.put(f"/bot-menu-entries/{more}", {"parentId": more}, expect=400)
    admin.delete(f"/bot-menu-entries/{more}", expect=409)
    with_menu.visitor().get("/bot-menu-entries", expect=403)
