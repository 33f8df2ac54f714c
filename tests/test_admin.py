"""The screens under /admin: every table has one, who may come in, adding and changing rows, operations."""

import re

import pytest
from flask_appbuilder import Model
from sqlalchemy import inspect

import models
from app.menu import ENTRIES, with_menu
from app.security import ROLES
from models.base import Entity
from models.identity import Role, User
from models.types import Code
from services.operation import OPERATIONS
from services.settings import SETTINGS
from tests.people import Person, unique
from tests.screens import (
    FormReader,
    Screens,
    assert_readable,
    grant,
    last_log,
    problems_of,
    role_with,
    somebody_with,
    text_of,
)
from views import titles
from views.admin import labels, screens, system_settings

#: tables without a screen of their own, each with the reason
NO_SCREEN = {
    "adapter": "numbers for search; what they are worth stands on the page of the index",
    "article_editing": "who has an article open just now",
    "article_file": "which files an article shows; the files have a screen",
    "article_import_row": "shown with the import",
    "article_revision": "read, compared and taken back in the editor",
    "article_vector": "numbers for search, rebuilt from the articles",
    "custom_value": "what stands in a field; shown with the row",
    "customer_identity": "who a site says a customer is; shown with the customer",
    "external_identity": "shown and kept with the account",
    "index_process": "what each process holds; on the page of the index",
    "index_run": "on the page of the index",
    "index_state": "a counter of search",
    "labelled_case": "what recognition learns from; shown with the conversation or the ticket",
    "message_mood": "shown beside the message",
    "number_series": "a counter of numbers",
    "read_mark": "how far somebody has read",
    "recovery_code": "secret hashes",
    "sensitive_hit": "words of an alert, shown with it",
    "sensitive_list": "a counter of changes",
    "saved_view": "kept beside the list of tickets",
    "role_scope": "edited with the role's rights",
    "suggestion_choice": "what order suggestions learn from",
    "system_setting": "has a form page",
    "text_vector": "numbers for search",
    "ticket_link": "shown and kept on the ticket's page",
    "ticket_merge": "shown on the pages of the two tickets",
    "ticket_tag": "the tags of tickets once more, to find them by",
    "ticket_watcher": "shown and kept on the ticket's page",
    "thread": "counters; its messages have a screen",
    "undelivered_message": "shown beside the message",
    "used_nonce": "numbers used once, minutes old",
    "verification_code": "secret hashes, minutes old",
    "verified_contact": "kept with the account",
    "wechat_chat": "how far a conversation has been sent to WeChat",
    "wechat_incoming": "what WeChat has said and is not taken in yet; what went wrong stands with the account",
}


@pytest.fixture
def admin(people) -> Screens:
    return Screens(people.admin)


# --- contracts -----------------------------------------------------------------------------------------------------


def test_every_table_has_a_screen_or_a_reason():
    assert models.__all__
    shown = {screen.model for screen in screens()}
    missing = {
        mapper.class_.__tablename__
        for mapper in Model.registry.mappers
        if issubclass(mapper.class_, Entity) and mapper.class_ not in shown
    } - NO_SCREEN.keys()
    assert not missing
    assert {User, Role} <= shown


def test_every_screen_is_in_the_menu_and_every_entry_has_a_screen():
    assert {screen.resource: screen.__name__ for screen in screens()} | {"system_setting": "SettingsView"} == {
        name: entry.view for name, entry in ENTRIES.items()
    }


def test_every_column_state_setting_and_right_has_words():
    for screen in screens():
        for name in {
            *screen.list_columns,
            *(screen.show_columns or ()),
            *(screen.add_columns or ()),
            *(screen.search_columns or ()),
        }:
            assert name in labels.COLUMNS or name in (screen.label_columns or {}), f"{screen.__name__}.{name}"
            column = inspect(screen.model).columns.get(name)
            if column is not None and isinstance(column.type, Code):
                assert set(labels.STATES[column.type.enum]) == {member.value for member in column.type.enum}
    assert set(system_settings.TITLES) == set(SETTINGS)
    assert not [name for name in OPERATIONS if titles.title_of(name) == name]


