"""Every page by every role, against the lines in tests/data/capabilities.py (ID-10).

The pages are those of the running URL map, the buttons those of the registered screens: a new one without a line fails.
"""

import functools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
import sqlalchemy as sa
from flask import Flask

from app.factory import create_app
from app.menu import ENTRIES
from config import Config
from tests.data.capabilities import CASE_WAYS, FURTHER, LEADERS, PAGES, ROLES, SCREENS, TOLD, WAYS
from tests.data.case_matrix import CASE_MATRIX
from tests.factories import Things
from tests.people import Company, Person, unique
from tests.screens import Screens, carry_form_key, form_key, role_with
from tests.waiting import ago
from views.admin.base import AdminView
from views.admin.options import SEARCHED
from views.admin.references import RESOURCES as RESOURCES_BY_MODEL

# who may open a screen does not depend on the database; whose rows it shows is asked on both in test_screen_scopes
pytestmark = pytest.mark.backend("sqlite")

#: a number that no row has
NOBODY = 987_654_321_012
#: the method of a screen's class → what its line must hold; buttons are asked for by their own names
RIGHTS = {
    "list": "read",
    "show": "read",
    "add": "create",
    "edit": "update",
    "delete": "delete",
    "restore": "restore",
    "export": "export",
}
BUTTONS = {"action", "action_post"}
#: the code of a widget
WIDGET = "site"
RESOURCES = sorted(SCREENS.keys() - {"system_setting"})  # settings have one page and no rows


@dataclass(frozen=True)
class Door:
    """One address of a screen with one method; `row` is the number it is asked about."""

    method: str
    path: str
    needs: str
    #: what is sent besides the key of the form
    data: dict

    def at(self, row: int) -> str:
        return self.path.replace("<pk>", str(row))


# --- what there is --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """The product as it is put together, for its URL map and its screens."""
    return create_app(Config({"DATA_DIR": str(tmp_path_factory.mktemp("app")), "EMBEDDING_MODEL": "none"}))


@pytest.fixture(scope="module")
def views(app: Flask) -> dict[str, AdminView]:
    """Resource → its screen."""
    return {view.resource: view for view in app.appbuilder.baseviews if isinstance(view, AdminView)}


def rules(app: Flask) -> Iterator[tuple[str, str, str]]:
    """(method, rule, endpoint) of all that is no endpoint of REST."""
    for rule in app.url_map.iter_rules():
        for method in rule.methods - {"HEAD", "OPTIONS"} if not rule.rule.startswith("/api/v1/") else ():
            yield method, rule.rule, rule.endpoint


def doors_of(app: Flask, view: AdminView) -> list[Door]:
    """Every way into a screen. Fails for a method of the class that no line speaks about."""
    found = []
    for method, rule, endpoint in rules(app):
        name, _, function = endpoint.partition(".")
        if name != type(view).__name__ or (method, rule) in FURTHER:
            continue
        path = rule.removeprefix("/admin").replace("<string:kind>", "csv")
        if function == "action":
            found += [Door(method, path.replace("<string:name>", one.name), one.name, {}) for one in view.row_actions]
        elif function == "action_post":
            several = [one.name for one in view.row_actions if one.multiple and not one.ask]
            found += [Door(method, path, name, {"action": name, "rowid": "<pk>"}) for name in (*several, "delete")]
        else:
            assert function in RIGHTS, f"{method} {rule}: who may? It needs a line in FURTHER"
            found.append(Door(method, path, RIGHTS[function], {}))
    return found


def test_every_page_has_a_line(app, views):
    classes = {type(view).__name__ for view in views.values()}
    inside = {(method, rule) for method, rule, _ in rules(app) if rule.startswith("/admin")}
    outside = {rule for _, rule, _ in rules(app) if not rule.startswith("/admin")}
    assert outside == PAGES.keys() | WAYS | TOLD | CASE_WAYS | {f"/case{row.path}" for row in CASE_MATRIX}
    known = set()
    for method, rule, endpoint in rules(app):
        name, _, function = endpoint.partition(".")
        if name in classes and function in RIGHTS.keys() | BUTTONS:
            known.add((method, rule))
    further = {(method, re.sub(r"/options/\w+$", "/options/<string:resource>", rule)) for method, rule in FURTHER}
    assert inside - known == further
    offered = {f"/admin/options/{RESOURCES_BY_MODEL[model]}" for model in SEARCHED}
    assert offered == {rule for _, rule in FURTHER if rule.startswith("/admin/options/")}


