"""Automation on the desk: a rule is written, tried and switched on; a macro is applied; a template fills the form."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browsing import Pages
from tests.people import Company, Person, unique
from tests.waiting import eventually


@pytest.fixture(params=("desktop", "phone"))
def size(request) -> dict:
    return {"viewport": request.param}


@pytest.fixture(scope="module")
def company(new_company) -> Company:
    return new_company()


def choose(page: Page, place, label: str, option: str) -> None:
    place.get_by_role("combobox", name=label).click()
    page.get_by_role("option", name=option, exact=True).locator("visible=true").click()


def fits(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing sticks out sideways"


def test_rule_is_written_tried_saved_and_switched_on(company, open_page: Pages, size):
    word, name = unique("printer"), unique("规则")
    ticket = company.ticket(title=f"{word} broken")
    page = open_page.signed_in(company.admin, "/desk/automation?rule=new", **size)
    page.get_by_label("名称").fill(name)
    page.get_by_role("button", name="添加条件", exact=True).click()
    choose(page, page, "字段", "标题")
    words = page.get_by_role("combobox", name="值").first
    words.press_sequentially(word)
    words.press("Enter")
    words.press("Escape")
    actions = page.get_by_role("group", name="操作 1")
    choose(page, actions, "值", "紧急")
    page.get_by_role("button", name="开始试运行").click()
    trial = page.get_by_role("region", name="用历史工单试运行")
    expect(trial.get_by_role("link", name=re.compile(ticket["no"]))).to_be_visible()
    expect(trial.get_by_text(re.compile("普通.*紧急"))).to_be_visible()
    assert company.admin.get(f"/tickets/{ticket['id']}")["priority"] == "normal"
    fits(page)
    page.get_by_role("button", name="保存").click()
    row = page.get_by_role("listitem").filter(has_text=name)
    expect(row).to_contain_text("从未执行")
    row.locator(".el-switch").click()
    expect(page.get_by_text("规则已启用")).to_be_visible()
    second = company.ticket(title=f"{word} again")
    eventually(lambda: company.admin.get(f"/tickets/{second['id']}")["priority"] == "urgent")
    page.get_by_role("tab", name="执行记录").click()
    expect(page.get_by_role("listitem").filter(has_text=second["no"]).first).to_contain_text("已执行")
    fits(page)


def test_what_is_missing_is_told_at_its_row(company, open_page: Pages, size):
    page = open_page.signed_in(company.admin, "/desk/automation?rule=new", **size)
    open_page.expect_console_error("400")
    page.get_by_label("名称").fill(unique("规则"))
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_role("group", name="操作 1").get_by_role("alert")).to_be_visible()


def test_supervisor_reads_rules_and_agent_has_macros_only(company, open_page: Pages, size):
    company.admin.post("/automation-rules", {"name": unique("规则"), "actions": [{"action": "note", "value": "seen"}]})
    page = open_page.signed_in(company.supervisor, "/desk/automation", **size)
    expect(page.get_by_role("tab", name="自动化规则")).to_be_visible()
    expect(page.get_by_role("button", name="新建规则")).to_have_count(0)
    page = open_page.signed_in(company.agent, "/desk/automation", **size)
    expect(page.get_by_role("button", name="新建宏")).to_be_visible()
    expect(page.get_by_role("tab", name="自动化规则")).to_have_count(0)


def macro_of(person: Person, *actions: dict) -> dict:
    return person.post("/macros", {"name": unique("宏"), "actions": list(actions)})


def test_macro_is_previewed_and_applied_by_one_click(company, open_page: Pages, size):
    ticket = company.ticket(assignee=company.agent)
    macro = macro_of(
        company.agent,
        {"action": "set_priority", "value": "urgent"},
        {"action": "move", "value": {"status": "processing"}},
    )
    page = open_page.signed_in(company.agent, f"/desk/tickets/{ticket['id']}", **size)
    page.get_by_role("button", name="宏", exact=True).click()
    page.get_by_role("menuitem", name=macro["name"]).click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text(re.compile("待处理.*处理中"))).to_be_visible()
    dialog.get_by_role("button", name="执行", exact=True).click()
    expect(page.get_by_text(f"宏“{macro['name']}”已执行")).to_be_visible()
    now = company.admin.get(f"/tickets/{ticket['id']}")
    assert (now["priority"], now["status"]) == ("urgent", "processing")
    fits(page)


def test_macro_that_is_not_allowed_cannot_be_applied(company, open_page: Pages, size):
    ticket = company.ticket(assignee=company.agent)
    macro = macro_of(company.admin, {"action": "assign", "value": company.supervisor.agent_id})
    page = open_page.signed_in(company.agent, f"/desk/tickets/{ticket['id']}", **size)
    page.get_by_role("button", name="宏", exact=True).click()
    page.get_by_role("menuitem", name=macro["name"]).click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("alert")).to_be_visible()
    expect(dialog.get_by_role("button", name="执行", exact=True)).to_be_disabled()


def test_template_fills_the_form_of_a_new_ticket(company, open_page: Pages, size):
    name = unique("模板")
    page = open_page.signed_in(company.supervisor, "/desk/automation?tab=templates&template=new", **size)
    page.get_by_label("名称").fill(name)
    page.get_by_label("工单标题").fill("设备报修：")
    page.get_by_label("问题描述").fill("型号：")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_role("listitem").filter(has_text=name)).to_be_visible()
    page = open_page.signed_in(company.agent, "/desk/tickets", **size)
    page.get_by_role("button", name="新建工单").click()
    dialog = page.get_by_role("dialog")
    choose(page, dialog, "模板", name)
    expect(dialog.get_by_label("标题")).to_have_value("设备报修：")
    expect(dialog.get_by_label("问题描述")).to_have_value("型号：")
