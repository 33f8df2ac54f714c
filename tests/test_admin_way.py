"""The way through /admin: back to the list as it was filtered, the overview, lists that are empty."""

import re
from urllib.parse import urlsplit

import pytest

from tests.people import unique
from tests.screens import Screens, somebody_with, text_of


@pytest.fixture
def admin(people) -> Screens:
    return Screens(people.admin)


def link_to(page: str, path: str) -> str:
    """The first link beside the menu that begins with this path, without /admin."""
    found = re.search(rf'href="/admin({re.escape(path)}[^"]*)"', page.partition('<main id="main"')[2])
    assert found, path
    return found[1].replace("&amp;", "&")


def test_saving_leads_back_to_the_list_as_it_was_filtered(admin):
    word = unique("back")
    number = admin.make("organization", name=word)
    listed = admin.page(f"/organization/list/?q={word}&sort=name")
    edit = link_to(listed, f"/organization/edit/{number}")
    form = admin.page(edit)
    assert link_to(form, "/organization/list/") == f"/organization/list/?q={word}&sort=name"
    answer = admin.submit(edit, {"region": "East"}, page=form, marker="name")
    assert (
        f"{urlsplit(answer.url).path}?{urlsplit(answer.url).query}" == f"/admin/organization/list/?q={word}&sort=name"
    )
    assert f"Saved: {word}" in text_of(answer.text)


def test_a_form_opened_from_the_rows_page_leads_back_there_and_from_there_to_the_list(admin):
    word = unique("back")
    number = admin.make("organization", name=word)
    shown = link_to(admin.page(f"/organization/list/?q={word}"), f"/organization/show/{number}")
    edit = link_to(admin.page(shown), f"/organization/edit/{number}")
    answer = admin.submit(edit, {"region": "West"}, marker="name")
    assert urlsplit(answer.url).path == f"/admin/organization/show/{number}"
    assert link_to(answer.text, "/organization/list/") == f"/organization/list/?q={word}"
    gone = admin.submit("", {}, page=answer.text, to=link_to_form(answer.text, f"/organization/delete/{number}"))
    assert gone.url.endswith(f"/admin/organization/list/?q={word}")


def link_to_form(page: str, path: str) -> str:
    return re.search(rf'action="/admin({re.escape(path)}[^"]*)"', page)[1].replace("&amp;", "&")


def test_what_is_done_to_several_rows_leads_back_to_the_filtered_list(admin):
    word = unique("several")
    numbers = [admin.make("organization", name=f"{word} {number}") for number in range(2)]
    page = admin.page(f"/organization/list/?q={word}")
    answer = admin.submit(
        "",
        {"action": "delete", "rowid": [str(number) for number in numbers]},
        page=page,
        to=link_to_form(page, "/organization/action_post"),
    )
    assert answer.url.endswith(f"/organization/list/?q={word}") and "2 rows done" in text_of(answer.text)


@pytest.mark.parametrize("back", ["//evil.example/", "https://evil.example/", "javascript:alert(1)", "%0d%0aX: y"])
def test_the_way_back_leads_nowhere_else(admin, back):
    number = admin.make("organization", name=unique("safe"))
    path = f"/organization/edit/{number}?back={back}"
    form = admin.page(path)
    answer = admin.fetch(
        path,
        method="POST",
        data={"csrf_token": re.search(r'name="csrf_token"[^>]*value="([^"]+)"', form)[1], "name": unique("safe")},
    )
    assert answer.status_code == 302 and answer.headers["Location"].startswith("/admin/organization/list/")
    assert "evil" not in urlsplit(answer.headers["Location"]).netloc and "X" not in answer.headers


def test_a_filter_finds_rows_that_point_to_nothing(people, admin):
    word = unique("nobody")
    people.ticket(title=f"{word} free")
    people.ticket(title=f"{word} taken", assignee=people.agent)
    page = text_of(admin.page(f"/ticket/list/?q={word}&assignee_id=none"))
    assert f"{word} free" in page and f"{word} taken" not in page and "1 row" in page
    offered = admin.fetch("/options/agent?nothing=1").json()["results"]
    assert offered[0] == {"id": "none", "text": "(not set)"}
    assert admin.fetch("/options/agent").json()["results"][0]["id"] != "none"


def test_messages_are_found_by_conversation_ticket_and_customer(people, admin):
    served, ticket = people.served(), people.ticket()
    said, noted = unique("said"), unique("noted")
    served.customer.say(served.path, said)
    people.admin.say(f"/tickets/{ticket['id']}", noted)
    for query, has, has_not in (
        (f"conversation_id={served.id}", said, noted),
        (f"ticket_id={ticket['id']}", noted, said),
        (f"customer_id={served.customer.customer_id}", said, noted),
    ):
        page = text_of(admin.page(f"/chat_message/list/?{query}"))
        assert has in page and has_not not in page, query
    assert "Nothing fits" in text_of(admin.page("/chat_message/list/?conversation_id=x"))


def test_the_page_of_a_conversation_shows_what_was_said_in_order(people, admin):
    served = people.served()
    words = [unique("line") for _ in range(3)]
    for word in words:
        served.customer.say(served.path, word)
    page = admin.page(f"/conversation/show/{served.id}")
    assert list(dict.fromkeys(re.findall(r"line-[\w-]+", text_of(page)))) == words  # the first is its subject too
    assert "/admin/chat_message/add" not in page
    reader = somebody_with(people, "admin.enter", "conversation.read")
    assert words[1] not in reader.page(f"/conversation/show/{served.id}")


# --- the overview and empty lists ------------------------------------------------------------------------------------


def test_the_overview_says_what_needs_attention(new_company):
    company = new_company()
    admin = Screens(company.admin)
    assert "All is well" in text_of(admin.page("/"))
    ticket = company.ticket(priority="critical")
    visitor = company.visitor()
    visitor.post(f"/sessions/{visitor.open_conversation('help')['id']}/handover", {})
    page = admin.page("/")
    words = text_of(page)
    assert "1 customer waits for an agent" in words and "1 critical ticket is open" in words
    assert "1 pending ticket is assigned to nobody" in words and "1 Queued now" in words
    assert "1 Conversations today" in words and "1 New tickets today" in words
    address = link_to(page, "/ticket/list/?status=pending")
    assert ticket["no"] in admin.page(address)
    company.admin.post(f"/tickets/{ticket['id']}/flow", {"status": "resolved", "resolution": "done"})
    words = text_of(admin.page("/"))
    assert "critical ticket" not in words and "1 Solved tickets today" in words


def test_the_overview_shows_only_what_one_may_read(people):
    people.ticket(priority="critical")
    clerk = somebody_with(people, "admin.enter", "article.read")
    words = text_of(clerk.page("/"))
    assert "critical" not in words and "Conversations today" not in words and "Latest changes" not in words
    nobody = somebody_with(people, "admin.enter")
    assert "Your role has no area here yet." in text_of(nobody.page("/"))


def test_an_empty_list_says_what_to_do_and_no_match_says_so(new_company):
    admin = Screens(new_company().admin)
    page = admin.page("/ticket/list/")
    assert "Nothing here yet" in text_of(page) and "A ticket is made by a customer" in text_of(page)
    assert page.count('href="/admin/ticket/add"') == 2  # at the top, and where the eye is
    page = admin.page("/ticket/list/?q=zzz")
    assert "Nothing fits these filters" in text_of(page) and "Show all" in text_of(page)