def test_every_button_has_a_line_and_every_line_a_button(app, views):
    assert views.keys() | {"system_setting"} == SCREENS.keys() == ENTRIES.keys()
    for resource, view in views.items():
        there = {door.needs for door in doors_of(app, view)}
        # without the operation nobody can, though the address stands in the class of all screens
        there -= {verb for verb in ("delete", "restore") if not view.datamodel.has(verb)}
        assert there == SCREENS[resource].allows("super_admin"), resource


# --- one company, somebody of each role -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def company(new_company: Callable[[], Company], database: sa.Engine) -> Company:
    """With at least one row on every screen."""
    made = new_company()
    with database.begin() as connection:  # a run takes what has become old, for which no test can wait
        connection.execute(
            sa.text(
                "INSERT INTO retention_run (state, cutoff, archived, create_time, update_time, tenant_id)"
                " SELECT 2, :now, 1, :now, :now, tenant_id FROM ab_user WHERE id = :somebody"
            ),
            {"now": ago(0), "somebody": made.admin.user_id},
        )
        connection.execute(  # as if an update of the product had brought what came with the company
            sa.text(
                "UPDATE provision SET by_update = 1"
                " WHERE tenant_id = (SELECT tenant_id FROM ab_user WHERE id = :somebody)"
            ),
            {"somebody": made.admin.user_id},
        )
    things = Things(made)
    for kind in (
        "offered_session",
        "ticket",
        "file",
        "contact",
        "article",
        "article_template",
        "bot_menu_entry",
        "learned_model",
        "synonym",
        "domain_word",
        "verdict",
        "quick_reply",
        "past_answer",
        "question_group",
        "evaluation_run",
        "model_call",
        "import",
        "dictionary_item",
        "department",
        "role",
        "entry_code",
        "export",
        "customer_team_relation",
        "duty_shift",
        "work_day",
        "wechat_account",
        "invitation",
        "automation_rule",
        "automation_run",
        "macro",
        "ticket_template",
        "ticket_transfer",
        "ticket_workflow",
        "custom_field",
    ):
        things.any(kind)
    with database.begin() as connection:  # these servers send no mail, so they plan none
        connection.execute(
            sa.text(
                "INSERT INTO ticket_letter (ticket_id, kind, reader, event_id, state, due_time, create_time,"
                " update_time, tenant_id)"
                " SELECT id, 1, 0, 0, 1, create_time, create_time, update_time, tenant_id FROM ticket"
                " WHERE id = :ticket"
            ),
            {"ticket": things.any("ticket").id},
        )
    made.agent.be("busy")
    things.any("sensitive_alert")
    rated = things.any("closed_session")
    rated.owner.post(f"/sessions/{rated.id}/rating", {"score": 5})
    things.any("rated_ticket")
    rated.owner.post("/kb/qa", {"question": unique("question")})
    made.admin.post("/channels", {"code": WIDGET, "name": unique("widget")})
    Screens(made.admin).make("team_member", team_id=str(things.any("team").id), agent_id=str(made.agent.agent_id))
    return made


@pytest.fixture(scope="module")
def forms(company: Company) -> tuple[str, str]:
    return form_key(Screens(company.admin))


@pytest.fixture(scope="module")
def people_of(company: Company, forms: tuple[str, str]) -> dict[str, Screens]:
    """Role → somebody who has it; all can send forms, and the leaders have been told something."""
    persons = {
        "anonymous": company.anonymous,
        "visitor": company.visitor(),
        "customer": company.customer,
        "agent": company.agent,
        "supervisor": company.supervisor,
        "admin": company.manager,
        "super_admin": company.new("super_admin"),
    }
    for role in LEADERS:
        company.served(agent=persons[role])
    found = {role: Screens(persons[role]) for role in ROLES}
    for screens in found.values():
        carry_form_key(screens, forms)
    return found


@pytest.fixture(scope="module")
def key(forms: tuple[str, str]) -> str:
    return forms[0]


@pytest.fixture(scope="module")
def row_of(company: Company, people_of: dict[str, Screens]) -> Callable[[str, str], int]:
    """The newest row of a screen: the super administrator's, but of notifications each leader's own."""

    @functools.cache  # no test of this module takes a row away that it has not made
    def newest(resource: str, reader: str) -> int:
        page = people_of[reader].page(f"/{resource}/list/?sort=-id")
        found = re.search(rf"/admin/{resource}/show/(\d+)", page)
        assert found, f"no row of {resource}"
        return int(found[1])

    def find(resource: str, role: str) -> int:
        return newest(resource, role if resource == "notification" and role in LEADERS else "super_admin")

    return find


