"""/admin as people see it: cards and folded filters on a phone, short rows, red buttons, selects that search."""

import re

import pytest

from tests.people import unique
from tests.screens import Screens

LONG = "工单标题可以很长，" * 12


@pytest.fixture
def admin(people) -> Screens:
    return Screens(people.admin)


def width_of(page) -> int:
    return page.evaluate("document.documentElement.scrollWidth")


def test_on_a_phone_every_row_is_a_card_with_its_buttons_in_reach(people, admin, open_page):
    word = unique("card")
    ticket = people.ticket(title=f"{word} {LONG}"[:250])
    page = open_page.signed_in(people.admin, f"/admin/ticket/list/?q={word}", viewport="phone")
    card = page.locator(".ad-table tbody tr")
    box, edit = card.bounding_box(), card.get_by_role("link", name="编辑").bounding_box()
    assert width_of(page) == 390 and box["width"] <= 390 and box["height"] < 220
    assert edit["x"] > 0 and edit["x"] + edit["width"] <= 390 and edit["height"] >= 36
    for shown in (ticket["no"], "待处理", "普通"):
        assert card.get_by_text(shown).is_visible()
    assert not card.locator(
        "td", has_text=re.compile(r"^20\d\d-")
    ).is_visible()  # the time is not among what tells most
    card.get_by_role("link", name=word).click()
    page.wait_for_url(f"**/admin/ticket/show/{ticket['id']}**")


def test_on_a_phone_the_filters_fold_behind_a_button_that_counts(people, open_page):
    page = open_page.signed_in(people.admin, "/admin/ticket/list/?status=pending&priority=normal", viewport="phone")
    button = page.get_by_role("button", name="筛选 2")
    state = page.locator("select[name=status]")
    assert not state.is_visible() and button.get_attribute("aria-expanded") == "false"
    button.click()
    assert state.is_visible() and button.get_attribute("aria-expanded") == "true" and width_of(page) == 390
    state.select_option("closed")
    page.wait_for_url("**status=closed**")
    page.get_by_role("searchbox").fill("zzz")
    page.get_by_role("searchbox").press("Enter")
    page.get_by_text("没有符合条件的记录").wait_for()


@pytest.mark.parametrize("path", ["ticket", "conversation", "customer", "user", "role", "operation_log", "article"])
@pytest.mark.parametrize("viewport", ["phone", "desktop"])
def test_no_list_is_wider_than_the_screen(people, open_page, viewport, path):
    people.served()
    people.ticket(title=LONG[:200])
    page = open_page.signed_in(people.admin, f"/admin/{path}/list/", viewport=viewport)
    assert width_of(page) <= page.viewport_size["width"]
    assert not page.evaluate(
        """() => [...document.querySelectorAll('.ad-table tbody .ad-row-buttons')].some((cell) => {
          const box = cell.getBoundingClientRect()
          return cell.querySelector('a:not(.ad-show), button') && (box.right > innerWidth + 1 || box.width < 20)
        })"""
    )


def test_a_long_text_takes_two_lines_of_a_row(people, admin, open_page):
    word = unique("long")
    admin.make("quick_reply", code=unique("c")[:30], title=word[:60], content=LONG)
    page = open_page.signed_in(people.admin, f"/admin/quick_reply/list/?q={word[:60]}")
    assert page.locator(".ad-table tbody tr").bounding_box()["height"] < 66


def test_a_page_at_twice_its_size_shows_rows(people, open_page):
    people.ticket()
    page = open_page.signed_in(people.admin, "/admin/ticket/list/", viewport="desktop")
    page.set_viewport_size({"width": 720, "height": 450})
    box = page.locator(".ad-table tbody tr").first.bounding_box()
    assert width_of(page) <= 720 and box["y"] + box["height"] < 450


def test_deleting_asks_in_red_and_by_name(people, admin, open_page):
    name = unique("team")
    number = admin.make("team", name=name)
    admin.make("team_member", team_id=str(number), agent_id=str(people.agent.agent_id))
    page = open_page.signed_in(people.admin, f"/admin/team/show/{number}")
    page.get_by_role("button", name="删除").click()
    dialog = page.get_by_role("dialog")
    assert name in dialog.inner_text() and "1 名成员将被移出团队。" in dialog.inner_text()
    yes = dialog.get_by_role("button", name="删除")
    red, green, blue = map(int, re.findall(r"\d+", yes.evaluate("one => getComputedStyle(one).backgroundColor"))[:3])
    assert red > 150 > 2 * green and red > 2 * blue
    dialog.get_by_role("button", name="取消").click()
    people.admin.get(f"/teams/{number}")
    page.get_by_role("button", name="删除").click()
    yes.click()
    page.get_by_text(f"已删除: {name}").wait_for()
    page.goto("/admin/team/list/?deleted=1")
    page.locator("tr", has_text=name).get_by_role("button", name="恢复").click()
    page.get_by_role("heading", name=name).wait_for()


def test_the_solution_is_asked_only_for_a_solved_ticket(people, open_page):
    ticket = people.ticket()
    page = open_page.signed_in(people.admin, f"/admin/ticket/action/flow/{ticket['id']}")
    solution = page.get_by_label("解决方案")
    assert not solution.is_visible()
    page.get_by_label("新状态").select_option("resolved")
    solution.fill("重新登录即可")
    page.get_by_label("新状态").select_option("processing")
    assert not solution.is_visible()
    page.get_by_role("button", name="保存").click()
    page.wait_for_url("**/ticket/show/**")
    changed = people.admin.get(f"/tickets/{ticket['id']}")
    assert (changed["status"], changed["resolution"]) == ("processing", None)


def test_several_users_get_a_role_one_after_the_other(people, admin, open_page):
    role = people.admin.post("/roles", {"name": unique("role")})
    names = [unique("several") for _ in range(2)]
    holders = [people.new("agent", name).user_id for name in names]
    page = open_page.signed_in(people.admin, f"/admin/role/action/give/{role['id']}")
    page.locator(".select2-selection").click()
    for name in names:
        page.locator(".select2-search__field").first.fill(name)
        page.locator(".select2-results__option", has_text=name).click()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="保存").click()
    page.wait_for_url(f"**/role/show/{role['id']}**")
    for holder in holders:
        assert role["id"] in {one["id"] for one in people.admin.get(f"/users/{holder}")["roles"]}


def test_a_tag_is_chosen_and_another_one_typed(people, admin, open_page):
    number = admin.make("customer", name=unique("tagged"))
    page = open_page.signed_in(people.admin, f"/admin/customer/edit/{number}")
    own = unique("own")
    box = page.locator(".ad-field", has_text="标签")
    box.locator(".select2-selection").click()
    page.locator(".select2-results__option", has_text="重点机构").click()
    page.keyboard.type(own)
    page.locator(".select2-results__option--highlighted", has_text=own).wait_for()
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="保存").click()
    page.wait_for_url("**/customer/list/**")
    assert people.admin.get(f"/customers/{number}")["tags"] == ["重点机构", own]
