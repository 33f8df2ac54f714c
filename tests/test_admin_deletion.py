"""Deleting under /admin: the question says what goes along, a refusal stays with the row, and rows come back."""

import html
import re

import pytest
import sqlalchemy as sa

from tests.people import unique
from tests.screens import Screens, last_log, problems_of, somebody_with, text_of


@pytest.fixture
def admin(people) -> Screens:
    return Screens(people.admin)


def question_of(page: str) -> str:
    """What the delete button of a row's page asks."""
    found = re.search(r'action="[^"]*/delete/[^"]*" data-confirm="([^"]*)"', page)
    assert found, "no delete button"
    return html.unescape(found[1])


def delete(admin: Screens, resource: str, number: int) -> str:
    """Press the button and say yes; the page one arrives at."""
    answer = admin.submit("", {}, page=admin.page(f"/{resource}/show/{number}"), to=f"/{resource}/delete/{number}")
    return answer.text


def restore(admin: Screens, resource: str, number: int):
    page = admin.page(f"/{resource}/list/?deleted=1")
    return admin.submit("", {}, page=page, to=f"/{resource}/restore/{number}")


def team_with(people, admin: Screens, *agents) -> int:
    number = admin.make("team", name=unique("team"))
    for agent in agents:
        admin.make("team_member", team_id=str(number), agent_id=str(agent.agent_id))
    return number


# --- the question ----------------------------------------------------------------------------------------------------


def test_the_question_counts_what_goes_along(people, admin):
    team = team_with(people, admin, people.agent, people.other_team_agent)
    assert "2 members leave the team." in question_of(admin.page(f"/team/show/{team}"))
    dictionary = admin.make("dictionary", code=unique("d"), name="Colours")
    admin.make("dictionary_item", code="red", label="Red", active="y", dictionary_id=str(dictionary))
    asked = question_of(admin.page(f"/dictionary/show/{dictionary}"))
    assert "Its 1 item is deleted too." in asked and "This cannot be undone here." in asked
    served = people.served()
    people.agent.put(f"{served.path}/close", {})
    asked = question_of(admin.page(f"/customer/show/{served.customer.customer_id}"))
    assert "1 conversation stays." in asked and "It can be brought back" in asked


def test_of_an_account_it_says_what_ends(people, admin):
    agent = people.new("agent")
    team_with(people, admin, agent)
    asked = question_of(admin.page(f"/user/show/{agent.user_id}"))
    assert "All its sign-ins end" in asked and "The agent leaves 1 team." in asked


def test_preset_roles_have_no_delete_button(people, admin):
    assert "/delete/" not in admin.page(f"/role/show/{people.role_id('agent')}")
    assert "/delete/" in admin.page(f"/role/show/{admin_role(people)}")


def admin_role(people) -> int:
    return people.admin.post("/roles", {"name": unique("role")})["id"]


def test_a_refused_deletion_stays_with_the_row(people, admin):
    category = admin.make("article_category", name=unique("category"))
    admin.make("article", title=unique("article"), body="text", category_id=str(category))
    page = admin.page(f"/article_category/show/{category}?back=q%3Dcat")
    answer = admin.submit("", {}, page=page, to=f"/article_category/delete/{category}?back=q%3Dcat")
    assert problems_of(answer.text) == ["The category still has articles"]
    assert answer.url.endswith(f"/article_category/show/{category}?back=q%3Dcat")


# --- coming back -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("resource", ["department", "team", "customer", "article"])
def test_what_was_deleted_comes_back(people, admin, resource):
    name = unique(resource)
    fields = {"department": {"name": name, "code": unique("c")}, "article": {"title": name, "body": "text"}}
    number = admin.make(resource, **fields.get(resource, {"name": name}))
    assert "Deleted" in text_of(delete(admin, resource, number))
    admin.page(f"/{resource}/show/{number}", expect=404)
    assert name not in admin.page(f"/{resource}/list/")
    gone = admin.page(f"/{resource}/list/?deleted=1&q={name}")
    assert name in text_of(gone) and "1 row" in text_of(gone)
    assert f"/{resource}/show/{number}" not in gone and f"/{resource}/edit/{number}" not in gone
    answer = restore(admin, resource, number)
    assert answer.url.endswith(f"/{resource}/show/{number}") and f"Restored: {name}" in text_of(answer.text)
    assert name in admin.page(f"/{resource}/list/")
    assert last_log(people, f"{resource}.restore")["targetId"] == number
    again = admin.submit("", {}, page=admin.page(f"/{resource}/add"), to=f"/{resource}/restore/{number}")
    assert problems_of(again.text) == ["This does not exist"]


