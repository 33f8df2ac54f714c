"""The rights of roles under /admin: in the menu's order, only what people can use, against the preset, copied."""

import html
import re

import pytest

import app.reactions  # noqa: F401  whoever imports it has all operations
from app.menu import ENTRIES, MENU
from app.security import FURTHER, rights_without_operation
from models.tickets import TRANSITIONS
from services.operation import OPERATIONS
from tests.people import unique
from tests.screens import FormReader, Screens, grant, problems_of, role_with, somebody_with, text_of
from views.admin import screens
from views.admin.base import METHODS
from views.admin.role_rights import MACHINE
from views.api.endpoint import ENDPOINTS


@pytest.fixture
def admin(people) -> Screens:
    return Screens(people.admin)


def all_rights() -> set[str]:
    operations = {name if entry.right is None else entry.right for name, entry in OPERATIONS.items()} - {""}
    return operations | rights_without_operation() | {entry.rights[1] for entry in ENTRIES.values()}


def usable() -> set[str]:
    """The rights that some call, screen or button asks a person for."""
    found = {entry.right for entry in ENDPOINTS.values() if entry.right} | {*FURTHER, *TRANSITIONS.values()}
    for screen in screens():
        without = screen.exclude_route_methods
        found |= {f"{screen.resource}.{verb}" for method, verb in METHODS.items() if method not in without}
        found |= {action.right for action in screen.row_actions}
    return found | {right for entry in ENTRIES.values() for right in entry.rights}


def test_rights_of_the_machine_are_those_that_nobody_can_use():
    assert all_rights() - usable() == MACHINE


def test_the_machines_rights_are_not_offered_and_survive_a_save(people, admin):
    role_id = role_with(people, "ticket.read", "conversation.route")
    page = admin.page(f"/role/rights/{role_id}")
    assert "conversation.route" not in page and "ticket.read" in page
    form = FormReader(page).with_field("scope-*")
    answer = admin.submit(f"/role/rights/{role_id}", {"right": form["right"]}, page=page, marker="scope-*")
    assert "Saved" in text_of(answer.text)
    names = {right["name"] for right in people.admin.get(f"/roles/{role_id}")["permissions"]}
    assert names == {"ticket.read", "conversation.route"}


def test_groups_stand_in_the_order_of_the_menu(people, admin):
    page = admin.page(f"/role/rights/{people.role_id('agent')}")
    sections = re.findall(r'<section class="ad-right-section"><h2>([^<]+)</h2>', page)
    assert sections == [str(category.label) for category in MENU]
    first = dict.fromkeys(re.findall(r'<label title="(\w+)\.\w+"', page))
    in_menu = [name for name in first if name in ENTRIES]
    assert in_menu == [name for name in ENTRIES if name in first]
    offered = set(re.findall(r'<label title="([\w.]+)"', page))
    assert offered == all_rights() - MACHINE


def test_a_preset_role_says_where_it_differs_from_the_delivered_one(new_company):
    company = new_company()
    role_id = company.role_id("agent")
    names = {right["name"] for right in company.admin.get(f"/roles/{role_id}")["permissions"]}
    grant(company, role_id, *(names - {"ticket.create"}), "statistics.read")
    page = Screens(company.admin).page(f"/role/rights/{role_id}")
    boxes = {
        name: (delivered == "yes", "checked" in box)
        for name, delivered, box in re.findall(
            r'<label title="([\w.]+)" class="[^"]*" data-preset="(yes|no)"><input ([^>]*)>', page
        )
    }
    different = {name for name, (delivered, held) in boxes.items() if delivered != held}
    assert different == {"ticket.create", "statistics.read"}
    assert "data-preset" not in Screens(company.admin).page(f"/role/rights/{role_with(company, 'ticket.read')}")


def test_a_role_is_copied_with_rights_and_scopes(people, admin):
    role_id = role_with(people, "ticket.read", "ticket.assign", scopes={"*": "own", "ticket": "team"})
    name = unique("copy")
    form = admin.page(f"/role/action/copy/{role_id}")
    assert FormReader(form).with_field("name")["name"].endswith("(copy)")
    answer = admin.submit(f"/role/action/copy/{role_id}", {"name": name}, page=form, marker="name")
    made = int(re.search(r"/role/rights/(\d+)", answer.url)[1])
    copy = people.admin.get(f"/roles/{made}")
    assert (copy["name"], copy["code"], made != role_id) == (name, None, True)
    assert {right["name"] for right in copy["permissions"]} == {"ticket.read", "ticket.assign"}
    assert copy["scopes"] == {"*": "own", "ticket": "team"}
    again = admin.submit(f"/role/action/copy/{role_id}", {"name": name}, marker="name")
    assert problems_of(again.text) == ["A role of this name exists already"]


def test_nobody_copies_a_role_that_may_do_more_than_he(people):
    clerk = somebody_with(people, "admin.enter", "role.read", "role.create", "role.grant", "ticket.read")
    name = unique("copy")
    answer = clerk.submit(f"/role/action/copy/{people.role_id('supervisor')}", {"name": name}, marker="name")
    assert problems_of(answer.text) == ["You cannot grant rights that you do not have"]
    assert name not in {role["name"] for role in people.admin.get("/roles", size=100)["list"]}
    looker = somebody_with(people, "admin.enter", "role.read")
    looker.page(f"/role/action/copy/{people.role_id('agent')}", expect=403)


def test_after_making_a_role_one_chooses_its_rights(admin):
    answer = admin.submit("/role/add", {"name": unique("role")}, marker="name")
    number = re.search(r"/admin/role/rights/(\d+)$", answer.url)[1]
    assert f'href="/admin/role/rights/{number}?back=sort%3D-id"' in admin.page("/role/list/?sort=-id")


def test_the_page_of_a_role_lists_who_has_it(people, admin):
    role_id = role_with(people, "ticket.read")
    names = [unique("holder") for _ in range(2)]
    for name in names:
        person = people.new("agent", name)
        people.admin.post(f"/roles/{role_id}/users", {"userIds": [person.user_id]})
    words = text_of(admin.page(f"/role/show/{role_id}"))
    assert "Users 2" in words and all(name in words for name in names)
    listed = text_of(admin.page(f"/user/list/?role_id={role_id}"))
    assert "2 rows" in listed and all(name in listed for name in names)
    assert f'<a href="/admin/user/list/?role_id={role_id}">2</a>' in html.unescape(admin.page("/role/list/?size=100"))


def test_rights_are_searched_marked_and_reset_in_the_browser(new_company, open_page):
    company = new_company()
    page = open_page.signed_in(company.admin, f"/admin/role/rights/{company.role_id('agent')}")
    page.locator("html[lang='zh-CN']").wait_for(state="attached")
    page.get_by_text("与预设相同").wait_for()
    page.get_by_placeholder("搜索权限").fill("监控")
    assert page.locator(".ad-one-right:visible").count() == 1
    page.get_by_label("监控实时会话").check()
    page.get_by_text("与预设不同：1 项").wait_for()
    page.get_by_placeholder("搜索权限").press("Enter")  # which saves nothing
    page.get_by_placeholder("搜索权限").fill("没有这样的权限")
    page.get_by_text("没有匹配的权限。").wait_for()
    page.get_by_placeholder("搜索权限").fill("")
    page.get_by_role("button", name="恢复为预设").click()
    page.get_by_text("与预设相同").wait_for()
    assert not page.get_by_label("监控实时会话").is_checked()
