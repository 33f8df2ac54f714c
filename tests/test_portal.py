"""The portal and its bot, as customers meet them: small talk, a person please, search, contact, language, tickets."""

import gzip
import re
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect

from tests.browsing import Pages
from tests.people import Company, Person, unique
from tests.waiting import eventually

ENGLISH = {"Accept-Language": "en-GB"}
CHINESE = {"Accept-Language": "zh-CN"}


@pytest.fixture
def company(new_company: Callable[[], Company]) -> Company:
    return new_company()


def speaks(person: Person, headers: dict) -> Person:
    person.http.headers.update(headers)
    return person


def answer_to(visitor: Person, words: str) -> dict:
    """What the bot says to a first message."""
    conversation = visitor.open_conversation(words)
    path = f"/sessions/{conversation['id']}"

    def look():
        return [one for one in visitor.messages(path)["list"] if one["type"] == "answer"]

    return eventually(look)[-1]


# --- small talk, and a person please ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "language", "said"),
    [
        ("你好", CHINESE, "智能助手"),
        ("Hello!", ENGLISH, "I am the assistant"),
        ("谢谢", ENGLISH, "不客气"),  # who writes Chinese is answered in Chinese
        ("who are you", ENGLISH, "automatic assistant"),
    ],
)
def test_small_talk_is_answered_in_kind(people, words, language, said):
    visitor = speaks(people.visitor(), language)
    asked = visitor.post("/kb/qa", {"question": words})
    assert said in asked["answer"] and asked["kind"] == "small_talk"
    assert (asked["citations"], asked["choices"], asked["confidence"]) == ([], [], None)
    message = answer_to(visitor, words)
    assert said in message["content"] and message["payload"]["answered"] is True


def test_small_talk_is_no_question_for_the_editors(people, database):
    marker = unique("unheard")
    people.visitor().post("/kb/qa", {"question": marker})
    people.visitor().post("/kb/qa", {"question": "  你好！！ "})
    with database.connect() as connection:
        kept = set(connection.scalars(sa.text("SELECT text FROM question")))
    assert marker in kept and "你好！！" not in kept


@pytest.mark.parametrize("words", ["转人工", "你好，我要人工客服！", "I want to talk to a human, please", "Agent"])
def test_asking_the_bot_for_a_person_hands_over(people, words):
    visitor = people.visitor()
    conversation = visitor.open_conversation(words)
    path = f"/sessions/{conversation['id']}"
    eventually(lambda: visitor.get(path)["status"] in ("queued", "active"))
    (said,) = [one for one in visitor.messages(path)["list"] if one["type"] == "answer"]
    assert said["payload"]["kind"] == "person", "it says so before somebody comes"


def test_a_question_about_people_is_answered_by_the_bot(people):
    visitor = people.visitor()
    message = answer_to(visitor, "什么时间有人工客服值班")
    assert visitor.get(f"/sessions/{message['sessionId']}")["status"] == "bot"


def test_ask_page_knows_the_wish_for_a_person(people):
    asked = people.anonymous.post("/kb/qa", {"question": "转人工"})
    assert (asked["kind"], asked["answered"], asked["answer"]) == ("person", False, None)


# --- language --------------------------------------------------------------------------------------------------------


def test_visitor_is_answered_in_his_language_when_the_bot_does_not_know(people):
    message = answer_to(speaks(people.visitor(), ENGLISH), unique("xyzzy"))
    assert message["payload"]["answered"] is False and message["content"].startswith("I am sorry")
    message = answer_to(speaks(people.visitor(), CHINESE), unique("xyzzy"))
    assert message["content"].startswith("抱歉")


def test_what_the_bot_says_by_socket_is_in_the_language_of_the_page(people):
    visitor = speaks(people.visitor(), ENGLISH)
    conversation = visitor.open_conversation()
    with visitor.socket(headers=ENGLISH) as ears:
        ears.ok("join", {"sessionId": conversation["id"]})
        message = {"sessionId": conversation["id"], "clientMsgId": unique("m"), "type": "text", "content": unique("x")}
        ears.ok("send_message", message)
        answer = ears.wait_for("message", lambda data: data["type"] == "answer", timeout=15)
    assert answer["content"].startswith("I am sorry")


