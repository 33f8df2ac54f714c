"""The screens under /admin, as a person with a browser meets them: forms, lists, files, refusals."""

import csv
import html
import io
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

import openpyxl
import pytest
import sqlalchemy as sa
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
from tests.people import Person, at_once, unique
from views.admin import labels, rights, screens, system_settings
from views.admin.export import harmless

#: tables without a screen of their own, each with the reason
NO_SCREEN = {
    "article_vector": "numbers for search, rebuilt from the articles", "external_identity": "shown and kept with the account",
    "index_state": "a counter of search", "number_series": "a counter of numbers", "read_mark": "how far somebody has read",
    "recovery_code": "secret hashes", "role_scope": "edited with the role's rights", "system_setting": "has a form page",
    "thread": "counters; its messages have a screen", "verification_code": "secret hashes, minutes old",
    "verified_contact": "kept with the account",
}


class FormReader(HTMLParser):
    """The forms of a page: {id or action: {name: value as the browser would send it}}."""

    def __init__(self, page: str):
        super().__init__()
        self.forms: list[dict] = []
        self._select: str | None = None
        self._area: str | None = None
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "form":
            self.forms.append({})
        elif not self.forms or "name" not in given and tag != "option" or "disabled" in given:
            return
        elif tag == "input" and given.get("type") in ("checkbox", "radio"):
            if "checked" in given:
                self.forms[-1].setdefault(given["name"], []).append(given.get("value", "on"))
        elif tag == "input":
            self.forms[-1][given["name"]] = given.get("value", "")
        elif tag == "select":
            self._select = given["name"]
        elif tag == "option" and self._select and (self._select not in self.forms[-1] or "selected" in given):
            self.forms[-1][self._select] = given.get("value", "")
        elif tag == "textarea":
            self._area = given["name"]
            self.forms[-1][self._area] = ""

    def handle_endtag(self, tag):
        if tag == "select":
            self._select = None
        elif tag == "textarea":
            self._area = None

    def handle_data(self, data):
        if self._area:
            self.forms[-1][self._area] += data.removeprefix("\r\n").removeprefix("\n")

    def with_field(self, name: str) -> dict:
        return next(form for form in self.forms if name in form)


@dataclass
class Screens:
    """The administration as one person uses it."""

    person: Person
    cookies: dict = field(default_factory=lambda: {"locale": "en"})

    def fetch(self, path: str, **options):
        options.setdefault("allow_redirects", False)
        return self.person.http.request(options.pop("method", "GET"), f"{self.person.base_url}/admin{path}",
                                        cookies=self.cookies, timeout=30, **options)

    def page(self, path: str, *, expect: int = 200) -> str:
        answer = self.fetch(path)
        assert answer.status_code == expect, f"{path}: {answer.status_code} {answer.headers.get('Location')} {text_of(answer.text)[:300]}"
        assert_readable(path, answer.text)
        return answer.text

    def submit(self, path: str, changes: dict, *, page: str | None = None, marker: str = "csrf_token", to: str | None = None):
        """Fill a form in and send it; the answer, redirects followed."""
        form = FormReader(page or self.page(path)).with_field(marker) | changes
        return self.fetch(to or path, method="POST", data=form, allow_redirects=True)

    def make(self, resource: str, **data) -> int:
        """Add a row by its form; its number."""
        answer = self.submit(f"/{resource}/add", data, marker=next(iter(data)))
        found = re.search(rf"/admin/{resource}/show/(\d+)$", answer.url)
        assert found, f"{answer.url}: {problems_of(answer.text)}"
        return int(found[1])

    def do(self, resource: str, pk: int, action: str, data: dict | None = None):
        """Press the button of an operation on a row's page."""
        page = self.page(f"/{resource}/show/{pk}")
        return self.submit("", data or {}, page=page, to=f"/{resource}/action/{action}/{pk}")

    def export(self, resource: str, kind: str = "csv", query: str = "") -> list[list[str]]:
        answer = self.fetch(f"/{resource}/export/{kind}?{query}")
        assert answer.status_code == 200, answer.text[:300]
        if kind == "csv":
            return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
        sheet = openpyxl.load_workbook(io.BytesIO(answer.content), read_only=True).active
        return [[cell or "" for cell in row] for row in sheet.iter_rows(values_only=True)]


