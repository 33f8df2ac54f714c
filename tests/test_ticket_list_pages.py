"""The list and the board of tickets in the browser: views, filters, columns, several at once, keyboard, dragging."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browsing import Pages
from tests.people import Company
from tests.waiting import eventually

Take = Callable[[Page, str], object]


@pytest.fixture
def company(new_company: Callable[[], Company]) -> Company:
    return new_company()


def many(company: Company, *titles: str, **more) -> list[dict]:
    return [company.supervisor.post("/tickets", {"title": title, **more}) for title in titles]


def rows(desk: Page) -> Locator:
    return desk.locator("tbody tr")


def status_of(company: Company, ticket: dict) -> str:
    return company.supervisor.get(f"/tickets/{ticket['id']}")["status"]


def choose(desk: Page, field: str, *options: str) -> None:
    desk.get_by_role("main").get_by_role("combobox", name=field).click(force=True)
    for name in options:
        desk.get_by_role("option", name=name, exact=True).click()
    desk.keyboard.press("Escape")


# --- the list -------------------------------------------------------------------------------------------------------


def test_filters_become_a_view_that_a_link_opens(company: Company, open_page: Pages, screenshot: Take):
    many(company, "报表打不开", "导出是乱码", priority="urgent")
    many(company, "登录不上")
    desk = open_page.signed_in(company.supervisor, "/desk/tickets")
    expect(rows(desk)).to_have_count(3)
    choose(desk, "优先级", "紧急", "特急")
    expect(rows(desk)).to_have_count(2)
    expect(desk.get_by_role("list", name="当前筛选")).to_contain_text("优先级 紧急、特急")
    desk.get_by_role("button", name="视图操作").click()
    desk.get_by_role("menuitem", name="另存为视图…").click()
    dialog = desk.get_by_role("dialog", name="保存视图")
    dialog.get_by_label("名称").fill("加急工单")
    dialog.get_by_text("所有人").click()
    dialog.get_by_role("button", name="保存").click()
    expect(desk.get_by_role("heading", name="加急工单")).to_be_visible()
    screenshot(desk, "tickets-view")
    rail = desk.get_by_role("navigation", name="工单视图")
    rail.get_by_role("button", name="全部工单").click()
    expect(rows(desk)).to_have_count(3)
    rail.get_by_role("button", name="加急工单").click()
    expect(rows(desk)).to_have_count(2)
    colleague = open_page.signed_in(company.manager, desk.url.removeprefix(company.base_url))
    expect(rows(colleague)).to_have_count(2)
    expect(colleague.get_by_role("heading", name="加急工单")).to_be_visible()


def test_view_is_changed_made_usual_and_removed(company: Company, open_page: Pages):
    many(company, "报表打不开")
    agent = company.agent
    agent.post("/ticket-views", {"name": "我的报表", "filters": {"q": "报表"}})
    company.ticket(assignee=agent, title="报表全空")
    company.ticket(assignee=agent, title="登录不上")
    desk = open_page.signed_in(agent, "/desk/tickets")
    expect(rows(desk)).to_have_count(2)
    desk.get_by_role("navigation", name="工单视图").get_by_role("button", name="我的报表").click()
    expect(rows(desk)).to_have_count(1)
    desk.get_by_role("searchbox", name="搜索标题或编号").fill("登录")
    expect(desk.get_by_text("已调整筛选")).to_be_visible()
    desk.get_by_role("button", name="视图操作").click()
    desk.get_by_role("menuitem", name="保存到此视图").click()
    expect(desk.get_by_text("视图已保存")).to_be_visible()
    desk.get_by_role("button", name="视图操作").click()
    desk.get_by_role("menuitem", name="设为默认视图").click()
    expect(desk.get_by_text("已设为默认视图")).to_be_visible()
    desk.get_by_role("link", name="工作台").click()
    desk.get_by_role("link", name="工单").click()
    expect(desk.get_by_role("heading", name="我的报表")).to_be_visible()
    expect(rows(desk)).to_contain_text(["登录不上"])
    desk.get_by_role("button", name="视图操作").click()
    desk.get_by_role("menuitem", name="删除视图").click()
    desk.get_by_role("dialog", name="删除视图").get_by_role("button", name="删除视图").click()
    expect(desk.get_by_role("heading", name="全部工单")).to_be_visible()
    assert agent.get("/ticket-views")["total"] == 0


def test_columns_and_order_are_the_readers(company: Company, open_page: Pages):
    many(company, "报表打不开", type="bug")
    many(company, "导出是乱码", priority="critical")
    desk = open_page.signed_in(company.supervisor, "/desk/tickets")
    head = desk.locator("thead")
    desk.get_by_role("button", name="列与密度").click()
    desk.get_by_role("checkbox", name="类型").check()
    expect(head).to_contain_text("类型")
    desk.get_by_role("checkbox", name="客户").uncheck()
    desk.get_by_role("radio", name="紧凑").check()
    expect(head).not_to_contain_text("客户")
    head.get_by_role("button", name="优先级").click()
    expect(desk.get_by_role("columnheader", name="优先级")).to_have_attribute("aria-sort", "descending")
    expect(rows(desk).first).to_contain_text("导出是乱码")
    desk.reload()
    expect(head).to_contain_text("类型")
    expect(head).not_to_contain_text("客户")
    expect(rows(desk).first).to_contain_text("导出是乱码")
    assert company.supervisor.get("/user/preferences")["tickets"]["density"] == "compact"


def test_several_are_moved_together_and_refusals_are_named(company: Company, open_page: Pages, screenshot: Take):
    tickets = many(company, "报表打不开", "导出是乱码", "登录不上")
    desk = open_page.signed_in(company.supervisor, "/desk/tickets")
    expect(rows(desk)).to_have_count(3)
    desk.locator("thead label.el-checkbox").click()
    bar = desk.get_by_role("region", name="批量操作")
    expect(bar).to_contain_text("已选 3 个")
    screenshot(desk, "tickets-bulk")
    bar.get_by_role("button", name="改优先级").click()
    desk.get_by_role("menuitem", name="特急").click()
    expect(desk.get_by_text("3 个工单已更新")).to_be_visible()
    expect(desk.locator("tbody").get_by_text("特急")).to_have_count(3)
    desk.locator("thead label.el-checkbox").click()
    bar.get_by_role("button", name="改状态").click()
    desk.get_by_role("menuitem", name="已解决").click()
    dialog = desk.get_by_role("dialog", name="将 3 个工单改为「已解决」")
    # before the words are given somebody else ends one of them
    open_page.expect_console_error(r"409.*tickets/batch")
    company.supervisor.post(f"/tickets/{tickets[1]['id']}/flow", {"status": "cancelled"})
    dialog.get_by_role("textbox").fill("已升级")
    dialog.get_by_role("button", name="将 3 个工单").click()
    alert = bar.get_by_role("alert")
    expect(alert).to_contain_text("1 个工单无法处理，所以全部未改动")
    expect(alert).to_contain_text(tickets[1]["no"])
    assert [status_of(company, one) for one in tickets] == ["pending", "cancelled", "pending"]


def test_list_is_walked_through_by_keyboard(company: Company, open_page: Pages):
    first, second = many(company, "报表打不开", "导出是乱码")
    desk = open_page.signed_in(company.supervisor, "/desk/tickets?sort=id")
    expect(rows(desk)).to_have_count(2)
    desk.keyboard.press("j")
    expect(rows(desk).first).to_have_attribute("aria-current", "true")
    desk.keyboard.press("ArrowDown")
    desk.keyboard.press("x")
    expect(desk.get_by_role("region", name="批量操作")).to_contain_text("已选 1 个")
    desk.keyboard.press("x")
    expect(desk.get_by_role("region", name="批量操作")).to_have_count(0)
    desk.keyboard.press("/")
    expect(desk.get_by_role("searchbox", name="搜索标题或编号")).to_be_focused()
    desk.keyboard.type("j")
    expect(rows(desk)).to_have_count(0)
    desk.get_by_role("searchbox", name="搜索标题或编号").fill("")
    desk.get_by_role("heading", name="全部工单").click()
    expect(rows(desk)).to_have_count(2)
    desk.keyboard.press("?")
    expect(desk.get_by_role("dialog", name="键盘快捷键")).to_contain_text("选择或取消选择")
    desk.keyboard.press("Escape")
    desk.keyboard.press("k")
    desk.keyboard.press("Enter")
    expect(desk).to_have_url(re.compile(rf"/tickets/{second['id']}$"))
    assert first["id"] != second["id"]


def test_list_learns_of_new_tickets_by_itself(company: Company, open_page: Pages):
    desk = open_page.signed_in(company.supervisor, "/desk/tickets")
    expect(desk.get_by_text("还没有工单")).to_be_visible()
    many(company, "报表打不开")
    expect(rows(desk)).to_contain_text(["报表打不开"])


def test_chosen_tickets_become_a_file(company: Company, open_page: Pages):
    many(company, "报表打不开", "导出是乱码")
    desk = open_page.signed_in(company.supervisor, "/desk/tickets")
    rows(desk).filter(has_text="报表打不开").locator("label.el-checkbox").click()
    desk.get_by_role("region", name="批量操作").get_by_role("button", name="导出").click()
    dialog = desk.get_by_role("dialog", name="导出工单")
    expect(dialog).to_contain_text("所选的 1 个工单")
    dialog.get_by_role("radio", name="CSV").check()
    dialog.get_by_role("button", name="开始导出").click()
    with desk.expect_download() as download:
        dialog.get_by_role("link", name="下载").click()
    text = Path(download.value.path()).read_text(encoding="utf-8-sig")
    assert "报表打不开" in text and "导出是乱码" not in text


def test_phone_shows_cards_and_filters_in_a_sheet(company: Company, open_page: Pages, screenshot: Take):
    many(company, "报表打不开", priority="urgent")
    many(company, "登录不上")
    desk = open_page.signed_in(company.supervisor, "/desk/tickets", viewport="phone")
    expect(rows(desk)).to_have_count(2)
    assert desk.evaluate("document.documentElement.scrollWidth") <= 390
    screenshot(desk, "tickets-phone")
    desk.get_by_role("button", name="筛选工单").tap()
    sheet = desk.get_by_role("dialog", name="筛选工单")
    sheet.get_by_role("combobox", name="优先级").tap(force=True)
    desk.get_by_role("option", name="紧急", exact=True).tap()
    screenshot(desk, "tickets-phone-sheet")
    sheet.get_by_role("button", name="查看结果").tap()
    expect(rows(desk)).to_have_count(1)
    desk.get_by_role("combobox", name="工单视图").select_option("unassigned")
    expect(rows(desk)).to_have_count(2)
    rows(desk).first.locator("label.el-checkbox").tap()
    expect(desk.get_by_role("region", name="批量操作")).to_contain_text("已选 1 个")


# --- the board ------------------------------------------------------------------------------------------------------


def column(desk: Page, name: str) -> Locator:
    return desk.get_by_role("region", name=re.compile(rf"^{name}，"))


def drag(desk: Page, card: Locator, to: Locator, *, drop: bool = True) -> None:
    """By mouse, in steps, as a hand does."""
    start, end = card.bounding_box(), to.bounding_box()
    desk.mouse.move(start["x"] + 40, start["y"] + 14)
    desk.mouse.down()
    desk.mouse.move(start["x"] + 60, start["y"] + 30, steps=4)
    desk.mouse.move(end["x"] + end["width"] / 2, end["y"] + 160, steps=8)
    if drop:
        desk.mouse.up()


def test_card_is_dragged_to_its_next_state(company: Company, open_page: Pages, screenshot: Take):
    ticket, _ = many(company, "报表打不开", "登录不上")
    desk = open_page.signed_in(company.supervisor, "/desk/tickets/board")
    card = desk.get_by_role("article").filter(has_text="报表打不开")
    expect(column(desk, "待处理")).to_contain_text("登录不上")
    drag(desk, card, column(desk, "处理中"), drop=False)
    expect(column(desk, "待审核")).to_have_class(re.compile(r"\bshut\b"))
    screenshot(desk, "board-dragging")
    desk.mouse.up()
    expect(column(desk, "处理中")).to_contain_text("报表打不开")
    eventually(lambda: status_of(company, ticket) == "processing")
    expect(desk).to_have_url(re.compile("/tickets/board"))


def test_card_goes_back_where_it_may_not_lie(company: Company, open_page: Pages):
    (ticket,) = many(company, "报表打不开")
    desk = open_page.signed_in(company.supervisor, "/desk/tickets/board")
    card = desk.get_by_role("article").filter(has_text="报表打不开")
    drag(desk, card, column(desk, "待审核"))  # pending tickets are not reviewed
    expect(column(desk, "待处理")).to_contain_text("报表打不开")
    # what was legal when the board was drawn is refused by now: the answer decides
    open_page.expect_console_error(r"409.*/flow")
    desk.route("**/api/v1/tickets/*/flow", lambda route: route.fulfill(status=409, json=REFUSED))
    drag(desk, card, column(desk, "处理中"))
    expect(desk.get_by_text("有人抢先了")).to_be_visible()
    expect(column(desk, "待处理")).to_contain_text("报表打不开")
    assert status_of(company, ticket) == "pending"


REFUSED = {"code": 409, "message": "有人抢先了", "data": {"error": "conflict"}, "timestamp": 0}


def test_step_that_wants_words_waits_for_them(company: Company, open_page: Pages):
    (ticket,) = many(company, "报表打不开")
    desk = open_page.signed_in(company.supervisor, "/desk/tickets/board")
    card = desk.get_by_role("article").filter(has_text="报表打不开")
    drag(desk, card, column(desk, "已解决"))
    dialog = desk.get_by_role("dialog", name="标记为已解决")
    dialog.get_by_role("button", name="取消").click()
    expect(column(desk, "待处理")).to_contain_text("报表打不开")
    drag(desk, card, column(desk, "已解决"))
    dialog.get_by_role("textbox").fill("已重启服务")
    dialog.get_by_role("button", name="标记为已解决").click()
    expect(column(desk, "已解决")).to_contain_text("报表打不开")
    # the card lies there before the server has answered
    eventually(lambda: company.supervisor.get(f"/tickets/{ticket['id']}")["resolution"] == "已重启服务")


def test_card_is_sent_by_keyboard(company: Company, open_page: Pages):
    (ticket,) = many(company, "报表打不开")
    desk = open_page.signed_in(company.supervisor, "/desk/tickets/board")
    desk.get_by_role("button", name=f"移动工单 {ticket['no']}").focus()
    desk.keyboard.press("Enter")
    expect(desk.get_by_role("menuitem", name="处理中")).to_be_visible()
    desk.get_by_role("menuitem", name="处理中").focus()
    desk.keyboard.press("Enter")
    expect(column(desk, "处理中")).to_contain_text("报表打不开")
    eventually(lambda: status_of(company, ticket) == "processing")


def test_supervisor_hands_over_between_columns_of_people(company: Company, open_page: Pages, screenshot: Take):
    agent, colleague = company.new("agent", "王敏"), company.new("agent", "李雷")
    ticket = company.ticket(assignee=agent, title="报表打不开")
    desk = open_page.signed_in(company.supervisor, "/desk/tickets/board")
    choose(desk, "分组方式", "按处理人")
    card = desk.get_by_role("article").filter(has_text="报表打不开")
    expect(column(desk, "王敏")).to_contain_text("报表打不开")
    screenshot(desk, "board-agents")
    drag(desk, card, column(desk, "李雷"))
    dialog = desk.get_by_role("dialog", name="分配给 李雷")
    dialog.get_by_role("textbox").fill("熟悉报表")
    dialog.get_by_role("button", name="分配", exact=True).click()
    expect(column(desk, "李雷")).to_contain_text("报表打不开")
    eventually(lambda: company.supervisor.get(f"/tickets/{ticket['id']}")["assignee"]["id"] == colleague.agent_id)


def test_columns_far_to_the_right_fill_when_they_come_into_view(company: Company, open_page: Pages):
    people = [company.new("agent", f"客服{number:02}") for number in range(14)]
    for number, person in enumerate(people):
        company.ticket(assignee=person, title=f"工单{number:02}")
    desk = open_page.signed_in(company.supervisor, "/desk/tickets/board")
    asked = []
    desk.on("request", lambda request: asked.append(request.url) if "/api/v1/tickets?" in request.url else None)
    choose(desk, "分组方式", "按处理人")
    expect(column(desk, "客服00")).to_contain_text("工单00")
    last = column(desk, "客服13")
    expect(last).to_contain_text("加载更多")
    assert asked == []
    last.scroll_into_view_if_needed()
    expect(last).to_contain_text("工单13")
    company.ticket(assignee=people[13], title="后来的")
    expect(last).to_contain_text("后来的")


def test_board_hears_of_changes_and_keeps_the_filters(company: Company, open_page: Pages):
    ticket, other = many(company, "报表打不开", "登录不上")
    desk = open_page.signed_in(company.supervisor, "/desk/tickets?q=%E6%8A%A5%E8%A1%A8")
    desk.get_by_role("link", name="看板").click()
    expect(desk.get_by_role("article")).to_have_count(1)
    company.supervisor.post(f"/tickets/{ticket['id']}/flow", {"status": "processing"})
    expect(column(desk, "处理中")).to_contain_text("报表打不开")
    desk.get_by_role("link", name="列表").click()
    expect(rows(desk)).to_have_count(1)
    assert other["id"] != ticket["id"]


def test_board_on_a_phone_is_moved_through_sideways(company: Company, open_page: Pages, screenshot: Take):
    (ticket,) = many(company, "报表打不开")
    desk = open_page.signed_in(company.supervisor, "/desk/tickets/board", viewport="phone")
    expect(column(desk, "待处理")).to_contain_text("报表打不开")
    assert desk.evaluate("document.documentElement.scrollWidth") <= 390
    screenshot(desk, "board-phone")
    desk.get_by_role("button", name=f"移动工单 {ticket['no']}").tap()
    desk.get_by_role("menuitem", name="处理中").tap()
    eventually(lambda: status_of(company, ticket) == "processing")
