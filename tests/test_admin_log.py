"""The operation log under /admin: found by person and action, without the noise of book-keeping."""

import re

import pytest

from tests.people import Person, unique
from tests.screens import Screens, last_log, somebody_with, text_of


@pytest.fixture
def admin(people) -> Screens:
    return Screens(people.admin)


def rows_of(page: str) -> list[str]:
    """The lines of a list as texts."""
    return [text_of(row) for row in re.findall(r"<tr>(.*?)</tr>", page, flags=re.S)][1:]


def test_it_is_found_by_person_action_and_kind_of_object(people, admin):
    clerk = people.new("admin", name=unique("clerk"))
    team = clerk.post("/teams", {"name": unique("team")})
    clerk.put(f"/teams/{team['id']}", {"description": "night shift"})
    by_person = rows_of(admin.page(f"/operation_log/list/?user_id={clerk.user_id}&operation=team.update"))
    assert len(by_person) == 1 and "Teams: Change" in by_person[0] and team["name"] in by_person[0]
    kinds = rows_of(admin.page(f"/operation_log/list/?user_id={clerk.user_id}&target_type=team"))
    assert [row.startswith("Teams:") for row in kinds] == [True, True]
    page = admin.page(f"/operation_log/list/?user_id={clerk.user_id}")
    assert f'<option value="{clerk.user_id}" selected>' in page
    assert re.search(r'<optgroup label="Teams">.*?<option value="team.update">Change</option>', page, re.S)


def test_the_search_box_knows_operations_by_their_names_in_both_languages(people):
    clerk = people.new("admin")
    clerk.post("/teams", {"name": unique("team")})
    for locale, word in (("en", "teams: create"), ("zh", "团队: 创建")):
        page = Screens(people.admin, locale).page(f"/operation_log/list/?user_id={clerk.user_id}&q={word}")
        assert len(rows_of(page)) == 1, locale


def test_a_sign_in_is_one_line_and_says_who(people, admin):
    person = people.new("agent")
    before = len(rows_of(admin.page(f"/operation_log/list/?target_type=ab_user&target_id={person.user_id}&size=100")))
    Person(people.base_url).sign_in(person.username, person.password)
    rows = rows_of(admin.page(f"/operation_log/list/?target_type=ab_user&target_id={person.user_id}&size=100"))
    assert len(rows) == before + 1
    assert "Sign-in: Signed in" in rows[0] and "127.0.0.1" in rows[0]
    for number in re.findall(
        r"/operation_log/show/(\d+)", admin.page(f"/operation_log/list/?target_id={person.user_id}&target_type=ab_user")
    ):
        words = text_of(admin.page(f"/operation_log/show/{number}"))
        assert "Login count" not in words and "Last sign-in" not in words


def test_emptiness_in_another_form_is_no_change(people, admin):
    number = admin.make("team", name=unique("team"))
    admin.submit(f"/team/edit/{number}", {"skills": "", "description": "", "problem_types": []}, marker="name")
    admin.submit(f"/team/edit/{number}", {"max_conversations": "7"}, marker="name")
    assert last_log(people, "team.update")["after"] == {"max_conversations": 7}


def test_times_and_names_are_said_as_everywhere(people, admin):
    served = people.served()
    people.agent.put(f"{served.path}/close", {})
    entry = last_log_of(people, "conversation.close", served.id)
    admin.person.http.cookies.set("tz", "Asia/Shanghai")
    words = text_of(admin.page(f"/operation_log/show/{entry['id']}"))
    stored = entry["after"]["close_time"]
    assert stored not in words and "T" in stored
    assert re.search(r"Closed — 20\d\d-\d\d-\d\d \d\d:\d\d:\d\d", words), words
    assert "Active Closed" in words  # the states, by their names


def last_log_of(people, operation: str, target_id: int) -> dict:
    """Of the lines of one operation that which tells of the end."""
    found = people.admin.get("/operation-logs", operation=operation, targetId=target_id, targetType="conversation")
    return next(row for row in found["list"] if "close_time" in row["after"])


def test_references_are_said_by_name(people, admin):
    organization = unique("org")
    number = admin.make("organization", name=organization)
    customer = admin.make("customer", name=unique("customer"))
    admin.submit(f"/customer/edit/{customer}", {"organization_id": str(number)}, marker="name")
    entry = last_log(people, "customer.update")
    assert f"Organization — {organization}" in text_of(admin.page(f"/operation_log/show/{entry['id']}"))


def test_what_was_deleted_is_named_without_a_link(people, admin):
    number = admin.make("team", name=unique("team"))
    people.admin.delete(f"/teams/{number}")
    page = admin.page(f"/operation_log/list/?operation=team.delete&target_id={number}")
    assert f"/admin/team/show/{number}" not in page
    page = admin.page(f"/operation_log/list/?operation=team.create&target_id={number}")
    assert f"/admin/team/show/{number}" in page


def test_who_sees_only_his_own_doings_finds_only_those(people, admin):
    clerk = somebody_with(
        people, "admin.enter", "operation_log.read", "team.read", "team.create", "user.read", scopes={"*": "own"}
    )
    clerk.make("team", name=unique("mine"))
    admin.make("team", name=unique("not mine"))
    rows = rows_of(clerk.page("/operation_log/list/?operation=team.create"))
    assert len(rows) == 1 and "mine" in rows[0] and "not mine" not in rows[0]