def test_a_team_comes_back_with_those_who_were_in_it_to_the_end(people, admin):
    stays, left = people.agent, people.other_team_agent
    team = team_with(people, admin, stays, left)
    row = re.search(
        r"/team_member/show/(\d+)[^>]*>[^<]*<span[^>]*>" + re.escape(str(left)), admin.page(f"/team/show/{team}")
    )
    delete(admin, "team_member", int(row[1]))
    delete(admin, "team", team)
    restore(admin, "team", team)
    shown = text_of(admin.page(f"/team/show/{team}"))
    assert "Team members 1" in shown and str(stays) in shown and str(left) not in shown


def test_what_it_pointed_to_may_be_gone(people, admin):
    parent = admin.make("department", name=unique("above"), code=unique("c"))
    child = admin.make("department", name=unique("below"), code=unique("c"), parent_id=str(parent))
    for number in (child, parent):
        delete(admin, "department", number)
    restore(admin, "department", child)
    assert people.admin.get(f"/departments/{child}")["parentId"] is None
    organization = admin.make("organization", name=unique("org"))
    customer = admin.make("customer", name=unique("customer"), organization_id=str(organization))
    delete(admin, "customer", customer)
    delete(admin, "organization", organization)
    restore(admin, "customer", customer)
    assert people.admin.get(f"/customers/{customer}")["organizationId"] is None


def test_a_restored_article_is_found_again(people, admin):
    word = unique("quokka").replace("-", "")
    number = admin.make("article", title=f"{word} charging", body=f"How to charge the {word}", visibility="public")
    admin.do("article", number, "publish")
    delete(admin, "article", number)
    assert not found(people, word)
    restore(admin, "article", number)
    assert found(people, word) == [number]


def found(people, word: str) -> list[int]:
    hits = people.visitor().get("/kb/articles/search", q=f"{word} charging")["list"]
    return [hit["articleId"] for hit in hits if word in hit["title"]]


def test_a_name_that_was_given_away_keeps_a_row_from_coming_back(people, admin):
    name = unique("team")
    first = admin.make("team", name=name)
    delete(admin, "team", first)
    admin.make("team", name=name)
    assert problems_of(restore(admin, "team", first).text) == ["This already exists or is still in use"]


def test_only_who_may_delete_sees_and_restores_what_was_deleted(people, admin):
    name = unique("customer")
    number = admin.make("customer", name=name)
    delete(admin, "customer", number)
    clerk = somebody_with(people, "admin.enter", "customer.read", "customer.create")
    listed = clerk.page(f"/customer/list/?deleted=1&q={name}")
    assert "Nothing fits these filters" in text_of(listed) and "Restore" not in text_of(listed)
    form = clerk.page("/customer/add")
    assert clerk.submit("", {}, page=form, to=f"/customer/restore/{number}").status_code == 403
    assert clerk.submit("", {}, page=form, to=f"/organization/restore/{number}").status_code == 404


def test_the_other_companys_rows_are_not_restored(people, admin, strangers, database):
    theirs = strangers.admin.post("/teams", {"name": unique("theirs")})["id"]
    strangers.admin.delete(f"/teams/{theirs}")
    answer = admin.submit("", {}, page=admin.page("/team/add"), to=f"/team/restore/{theirs}")
    assert problems_of(answer.text) == ["This does not exist"]
    with database.connect() as connection:
        assert connection.scalar(sa.text("SELECT deleted FROM team WHERE id = :id"), {"id": theirs}) == 1
