"""What connects tickets, in the browser: tagged, linked, merged and back, split, watched; at a desk and on a phone."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browsing import Pages
from tests.people import Company

Take = Callable[[Page, str], object]


@pytest.fixture
def company(new_company: Callable[[], Company]) -> Company:
    return new_company()


@pytest.mark.parametrize("viewport", ["desktop", "phone"])
def test_agent_tags_links_and_watches(company: Company, open_page: Pages, screenshot: Take, viewport: str):
    customer = company.visitor("张三")
    ticket = company.ticket(customer, company.supervisor, title="报表打不开")
    other = company.ticket(customer, company.supervisor, title="报表很慢，打开要等三分钟才显示，而且经常中途断开")
    desk = open_page.signed_in(company.supervisor, f"/desk/tickets/{ticket['id']}", viewport=viewport)
    if viewport == "phone":
        desk.get_by_role("button", name="工单信息").tap()
    desk.get_by_role("button", name="添加标签").click()
    desk.get_by_label("添加标签").fill("报表")
    desk.get_by_label("添加标签").press("Enter")
    expect(desk.get_by_role("button", name="移除标签 报表")).to_be_visible()
    assert company.supervisor.get(f"/tickets/{ticket['id']}")["tags"] == ["报表"]

    desk.get_by_role("tab", name="关联").click()
    panel = desk.get_by_role("tabpanel")
    panel.get_by_role("button", name="关联", exact=True).click()
    dialog = desk.get_by_role("dialog", name="关联工单")
    dialog.get_by_text("与它相关").click()
    desk.get_by_role("option", name="它是子工单").click()
    dialog.get_by_label("另一张工单").fill("很慢")
    expect(desk.get_by_role("option", name=other["no"])).to_be_visible()
    screenshot(desk, f"ticket-link-{viewport}")
    desk.get_by_role("option", name=other["no"]).click()
    dialog.get_by_role("button", name="关联", exact=True).click()
    expect(panel.get_by_text("子工单")).to_be_visible()
    panel.get_by_role("button", name="关注", exact=True).click()
    expect(panel.get_by_role("button", name="取消关注")).to_be_visible()
    screenshot(desk, f"ticket-relations-{viewport}")
    panel.get_by_role("link", name=re.compile(other["no"])).click()
    expect(desk.get_by_role("heading", name=re.compile("报表很慢"))).to_be_visible()


@pytest.mark.parametrize("viewport", ["desktop", "phone"])
def test_agent_merges_and_is_led_on(company: Company, open_page: Pages, screenshot: Take, viewport: str):
    customer = company.visitor("张三")
    ticket, into = (company.ticket(customer, company.agent, title=title) for title in ("打不开报表", "报表打不开"))
    company.ticket(company.visitor("李四"), company.agent, title="别人的工单")
    desk = open_page.signed_in(company.agent, f"/desk/tickets/{ticket['id']}", viewport=viewport)
    desk.get_by_role("button", name="更多").click()
    desk.get_by_role("menuitem", name="合并到其他工单").click()
    dialog = desk.get_by_role("dialog", name=f"合并 {ticket['no']}")
    dialog.get_by_label("合并到").click()
    expect(desk.get_by_role("option")).to_have_count(1)  # of the same customer only
    desk.get_by_role("option", name=into["no"]).click()
    screenshot(desk, f"ticket-merge-{viewport}")
    dialog.get_by_role("button", name="合并", exact=True).click()
    expect(desk.get_by_role("heading", name="报表打不开")).to_be_visible()
    expect(desk.get_by_text(f"{ticket['no']} 已合并到这张工单")).to_be_visible()
    screenshot(desk, f"ticket-merged-{viewport}")
    desk.get_by_role("link", name="查看原工单").click()
    expect(desk.get_by_role("heading", name="打不开报表")).to_be_visible()
    desk.get_by_role("button", name="更多").click()
    desk.get_by_role("menuitem", name="撤销合并").click()
    expect(desk.get_by_text("合并已撤销")).to_be_visible()
    assert company.agent.get(f"/tickets/{ticket['id']}")["mergedInto"] is None


@pytest.mark.parametrize("viewport", ["desktop", "phone"])
def test_agent_splits_off_a_second_problem(company: Company, open_page: Pages, screenshot: Take, viewport: str):
    customer = company.visitor("张三")
    ticket = company.ticket(customer, company.agent, title="报表打不开")
    for words in ("报表打不开，提示超时", "另外打印机也不动了，换了纸还是一样", "打印机型号是 HP 1020"):
        customer.say(f"/tickets/{ticket['id']}", words)
    desk = open_page.signed_in(company.agent, f"/desk/tickets/{ticket['id']}", viewport=viewport)
    desk.get_by_role("button", name="更多").click()
    desk.get_by_role("menuitem", name="拆分出新工单").click()
    dialog = desk.get_by_role("dialog", name="拆分出新工单")
    dialog.get_by_label("新工单标题").fill("打印机不动")
    for words in ("换了纸还是一样", "HP 1020"):
        dialog.locator("label.el-checkbox").filter(has_text=words).click()
    screenshot(desk, f"ticket-split-{viewport}")
    dialog.get_by_role("button", name="拆分", exact=True).click()
    expect(desk.get_by_role("heading", name="打印机不动")).to_be_visible()
    if viewport == "phone":
        desk.get_by_role("button", name="工单信息").tap()
    expect(desk.get_by_role("tabpanel").get_by_text("打印机型号是 HP 1020")).to_be_visible()


def test_customer_goes_on_in_the_ticket_that_took_his_up(company: Company, open_page: Pages):
    customer = company.visitor("张三")
    ticket, into = (company.ticket(customer, company.agent, title=title) for title in ("打不开报表", "报表打不开"))
    company.agent.post(f"/tickets/{ticket['id']}/merge", {"intoId": into["id"]})
    page = open_page.signed_in(customer, f"/tickets/{ticket['id']}", viewport="phone")
    expect(page.get_by_role("heading", name="报表打不开")).to_be_visible()
    expect(page.get_by_text(f"工单 {ticket['no']} 已合并到这里")).to_be_visible()