def test_company_chooses_what_the_bot_says_for_each_language(company):
    company.admin.put("/settings", {"values": {"bot_no_answer_en": "No idea.", "bot_no_answer_zh": ""}})
    assert answer_to(speaks(company.visitor(), ENGLISH), unique("xyzzy"))["content"] == "No idea."
    assert answer_to(speaks(company.visitor(), CHINESE), unique("xyzzy"))["content"].startswith("抱歉")


def test_account_has_the_language_of_the_page_until_it_chooses_one(people):
    person = people.new("agent")

    def language_of(browser: Person) -> str:
        speaks(browser, ENGLISH).sign_in(person.username, person.password)
        return browser.get("/session")["locale"]

    assert language_of(people.anonymous) == "en"
    person.put("/session/locale", {"locale": "zh"})
    assert language_of(people.anonymous) == "zh"


# --- search and what is popular --------------------------------------------------------------------------------------


@pytest.mark.parametrize("typed", ["怎么退货", "zzz", "how do I", "怎么"])
def test_search_as_you_type_offers_nothing_where_nothing_fits(people, typed):
    assert people.anonymous.get("/kb/articles/search", q=typed, size=6)["list"] == []


@pytest.mark.parametrize(("language", "title"), [(CHINESE, "[一-鿿]"), (ENGLISH, "^[ -~]+$")])
def test_search_offers_articles_of_the_readers_language(company, language, title):
    reader = speaks(company.anonymous, language)
    for words in ("密码", "password"):  # the other language has articles only where this one has none of these words
        found = [hit["title"] for hit in reader.get("/kb/articles/search", q=words, size=6)["list"]]
        assert found
        assert len({bool(re.search("[一-鿿]", name)) for name in found}) == 1
    own = "密码" if language is CHINESE else "password"
    found = [hit["title"] for hit in reader.get("/kb/articles/search", q=own, size=6)["list"]]
    assert all(re.search(title, name) for name in found)


def test_new_installation_shows_first_what_people_ask_most(company):
    shown = company.anonymous.get("/kb/articles/popular", size=3, locale="zh")
    assert [row["title"] for row in shown] == ["忘记密码怎么办？", "登录不上怎么办？", "怎样转接人工客服？"]
    shown = company.anonymous.get("/kb/articles/popular", size=2, locale="en")
    assert shown[0]["title"] == "What can I do if I forgot my password?"


def test_what_is_read_most_comes_first(company):
    last = company.anonymous.get("/kb/articles/popular", size=5, locale="zh")[-1]
    company.visitor().get(f"/kb/articles/{last['id']}")
    assert company.anonymous.get("/kb/articles/popular", size=1, locale="zh")[0]["id"] == last["id"]


# --- who a visitor is ------------------------------------------------------------------------------------------------


def test_visitor_without_a_name_is_a_number_in_each_language(people):
    visitor = people.anonymous.visit()
    conversation = visitor.open_conversation()
    number = f"{visitor.customer_id:04d}"
    path = f"/sessions/{conversation['id']}"
    supervisor = people.new("supervisor")  # one who has chosen no language
    for headers, name in ((CHINESE, f"访客 {number}"), (ENGLISH, f"Visitor {number}")):
        staff = speaks(supervisor.again(), headers)
        assert staff.get(path)["customer"]["name"] == name


def test_visitor_leaves_name_and_contact_which_the_agent_sees(people, agent_of_visitor):
    visitor, agent = agent_of_visitor
    visitor.put("/session/visitor", {"name": " 李 女士 ", "contact": "138-0000-1111"})
    visitor.put("/session/visitor", {"contact": "li@example.org"})
    seen = people.supervisor.get(f"/customers/{visitor.customer_id}")
    assert (seen["name"], seen["phone"], seen["email"]) == ("李 女士", "138-0000-1111", "li@example.org")
    masked = agent.get(f"/customers/{visitor.customer_id}")
    assert masked["name"] == "李 女士" and masked["phone"].startswith("138****")


@pytest.fixture
def agent_of_visitor(people) -> tuple[Person, Person]:
    served = people.served(people.anonymous.visit())
    return served.customer, served.agent