def text_of(page: str) -> str:
    """The words of a page as a person reads them."""
    page = re.sub(r"<(script|style|svg)\b.*?</\1>", " ", page, flags=re.S)
    return html.unescape(" ".join(re.sub(r"<[^>]+>", " ", page).split()))


def problems_of(page: str) -> list[str]:
    return [text_of(found) for found in re.findall(r'class="ad-(?:error|flash ad-flash--danger)".*?</(?:p|div)>', page, flags=re.S)]


def assert_readable(path: str, page: str) -> None:
    words = text_of(page)
    bad = re.search(r"\bNone\b|Traceback|<[A-Z]\w+ object|sqlalchemy|SELECT .* FROM|INSERT INTO|UPDATE \w+ SET", words)
    assert not bad, f"{path}: {words[max(0, bad.start() - 60):bad.end() + 60]}"


@pytest.fixture
def admin(people) -> Screens:
    return Screens(people.admin)


def role_with(people, *names: str, scopes: dict | None = None) -> int:
    """A role of the test's own with exactly these rights."""
    role = people.admin.post("/roles", {"name": unique("role")})
    return grant(people, role["id"], *names, scopes=scopes)


def grant(people, role_id: int, *names: str, scopes: dict | None = None) -> int:
    known = {right["name"]: right["id"] for right in people.admin.get("/permissions")}
    people.admin.post(f"/roles/{role_id}/permissions", {"permissionIds": [known[name] for name in names], "scopes": scopes or {"*": "all"}})
    return role_id


def somebody_with(people, *names: str, scopes: dict | None = None) -> Screens:
    """A new account with a role of exactly these rights."""
    role_id = role_with(people, *names, scopes=scopes)
    username = unique("clerk")
    people.admin.post("/users", {"username": username, "password": "First-pass-12", "roleIds": [role_id]})
    return Screens(Person(people.base_url).sign_in(username, "First-pass-12"))


def last_log(people, operation: str) -> dict:
    return people.admin.get("/user/operation-logs", q=operation, size=1)["list"][0]


# --- contracts -----------------------------------------------------------------------------------------------------

def test_every_table_has_a_screen_or_a_reason():
    assert models.__all__
    shown = {screen.model for screen in screens()}
    missing = {mapper.class_.__tablename__ for mapper in Model.registry.mappers
               if issubclass(mapper.class_, Entity) and mapper.class_ not in shown} - NO_SCREEN.keys()
    assert not missing
    assert {User, Role} <= shown


def test_every_screen_is_in_the_menu_and_every_entry_has_a_screen():
    assert {screen.resource: screen.__name__ for screen in screens()} | {"system_setting": "SettingsView"} == {
        name: entry.view for name, entry in ENTRIES.items()}


def test_every_column_state_setting_and_right_has_words():
    for screen in screens():
        for name in {*screen.list_columns, *(screen.show_columns or ()), *(screen.add_columns or ()), *(screen.search_columns or ())}:
            assert name in labels.COLUMNS or name in (screen.label_columns or {}), f"{screen.__name__}.{name}"
            column = inspect(screen.model).columns.get(name)
            if column is not None and isinstance(column.type, Code):
                assert set(labels.STATES[column.type.enum]) == {member.value for member in column.type.enum}
    assert set(system_settings.TITLES) == set(SETTINGS)
    assert not [name for name in OPERATIONS if rights.title_of(name) == name]


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
    people.agent.post(f"/tickets/{ticket['id']}/follow-ups", {"content": "called back", "result": "solved"}, expect=(200, 404))
    people.agent.put(f"{served.path}/close", {})
    people.make_room(people.agent)
    screen_of = Screens(people.admin, {"locale": locale})
    assert_readable("/", screen_of.page("/"))
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


@pytest.mark.parametrize("path", ["/ticket/list/?page=99999999999999999999", "/ticket/list/?size=7&sort=drop", "/ticket/list/?status=nonsense",
                                  "/ticket/list/?customer_id=x%27", "/ticket/list/?create_time_from=2026-99-99", "/ticket/list/?q=%25%27%22",
                                  "/chat_message/list/?q=%00"])
def test_odd_addresses_give_a_list_and_no_error(admin, path):
    admin.page(path)


