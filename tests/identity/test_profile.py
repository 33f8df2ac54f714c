"""One's own picture and preferences: what they take, who sees them, and what becomes of them."""

import io
import re
from pathlib import Path

import pytest
import sqlalchemy as sa
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browsing import Pages
from tests.factories import picture
from tests.people import Company, Person

RED, GREEN, BLUE = (200, 30, 30), (30, 160, 60), (30, 60, 200)
DEFAULTS = {
    "notices": dict.fromkeys(
        (
            "article.approved",
            "article.returned",
            "article.submitted",
            "conversation.assigned",
            "message.mentioned",
            "ticket.assigned",
            "ticket.created",
            "ticket.message",
            "ticket.moved",
            "sla.warned",
            "sla.breached",
            "sla.escalated",
            "ticket.rated_low",
            "ticket.transfer_approved",
            "ticket.transfer_rejected",
            "ticket.transfer_requested",
            "sensitive_alert.created",
            "quick_reply.proposed",
            "quick_reply.reviewed",
        ),
        True,
    ),
    "sound": True,
    "browser": False,
    "mail": True,
    "tickets": {"columns": [], "density": "comfortable", "view": ""},
}


@pytest.fixture
def agent(people: Company) -> Person:
    """Somebody whose picture and preferences no other test knows."""
    return people.new("agent")


def encoded(image: Image.Image, kind: str = "PNG", **options) -> bytes:
    output = io.BytesIO()
    image.save(output, kind, **options)
    return output.getvalue()


def striped(*colours: tuple[int, int, int], width: int = 100, height: int = 100) -> Image.Image:
    """Upright stripes beside each other."""
    image = Image.new("RGB", (width * len(colours), height))
    for number, colour in enumerate(colours):
        image.paste(colour, (number * width, 0, (number + 1) * width, height))
    return image


def put_avatar(person: Person, data: bytes, expect: int = 200) -> dict:
    return person.put("/user/avatar", files={"file": ("face.png", data)}, expect=expect)


def given(person: Person, url: str, expect: int = 200) -> bytes:
    answer = person.request("GET", url)
    assert answer.status_code == expect, answer.text[:300]
    return answer.content


def shown(person: Person, url: str) -> Image.Image:
    return Image.open(io.BytesIO(given(person, url))).convert("RGB")


def close(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    """The same colour, as far as compression leaves it."""
    return all(abs(a - b) < 24 for a, b in zip(one, other, strict=True))


def files_of(backend) -> Path:
    return backend.folder / "data" / "files"


# --- the picture ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_picture_becomes_a_small_square_of_its_middle(agent, kind):
    url = put_avatar(agent, encoded(striped(RED, GREEN, BLUE), kind))["avatarUrl"]
    face = shown(agent, url)
    assert face.size == (256, 256)
    assert all(close(face.getpixel(place), GREEN) for place in ((8, 8), (128, 128), (247, 247)))


def test_picture_stands_upright_and_loses_what_the_camera_wrote(agent):
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "taken at home"  # the camera lay on its side: left is top
    photo = encoded(striped(RED, BLUE, width=50), "JPEG", exif=exif) + b"<script>alert(1)</script>"
    url = put_avatar(agent, photo)["avatarUrl"]
    data = given(agent, url)
    assert b"taken at home" not in data and b"<script>" not in data
    face = shown(agent, url)
    assert close(face.getpixel((128, 20)), RED) and close(face.getpixel((128, 235)), BLUE)


def test_nothing_shines_through(agent):
    """A logo on nothing would be black on a dark page."""
    url = put_avatar(agent, encoded(Image.new("RGBA", (40, 40), (0, 0, 0, 0))))["avatarUrl"]
    assert close(shown(agent, url).getpixel((128, 128)), (255, 255, 255))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"<html><script>alert(1)</script>",
        picture()[:40],
        b"\x89PNG\r\n\x1a\n" + b"x" * 200,
        encoded(Image.new("1", (30_000, 30_000))),  # a few kilobytes that would fill the memory
        encoded(Image.new("1", (8_000, 8_000))),
        encoded(Image.new("RGB", (8, 8)), "BMP"),
    ],
    ids=["empty", "svg", "html", "half", "broken", "bomb", "small bomb", "bmp"],
)
def test_what_is_no_picture_is_refused_and_the_old_one_stays(agent, data):
    url = put_avatar(agent, picture())["avatarUrl"]
    assert "file" in put_avatar(agent, data, expect=400)["fields"]
    assert agent.get("/user/info")["avatarUrl"] == url
    given(agent, url)


def test_five_megabytes_are_the_limit(agent):
    padding = b"\0" * (5 * 1024 * 1024 - len(picture()))
    put_avatar(agent, picture() + padding)
    refused = put_avatar(agent, picture() + padding + b"\0", expect=413)
    assert refused == {"error": "too_large", "limit": 5 * 1024 * 1024}


