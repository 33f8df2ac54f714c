"""Accounts, roles, masks, settings and the operation log under /admin; the whole of it in a browser."""

import html
import re

import pytest

from tests.people import Person, unique
from tests.screens import FormReader, Screens, last_log, problems_of, role_with, somebody_with, text_of


@pytest.fixture
def admin(people) -> Screens:
    return Screens(people.admin)


# --- people and rights -----------------------------------------------------------------------------------------------


def test_a_new_users_password_is_shown_once_and_must_be_changed(people, admin):
    username = unique("new")
    data = {"username": username, "full_name": "Neu Hier", "role_ids": [str(people.role_id("agent"))]}
    answer = admin.submit("/user/add", data, marker="username")
    password = html.unescape(re.search(r'<code id="password">([^<]+)</code>', answer.text)[1])
    assert answer.headers["Cache-Control"] == "no-store" and password not in str(answer.headers)
    person = Person(people.base_url).sign_in(username, password)
    assert person.password != password and person.actor["roles"] == ["agent"]
    user_id = person.user_id
    assert password not in admin.page(f"/user/show/{user_id}")
    admin.do("user", user_id, "disable")
    assert person.request("GET", "/user/info").status_code == 401
    admin.do("user", user_id, "enable")
    reset = admin.do("user", user_id, "reset_password")
    again = re.search(r'<code id="password">([^<]+)</code>', reset.text)[1]
    assert Person(people.base_url).sign_in(username, html.unescape(again)).user_id == user_id


def test_a_role_is_given_to_several_users_at_once(people, admin):
    role_id, users = role_with(people, "ticket.read"), [people.new("agent").user_id for _ in range(2)]
    form = FormReader(admin.page(f"/role/action/give/{role_id}")).with_field("csrf_token")
    answer = admin.fetch(
        f"/role/action/give/{role_id}", method="POST", data=form | {"user_ids": users}, allow_redirects=True
    )
    assert "Done" in text_of(answer.text)
    for user_id in users:
        assert role_id in {role["id"] for role in people.admin.get(f"/users/{user_id}")["roles"]}
    deleted = admin.submit("", {}, page=admin.page(f"/role/show/{role_id}"), to=f"/role/delete/{role_id}")
    assert problems_of(deleted.text) == ["The role is still given to users"]


def test_editing_a_user_keeps_what_was_not_touched(people, admin):
    user = people.new("agent", phone="13812345678", email=f"{unique('mail')}@example.org")
    before = people.admin.get(f"/users/{user.user_id}")
    admin.submit(f"/user/edit/{user.user_id}", {"full_name": "Anders"}, marker="full_name")
    after = people.admin.get(f"/users/{user.user_id}")
    assert after["fullName"] == "Anders"
    assert {key: after[key] for key in ("phone", "email", "active", "departmentId")} == {
        key: before[key] for key in ("phone", "email", "active", "departmentId")
    }
    assert [role["code"] for role in after["roles"]] == ["agent"]
    assert user.request("GET", "/user/info").status_code == 200  # nothing changed that ends a sign-in
    admin.submit(
        f"/user/edit/{user.user_id}", {"role_ids": [str(people.role_id("supervisor"))], "phone": ""}, marker="full_name"
    )
    after = people.admin.get(f"/users/{user.user_id}")
    assert [role["code"] for role in after["roles"]] == ["supervisor"] and after["phone"] is None
    assert user.request("GET", "/user/info").status_code == 401


def test_an_administrator_cannot_touch_the_super_administrator(people):
    manager = Screens(people.manager)
    answer = manager.submit(f"/user/edit/{people.admin.user_id}", {"full_name": "Taken over"}, marker="full_name")
    assert problems_of(answer.text) == ["You cannot change the account of somebody who may do more than you"]
    reset = manager.do("user", people.admin.user_id, "reset_password")
    assert problems_of(reset.text) == problems_of(answer.text)


def test_the_rights_editor_saves_rights_and_scopes(people, admin):
    role_id = role_with(people, "ticket.read", scopes={"*": "own"})
    known = {right["name"]: str(right["id"]) for right in people.admin.get("/permissions")}
    page = admin.page(f"/role/rights/{role_id}")
    assert FormReader(page).with_field("scope-*")["right"] == [known["ticket.read"]]
    data = {"right": [known["ticket.read"], known["ticket.assign"]], "scope-ticket": "team"}
    answer = admin.submit(f"/role/rights/{role_id}", data, marker="scope-*")
    assert "Saved" in text_of(answer.text)
    role = people.admin.get(f"/roles/{role_id}")
    assert {right["name"] for right in role["permissions"]} == {"ticket.read", "ticket.assign"}
    assert role["scopes"] == {"*": "own", "ticket": "team"}