def test_preset_roles_get_the_menu_of_what_they_may_read():
    assert with_menu(("ticket.*", "admin.enter")) == ("ticket.*", "admin.enter", "ticket.menu_access")
    by_code = {preset.code: preset.rights for preset in ROLES}
    assert "conversation.menu_access" in by_code["supervisor"] and "user.menu_access" in by_code["admin"]
    assert "role.menu_access" not in by_code["supervisor"]


# --- every screen --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("locale", ["zh", "en"])
def test_every_screen_answers_the_super_administrator(people, locale):
    served = people.served()
    ticket = people.ticket(assignee=people.agent)
    people.agent.post(f"/tickets/{ticket['id']}/follow-ups", {"content": "called back", "result": "solved"})
    people.agent.put(f"{served.path}/close", {})
    people.make_room(people.agent)
    screen_of = Screens(people.admin, locale)
    screen_of.page("/")
    for name in ENTRIES:
        if name == "system_setting":
            screen_of.page("/settings/")
            continue
        listing = screen_of.page(f"/{name}/list/")
        if f'href="/admin/{name}/add"' in listing:
            screen_of.page(f"/{name}/add")
        if found := re.search(rf'/admin/{name}/show/(\d+)"', listing):
            shown = screen_of.page(f"/{name}/show/{found[1]}")
            if f'href="/admin/{name}/edit/{found[1]}"' in shown:
                screen_of.page(f"/{name}/edit/{found[1]}")
        assert screen_of.export(name)[0]


def test_one_english_word_is_several_chinese_where_it_means_several(people):
    served, ticket = people.served(), people.ticket()
    people.agent.put(f"{served.path}/close", {})
    for state in ("resolved", "closed"):
        people.admin.post(f"/tickets/{ticket['id']}/flow", {"status": state, "resolution": "done"})
    screen_of = Screens(people.admin, "zh")
    for path, said, not_said in (
        (f"/conversation/show/{served.id}", ("已结束", "结束时间", "排队时间"), ("已关闭", "关闭时间")),
        (f"/ticket/show/{ticket['id']}", ("已关闭", "关闭时间"), ("已结束", "结束时间")),
        ("/notification/list/", ("阅读时间",), ("查看时间",)),
        (f"/role/rights/{people.role_id('agent')}", ("标记为已读", "查看", "结束"), ()),
    ):
        words = text_of(screen_of.page(path))
        assert all(word in words for word in said), (path, words)
        assert not any(word in words for word in not_said), (path, words)


@pytest.mark.parametrize(
    "path",
    [
        "/ticket/list/?page=99999999999999999999",
        "/ticket/list/?size=7&sort=drop",
        "/ticket/list/?status=nonsense",
        "/ticket/list/?customer_id=x%27",
        "/ticket/list/?create_time_from=2026-99-99",
        "/ticket/list/?q=%25%27%22",
        "/chat_message/list/?q=%00",
    ],
)
def test_odd_addresses_give_a_list_and_no_error(admin, path):
    admin.page(path)


@pytest.mark.parametrize(
    "path",
    [
        "/ticket/show/999999999",
        "/ticket/show/abc",
        "/ticket/show/99999999999999999999999",
        "/ticket/edit/0",
        "/nothing/list/",
        "/ticket/export/pdf",
        "/ticket/action/nothing/1",
        "/options/nothing",
    ],
)
def test_what_is_not_there_gives_a_clear_page(admin, path):
    assert "This does not exist" in text_of(admin.page(path, expect=404))


# --- who may come in -----------------------------------------------------------------------------------------------


def test_strangers_are_sent_to_the_sign_in_and_back(people):
    answer = Screens(people.anonymous).fetch("/ticket/list/?status=pending")
    assert answer.status_code == 302
    assert answer.headers["Location"] == "/login?next=/admin/ticket/list/%3Fstatus%3Dpending"


