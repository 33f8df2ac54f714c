"""Invitations of a widget: where, when and to whom they are shown, and what is counted (CHT-9)."""

import pytest
from playwright.sync_api import Page, expect

from tests.browsing import Pages
from tests.other_site import OtherSite
from tests.people import Company, unique
from tests.test_widget import EVIL, SITE, Widget
from tests.test_widget_page import button_of, page_with, site, window_of
from tests.waiting import eventually

assert site  # a fixture


def invite(widget: Widget, **more) -> dict:
    body = {
        "channelId": widget.channel["id"],
        "name": unique("invitation"),
        "textZh": "需要帮忙吗？",
        "onlyWhenOpen": False,
    }
    return widget.company.admin.post("/invitations", {**body, **more})


def offered(widget: Widget) -> list[dict]:
    return widget.company.anonymous.get(f"/widget/{widget.code}")["invitations"]


def test_the_script_is_told_what_to_say_and_when(people):
    widget = Widget(people)
    later = invite(widget, page="/help/*", afterSeconds=5, everyHours=48, textEn="Need a hand? {company}", sort=2)
    first = invite(widget, sort=1)
    invite(widget, active=False)
    company = people.admin.get("/settings")["company_name"]
    assert offered(widget) == [
        {
            "id": first["id"],
            "page": "*",
            "after": 20,
            "every": 24,
            "text": {"zh": "需要帮忙吗？", "en": "需要帮忙吗？"},
        },
        {
            "id": later["id"],
            "page": "/help/*",
            "after": 5,
            "every": 48,
            "text": {"zh": "需要帮忙吗？", "en": f"Need a hand? {company}"},
        },
    ]
    assert offered(Widget(people)) == []


def test_some_are_shown_only_while_somebody_is_there(new_company):
    company = new_company()
    widget = Widget(company)
    always, staffed = invite(widget), invite(widget, onlyWhenOpen=True)
    assert [one["id"] for one in offered(widget)] == [always["id"]]
    company.agent.be("online")
    assert [one["id"] for one in offered(widget)] == [always["id"], staffed["id"]]
    # of the team that serves the channel, if there is one
    team = company.admin.post("/teams", {"name": unique("team")})
    company.admin.put(f"/channels/{widget.channel['id']}", {"teamId": team["id"]})
    assert [one["id"] for one in offered(widget)] == [always["id"]]


def test_shown_and_taken_up_are_counted_for_the_channels_sites_alone(people):
    widget, stranger = Widget(people), Widget(people)
    made = invite(widget)
    http, address = people.anonymous.http, f"{people.base_url}/widget/{widget.code}/invitations/{made['id']}"
    cross = {"Origin": SITE, "Sec-Fetch-Site": "cross-site"}
    for what in ("shown", "shown", "accepted"):
        assert http.post(f"{address}/{what}", headers=cross).status_code == 204
    assert http.post(f"{address}/shown", headers={"Origin": EVIL}).status_code == 403
    assert http.post(f"{address}/loved", headers=cross).status_code == 404
    other = f"{people.base_url}/widget/{stranger.code}/invitations/{made['id']}/shown"
    assert http.post(other, headers=cross).status_code == 204  # of another channel: nothing is counted
    row = people.admin.get(f"/invitations/{made['id']}")
    assert (row["shownCount"], row["acceptedCount"], row["version"]) == (2, 1, made["version"])


def test_what_was_taken_up_stands_at_the_beginning_in_the_readers_language(people):
    widget = Widget(people)
    made = invite(widget, textEn="Need a hand?")
    visitor = widget.visitor()
    opened = visitor.post("/sessions", {"channel": widget.code, "invitationId": made["id"]})
    first = visitor.messages(f"/sessions/{opened['id']}")["list"][0]
    assert (first["payload"]["event"], first["content"]) == ("invited", "需要帮忙吗？")
    assert first["payload"]["params"]["text_en"] == "Need a hand?"
    # of another channel, or gone: as if there had been none
    for number in (made["id"], 2**40):
        other = widget if number != made["id"] else Widget(people)
        talk = other.visitor()
        opened = talk.post("/sessions", {"channel": other.code, "invitationId": number})
        assert not [one for one in talk.messages(f"/sessions/{opened['id']}")["list"] if one["type"] == "system"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("page", "https://www.example.org/prices"),
        ("page", "prices"),
        ("afterSeconds", -1),
        ("afterSeconds", 3601),
        ("everyHours", 8761),
        ("textZh", ""),
        ("textZh", "{customer} 您好"),
        ("name", " "),
        ("channelId", 0),
    ],
)
def test_what_cannot_be_is_refused(people, field, value):
    widget = Widget(people)
    body = {"channelId": widget.channel["id"], "name": "x", "textZh": "您好"} | {field: value}
    assert field in people.admin.post("/invitations", body, expect=400)["fields"]