@pytest.mark.parametrize("contact", ["abc", "12", "a@", "call me at noon"])
def test_a_contact_is_a_phone_number_or_an_address(people, contact):
    refusal = people.visitor().put("/session/visitor", {"contact": contact}, expect=400)
    assert "contact" in refusal["fields"]


def test_only_customers_introduce_themselves_and_only_themselves(people):
    people.anonymous.put("/session/visitor", {"contact": "13800001111"}, expect=401)
    people.agent.put("/session/visitor", {"contact": "13800001111"}, expect=403)
    first, second = people.visitor(), people.visitor()
    first.put("/session/visitor", {"name": "Ada"})
    assert people.supervisor.get(f"/customers/{second.customer_id}")["name"] != "Ada"


# --- the page before its scripts -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "title", "waiting"),
    [(CHINESE, "客户服务中心", "正在加载"), (ENGLISH, "Help centre", "Loading")],
)
def test_the_shell_says_who_and_what_before_any_script(company, language, title, waiting):
    company.admin.put("/settings", {"values": {"company_name": "云户科技"}})
    page = speaks(company.anonymous, language).request("GET", f"{company.base_url}/chat").text
    body = page.split("<body>")[1].split("<noscript>")[0]
    assert "云户科技" in body and title in body and waiting in body


def test_scripts_and_styles_are_sent_packed(people):
    page = people.anonymous.request("GET", f"{people.base_url}/").text
    script = re.search(r'src="(/static/dist/assets/[^"]+\.js)"', page)[1]
    address = f"{people.base_url}{script}"
    plain = people.anonymous.request("GET", address, headers={"Accept-Encoding": "identity"})
    packed = people.anonymous.request("GET", address, headers={"Accept-Encoding": "gzip"}, stream=True)
    assert "Content-Encoding" not in plain.headers and packed.headers["Content-Encoding"] == "gzip"
    bytes_sent = packed.raw.read(decode_content=False)
    assert gzip.decompress(bytes_sent) == plain.content and len(bytes_sent) < len(plain.content) / 2
    assert "immutable" in packed.headers["Cache-Control"] and "Accept-Encoding" in packed.headers["Vary"]


# --- in the browser --------------------------------------------------------------------------------------------------


def phone(open_page: Pages, company: Company, path: str, **options) -> Page:
    return open_page(path, viewport="phone", host=company.host, **options)


def say(page: Page, words: str) -> None:
    page.locator("textarea").fill(words)
    page.get_by_role("button", name=re.compile("^(发送|Send)$")).click()


def test_miss_offers_a_person_and_nobody_there_offers_a_ticket(company, open_page):
    page = phone(open_page, company, "/chat")
    say(page, unique("xyzzy"))
    bubble = page.get_by_role("article", name="智能助手")
    bubble.get_by_role("button", name="转人工").click()
    expect(page.get_by_text("现在没有客服在线").first).to_be_visible()
    expect(bubble.get_by_role("button", name="转人工")).to_have_count(0)
    page.get_by_role("link", name="留下工单").click()
    expect(page).to_have_url(re.compile(r"/tickets/new\?title=xyzzy"))


def test_wish_for_a_person_typed_on_the_start_page_leads_to_people(company, open_page):
    page = phone(open_page, company, "/ask?q=转人工")
    expect(page.get_by_role("heading", name="好的，为您联系人工客服")).to_be_visible()
    expect(page.get_by_text("没有找到确切的答案")).to_have_count(0)
    page.get_by_role("link", name="在线咨询", exact=True).click()
    # nobody is there: he says what it is about, and leaves it as a message
    expect(page.get_by_text("现在没有客服在线")).to_be_visible()
    page.get_by_label("手机号或邮箱").fill("abc")
    page.get_by_role("button", name="提交留言").click()
    expect(page.get_by_text("请填写手机号或邮箱地址")).to_be_visible()
    expect(page.get_by_text("请写下您的问题")).to_be_visible()
    page.get_by_label("手机号或邮箱").fill("li@example.org")
    page.get_by_label("想咨询什么？").fill("请回电")
    page.get_by_role("button", name="提交留言").click()
    page.wait_for_url(re.compile(r"/chat/\d+"))
    customer = company.admin.get("/customers", sort="-id", size=1)["list"][0]
    assert customer["email"] == "li@example.org"
    assert company.admin.get("/sessions", customerId=customer["id"])["list"][0]["leftMessageTime"]