def outcome(answer) -> str:
    """What an answer is: page, sign-in (the way to it), on (done, leads on), no, or nothing (404)."""
    if answer.status_code in (301, 302):
        return "sign-in" if answer.headers["Location"].startswith("/login?next=/") else "on"
    return {200: "page", 403: "no", 404: "nothing"}.get(answer.status_code, str(answer.status_code))


def refusal(role: str) -> str:
    return "sign-in" if role in ("anonymous", "visitor") else "no"


# --- pages outside of the administration ----------------------------------------------------------------------------


@pytest.mark.parametrize("rule", PAGES)
def test_page_opens_for_whom_its_line_says(people_of, row_of, rule):
    path = re.sub("<path:rest>|<int:part>", "1", rule)
    if "<id:number>" in path:
        path = shown_at_home(people_of["anonymous"], path)
    path = path.replace("/cards/<int:number>", f"/cards/{row_of('entry_code', 'super_admin')}")
    path = path.replace("appbuilder/<path:filename>", "appbuilder/js/jquery-latest.js")
    path = path.replace("<path:filename>", "favicon.svg").replace("<code>", WIDGET)
    found = {}
    for role, screens in people_of.items():
        where = f"{screens.person.base_url}{path}"
        found[role] = outcome(screens.person.http.get(where, allow_redirects=False, timeout=30))
    assert found == dict(zip(ROLES, PAGES[rule].split(), strict=True))


def shown_at_home(reader: Screens, rule: str) -> str:
    """The address of an article or a category, with or without its name, to which the home page leads."""
    folder = rule.split("/")[1]
    home = reader.person.http.get(f"{reader.person.base_url}/", timeout=30).text
    path = re.search(rf'href="(/{folder}/[^"]+)"', home)[1]
    return path if "<words>" in rule else path.split("-")[0]


@pytest.mark.parametrize("rule", sorted(WAYS))
def test_way_leads_nobody_to_another_site(people_of, rule):
    path = rule.replace("<string:locale>", "en")
    for role, screens in people_of.items():
        answer = screens.person.http.get(
            f"{screens.person.base_url}{path}",
            params={"next": "https://elsewhere.example/"},
            headers={"Referer": "https://elsewhere.example/"},
            allow_redirects=False,
            timeout=30,
        )
        # the way to WeChat is closed where it is not set up
        assert answer.status_code == (503 if rule.endswith("/start") else 302), role
        assert "elsewhere.example" not in answer.headers.get("Location", ""), role


# --- the administration ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("resource", RESOURCES)
def test_screen_opens_for_whom_its_line_says(app, views, people_of, row_of, resource):
    """Reading: lists, rows, forms, files."""
    wrong = []
    for role, screens in people_of.items():
        row, allowed = row_of(resource, role), SCREENS[resource].allows(role)
        for door in sorted(doors_of(app, views[resource]), key=lambda door: door.path):
            if door.method != "GET":
                continue
            found = outcome(screens.fetch(door.at(row)))
            if door.needs not in allowed:
                expected = {refusal(role)}
            elif "/delete/" in door.path:
                expected = {"on"}  # back to where one came from: reading deletes nothing
            elif "/action/" in door.path:
                expected = {"page", "on"}  # a form, or back to the row
            else:
                expected = {"page"}
            if found not in expected:
                wrong.append(f"{role} GET {door.at(row)}: {found}")
        if "read" in allowed:
            screens.page(f"/{resource}/show/{row}")  # is still there
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("resource", RESOURCES)
def test_form_is_taken_from_whom_its_line_says(app, views, people_of, key, row_of, database, resource):
    """Writing: who may not is refused whatever he sends and changes nothing; who may gets past the door."""
    table, wrong = views[resource].model.__tablename__, []
    for role, screens in people_of.items():
        row, allowed = row_of(resource, role), SCREENS[resource].allows(role)
        before = state_of(database, table, row, screens)
        for door in doors_of(app, views[resource]):
            if door.method != "POST":
                continue
            may = door.needs in allowed
            number = NOBODY if may else row
            data = {name: value.replace("<pk>", str(number)) for name, value in door.data.items()}
            found = outcome(screens.fetch(door.at(number), "POST", data=data | {"csrf_token": key}))
            if may:  # past the door: there is no such row, or the form lacks all it needs
                expected = {"add": {"page"}, "restore": {"on"}}.get(door.path.split("/")[2], {"nothing"})
            else:
                expected = {refusal(role)}
            if door.needs == "restore" and not views[resource].datamodel.has("restore"):
                expected = {refusal(role), "nothing"}  # the address stands in the class of all screens
            if found not in expected:
                wrong.append(f"{role} POST {door.at(number)} {data}: {found}")
        if state_of(database, table, row, screens) != before:
            wrong.append(f"{role}: something has changed")
    assert not wrong, "\n".join(wrong)