def test_nobody_grants_more_than_he_has_nor_changes_the_super_role(people, admin):
    clerk = somebody_with(people, "admin.enter", "role.read", "role.grant", "ticket.read", "dictionary.read")
    role_id = role_with(people, "ticket.read")
    known = {right["name"]: str(right["id"]) for right in people.admin.get("/permissions")}
    page = clerk.page(f"/role/rights/{role_id}")
    assert re.search(rf'name="right" value="{known["user.delete"]}" disabled', page)
    answer = clerk.submit(f"/role/rights/{role_id}", {"right": [known["user.delete"]]}, page=page, marker="scope-*")
    assert "You cannot grant rights that you do not have: Users: Delete" in problems_of(answer.text)
    super_role = people.role_id("super_admin")
    form = re.search(r'<form class="ad-rights".*?</form>', admin.page(f"/role/rights/{super_role}"), re.S)[0]
    assert "Save" not in text_of(form).split()
    forced = admin.submit(
        f"/role/rights/{super_role}", {"right": []}, page=admin.page(f"/role/rights/{role_id}"), marker="scope-*"
    )
    assert forced.status_code == 403
    assert "user.delete" in {right["name"] for right in people.admin.get(f"/roles/{super_role}")["permissions"]}


def test_numbers_and_addresses_are_masked_for_those_who_may_not_see_them(people, admin):
    number = admin.make("customer", name=unique("private"), phone="13800138000", email="hidden@example.org")
    assert "13800138000" in admin.page(f"/customer/show/{number}")
    clerk = somebody_with(people, "admin.enter", "customer.read", "customer.update", "customer.export")
    for page in (
        clerk.page(f"/customer/show/{number}"),
        clerk.page(f"/customer/edit/{number}"),
        clerk.page("/customer/list/"),
        str(clerk.export("customer")),
    ):
        assert "13800138000" not in page and "hidden@" not in page
    clerk.submit(f"/customer/edit/{number}", {"note": "called"}, marker="name")
    stored = people.admin.get(f"/customers/{number}")
    assert (stored["phone"], stored["email"], stored["note"]) == ("13800138000", "hidden@example.org", "called")


def test_the_operation_log_shows_before_and_after(people, admin):
    number = admin.make("organization", name=unique("org"), region="East")
    admin.submit(f"/organization/edit/{number}", {"region": "West"}, marker="name")
    entry = last_log(people, "organization.update")
    words = text_of(admin.page(f"/operation_log/show/{entry['id']}"))
    assert "Organizations: Change" in words and "Region East West" in words
    assert "/edit/" not in admin.page("/operation_log/list/") and "rowid" not in admin.page("/operation_log/list/")
    assert admin.fetch(f"/operation_log/delete/{entry['id']}", method="POST", data={}).status_code in (400, 404, 405)


def test_settings_are_checked_and_saved(new_company):
    company = new_company()
    admin = Screens(company.admin)
    answer = admin.submit(
        "/settings/", {"company_name": "Acme", "default_max_conversations": "0"}, marker="company_name"
    )
    assert len(problems_of(answer.text)) == 1
    assert FormReader(answer.text).with_field("company_name")["company_name"] == "Acme"
    answer = admin.submit(
        "/settings/", {"company_name": "Acme", "default_max_conversations": "7"}, marker="company_name"
    )
    assert "Saved" in text_of(answer.text) and "<b>Acme</b>" in answer.text
    assert company.admin.get("/session")["company"]["name"] == "Acme"
    reader = Screens(company.new("admin"))  # may look but not change
    assert "Save" not in text_of(reader.page("/settings/")).split()


# --- in the browser --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("viewport", ["desktop", "phone"])
def test_the_screens_work_in_a_browser(people, admin, open_page, viewport):
    name, word = unique("browser"), unique("ticket")
    admin.make("customer", name=name)
    ticket = people.ticket(title=word)
    page = open_page(None, viewport=viewport)
    account = {"username": people.admin.username, "password": people.admin.password}
    page.context.request.post("/api/v1/session", data=account)
    page.context.add_cookies([{"name": "locale", "value": "en", "url": admin.person.base_url}])
    page.goto("/admin/")
    if viewport == "phone":
        page.get_by_role("button", name="Menu").click()
    page.locator("#side").get_by_role("link", name="Tickets", exact=True).click()
    page.get_by_placeholder("Search").fill(word)
    page.get_by_placeholder("Search").press("Enter")
    page.get_by_text("1 row", exact=True).wait_for()
    page.get_by_role("checkbox", name="Choose all").check()
    page.locator("#chosen").get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    page.get_by_text("1 row done").wait_for()
    people.admin.get(f"/tickets/{ticket['id']}", expect=404)
    page.goto("/admin/ticket/add")
    page.get_by_label("Title").fill(word)
    page.locator("#select2-customer_id-container").click()
    page.locator(".select2-container--open .select2-search__field").last.fill(name)
    page.get_by_role("option", name=name).or_(page.locator(".select2-results__option", has_text=name)).first.click()
    page.get_by_role("button", name="Save").click()
    page.get_by_role("heading", name=word).wait_for()
    assert page.get_by_role("link", name=name).count() == 1
    theme = page.evaluate("document.documentElement.dataset.theme")
    page.get_by_role("button", name="Light or dark").click()
    assert page.evaluate("document.documentElement.dataset.theme") != theme
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]
    page.locator("[data-locale]").click()
    page.locator("html[lang='zh-CN']").wait_for(state="attached")
    page.locator(".ad-bar details summary").click()
    page.locator("[data-sign-out]").click()
    page.wait_for_url("**/login*")
