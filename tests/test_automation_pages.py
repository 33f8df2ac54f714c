"""Automation on the desk: a rule is written, tried and switched on; a macro is applied; a template fills the form."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

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
    page.get_by_label("问题描述").fill("单位：")
    page.get_by_role("button", name="客户单位").click()
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_role("listitem").filter(has_text=name)).to_be_visible()
    page = open_page.signed_in(company.agent, "/desk/tickets", **size)
    page.get_by_role("button", name="新建工单").click()
    dialog = page.get_by_role("dialog")
    choose(page, dialog, "模板", name)
    expect(dialog.get_by_label("标题")).to_have_value("设备报修：")
    expect(dialog.get_by_label("问题描述")).to_have_value("单位：{customer.organization}")
    expect(dialog.get_by_text("大括号里的变量")).to_be_visible()


def pick(box: Locator, option: str) -> None:
    """By the keyboard: the words, then the first that has them."""
    box.fill(option)
    expect(box).to_have_attribute("aria-expanded", "true")
    box.press("ArrowDown")
    box.press("Enter")
    expect(box.locator("xpath=ancestor::*[contains(concat(@class, ' '), 'el-select ')][1]")).to_contain_text(option)


def test_own_fields_and_tags_are_asked_and_set_in_a_rule(company, open_page: Pages, size):
    title, name = unique("系统"), unique("规则")
    options = [{"code": "his", "label": "医院信息系统"}, {"code": "lis", "label": "检验系统"}]
    fields = {
        "select": company.admin.post(
            "/custom-fields",
            {"subject": "ticket", "code": unique("f"), "label": title, "kind": "select", "options": options},
        )["code"],
        "date": company.admin.post(
            "/custom-fields", {"subject": "ticket", "code": unique("f"), "label": f"{title}到期", "kind": "date"}
        )["code"],
    }
    page = open_page.signed_in(company.admin, "/desk/automation?rule=new", **size)
    page.get_by_label("名称").fill(name)
    page.get_by_role("button", name="添加条件", exact=True).click()
    pick(page.get_by_role("combobox", name="字段"), f"{title}到期")
    expect(page.get_by_role("group", name="条件组").get_by_text("在今天起若干天内")).to_be_visible()
    page.get_by_role("spinbutton", name="值").fill("30")
    page.get_by_role("button", name="添加条件", exact=True).click()
    pick(page.get_by_role("combobox", name="字段").nth(1), title)
    pick(page.get_by_role("combobox", name="值", exact=True).first, "检验系统")
    first = page.get_by_role("group", name="操作 1")
    pick(first.get_by_role("combobox", name="操作 1"), f"设置“{title}到期”")
    first.get_by_role("spinbutton", name="值").fill("90")
    page.get_by_role("button", name="添加操作").click()
    second = page.get_by_role("group", name="操作 2")
    pick(second.get_by_role("combobox", name="操作 2"), "添加标签")
    tags = second.get_by_role("combobox", name="值")
    tags.press_sequentially("续约")
    tags.press("Enter")
    tags.press("Escape")
    fits(page)
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_role("listitem").filter(has_text=name)).to_be_visible()
    stored = company.admin.get("/automation-rules", q=name)["list"][0]
    assert stored["conditions"]["items"] == [
        {"field": f"custom.{fields['date']}", "operator": "within", "value": 30},
        {"field": f"custom.{fields['select']}", "operator": "is", "value": "lis"},
    ]
    assert stored["actions"] == [
        {"action": f"custom.{fields['date']}", "value": 90},
        {"action": "add_tags", "value": ["续约"]},
    ]
    for code in fields.values():
        number = next(one["id"] for one in company.admin.get("/custom-fields", size=100)["list"] if one["code"] == code)
        company.admin.put(f"/custom-fields/{number}", {"active": False})


def test_macro_on_ticked_tickets(company, open_page: Pages):
    macro = macro_of(company.agent, {"action": "add_tags", "value": ["已联系"]})
    word = unique("批量")
    tickets = [company.ticket(assignee=company.agent, title=f"{word} {number}") for number in range(2)]
    page = open_page.signed_in(company.agent, f"/desk/tickets?q={word}", viewport="desktop")
    for ticket in tickets:
        page.get_by_role("row", name=re.compile(ticket["no"])).locator("label.el-checkbox").click()
    bar = page.get_by_role("region", name="批量操作")
    bar.get_by_role("button", name="宏", exact=True).click()
    page.get_by_role("menuitem", name=macro["name"]).click()
    expect(page.get_by_text(f"宏“{macro['name']}”已对 2 个工单执行")).to_be_visible()
    assert [company.admin.get(f"/tickets/{one['id']}")["tags"] for one in tickets] == [["已联系"]] * 2
