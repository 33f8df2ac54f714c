"""Giving tickets out, in the browser: who has how much, why the rules chose somebody, transfers that need approval."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browsing import Pages
from tests.people import Company
from tests.screens import Screens
from tests.waiting import eventually

Take = Callable[[Page, str], object]


@pytest.fixture
def company(new_company: Callable[[], Company]) -> Company:
    return new_company()


def skilled(company: Company, name: str, level: int):
    person = company.new("agent", name)
    company.admin.put(f"/agents/{person.agent_id}", {"skills": [{"name": "技术支持", "level": level}]})
    return person


@pytest.mark.parametrize("viewport", ["desktop", "phone"])
def test_supervisor_chooses_by_workload_and_reads_why(company: Company, open_page: Pages, screenshot: Take, viewport):
    company.supervisor  # noqa: B018  there from the beginning
    knows, other = skilled(company, "王敏", 4), company.new("agent", "李雷")
    for priority in ("critical", "normal"):
        company.ticket(assignee=other, priority=priority)
    ticket = company.ticket(type="tech", title="报表打不开")
    desk = open_page.signed_in(company.supervisor, f"/desk/tickets/{ticket['id']}", viewport=viewport)
    desk.get_by_role("button", name="更多").click()
    desk.get_by_role("menuitem", name="分配").click()
    dialog = desk.get_by_role("dialog", name="分配处理人")
    first = dialog.locator("label.agent").first
    expect(first).to_contain_text("王敏")
    expect(first).to_contain_text("推荐")
    expect(first).to_contain_text("技能“技术支持”等级 4")
    expect(dialog.locator("label.agent").filter(has_text="李雷")).to_contain_text("未完成 2 · 特急 1")
    screenshot(desk, f"ticket-workload-{viewport}")
    dialog.get_by_text("李雷").click()
    dialog.get_by_role("button", name="分配", exact=True).click()
    expect(desk.get_by_text("工单已分配", exact=True)).to_be_visible()
    # by a rule, and read afterwards
    company.admin.post(
        "/ticket-rules", {"name": "技术工单", "ticketTypes": ["tech"], "strategies": ["skill", "fewest"]}
    )
    ticket = company.ticket(type="tech", title="导出是乱码")
    eventually(lambda: company.supervisor.get(f"/tickets/{ticket['id']}")["assignee"], 30)
    desk.goto(f"{desk.url.split('/desk/')[0]}/desk/tickets/{ticket['id']}")
    if viewport == "phone":
        desk.get_by_role("button", name="工单信息").click()
    desk.get_by_role("tab", name="分配记录").click()
    expect(desk.get_by_text("按规则“技术工单”自动分配给 王敏")).to_be_visible()
    expect(desk.get_by_text("由“技能”决定")).to_be_visible()
    desk.get_by_role("button", name="查看").last.click()
    expect(desk.get_by_role("listitem").filter(has_text="没有所需技能").last).to_be_visible()
    screenshot(desk, f"ticket-why-{viewport}")
    assert company.supervisor.get(f"/tickets/{ticket['id']}")["assignee"]["id"] == knows.agent_id


@pytest.mark.parametrize("viewport", ["desktop", "phone"])
def test_agent_asks_supervisor_approves(company: Company, open_page: Pages, screenshot: Take, viewport):
    boss, agent, colleague = company.supervisor, company.new("agent", "王敏"), company.new("agent", "李雷")
    company.admin.put("/settings", {"values": {"ticket_transfer_approval": True}})
    ticket = company.ticket(assignee=agent, title="报表打不开")
    path = f"/desk/tickets/{ticket['id']}"
    mine = open_page.signed_in(agent, path, viewport=viewport)

    def ask() -> None:
        mine.get_by_role("button", name="更多").click()
        mine.get_by_role("menuitem", name="转派").click()
        dialog = mine.get_by_role("dialog", name="转派给同事")
        dialog.get_by_text("李雷").click()
        dialog.get_by_role("textbox").last.fill("客户只说粤语")
        dialog.get_by_role("button", name="转派", exact=True).click()
        expect(mine.get_by_text("转派给 李雷，等待批准")).to_be_visible()

    ask()
    screenshot(mine, f"ticket-asked-{viewport}")
    theirs = open_page.signed_in(boss, path, viewport=viewport)
    expect(theirs.get_by_text("王敏 申请转派给 李雷")).to_be_visible()
    theirs.get_by_role("button", name="驳回").click()
    dialog = theirs.get_by_role("dialog", name="驳回转派？")
    expect(dialog.get_by_role("button", name="驳回")).to_be_disabled()
    dialog.get_by_role("textbox").fill("您更熟悉")
    dialog.get_by_role("button", name="驳回").click()
    expect(theirs.get_by_text("王敏 申请转派给 李雷")).to_have_count(0)
    expect(mine.get_by_text("转派给 李雷，等待批准")).to_have_count(0)
    ask()
    mine.get_by_role("button", name="撤回申请").click()
    expect(mine.get_by_text("转派给 李雷，等待批准")).to_have_count(0)
    ask()
    screenshot(theirs, f"ticket-approval-{viewport}")
    theirs.get_by_role("button", name="批准", exact=True).click()
    dialog = theirs.get_by_role("dialog", name="批准转派？")
    dialog.get_by_role("textbox").fill("同意")
    dialog.get_by_role("button", name="批准", exact=True).click()
    expect(theirs.get_by_text("工单已转派给 李雷")).to_be_visible()
    expect(mine.get_by_text("已转给 李雷")).to_be_visible()
    assert colleague.get(f"/tickets/{ticket['id']}")["assignee"]["id"] == colleague.agent_id


def test_administrator_makes_a_rule(company: Company):
    admin = Screens(company.admin)
    number = admin.make(
        "ticket_rule",
        name="紧急工单",
        ticket_types=["tech"],
        priorities=["urgent", "critical"],
        vip_from="2",
        strategies=["senior", "", "fewest", "senior"],
        off_hours="nobody",
    )
    path = f"/ticket-rules/{number}"
    stored = company.admin.get(path)
    assert (stored["strategies"], stored["priorities"]) == (["senior", "fewest"], ["urgent", "critical"])
    assert (stored["offHours"], stored["vipFrom"], stored["ticketTypes"]) == ("nobody", 2, ["tech"])
    page = admin.page("/ticket_rule/list/")
    assert "Technical support" in page and "VIP from 2" in page and "All tickets" in page
    page = admin.page(f"/ticket_rule/show/{number}")
    assert page.index("Seniority by priority") < page.index("Fewest tickets") and "until they open" in page
    page = admin.submit(f"/ticket_rule/edit/{number}", {"strategies": ["", ""]}, marker="name").text
    assert "Choose at least one strategy" in page
    admin.submit(f"/ticket_rule/edit/{number}", {"strategies": ["at_work", "round_robin"]}, marker="name")
    assert company.admin.get(path)["strategies"] == ["at_work", "round_robin"]
