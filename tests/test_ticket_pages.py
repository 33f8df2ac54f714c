"""Who works on a ticket, in the browser: several assigned together, passed on from a phone, taken over."""

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


def test_supervisor_assigns_several_of_the_pool(company: Company, open_page: Pages, screenshot: Take):
    agent = company.new("agent", "王敏")
    company.new("agent", "李雷")
    tickets = [company.ticket(title=title) for title in ("报表打不开", "导出是乱码", "登录不上")]
    desk = open_page.signed_in(company.supervisor, "/desk/tickets")
    desk.get_by_role("main").get_by_role("combobox", name="处理人").click()
    desk.get_by_role("option", name="未分配").click()
    expect(desk.get_by_role("row")).to_have_count(4)
    for title in ("报表打不开", "登录不上"):
        desk.get_by_role("row").filter(has_text=title).locator("label.el-checkbox").click()
    expect(desk.get_by_role("status").filter(has_text="已选 2 个")).to_be_visible()
    screenshot(desk, "tickets-chosen")
    desk.get_by_role("button", name="分配给…").click()
    dialog = desk.get_by_role("dialog", name="将 2 个工单分配给")
    dialog.get_by_text("王敏").click()
    dialog.get_by_role("textbox").last.fill("分批处理")
    dialog.get_by_role("button", name="分配", exact=True).click()
    expect(desk.get_by_text("2 个工单已分配")).to_be_visible()
    expect(desk.get_by_role("row")).to_have_count(2)  # the head, and the one that still waits
    holders = [company.supervisor.get(f"/tickets/{one['id']}")["assignee"] for one in tickets]
    assert [one and one["id"] for one in holders] == [agent.agent_id, None, agent.agent_id]


def test_agent_assigns_nothing_but_passes_on_what_is_his(company: Company, open_page: Pages, screenshot: Take):
    agent, colleague = company.new("agent", "王敏"), company.new("agent", "李雷")
    ticket = company.ticket(assignee=agent, title="报表打不开")
    desk = open_page.signed_in(agent, "/desk/tickets", viewport="phone")
    expect(desk.get_by_role("link", name="报表打不开")).to_be_visible()
    desk.locator("tbody label.el-checkbox").tap()
    expect(desk.get_by_role("region", name="批量操作")).to_contain_text("已选 1 个")
    expect(desk.get_by_role("button", name="分配给…")).to_have_count(0)
    desk.get_by_role("button", name="取消选择").tap()
    desk.get_by_role("link", name="报表打不开").tap()
    desk.get_by_role("button", name="更多").tap()
    desk.get_by_role("menuitem", name="转派").tap()
    dialog = desk.get_by_role("dialog", name="转派给同事")
    dialog.get_by_text("李雷").tap()
    expect(dialog.get_by_role("button", name="转派", exact=True)).to_be_disabled()
    dialog.get_by_role("textbox").last.fill("熟悉报表")
    screenshot(desk, "ticket-transfer-phone")
    dialog.get_by_role("button", name="转派", exact=True).tap()
    expect(desk.get_by_text("工单已转派给 李雷")).to_be_visible()
    expect(desk.get_by_role("link", name="报表打不开")).to_have_count(0)
    assert colleague.get(f"/tickets/{ticket['id']}")["assignee"]["id"] == colleague.agent_id


def test_supervisor_takes_a_ticket_over(company: Company, open_page: Pages):
    agent = company.new("agent", "王敏")
    ticket = company.ticket(assignee=agent, title="报表打不开")
    desk = open_page.signed_in(company.supervisor, f"/desk/tickets/{ticket['id']}")
    desk.get_by_role("button", name="更多").click()
    desk.get_by_role("menuitem", name="接管").click()
    dialog = desk.get_by_role("dialog", name="接管这个工单？")
    dialog.get_by_role("textbox").fill("客户很急")
    dialog.get_by_role("button", name="接管", exact=True).click()
    expect(desk.get_by_text("工单已由您处理")).to_be_visible()
    desk.get_by_role("tab", name="分配记录").click()
    expect(desk.get_by_text(re.compile(r"接管$")).filter(visible=True)).to_be_visible()
    expect(desk.get_by_text("客户很急")).to_be_visible()
    assert company.supervisor.get(f"/tickets/{ticket['id']}")["assignee"]["id"] == company.supervisor.agent_id
    agent.get(f"/tickets/{ticket['id']}", expect=404)


def test_who_had_a_ticket_is_told_who_has_it_now(company: Company, open_page: Pages):
    agent, colleague = company.new("agent", "王敏"), company.new("agent", "李雷")
    ticket = company.ticket(assignee=agent, title="报表打不开")
    desk = open_page.signed_in(agent, f"/desk/tickets/{ticket['id']}")
    expect(desk.get_by_role("heading", name="报表打不开")).to_be_visible()
    company.supervisor.post(f"/tickets/{ticket['id']}/assign", {"agentId": colleague.agent_id})
    expect(desk.get_by_text("已转给 李雷")).to_be_visible()
    company.supervisor.post(f"/tickets/{ticket['id']}/assign", {"agentId": agent.agent_id})
    expect(desk.get_by_role("heading", name="报表打不开")).to_be_visible()


def test_dialog_of_the_menu_keeps_the_focus_and_gives_it_back(company: Company, open_page: Pages):
    """Whoever works by keyboard writes in the dialog at once, never behind it, and is at the menu again afterwards."""
    ticket = company.ticket(title="报表打不开")
    desk = open_page.signed_in(company.supervisor, f"/desk/tickets/{ticket['id']}")
    desk.get_by_role("button", name="更多").click()
    desk.get_by_role("menuitem", name="接管").click()
    dialog = desk.locator(".el-dialog", has_text="接管这个工单？")
    expect(dialog.get_by_role("textbox")).to_be_focused()
    for _ in range(5):
        desk.keyboard.press("Tab")
        expect(dialog.locator(":focus")).to_have_count(1)
    desk.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(desk.get_by_role("button", name="更多")).to_be_focused()


def test_colleagues_see_who_is_looking_at_a_ticket_and_who_writes(company: Company, open_page: Pages, screenshot: Take):
    agent, customer = company.new("agent", "王敏"), company.visitor()
    ticket = company.ticket(customer, assignee=agent, title="报表打不开")
    path = f"/desk/tickets/{ticket['id']}"
    boss = open_page.signed_in(company.supervisor, path)
    portal = open_page.signed_in(customer, f"/tickets/{ticket['id']}")
    expect(portal.get_by_role("textbox")).to_be_visible()
    desk = open_page.signed_in(agent, path, viewport="phone")
    expect(boss.get_by_text("王敏 也在查看")).to_be_visible()
    name = re.escape(company.supervisor.get("/session")["actor"]["name"])
    expect(desk.get_by_text(re.compile(f"{name}.* 也在查看"))).to_be_visible()
    desk.locator("textarea").last.press_sequentially("我来看看")
    expect(boss.get_by_role("status").filter(has_text="王敏 正在输入")).to_be_visible()
    screenshot(boss, "ticket-viewers")
    expect(portal.get_by_text("也在查看")).to_have_count(0)
    desk.goto("/desk/tickets")
    expect(boss.get_by_text("王敏", exact=False).filter(has_text=re.compile("也在查看|正在输入"))).to_have_count(0)
