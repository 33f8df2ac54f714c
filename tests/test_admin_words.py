"""One word for one thing: the administration calls it what the workbench calls it, in both languages."""

import re

import pytest
from flask_babel import force_locale

from app.factory import create_app
from config import Config
from models.conversations import ConversationStatus
from models.organization import Presence
from models.tickets import TicketPriority, TicketStatus
from tests.people import unique
from tests.screens import FormReader, Screens, text_of
from tests.servers import ROOT
from tests.waiting import eventually
from views.admin import labels

DESK = ROOT / "frontend" / "src"


@pytest.fixture
def admin(people) -> Screens:
    return Screens(people.admin)


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    return create_app(Config({"DATA_DIR": str(tmp_path_factory.mktemp("words")), "EMBEDDING_MODEL": "none"}))


def words_of(place: str, table: str, locale: str) -> dict[str, str]:
    """A table of words in a locale file of the pages: {key: word}."""
    source = (DESK / place / "locales" / f"{locale}.ts").read_text(encoding="utf-8")
    found = re.search(rf"\b{table}: \{{(.*?)\}}", source, re.S)
    return dict(re.findall(r"(\w+): '([^']*)'", found[1]))


@pytest.mark.parametrize("locale", ["zh", "en"])
@pytest.mark.parametrize(
    ("kind", "table"),
    [
        (ConversationStatus, "conversationStatus"),
        (TicketStatus, "ticketStatus"),
        (TicketPriority, "priority"),
        (Presence, "presence"),
    ],
)
def test_states_have_the_words_of_the_workbench(app, locale, kind, table):
    with app.test_request_context(), force_locale(locale):
        ours = {state: str(title) for state, (title, _tone) in labels.STATES[kind].items()}
        assert ours == words_of("shared", table, locale)


@pytest.mark.parametrize("locale", ["zh", "en"])
@pytest.mark.parametrize(("words", "table"), [(labels.CHANNELS, "channel"), (labels.TICKET_SOURCES, "ticketSource")])
def test_channels_and_sources_have_the_words_of_the_workbench(app, locale, words, table):
    with app.test_request_context(), force_locale(locale):
        assert {name: str(word) for name, word in words.items()} == words_of("desk", table, locale)


def test_nobody_takes_a_contact_for_a_member_of_staff(people):
    chinese = Screens(people.admin, "zh")
    assert "联系人" in text_of(chinese.page("/contact/list/")) and "工作人员" not in chinese.page("/contact/list/")
    assert re.search(r'<label for="user_id">用户<', chinese.page("/agent/add"))


def test_an_assignment_is_told_in_words(new_company):
    company = new_company()
    admin = Screens(company.admin)
    company.agent.be("online")
    visitor = company.visitor()
    number = visitor.open_conversation("help")["id"]
    visitor.post(f"/sessions/{number}/handover", {})
    eventually(lambda: company.admin.get(f"/sessions/{number}")["agent"], timeout=30)
    shown = admin.page(f"/conversation/show/{number}")
    assignment = re.search(r"/admin/conversation_assignment/show/(\d+)", shown)[1]
    page = admin.page(f"/conversation_assignment/show/{assignment}")
    words = text_of(page)
    assert "fewest" not in words and "passedOver" not in words and "{" not in words
    assert "Automatic" in words and "Chosen" in words and "in use" in words
    assert re.search(r"<h1>C\d+ · Automatic · ", page)


def test_who_wrote_a_message_is_a_name_and_a_kind(people, admin):
    served = people.served()
    word = unique("said")
    served.customer.say(served.path, word)
    assert "By a supervisor" in text_of(admin.page(f"/conversation/show/{served.id}"))
    page = text_of(admin.page(f"/chat_message/list/?conversation_id={served.id}"))
    assert f"{served.customer} Customer" in page or f"{served.customer.actor['name']} Customer" in page
    assert " system " not in page


def test_only_the_next_states_of_a_ticket_are_offered(people, admin):
    ticket = people.ticket()
    path = f"/ticket/action/flow/{ticket['id']}"
    page = admin.page(path)
    offered = re.findall(r'<option value="(\w*)"', page.partition('id="status"')[2].partition("</select>")[0])
    assert offered == ["", *people.admin.get(f"/tickets/{ticket['id']}")["transitions"]]
    assert FormReader(page).with_field("status")["status"] == ""
    wrong = admin.submit(path, {"status": "review"}, page=page, marker="status")
    assert wrong.url.endswith(path) and people.admin.get(f"/tickets/{ticket['id']}")["status"] == "pending"
    admin.submit(path, {"status": "processing"}, page=page, marker="status")
    assert people.admin.get(f"/tickets/{ticket['id']}")["status"] == "processing"


def test_tags_are_offered_from_the_dictionary_and_others_may_be_typed(people, admin):
    form = admin.page("/customer/add")
    choices = form.partition('id="tags"')[2].partition("</select>")[0]
    assert re.findall(r"<option value=\"([^\"]+)\">([^<]+)<", choices) == [
        ("VIP客户", "VIP"),
        ("新客户", "New"),
        ("重点机构", "Key institution"),
    ]
    own = unique("own")
    number = admin.make("customer", name=unique("tagged"), tags=["VIP客户", own])
    assert people.admin.get(f"/customers/{number}")["tags"] == ["VIP客户", own]
    assert f"VIP {own}" in text_of(admin.page(f"/customer/show/{number}"))
    admin.submit(f"/customer/edit/{number}", {"note": "kept"}, marker="name")
    stored = people.admin.get(f"/customers/{number}")
    assert (stored["tags"], stored["note"], stored["source"]) == (["VIP客户", own], "kept", "admin")


def test_a_taken_name_is_told_at_its_field_in_the_readers_language(people):
    chinese = Screens(people.admin, "zh")
    data = {"username": people.agent.username, "role_ids": [str(people.role_id("agent"))]}
    answer = chinese.submit("/user/add", data, marker="username")
    field = re.search(r'<label for="username">.*?</div>', answer.text, re.S)[0]
    assert '<p class="ad-error" role="alert">已被占用</p>' in field
    assert "This user name" not in answer.text