@pytest.mark.parametrize("path", ["/ticket/show/999999999", "/ticket/show/abc", "/ticket/show/99999999999999999999999", "/ticket/edit/0",
                                  "/nothing/list/", "/ticket/export/pdf", "/ticket/action/nothing/1", "/options/nothing"])
def test_what_is_not_there_gives_a_clear_page(admin, path):
    assert "This does not exist" in text_of(admin.page(path, expect=404))


# --- who may come in -----------------------------------------------------------------------------------------------

def test_strangers_are_sent_to_the_sign_in_and_back(people):
    answer = Screens(people.anonymous).fetch("/ticket/list/?status=pending")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/login?next=/admin/ticket/list/%3Fstatus%3Dpending")


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
    assert clerk.submit("", {}, page=people_form(clerk), to="/dictionary/delete/1").status_code == 403
    grant(people, role_id, "admin.enter")
    clerk.page("/dictionary/list/", expect=403)


def people_form(who: Screens) -> str:
    """A form with a valid token, for requests that a page does not offer."""
    return f'<form><input name="csrf_token" value="{FormReader(who.page("/dictionary/list/")).forms[0].get("csrf_token", "") or token(who)}"></form>'


def token(who: Screens) -> str:
    # any page with a form writes the token into the session
    return FormReader(who.page("/settings/") if who.person.actor else "").with_field("csrf_token")["csrf_token"]


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
    agent = next(one for one in people.admin.get("/agents", size=100)["list"] if one["userId"] == clerk.person.user_id) if False else None
    assert agent is None
    assert "Nothing here" in text_of(clerk.page("/ticket/list/"))
    clerk.page(f"/ticket/show/{mine['id']}", expect=404)
    clerk.page(f"/ticket/action/assign/{other['id']}", expect=404)
    assert len(clerk.export("ticket")) == 1


# --- adding, changing, deleting --------------------------------------------------------------------------------------

def test_add_edit_and_delete_a_row(people, admin):
    code = unique("d")
    number = admin.make("dictionary", code=code, name="Colours", description="of things")
    item = admin.make("dictionary_item", code="red", label="红", label_en="Red", sort="3", active="y", dictionary_id=str(number))
    assert f'value="{number}" selected' in admin.page(f"/dictionary_item/add?dictionary_id={number}")
    assert "Red" in text_of(admin.page(f"/dictionary/show/{number}"))
    answer = admin.submit(f"/dictionary_item/edit/{item}", {"label": "深红"}, marker="label")
    assert answer.url.endswith(f"/show/{item}") and "Saved" in text_of(answer.text)
    stored = people.admin.get(f"/dictionary-items/{item}")
    assert (stored["label"], stored["labelEn"], stored["sort"], stored["active"], stored["dictionaryId"]) == ("深红", "Red", 3, 1, number)
    entry = last_log(people, "dictionary_item.update")
    assert (entry["targetId"], entry["before"]["label"], entry["after"]) == (item, "红", {"label": "深红"})
    page = admin.page(f"/dictionary_item/show/{item}")
    answer = admin.submit("", {}, page=page, to=f"/dictionary_item/delete/{item}")
    assert "Deleted" in text_of(answer.text)
    admin.page(f"/dictionary_item/show/{item}", expect=404)
    people.admin.get(f"/dictionary-items/{item}", expect=404)


def test_lists_numbers_and_references_survive_a_form(people, admin):
    name = unique("team")
    number = admin.make("team", name=name, skills="VPN\n 报表 \n\n", max_conversations="12", problem_types=["login", "data"])
    stored = people.admin.get(f"/teams/{number}")
    assert (stored["skills"], stored["maxConversations"], stored["problemTypes"]) == (["VPN", "报表"], 12, ["login", "data"])
    admin.submit(f"/team/edit/{number}", {"max_conversations": "", "leader_id": str(people.agent.user_id)}, marker="name")
    stored = people.admin.get(f"/teams/{number}")
    assert (stored["skills"], stored["maxConversations"], stored["leaderId"]) == (["VPN", "报表"], 0, people.agent.user_id)
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
    answer = admin.submit("", {}, page=admin.page(f"/article_category/show/{category}"), to=f"/article_category/delete/{category}")
    assert problems_of(answer.text) == ["The category still has articles"]
    admin.page(f"/article_category/show/{category}")


# --- operations on rows ----------------------------------------------------------------------------------------------

