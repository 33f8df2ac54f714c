"""Priorities and strategies are called as the company likes, everywhere; what they are is the product's (SET-2)."""

import pytest
from playwright.sync_api import expect

from tests.browsing import Pages
from tests.people import Company
from tests.screens import Screens, text_of

PRIORITIES = "ticket_priority"


@pytest.fixture
def company(new_company) -> Company:
    return new_company()


def items(company: Company, code: str = PRIORITIES) -> dict[str, dict]:
    dictionary = company.admin.get("/dictionaries", code=code)["list"][0]
    rows = company.admin.get("/dictionary-items", dictionaryId=dictionary["id"])["list"]
    return {row["code"]: row for row in rows}


def call(company: Company, code: str, label: str, english: str, dictionary: str = PRIORITIES) -> None:
    item = items(company, dictionary)[code]
    changed = {"label": label, "labelEn": english, "version": item["version"]}
    company.admin.put(f"/dictionary-items/{item['id']}", changed)


def test_pages_are_told_what_priorities_are_called(company):
    usual = company.visitor().get("/session")["priorities"]
    assert usual["urgent"] == {"zh": "紧急", "en": "Urgent"} and set(usual) == {"normal", "urgent", "critical"}
    call(company, "urgent", "加急", "Rush")
    assert company.visitor().get("/session")["priorities"]["urgent"] == {"zh": "加急", "en": "Rush"}
    # what programs say stays
    assert company.supervisor.post("/tickets", {"title": "报表", "priority": "urgent"})["priority"] == "urgent"


@pytest.mark.parametrize(
    ("code", "item"), [(PRIORITIES, "urgent"), ("routing_strategy", "cross_service"), ("ticket_strategy", "at_work")]
)
def test_only_their_names_are_the_companys(company, code, item):
    admin, built_in = company.admin, items(company, code)[item]
    path, version = f"/dictionary-items/{built_in['id']}", {"version": built_in["version"]}
    other = admin.post("/dictionaries", {"code": "mine", "name": "我的"})["id"]
    mine = admin.post("/dictionary-items", {"dictionaryId": other, "code": "late", "label": "晚"})
    for change in ({"code": "rush"}, {"active": False}, {"dictionaryId": other}):
        admin.put(path, change | version, expect=409)
    admin.delete(path, expect=409)
    here = built_in["dictionaryId"]
    admin.post("/dictionary-items", {"dictionaryId": here, "code": "late", "label": "晚"}, expect=409)
    admin.put(f"/dictionary-items/{mine['id']}", {"dictionaryId": here, "version": mine["version"]}, expect=409)
    dictionary = admin.get(f"/dictionaries/{here}")
    admin.put(f"/dictionaries/{here}", {"code": "else", "version": dictionary["version"]}, expect=409)
    admin.delete(f"/dictionaries/{here}", expect=409)
    assert items(company, code)[item] == built_in
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


@pytest.mark.parametrize(
    ("dictionary", "path", "screen"),
    [
        ("routing_strategy", "/settings/assignment", "routing_rule"),
        ("ticket_strategy", "/settings/ticket-strategies", "ticket_rule"),
    ],
)
def test_strategies_are_all_in_their_dictionary_and_called_by_it(company, dictionary, path, screen):
    def offered() -> list[dict]:
        answer = company.admin.get(path)
        return answer["available"] if isinstance(answer, dict) else answer

    assert {one["name"]: one["title"] for one in offered()} == {
        code: item["label"] for code, item in items(company, dictionary).items()
    }
    call(company, "skill", "对口<b>技能", "Right <b>skill", dictionary)
    assert next(one for one in offered() if one["name"] == "skill")["title"] == "对口<b>技能"
    (rule, *_) = company.admin.get(f"/{screen.replace('_', '-')}s")["list"]
    for locale, name in (("zh", "对口<b>技能"), ("en", "Right <b>skill")):
        screens = Screens(company.admin, locale)
        for page in (f"/{screen}/list/", f"/{screen}/edit/{rule['id']}"):
            assert name in text_of(screens.page(page)), page
