"""Own fields in the browser: defined on screen, filled in by staff and customers, seen by whom they are meant for."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browsing import Pages
from tests.people import Company, unique

Take = Callable[[Page, str], object]


@pytest.fixture
def company(new_company: Callable[[], Company]) -> Company:
    return new_company()


def test_a_field_made_on_screen_is_filled_in_by_an_agent_and_seen_by_its_customer(
    company: Company, open_page: Pages, screenshot: Take
):
    form = open_page.signed_in(company.admin, "/admin/custom_field/add")
    form.locator("[name=label]").fill("影响范围")
    form.locator("[name=label_en]").fill("Impact")
    form.locator("[name=code]").fill("impact")
    expect(form.locator("[name=options-label]").first).to_be_hidden()
    form.locator("[name=kind]").select_option("select", force=True)
    for place, (label, label_en) in enumerate((("一个人", "One person"), ("整个门诊", "The clinic"))):
        form.locator("[name=options-label]").nth(place).fill(label)
        form.locator("[name=options-labelEn]").nth(place).fill(label_en)
    form.locator("[name=shown_to_customers]").check()
    screenshot(form, "custom-field-form")
    form.get_by_role("button", name="保存").click()
    expect(form.get_by_text("整个门诊").first).to_be_visible()
    stored = company.admin.get("/custom-fields", code="impact")["list"][0]
    assert [option["code"] for option in stored["options"]] == ["one_person", "the_clinic"]

    customer = company.new("customer")
    ticket = company.ticket(customer, company.agent, title="打印机不工作")
    desk = open_page.signed_in(company.agent, f"/desk/tickets/{ticket['id']}")
    desk.get_by_role("button", name="更多").click()
    desk.get_by_role("menuitem", name="编辑").click()
    dialog = desk.get_by_role("dialog")
    dialog.locator("[data-custom-field=impact] .el-select").click()
    desk.get_by_role("option", name="整个门诊").click()
    screenshot(desk, "custom-field-edit")
    dialog.get_by_role("button", name="保存").click()
    expect(dialog).to_be_hidden()
    expect(desk.get_by_text("整个门诊")).to_be_visible()
    assert customer.get(f"/tickets/{ticket['id']}")["custom"] == {"impact": "the_clinic"}

    room = open_page.signed_in(customer, f"/tickets/{ticket['id']}", viewport="phone")
    expect(room.get_by_text("整个门诊")).to_be_visible()
    screenshot(room, "custom-field-customer-phone")


def test_customer_fills_in_the_form_on_a_phone(company: Company, open_page: Pages, screenshot: Take):
    company.admin.post(
        "/custom-fields",
        {
            "subject": "ticket",
            "code": "version",
            "label": "软件版本",
            "kind": "text",
            "required": True,
            "fillableByCustomers": True,
            "helpText": "在“关于”中可以看到",
        },
    )
    company.admin.post("/custom-fields", {"subject": "ticket", "code": "inner", "label": "内部备注", "kind": "text"})
    customer = company.new("customer")
    page = open_page.signed_in(customer, "/tickets/new", viewport="phone")
    page.get_by_label("标题").fill("报表打不开")
    page.get_by_label("详细描述").fill("点击之后没有反应")
    expect(page.get_by_label("软件版本")).to_be_visible()
    expect(page.get_by_label("内部备注")).to_have_count(0)
    page.get_by_role("button", name="提交", exact=True).tap()
    expect(page.get_by_text("请填写此项")).to_be_visible()
    screenshot(page, "ticket-form-phone")
    page.get_by_label("软件版本").fill("9.2.1")
    page.get_by_role("button", name="提交", exact=True).tap()
    expect(page.get_by_text("9.2.1")).to_be_visible()
    assert customer.get("/tickets")["list"][0]["custom"] == {"version": "9.2.1"}


def test_a_step_asks_for_what_its_type_needs(company: Company, open_page: Pages, screenshot: Take):
    dictionary = company.admin.get("/dictionaries", code="ticket_type")["list"][0]["id"]
    type_ = unique("type")
    company.admin.post("/dictionary-items", {"dictionaryId": dictionary, "code": type_, "label": "设备故障"})
    company.admin.post("/custom-fields", {"subject": "ticket", "code": "cause", "label": "故障原因", "kind": "text"})
    form = open_page.signed_in(company.admin, "/admin/ticket_workflow/add")
    form.locator("[name=ticket_type]").select_option(type_, force=True)
    form.locator("[name=steps][value='pending>resolved']").uncheck()
    form.locator("[name=required_before][value='processing:contactPhone']").check()
    form.locator("[name=required_before][value='resolved:custom.cause']").check()
    screenshot(form, "workflow-form")
    form.get_by_role("button", name="保存").click()
    expect(form.get_by_text("故障原因").first).to_be_visible()

    ticket = company.admin.post("/tickets", {"title": "扫描仪坏了", "type": type_})
    company.admin.post(f"/tickets/{ticket['id']}/assign", {"agentId": company.agent.agent_id})
    desk = open_page.signed_in(company.agent, f"/desk/tickets/{ticket['id']}", viewport="phone")
    for name, value, status in (("联系电话", "13800001111", "processing"), ("故障原因", "电源", "resolved")):
        desk.locator(".actions .ss-btn--primary").first.tap()
        dialog = desk.get_by_role("dialog")
        send = dialog.get_by_role("button").last
        expect(send).to_be_disabled()
        dialog.get_by_label(name).fill(value)
        if status == "resolved":
            dialog.locator("#flow-text").fill("换了电源")
        screenshot(desk, f"flow-{status}-phone")
        send.tap()
        expect(dialog).to_be_hidden()
        assert company.agent.get(f"/tickets/{ticket['id']}")["status"] == status
    seen = company.admin.get(f"/tickets/{ticket['id']}")  # agents see numbers masked
    assert (seen["contactPhone"], seen["custom"]) == ("13800001111", {"cause": "电源"})
