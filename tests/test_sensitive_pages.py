"""Sensitive words on the pages: the supervisor's console, marks at the desk, the refusal on the portal, the list."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browsing import Pages
from tests.people import Company, Served

ALERTS = "/desk/console?tab=alerts"


@pytest.fixture
def company(new_company) -> Company:
    return new_company()


@pytest.fixture
def served(company: Company) -> Served:
    """A conversation in which somebody is angry, after some words that say why."""
    agent = company.new("agent", "王敏")
    served = company.served(company.visitor("李医生"), agent)
    served.customer.say(served.path, "昨天填的报表全没了")
    agent.say(served.path, "您好，请稍等，我看一下")
    served.customer.say(served.path, "每次都这样，我要投 訴 到 底！")
    agent.say(served.path, "非常抱歉，正在为您恢复")
    return served


def alert_row(page: Page, words: str):
    return page.get_by_role("listitem").filter(has=page.locator("button.row")).filter(has_text=words)


def test_supervisor_is_told_looks_into_it_and_settles_it(company, served, open_page: Pages, screenshot):
    page = open_page.signed_in(company.supervisor, ALERTS)
    row = alert_row(page, "投诉到底、投诉")
    expect(row).to_contain_text("李医生")
    expect(row.locator("mark")).to_have_text("投 訴 到 底")
    expect(page.get_by_role("tab", name=re.compile("敏感词"))).to_contain_text("1")

    served.customer.say(served.path, "再不处理我就报警")  # while one looks on
    expect(alert_row(page, "报警")).to_be_visible(timeout=3000)
    screenshot(page, "alerts-zh")

    row.locator("button.row").click()
    drawer = page.get_by_role("dialog", name="敏感词预警")
    for text in ("昨天填的报表全没了", "非常抱歉，正在为您恢复", "再不处理我就报警"):
        expect(drawer.get_by_text(text)).to_be_visible()
    expect(drawer.get_by_text("处理中", exact=True)).to_be_visible()
    screenshot(page, "alert-zh")
    drawer.get_by_role("button", name="悄悄提醒").click()
    page.get_by_label("提醒内容").fill("先道歉，再补偿")
    page.get_by_role("dialog", name="悄悄提醒 王敏").get_by_role("button", name="悄悄提醒").click()
    expect(drawer.get_by_text("先道歉，再补偿")).to_be_visible()
    notes = [m for m in served.agent.messages(served.path)["list"] if m["type"] == "note"]
    assert [note["content"] for note in notes] == ["先道歉，再补偿"]
    assert "先道歉" not in served.customer.request("GET", f"{served.path}/messages").text

    drawer.get_by_label("处理说明").fill("已回电，客户接受方案")
    drawer.get_by_text("同时处理本会话的其他预警").click()
    drawer.get_by_role("button", name="处理完成").click()
    expect(drawer).not_to_be_visible()
    expect(page.get_by_text("没有符合条件的预警")).to_be_visible()
    states = {row["state"] for row in company.supervisor.get("/sensitive-alerts")["list"]}
    assert states == {"handled"}

    page.goto(f"{ALERTS}&state=all&word=报警")
    expect(page.locator("button.row")).to_have_count(1)
    page.locator("button.row").click()
    drawer.get_by_role("button", name="接管").click()
    page.get_by_label("说明").last.fill("我来处理")
    page.get_by_role("dialog", name="接管这个会话？").get_by_role("button", name="接管").click()
    expect(page).to_have_url(re.compile(rf"/desk/c/{served.id}"))
    # the marks stand on the messages for whoever serves
    expect(page.get_by_role("article").filter(has_text="再不处理我就报警")).to_contain_text("敏感词：报警")


def test_alerts_on_a_phone_in_english(company, served, open_page: Pages, screenshot):
    page = open_page.signed_in(company.supervisor, ALERTS, viewport="phone", locale="en-GB")
    row = page.locator("button.row")
    expect(row).to_contain_text("Severe")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    screenshot(page, "alerts-phone-en")
    row.click()
    drawer = page.get_by_role("dialog", name="Sensitive-word alert")
    expect(drawer.get_by_text("昨天填的报表全没了")).to_be_visible()
    screenshot(page, "alert-phone-en")
    drawer.get_by_role("button", name="Dismiss").click()
    expect(page.get_by_text("No alerts like this")).to_be_visible()
    page.get_by_role("heading", name="Trend").scroll_into_view_if_needed()
    screenshot(page, "alerts-phone-trend-en")


def test_agent_sees_the_mark_and_no_alerts(company, served, open_page: Pages, screenshot):
    page = open_page.signed_in(served.agent, f"/desk/c/{served.id}")
    expect(page.get_by_role("article").filter(has_text="投 訴")).to_contain_text("敏感词：投诉到底、投诉")
    served.customer.say(served.path, "这是骗局")
    expect(page.get_by_role("article").filter(has_text="这是骗局")).to_contain_text("敏感词：骗局")
    screenshot(page, "marks-zh")
    page.goto(ALERTS)
    expect(page).to_have_url(re.compile(r"/desk/?$"))


def test_customer_is_told_why_a_message_was_not_sent_and_never_of_marks(company, served, open_page: Pages, screenshot):
    company.admin.post("/sensitive-words", {"word": "混蛋", "action": "block", "level": "severe"})
    open_page.expect_console_error("400")
    page = open_page.signed_in(served.customer, f"/chat/{served.id}", viewport="phone")
    expect(page.get_by_text("投 訴 到 底")).to_be_visible()
    expect(page.get_by_text("敏感词")).to_have_count(0)
    page.get_by_role("textbox").fill("你这个混 蛋")
    page.get_by_role("button", name="发送", exact=True).click()
    expect(page.get_by_text("消息未发送：含有不允许使用的词语（混蛋）")).to_be_visible()
    screenshot(page, "blocked-phone-zh")


def test_administrator_imports_a_list(company, open_page: Pages, screenshot):
    page = open_page.signed_in(company.manager, "/admin/sensitive_word/list/")
    expect(page.get_by_role("row").filter(has_text="全额退款")).to_contain_text("警告")
    screenshot(page, "words-zh")
    page.get_by_role("link", name="导入", exact=True).click()
    page.get_by_label("敏感词", exact=True).fill("辱骂词一、辱骂词二\n！！！")
    page.get_by_label("分组").fill("辱骂")
    page.get_by_label("处理方式").select_option("block")
    page.get_by_role("button", name="导入").click()
    expect(page.get_by_text("新增 2 个，更新 0 个，未变 0 个，未采用 1 个")).to_be_visible()
    screenshot(page, "words-import-zh")
    assert company.manager.get("/sensitive-words", groupName="辱骂", action="block")["total"] == 2


def test_what_is_no_message_is_refused_in_plain_words_and_says_where_it_was_written(company, open_page: Pages):
    company.admin.post("/sensitive-words", {"word": "坏话一句", "action": "block", "level": "severe"})
    open_page.expect_console_error("status of 400")
    visitor = company.visitor("李医生")
    page = open_page.signed_in(visitor, "/ask?q=怎么坏话一句", viewport="phone")
    expect(page.get_by_text("请换一种说法", exact=True)).to_be_visible()
    expect(page.get_by_text("含有不允许使用的词语（坏话一句）")).to_be_visible()
    expect(page.get_by_role("button", name="重试")).to_have_count(0)
    ticket = visitor.post("/tickets", {"title": "我要投诉到底"})
    console = open_page.signed_in(company.supervisor, ALERTS, viewport="phone")
    row = alert_row(console, "坏话一句")
    expect(row.get_by_text("帮助中心提问")).to_be_visible()
    expect(row.locator("b")).to_have_text("坏话一句")
    assert row.locator("b").bounding_box()["width"] > 40, "the word is squeezed away"
    alert_row(console, "投诉到底").locator("button.row").click()
    drawer = console.get_by_role("dialog", name="敏感词预警")
    expect(drawer.get_by_text("工单标题或描述")).to_be_visible()
    expect(drawer.get_by_text("工单已创建")).to_be_visible()
    expect(drawer.get_by_role("link", name=ticket["no"])).to_be_visible()
