"""Templates of tickets for customers: what is offered, what it says to him, how it meets his own words (TKT-1)."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browsing import Pages
from tests.people import Company, Person, unique

Take = Callable[[Page, str], object]
VIEWPORTS = pytest.mark.parametrize("viewport", ["phone", "desktop"])
TEXT = "{customer.name}（{customer.organization}）在{company.name}的系统中：\n型号："


@pytest.fixture
def company(new_company: Callable[[], Company]) -> Company:
    return new_company()


def keep(people: Company, **more) -> dict:
    told = {"name": unique("template"), "title": "设备报修：", "type": "bug", "isPublic": True}
    return people.supervisor.post("/ticket-templates", {**told, **more})


def at_an_institution(people: Company, name: str, institution: str) -> Person:
    customer = people.new("customer", name)
    organization = people.admin.post("/organizations", {"name": institution})
    people.admin.put(f"/customers/{customer.actor['customerId']}", {"organizationId": organization["id"]})
    return customer


# --- what is offered ------------------------------------------------------------------------------------------------


def test_customer_reads_a_template_filled_in_for_himself_and_nothing_of_the_house(people):
    institution, company = unique("医院"), people.customer.get("/session")["company"]["name"]
    customer = at_an_institution(people, "王芳", institution)
    template = keep(people, title="{customer.name}报修", description=TEXT, teamId=None, sort=3)
    found = customer.get(f"/ticket-templates/{template['id']}")
    assert found["title"] == "王芳报修"
    assert found["description"] == f"王芳（{institution}）在{company}的系统中：\n型号："
    assert set(found) == {"id", "name", "title", "description", "type", "priority", "product"}
    assert people.supervisor.get(f"/ticket-templates/{template['id']}")["description"] == TEXT


def test_who_has_not_said_his_name_is_not_called_anything(people):
    template = keep(people, description="您好{customer.name}，")
    for somebody in (people.anonymous, Person(people.base_url, host=people.host).visit()):
        assert somebody.get(f"/ticket-templates/{template['id']}")["description"] == "您好，"


def test_anonymous_readers_see_those_for_customers_and_change_none(people):
    public, inside, off = keep(people), keep(people, isPublic=False), keep(people, active=False)
    seen = {one["id"] for one in people.anonymous.get("/ticket-templates", size=100)["list"]}
    assert public["id"] in seen and not seen & {inside["id"], off["id"]}
    people.anonymous.get(f"/ticket-templates/{inside['id']}", expect=404)
    people.anonymous.put(f"/ticket-templates/{public['id']}", {"name": "x"}, expect=401)


def test_names_of_a_customer_are_not_looked_at_again(people):
    customer = people.new("customer", "{company.name}")
    template = keep(people, title="{customer.name}报修")
    assert customer.get(f"/ticket-templates/{template['id']}")["title"] == "{company.name}报修"
    made = people.supervisor.post(
        "/tickets",
        {"title": template["title"], "templateId": template["id"], "customerId": customer.customer_id},
    )
    assert made["title"] == "{company.name}报修"
    own = customer.post("/tickets", {"title": "{company.name}", "templateId": template["id"]})
    assert own["title"] == "{company.name}"


def test_what_staff_records_for_a_customer_is_filled_in_when_it_is_stored(people):
    institution, company = unique("医院"), people.customer.get("/session")["company"]["name"]
    customer = at_an_institution(people, "王芳", institution)
    template = keep(people, title="{customer.name}报修", description=TEXT, isPublic=False)
    words = {"title": template["title"], "description": TEXT}
    number = customer.customer_id
    made = people.supervisor.post("/tickets", {**words, "templateId": template["id"], "customerId": number})
    assert (made["title"], made["description"]) == ("王芳报修", f"王芳（{institution}）在{company}的系统中：\n型号：")
    nobodys = people.supervisor.post("/tickets", {**words, "templateId": template["id"]})
    assert nobodys["title"] == "报修"
    plain = people.supervisor.post("/tickets", {**words, "customerId": number})
    assert plain["title"] == template["title"]  # without a template braces are braces


def test_names_that_stand_for_nothing_are_refused(people):
    for field in ("title", "description"):
        told = people.supervisor.post(
            "/ticket-templates", {"name": unique("t"), field: "您好{customer.nmae}"}, expect=400
        )
        assert told["fields"] == {field: "{customer.nmae}"}
    made = keep(people)
    people.supervisor.put(f"/ticket-templates/{made['id']}", {"title": "{ticket.no}"}, expect=400)


def test_what_only_staff_may_say_is_not_said_through_a_template(people):
    """A template gives a ticket its team; department, tags, agent and fields of the staff stay refused."""
    template = keep(people)
    field = people.admin.post(
        "/custom-fields",
        {"subject": "ticket", "code": unique("f").replace("-", "_"), "label": "内部等级", "kind": "text"},
    )
    visitor = people.visitor()
    for more in (
        {"tags": ["内部"]},
        {"departmentId": 1},
        {"assigneeId": people.agent.agent_id},
        {"custom": {field["code"]: "A"}},
        {"teamId": 1},
    ):
        visitor.post("/tickets", {"title": "x", "templateId": template["id"], **more}, expect=(400, 403))
    assert visitor.get("/tickets")["total"] == 0


# --- on the form ----------------------------------------------------------------------------------------------------


@VIEWPORTS
def test_customer_begins_with_a_template_and_keeps_his_own_words(
    company: Company, open_page: Pages, screenshot: Take, viewport: str
):
    items = company.admin.get("/dictionaries", size=100)["list"]
    product = next(one["id"] for one in items if one["code"] == "product")
    company.admin.post("/dictionary-items", {"dictionaryId": product, "code": "his", "label": "门诊系统"})
    team = company.admin.post("/teams", {"name": "设备组"})["id"]
    keep(
        company,
        name="设备报修",
        title="{customer.name}报修：",
        description="型号：\n故障：",
        priority="urgent",
        product="his",
        teamId=team,
    )
    keep(company, name="功能建议", title="建议：", type="consult", sort=200)
    keep(company, name="内部巡检", isPublic=False)
    customer = company.new("customer", "王芳")
    page = open_page.signed_in(customer, "/tickets/new", viewport=viewport)
    field, title = page.get_by_label("使用模板"), page.get_by_label("标题")
    expect(field.get_by_role("option")).to_have_text(["不使用模板", "设备报修", "功能建议"])
    field.select_option(label="设备报修")
    expect(title).to_have_value("王芳报修：")
    expect(page.get_by_label("详细描述")).to_have_value("型号：\n故障：")
    expect(page.get_by_label("产品或系统")).to_have_value("his")
    expect(page.get_by_role("radio", name="紧急", exact=True)).to_be_checked()
    screenshot(page, f"template-{viewport}")
    field.select_option(
        label="功能建议"
    )  # nothing was changed, so nothing is asked, and what the first one brought goes
    expect(title).to_have_value("建议：")
    expect(page.get_by_label("详细描述")).to_have_value("")
    expect(page.get_by_role("radio", name="普通")).to_be_checked()
    title.fill("打印机又卡纸")
    field.select_option(label="设备报修")
    sheet = page.get_by_role("dialog", name="替换已填写的内容？")
    screenshot(page, f"template-asks-{viewport}")
    page.keyboard.press("Escape")
    expect(field).to_have_value(field.get_by_role("option", name="功能建议").get_attribute("value"))
    expect(title).to_have_value("打印机又卡纸")
    field.select_option(label="设备报修")
    sheet.get_by_role("button", name="保留我填写的").click()
    expect(title).to_have_value("打印机又卡纸")
    expect(page.get_by_label("详细描述")).to_have_value("型号：\n故障：")
    page.reload()  # what was chosen is there again
    expect(field).to_have_value(field.get_by_role("option", name="设备报修").get_attribute("value"))
    page.get_by_role("button", name="提交", exact=True).click()
    page.wait_for_url(re.compile(r"/tickets/\d+$"))
    ticket = company.supervisor.get(f"/tickets/{page.url.rsplit('/', 1)[1]}")
    told = {name: ticket[name] for name in ("title", "type", "priority", "product", "teamId")}
    assert told == {"title": "打印机又卡纸", "type": "bug", "priority": "urgent", "product": "his", "teamId": team}


def test_his_words_give_way_if_he_agrees(company: Company, open_page: Pages):
    keep(company, name="设备报修", description="型号：")
    page = open_page("/tickets/new", host=company.host)  # also for who has not said a word yet
    page.get_by_label("标题").fill("打印机")
    page.get_by_label("使用模板").select_option(label="设备报修")
    page.get_by_role("dialog").get_by_role("button", name="替换", exact=True).click()
    expect(page.get_by_label("标题")).to_have_value("设备报修：")
    page.get_by_label("使用模板").select_option(label="不使用模板")
    expect(page.get_by_label("标题")).to_have_value("")
    expect(page.get_by_label("详细描述")).to_have_value("")


def test_template_switched_off_meanwhile_costs_no_words(company: Company, open_page: Pages):
    template = keep(company, name="设备报修", description="型号：")
    page = open_page.signed_in(company.customer, "/tickets/new")
    page.get_by_label("使用模板").select_option(label="设备报修")
    company.supervisor.put(f"/ticket-templates/{template['id']}", {"active": False})
    open_page.expect_console_error(r"400.*/api/v1/tickets|status of 400")
    page.get_by_role("button", name="提交", exact=True).click()
    expect(page.get_by_text("该模板已停用。您填写的内容都在，请再次提交。")).to_be_visible()
    expect(page.get_by_label("标题")).to_have_value("设备报修：")
    page.get_by_role("button", name="提交", exact=True).click()
    page.wait_for_url(re.compile(r"/tickets/\d+$"))
    assert company.customer.get("/tickets")["list"][0]["description"] == "型号："


def test_form_without_templates_asks_for_none(company: Company, open_page: Pages):
    page = open_page.signed_in(company.customer, "/tickets/new")
    expect(page.get_by_label("标题")).to_be_visible()
    expect(page.get_by_text("问题类型")).to_be_visible()
    expect(page.get_by_label("使用模板")).to_have_count(0)