def test_answer_is_shown_once_and_without_figures(company, open_page):
    page = phone(open_page, company, "/ask?q=忘记密码怎么办")
    expect(page.get_by_text("为您找到的答案")).to_be_visible()
    expect(page.get_by_text(re.compile("^在登录页点"))).to_have_count(1)
    expect(page.get_by_text("可信度")).to_have_count(0)


def test_visitor_leaves_a_contact_with_his_ticket_and_sees_the_reply(company, open_page):
    page = phone(open_page, company, "/tickets/new")
    page.get_by_label("标题").fill("打印机坏了")
    page.get_by_label("详细描述").fill("一直卡纸")
    page.get_by_label("手机号或邮箱").fill("13800001111")
    page.get_by_role("button", name="提交", exact=True).click()
    page.wait_for_url(re.compile(r"/tickets/\d+"))
    number = int(page.url.rsplit("/", 1)[1])
    assert company.admin.get(f"/tickets/{number}")["customer"]["name"].startswith("访客 ")
    assert company.admin.get("/customers", sort="-id", size=1)["list"][0]["phone"] == "13800001111"

    page.get_by_role("button", name="返回").click()
    tab = page.get_by_role("navigation", name="主导航").get_by_role("link", name="工单")
    expect(tab).to_be_visible()
    company.admin.say(f"/tickets/{number}", "明天上门维修")
    expect(tab).to_contain_text("1")
    expect(page.get_by_text("1 条新回复")).to_be_visible()
    page.get_by_text("打印机坏了").click()
    expect(page.get_by_text("明天上门维修")).to_be_visible()
    page.get_by_role("button", name="返回").click()
    expect(tab).to_have_text("工单")


def test_reopened_ticket_keeps_the_earlier_result_apart_and_says_what_is_wrong(company, open_page):
    visitor = company.visitor()
    ticket = visitor.post("/tickets", {"title": "登录失败"})
    path = f"/tickets/{ticket['id']}"
    company.admin.post(f"{path}/flow", {"status": "processing"})
    company.admin.post(f"{path}/flow", {"status": "resolved", "resolution": "已解锁账号"})
    page = open_page.signed_in(visitor, path, viewport="phone")
    expect(page.get_by_role("heading", name="处理结果", exact=True)).to_be_visible()
    page.get_by_role("button", name="问题还在").click()
    page.get_by_label("还有什么问题？").fill("还是进不去")
    page.get_by_role("button", name="重新处理").click()
    expect(page.get_by_role("heading", name="上次的处理结果")).to_be_visible()
    expect(page.get_by_text("还是进不去")).to_be_visible()
    # submitted and in work, each with its day
    expect(page.locator("ol time")).to_have_count(2)


def test_recalled_words_can_be_written_again(company, open_page):
    visitor = company.visitor()
    conversation = visitor.open_conversation()
    visitor.post(f"/sessions/{conversation['id']}/handover")
    page = open_page.signed_in(visitor, f"/chat/{conversation['id']}")
    say(page, "错别子")
    page.get_by_text("错别子").hover()
    page.get_by_role("button", name="消息操作").click()
    page.get_by_role("menuitem", name=re.compile("撤回")).click()
    page.get_by_role("button", name="重新编辑").click()
    expect(page.locator("textarea")).to_have_value("错别子")


def test_bot_follows_when_the_page_changes_its_language(company, open_page):
    page = open_page("/chat", host=company.host)
    say(page, unique("xyzzy"))
    expect(page.get_by_text(re.compile("^抱歉"))).to_be_visible()
    page.get_by_role("button", name="Switch to English").click()
    expect(page.get_by_role("button", name="End", exact=True)).to_be_visible()
    say(page, unique("xyzzy"))
    expect(page.get_by_text(re.compile("^I am sorry"))).to_be_visible()


def test_popular_questions_and_search_in_english(company, open_page):
    page = open_page("/", locale="en-GB", host=company.host)
    expect(page.get_by_role("link", name="What can I do if I forgot my password?")).to_be_visible()
    page.get_by_placeholder("Describe your problem").fill("password")
    option = page.get_by_role("option").first
    expect(option).to_be_visible()
    assert not re.search("[一-鿿]", option.inner_text())