def state_of(database: sa.Engine, table: str, row: int, screens: Screens) -> tuple:
    """The row, how many there are beside it, and what stands in the log about this person."""
    account = (screens.person.actor or {}).get("userId")
    with database.connect() as connection:
        tenant = f"SELECT tenant_id FROM {table} WHERE id = :row"
        return (
            connection.execute(sa.text(f"SELECT * FROM {table} WHERE id = :row"), {"row": row}).one(),
            connection.scalar(sa.text(f"SELECT count(*) FROM {table} WHERE tenant_id = ({tenant})"), {"row": row}),
            connection.scalar(sa.text("SELECT max(id) FROM operation_log WHERE user_id = :id"), {"id": account}),
        )


#: buttons of a list that are about no row of it
BUTTONS_ALONE = {"/admin/learned-models/train"}


@pytest.mark.parametrize(("method", "rule"), [pytest.param(*one, id=" ".join(one)) for one in FURTHER])
def test_further_page_opens_for_whom_its_line_says(people_of, key, row_of, method, rule):
    holders = LEADERS[LEADERS.index(FURTHER[method, rule]) :]
    found = {}
    for role, screens in people_of.items():
        may = role in holders
        path = rule.removeprefix("/admin").replace("<string:kind>", "csv")
        if "<pk>" in path:
            path = path.replace("<pk>", str(NOBODY if may and method == "POST" else row_of(rule.split("/")[2], role)))
        data = {"csrf_token": key} if method == "POST" else None
        found[role] = outcome(screens.fetch(path, method, data=data))
    # past the door a form without content is shown again, a button leads back, and a role that does not exist is not
    # found
    opened = {"nothing"} if method == "POST" and "<pk>" in rule else {"on"} if rule in BUTTONS_ALONE else {"page"}
    for role, came in found.items():
        assert came in (opened if role in holders else {refusal(role)}), f"{role}: {came}"


def test_right_to_enter_alone_opens_nothing_but_the_front_page(app, views, company, forms, row_of):
    """No preset role is so poor: what each of them may read would hide a page that asks for no right of its own."""
    role, username, password = role_with(company, "admin.enter"), unique("clerk"), "First-pass-12"
    company.admin.post("/users", {"username": username, "password": password, "roleIds": [role]})
    clerk = Screens(Person(company.base_url, host=company.host).sign_in(username, password))
    key, wrong = carry_form_key(clerk, forms), []
    asked = [
        (door.method, door.at(row_of(name, "super_admin"))) for name in RESOURCES for door in doors_of(app, views[name])
    ]
    asked += [(method, rule.removeprefix("/admin").replace("<pk>", "1")) for method, rule in FURTHER]
    for method, path in asked:
        found = outcome(clerk.fetch(path, method, data={"csrf_token": key} if method == "POST" else None))
        closed = {"no", "nothing"} if "/restore/" in path else {"no"}
        if found not in ({"page"} if path == "/" else closed):
            wrong.append(f"{method} {path}: {found}")
    assert not wrong, "\n".join(wrong)
    assert not re.findall(r'href="/admin/\w[^"]*"', clerk.page("/"))


# --- what the pages offer -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", LEADERS)
def test_menu_shows_exactly_what_opens(people_of, role):
    menu = re.search(r'<nav class="ad-side".*?</nav>', people_of[role].page("/"), flags=re.S)[0]
    shown = set(re.findall(r'href="/admin(/[^"]+/)"', menu)) - {"/"}
    address = {name: "/settings/" if name == "system_setting" else f"/{name}/list/" for name in SCREENS}
    assert shown == {address[name] for name, line in SCREENS.items() if "read" in line.allows(role)}
    for path in shown:
        people_of[role].page(path)