@pytest.mark.parametrize("form", [{}, {"files": {"other": ("a.png", b"x")}}, {"json": {"file": "x"}}], ids=repr)
def test_request_without_a_picture_is_refused(agent, form):
    assert agent.put("/user/avatar", expect=400, **form)["fields"] == {"file": "必填"}


def test_new_picture_has_a_new_address_and_the_old_one_is_gone(agent, backend):
    first = put_avatar(agent, picture())["avatarUrl"]
    second = put_avatar(agent, encoded(striped(RED)))["avatarUrl"]
    assert first != second
    given(agent, first, expect=404)
    assert close(shown(agent, second).getpixel((128, 128)), RED)
    kept = {path.name for path in files_of(backend).rglob("*") if path.is_file()}
    assert second.rsplit("/", 1)[1] in kept and first.rsplit("/", 1)[1] not in kept


def test_removed_picture_is_gone(agent, backend):
    url = put_avatar(agent, picture())["avatarUrl"]
    assert agent.delete("/user/avatar") == {"avatarUrl": None}
    agent.delete("/user/avatar")  # twice does no harm
    given(agent, url, expect=404)
    assert agent.get("/session")["actor"]["avatarUrl"] is None
    assert not list(files_of(backend).rglob(url.rsplit("/", 1)[1]))


def test_picture_goes_with_the_account(people, agent, backend):
    url = put_avatar(agent, picture())["avatarUrl"]
    people.manager.delete(f"/users/{agent.user_id}")
    given(people.manager, url, expect=404)
    assert not list(files_of(backend).rglob(url.rsplit("/", 1)[1]))


def test_address_is_kept_by_browsers_and_by_nothing_between(people, agent):
    url = put_avatar(agent, picture())["avatarUrl"]
    headers = agent.request("GET", url).headers
    assert headers["Content-Type"] == "image/webp" and headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"].startswith("sandbox")
    kept = headers["Cache-Control"]
    assert kept.startswith("private") and "max-age=31536000" in kept and "immutable" in kept


def test_address_cannot_be_guessed(people, agent, strangers):
    """Neither a list nor the number of the account leads there; outsiders and other companies get nothing."""
    url = put_avatar(agent, picture())["avatarUrl"]
    number, key = url.rsplit("/", 2)[1:]
    assert len(key) == 40 and int(number) == agent.user_id
    for wrong in (f"/avatars/{number}", f"/avatars/{number}/{'0' * 40}", f"/avatars/{number}/..%2F{key}", "/avatars"):
        given(agent, wrong, expect=404)
    given(people.visitor(), url)
    for outsider in (people.anonymous, strangers.agent, strangers.visitor(), strangers.admin):
        given(outsider, url, expect=404)


def test_face_is_wherever_the_person_is(people, agent):
    url = put_avatar(agent, picture())["avatarUrl"]
    assert agent.get("/session")["actor"]["avatarUrl"] == agent.get("/user/info")["avatarUrl"] == url
    assert people.supervisor.get(f"/agents/{agent.agent_id}")["avatarUrl"] == url
    assert people.manager.get(f"/users/{agent.user_id}")["avatarUrl"] == url
    served = people.served(agent=agent)
    with served.customer.socket() as ears:
        ears.ok("join", {"sessionId": served.id})
        agent.say(served.path, "您好")
        assert ears.wait_for("message", lambda data: data["content"] == "您好")["sender"]["avatarUrl"] == url
    assert served.customer.get(served.path)["agent"]["avatarUrl"] == url
    said = served.customer.messages(served.path)["list"]
    assert {row["sender"]["avatarUrl"] for row in said if row["sender"]["kind"] == "agent"} == {url}
    ticket = people.ticket(served.customer, agent)
    assert ticket["assignee"]["avatarUrl"] == url
    assert people.supervisor.get(f"/tickets/{ticket['id']}/assign-history")[-1]["toAgent"]["avatarUrl"] == url


def test_customer_with_an_account_has_a_face_too(people):
    customer = people.new("customer")
    url = put_avatar(customer, picture())["avatarUrl"]
    served = people.served(customer=customer)
    customer.say(served.path, "你好")
    conversation = served.agent.get(served.path)
    assert conversation["customer"]["avatarUrl"] == url
    assert served.agent.messages(served.path)["list"][-1]["sender"]["avatarUrl"] == url
    row = next(row for row in served.agent.get("/sessions", size=100)["list"] if row["id"] == served.id)
    assert row["customer"]["avatarUrl"] == url


def test_change_of_the_picture_is_in_the_own_log(agent):
    put_avatar(agent, picture())
    assert agent.get("/user/operation-logs")["list"][0]["operation"] == "user.set_avatar"


# --- preferences ----------------------------------------------------------------------------------------------------


