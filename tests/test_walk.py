"""The main job in a browser, as people do it: a customer on the phone, agents and a supervisor at their desks.

Each test has a company of its own, so that nobody else's agents take its conversations. Any console error, and any
request that leaves the machine, fails the test (see tests/browsing.py).
"""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browsing import Pages
from tests.people import Company, Ears, Person

# the way through the whole product, in a browser on either set-up
pytestmark = pytest.mark.backend("sqlite", "mariadb")

Take = Callable[[Page, str], object]


def sign_in(page: Page, person: Person, next_path: str = "/desk") -> Page:
    """Through the login page, as a person does."""
    page.goto(f"/login?next={next_path}")
    page.get_by_label("账号", exact=True).fill(person.username)
    page.get_by_label("密码", exact=True).fill(person.password)
    page.get_by_role("button", name="登录", exact=True).click()
    page.wait_for_url(re.compile(f".*://[^/]*{re.escape(next_path)}"))
    page.wait_for_load_state("load")
    return page


def be_online(page: Page) -> None:
    page.get_by_role("button", name=re.compile("切换状态")).click()
    page.get_by_role("menuitem", name=re.compile("^在线")).click()
    expect(page.get_by_role("button", name=re.compile("切换状态"))).to_have_text(re.compile("在线"))


@pytest.fixture
def company(new_company: Callable[[], Company]) -> Company:
    return new_company()


def test_customer_asks_talks_to_a_person_and_gets_a_ticket(company: Company, open_page: Pages, screenshot: Take):
    """Steps 1 to 4 of the main job: answer with source, a person, live talk, ticket room, hand-over by a supervisor."""
    agent, colleague, supervisor = (
        company.new("agent", "王敏"),
        company.new("agent", "李雷"),
        company.new("supervisor", "赵静"),
    )
    desk = sign_in(open_page(None, host=company.host), agent)
    be_online(desk)

    # 1: the customer asks on the phone and gets an answer with its source
    phone = open_page("/", viewport="phone", host=company.host)
    screenshot(phone, "portal-home")
    phone.get_by_role("combobox", name="请描述您遇到的问题").fill("怎么转人工客服")
    phone.keyboard.press("Enter")
    expect(phone.get_by_text(re.compile("为您找到的答案|没有找到确切的答案|请问您想了解哪一个"))).to_be_visible()
    screenshot(phone, "portal-answer")

    # 2: a person, please; the agent sees it arrive without reloading
    phone.goto("/chat")
    phone.get_by_placeholder("请描述您遇到的问题").fill("登录时提示证书过期，页面打不开")
    phone.get_by_role("button", name="发送", exact=True).click()
    expect(phone.get_by_text("登录时提示证书过期，页面打不开")).to_be_visible()
    phone.get_by_role("button", name="转人工").first.click()
    row = desk.get_by_role("region", name="会话列表").get_by_role("button", name="访客")
    expect(row).to_be_visible()
    row.click()
    expect(desk.get_by_text("登录时提示证书过期，页面打不开").first).to_be_visible()
    expect(phone.get_by_text(agent.actor["name"]).first).to_be_visible()

    # they write to each other and see it at once, with typing and read marks
    box = desk.get_by_placeholder("输入回复，按 / 选择快捷回复")
    box.press_sequentially("您好，")
    expect(phone.get_by_text("正在输入").first).to_be_visible()
    box.fill("您好，请把证书提示的截图发给我看看")
    box.press("Enter")
    expect(phone.get_by_text("您好，请把证书提示的截图发给我看看")).to_be_visible()
    phone.get_by_placeholder("输入消息…").fill("好的，稍等")
    phone.get_by_role("button", name="发送", exact=True).click()
    expect(desk.get_by_text("好的，稍等").first).to_be_visible()
    expect(phone.get_by_role("img", name="已读").last).to_be_visible()
    screenshot(desk, "workbench")
    screenshot(phone, "portal-chat")

    # 3: a ticket, in whose room both go on
    desk.get_by_role("button", name="转工单").click()
    dialog = desk.get_by_role("dialog")
    dialog.get_by_label("标题").fill("登录证书过期")
    dialog.get_by_role("button", name="创建工单").click()
    expect(desk.get_by_text(re.compile(r"工单 TK\d{12,} 已创建")).first).to_be_visible()
    ticket = agent.get("/tickets")["list"][0]
    desk.goto(f"/desk/tickets/{ticket['id']}")
    desk.get_by_role("button", name="开始处理").click()
    expect(desk.get_by_text("处理中").first).to_be_visible()
    phone.goto("/tickets")
    phone.get_by_text("登录证书过期").first.click()
    expect(phone.get_by_text(re.compile("处理中")).first).to_be_visible()
    room = desk.get_by_placeholder("写给客户的消息")
    room.fill("我们正在更新证书，预计半小时")
    room.press("Enter")
    expect(phone.get_by_text("我们正在更新证书，预计半小时")).to_be_visible()
    screenshot(desk, "ticket")
    screenshot(phone, "portal-ticket")

    # 4: the supervisor sees everything and hands the conversation over with a reason
    console = sign_in(open_page(None, host=company.host), supervisor, "/desk/console")
    expect(console.get_by_text("访客").first).to_be_visible()
    screenshot(console, "console")
    colleague.be("online")
    conversation = agent.get("/sessions")["list"][0]
    row = console.get_by_role("row").filter(has_text="访客").first
    row.get_by_role("button", name="转接").click()
    dialog = console.get_by_role("dialog")
    dialog.get_by_text(colleague.actor["name"]).click()
    dialog.get_by_role("textbox").last.fill("熟悉证书问题")
    dialog.get_by_role("button", name="转接").click()
    expect(console.get_by_text("会话已转接").first).to_be_visible()
    assert supervisor.get(f"/sessions/{conversation['id']}")["agent"]["id"] == colleague.agent_id
    desk.goto("/desk")
    expect(desk.get_by_text("暂时没有进行中的会话")).to_be_visible()


