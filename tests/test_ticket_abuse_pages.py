"""Names that are markup, on every page that shows tickets and what belongs to them: words and nothing else (F01)."""

import pytest
from playwright.sync_api import Page, expect

from tests.browsing import Pages
from tests.people import Company

#: a mark of markup that came alive; no shorter label is cut by any of the columns
ALIVE = "[data-pwned]"


def evil(word: str) -> str:
    """Breaks out of an attribute, makes an element, calculates in a template; at most 32 characters."""
    return f'"><u data-pwned>{word}{{{{7*7}}}}'


@pytest.fixture(scope="module")
def company(new_company) -> Company:
    return new_company()


@pytest.fixture(scope="module")
def told(company) -> dict:
    """A ticket about which everybody wrote what he could, and its customer."""
    admin, customer = company.admin, company.visitor(evil("visitor"))
    field = {"subject": "ticket", "kind": "select", "shownToCustomers": True, "fillableByCustomers": True}
    option = {"code": "bad", "label": evil("option"), "labelEn": evil("option")}
    admin.post(
        "/custom-fields",
        {
            **field,
            "code": "evil",
            "label": evil("field"),
            "labelEn": evil("field"),
            "helpText": evil("help"),
            "options": [option],
            "inList": True,
        },
    )
    types = admin.get("/dictionaries", code="ticket_type")["list"][0]["id"]
    admin.post("/dictionary-items", {"dictionaryId": types, "code": "evil", "label": evil("type")})
    ticket = customer.post(
        "/tickets",
        {
            "title": evil("title"),
            "description": evil("description"),
            "contactName": evil("contact"),
            "type": "evil",
            "custom": {"evil": "bad"},
        },
    )
    path = f"/tickets/{ticket['id']}"
    team = admin.post("/teams", {"name": evil("team")})["id"]
    admin.put(path, {"version": admin.get(path)["version"], "tags": [evil("tag")]})
    admin.post(f"{path}/assign", {"agentId": company.new("agent", evil("agent")).agent_id, "reason": evil("why")})
    admin.post(f"{path}/follow-ups", {"content": evil("followup"), "result": evil("result")})
    admin.say(path, evil("note"), type="note")
    customer.say(path, evil("words"))
    file = customer.upload(f"{evil('file').replace('/', '')}.txt", b"text", "text/plain")
    customer.say(path, type="file", fileId=file["fileId"])
    other = company.ticket(title=evil("other"))
    admin.post(f"{path}/links", {"otherId": other["id"]})
    note = [{"action": "note", "value": evil("action")}]
    admin.post("/macros", {"name": evil("macro"), "actions": note, "teamId": team})
    admin.post("/automation-rules", {"name": evil("rule"), "actions": note})
    admin.post("/ticket-templates", {"name": evil("template"), "title": evil("x"), "isPublic": True, "teamId": team})
    admin.post("/sla-policies", {"name": evil("policy"), "resolutionMinutes": 60, "firstResponseMinutes": 60})
    admin.post("/ticket-rules", {"name": evil("routing"), "strategies": ["round_robin"], "active": False})
    admin.post("/ticket-views", {"name": evil("view"), "filters": {"tag": evil("tag")}, "audience": "everybody"})
    admin.post(f"{path}/flow", {"status": "resolved", "resolution": evil("solution")})
    customer.post(f"{path}/rating", {"score": 1, "comment": evil("comment")})
    return {"id": ticket["id"], "customer": customer}


def shows_words_only(page: Page, words: tuple[str, ...]) -> None:
    for word in words:
        expect(page.get_by_text(f"<u data-pwned>{word}{{{{7*7}}}}").first).to_be_attached()
    assert page.locator(ALIVE).count() == 0
    assert page.evaluate("!document.title.includes('49')")


STAFF = {
    "/desk/tickets": ("title", "visitor", "view"),
    "/desk/tickets/board": ("title",),
    "/desk/tickets/{id}": ("title", "description", "tag", "words", "note", "solution", "field", "option", "contact"),
    "/desk/automation": ("rule",),
    "/desk/automation?tab=macros": ("macro",),
    "/desk/automation?tab=templates": ("template",),
    "/admin/ticket/list/": ("title", "visitor"),
    "/admin/ticket/show/{id}": ("title", "description", "tag", "contact", "solution", "agent"),
    "/admin/custom_field/list/": ("field",),
    "/admin/automation_rule/list/": ("rule",),
    "/admin/macro/list/": ("macro", "team"),
    "/admin/ticket_template/list/": ("template", "team"),
    "/admin/sla_policy/list/": ("policy",),
    "/admin/ticket_rule/list/": ("routing",),
    "/admin/ticket_rating/list/": ("comment",),
    "/admin/ticket_follow_up/list/": ("followup", "result"),
    "/admin/ticket_assignment/list/": ("why", "agent"),
}
CUSTOMERS = {
    "/tickets": ("title",),
    "/tickets/new": ("type", "field", "option"),
    "/tickets/{id}": ("title", "words", "solution"),
}


@pytest.mark.parametrize("path", STAFF)
def test_staff_read_words(company: Company, open_page: Pages, told: dict, path: str):
    page = open_page.signed_in(company.admin, path.format(id=told["id"]))
    shows_words_only(page, STAFF[path])


@pytest.mark.parametrize("path", CUSTOMERS)
def test_customers_read_words(company: Company, open_page: Pages, told: dict, path: str):
    page = open_page.signed_in(told["customer"], path.format(id=told["id"]))
    shows_words_only(page, CUSTOMERS[path])
