"""Priorities of tickets are called as the company likes, on every page; what they are is the product's (SET-2)."""

import pytest
from playwright.sync_api import expect

from tests.browsing import Pages
from tests.people import Company
from tests.screens import Screens, text_of

DICTIONARY = "ticket_priority"


@pytest.fixture
def company(new_company) -> Company:
    return new_company()


def items(company: Company) -> dict[str, dict]:
    dictionary = company.admin.get("/dictionaries", code=DICTIONARY)["list"][0]
    rows = company.admin.get("/dictionary-items", dictionaryId=dictionary["id"])["list"]
    return {row["code"]: row for row in rows}


def call(company: Company, code: str, label: str, english: str) -> None:
    item = items(company)[code]
    changed = {"label": label, "labelEn": english, "version": item["version"]}
    company.admin.put(f"/dictionary-items/{item['id']}", changed)


def test_pages_are_told_what_priorities_are_called(company):
    usual = company.visitor().get("/session")["priorities"]
    assert usual["urgent"] == {"zh": "紧急", "en": "Urgent"} and set(usual) == {"normal", "urgent", "critical"}
    call(company, "urgent", "加急", "Rush")
    assert company.visitor().get("/session")["priorities"]["urgent"] == {"zh": "加急", "en": "Rush"}
    # what programs say stays
    assert company.supervisor.post("/tickets", {"title": "报表", "priority": "urgent"})["priority"] == "urgent"


def test_only_their_names_are_the_companys(company):
    admin, urgent = company.admin, items(company)["urgent"]
    path, version = f"/dictionary-items/{urgent['id']}", {"version": urgent["version"]}
    other = admin.post("/dictionaries", {"code": "mine", "name": "我的"})["id"]
    mine = admin.post("/dictionary-items", {"dictionaryId": other, "code": "late", "label": "晚"})
    for change in ({"code": "rush"}, {"active": False}, {"dictionaryId": other}):
        admin.put(path, change | version, expect=409)
    admin.delete(path, expect=409)
    here = urgent["dictionaryId"]
    admin.post("/dictionary-items", {"dictionaryId": here, "code": "late", "label": "晚"}, expect=409)
    admin.put(f"/dictionary-items/{mine['id']}", {"dictionaryId": here, "version": mine["version"]}, expect=409)
    dictionary = admin.get(f"/dictionaries/{here}")
    admin.put(f"/dictionaries/{here}", {"code": "else", "version": dictionary["version"]}, expect=409)
    admin.delete(f"/dictionaries/{here}", expect=409)
    assert items(company)["urgent"] == urgent
    # elsewhere items come and go
    admin.put(f"/dictionary-items/{mine['id']}", {"code": "later", "active": False, "version": mine["version"]})
    admin.delete(f"/dictionary-items/{mine['id']}")


@pytest.mark.parametrize(("locale", "name"), [("zh-CN", "加急"), ("en-US", "Rush {now} | @")])
def test_every_page_calls_them_so(company: Company, open_page: Pages, locale, name):
    call(company, "urgent", "加急", "Rush {now} | @")  # nothing that our own texts mean something by
    ticket = company.supervisor.post("/tickets", {"title": "报表打不开", "priority": "urgent"})
    desk = open_page.signed_in(company.supervisor, "/desk/tickets", locale=locale)
    expect(desk.locator("tbody tr").filter(has_text=ticket["no"])).to_contain_text(name)
    portal = open_page.signed_in(company.visitor(), "/tickets/new", locale=locale)
    expect(portal.get_by_text(name, exact=True)).to_be_visible()
    assert name in text_of(Screens(company.admin, locale[:2]).page("/ticket/list/"))