def test_articles_are_published_and_withdrawn_one_by_one_and_together(people, admin):
    first = admin.make("article", title=unique("article"), body="# Hello\n\n- one", phrasings="hi\nhello", visibility="staff")
    empty = admin.make("article", title=unique("empty"), body="", visibility="staff")
    assert "<li>one</li>" in admin.page(f"/article/show/{first}")
    assert "Published" in text_of(admin.do("article", first, "publish").text)
    assert people.admin.get(f"/kb/articles/{first}")["status"] == "published"
    assert problems_of(admin.do("article", empty, "publish").text) == ["An article without text cannot be published"]
    both = admin.submit("", {"action": "publish", "rowid": [str(first), str(empty)]}, page=admin.page("/article/list/"), to="/article/action_post")
    assert "1 row done" in text_of(both.text) and "An article without text cannot be published: " in problems_of(both.text)[0]
    admin.submit("", {"action": "withdraw", "rowid": [str(first)]}, page=admin.page("/article/list/"), to="/article/action_post")
    assert people.admin.get(f"/kb/articles/{first}")["status"] == "withdrawn"


def test_operations_with_data_ask_for_them(people, admin):
    ticket = people.ticket()
    path = f"/ticket/action/assign/{ticket['id']}"
    assert len(problems_of(admin.submit(path, {"agent_id": ""}, marker="agent_id").text)) == 1
    answer = admin.submit(path, {"agent_id": str(people.agent.agent_id), "reason": "knows it"}, marker="agent_id")
    assert answer.url.endswith(f"/ticket/show/{ticket['id']}")
    assert people.admin.get(f"/tickets/{ticket['id']}")["assignee"]["id"] == people.agent.agent_id
    moved = admin.submit(f"/ticket/action/flow/{ticket['id']}", {"status": "resolved", "resolution": ""}, marker="resolution")
    assert "Say how the problem was solved" in problems_of(moved.text)
    assert people.admin.get(f"/tickets/{ticket['id']}")["status"] == "pending"


def test_conversations_are_closed_from_the_list(people, admin):
    served = people.served()
    admin.submit("", {"action": "close", "rowid": [str(served.id)]}, page=admin.page("/conversation/list/"), to="/conversation/action_post")
    assert people.admin.get(served.path)["status"] == "closed"
    assert "/admin/conversation/add" not in admin.page("/conversation/list/")


def test_an_action_needs_its_own_right(people):
    clerk = somebody_with(people, "admin.enter", "article.read", "article.update", "dictionary.read")
    number = Screens(people.admin).make("article", title=unique("article"), body="text", visibility="staff")
    page = clerk.page(f"/article/show/{number}")
    assert "/action/publish/" not in page
    form = clerk.page(f"/article/edit/{number}")
    assert clerk.submit("", {}, page=form, marker="title", to=f"/article/action/publish/{number}").status_code == 403
    several = clerk.submit("", {"action": "publish", "rowid": [str(number)]}, page=form, marker="title", to="/article/action_post")
    assert several.status_code == 403
    assert people.admin.get(f"/kb/articles/{number}")["status"] == "draft"


def test_a_sign_in_is_ended_from_the_list(people, admin):
    victim = people.new("agent")
    page = admin.page(f"/login_session/list/?user_id={victim.user_id}&kind=browser")
    numbers = re.findall(r'name="rowid" value="(\d+)"', page)
    admin.submit("", {"action": "end", "rowid": numbers}, page=page, to="/login_session/action_post")
    assert victim.request("GET", "/user/info").status_code == 401
    assert last_log(people, "login_session.end")["targetType"] == "login_session"


# --- lists -----------------------------------------------------------------------------------------------------------

def test_filters_search_order_and_pages(people, admin):
    word = unique("findme")
    tickets = [people.ticket(title=f"{word} {number:02} 100%_", priority="urgent" if number % 2 else "normal") for number in range(22)]
    everything = admin.page(f"/ticket/list/?q={word}")
    assert "22 rows" in text_of(everything) and "1 / 2" in text_of(everything)
    assert "11 rows" in text_of(admin.page(f"/ticket/list/?q={word}&priority=urgent"))
    assert "22 rows" in text_of(admin.page(f"/ticket/list/?q={word}&size=50"))
    assert "Nothing here" in text_of(admin.page(f"/ticket/list/?q={word[:3]}%25{word[-3:]}"))  # % is a letter like others
    first = admin.page(f"/ticket/list/?q={word}&sort=title")
    assert re.findall(rf"{word} (\d\d)", text_of(first))[:2] == ["00", "01"]
    second = admin.page(f"/ticket/list/?q={word}&sort=title&page=2")
    assert re.findall(rf"{word} (\d\d)", text_of(second)) == ["20", "21"]
    customer = tickets[3]["customer"]["id"]
    assert "1 rows" in text_of(admin.page(f"/ticket/list/?customer_id={customer}"))