def test_everything_is_told_until_somebody_chooses(agent):
    assert agent.get("/user/preferences") == DEFAULTS


def test_what_is_given_is_changed_and_the_rest_stays(agent):
    agent.put("/user/preferences", {"notices": {"ticket.moved": False}, "sound": False})
    agent.put("/user/preferences", {"notices": {"ticket.created": False}, "browser": True})
    chosen = {
        "notices": DEFAULTS["notices"] | {"ticket.moved": False, "ticket.created": False},
        "sound": False,
        "browser": True,
        "mail": True,
        "tickets": {"columns": [], "density": "comfortable", "view": ""},
    }
    assert agent.again().get("/user/preferences") == chosen  # kept with the account, not with the browser
    assert agent.put("/user/preferences", {"sound": True}) == chosen | {"sound": True}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"colour": "red"}, "colour"),
        ({"notices": {"ticket.eaten": True}}, "notices.ticket.eaten"),
        ({"notices": {"ticket.moved": "no"}}, "notices.ticket.moved"),
        ({"notices": {"ticket.moved": None}}, "notices.ticket.moved"),
        ({"notices": ["ticket.moved"]}, "notices"),
        ({"sound": 1}, "sound"),
    ],
    ids=repr,
)
def test_unknown_choices_are_refused(agent, change, field):
    assert field in agent.put("/user/preferences", {"browser": True, **change}, expect=400)["fields"]
    assert agent.get("/user/preferences") == DEFAULTS


def test_kind_that_is_switched_off_is_neither_stored_nor_told(people, agent, database):
    agent.put("/user/preferences", {"notices": {"conversation.assigned": False}})
    with agent.socket() as ears:
        served = people.served(agent=agent)
        ticket = people.ticket(served.customer, agent)
        ears.wait_for("notification", lambda data: data["link"].endswith(f"/tickets/{ticket['id']}"))
        assert [data["kind"] for data in ears.all("notification")] == ["ticket.assigned"]
    assert [row["kind"] for row in agent.get("/notifications")["list"]] == ["ticket.assigned"]
    with database.connect() as connection:
        stored = connection.execute(
            sa.text("SELECT COUNT(*) FROM notification WHERE user_id = :id AND kind = 'conversation.assigned'"),
            {"id": agent.user_id},
        )
        assert stored.scalar() == 0
    agent.put("/user/preferences", {"notices": {"conversation.assigned": True}})
    people.served(agent=agent)
    assert agent.get("/notifications")["list"][0]["kind"] == "conversation.assigned"


# --- the pages ------------------------------------------------------------------------------------------------------


#: keeps what the browser was asked to show, and says when the page hears the server's events
SPY = """
    const keep = (name, value) => (document.documentElement[name] = value)
    const told = []
    window.Notification = class extends window.Notification {
        constructor(title, options) {
            super(title, options)
            keep('told', told.push(title + ': ' + options.body) && [...told])
        }
    }
    window.WebSocket = class extends window.WebSocket {
        constructor(...given) {
            super(...given)
            this.addEventListener('message', ({ data }) => String(data).startsWith('40') && keep('connected', true))
        }
    }
"""


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo.jpg"
    striped(RED, GREEN, BLUE, width=300, height=600).save(path, "JPEG")
    return path


def open_profile(open_page: Pages, person: Person, tab: str = "info", viewport: str = "desktop") -> Page:
    return open_page.signed_in(person, f"/desk/profile?tab={tab}", viewport=viewport, permissions=["notifications"])


def face_of(page: Page, place: str) -> str:
    """The address of the picture at this place, once it is drawn."""
    image = page.locator(f"{place} .avatar img").first
    expect(image).to_have_js_property("naturalWidth", 256)
    return image.get_attribute("src")


@pytest.mark.parametrize("viewport", ["desktop", "phone"])
def test_picture_is_chosen_cut_with_the_keyboard_and_taken_away(agent, open_page, screenshot, photo, viewport):
    page = open_profile(open_page, agent, viewport=viewport)
    page.locator("input[type=file]").set_input_files(photo)
    window = page.get_by_role("group", name="图片，用方向键移动，用加号和减号缩放")
    window.focus()
    for _ in range(6):
        page.keyboard.press("+")
    for _ in range(40):  # to the left edge, where it stops
        page.keyboard.press("ArrowLeft")
    screenshot(page, f"profile-avatar-crop-{viewport}")
    page.get_by_role("button", name="使用这张头像").click()
    expect(page.get_by_text("头像已更新")).to_be_visible()
    url = face_of(page, ".profile-card")
    face = shown(agent, url)
    assert close(face.getpixel((128, 128)), RED), "the left third was chosen"
    assert face_of(page, ".me") == url
    screenshot(page, f"profile-avatar-{viewport}")
    page.get_by_role("button", name="移除").click()
    page.locator(".el-message-box").get_by_role("button", name="移除").click()
    expect(page.get_by_text("头像已移除")).to_be_visible()
    expect(page.locator(".avatar img")).to_have_count(0)
    given(agent, url, expect=404)