@pytest.mark.parametrize("who", ["agent", "customer"])
@pytest.mark.parametrize("path", ["/", "/ticket/list/", "/options/customer", "/settings/", "/role/rights/1"])
def test_who_may_not_enter_is_told_so(people, who, path):
    assert "administration" in text_of(Screens(getattr(people, who)).page(path, expect=403))


def test_a_right_taken_or_granted_holds_at_the_next_click(people):
    role_id = role_with(people, "admin.enter")
    username = unique("clerk")
    people.admin.post("/users", {"username": username, "password": "First-pass-12", "roleIds": [role_id]})
    clerk = Screens(Person(people.base_url).sign_in(username, "First-pass-12"))
    clerk.page("/dictionary/list/", expect=403)
    assert "/admin/dictionary/list/" not in clerk.page("/")
    grant(people, role_id, "admin.enter", "dictionary.read")
    assert "/admin/dictionary/list/" not in clerk.page("/")  # the entry of the menu is a right of its own
    page = clerk.page("/dictionary/list/")
    assert "/admin/dictionary/add" not in page and "/admin/dictionary/export" not in page
    grant(people, role_id, "admin.enter", "dictionary.read", "dictionary.menu_access")
    assert "/admin/dictionary/list/" in clerk.page("/")
    for path in ("/dictionary/add", "/dictionary/edit/1", "/dictionary/export/csv"):
        clerk.page(path, expect=403)
    token = form_token(clerk, role_id, people)
    assert clerk.fetch("/dictionary/delete/1", method="POST", data={"csrf_token": token}).status_code == 403
    people.admin.get("/dictionaries/1")
    grant(people, role_id, "admin.enter")
    clerk.page("/dictionary/list/", expect=403)


def form_token(clerk: Screens, role_id: int, people) -> str:
    """A valid token, from a form that the clerk may see for a moment."""
    grant(people, role_id, "admin.enter", "dictionary.read", "organization.read", "organization.create")
    return FormReader(clerk.page("/organization/add")).with_field("csrf_token")["csrf_token"]


def test_writes_without_the_form_token_are_refused(admin):
    number = admin.make("dictionary", code=unique("d"), name="Token")
    answer = admin.fetch(f"/dictionary/delete/{number}", method="POST", data={})
    assert answer.status_code == 400
    assert "Token" in admin.page(f"/dictionary/show/{number}")


def test_the_other_companys_rows_do_not_exist_here(admin, strangers):
    theirs = strangers.admin.post("/organizations", {"name": unique("their org")})["id"]
    admin.page(f"/organization/show/{theirs}", expect=404)
    admin.page(f"/organization/edit/{theirs}", expect=404)
    contact = admin.submit("/contact/add", {"organization_id": str(theirs), "name": "x"}, marker="organization_id")
    assert "This does not exist" in problems_of(contact.text)


def test_rows_and_exports_follow_the_data_scope(people):
    mine, other = people.ticket(title=unique("mine")), people.ticket(title=unique("other"))
    clerk = somebody_with(people, "admin.enter", "ticket.read", "ticket.export", "ticket.assign", scopes={"*": "own"})
    assert "Nothing here" in text_of(clerk.page("/ticket/list/"))
    clerk.page(f"/ticket/show/{mine['id']}", expect=404)
    clerk.page(f"/ticket/action/assign/{other['id']}", expect=404)
    assert len(clerk.export("ticket")) == 1


# --- adding, changing, deleting --------------------------------------------------------------------------------------


