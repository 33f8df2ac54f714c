"""An hour at the desk: one agent, five customers at once, a colleague and a supervisor."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browsing import Pages
from tests.people import Company, Person, Served
from tests.waiting import eventually

# the way through the whole product, in a browser on either set-up
pytestmark = pytest.mark.backend("sqlite", "mariadb")

Take = Callable[[Page, str], object]
REPLY_BOX = "输入回复，按 / 选择快捷回复"
SECRET = "这位客户上次也投诉过"


@pytest.fixture
def company(new_company: Callable[[], Company]) -> Company:
    return new_company()


@pytest.fixture
def agent(company: Company) -> Person:
    agent = company.new("agent", "王敏")
    company.make_room(agent)
    return agent


def listed(desk: Page) -> Locator:
    return desk.get_by_role("region", name="会话列表").locator("[data-id]")


def tabs(desk: Page) -> Locator:
    return desk.get_by_role("navigation", name="打开的会话")


def bubble(page: Page, text: str) -> Locator:
    return page.get_by_role("article").filter(has_text=text)


def command(desk: Page) -> Locator:
    return desk.get_by_role("dialog").get_by_role("combobox")


def say(desk: Page, text: str) -> None:
    box = desk.get_by_placeholder(REPLY_BOX)
    box.fill(text)
    box.press("Enter")
    expect(bubble(desk, text)).to_be_visible()


def test_five_customers_at_once(company: Company, agent: Person, open_page: Pages, screenshot: Take):
    """Tabs and keys, hold, recall, a note that names somebody, a ticket, a transfer, the end and the stars."""
    colleague, boss = company.new("agent", "李雷"), company.new("supervisor", "赵静")
    company.make_room(colleague)
    desk = open_page.signed_in(agent, "/desk")
    served = [
        company.served(company.visitor(name), agent) for name in ("李医生", "周女士", "陈主任", "孙护士", "钱先生")
    ]
    for one in served:
        one.customer.say(one.path, f"我是{one.customer.actor['name']}，报表打不开")
    expect(listed(desk)).to_have_count(5)
    doctor, lady, chief, nurse, _ = served
    phone = open_page.signed_in(doctor.customer, f"/chat/{doctor.id}", viewport="phone")

    # all five side by side; digits go from one to another, what one had begun to write stays
    for one in served:
        listed(desk).filter(has_text=one.customer.actor["name"]).click()
        expect(desk.get_by_role("heading", name=one.customer.actor["name"])).to_be_visible()
    expect(tabs(desk).locator("[aria-current], button.name")).to_have_count(5)
    desk.get_by_placeholder(REPLY_BOX).fill("钱先生您好，我先")
    desk.keyboard.press("Alt+1")
    expect(desk.get_by_role("heading", name="李医生")).to_be_visible()
    expect(listed(desk).filter(has_text="钱先生")).to_contain_text("草稿")
    screenshot(desk, "agent-hour-desk")

    # talking: read marks, a recall, a note with a colleague's name, none of which the customer sees
    say(desk, "您好，请说")
    expect(bubble(desk, "您好，请说").get_by_role("img", name="已读")).to_be_visible()
    say(desk, "发错人了")
    bubble(desk, "发错人了").get_by_role("button", name="消息操作").click()
    desk.get_by_role("menuitem", name="撤回").click()
    expect(phone.get_by_text("王敏 撤回了一条消息")).to_be_visible()
    desk.keyboard.press("Alt+n")
    note = desk.get_by_placeholder(re.compile("^内部备注"))
    note.press_sequentially("@zh")  # by pinyin
    expect(desk.get_by_role("option", name="赵静")).to_be_visible()
    note.press("Enter")
    note.press_sequentially(SECRET)
    note.press("Enter")
    expect(bubble(desk, SECRET)).to_contain_text("@赵静")
    screenshot(desk, "agent-hour-note")

    # the supervisor is told, comes to look, whispers; both see that they are two
    console = open_page.signed_in(boss, "/desk/console")
    console.get_by_role("button", name=re.compile("通知，1 条未读")).click()
    console.get_by_text("同事在备注中提到您").click()
    expect(bubble(console, SECRET)).to_be_visible()
    expect(desk.get_by_text("赵静 也在查看")).to_be_visible()
    expect(console.get_by_text("王敏 也在查看")).to_be_visible()
    whisper = console.get_by_placeholder(re.compile("^内部备注"))
    whisper.press_sequentially("先安抚")
    expect(desk.get_by_text("赵静 正在输入")).to_be_visible()
    whisper.press("Enter")
    expect(bubble(desk, "先安抚")).to_be_visible()
    screenshot(console, "agent-hour-whisper")
    console.goto("/desk/console")
    expect(desk.get_by_text("赵静 也在查看")).to_have_count(0)
    expect(phone.get_by_text(SECRET)).to_have_count(0)
    expect(phone.get_by_text("先安抚")).to_have_count(0)

    # hold and resume, a ticket, a transfer, all by keyboard
    desk.keyboard.press("Alt+2")
    expect(desk.get_by_role("heading", name="周女士")).to_be_visible()
    for key, state in (("Alt+h", "on_hold"), ("Alt+h", "active")):
        desk.keyboard.press(key)
        eventually(lambda state=state: agent.get(lady.path)["status"] == state)
        expect(desk.get_by_role("button", name="挂起" if state == "active" else "恢复")).to_be_visible()
    desk.keyboard.press("Alt+3")
    expect(desk.get_by_role("heading", name="陈主任")).to_be_visible()
    desk.keyboard.press("Alt+k")
    dialog = desk.get_by_role("dialog")
    dialog.get_by_label("标题").fill("报表打不开")
    dialog.get_by_role("button", name="创建工单").click()
    expect(desk.get_by_role("button", name="查看工单").first).to_be_visible()
    assert agent.get(chief.path)["ticketId"]
    hand_over(desk, nurse, colleague)

    # the end, and what the customer thought of it, beside the conversation
    desk.keyboard.press("Alt+1")
    expect(desk.get_by_role("heading", name="李医生")).to_be_visible()
    desk.keyboard.press("Alt+e")
    desk.get_by_role("dialog").get_by_role("button", name="结束会话").click()
    phone.get_by_role("radio", name="非常满意").check(force=True)
    phone.get_by_role("button", name="提交", exact=True).click()
    expect(desk.get_by_text("客户评价：5 星").first).to_be_visible()
    screenshot(phone, "agent-hour-rated")


def hand_over(desk: Page, served: Served, colleague: Person) -> None:
    """Ask a colleague to go on, with a reason; he accepts."""
    colleague.be("online")
    desk.keyboard.press("Alt+4")
    expect(desk.get_by_role("heading", name=served.customer.actor["name"])).to_be_visible()
    desk.keyboard.press("Alt+t")
    dialog = desk.get_by_role("dialog")
    dialog.get_by_text(colleague.actor["name"]).click()
    dialog.get_by_role("textbox").last.fill("熟悉报表")
    dialog.get_by_role("button", name="请对方接手").click()
    expect(desk.get_by_text(f"正在等待 {colleague.actor['name']} 接受转接")).to_be_visible()
    colleague.post(f"{served.path}/accept", {})
    expect(desk.get_by_text(f"已转给 {colleague.actor['name']}")).to_be_visible()
    assert colleague.get(served.path)["agent"]["id"] == colleague.agent_id


def test_five_customers_at_once_on_a_phone(company: Company, agent: Person, open_page: Pages, screenshot: Take):
    """The same hour with a thumb: the list and one conversation after the other, everything else behind one button."""
    colleague = company.new("agent", "李雷")
    company.make_room(colleague)
    desk = open_page.signed_in(agent, "/desk", viewport="phone")
    served = [
        company.served(company.visitor(name), agent) for name in ("李医生", "周女士", "陈主任", "孙护士", "钱先生")
    ]
    for one in served:
        one.customer.say(one.path, f"我是{one.customer.actor['name']}，报表打不开")
    expect(listed(desk)).to_have_count(5)
    expect(desk.get_by_role("link", name="工作台")).to_contain_text("5")
    doctor, lady, chief, nurse, last = served
    phone = open_page.signed_in(doctor.customer, f"/chat/{doctor.id}", viewport="phone")
    dialog = desk.get_by_role("dialog")

    def enter(one: Served) -> None:
        listed(desk).filter(has_text=one.customer.actor["name"]).tap()
        expect(desk.get_by_role("heading", name=one.customer.actor["name"])).to_be_visible()

    def leave() -> None:
        desk.get_by_role("button", name="返回").tap()
        expect(listed(desk).first).to_be_visible()

    def choose(action: str) -> None:
        desk.get_by_role("button", name="更多").tap()
        desk.get_by_role("menuitem", name=action).tap()

    def write(text: str, box: str | re.Pattern[str] = REPLY_BOX) -> None:
        desk.get_by_placeholder(box).fill(text)
        desk.get_by_role("button", name="发送", exact=True).tap()
        expect(bubble(desk, text)).to_be_visible()

    # a word, one taken back, a note; a draft waits while one looks at somebody else
    enter(doctor)
    write("您好，请说")
    expect(bubble(desk, "您好，请说").get_by_role("img", name="已读")).to_be_visible()
    write("发错人了")
    bubble(desk, "发错人了").get_by_role("button", name="消息操作").tap()
    desk.get_by_role("menuitem", name="撤回").tap()
    expect(phone.get_by_text("王敏 撤回了一条消息")).to_be_visible()
    desk.get_by_role("button", name="内部备注").tap()
    write(SECRET, re.compile("^内部备注"))
    desk.get_by_placeholder(REPLY_BOX).fill("李医生，我先")
    screenshot(desk, "agent-hour-phone")
    leave()
    expect(listed(desk).filter(has_text="李医生")).to_contain_text("草稿")

    # hold and resume, a ticket, a transfer that a colleague takes
    enter(lady)
    for action, state in (("挂起", "on_hold"), ("恢复", "active")):
        with desk.expect_response(lambda answer: "/hold" in answer.url or "/resume" in answer.url):
            choose(action)
        assert agent.get(lady.path)["status"] == state
    leave()
    enter(chief)
    choose("转工单")
    dialog.get_by_label("标题").fill("报表打不开")
    screenshot(desk, "agent-hour-phone-ticket")
    dialog.get_by_role("button", name="创建工单").tap()
    expect(dialog).to_have_count(0)
    assert agent.get(chief.path)["ticketId"]
    leave()
    colleague.be("online")
    enter(nurse)
    choose("转接")
    dialog.get_by_text("李雷").tap()
    dialog.get_by_role("textbox").last.fill("熟悉报表")
    screenshot(desk, "agent-hour-phone-transfer")
    dialog.get_by_role("button", name="请对方接手").tap()
    expect(desk.get_by_text("正在等待 李雷 接受转接")).to_be_visible()
    colleague.post(f"{nurse.path}/accept", {})
    expect(desk.get_by_text("已转给 李雷")).to_be_visible()
    desk.get_by_role("link", name="返回").tap()
    expect(listed(desk)).to_have_count(4)

    # the end and the stars; the customer has seen nothing of the note
    enter(doctor)
    expect(desk.get_by_placeholder(REPLY_BOX)).to_have_value("李医生，我先")
    choose("结束会话")
    dialog.get_by_role("button", name="结束会话").tap()
    phone.get_by_role("radio", name="非常满意").check(force=True)
    phone.get_by_role("button", name="提交", exact=True).tap()
    expect(desk.get_by_text("客户评价：5 星").first).to_be_visible()
    expect(phone.get_by_text(SECRET)).to_have_count(0)
    assert agent.get(last.path)["unread"] == 1  # nobody has looked there yet


@pytest.mark.parametrize("viewport", ["phone", "desktop"])
def test_words_after_an_action_are_in_nobodys_way(company: Company, agent: Person, open_page: Pages, viewport: str):
    served = company.served(company.visitor("李医生"), agent)
    desk = open_page.signed_in(agent, f"/desk/c/{served.id}", viewport=viewport)
    if viewport == "phone":
        desk.get_by_role("button", name="更多").tap()
        desk.get_by_role("menuitem", name="挂起").tap()
    else:
        desk.get_by_role("button", name="挂起").click()
    told = desk.get_by_text("会话已挂起", exact=True)
    told.evaluate("one => Promise.all(one.closest('[role=alert]').getAnimations().map((move) => move.finished))")
    place = told.bounding_box()
    assert place
    if viewport == "phone":
        assert place["y"] > desk.get_by_role("heading", name="李医生").bounding_box()["y"] + 20
    desk.mouse.move(place["x"] + place["width"] / 2, place["y"] + place["height"] / 2)
    expect(told).to_have_count(0)  # a pointer on them does not hold them there


def test_voice_and_what_is_written_without_a_network(company: Company, agent: Person, open_page: Pages, tmp_path):
    """A voice message from the phone; words, a file and a recording that wait for the network, over a reload too."""
    served = company.served(company.visitor("李医生"), agent)
    phone = open_page.signed_in(served.customer, f"/chat/{served.id}", viewport="phone")
    desk = open_page.signed_in(agent, f"/desk/c/{served.id}")
    phone.get_by_role("button", name="语音消息").tap()
    phone.get_by_text("正在录音").wait_for()
    expect(phone.get_by_role("timer")).to_have_text("0:01")
    phone.get_by_role("button", name="完成").last.click()
    expect(phone.get_by_role("button", name=re.compile("播放语音"))).to_be_visible()  # listen before it goes
    phone.get_by_role("group", name="语音消息").get_by_role("button", name="发送").click()
    play = desk.get_by_role("button", name=re.compile(r"播放语音，0:0\d"))
    play.click()
    expect(desk.get_by_role("button", name="暂停")).to_be_visible()
    assert served.agent.messages(served.path)["list"][-1]["type"] == "voice"

    # the lift: everything waits in the page, in its order
    open_page.expect_console_error("ERR_INTERNET_DISCONNECTED|ERR_FAILED|WebSocket")
    desk.context.set_offline(True)
    box = desk.get_by_placeholder(REPLY_BOX)
    box.fill("先发文字")
    box.press("Enter")
    expect(bubble(desk, "先发文字")).to_contain_text("等待网络")
    picture = tmp_path / "screen.txt"
    picture.write_text("log line")
    desk.locator("input[type=file]").first.set_input_files(picture)
    desk.get_by_role("listitem").filter(has_text="screen.txt").get_by_role("button", name="重试").wait_for()
    desk.get_by_role("button", name="发送", exact=True).click()
    expect(desk.get_by_role("article").filter(has_text="screen.txt")).to_be_visible()
    desk.keyboard.press("Alt+v")
    expect(desk.get_by_role("timer")).to_have_text("0:01")
    desk.keyboard.press("Alt+v")
    desk.get_by_role("group", name="语音消息").get_by_role("button", name="发送").click()
    before = [one["seq"] for one in agent.messages(served.path)["list"]]

    # the page is loaded anew before anything has gone out
    desk.route("**/api/v1/files", lambda route: route.abort())
    desk.route("**/messages", lambda route: route.abort() if route.request.method == "POST" else route.continue_())
    desk.route("**/ws/**", lambda route: route.abort())
    desk.context.set_offline(False)
    desk.reload()
    desk.unroute_all(behavior="ignoreErrors")
    desk.reload()
    expect(bubble(desk, "先发文字").get_by_role("img", name=re.compile("已送达|已读"))).to_be_visible()
    expect(desk.get_by_role("button", name=re.compile("播放语音"))).to_have_count(2)

    def sent() -> list[dict]:
        return [one for one in agent.messages(served.path)["list"] if one["seq"] > before[-1]]

    eventually(lambda: len(sent()) >= 3)  # what waits already has its button to play
    assert [one["type"] for one in sent()] == ["text", "file", "voice"]  # once each, in their order
    assert sent()[2]["payload"]["seconds"] >= 1
    expect(phone.get_by_text("先发文字")).to_be_visible()


def test_list_filters_and_the_command_bar(company: Company, agent: Person, open_page: Pages):
    """VIP and waiting only; Ctrl+K finds the customer, puts in a quick reply, acts on what is open."""
    served = [company.served(company.visitor(name), agent) for name in ("李医生", "周女士")]
    company.admin.put(f"/customers/{served[1].customer.customer_id}", {"vipLevel": 2})
    served[0].customer.say(served[0].path, "在吗")
    agent.post("/quick-replies", {"code": "kf", "title": "开场白", "content": "您好，{customer}"})
    desk = open_page.signed_in(agent, "/desk")
    expect(listed(desk)).to_have_count(2)
    desk.get_by_role("button", name="筛选").click()
    desk.get_by_label("只看 VIP 客户").check()
    expect(listed(desk)).to_have_count(1)
    expect(listed(desk)).to_contain_text("周女士")
    desk.get_by_role("button", name="清除筛选").click()
    desk.get_by_label("只看等待回复的").check()
    expect(listed(desk)).to_contain_text(["李医生"])
    desk.get_by_role("button", name="清除筛选").click()
    expect(listed(desk)).to_have_count(2)

    desk.keyboard.press("Control+k")
    command(desk).fill("周女士")
    desk.get_by_role("option").filter(has_text="周女士").first.click()
    expect(desk.get_by_role("heading", name="周女士")).to_be_visible()
    desk.keyboard.press("Control+k")
    command(desk).fill("kaichang")
    desk.get_by_role("option").filter(has_text="开场白").click()
    expect(desk.get_by_placeholder(REPLY_BOX)).to_have_value("您好，周女士")
    desk.keyboard.press("Control+k")
    command(desk).fill("挂起")
    desk.keyboard.press("Enter")
    expect(desk.get_by_text("会话已挂起").first).to_be_visible()

    # the customer's tags and note are changed where they stand
    desk.get_by_role("tab", name="客户").click()
    desk.get_by_role("button", name="添加标签").click()
    desk.get_by_label("添加标签").fill("重点回访")
    desk.keyboard.press("Enter")
    expect(desk.get_by_role("button", name="移除标签 重点回访")).to_be_visible()
    desk.get_by_role("button", name="添加备注").click()
    desk.get_by_role("textbox", name="备注").fill("下午不方便接电话")
    desk.keyboard.press("Control+Enter")
    expect(desk.get_by_role("button", name="下午不方便接电话")).to_be_visible()
    stored = agent.get(f"/customers/{served[1].customer.customer_id}")
    assert (stored["tags"], stored["note"]) == (["重点回访"], "下午不方便接电话")
