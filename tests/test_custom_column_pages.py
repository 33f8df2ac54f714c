"""The company's own fields in the list of tickets in the browser: columns, filters, views, board, files (SET-4)."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browsing import Pages
from tests.people import Company

Take = Callable[[Page, str], object]
OPTIONS = [{"code": "one", "label": "一个人"}, {"code": "all", "label": "整个门诊"}]


@pytest.fixture
def company(new_company: Callable[[], Company]) -> Company:
    """With five fields of its own and three tickets."""
    company = new_company()
    for code, label, kind, more in (
        ("impact", "影响范围", "select", {"options": OPTIONS, "inList": True}),
        ("contract", "合同编号", "text", {}),
        ("amount", "金额", "number", {}),
        ("until", "质保到期", "date", {}),
        ("clinic", "所属医院", "organization", {}),
    ):
        company.admin.post("/custom-fields", {"subject": "ticket", "code": code, "label": label, "kind": kind, **more})
    clinic = company.admin.post("/organizations", {"name": "仁爱门诊"})["id"]
    for title, custom in (
        ("报表打不开", {"impact": "all", "contract": "HT-2026-017", "amount": 300, "until": "2026-12-01"}),
        ("导出是乱码", {"impact": "all", "contract": "HT-2025-002", "amount": 20, "clinic": clinic}),
        ("登录不上", {"impact": "one"}),
    ):
        company.supervisor.post("/tickets", {"title": title, "custom": custom})
    return company


def rows(desk: Page) -> Locator:
    return desk.locator("tbody tr")


def chips(desk: Page) -> Locator:
    return desk.get_by_role("list", name="当前筛选")


def pick(desk: Page, form: Locator, field: str, option: str) -> None:
    form.locator(".el-select").filter(has=desk.get_by_role("combobox", name=field)).click()
    desk.get_by_role("option", name=option, exact=True).click()


def test_own_fields_are_columns_that_one_chooses(company: Company, open_page: Pages, screenshot: Take):
    desk = open_page.signed_in(company.supervisor, "/desk/tickets")
    head = desk.locator("thead")
    expect(head).to_contain_text("影响范围")
    expect(head).not_to_contain_text("合同编号")
    expect(rows(desk).filter(has_text="登录不上")).to_contain_text("一个人")
    desk.get_by_role("button", name="列与密度").click()
    desk.get_by_role("checkbox", name="合同编号").check()
    desk.get_by_role("checkbox", name="影响范围").uncheck()
    expect(rows(desk).filter(has_text="报表打不开")).to_contain_text("HT-2026-017")
    expect(head).not_to_contain_text("影响范围")
    screenshot(desk, "own-columns")
    desk.reload()
    expect(head).to_contain_text("合同编号")
    assert "custom.contract" in company.supervisor.get("/user/preferences")["tickets"]["columns"]
    desk.get_by_role("button", name="列与密度").click()
    desk.get_by_role("button", name="恢复默认").click()
    expect(head).to_contain_text("影响范围")
    expect(head).not_to_contain_text("合同编号")


def test_own_fields_are_filters_of_list_view_board_and_file(company: Company, open_page: Pages, screenshot: Take):
    desk = open_page.signed_in(company.supervisor, "/desk/tickets")
    expect(rows(desk)).to_have_count(3)
    desk.get_by_role("button", name="更多筛选").click()
    form = desk.locator("details.own")
    pick(desk, form, "影响范围", "整个门诊")
    expect(rows(desk)).to_have_count(2)
    expect(form).to_be_visible()  # choosing leaves the form open
    pick(desk, form, "影响范围", "未填写")
    expect(chips(desk)).to_contain_text("影响范围 整个门诊、未填写")
    form.get_by_role("textbox", name="合同编号").fill("ht-2026")
    expect(rows(desk)).to_have_count(1)
    form.get_by_role("group", name="金额").get_by_label("从").fill("299.5")
    form.get_by_role("group", name="质保到期").get_by_label("到").fill("2026-12-01")
    for words in ("合同编号 含“ht-2026”", "金额 ≥ 299.5", "质保到期 至 2026年12月1日"):
        expect(chips(desk)).to_contain_text(words)
    expect(rows(desk)).to_contain_text(["报表打不开"])
    screenshot(desk, "own-filters")
    desk.keyboard.press("Escape")
    expect(form).to_be_hidden()
    expect(desk.get_by_role("button", name="筛选，已用 4 个条件")).to_be_focused()

    desk.get_by_role("button", name="视图操作").click()
    desk.get_by_role("menuitem", name="另存为视图…").click()
    dialog = desk.get_by_role("dialog", name="保存视图")
    dialog.get_by_label("名称").fill("大额合同")
    dialog.get_by_text("所有人").click()
    dialog.get_by_role("button", name="保存").click()
    expect(desk.get_by_role("heading", name="大额合同")).to_be_visible()
    rail = desk.get_by_role("navigation", name="工单视图")
    rail.get_by_role("button", name="全部工单").click()
    expect(rows(desk)).to_have_count(3)
    expect(chips(desk)).to_have_count(0)
    rail.get_by_role("button", name="大额合同").click()
    expect(rows(desk)).to_have_count(1)

    desk.get_by_role("button", name="导出工单").click()
    export = desk.get_by_role("dialog", name="导出工单")
    export.get_by_role("radio", name="CSV").check()
    export.get_by_role("button", name="开始导出").click()
    with desk.expect_download() as download:
        export.get_by_role("link", name="下载").click()
    text = Path(download.value.path()).read_text(encoding="utf-8-sig")
    assert "影响范围" in text and "整个门诊" in text and "报表打不开" in text and "导出是乱码" not in text

    colleague = open_page.signed_in(company.manager, desk.url.removeprefix(company.base_url))
    expect(rows(colleague)).to_have_count(1)
    expect(chips(colleague)).to_contain_text("金额 ≥ 299.5")
    colleague.get_by_role("link", name="看板").click()
    expect(colleague.get_by_role("article")).to_have_count(1)
    chips(colleague).get_by_role("button", name="移除筛选：合同编号").click()
    chips(colleague).get_by_role("button", name="移除筛选：金额").click()
    chips(colleague).get_by_role("button", name="移除筛选：质保到期").click()
    expect(colleague.get_by_role("article")).to_have_count(2)
    colleague.get_by_role("button", name="清除筛选").click()
    expect(colleague.get_by_role("article")).to_have_count(3)


def test_phone_filters_by_own_fields_and_shows_them_on_cards(company: Company, open_page: Pages, screenshot: Take):
    desk = open_page.signed_in(company.supervisor, "/desk/tickets", viewport="phone")
    expect(rows(desk).filter(has_text="登录不上").get_by_text("一个人")).to_be_visible()
    desk.get_by_role("button", name="筛选工单").tap()
    sheet = desk.get_by_role("dialog", name="筛选工单")
    form = sheet.locator("details.own")
    pick(desk, form, "所属医院", "仁爱门诊")
    screenshot(desk, "own-filters-phone")
    sheet.get_by_role("button", name="查看结果").tap()
    expect(rows(desk)).to_have_count(1)
    expect(rows(desk)).to_contain_text("导出是乱码")
    expect(chips(desk)).to_contain_text("所属医院 仁爱门诊")
    assert desk.evaluate("document.documentElement.scrollWidth") <= 390
    screenshot(desk, "own-columns-phone")
    desk.reload()
    expect(chips(desk)).to_contain_text("所属医院 仁爱门诊")


def test_view_of_a_field_that_is_gone_says_so(company: Company, open_page: Pages):
    view = company.supervisor.post(
        "/ticket-views",
        {"name": "合同", "filters": {"custom.contract.has": "HT"}, "columns": ["title", "custom.contract"]},
    )
    field = company.admin.get("/custom-fields", code="contract")["list"][0]
    company.admin.put(f"/custom-fields/{field['id']}", {"active": False})
    open_page.expect_console_error(r"400")
    desk = open_page.signed_in(company.supervisor, "/desk/tickets")
    desk.get_by_role("navigation", name="工单视图").get_by_role("button", name="合同").click()
    expect(chips(desk)).to_contain_text("已停用的字段 contract")
    chips(desk).get_by_role("button", name=re.compile("移除筛选")).click()
    expect(rows(desk)).to_have_count(3)
    expect(desk.locator("thead")).not_to_contain_text("合同编号")
    desk.get_by_role("button", name="视图操作").click()
    desk.get_by_role("menuitem", name="保存到此视图").click()
    expect(desk.get_by_text("视图已保存")).to_be_visible()
    assert company.supervisor.get(f"/ticket-views/{view['id']}")["filters"] == {}
