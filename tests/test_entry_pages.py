"""A QR code on its way: an agent makes it, a customer scans it, a supervisor sees what came of it (CHT-15, ORG-7)."""

import pytest
from playwright.sync_api import expect

from tests.browsing import Pages
from tests.people import Company

pytestmark = pytest.mark.backend("sqlite")


@pytest.fixture(scope="module")
def company(new_company) -> Company:
    made = new_company()
    made.admin.put("/settings", {"values": {"company_name": "云户科技"}})
    return made


def test_from_the_card_to_the_conversation(company: Company, open_page: Pages, screenshot):
    agent, other = company.new("agent", "王敏"), company.new("agent", "李雷")
    company.admin.put(f"/agents/{agent.agent_id}", {"introduction": "免疫规划系统，八年经验", "hireDate": "2018-03-01"})
    profile = open_page.signed_in(agent, "/desk/profile")
    profile.get_by_role("button", name="生成二维码").click()
    picture = profile.get_by_role("img", name="我的专属二维码")
    expect(picture).to_be_visible()
    expect(profile.get_by_text("已扫码 0 次")).to_be_visible()
    screenshot(profile, "my-qr-code")
    with profile.context.expect_page() as opened:
        profile.get_by_role("link", name="打印名片").click()
    card = opened.value
    expect(card.get_by_role("heading", name="王敏")).to_be_visible()
    screenshot(card, "qr-card")
    code = agent.get("/agents/me/entry-code")["code"]

    # he is not there: the page says so before a word is written, and another one takes it
    other.be("online")
    phone = open_page(f"/c/{code}", viewport="phone", host=company.host)
    expect(phone.get_by_text("现在不在线，您的问题会由其他同事接待")).to_be_visible()
    screenshot(phone, "entry-phone")
    phone.reload()
    expect(phone.get_by_role("heading", name="王敏")).to_be_visible()
    assert agent.get("/agents/me/entry-code")["useCount"] == 1, "a reload is no second scan"
    phone.get_by_placeholder("给 王敏 留言…").fill("疫苗库存对不上")
    phone.get_by_role("button", name="发送", exact=True).click()
    phone.wait_for_url("**/chat/*")
    expect(phone.get_by_text("王敏 暂时无法接待，将由其他同事为您服务")).to_be_visible()
    expect(phone.get_by_text("客服 李雷 为您服务")).to_be_visible()
    screenshot(phone, "entry-phone-chat")
    other.be("offline")

    # he is: it is his at once, also in English
    agent.be("online")
    visitor = open_page(f"/c/{code}", host=company.host, locale="en-GB")
    expect(visitor.get_by_text("Online and ready to help you")).to_be_visible()
    screenshot(visitor, "entry-desktop-en")
    visitor.get_by_role("button", name="Start chatting").click()
    visitor.wait_for_url("**/chat/*")
    number = int(visitor.url.rsplit("/", 1)[1])
    expect(visitor.get_by_role("heading", name="王敏")).to_be_visible()
    assert company.admin.get(f"/sessions/{number}")["agent"]["id"] == agent.agent_id
    desk = open_page.signed_in(agent, f"/desk/c/{number}")
    desk.get_by_role("tab", name="客户").click()
    expect(desk.get_by_text("二维码：王敏")).to_be_visible()
    screenshot(desk, "came-by-code")

    # the supervisor's board
    board = open_page.signed_in(company.supervisor, "/desk/console?tab=agents")
    mine = board.get_by_role("listitem").filter(has=board.get_by_role("button", name="王敏", exact=True))
    expect(mine.get_by_text("今日接待")).to_be_visible()
    expect(mine.get_by_text("接待 1/")).to_be_visible()
    screenshot(board, "agents-board")
    board.get_by_role("button", name="在线 1").click()
    expect(board.get_by_role("button", name="李雷", exact=True)).to_be_hidden()
    board.get_by_role("button", name="王敏", exact=True).click()
    drawer = board.get_by_role("dialog", name="客服详情")
    expect(drawer.get_by_text("免疫规划系统，八年经验")).to_be_visible()
    expect(drawer.get_by_text("2018-03-01")).to_be_visible()
    screenshot(board, "agent-details")
    drawer.get_by_role("button", name="调整 王敏 的状态").click()
    board.get_by_role("menuitem", name="离线").click()
    expect(drawer.get_by_role("button", name="调整 王敏 的状态")).to_contain_text("离线")
    assert agent.get(f"/agents/{agent.agent_id}")["presence"] == "offline"
    small = open_page.signed_in(company.supervisor, "/desk/console?tab=agents", viewport="phone", locale="en-GB")
    expect(small.get_by_text("Online today").first).to_be_visible()
    screenshot(small, "agents-board-phone-en")

    # whoever renews it makes the printed ones worthless
    profile.reload()
    profile.get_by_role("button", name="更换").click()
    profile.get_by_role("dialog").get_by_role("button", name="更换").click()
    expect(profile.get_by_text("二维码已更换")).to_be_visible()
    open_page.expect_console_error("404")
    late = open_page(f"/c/{code}", viewport="phone", host=company.host)
    expect(late.get_by_role("link", name="直接咨询")).to_be_visible()
    screenshot(late, "entry-gone")


def test_administration_shows_agents_codes_and_times(company: Company, open_page: Pages, screenshot):
    agent = company.new("agent", "韩梅梅")
    made = agent.post("/agents/me/entry-code")
    agent.be("busy")
    page = open_page.signed_in(company.supervisor, f"/admin/entry_code/show/{made['id']}")
    expect(page.get_by_role("img", name="二维码")).to_be_visible()
    screenshot(page, "admin-entry-code")
    page.goto("/admin/agent/list/")
    expect(page.get_by_text("累计接待")).to_be_visible()
    screenshot(page, "admin-agents")
    page.goto(f"/admin/presence_interval/list/?agent_id={agent.agent_id}")
    expect(page.get_by_role("cell", name="忙碌")).to_be_visible()
    first, second = (company.admin.post("/teams", {"name": name})["id"] for name in ("北区组", "南区组"))
    company.admin.post(f"/teams/{first}/members", {"agentId": agent.agent_id})
    page.goto(f"/admin/team/action/merge/{first}")
    screenshot(page, "admin-merge")
    page.get_by_label("并入团队").select_option(label="南区组")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_role("heading", name="南区组")).to_be_visible()
    assert {row["name"] for row in company.admin.get(f"/teams/{second}/members")} == {"韩梅梅"}
