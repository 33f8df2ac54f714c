"""The history in a browser: from a word to the place where it was said, and to a file with it."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browsing import Pages
from tests.people import Company, Served
from tests.waiting import eventually


@pytest.fixture
def company(new_company: Callable[[], Company]) -> Company:
    return new_company()


@pytest.fixture
def talk(company: Company) -> Served:
    """Long enough for the word to stand pages above the end."""
    served = company.served(company.visitor("李医生"), company.new("agent", "王敏"))
    served.customer.say(served.path, "系統無法登錄，提示密码错误")
    for number in range(70):
        served.agent.say(served.path, f"第 {number} 步，请照着做")
    served.agent.put(f"{served.path}/close")
    return served


def test_from_a_word_to_its_place_and_to_a_file(company: Company, talk: Served, open_page: Pages, screenshot):
    boss = company.supervisor
    company.served(company.visitor("陈主任")).customer.open_conversation()
    page = open_page.signed_in(boss, "/desk/history")
    results = page.get_by_role("list", name="检索结果")
    expect(results.get_by_text("陈主任")).to_be_visible()
    page.get_by_placeholder(re.compile("搜索消息内容")).fill("登录")
    expect(page.get_by_text("共 1 个会话")).to_be_visible()
    expect(results.locator("mark")).to_have_text("登錄")
    results.get_by_role("button", name=re.compile("提示密码错误")).click()
    log = page.get_by_role("log", name="会话记录")
    said = log.get_by_text("系統無法")
    expect(said).to_be_in_viewport()
    expect(log.locator("mark")).to_have_text("登錄")
    expect(log.get_by_text("第 69 步")).to_have_count(0)
    # scrolling down brings what came later, page by page
    eventually(lambda: log.evaluate("box => (box.scrollTo(0, box.scrollHeight), box.textContent.includes('第 69 步'))"))
    page.reload()
    expect(log.get_by_text("系統無法")).to_be_in_viewport()
    screenshot(page, "history")

    page.get_by_role("region", name="会话记录").get_by_role("button", name="导出").click()
    dialog = page.get_by_role("dialog", name="导出会话")
    dialog.get_by_role("button", name="开始导出").click()
    with page.expect_download() as download:
        dialog.get_by_role("link", name="下载").click(timeout=20_000)
    assert download.value.suggested_filename.endswith(".pdf")
    assert download.value.path().read_bytes().startswith(b"%PDF")


def test_history_on_a_phone_in_english(company: Company, talk: Served, open_page: Pages, screenshot):
    """One thing after the other; an agent finds no export and nobody else's conversations."""
    page = open_page.signed_in(talk.agent, "/desk/history?q=登录", viewport="phone", locale="en-GB")
    expect(page.get_by_text("1 conversation", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Export")).to_have_count(0)
    page.get_by_role("button", name=re.compile("提示密码错误")).click()
    expect(page.get_by_text("系統無法").last).to_be_in_viewport()
    screenshot(page, "history-phone-en")
    page.get_by_role("button", name="Back to the results").click()
    expect(page.get_by_role("button", name="Filters")).to_be_visible()
    page.get_by_role("button", name="Filters").click()
    page.locator("#main").get_by_text("Any rating").click()
    page.get_by_role("option", name="Good (4–5)").click()
    expect(page.get_by_text("No conversation fits")).to_be_visible()