def test_concurrent_lists_do_not_mix_their_filters(people, admin):
    words = [unique("apart") for _ in range(4)]
    for word in words:
        admin.make("organization", name=word)

    def look(word: str):
        def run() -> set[str]:
            seen = set()
            for _ in range(10):
                seen |= set(re.findall(r"apart-[\w-]+", text_of(Screens(people.admin).page(f"/organization/list/?q={word}"))))
            return seen
        return run

    assert at_once(*map(look, words)) == [{word} for word in words]


def test_searching_selects_offer_what_one_may_see(people, admin):
    name = unique("chosen")
    admin.make("customer", name=name)
    found = admin.fetch(f"/options/customer?term={name}").json()
    assert [row["text"] for row in found["results"]] == [name]
    clerk = somebody_with(people, "admin.enter", "customer.read", "dictionary.read", scopes={"*": "own"})
    assert clerk.fetch(f"/options/customer?term={name}").json()["results"] == []
    assert clerk.fetch("/options/user").status_code == 403


# --- files -----------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_exports_hold_the_filtered_rows_without_formulas(people, admin, kind):
    word = unique("formula")
    admin.make("organization", name=f"=HYPERLINK({word})", region="@here", industry="-1")
    admin.make("organization", name=unique("else"))
    rows = admin.export("organization", kind, f"q={word}")
    assert rows[0][:4] == ["No.", "Name", "Region", "Industry"] and len(rows) == 2
    assert rows[1][1:4] == [f"'=HYPERLINK({word})", "'@here", "'-1"]
    entry = last_log(people, "organization.export")
    assert word in entry["note"] and kind in entry["note"]


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@x", "\t=1", "\r=1", " =1"])
def test_what_a_spreadsheet_would_run_gets_a_quote(text):
    assert harmless(text) == f"'{text}"
    assert harmless(f"a{text}") == f"a{text}"


def test_an_export_is_complete_beyond_one_page(people, admin, backend):
    word = unique("many")
    with sa.create_engine(backend.database_url).begin() as connection:
        connection.execute(sa.text("INSERT INTO dictionary_item (dictionary_id, code, label, tenant_id, version, create_time, update_time) "
                                   "VALUES (1, :code, :label, 1, 1, '2026-01-01', '2026-01-01')"),
                           [{"code": f"{word}-{number}", "label": word} for number in range(1203)])
    assert len(admin.export("dictionary_item", "csv", f"q={word}")) == 1204
    people.admin.get("/dictionaries")


# --- people and rights -----------------------------------------------------------------------------------------------

def test_a_new_users_password_is_shown_once_and_must_be_changed(people, admin):
    username = unique("new")
    answer = admin.submit("/user/add", {"username": username, "full_name": "Neu Hier", "role_ids": [str(people.role_id("agent"))]},
                          marker="username")
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


def test_editing_a_user_keeps_what_was_not_touched(people, admin):
    user = people.new("agent", phone="13812345678", email=f"{unique('mail')}@example.org")
    before = people.admin.get(f"/users/{user.user_id}")
    admin.submit(f"/user/edit/{user.user_id}", {"full_name": "Anders"}, marker="full_name")
    after = people.admin.get(f"/users/{user.user_id}")
    assert after["fullName"] == "Anders"
    assert {key: after[key] for key in ("phone", "email", "active", "departmentId")} == {
        key: before[key] for key in ("phone", "email", "active", "departmentId")}
    assert [role["code"] for role in after["roles"]] == ["agent"]
    assert user.request("GET", "/user/info").status_code == 200  # nothing changed that ends a sign-in
    admin.submit(f"/user/edit/{user.user_id}", {"role_ids": [str(people.role_id("supervisor"))], "phone": ""}, marker="full_name")
    after = people.admin.get(f"/users/{user.user_id}")
    assert [role["code"] for role in after["roles"]] == ["supervisor"] and after["phone"] is None
    assert user.request("GET", "/user/info").status_code == 401