def test_picture_can_be_dropped_and_what_is_none_is_told(agent, open_page):
    page = open_profile(open_page, agent)
    drop = """([name, type, bytes]) => {
        const data = new DataTransfer()
        data.items.add(new File([new Uint8Array(bytes)], name, { type }))
        const card = document.querySelector('.profile-card:has(input[type=file])')
        card.dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }))
    }"""
    expect(page.get_by_role("button", name="选择图片")).to_be_visible()
    page.evaluate(drop, ["notes.txt", "text/plain", list(b"hello")])
    expect(page.get_by_role("alert")).to_have_text("请选择 JPG、PNG、WebP 或 GIF 图片。")
    page.evaluate(drop, ["broken.png", "image/png", list(b"hello")])
    expect(page.get_by_role("alert")).to_have_text("这张图片打不开，请换一张。")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.evaluate(drop, ["face.png", "image/png", list(encoded(striped(GREEN)))])
    page.get_by_role("button", name="使用这张头像").click()
    assert close(shown(agent, face_of(page, ".profile-card")).getpixel((128, 128)), GREEN)


def test_customer_sees_the_agents_face(people, agent, open_page, screenshot):
    url = put_avatar(agent, encoded(striped(RED, GREEN, BLUE)))["avatarUrl"]
    served = people.served(agent=agent)
    agent.say(served.path, "您好，请问有什么可以帮您？")
    page = open_page.signed_in(served.customer, f"/chat/{served.id}", viewport="phone")
    expect(page.get_by_text("您好，请问有什么可以帮您？")).to_be_visible()
    assert face_of(page, "header") == face_of(page, "article") == url
    screenshot(page, "portal-agent-face")


def test_faces_are_in_the_administration(people, agent, open_page, screenshot):
    url = put_avatar(people.manager, encoded(striped(GREEN)))["avatarUrl"]
    put_avatar(agent, encoded(striped(RED)))
    page = open_page.signed_in(people.manager, f"/admin/user/list/?q={agent.username}")
    expect(page.locator("summary img.ad-avatar")).to_have_attribute("src", url)
    expect(page.locator("main img.ad-avatar")).to_have_js_property("naturalWidth", 256)
    screenshot(page, "admin-faces")
    people.manager.delete("/user/avatar")


@pytest.mark.parametrize("viewport", ["desktop", "phone"])
def test_preferences_are_switched_by_keyboard_and_kept(agent, open_page, screenshot, viewport):
    page = open_profile(open_page, agent, "notices", viewport)
    moved = page.get_by_role("switch", name="您的工单状态有变化")
    expect(moved).to_be_checked()
    moved.focus()
    page.keyboard.press("Enter")
    expect(moved).not_to_be_checked()
    expect(page.get_by_role("switch", name="新工单等待分配")).to_have_count(0)  # agents are never told of those
    browser = page.get_by_role("switch", name="浏览器通知")
    expect(browser).not_to_be_checked()
    screenshot(page, f"profile-notices-{viewport}", full_page=True)
    page.reload()
    expect(moved).not_to_be_checked()
    assert agent.get("/user/preferences")["notices"]["ticket.moved"] is False


def test_browser_notices_come_while_one_looks_elsewhere(people, agent, open_page):
    page = open_profile(open_page, agent, "notices")
    page.add_init_script(SPY)
    page.reload()
    browser = page.locator("html")
    expect(browser).to_have_js_property("connected", True)
    page.locator("label[for=switch-browser]").click()
    expect(page.get_by_role("switch", name="浏览器通知")).to_be_checked()
    sample = "浏览器通知已开启: 有新会话、新消息和工单时，会这样提醒您。"
    expect(browser).to_have_js_property("told", [sample])
    page.evaluate("() => Object.defineProperty(document, 'visibilityState', { value: 'hidden' }) && null")
    ticket = people.ticket(assignee=agent)
    expect(browser).to_have_js_property("told", [sample, f"工单已分配给您: {ticket['no']} · {ticket['title']}"])
    expect(page).to_have_title(re.compile(r"^\(1\) "))


def test_browser_that_refuses_is_told_and_nothing_is_switched_on(agent, open_page):
    page = open_page.signed_in(agent, "/desk/profile?tab=notices")
    page.locator("label[for=switch-browser]").click()
    expect(page.get_by_role("status").filter(has_text="这个浏览器拒绝了通知")).to_be_visible()
    expect(page.get_by_role("switch", name="浏览器通知")).not_to_be_checked()
    assert agent.get("/user/preferences")["browser"] is False
