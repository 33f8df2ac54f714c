"""Moving a ticket under /admin: what its workflow wants to know is asked on the form, and named if it is missing."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browsing import Pages
from tests.people import Company, Person, unique
from tests.screens import FormReader, Screens, problems_of, role_with

Take = Callable[[Page, str], object]
VIEWPORTS = pytest.mark.parametrize("viewport", ["phone", "desktop"])


@pytest.fixture
def company(new_company: Callable[[], Company]) -> Company:
    return new_company()


def item(company: Company, dictionary: str, label: str) -> str:
    number = company.admin.get("/dictionaries", code=dictionary)["list"][0]["id"]
    code = unique("item")
    company.admin.post("/dictionary-items", {"dictionaryId": number, "code": code, "label": label})
    return code


def demanding(company: Company) -> tuple[dict, str, str]:
    """A ticket of a type that is solved only with product and cause known, the product and the cause's name."""
    options = [{"code": "cable", "label": "线路"}, {"code": "disk", "label": "硬盘"}]
    field = company.admin.post(
        "/custom-fields",
        {"subject": "ticket", "code": unique("cause"), "label": "故障原因", "kind": "select", "options": options},
    )
    product, kind, name = item(company, "product", "门诊系统"), item(company, "ticket_type", "设备故障"), field["code"]
    required = {"resolved": ["product", f"custom.{name}"], "waiting": ["contactPhone"]}
    company.admin.post("/ticket-workflows", {"ticketType": kind, "requiredBefore": required})
    ticket = company.admin.post("/tickets", {"title": "打印机不工作", "type": kind})
    return ticket, product, f"custom.{name}"


def test_missing_facts_are_asked_for_and_told_at_their_fields(company: Company):
    ticket, product, cause = demanding(company)
    screens, path = Screens(company.supervisor, "zh"), f"/ticket/action/flow/{ticket['id']}"
    form = FormReader(screens.page(path)).with_field("status")
    assert {"product", cause, "contact_phone", "resolution", "reason"} <= set(form)
    refused = screens.submit(path, {"status": "resolved", "resolution": "换了网线"}, marker="status")
    assert problems_of(refused.text) == ["进行这一步之前，还有内容需要填写", "必填", "必填"]
    assert company.supervisor.get(f"/tickets/{ticket['id']}")["status"] == "pending"
    filled = {"status": "resolved", "resolution": "换了网线", "product": product, cause: "cable", "reason": "已回访"}
    answer = screens.submit(path, filled, marker="status")
    assert answer.url.endswith(f"/ticket/show/{ticket['id']}"), problems_of(answer.text)
    moved = company.supervisor.get(f"/tickets/{ticket['id']}")
    assert (moved["status"], moved["resolution"], moved["product"]) == ("resolved", "换了网线", product)
    assert moved["custom"] == {cause.removeprefix("custom."): "cable"}
    said = [one for one in company.supervisor.messages(f"/tickets/{ticket['id']}")["list"] if one["type"] == "system"]
    assert any((one["payload"].get("params") or {}).get("reason") == "已回访" for one in said)


def test_what_is_known_or_not_wanted_is_not_asked(company: Company):
    ticket, product, cause = demanding(company)
    path = f"/tickets/{ticket['id']}"
    company.admin.put(path, {"version": ticket["version"], "product": product})
    screens = Screens(company.supervisor, "zh")
    form = FormReader(screens.page(f"/ticket/action/flow/{ticket['id']}")).with_field("status")
    assert cause in form and "product" not in form
    screens.submit(f"/ticket/action/flow/{ticket['id']}", {"status": "processing"}, marker="status")
    assert company.supervisor.get(path)["status"] == "processing"
    plain = company.admin.post("/tickets", {"title": "x"})
    form = FormReader(screens.page(f"/ticket/action/flow/{plain['id']}")).with_field("status")
    assert set(form) == {"csrf_token", "status", "resolution", "reason"}


def helper(company: Company) -> Person:
    """Somebody of the staff who may move tickets under /admin, and not change them."""
    role = role_with(company, "ticket.read", "ticket.process", "admin.enter")
    username, password = unique("helper"), "First-pass-12"
    company.admin.post("/users", {"username": username, "password": password, "roleIds": [role]})
    return Person(company.base_url, host=company.host).sign_in(username, password)


def test_who_may_not_change_the_ticket_reads_what_is_missing(company: Company):
    ticket, _product, cause = demanding(company)
    screens, path = Screens(helper(company), "zh"), f"/ticket/action/flow/{ticket['id']}"
    form = FormReader(screens.page(path)).with_field("status")
    assert "product" not in form and cause not in form
    refused = screens.submit(path, {"status": "resolved", "resolution": "换了网线"}, marker="status")
    assert problems_of(refused.text) == ["进行这一步之前，还有内容需要填写：产品、故障原因"]


@VIEWPORTS
def test_only_what_the_chosen_state_wants_is_shown(company: Company, open_page: Pages, screenshot: Take, viewport: str):
    ticket, product, _cause = demanding(company)
    page = open_page.signed_in(company.admin, f"/admin/ticket/action/flow/{ticket['id']}", viewport=viewport)
    expect(page.get_by_label("故障原因")).to_be_hidden()
    page.get_by_label("新状态").select_option("waiting")
    expect(page.get_by_label("联系电话")).to_be_visible()
    expect(page.get_by_label("故障原因")).to_be_hidden()
    page.get_by_label("新状态").select_option("resolved")
    expect(page.get_by_label("联系电话")).to_be_hidden()
    page.get_by_label("解决方案").fill("换了网线")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_text("必填", exact=True)).to_have_count(2)
    screenshot(page, f"ticket-step-{viewport}")
    page.get_by_label("产品").select_option(product)
    page.get_by_label("故障原因").select_option("cable")
    page.get_by_role("button", name="保存").click()
    page.wait_for_url("**/ticket/show/**")
    assert company.admin.get(f"/tickets/{ticket['id']}")["status"] == "resolved"