def test_add_edit_and_delete_a_row(people, admin):
    code = unique("d")
    number = admin.make("dictionary", code=code, name="Colours", description="of things")
    item = admin.make(
        "dictionary_item", code="red", label="红", label_en="Red", sort="3", active="y", dictionary_id=str(number)
    )
    assert f'value="{number}" selected' in admin.page(f"/dictionary_item/add?dictionary_id={number}")
    assert "Red" in text_of(admin.page(f"/dictionary/show/{number}"))
    answer = admin.submit(f"/dictionary_item/edit/{item}?stay=1", {"label": "深红"}, marker="label")
    assert answer.url.endswith(f"/show/{item}") and "Saved: 深红" in text_of(answer.text)
    stored = people.admin.get(f"/dictionary-items/{item}")
    keys = ("label", "labelEn", "sort", "active", "dictionaryId")
    assert [stored[key] for key in keys] == ["深红", "Red", 3, 1, number]
    entry = last_log(people, "dictionary_item.update")
    assert (entry["targetId"], entry["before"]["label"], entry["after"]) == (item, "红", {"label": "深红"})
    page = admin.page(f"/dictionary_item/show/{item}")
    answer = admin.submit("", {}, page=page, to=f"/dictionary_item/delete/{item}")
    assert "Deleted" in text_of(answer.text)
    admin.page(f"/dictionary_item/show/{item}", expect=404)
    people.admin.get(f"/dictionary-items/{item}", expect=404)


def test_lists_numbers_and_references_survive_a_form(people, admin):
    name = unique("team")
    number = admin.make(
        "team", name=name, skills="VPN\n 报表 \n\n", max_conversations="12", problem_types=["login", "data"]
    )
    stored = people.admin.get(f"/teams/{number}")
    assert (stored["skills"], stored["problemTypes"]) == (["VPN", "报表"], ["login", "data"])
    assert stored["maxConversations"] == 12
    admin.submit(
        f"/team/edit/{number}", {"max_conversations": "", "leader_id": str(people.agent.user_id)}, marker="name"
    )
    stored = people.admin.get(f"/teams/{number}")
    assert (stored["skills"], stored["maxConversations"]) == (["VPN", "报表"], 0)
    assert stored["leaderId"] == people.agent.user_id
    admin.submit(f"/team/edit/{number}", {"leader_id": "", "skills": ""}, marker="name")
    stored = people.admin.get(f"/teams/{number}")
    assert stored["leaderId"] is None and not stored["skills"]


def test_a_refusal_keeps_what_was_typed_and_shows_no_sql(admin):
    code = unique("d")
    admin.make("dictionary", code=code, name="First")
    again = admin.submit("/dictionary/add", {"code": code, "name": "Second"}, marker="code")
    assert_readable("add", again.text)
    assert problems_of(again.text) == ["This already exists or is still in use"]
    assert FormReader(again.text).with_field("code")["name"] == "Second"
    wrong = admin.submit("/dictionary/add", {"code": "no spaces", "name": "x"}, marker="code")
    assert "letters, digits, . _ -" in problems_of(wrong.text)
    missing = admin.submit("/dictionary/add", {"code": "", "name": ""}, marker="code")
    assert len(problems_of(missing.text)) == 2
    long = admin.submit("/dictionary/add", {"code": "c" * 65, "name": "x"}, marker="code")
    assert len(problems_of(long.text)) == 1


def test_a_stale_edit_is_refused(people, admin):
    ticket = people.ticket(title=unique("stale"))
    page = admin.page(f"/ticket/edit/{ticket['id']}")
    people.admin.put(f"/tickets/{ticket['id']}", {"title": "changed meanwhile", "version": ticket["version"]})
    answer = admin.submit(f"/ticket/edit/{ticket['id']}", {"title": "mine"}, page=page, marker="title")
    assert "Somebody else has changed this in the meantime, please reload" in problems_of(answer.text)
    assert FormReader(answer.text).with_field("title")["title"] == "mine"
    assert people.admin.get(f"/tickets/{ticket['id']}")["title"] == "changed meanwhile"


def test_a_row_in_use_is_not_deleted(people, admin):
    category = admin.make("article_category", name=unique("category"))
    admin.make("article", title=unique("article"), body="text", category_id=str(category))
    answer = admin.submit(
        "", {}, page=admin.page(f"/article_category/show/{category}"), to=f"/article_category/delete/{category}"
    )
    assert problems_of(answer.text) == ["The category still has articles"]
    admin.page(f"/article_category/show/{category}")