@pytest.mark.parametrize("role", [role for role in ROLES if role not in LEADERS])
def test_who_may_not_enter_sees_no_menu(people_of, role):
    page = people_of[role].fetch("/").text
    assert "ad-side" not in page
    assert not re.findall(r'href="(/admin/\w[^"]*)"', page)


@pytest.mark.parametrize("role", LEADERS)
def test_buttons_are_those_of_the_line(views, people_of, row_of, role):
    """New, export, edit and delete stand where they may be used; other buttons never where they may not."""
    screens, wrong = people_of[role], []
    for resource in RESOURCES:
        allowed = SCREENS[resource].allows(role)
        if "read" not in allowed:
            continue
        row, base = row_of(resource, role), f"/admin/{resource}"
        listing, shown = screens.page(f"/{resource}/list/"), screens.page(f"/{resource}/show/{row}")
        offered = {
            "create": f'href="{base}/add"' in listing,
            "export": f'href="{base}/export/csv' in listing,
            "update": f'href="{base}/edit/{row}' in shown and f'href="{base}/edit/' in listing,
            "delete": f'action="{base}/delete/{row}' in shown,
        }
        wrong += [f"{resource} {verb}: {there}" for verb, there in offered.items() if there != (verb in allowed)]
        buttons = set(re.findall(rf'"{base}/action/(\w+)/', shown + listing))
        buttons |= set(re.findall(r'name="action" value="(\w+)"', listing))
        wrong += [f"{resource} {name} is offered" for name in buttons - allowed]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("role", LEADERS)
def test_no_link_leads_to_a_refusal(people_of, row_of, role):
    """Every kind of link on the front page, and on each list and row that a role may open."""
    screens = people_of[role]
    paths = ["/", "/settings/", "/users/import"]
    for resource in RESOURCES:
        if "read" in SCREENS[resource].allows(role):
            paths += [f"/{resource}/list/", f"/{resource}/show/{row_of(resource, role)}"]
    links: dict[str, tuple[str, str]] = {}  # one of each kind, and where it was found
    for path in paths:
        answer = screens.fetch(path)
        for link in re.findall(r'<a [^>]*href="(/[^"]*)"', answer.text if answer.status_code == 200 else ""):
            links.setdefault(re.sub(r"\d+", "#", link.partition("?")[0]), (link, path))
    assert len(links) > 50
    closed = []
    for link, path in links.values():
        answer = screens.person.http.get(f"{screens.person.base_url}{link}", allow_redirects=False, timeout=30)
        if answer.status_code != 200:
            closed.append(f"{path} links to {link}: {answer.status_code}")
    assert not closed, "\n".join(closed)


# --- who may, can ---------------------------------------------------------------------------------------------------

#: screens whose rows a test can make one after the other → their kind in tests.factories
EXPENDABLE = {
    "agent": "agent",
    "article": "article",
    "article_category": "category",
    "article_template": "article_template",
    "bot_menu_entry": "bot_menu_entry",
    "contact": "contact",
    "department": "department",
    "dictionary": "dictionary",
    "dictionary_item": "dictionary_item",
    "domain_word": "domain_word",
    "entry_code": "entry_code",
    "organization": "organization",
    "past_answer": "past_answer",
    "quick_reply": "quick_reply",
    "role": "role",
    "synonym": "synonym",
    "team": "team",
    "ticket": "ticket",
    "user": "user",
}


@pytest.mark.parametrize("role", LEADERS)
def test_what_a_role_may_delete_goes_and_comes_back(company, people_of, key, role):
    """The counterpart of the refusals: with the right the same form, and the same key, do their work."""
    screens, things, data = people_of[role], Things(company), {"csrf_token": key}
    rows = {resource: things.make(kind).id for resource, kind in EXPENDABLE.items()}
    rows["customer"] = company.admin.post("/customers", {"name": unique("customer")})["id"]
    for resource, row in rows.items():
        allowed = SCREENS[resource].allows(role)
        if "delete" not in allowed:
            continue
        assert outcome(screens.fetch(f"/{resource}/delete/{row}", "POST", data=data)) == "on", resource
        screens.page(f"/{resource}/show/{row}", expect=404)
        if "restore" in allowed:
            assert outcome(screens.fetch(f"/{resource}/restore/{row}", "POST", data=data)) == "on", resource
            screens.page(f"/{resource}/show/{row}")