def test_an_administrator_cannot_touch_the_super_administrator(people):
    manager = Screens(people.manager)
    answer = manager.submit(f"/user/edit/{people.admin.user_id}", {"full_name": "Taken over"}, marker="full_name")
    assert "Only a super administrator can change this account" in problems_of(answer.text)
    reset = manager.do("user", people.admin.user_id, "reset_password")
    assert problems_of(reset.text) == ["Only a super administrator can change this account"]


def test_the_rights_editor_saves_rights_and_scopes(people, admin):
    role_id = role_with(people, "ticket.read", scopes={"*": "own"})
    known = {right["name"]: str(right["id"]) for right in people.admin.get("/permissions")}
    page = admin.page(f"/role/rights/{role_id}")
    assert FormReader(page).with_field("scope-*")["right"] == [known["ticket.read"]]
    answer = admin.submit(f"/role/rights/{role_id}", {"right": [known["ticket.read"], known["ticket.assign"]], "scope-ticket": "team"},
                          marker="scope-*")
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
    assert "Save" not in text_of(re.search(r'<form class="ad-rights".*?</form>', admin.page(f"/role/rights/{super_role}"), re.S)[0])
    forced = admin.submit(f"/role/rights/{super_role}", {"right": []}, page=admin.page(f"/role/rights/{role_id}"), marker="scope-*")
    assert forced.status_code == 403
    assert "user.delete" in {right["name"] for right in people.admin.get(f"/roles/{super_role}")["permissions"]}


def test_numbers_and_addresses_are_masked_for_those_who_may_not_see_them(people, admin):
    number = admin.make("customer", name=unique("private"), phone="13800138000", email="hidden@example.org")
    assert "13800138000" in admin.page(f"/customer/show/{number}")
    clerk = somebody_with(people, "admin.enter", "customer.read", "customer.update", "customer.export")
    for page in (clerk.page(f"/customer/show/{number}"), clerk.page(f"/customer/edit/{number}"), clerk.page("/customer/list/"),
                 str(clerk.export("customer"))):
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
    answer = admin.submit("/settings/", {"company_name": "Acme", "default_max_conversations": "0"}, marker="company_name")
    assert len(problems_of(answer.text)) == 1 and FormReader(answer.text).with_field("company_name")["company_name"] == "Acme"
    answer = admin.submit("/settings/", {"company_name": "Acme", "default_max_conversations": "7"}, marker="company_name")
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
    page.context.request.post("/api/v1/session", data={"username": people.admin.username, "password": people.admin.password})
    page.context.add_cookies([{"name": "locale", "value": "en", "url": admin.person.base_url}])
    page.goto("/admin/")
    if viewport == "phone":
        page.get_by_role("button", name="Menu").click()
    page.locator("#side").get_by_role("link", name="Tickets", exact=True).click()
    page.get_by_placeholder("Search").fill(word)
    page.get_by_role("button", name="Filter", exact=True).click()
    page.get_by_text("1 rows").wait_for()
    page.get_by_role("checkbox", name="Choose all").check()
    page.locator("#chosen").get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="OK").click()
    page.get_by_text("1 row done").wait_for()
    people.admin.get(f"/tickets/{ticket['id']}", expect=404)
    page.goto("/admin/ticket/add")
    page.get_by_label("Title").fill(word)
    page.locator("#select2-customer_id-container").click()
    page.locator(".select2-search__field").fill(name)
    page.get_by_role("option", name=name).or_(page.locator(".select2-results__option", has_text=name)).first.click()
    page.get_by_role("button", name="Save").click()
    page.get_by_role("heading", name=word).wait_for()
    assert page.get_by_role("link", name=name).count() == 1
    theme = page.evaluate("document.documentElement.dataset.theme")
    page.get_by_role("button", name="Light or dark").click()
    assert page.evaluate("document.documentElement.dataset.theme") != theme
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]
    page.locator("[data-locale]").click()
    page.wait_for_function("document.documentElement.lang === 'zh-CN'")
    page.locator(".ad-bar details summary").click()
    page.locator("[data-sign-out]").click()
    page.wait_for_url("**/login*")