# --- operations on rows ----------------------------------------------------------------------------------------------


def test_articles_are_published_and_withdrawn_one_by_one_and_together(people, admin):
    first = admin.make(
        "article", title=unique("article"), body="# Hello\n\n- one", phrasings="hi\nhello", visibility="staff"
    )
    empty = admin.make("article", title=unique("empty"), body="", visibility="staff")
    assert "<li>one</li>" in admin.page(f"/article/show/{first}")
    assert "Published" in text_of(admin.do("article", first, "publish").text)
    assert people.admin.get(f"/kb/articles/{first}")["status"] == "published"
    assert problems_of(admin.do("article", empty, "publish").text) == ["An article without text cannot be published"]
    both = admin.submit(
        "",
        {"action": "publish", "rowid": [str(first), str(empty)]},
        page=admin.page("/article/list/"),
        to="/article/action_post",
    )
    assert "1 row done" in text_of(both.text)
    assert "An article without text cannot be published: " in problems_of(both.text)[0]
    admin.submit(
        "", {"action": "withdraw", "rowid": [str(first)]}, page=admin.page("/article/list/"), to="/article/action_post"
    )
    assert people.admin.get(f"/kb/articles/{first}")["status"] == "withdrawn"


def test_operations_with_data_ask_for_them(people, admin):
    ticket = people.ticket()
    path = f"/ticket/action/assign/{ticket['id']}"
    assert len(problems_of(admin.submit(path, {"agent_id": ""}, marker="agent_id").text)) == 1
    answer = admin.submit(path, {"agent_id": str(people.agent.agent_id), "reason": "knows it"}, marker="agent_id")
    assert answer.url.endswith(f"/ticket/show/{ticket['id']}")
    assert people.admin.get(f"/tickets/{ticket['id']}")["assignee"]["id"] == people.agent.agent_id
    moved = admin.submit(
        f"/ticket/action/flow/{ticket['id']}", {"status": "resolved", "resolution": ""}, marker="resolution"
    )
    assert "Say how the problem was solved" in problems_of(moved.text)
    assert people.admin.get(f"/tickets/{ticket['id']}")["status"] == "pending"


def test_conversations_are_closed_from_the_list(people, admin):
    served = people.served()
    admin.submit(
        "",
        {"action": "close", "rowid": [str(served.id)]},
        page=admin.page("/conversation/list/"),
        to="/conversation/action_post",
    )
    assert people.admin.get(served.path)["status"] == "closed"
    assert "/admin/conversation/add" not in admin.page("/conversation/list/")


def test_an_action_needs_its_own_right(people):
    clerk = somebody_with(people, "admin.enter", "article.read", "article.update", "dictionary.read")
    number = Screens(people.admin).make("article", title=unique("article"), body="text", visibility="staff")
    page = clerk.page(f"/article/show/{number}")
    assert "/action/publish/" not in page
    form = clerk.page(f"/article/edit/{number}")
    assert clerk.submit("", {}, page=form, marker="title", to=f"/article/action/publish/{number}").status_code == 403
    several = clerk.submit(
        "", {"action": "publish", "rowid": [str(number)]}, page=form, marker="title", to="/article/action_post"
    )
    assert several.status_code == 403
    assert people.admin.get(f"/kb/articles/{number}")["status"] == "draft"


def test_a_sign_in_is_ended_from_the_list(people, admin):
    victim = people.new("agent")
    page = admin.page(f"/login_session/list/?user_id={victim.user_id}&kind=browser")
    numbers = re.findall(r'name="rowid" value="(\d+)"', page)
    admin.submit("", {"action": "end", "rowid": numbers}, page=page, to="/login_session/action_post")
    assert victim.request("GET", "/user/info").status_code == 401
    assert last_log(people, "login_session.end")["targetType"] == "login_session"