def test_only_widgets_invite(people):
    portal = people.admin.get("/channels", kind="portal")["list"][0]
    body = {"channelId": portal["id"], "name": "x", "textZh": "您好"}
    assert "channelId" in people.admin.post("/invitations", body, expect=400)["fields"]


# --- in the browser ---------------------------------------------------------------------------------------------------


def bubble_of(page: Page):
    return page.locator("[data-smartsupport] .bubble")


def test_an_invitation_is_shown_once_taken_up_and_greets(
    people: Company, site: OtherSite, open_page: Pages, screenshot
):
    widget = Widget(people, origins=[site.origin], color="#f2c200", labelZh="在线咨询", offsetX=40, offsetY=32)
    made = invite(widget, page="/prices", afterSeconds=1, textZh="您好，选方案需要帮忙吗？")
    page_text = page_with(people, widget.code)
    site.pages = {"/prices": page_text, "/about": page_text}
    ours = people.base_url
    site.policy = f"default-src 'none'; script-src {ours}; connect-src {ours}; frame-src {ours}"
    open_page.may_reach(site.origin)
    page = open_page(f"{site.origin}/about")
    expect(button_of(page).first).to_have_accessible_name("在线咨询")
    page.goto(f"{site.origin}/prices")
    bubble = bubble_of(page)
    expect(bubble).to_contain_text("选方案需要帮忙吗")
    screenshot(page, "widget-invitation")
    bubble.get_by_role("button", name="选方案").click()
    window = window_of(page)
    expect(window.get_by_role("heading", name="选方案需要帮忙吗")).to_be_visible()
    expect(bubble).to_be_empty()
    window.locator("textarea").fill("多少钱")
    window.get_by_role("button", name="发送", exact=True).click()
    expect(window.get_by_role("log").get_by_text("您好，选方案需要帮忙吗？")).to_be_visible()
    row = eventually(lambda: [one for one in [people.admin.get(f"/invitations/{made['id']}")] if one["acceptedCount"]])[
        0
    ]
    assert (row["shownCount"], row["acceptedCount"]) == (1, 1)


def test_the_look_is_the_channels(people: Company, site: OtherSite, open_page: Pages, screenshot):
    """On a bright colour the letters are black, and the button stands where it was put; the page says light or dark."""
    widget = Widget(
        people,
        origins=[site.origin],
        color="#f2c200",
        side="left",
        offsetX=40,
        offsetY=32,
        greetingEn="Welcome",
        subtitleEn="We answer within minutes",
        labelEn="Help",
    )
    site.pages = {"/": page_with(people, widget.code)}
    open_page.may_reach(site.origin)
    page = open_page(f"{site.origin}/", locale="en-GB")
    button = button_of(page).first
    box = button.bounding_box()
    size = page.viewport_size
    assert (box["x"], round(size["height"] - box["y"] - box["height"])) == (40, 32)
    assert button.evaluate("(one) => getComputedStyle(one).color") == "rgb(0, 0, 0)"
    button.click()
    window = window_of(page)
    expect(window.get_by_role("heading", name="Welcome")).to_have_css("color", "rgb(0, 0, 0)")
    expect(window.get_by_text("We answer within minutes")).to_be_visible()
    screenshot(page, "widget-look")
    assert window.locator("html").get_attribute("data-theme") == "light"
    page.evaluate("() => SmartSupport('theme', 'dark')")
    expect(window.locator("html")).to_have_attribute("data-theme", "dark")
    screenshot(page, "widget-dark")
