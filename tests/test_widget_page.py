"""The widget in a browser: on a site of its channel with a strict content policy, and on one that is none (CHT-17)."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import FrameLocator, Locator, Page, expect

from tests.browsing import Pages
from tests.factories import picture
from tests.other_site import OtherSite
from tests.people import Company, unique
from tests.test_widget import Widget
from tests.waiting import eventually

TITLE, GREETING = "价格与方案", "您好，欢迎咨询"
#: what calls a person, or leaves him a message while nobody is there
CALL = re.compile("呼叫客服|提交留言")
#: one after the other, so that nothing is shown of what comes later
HEARD = "() => window.heard ??= (SmartSupport('on', 'identified', (told) => window.heard.push(told)), [])"


@pytest.fixture
def site() -> Iterator[OtherSite]:
    with OtherSite(name="shop.localhost") as running:
        yield running


@pytest.fixture
def widget(people: Company, site: OtherSite, open_page: Pages) -> Widget:
    """A channel of this site, on two of its pages, whose policy lets nothing pass but what the manual names."""
    made = Widget(people, origins=[site.origin], greetingZh=GREETING, greetingEn="Welcome", color="#1d4ed8")
    page = page_with(people, made.code)
    site.pages = {"/prices": page, "/about": page}
    ours = people.base_url
    site.policy = f"default-src 'none'; script-src {ours}; connect-src {ours}; frame-src {ours}"
    open_page.may_reach(site.origin)
    people.make_room(people.agent)
    return made


def page_with(people: Company, code: str) -> str:
    return (
        '<!doctype html><html lang="zh"><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{TITLE}</title><h1>数据上报</h1>'
        f'<script src="{people.base_url}/widget.js" data-channel="{code}" async></script></html>'
    )


def button_of(page: Page) -> Locator:
    return page.locator("[data-smartsupport] button")


def window_of(page: Page) -> FrameLocator:
    return page.frame_locator("[data-smartsupport] iframe")


def ask_for_a_person(window: FrameLocator, question: str) -> None:
    window.get_by_role("link", name="在线咨询", exact=True).click()
    sheet = window.get_by_role("dialog")
    sheet.locator("textarea").fill(question)
    sheet.get_by_role("button", name=CALL).click()
    expect(window.get_by_text(question)).to_be_visible()


def conversation_of(people: Company, widget: Widget) -> dict:
    """The one conversation of the channel, with the agent."""
    found = eventually(lambda: people.admin.get("/sessions", channel=widget.code)["list"])
    assert len(found) == 1
    if not found[0]["agent"] or found[0]["agent"]["id"] != people.agent.agent_id:
        people.admin.post(f"/sessions/{found[0]['id']}/assign", {"agentId": people.agent.agent_id})
    return found[0]


def test_a_chat_on_another_site_from_page_to_page(
    people: Company, widget: Widget, site: OtherSite, open_page: Pages, tmp_path: Path, screenshot: Callable
):
    page = open_page(f"{site.origin}/prices")
    button, window = button_of(page), window_of(page)
    expect(button).to_have_accessible_name("打开在线客服")
    assert page.frames == [page.main_frame]  # nothing of ours is loaded before somebody wants to talk
    button.press("Enter")
    expect(window.get_by_text(GREETING)).to_be_visible()
    screenshot(page, "widget-home")
    ask_for_a_person(window, "无法登录系统")
    conversation = conversation_of(people, widget)
    assert conversation["source"] == {"page": f"{site.origin}/prices", "title": TITLE}
    path = f"/sessions/{conversation['id']}"
    people.agent.say(path, "您好，请稍等")
    expect(window.get_by_text("您好，请稍等")).to_be_visible()
    window.locator("input[type=file]").first.set_input_files(
        {"name": "screen.png", "mimeType": "image/png", "buffer": picture(size=(40, 30))}
    )
    window.get_by_role("button", name="发送", exact=True).click()
    shown = window.locator("img[src*='/api/v1/files/']")
    expect(shown).to_be_visible()
    assert shown.evaluate("async (image) => (await image.decode(), image.naturalWidth)") == 40
    screenshot(page, "widget-chat")

    # another script of the page cannot speak for the frame
    page.evaluate("() => window.postMessage({ app: 'smartsupport', type: 'close' }, '*')")
    window.locator("textarea").press("Escape")
    expect(button).to_be_focused()
    expect(button).to_have_attribute("aria-expanded", "false")
    people.agent.say(path, "请重新登录试试")
    expect(button).to_have_accessible_name("打开在线客服，1 条新消息")
    page.goto(f"{site.origin}/about")
    expect(button).to_have_accessible_name("打开在线客服，1 条新消息")  # the same visitor, on the next page
    button.click()
    expect(window.get_by_text("请重新登录试试")).to_be_visible()
    eventually(lambda: _has_read(people, path))
    page.reload()
    expect(window.get_by_text("请重新登录试试")).to_be_visible()  # it was open and stays so
    expect(button).to_have_accessible_name("关闭在线客服")
    assert len(people.admin.get("/sessions", channel=widget.code)["list"]) == 1

    desk = open_page.signed_in(people.agent, f"/desk/c/{conversation['id']}")
    desk.get_by_role("tab", name="客户", exact=True).click()
    link = desk.get_by_role("link", name=TITLE)
    expect(link).to_have_attribute("href", f"{site.origin}/prices")
    screenshot(desk, "widget-desk")


def _has_read(people: Company, path: str) -> bool:
    log = people.agent.messages(path)
    last = max(one["seq"] for one in log["list"])
    return any(one["senderKind"] == "customer" and one["readSeq"] == last for one in log["reads"])


def test_a_link_to_the_portal_names_its_channel(people: Company, open_page: Pages):
    """From an app or a menu of WeChat; known on the first page, told with the first words."""
    channel = people.admin.post("/channels", {"code": unique("app"), "name": unique("app"), "kind": "app"})
    page = open_page(f"/?channel={channel['code']}&utm={'x' * 3000}", viewport="phone")
    page.get_by_role("link", name="在线咨询", exact=True).click()
    sheet = page.get_by_role("dialog")
    sheet.locator("textarea").fill("无法登录")
    sheet.get_by_role("button", name=CALL).click()
    expect(page.get_by_text("无法登录")).to_be_visible()
    conversation = eventually(lambda: people.admin.get("/sessions", channel=channel["code"])["list"])[0]
    assert (conversation["channelName"], conversation["source"]) == (channel["name"], None)


def test_on_a_phone_the_window_covers_the_page(widget: Widget, site: OtherSite, open_page: Pages, screenshot: Callable):
    page = open_page(f"{site.origin}/prices", viewport="phone", locale="en-GB")
    button, window = button_of(page), window_of(page)
    button.tap()
    expect(window.get_by_text("Welcome")).to_be_visible()
    box = page.locator("[data-smartsupport] iframe").bounding_box()
    assert (box["x"], box["y"], box["width"], box["height"]) == (0, 0, 390, 844)
    expect(button).to_be_hidden()
    assert page.evaluate("() => document.documentElement.style.overflow") == "hidden"
    window.get_by_role("button", name="Close").tap()
    expect(button).to_be_visible()
    assert page.evaluate("() => document.documentElement.style.overflow") == ""
    page.evaluate("() => SmartSupport('open')")
    expect(window.get_by_text("Welcome")).to_be_visible()
    screenshot(page, "widget-phone")  # last: taps into a frame miss after a picture was taken


def test_the_site_signs_who_its_user_is(people: Company, widget: Widget, site: OtherSite, open_page: Pages):
    page = open_page(f"{site.origin}/prices")
    window = window_of(page)
    button_of(page).click()
    page.evaluate(HEARD)
    page.evaluate("() => SmartSupport('identify', { name: '小张' })")
    ask_for_a_person(window, "还没登录")
    conversation = conversation_of(people, widget)
    assert conversation["customer"]["name"] == "小张"
    tell = "(token) => SmartSupport('identify', { token: () => Promise.resolve(token) })"
    page.evaluate(tell, widget.sign(externalId="u-1", name="张伟", phone="13800138000"))
    page.wait_for_function("() => window.heard.length === 2")
    known = people.admin.get(f"/sessions/{conversation['id']}")["customer"]
    assert (known["id"], known["name"], known["isTemporary"]) == (conversation["customer"]["id"], "张伟", False)
    expect(window.get_by_text("还没登录")).to_be_visible()

    # on the next page the same person comes with another token, which needs not be used up
    page.goto(f"{site.origin}/about")
    expect(window.get_by_text("还没登录")).to_be_visible()
    page.evaluate(HEARD)
    token = widget.sign(externalId="u-1", name="张伟")
    page.evaluate(tell, token)
    page.wait_for_function("() => window.heard.length === 1")
    open_page.expect_console_error("401")
    page.evaluate(tell, widget.sign(externalId="u-2", secret="x" * 43))
    page.wait_for_function("() => window.heard.length === 2")
    assert page.evaluate("() => window.heard.map((told) => told.ok)") == [True, False]
    expect(window.get_by_text("还没登录")).to_be_visible()
    assert widget.visitor(identity=token).customer_id == known["id"]

    page.evaluate("() => SmartSupport('reset')")
    page.evaluate("() => SmartSupport('open')")
    expect(window.get_by_text(GREETING)).to_be_visible()
    expect(window.get_by_text("还没登录")).to_have_count(0)


def test_another_site_gets_neither_button_nor_frame(people: Company, widget: Widget, open_page: Pages):
    """E07: nobody lays our pages under his own, not even one that names an allowed site as himself."""
    base, code = people.base_url, widget.code
    with OtherSite(name="evil.localhost") as evil:
        framed = "".join(
            f'<iframe src="{base}{path}"></iframe>'
            for path in (f"/widget/{code}#{widget.channel['origins'][0]}", "/", "/login")
        )
        evil.pages = {"/": page_with(people, code) + framed}
        open_page.may_reach(evil.origin)
        for known in ("CORS", "ERR_FAILED", "frame-ancestors", "403"):
            open_page.expect_console_error(known)
        warnings: list[str] = []
        page = open_page(None)
        page.on("console", lambda message: warnings.append(message.text) if message.type == "warning" else None)
        page.goto(f"{evil.origin}/")
        eventually(lambda: page.wait_for_timeout(20) or any("SmartSupport" in text for text in warnings))
        expect(page.locator("[data-smartsupport] button")).to_have_count(0)
        assert [frame.url for frame in page.frames[1:]] == ["chrome-error://chromewebdata/"] * 3