def test_admin_gives_a_role_a_right_and_the_next_click_obeys(company: Company, open_page: Pages, screenshot: Take):
    """Step 5: generated screens, a right granted on screen, the operation log."""
    admin, agent = company.admin, company.new("agent", "王敏")
    page = sign_in(open_page(None, host=company.host), admin, "/admin/")
    screenshot(page, "admin")

    desk = sign_in(open_page(None, host=company.host), agent)
    open_page.expect_console_error("status of 403")
    desk.goto("/admin/organization/list/")
    expect(desk.locator("body")).not_to_contain_text("示例市疾病预防控制中心")

    page.goto(f"/admin/role/rights/{company.role_id('agent')}")
    page.locator('label[title="admin.enter"] input').check()
    page.locator('label[title="organization.menu_access"] input').check()
    screenshot(page, "admin-rights")
    page.get_by_role("button", name="保存").click()
    page.wait_for_url(re.compile("/admin/role/show/"))

    desk.goto("/admin/organization/list/")
    expect(desk.get_by_text("示例市疾病预防控制中心").first).to_be_visible()
    expect(desk.get_by_role("link", name="新增")).to_have_count(0)  # may read, may not add

    page.goto("/admin/operation_log/list/")
    expect(page.get_by_role("row").filter(has_text="客服").first).to_contain_text(re.compile("授权|授予|Grant rights"))
    screenshot(page, "admin-log")


def test_agent_serves_from_a_phone(company: Company, open_page: Pages, screenshot: Take):
    """The same desk at phone size: list, conversation, customer, all by touch."""
    agent = company.new("agent", "王敏")
    desk = sign_in(open_page(None, viewport="phone", host=company.host), agent)
    be_online(desk)
    customer = company.visitor("李医生")
    conversation = customer.open_conversation("接种记录上报后一直显示处理中")
    customer.post(f"/sessions/{conversation['id']}/handover", {})
    desk.get_by_role("button", name="李医生").click()
    expect(desk.get_by_role("article").get_by_text("接种记录上报后一直显示处理中")).to_be_visible()
    desk.get_by_placeholder(re.compile("输入回复")).fill("您好，请提供一下批次号")
    desk.get_by_role("button", name="发送", exact=True).click()
    said = desk.get_by_role("article").filter(has_text="您好，请提供一下批次号")
    expect(said.get_by_role("img", name="已发送")).to_be_visible()
    screenshot(desk, "workbench-phone")
    assert [row["content"] for row in customer.messages(f"/sessions/{conversation['id']}")["list"]][
        -1
    ] == "您好，请提供一下批次号"


def test_the_same_job_by_rest_and_socket_with_a_token(company: Company):
    """Step 6: programs do the same with a bearer token, and hear the same events."""
    agent, customer = company.new("agent", "王敏"), company.new("customer", "张三")
    worker, asker = agent.program(), customer.program()
    worker.be("online")
    with Ears(agent.base_url, token=agent.token()) as ears:
        conversation = asker.open_conversation("怎么转人工")
        path = f"/sessions/{conversation['id']}"
        asker.post(f"{path}/handover", {})
        ears.wait_for(
            "session_update", lambda data: data["event"] == "assigned" and data["sessionId"] == conversation["id"]
        )
        ears.ok("join", {"sessionId": conversation["id"]})
        asker.say(path, "报表打不开")
        ears.wait_for("message", lambda data: data["content"] == "报表打不开")
        sent = ears.ok(
            "send_message",
            {"sessionId": conversation["id"], "clientMsgId": "program-1", "content": "请问是哪一张报表？"},
        )
        assert sent["message"]["seq"] > 0
    assert asker.messages(path)["list"][-1]["content"] == "请问是哪一张报表？"
    ticket = worker.post(f"{path}/ticket", {"title": "报表打不开", "priority": "urgent"})
    worker.post(f"/tickets/{ticket['id']}/flow", {"status": "resolved", "resolution": "已重建索引"})
    assert asker.get(f"/tickets/{ticket['id']}")["status"] == "resolved"


def test_api_can_be_tried_on_a_page(company: Company, open_page: Pages):
    """The OpenAPI page lists the calls by section and sends them as the person who is signed in."""
    page = sign_in(open_page(None, host=company.host), company.admin, "/admin/")
    page.goto("/api/docs")
    page.get_by_text("用户信息", exact=False).or_(page.get_by_text("用户相关接口")).first.click()
    call = page.locator(".opblock").filter(has_text="/api/v1/user/info").first
    call.locator(".opblock-summary-control").click()
    call.get_by_role("button", name="Try it out").click()
    call.get_by_role("button", name="Execute").click()
    expect(call.locator(".live-responses-table")).to_contain_text(company.admin.username)
