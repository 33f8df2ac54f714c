"""The main job again by people who read no Chinese, and with eyes for nothing else: see `Reader`."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from app.menu import ENTRIES
from tests.browsing import Pages
from tests.people import Company, Person
from tests.reading import Reader
from tests.screens import Screens, text_of

pytestmark = pytest.mark.backend("sqlite")  # words do not depend on the database
ENGLISH = "en-GB"
QUESTION = "How do I recall a message I sent by mistake?"
#: screens that would show texts of people which no list names: Chinese articles, names that were changed
NARROWED = {"article": "?locale=en", "article_template": "?locale=en", "operation_log": "?target_type=conversation"}
PROBLEM = "The certificate has expired and the page does not open"


@pytest.fixture
def company(new_company: Callable[[], Company]) -> Company:
    """A company whose roles and service levels have English names: a word like 客服 would hide what was forgotten."""
    company = new_company()
    for role in company.admin.get("/roles", size=100)["list"]:
        company.admin.put(f"/roles/{role['id']}", {"name": role["code"].replace("_", " ").title()})
    for level in company.admin.get("/sla-policies", size=100)["list"]:
        company.admin.put(f"/sla-policies/{level['id']}", {"name": f"Service level {level['id']}"})
    company.admin.put(f"/users/{company.admin.user_id}", {"fullName": "Margaret Hamilton"})
    return company


@pytest.fixture
def reader(company: Company) -> Reader:
    return Reader(company.admin)


def english(company: Company, role: str, name: str) -> Person:
    person = company.new(role, name)
    person.put("/session/locale", {"locale": "en"})
    return person


def sign_in(page: Page, person: Person, next_path: str, reader: Reader) -> Page:
    """Through the login page, as a person does."""
    page.goto(f"/login?next={next_path}")
    expect(page.get_by_role("heading", name="Welcome back")).to_be_visible()
    reader.check(page)
    page.get_by_label("Account", exact=True).fill(person.username)
    page.get_by_label("Password", exact=True).fill(person.password)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url(re.compile(f".*://[^/]*{re.escape(next_path)}"))
    page.wait_for_load_state("load")
    return page


def test_customer_agent_and_ticket_in_english(company: Company, reader: Reader, open_page: Pages):
    """On the phone a question, an answer, a person; at the desk the reply and a ticket, in whose room both go on."""
    agent = english(company, "agent", "Grace Hopper")
    desk = sign_in(open_page(None, host=company.host, locale=ENGLISH), agent, "/desk", reader)
    desk.get_by_role("button", name=re.compile("Change presence")).click()
    reader.check(desk)
    desk.get_by_role("menuitem", name=re.compile("^Online")).click()
    expect(desk.get_by_text("No open conversations")).to_be_visible()
    reader.check(desk)

    # the answer comes from the English articles
    phone = open_page("/", viewport="phone", host=company.host, locale=ENGLISH)
    expect(phone.get_by_role("heading", name="Hello, how can we help?")).to_be_visible()
    expect(phone.get_by_text("Often read")).to_be_visible()
    reader.check(phone)
    phone.get_by_role("combobox", name="Describe your problem").fill(QUESTION)
    phone.keyboard.press("Enter")
    expect(phone.get_by_text("Where this comes from")).to_be_visible()
    source = phone.get_by_role("link", name=QUESTION)
    expect(source).to_be_visible()
    reader.check(phone)
    source.click()
    expect(phone.get_by_text("Was this helpful?")).to_be_visible()
    reader.check(phone)

    # a person, please
    phone.goto("/chat")
    phone.get_by_placeholder("Describe your problem").fill(PROBLEM)
    phone.get_by_role("button", name="Send", exact=True).click()
    expect(phone.get_by_text(PROBLEM)).to_be_visible()
    reader.check(phone)
    phone.get_by_role("button", name="Talk to a person").first.click()
    row = desk.get_by_role("region", name="Conversations").get_by_role("button", name="Visitor")
    row.click()
    expect(desk.get_by_role("article").get_by_text(PROBLEM)).to_be_visible()
    expect(phone.get_by_text("Grace Hopper").first).to_be_visible()
    box = desk.get_by_placeholder("Write a reply, / for quick replies")
    box.fill("Please send me a picture of the message")
    box.press("Enter")
    expect(phone.get_by_text("Please send me a picture of the message")).to_be_visible()
    reader.check(phone)
    desk.get_by_role("tab", name="Customer").click()
    expect(desk.get_by_text("First seen")).to_be_visible()
    reader.check(desk)

    # a ticket
    desk.get_by_role("button", name="To ticket").click()
    dialog = desk.get_by_role("dialog")
    reader.check(desk)
    dialog.get_by_label("Title").fill("Certificate expired")
    dialog.get_by_role("button", name="Create ticket").click()
    expect(desk.get_by_text(re.compile(r"Ticket TK\d{12,} created")).first).to_be_visible()
    reader.check(desk)
    ticket = agent.get("/tickets")["list"][0]
    desk.goto(f"/desk/tickets/{ticket['id']}")
    desk.get_by_role("button", name="Start work").click()
    expect(desk.get_by_text("In progress").first).to_be_visible()
    reader.check(desk)
    phone.goto("/tickets")
    phone.get_by_text("Certificate expired").first.click()
    expect(phone.get_by_text("In progress").first).to_be_visible()
    room = desk.get_by_placeholder("A message to the customer")
    room.fill("We are renewing the certificate")
    room.press("Enter")
    expect(phone.get_by_text("We are renewing the certificate")).to_be_visible()
    reader.check(phone)


@pytest.mark.parametrize("viewport", ["phone", "desktop"])
def test_pages_of_the_desk_and_the_portal(company: Company, reader: Reader, open_page: Pages, viewport: str):
    supervisor, agent = english(company, "supervisor", "Ada Lovelace"), english(company, "agent", "Grace Hopper")
    customer = company.visitor("Dr Smith")
    served = company.served(customer, agent)
    customer.say(served.path, PROBLEM)
    waiting = company.visitor("Dr Jones")
    waiting.post(f"/sessions/{waiting.open_conversation('Reports are empty')['id']}/handover", {})
    ticket = agent.post(f"{served.path}/ticket", {"title": "Certificate expired", "priority": "urgent"})
    reader.look_up()

    desk = open_page.signed_in(supervisor, "/desk", locale=ENGLISH, viewport=viewport)
    for path, sign in (
        ("/desk", "Workbench"),
        (f"/desk/c/{served.id}", PROBLEM),
        ("/desk/tickets", "Certificate expired"),
        (f"/desk/tickets/{ticket['id']}", "Certificate expired"),
        ("/desk/console", "Agents online"),
        ("/desk/profile", "Profile"),
    ):
        desk.goto(path)
        expect(desk.get_by_text(sign).and_(desk.locator(":visible")).first).to_be_visible()
        desk.wait_for_load_state("networkidle")
        reader.check(desk)

    portal = open_page.signed_in(customer, "/", locale=ENGLISH, viewport=viewport)
    for path, sign in (
        ("/", "Often read"),
        ("/chat", PROBLEM),
        (f"/chat/{served.id}", PROBLEM),
        ("/tickets", "Certificate expired"),
        (f"/tickets/{ticket['id']}", "Certificate expired"),
        ("/tickets/new", "New ticket"),
        ("/ask?q=How+do+I+reach+a+person", "Where this comes from"),
        ("/nothing-here", "This does not exist"),
    ):
        if path == "/nothing-here":
            open_page.expect_console_error("status of 404")
        portal.goto(path)
        expect(portal.get_by_text(sign).and_(portal.locator(":visible")).first).to_be_visible()
        portal.wait_for_load_state("networkidle")
        reader.check(portal)


@pytest.mark.parametrize("viewport", ["phone", "desktop"])
def test_administration_in_the_browser(company: Company, reader: Reader, open_page: Pages, viewport: str):
    page = open_page.signed_in(company.admin, "/admin/", locale=ENGLISH, viewport=viewport)
    for path in (
        "/admin/",
        "/admin/article/list/",
        "/admin/user/add",
        "/admin/settings/",
        "/admin/operation_log/list/?target_type=conversation",
        f"/admin/role/rights/{company.role_id('agent')}",
    ):
        page.goto(path)
        expect(page.get_by_role("main")).to_be_visible()
        reader.check(page)


def test_every_screen_of_the_administration(company: Company, reader: Reader):
    served = company.served()
    ticket = company.ticket(assignee=company.agent)
    company.agent.post(f"/tickets/{ticket['id']}/follow-ups", {"content": "called back", "result": "solved"})
    company.agent.put(f"{served.path}/close", {})
    served.customer.post(f"{served.path}/rating", {"score": 5, "comment": "thank you"})
    reader.look_up()
    screens = Screens(company.admin)
    found = {}
    for name in ENTRIES.keys() - {"system_setting"}:
        address = f"/{name}/list/{NARROWED.get(name, '')}"
        listing = screens.page(address)
        pages = {address: listing}
        for action in (f"/{name}/add", *(f"/{name}/{kind}/{row}" for kind, row in _first_row(name, listing))):
            if f'"/admin{action}"' in listing:
                pages[action] = screens.page(action)
        for path, page in pages.items():
            if left := reader.chinese_in(_words(page)):
                found[path] = left
        header = screens.export(name)[0]
        assert not reader.chinese_in(" ".join(header))
    assert not found, "\n".join(f"{path}: {left}" for path, left in found.items())


def _first_row(name: str, listing: str) -> list[tuple[str, str]]:
    return re.findall(rf'/admin/{name}/(show|edit)/(\d+)"', listing)[:2]


def _words(page: str) -> str:
    """The words of a page without the switch to Chinese."""
    return text_of(re.sub(r'<(\w+)[^>]* lang="zh[^>]*>.*?</\1>', " ", page, flags=re.S))
