"""Taking back one's own message: found with mouse, keyboard and finger, and never by one slip."""

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browsing import Pages
from tests.people import Company, Served

QUESTION = "系统里看不到昨天的报表"
RECALLED = "您撤回了一条消息"


@pytest.fixture
def served(people: Company) -> Served:
    served = people.served()
    served.customer.say(served.path, QUESTION)
    served.agent.say(served.path, "好的，我查一下")
    return served


def bubble(page: Page, text: str) -> Locator:
    return page.get_by_role("article").filter(has_text=text)


def menu_button(page: Page, text: str) -> Locator:
    return bubble(page, text).get_by_role("button", name="消息操作")


def rest_on(page: Page, place: Locator) -> None:
    """A finger that touches and does not move."""
    place.scroll_into_view_if_needed()
    box = place.bounding_box()
    point = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
    touch = page.context.new_cdp_session(page)
    touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [point]})
    expect(page.get_by_role("menuitem", name="撤回")).to_be_visible()
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def test_with_the_mouse_it_takes_two_clicks(served: Served, open_page: Pages):
    desk = open_page.signed_in(served.agent, f"/desk/c/{served.id}")
    button = menu_button(desk, "好的，我查一下")
    expect(bubble(desk, "好的，我查一下")).to_be_visible()
    desk.mouse.move(0, 0)
    expect(button.locator("..")).to_have_css("opacity", "0")
    bubble(desk, "好的，我查一下").hover()
    expect(button.locator("..")).to_have_css("opacity", "1")
    expect(menu_button(desk, QUESTION)).to_have_count(0)  # what somebody else has said stays
    button.click()
    expect(desk.get_by_role("menuitem", name="撤回")).to_be_visible()
    bubble(desk, QUESTION).get_by_text(QUESTION).click()  # thought better of it
    expect(desk.get_by_role("menuitem")).to_have_count(0)
    expect(desk.get_by_text(RECALLED)).to_have_count(0)
    button.click()
    desk.get_by_role("menuitem", name="撤回").click()
    expect(desk.get_by_text(RECALLED)).to_be_visible()
    assert [row["recalled"] for row in served.customer.messages(served.path)["list"]][-2:] == [False, True]


def test_by_keyboard(served: Served, open_page: Pages):
    page = open_page.signed_in(served.customer, f"/chat/{served.id}")
    button = menu_button(page, QUESTION)
    button.focus()
    expect(button.locator("..")).to_have_css("opacity", "1")
    page.keyboard.press("Enter")
    copy, item = (page.get_by_role("menuitem", name=name) for name in ("复制", "撤回"))
    expect(copy).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(item).to_be_focused()
    page.keyboard.press("Escape")
    expect(item).to_have_count(0)
    expect(button).to_be_focused()
    page.keyboard.press("Enter")
    expect(copy).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(item).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text(RECALLED)).to_be_visible()


@pytest.mark.parametrize("who", ["customer", "agent"])
def test_on_the_phone_a_long_press_opens_the_menu(served: Served, open_page: Pages, who: str):
    text, path = (QUESTION, "/chat/{}") if who == "customer" else ("好的，我查一下", "/desk/c/{}")
    phone = open_page.signed_in(getattr(served, who), path.format(served.id), viewport="phone")
    expect(menu_button(phone, text)).to_be_visible()  # there is something to find without knowing of long presses
    bubble(phone, text).get_by_text(text).tap()
    expect(phone.get_by_role("menuitem")).to_have_count(0)
    rest_on(phone, bubble(phone, text).get_by_text(text))
    item = phone.get_by_role("menuitem", name="撤回")
    expect(item).to_be_in_viewport(ratio=1)
    item.tap()
    expect(phone.get_by_text(RECALLED)).to_be_visible()
